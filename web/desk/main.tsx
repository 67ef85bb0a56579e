/** The desk of 112 or 119, simulated: requests come in by themselves, and a person answers them with a key or a click. */
import "../shared/fonts.css";
import "../shared/office.css";
import "./desk.css";
import { batch, computed, signal } from "@preact/signals";
import { render } from "preact";
import type { JSX } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import car from "lucide-static/icons/car.svg?raw";
import check from "lucide-static/icons/check.svg?raw";
import copy from "lucide-static/icons/copy.svg?raw";
import external from "lucide-static/icons/external-link.svg?raw";
import mapPin from "lucide-static/icons/map-pin.svg?raw";
import phoneOff from "lucide-static/icons/volume-x.svg?raw";
import shield from "lucide-static/icons/shield-check.svg?raw";
import x from "lucide-static/icons/x.svg?raw";
import { type Me, type Position, Problem, me, post, signedIn } from "../shared/api";
import { now, since, startTick } from "../shared/clock";
import { Glyph, Kbd } from "../shared/components";
import { chooseLocale, locale } from "../shared/i18n";
import { Icon } from "../shared/icons";
import { LiveSocket } from "../shared/socket";
import { startTheme } from "../shared/theme";
import { clockTime, distance, timer } from "../shared/words";
import { type Word, t } from "./words";

interface Request {
  id: string;
  agency: string;
  reference: string;
  number: string;
  centre: string;
  kind: string;
  silent: boolean;
  place: string;
  position: Position | null;
  at: string;
  state: string;
  unit: string | null;
  eta_s: number | null;
  reason: string | null;
  link: string | null;
  closed: boolean;
}

const OVERDUE_S = 30;
const requests = signal<Request[] | null>(null);
const selected = signal<string | null>(null);
const panel = signal<"reject" | "unit" | null>(null);
const failure = signal<string | null>(null);
const cutSince = signal<number | null>(null);
const announced = signal("");

const over = (one: Request): boolean => one.closed || one.state === "refused" || one.state === "completed";
const waits = (one: Request): boolean => !one.closed && (one.state === "requested" || one.state === "no_answer");
const oldestFirst = (some: Request[]): Request[] => some.sort((a, b) => a.at.localeCompare(b.at));
const waiting = computed(() => oldestFirst((requests.value ?? []).filter(waits)));
const active = computed(() => oldestFirst((requests.value ?? []).filter((one) => !waits(one) && !over(one))));
const ended = computed(() => oldestFirst((requests.value ?? []).filter(over)).reverse().slice(0, 20));
const order = computed(() => [...waiting.value, ...active.value, ...ended.value]);
const current = computed(() => order.value.find((one) => one.id === selected.value) ?? null);

function heard(some: Request[]): void {
  const known = new Set((requests.peek() ?? []).map((one) => one.id));
  const fresh = requests.peek() === null ? [] : some.filter((one) => waits(one) && !known.has(one.id));
  batch(() => {
    requests.value = some;
    // A new request never moves what a hand is on.
    selected.value ??= waiting.value[0]?.id ?? active.value[0]?.id ?? null;
    if (fresh[0]) announced.value = t("new", { agency: fresh[0].agency, place: fresh[0].place });
  });
  if (fresh.length > 0) chime();
}

let audio: AudioContext | null = null;
/** Two equal notes for a new request; a browser that keeps sound back still shows it. */
function chime(): void {
  audio ??= new AudioContext();
  for (const start of [0, 0.3]) {
    const note = audio.createOscillator();
    const level = audio.createGain();
    note.frequency.value = 520;
    level.gain.value = 0.2;
    note.connect(level).connect(audio.destination);
    note.start(audio.currentTime + start);
    note.stop(audio.currentTime + start + 0.2);
  }
}

async function act(one: Request, what: "accept" | "reject" | "unit" | "arrived" | "completed", body: object = {}): Promise<void> {
  failure.value = null;
  try {
    const next = await post<Request>(`/api/desk/requests/${one.id}/${what}`, body);
    batch(() => {
      // The socket may have brought the link before this older answer came.
      requests.value = (requests.value ?? []).map((other) => (other.id === next.id ? { ...next, link: next.link ?? other.link } : other));
      panel.value = null;
    });
  } catch (error) {
    failure.value = t("failed", { why: error instanceof Problem ? error.title : "" });
  }
}

function stateWords(one: Request): string {
  if (one.closed) return t("closed");
  return t(`state.${one.state}` as Word, { unit: one.unit ?? "" }).trim();
}

function Card({ one }: { one: Request }): JSX.Element {
  const wait = waits(one);
  const late = wait && since(one.at) > OVERDUE_S;
  return (
    <button type="button" class={`card${wait ? " wait" : ""}${over(one) ? " past" : ""}`} aria-current={one.id === selected.value} onClick={() => { selected.value = one.id; panel.value = null; }}>
      <Glyph p={1} mode={wait ? "fill" : "out"} />
      <span class="grow">
        <b>{t("kind.sos")} {one.silent && <span class="chip line">{t("silent")}</span>}</b>
        <span class="where">{one.place || one.number}</span>
        <span class={late ? "c2 meta" : "t2 meta"}>{stateWords(one)} · {one.reference}</span>
      </span>
      <span class="tm">{wait ? timer(since(one.at)) : clockTime(one.at, false)}</span>
    </button>
  );
}

function List({ title, some }: { title: string; some: Request[] }): JSX.Element | null {
  if (some.length === 0) return null;
  return (
    <section>
      <h2>
        {title} <small>{some.length}</small>
      </h2>
      {some.map((one) => (
        <Card key={one.id} one={one} />
      ))}
    </section>
  );
}

function Reject({ one }: { one: Request }): JSX.Element {
  const [reason, setReason] = useState("");
  return (
    <form
      class="panel-form"
      onSubmit={(event) => {
        event.preventDefault();
        void act(one, "reject", { reason });
      }}
    >
      <label for="reason">{t("reject.why")}</label>
      <div class="row wrap">
        {(["reject.1", "reject.2", "reject.3"] as Word[]).map((word) => (
          <button key={word} type="button" class="btn" aria-pressed={reason === t(word)} onClick={() => setReason(t(word))}>{t(word)}</button>
        ))}
      </div>
      <input id="reason" class="field" value={reason} maxLength={200} autofocus onInput={(event) => setReason(event.currentTarget.value)} />
      <div class="row">
        <button type="submit" class="btn p2" disabled={reason.trim() === ""}>{t("reject.send")}</button>
        <button type="button" class="btn ghost" onClick={() => (panel.value = null)}>{t("back")} <Kbd>Esc</Kbd></button>
      </div>
    </form>
  );
}

function Unit({ one }: { one: Request }): JSX.Element {
  const [call, setCall] = useState(one.unit ?? "");
  const [minutes, setMinutes] = useState("3");
  const eta = Number.parseInt(minutes, 10);
  return (
    <form
      class="panel-form"
      onSubmit={(event) => {
        event.preventDefault();
        void act(one, "unit", { call_sign: call.trim(), eta_s: Number.isFinite(eta) ? eta * 60 : null });
      }}
    >
      <div class="row wrap">
        <span class="f grow">
          <label for="call">{t("call")}</label>
          <input id="call" class="field" value={call} maxLength={40} placeholder={t("call.hint")} autofocus onInput={(event) => setCall(event.currentTarget.value)} />
        </span>
        <span class="f">
          <label for="eta">{t("eta")}</label>
          <input id="eta" class="field" inputMode="numeric" value={minutes} maxLength={3} onInput={(event) => setMinutes(event.currentTarget.value)} />
        </span>
      </div>
      <div class="row">
        <button type="submit" class="btn fill" disabled={call.trim() === ""}>{t("unit.send")}</button>
        <button type="button" class="btn ghost" onClick={() => (panel.value = null)}>{t("back")} <Kbd>Esc</Kbd></button>
      </div>
    </form>
  );
}

interface Verb {
  key: string;
  word: Word;
  icon: string;
  kind: string;
  go: () => void;
}

/** What can be done now, by state; the first is what Enter does. */
function verbs(one: Request): Verb[] {
  if (over(one)) return [];
  const unit: Verb = { key: "U", word: "unit", icon: car, kind: "fill", go: () => (panel.value = "unit") };
  const reject: Verb = { key: "R", word: "reject", icon: x, kind: "", go: () => (panel.value = "reject") };
  const accept: Verb = { key: "A", word: "accept", icon: check, kind: "fill", go: () => void act(one, "accept") };
  const arrived: Verb = { key: "S", word: "arrived", icon: mapPin, kind: "fill", go: () => void act(one, "arrived") };
  const completed: Verb = { key: "C", word: "completed", icon: check, kind: "fill", go: () => void act(one, "completed") };
  switch (one.state) {
    case "requested":
    case "no_answer":
      return [accept, reject];
    case "acknowledged":
      return [unit, reject];
    case "en_route":
      return [arrived];
    default:
      return [completed];
  }
}

function Link({ url }: { url: string }): JSX.Element {
  const [copied, setCopied] = useState(false);
  return (
    <div class="row wrap">
      <a class="btn" href={url} target="_blank" rel="noreferrer">
        <Icon of={external} />
        {t("link")}
      </a>
      <button type="button" class="btn" onClick={() => void navigator.clipboard.writeText(new URL(url, location.origin).href).then(() => setCopied(true))}>
        <Icon of={copy} />
        {copied ? t("copied") : t("link.copy")}
      </button>
    </div>
  );
}

function Detail({ one }: { one: Request }): JSX.Element {
  const late = waits(one) && since(one.at) > OVERDUE_S;
  return (
    <article class="pane detail" aria-live="polite">
      <header class="row">
        <Glyph p={1} size={36} mode={waits(one) ? "fill" : "out"} />
        <div class="grow">
          <h1>{t("kind.sos")} · {one.place || one.number}</h1>
          <p class="t2">{[one.centre, t("case", { n: one.number }), t("reference", { n: one.reference })].join(" · ")}</p>
        </div>
        <b class="clock">{timer(since(one.at))}</b>
      </header>
      {late && <p class="late" role="status">{t("late")}</p>}
      <dl class="kv">
        <dt class="t2">{stateWords(one)}</dt>
        <dd>{one.eta_s !== null && one.state === "en_route" ? t("eta.left", { n: Math.max(1, Math.round(one.eta_s / 60)) }) : clockTime(one.at)}</dd>
        {one.silent && (
          <>
            <dt class="row c2"><Icon of={phoneOff} />{t("silent")}</dt>
            <dd />
          </>
        )}
        <dt class="row t2"><Icon of={mapPin} />{one.position ? `${one.position.latitude.toFixed(5)}, ${one.position.longitude.toFixed(5)}` : t("position.gone")}</dt>
        <dd>{one.position && t("accuracy", { m: distance(one.position.accuracy_m) })}</dd>
        {one.reason && (
          <>
            <dt class="t2">{t("reject.why")}</dt>
            <dd>{one.reason}</dd>
          </>
        )}
      </dl>
      {failure.value && <p class="late" role="alert">{failure.value}</p>}
      {panel.value === "reject" ? (
        <Reject one={one} />
      ) : panel.value === "unit" ? (
        <Unit one={one} />
      ) : (
        <div class="row wrap verbs">
          {verbs(one).map((verb) => (
            <button key={verb.key} type="button" class={`btn ${verb.kind}`} onClick={verb.go}>
              <Icon of={verb.icon} />
              {t(verb.word)} <Kbd>{verb.key}</Kbd>
            </button>
          ))}
        </div>
      )}
      {one.link && !one.closed && <Link url={one.link} />}
    </article>
  );
}

function Cut(): JSX.Element | null {
  const from = cutSince.value;
  const seconds = from === null ? 0 : (now.value - from) / 1000;
  if (from === null || seconds < 5) return null;
  return (
    <div class="cut" role="alert">
      <b>{t("cut", { time: timer(seconds) })}</b> {t("cut.hint", { at: clockTime(from) })}
    </div>
  );
}

function App(): JSX.Element {
  const who = me.value as (Me & { agency?: string | null }) | null;
  const agency = who?.agency ?? requests.value?.[0]?.agency ?? "112";
  document.title = `${waiting.value.length > 0 ? `(${waiting.value.length}) ` : ""}${t("title", { agency })}`;
  document.documentElement.lang = locale.value;
  // At once, not after the next frame: a key pressed on the first picture of the page counts.
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      const typing = event.target instanceof HTMLInputElement;
      if (event.key === "Escape") {
        panel.value = null;
        return;
      }
      if (typing || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      const at = order.value.findIndex((one) => one.id === selected.value);
      const one = current.value;
      // The physical key: with Hangul input on, the letter is not the one on the cap.
      if (event.code === "KeyJ" || event.code === "ArrowDown") selected.value = order.value[Math.min(at + 1, order.value.length - 1)]?.id ?? null;
      else if (event.code === "KeyK" || event.code === "ArrowUp") selected.value = order.value[Math.max(at - 1, 0)]?.id ?? null;
      else {
        const verb = one && panel.value === null ? verbs(one).find((each) => `Key${each.key}` === event.code) : undefined;
        if (!verb || event.repeat) return;
        verb.go();
      }
      event.preventDefault();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
  return (
    <div class="page">
      <Cut />
      <header class="ptop">
        <span class="brand">
          <Icon of={shield} />
          {t("title", { agency })}
        </span>
        <span class="chip line">{t("simulated")}</span>
        <span class="end row">
          <span class="t2">{who?.name}</span>
          <button type="button" class="btn ghost" onClick={() => chooseLocale(locale.value === "ko" ? "en" : "ko")}>{t("language")}</button>
          <button type="button" class="btn ghost" onClick={() => void post("/api/signout").finally(() => location.assign("/signin?next=/desk"))}>{t("out")}</button>
        </span>
      </header>
      <span class="sr" role="alert">{announced.value}</span>
      <main class="desk">
        <nav class="lists" aria-label={t("waiting")}>
          {requests.value === null && <p class="t3" role="status">{t("loading")}</p>}
          {requests.value !== null && waiting.value.length === 0 && (
            <div class="pane quiet row">
              <Icon of={check} class="cok" />
              <span>
                <b>{t("empty")}</b>
                <span class="t3 meta">{t("empty.hint", { at: clockTime(heardAt.value) })}</span>
              </span>
            </div>
          )}
          <List title={t("waiting")} some={waiting.value} />
          <List title={t("active")} some={active.value} />
          <List title={t("done")} some={ended.value} />
        </nav>
        {current.value && <Detail key={current.value.id} one={current.value} />}
      </main>
      <footer class="hints">
        <span><Kbd>J</Kbd> <Kbd>K</Kbd> {t("key.move")}</span>
        {current.value && verbs(current.value).map((verb) => <span key={verb.key}><Kbd>{verb.key}</Kbd> {t(verb.word)}</span>)}
      </footer>
    </div>
  );
}

const heardAt = signal(Date.now());

async function start(): Promise<void> {
  startTheme("dark");
  startTick();
  render(<App />, document.getElementById("app")!);
  await signedIn();
  const socket = new LiveSocket<{ type?: string; requests?: Request[] }>({
    path: "/live/desk",
    receive: (message) => {
      heardAt.value = Date.now();
      if (message.requests) heard(message.requests);
    },
    refused: () => void signedIn().catch(() => undefined),
    deadAfterMs: 90_000,
  });
  socket.open.subscribe((up) => {
    cutSince.value = up ? null : (cutSince.peek() ?? Date.now());
  });
  socket.start();
}

void start();
