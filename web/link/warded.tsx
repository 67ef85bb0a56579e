/** A ward's own page: one question a day, her position as long as she shares it, and help. */
import "./ward.css";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { signal } from "@preact/signals";
import check from "lucide-static/icons/check.svg?raw";
import phone from "lucide-static/icons/phone.svg?raw";
import { canStayAwake, useAwake } from "../citizen/awake";
import { Follower, position as fixOf } from "../citizen/following";
import { type Position, Problem, post } from "../shared/api";
import { since } from "../shared/clock";
import { HoldButton } from "../shared/hold";
import { Icon } from "../shared/icons";
import { age, clockTime, dayName, distance } from "../shared/words";
import { type WardedWord, w } from "./warded-words";
import type { WardView, WardedLink } from "./wire";

interface Props {
  state: WardedLink;
  base: string;
  show: (state: WardedLink) => void;
}

const SHARED = "ansim.shared";
const FIX_MS = 1_500;
const FRESH_MS = 20_000;
/** Whoever sits still is heard all the same. */
const BEAT_MS = 60_000;
const token = location.pathname.split("/").filter(Boolean).at(-1) ?? "";

const sharing = signal<"off" | "wait" | "on" | "denied">("off");
const accuracy_m = signal(0);
const follower = signal<Follower | null>(null);
/** What was shared last: an SOS does not wait for another. */
let last: Position | null = null;

/** Where she is now, if the browser knows soon; a word never waits longer for a fix. */
async function here(): Promise<object> {
  if (last !== null && Date.now() - Date.parse(last.at) < FRESH_MS) return { position: last };
  if (!("geolocation" in navigator)) return {};
  const fix = await new Promise<GeolocationPosition | null>((resolve) => {
    setTimeout(resolve, FIX_MS, null);
    navigator.geolocation.getCurrentPosition(resolve, () => resolve(null), { enableHighAccuracy: true, maximumAge: 30_000, timeout: FIX_MS });
  });
  return fix === null ? {} : { position: fixOf(fix) };
}

const newId = (): string => crypto.randomUUID().replaceAll("-", "");

function pause(): void {
  follower.peek()?.stop();
  follower.value = null;
  sharing.value = "off";
  last = null;
}

function stop(): void {
  pause();
  sessionStorage.removeItem(SHARED);
}

function share(base: string): void {
  if (!("geolocation" in navigator)) {
    sharing.value = "denied";
    return;
  }
  pause();
  sharing.value = "wait";
  sessionStorage.setItem(SHARED, token);
  follower.value = new Follower({
    url: new URL(`${base}/ward-positions`, location.origin),
    around: (positions) => ({ positions }),
    seen: (fix) => {
      last = fix;
      sharing.value = "on";
      accuracy_m.value = fix.accuracy_m;
    },
    beatMs: BEAT_MS,
  });
  follower.value.start();
  navigator.geolocation.getCurrentPosition(() => undefined, (error) => error.code === error.PERMISSION_DENIED && (sharing.value = "denied"));
}

function Check({ view, send, busy }: { view: WardView; send: (answer: "well" | "help", withPlace: boolean) => void; busy: boolean }): JSX.Element {
  const [withPlace, setWithPlace] = useState(false);
  if (view.asked_at === null) {
    return (
      <section class="panel">
        {view.checked_at !== null && <p class="row done" role="status"><Icon of={check} class="cok" /><b>{w("done", { age: age(since(view.checked_at)) })}</b></p>}
        <p class="t2">{view.next_check_at ? w("next", { time: `${dayName(view.next_check_at)} ${clockTime(view.next_check_at, false)}` }) : w("none")}</p>
        <button type="button" class="pbtn" disabled={busy} onClick={() => send("help", false)}>{w("help")}</button>
      </section>
    );
  }
  return (
    <section class="words">
      <p class={view.answer_until ? "t2" : "c2"}>{view.answer_until ? w("ask.until", { time: clockTime(view.answer_until, false) }) : w("ask.late")}</p>
      <button type="button" class="pbtn fill" disabled={busy} onClick={() => send("well", withPlace)}>{w("well")}</button>
      <button type="button" class="pbtn" disabled={busy} onClick={() => send("help", withPlace)}>{w("help")}</button>
      <label class="row tick">
        <input type="checkbox" checked={withPlace} aria-describedby="with-place" onChange={(event) => setWithPlace(event.currentTarget.checked)} />
        {w("with-place")}
      </label>
      <p id="with-place" class="t2">{w("with-place.hint")}</p>
    </section>
  );
}

function Sharing({ base }: { base: string }): JSX.Element {
  const [awake, setAwake] = useState(false);
  const state = sharing.value;
  const unsent = follower.value?.unsent.value ?? 0;
  useAwake(awake && state !== "off");
  return (
    <section class="panel sharing">
      <h2>{w("share")}</h2>
      {state !== "off" && <p class={state === "denied" ? "c2" : "t2"} role="status">{state === "on" ? w("share.on", { m: distance(accuracy_m.value) }) : w(state === "denied" ? "share.denied" : "share.wait")}</p>}
      {unsent > 0 && <p class="c2" role="status">{w("share.unsent", { n: unsent })}</p>}
      <button type="button" class="pbtn" onClick={() => (state === "off" || state === "denied" ? share(base) : stop())}>{w(state === "off" || state === "denied" ? "share.start" : "share.stop")}</button>
      {state !== "off" && canStayAwake() && <button type="button" class="pbtn low" aria-pressed={awake} onClick={() => setAwake(!awake)}>{w("awake")}{awake && <Icon of={check} />}</button>}
      <p class="t2">{w("share.hint")}</p>
    </section>
  );
}

export function Warded({ state, base, show }: Props): JSX.Element | null {
  const [failed, setFailed] = useState<WardedWord | null>(null);
  const [busy, setBusy] = useState(false);
  const [told, setTold] = useState(false);
  const [receipt, setReceipt] = useState<string | null>(null);
  /** Pressed again before it is received it is the same call. */
  const press = useRef(newId());
  const view = state.ward;
  const over = view === null || view.ended_at !== null;
  useEffect(() => {
    // After a reload what she shared goes on; what is over sends nothing any more.
    if (over) stop();
    else if (sharing.peek() === "off" && sessionStorage.getItem(SHARED) === token) share(base);
    return pause;
  }, [over]);
  const title = over ? w("ended") : w(view.asked_at ? "ask" : "title");
  useEffect(() => {
    document.title = title;
  }, [title]);
  if (view === null) return null;
  if (over) {
    return (
      <main class="phone ward over">
        <h1>{w("ended")}</h1>
        <p class="t2">{w("gone")}</p>
      </main>
    );
  }
  const work = async (task: () => Promise<void>): Promise<void> => {
    setFailed(null);
    setBusy(true);
    await task().catch((error: unknown) => setFailed(error instanceof Problem && error.status === 410 ? "over" : "failed"));
    setBusy(false);
  };
  const say = (answer: "well" | "help", withPlace: boolean): void => void work(async () => {
      show(await post<WardedLink>(`${base}/check`, { answer, ...(withPlace ? await here() : {}) }));
      setTold(answer === "help");
    });
  const sos = (): void => void work(async () => {
      setReceipt((await post<{ receipt: string }>(`${base}/ward-sos`, { id: press.current, ...(await here()) })).receipt);
      press.current = newId();
    });
  return (
    <main class="phone ward">
      <header class="row">
        <div class="grow">
          <h1>{title}</h1>
          <p class="t2">{w("until", { date: dayName(view.until_at) })}</p>
        </div>
      </header>
      <Check view={view} busy={busy} send={say} />
      {told && <p class="m" role="status">{w("told")}</p>}
      {failed && <p class="c1" role="alert">{w(failed)}</p>}
      <Sharing base={base} />
      <section class="words">
        <HoldButton class="pbtn p1" describe={w("sos.hint")} again={w("sos.again")} onHeld={sos}>
          {(held) => (
            <>
              <b>SOS</b> <span>{w(held ? "sos.holding" : "sos")}</span>
            </>
          )}
        </HoldButton>
        {receipt && <p role="status" class="m">{w("sos.sent", { n: receipt })}</p>}
        {!receipt && view.called_at && <p role="status" class="m">{w("called", { time: clockTime(view.called_at, false) })}</p>}
        <a class="pbtn low" href={`tel:${state.centre_phone ?? "112"}`}><Icon of={phone} />{w(state.centre_phone ? "centre" : "112")}</a>
      </section>
    </main>
  );
}
