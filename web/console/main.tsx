import "../shared/fonts.css";
import "../shared/base.css";
import "./console.css";
import "./walls.css";
import { effect, signal } from "@preact/signals";
import { type JSX, render } from "preact";
import { type Camera, get, type Incident, me, Problem, signedIn } from "../shared/api";
import { everyHalfSecond, exactNow, now, startTick } from "../shared/clock";
import { both, chooseLocale, locale } from "../shared/i18n";
import { startTheme } from "../shared/theme";
import { span } from "../shared/words";
import * as act from "./actions";
import { readHealths } from "./cameras";
import { Bands, Line } from "./bands";
import { CasePanel } from "./case";
import { Commissioning } from "./commissioning";
import { connect, serverState } from "./connection";
import { Hints } from "./hints";
import { letGo, onKey, railOpen } from "./keys";
import { MapPanel } from "./map";
import { Masking } from "./masking";
import { waitingSince } from "./ordering";
import { Queue, kindOf } from "./queue";
import { forgetExcept, recall } from "./session";
import { Sheets } from "./sheets";
import * as sound from "./sound";
import * as store from "./store";
import { Top } from "./top";
import { Wall } from "./tiles";
import { Walls } from "./walls";
import { t } from "./words";

const failed = signal(false);
/** Said once by a screen reader for each new alarm, assertively; nothing else on the page interrupts. */
const announced = signal<Incident | null>(null);

function Console(): JSX.Element {
  const alarm = store.alarm.value !== null;
  const walls = act.screen.value === "walls";
  return (
    <main class={`console${alarm ? " alarm" : ""}${walls ? " on-walls" : ""}${railOpen.value ? " rail-open" : ""}`} id="console" tabIndex={-1}>
      {alarm && <div class="alarm-line" data-part="alarm-line" />}
      <Top />
      <Queue />
      <div class="middle">
        <MapPanel />
        {walls ? <Walls /> : <Masking />}
        <Bands />
        <Line />
        <Sheets />
      </div>
      <CasePanel />
      {!walls && <Wall />}
      <Hints />
      <div class="sr" role="alert" aria-live="assertive" data-part="announcement">
        {announced.value && t("live.alarm", { kind: kindOf(announced.value), place: both(announced.value.place) })}
      </div>
    </main>
  );
}

const RETRY_S = 5;

function App(): JSX.Element {
  if (me.value?.role === "administrator") return <Commissioning />;
  if (me.value) return <Console />;
  return <main class="boot">{failed.value && <p role="alert"><b>{t("boot.failed")}</b> {t("boot.failed.how", { t: span(RETRY_S) })}</p>}</main>;
}

/** The longest time that a case of mine waits for an agency, seconds; a refusal or silence of half a minute counts as such. */
function longestWait(): number | null {
  let longest: number | null = null;
  for (const incident of store.incidents.peek().values()) {
    if (!store.isDetail(incident) || !incident.mine || incident.closed_at !== null) continue;
    if (incident.dispatches.some((d) => d.phone || d.state === "acknowledged" || d.state === "en_route" || d.state === "arrived")) continue;
    for (const dispatch of incident.dispatches) {
      const asked_s = (exactNow() - Date.parse(dispatch.requested_at)) / 1000;
      const waited = dispatch.state === "requested" ? asked_s : dispatch.state === "refused" || dispatch.state === "no_answer" ? Math.max(UNANSWERED_S, asked_s) : 0;
      longest = Math.max(longest ?? 0, waited);
    }
  }
  return longest;
}
const UNANSWERED_S = 30;

/** What must sound now, judged twice a second and at every fact. */
function ringNow(): void {
  const alarm = store.alarm.peek();
  sound.ring(
    {
      p1: alarm ? Date.parse(waitingSince(alarm)) : null,
      p2: store.top.peek()?.priority === 2,
      cut: serverState.peek() === "cut",
      waiting_s: longestWait(),
    },
    exactNow(),
  );
}

/** A wide screen has room for six pictures, and a wider map above them. */
function watchWidth(): void {
  const wide = matchMedia("(min-width: 2560px)");
  const fit = (): void => {
    store.places.value = wide.matches ? 6 : 4;
    store.guest.value = null;
    if (store.camera.peek() > store.places.peek()) store.camera.value = 1;
    for (const incident of store.incidents.peek().values()) store.reseat(incident, performance.now());
  };
  wide.addEventListener("change", fit);
  fit();
}

function listenToHand(): void {
  addEventListener("keydown", onKey);
  for (const gesture of ["keydown", "pointerdown"]) addEventListener(gesture, () => void sound.wake());
  addEventListener("click", letGo);
}

/** What belongs to the centre and not to a case: its name, its lines to the agencies, how many cameras deliver. */
async function readCentre(): Promise<void> {
  const centre = await get<store.Centre>("/api/centre").catch(() => null);
  if (!centre) return;
  store.centre.value = centre;
  if (centre.agencies) store.agencies.value = centre.agencies;
  if (centre.cameras) store.videos.value = centre.cameras;
}

async function load(): Promise<void> {
  const [cameras] = await Promise.all([get<{ cameras: Camera[] }>("/api/cameras").catch(() => null), readCentre()]);
  if (cameras) store.cameras.value = cameras.cameras;
  void readHealths();
  setInterval(() => {
    void readCentre();
    void readHealths();
  }, CENTRE_EVERY_MS);
}
const CENTRE_EVERY_MS = 15_000;

async function start(): Promise<void> {
  startTheme("dark");
  chooseLocale(locale.peek());
  startTick(true);
  document.title = t("app.title");
  render(<App />, document.getElementById("app")!);
  effect(() => {
    const line = store.line.value;
    void now.value;
    if (line && performance.now() > line.until) store.line.value = null;
  });
  for (;;) {
    try {
      const { role } = await signedIn();
      // The queue is for operators, their leader and the stationed officer, the map without it for administrators; everybody else has a page of their own.
      if (role === "administrator") return;
      if (role === "operator" || role === "supervisor" || role === "officer") break;
      location.replace(role === "agency" ? "/desk" : "/ledger");
      return;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      failed.value = true;
      await new Promise((resolve) => setTimeout(resolve, RETRY_S * 1000));
    }
  }
  const before = recall<string>("selected");
  let settled = false;
  store.listen((event) => {
    if (event.type === "alarm" && event.incident.priority === 1) {
      announced.value = event.incident;
    }
    if (event.type === "receipt") sound.play("receipt");
    if (event.type === "kept") sound.play("handed");
    if (event.type === "state") {
      if (!settled && before && store.incidents.peek().has(before)) act.select(before);
      settled = true;
      forgetExcept((id) => store.incidents.peek().has(id));
    }
    ringNow();
  });
  everyHalfSecond(ringNow);
  effect(() => {
    const alarm = store.alarm.value;
    document.title = alarm ? `● ${t("top.alarm", { kind: kindOf(alarm), place: both(alarm.place) })}` : t("app.title");
  });
  watchWidth();
  listenToHand();
  connect();
  await load();
}

void start();
