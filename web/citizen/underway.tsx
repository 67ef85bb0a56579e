/** The screens of a trip: starting, on the way, asked, over. The state is the centre's; what it does not know yet is said. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import check from "lucide-static/icons/check.svg?raw";
import bus from "lucide-static/icons/bus.svg?raw";
import cloudOff from "lucide-static/icons/cloud-off.svg?raw";
import eye from "lucide-static/icons/eye.svg?raw";
import locateIcon from "lucide-static/icons/locate.svg?raw";
import shield from "lucide-static/icons/shield-check.svg?raw";
import sun from "lucide-static/icons/sun.svg?raw";
import phoneIcon from "lucide-static/icons/phone.svg?raw";
import taxi from "lucide-static/icons/car-taxi-front.svg?raw";
import timerIcon from "lucide-static/icons/timer.svg?raw";
import { now, since } from "../shared/clock";
import { Icon } from "../shared/icons";
import { age, clockTime, distance, span, timer } from "../shared/words";
import { canStayAwake, useAwake } from "./awake";
import { type Act, isOver } from "./kept-trips";
import { nearestHelp } from "./help";
import { Badge, Field, Switch, TwicePressed, furthest } from "./parts";
import { asksAt, metresLeft, minutesLeft, share } from "./reckoning";
import { Modes, Plate, vehicleOf } from "./setting-out";
import { SosButton } from "./sos-button";
import { change, profile, settings } from "./state";
import type { Starting, Trip } from "./trip";
import { TripPlan } from "./trip-plan";
import { asksBy } from "./waking";
import { type Word, t } from "./words";
import type { GuardianReceipt, Mode, Outcome, Question, TripState, Vehicle } from "./wire";

interface TripProps {
  of: Trip;
  press: () => void;
  sos: () => void;
  leave: () => void;
  again: () => void;
  /** Opens the screen of the call for help that this trip became; null where this phone has none. */
  help: (() => void) | null;
}

const MORE_MIN = 5;
const MUCH_MORE_MIN = 10;
const BUZZ_MS = [400, 200, 400, 200, 400];
const BUZZ_EVERY_MS = 5_000;

const place = (of: Trip): string => of.to.label || t("trip.destination");

function Band({ of }: { of: Trip }): JSX.Element | null {
  return of.practice ? <div class="practice" role="status">{t("practice.band")}</div> : null;
}

function SmallSos({ press, sos }: Pick<TripProps, "press" | "sos">): JSX.Element {
  const [short, setShort] = useState(false);
  return (
    <div class="sos-spot">
      <SosButton
        class="sos small"
        quiet
        press={press}
        held={() => {
          navigator.vibrate?.([60, 40, 60]);
          sos();
        }}
        short={setShort}
      />
      <span class="c1 m" role="status">{short ? t("sos.hold") : ""}</span>
    </div>
  );
}

const STARTING: Record<Exclude<Starting, "started">, { title: Word; sub: Word; badge: "going" | "kept" }> = {
  sending: { title: "trip.sending", sub: "trip.sending.sub", badge: "going" },
  again: { title: "trip.again", sub: "trip.again.sub", badge: "going" },
  offline: { title: "trip.offline", sub: "trip.offline.sub", badge: "kept" },
  refused: { title: "trip.refused", sub: "trip.refused.sub", badge: "kept" },
};

function Beginning({ of, press, sos, leave, again, how }: TripProps & { how: Exclude<Starting, "started"> }): JSX.Element {
  const { title, sub, badge } = STARTING[how];
  return (
    <main class="phone trip beginning">
      <Band of={of} />
      <section class="ph top">
        <Badge kind={badge} />
        <h1 class="lines" aria-live="assertive">{t(title)}</h1>
      </section>
      <p class="ph t2" role="status">{t(sub)}</p>
      <p class="ph t2">
        {t("trip.to", { place: place(of) })} · {t("trip.eta", { time: clockTime(of.promisedAt, false) })}
      </p>
      <section class="ph foot">
        <SmallSos press={press} sos={sos} />
        {how === "refused" && <button type="button" class="pbtn fill" onClick={again}>{t("trip.back")}</button>}
        <button type="button" class="pbtn" onClick={leave}>{t("trip.giveup")}</button>
      </section>
    </main>
  );
}

function unsentWord(act: Act): string {
  if (act.verb === "extend") return t("act.extend", { n: act.minutes });
  if (act.verb === "end") return t(act.outcome === "arrived" ? "act.end" : "act.stop");
  return t(act.verb === "answer" ? "act.answer" : "act.mode");
}

/** What the centre has not heard yet; and whether it can be reached at all. */
function Untold({ of }: { of: Trip }): JSX.Element | null {
  const unsent = of.unsent.value;
  if (unsent.length > 0) {
    return (
      <p class="untold row" role="alert">
        <Icon of={cloudOff} />
        <span>
          <b>{t("trip.unsent", { what: unsent.map(unsentWord).join(", ") })}</b>
          <br />
          {t("trip.unsent.sub")}
        </span>
      </p>
    );
  }
  if (of.connected.value) return null;
  return (
    <p class="untold row" role="status">
      <Icon of={cloudOff} />
      <span>{t("trip.cut")}</span>
    </p>
  );
}

const TOLD: Record<GuardianReceipt["state"], Word> = { read: "trip.seen", delivered: "trip.told", sent: "trip.told", queued: "trip.telling", failed: "trip.nottold", quiet: "trip.quiet" };

const told = ({ who, state }: GuardianReceipt): string => t(TOLD[state], { who });

function Facts({ of, state }: { of: Trip; state: TripState }): JSX.Element {
  const fix = of.where.value;
  const charge = of.charge.value ?? state.battery;
  const receipts = furthest(state.receipts);
  const near = nearestHelp(fix);
  return (
    <ul class="panel facts">
      <li class="row" aria-live="polite">
        <Icon of={eye} class="ca" />
        <span>{of.practice ? t("trip.practice.nobody") : receipts.length > 0 ? receipts.map(told).join(" · ") : t("trip.nobody")}</span>
      </li>
      <li class="row">
        <Icon of={timerIcon} class="t2" />
        <span>
          {of.practice ? t("trip.asks.practice") : t("trip.asks", { time: clockTime(asksAt(state), false) })} <span class="t2">{t("trip.asks.off")}</span>
        </span>
      </li>
      <li class="row">
        <Icon of={locateIcon} class="t2" />
        <span class="t2 grow">
          {t(asksBy() === null ? "trip.while" : "trip.while.asked")}
          <br />
          {[fix ? t("trip.fix", { m: distance(fix.accuracy_m), age: age(since(fix.at)) }) : t("trip.nofix"), charge === null ? "" : t("trip.battery", { n: charge })].filter(Boolean).join(" · ")}
        </span>
      </li>
      {near && (
        <li class="row">
          <Icon of={shield} class="t2" />
          <span>{near}</span>
        </li>
      )}
      {canStayAwake() && (
        <li class="row awake">
          <Icon of={sun} class="t2" />
          <span class="grow" id="awake-words">{t("trip.awake")}</span>
          <Switch on={settings.value.awake} labelledby="awake-words" turn={(awake) => void change({ awake })} />
        </li>
      )}
    </ul>
  );
}

/** An end that is far from where she wanted to go: whoever holds the phone has to be her. */
function CodeFor({ of, act }: { of: Trip; act: Act & { verb: "end" } }): JSX.Element {
  const [code, setCode] = useState("");
  const [busy, setBusy] = useState(false);
  const end = async (): Promise<void> => {
    setBusy(true);
    setCode(""); // what she types next is the next try
    await of.end(act.outcome, code);
    setBusy(false);
  };
  return (
    <>
      <section class="ph top">
        <h1 class="lines">{t("trip.code")}</h1>
        <p class="t2">{t("trip.code.sub")}</p>
      </section>
      <form
        class="ph fields pad"
        onSubmit={(event) => {
          event.preventDefault();
          void end();
        }}
      >
        <Field id="code" label={t("ask.code")} value={code} change={setCode} type="password" inputMode="numeric" maxLength={6} error={act.code ? t("ask.wrong") : null} />
        <div class="foot">
          <button type="submit" class="pbtn fill" disabled={busy || code.length < 4}>{busy ? t("trip.code.busy") : t("trip.code.done")}</button>
          <button type="button" class="pbtn low" onClick={() => (of.wanted.value = null)}>{t("cancel.back")}</button>
        </div>
      </form>
    </>
  );
}

function Change({ of, fold }: { of: Trip; fold: () => void }): JSX.Element {
  const [mode, setMode] = useState<Mode>(of.mode);
  const [vehicle, setVehicle] = useState<Vehicle>({ plate: "" });
  const set = async (): Promise<void> => {
    fold();
    await of.change(mode, vehicleOf(mode, vehicle));
  };
  return (
    <section class="change">
      <Modes mode={mode} choose={setMode} />
      {(mode === "taxi" || mode === "car") && <Plate of={vehicle} change={setVehicle} />}
      <div class="two">
        <button type="button" class="pbtn" onClick={() => void set()}>{t("trip.mode.set")}</button>
        <TwicePressed class="pbtn danger" first={t("trip.stop")} second={t("trip.stop.sure")} act={() => end(of, "ended")} />
      </div>
    </section>
  );
}

function headline(left: number): string {
  if (left > 0) return t("trip.left", { span: span(left * 60) });
  return left === 0 ? t("trip.now") : t("trip.over", { span: span(-left * 60) });
}

/** Where her number is needed it is asked for before anything is sent: also without a network she knows what to do. */
function end(of: Trip, outcome: "arrived" | "ended"): void {
  if (of.state.value?.end_needs_code) of.wanted.value = { verb: "end", outcome, said_at: new Date().toISOString() };
  else void of.end(outcome);
}

function OnTheWay({ of, state, press, sos }: TripProps & { state: TripState }): JSX.Element {
  const [changing, setChanging] = useState(false);
  const left = minutesLeft(state.promised_at, now.value);
  const metres = metresLeft(state, of.where.value, of.to);
  const predicted = state.predicted_at !== null && Date.parse(state.predicted_at) > Date.parse(state.promised_at) + 60_000 ? state.predicted_at : null;
  const passed = left <= 0;
  // The server keeps the clock; the phone says once in her hand that the time has come.
  useEffect(() => void (passed && navigator.vibrate?.([200, 100, 200])), [passed]);
  return (
    <main class="phone trip">
      <Band of={of} />
      <section class="plan">
        <TripPlan position={of.where.value} to={of.to} {...(of.way ? { ways: [{ line: of.way.line, chosen: true }], help: of.way.help } : {})} />
      </section>
      <section class="sheet">
        <div class="row eta">
          <div class="grow">
            <p class="t2">{t("trip.to", { place: place(of) })}</p>
            <h1 class={passed ? "c2" : ""}>{headline(left)}</h1>
            <p class="t2">{[t("trip.eta", { time: clockTime(state.promised_at, false) }), metres === null ? "" : distance(metres)].filter(Boolean).join(" · ")}</p>
            {predicted && !passed && <p class="t2">{t("trip.predicted", { time: clockTime(predicted, false) })}</p>}
          </div>
          <SmallSos press={press} sos={sos} />
        </div>
        <div class={passed ? "bar c2" : "bar ca"} aria-hidden="true">
          <i style={{ width: `${100 * share(state, now.value)}%` }} />
        </div>
        {passed && <p class="m" role="status">{t("trip.passed")}</p>}
        <Untold of={of} />
        <Facts of={of} state={state} />
        <div class="acts">
          <button type="button" class="pbtn fill" onClick={() => end(of, "arrived")}>
            <Icon of={check} />
            {t("trip.arrived")}
          </button>
          <button type="button" class="pbtn" onClick={() => void of.extend(MORE_MIN)}>{t("trip.more", { n: MORE_MIN })}</button>
        </div>
        <button type="button" class="pbtn low" aria-expanded={changing} onClick={() => setChanging(!changing)}>
          {t(changing ? "trip.fold" : "trip.change")}
        </button>
        {changing && <Change of={of} fold={() => setChanging(false)} />}
      </section>
    </main>
  );
}

/** "Are you well?": one large answer. Which number she enters is not known here, and what follows looks the same. */
function Asked({ of, state, question, press, sos }: TripProps & { state: TripState; question: Question }): JSX.Element {
  const [code, setCode] = useState("");
  const [busy, setBusy] = useState(false);
  const [numbered, setNumbered] = useState(false);
  const calling = state.state === "calling";
  const left = (Date.parse(question.answer_until) - now.value) / 1000;
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    head.current?.focus();
    const buzz = (): void => void navigator.vibrate?.(BUZZ_MS);
    buzz();
    const again = setInterval(buzz, BUZZ_EVERY_MS);
    return () => {
      clearInterval(again);
      navigator.vibrate?.(0);
    };
  }, [calling]);
  const wanted = of.wanted.value?.verb === "answer" ? of.wanted.value : null;
  const needsCode = question.needs_code || numbered || wanted !== null;
  const riding = question.reason === "vehicle";
  /** She was seen to stand where she wanted to go: what is likeliest is the first button. */
  const there = question.reason === "there";
  const say = async (words: () => Promise<void>): Promise<void> => {
    setBusy(true);
    setCode(""); // what she types next is the next try
    await words();
    setBusy(false);
  };
  const ride = (mode: Mode): void => void say(() => of.change(mode, null));
  return (
    <main class="phone trip asked">
      <Band of={of} />
      <section class="ph top">
        <h1 ref={head} tabIndex={-1} class="lines" aria-live="assertive">{t(calling ? (state.receipts.length > 0 ? "ask.told" : "ask.still") : riding ? "ask.taxi" : there ? "ask.arrived" : "ask.title")}</h1>
        <p class="t2">{calling && !there ? t("ask.still.sub") : t(`ask.${question.reason}`)}</p>
      </section>
      <section class="ph countdown">
        <b role="timer" aria-live="off">{timer(Math.max(0, left))}</b>
        <p class="m">{t(left > 0 ? "ask.left" : "ask.passed")}</p>
        <p class="t2">{t(left <= 0 ? "ask.passed.what" : riding ? "ask.left.ride" : calling ? "ask.left.signal" : "ask.left.what")}</p>
      </section>
      <div class="ph">
        <Untold of={of} />
      </div>
      <form
        class="ph foot"
        onSubmit={(event) => {
          event.preventDefault();
          const given = needsCode ? code : undefined;
          void say(() => of.answer(question, given));
        }}
      >
        {needsCode && (
          <div class="pad">
            <Field id="code" label={t("ask.code")} value={code} change={setCode} type="password" inputMode="numeric" maxLength={6} hint={t("ask.code.why")} error={wanted?.code !== undefined ? t("ask.wrong") : null} />
          </div>
        )}
        {there && (
          <button type="button" class="pbtn fill well" disabled={busy} onClick={() => void say(() => of.end("arrived"))}>
            <Icon of={check} />
            {t("trip.arrived")}
          </button>
        )}
        <button type="submit" class={there ? "pbtn" : "pbtn fill well"} disabled={busy || (needsCode && code.length < 4)}>
          {!there && <Icon of={check} />}
          {t(riding ? "ask.taxi.no" : there ? "ask.arrived.no" : "ask.ok")}
        </button>
        {riding && (
          <div class="two">
            <button type="button" class="pbtn" disabled={busy} onClick={() => ride("taxi")}>
              <Icon of={taxi} />
              {t("ask.taxi.yes")}
            </button>
            <button type="button" class="pbtn" disabled={busy} onClick={() => ride("bus")}>
              <Icon of={bus} />
              {t("ask.bus.yes")}
            </button>
          </div>
        )}
        {(question.reason === "late" || question.reason === "stopped") && (
          <button type="button" class="pbtn" disabled={busy} onClick={() => void say(() => of.extend(MUCH_MORE_MIN))}>{t("ask.ten", { n: MUCH_MORE_MIN })}</button>
        )}
        <div class="row under">
          <SmallSos press={press} sos={sos} />
          {!needsCode && profile.value?.codes && (
            <button type="button" class="word t2" onClick={() => setNumbered(true)}>{t("ask.number")}</button>
          )}
        </div>
      </form>
    </main>
  );
}

/** Help has been called, and its screen was left: the centre decides when it is over. */
function Signalled({ of, leave, help }: Pick<TripProps, "of" | "leave" | "help">): JSX.Element {
  return (
    <main class="phone trip over">
      <Band of={of} />
      <section class="ph top">
        <Badge kind="ok" />
        <h1 class="lines">{t("sent.received")}</h1>
      </section>
      <p class="ph t2">{t("called.sub")}</p>
      <div class="ph foot">
        {help && <button type="button" class="pbtn fill" onClick={help}>{t("called.open")}</button>}
        <a class="pbtn" href="tel:112"><Icon of={phoneIcon} />{t("call", { n: 112 })}</a>
        <button type="button" class="pbtn low" onClick={leave}>{t("sent.home")}</button>
      </div>
    </main>
  );
}

const OVER: Record<Outcome, Word> = { arrived: "over.arrived", ended: "over.ended", expired: "over.expired", signalled: "over.signalled" };

function Over({ of, state, leave }: Pick<TripProps, "of" | "leave"> & { state: TripState }): JSX.Element {
  const outcome = state.outcome ?? "ended";
  const receipts = furthest(state.receipts);
  return (
    <main class="phone trip over">
      <Band of={of} />
      <section class="ph top">
        <Badge kind="ok" />
        <h1 class="lines" aria-live="assertive">{t(OVER[outcome])}</h1>
      </section>
      <p class="ph t2">
        {t("trip.to", { place: place(of) })} · {clockTime(state.ended_at!, false)}
      </p>
      <section class="ph" aria-live="polite">
        {of.practice ? (
          <p>{t("over.practice")}</p>
        ) : (
          <>
            {outcome === "expired" && <p>{t("over.expired.sub")}</p>}
            {outcome === "arrived" && profile.value && receipts.length > 0 && <p>{t("over.told")}</p>}
            <p class="t2">{t(state.destroyed_at ? "over.erased" : "over.erasing")}</p>
          </>
        )}
      </section>
      <div class="ph foot">
        <button type="button" class="pbtn fill" onClick={leave}>{t("sent.home")}</button>
      </div>
    </main>
  );
}

export function Underway(props: TripProps): JSX.Element | null {
  const { of } = props;
  const state = of.state.value;
  useAwake(settings.value.awake && !isOver(state));
  const how = of.starting.value;
  if (state === null) return <Beginning {...props} how={how === "started" ? "sending" : how} />;
  if (isOver(state)) return <Over of={of} leave={props.leave} state={state} />;
  if (state.state === "signalled") return <Signalled of={of} leave={props.leave} help={props.help} />;
  if (state.question) return <Asked key={state.question.id} {...props} state={state} question={state.question} />;
  const wanted = of.wanted.value;
  if (wanted?.verb === "end") {
    return (
      <main class="phone trip">
        <Band of={of} />
        <CodeFor of={of} act={wanted} />
      </main>
    );
  }
  return <OnTheWay {...props} state={state} />;
}
