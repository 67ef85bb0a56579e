import "../shared/fonts.css";
import "../shared/phone.css";
import "./citizen.css";
import { effect, signal } from "@preact/signals";
import { render } from "preact";
import type { JSX } from "preact";
import fileText from "lucide-static/icons/file-text.svg?raw";
import footprints from "lucide-static/icons/footprints.svg?raw";
import house from "lucide-static/icons/house.svg?raw";
import users from "lucide-static/icons/users.svg?raw";
import { startTick } from "../shared/clock";
import { locale } from "../shared/i18n";
import { Icon } from "../shared/icons";
import { Memo, memoTitle } from "../shared/memo";
import { type Emergency, RealEmergency, Readiness } from "./emergency";
import { loadConsents, renew } from "./consent";
import { Enrol } from "./enrol";
import { EscortEntry, EscortScreen, booked } from "./escort";
import { Guardians } from "./guardians";
import { loadHelp } from "./help";
import { Home } from "./home";
import { collectAnswers } from "./invite";
import { PracticeEmergency } from "./practice";
import { PracticeTrip } from "./practice-trip";
import { Record } from "./record";
import { Sent } from "./sent";
import { SettingOut } from "./setting-out";
import { Settings } from "./settings";
import { loadSpots } from "./spots";
import { keepCase } from "./sending";
import { type Screen, cases, enrolled, load, practising, profile, reached, screen, settings } from "./state";
import { allowShake, listen } from "./shake";
import { RealTrip, type Setting, type Trip } from "./trip";
import { Underway } from "./underway";
import { refresh } from "./whereabouts";
import { type Word, t } from "./words";
import type { Case, Trigger } from "./wire";

const emergency = signal<Emergency | null>(null);
const trip = signal<Trip | null>(null);
const hidden = signal(false);
const memoTrial = signal(false);

let readiness: Readiness | null = null;

/** The finger is down: connection, position and battery are asked for before the second is over. */
function press(): void {
  readiness = practising.value ? null : new Readiness();
}

async function send(trigger: Trigger): Promise<void> {
  if (emergency.value !== null) return;
  emergency.value = practising.value
    ? new PracticeEmergency()
    : await RealEmergency.send(trigger, readiness ?? new Readiness());
  readiness = null;
}

async function setOut(setting: Setting): Promise<void> {
  trip.value = practising.value ? new PracticeTrip(setting) : await RealTrip.start(setting);
}

/** Away from a trip that is over or never began; back to the choice where there is another try in it. */
function putAway(to: Screen): void {
  void trip.value?.leave();
  trip.value = null;
  screen.value = to;
}

/** Back to the screen of the call for help, while its case is open. */
function help(): (() => void) | null {
  const open = cases.value.find((one) => one.closed_at === null);
  return open === undefined ? null : () => (emergency.value = RealEmergency.of(open));
}

function leave(): void {
  emergency.value?.leave();
  emergency.value = null;
  hidden.value = false;
}

function Tabs(): JSX.Element {
  const tabs: [Screen, string, Word][] = [
    ["home", house, "tab.home"],
    ["trip", footprints, "tab.trip"],
    ["guardians", users, "tab.guardians"],
    ["record", fileText, "tab.record"],
  ];
  return (
    <nav class="tabs" aria-label={t("tab.all")}>
      {tabs.map(([to, icon, word]) => (
        <button key={to} type="button" class={screen.value === to ? "on" : ""} {...(screen.value === to ? { "aria-current": "page" as const } : {})} onClick={() => (screen.value = to)}>
          <Icon of={icon} />
          {t(word)}
        </button>
      ))}
    </nav>
  );
}

function App(): JSX.Element {
  const current = emergency.value;
  if (hidden.value || memoTrial.value) {
    // After a cancellation it is a memo and nothing else: somebody may be looking.
    const talk = current && !current.cancelled.value ? { messages: () => current.phone.value?.messages ?? [], said: current.said, say: (text: string) => current.say(text) } : null;
    return <Memo of={talk} leave={() => (hidden.value = memoTrial.value = false)} />;
  }
  if (current !== null) {
    const record = (): void => {
      leave();
      screen.value = "record";
    };
    return <Sent of={current} hide={() => (hidden.value = true)} leave={leave} record={record} />;
  }
  if (trip.value !== null) {
    return <Underway of={trip.value} press={press} sos={() => void send("button")} leave={() => putAway("home")} again={() => putAway("trip")} help={help()} />;
  }
  return (
    <div class="phone">
      {practising.value && (screen.value === "home" || screen.value === "trip") && (
        <div class="practice" role="status">
          {t("practice.band")}
        </div>
      )}
      {screen.value === "enrol" && <Enrol />}
      {screen.value === "home" && <Home press={press} send={send} />}
      {screen.value === "trip" && <SettingOut go={setOut} beside={!practising.value && <EscortEntry />} />}
      {screen.value === "escort" && <EscortScreen sos={() => send("button")} />}
      {screen.value === "guardians" && <Guardians />}
      {screen.value === "record" && <Record />}
      {screen.value === "settings" && <Settings tryMemo={() => (memoTrial.value = true)} />}
      {screen.value !== "enrol" && screen.value !== "settings" && screen.value !== "escort" && <Tabs />}
    </div>
  );
}

/** Light or dark as the phone is, dark after an SOS so that it does not light her face, white as paper for the memo. */
function dress(): void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const system$ = signal(system.matches);
  system.addEventListener("change", () => (system$.value = system.matches));
  effect(() => {
    const memo = hidden.value || memoTrial.value;
    const dark = !memo && (emergency.value !== null || system$.value);
    document.documentElement.dataset["theme"] = dark ? "dark" : "light";
    document.documentElement.lang = locale.value;
    document.title = memo ? memoTitle() : t("app");
    const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]");
    if (icon) icon.href = memo ? "data:," : "/static/citizen/icon.svg";
  });
}

/** A trip that became a call for help, because she pressed or because nobody answered, is that call's screen. */
function signalled(): void {
  effect(() => {
    const state = trip.value?.state.value;
    const call = state?.signal ?? null;
    if (state?.state !== "signalled" || emergency.peek() !== null) return;
    if (trip.value?.practice) emergency.value = new PracticeEmergency();
    if (call === null || cases.peek().some((one) => one.incident === call.incident)) return;
    const one: Case = { ...call, id: call.signal, at: call.received_at, silent: true, server: location.origin, cancelled_at: null, closed_at: null, destroyed_at: null, left: false };
    emergency.value = RealEmergency.of(one);
    void keepCase(one);
  });
}

async function start(): Promise<void> {
  dress();
  startTick();
  await Promise.all([load(), loadConsents(), loadSpots()]).catch(() => undefined);
  if (profile.value === null && enrolled.value === null) screen.value = "enrol";
  if (booked.value !== null) screen.value = "escort";
  const unfinished = await RealEmergency.resume().catch(() => null);
  if (unfinished) emergency.value = unfinished;
  trip.value = RealTrip.resume();
  signalled();
  render(<App />, document.getElementById("app")!);

  addEventListener("online", () => void refresh());
  addEventListener("offline", () => (reached.value = false));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible") return;
    void refresh();
    void collectAnswers();
  });
  void refresh();
  void renew();
  void collectAnswers();
  void loadHelp().catch(() => undefined);

  let deaf: (() => void) | null = null;
  effect(() => {
    deaf?.();
    deaf = settings.value.shake ? listen(() => void send("shake")) : null;
  });
  if (settings.value.shake) void allowShake();

  if ("serviceWorker" in navigator) {
    navigator.serviceWorker.addEventListener("message", (event: MessageEvent<{ delivered?: Case[] }>) => {
      if (emergency.value instanceof RealEmergency) event.data.delivered?.forEach((one) => (emergency.value as RealEmergency).delivered(one));
    });
    await navigator.serviceWorker.register("/citizen/sw.js", { scope: "/citizen" }).catch(() => undefined);
  }
  // Kept from being cleared when the phone runs short of room: a queued SOS must survive.
  void navigator.storage?.persist?.();
}

void start();
