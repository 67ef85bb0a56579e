/** The page at a bell: one large button, and what is true at this moment, in both languages. */
import "../shared/base.css";
import "./bell.css";
import { signal } from "@preact/signals";
import { render } from "preact";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import eye from "lucide-static/icons/eye.svg?raw";
import loader from "lucide-static/icons/loader-circle.svg?raw";
import mic from "lucide-static/icons/mic.svg?raw";
import check from "lucide-static/icons/check.svg?raw";
import alert from "lucide-static/icons/triangle-alert.svg?raw";
import unplug from "lucide-static/icons/unplug.svg?raw";
import volume from "lucide-static/icons/volume-2.svg?raw";
import { now, startTick } from "../shared/clock";
import { Icon } from "../shared/icons";
import { microphone } from "../shared/voice";
import { type Allowed, allowed, watchButton } from "./tests";
import * as bell from "./terminal";
import { type Word, en, ko } from "./words";

/** After so long without a receipt it says that it has not reached anybody. */
const UNREACHED_S = 6;
/** A hand that trembles presses once. */
const APART_MS = 3_000;

const mayHear = signal<Allowed>("granted");
const seeMicrophone = (): void => void allowed().then((is) => (mayHear.value = is));

const Both = ({ word }: { word: Word }): JSX.Element => (
  <>
    <span lang="ko">{ko(word)}</span>
    <small lang="en">{en(word)}</small>
  </>
);

/** The one thing that is true now, and what to do about it. */
function standing(): { is: Word; icon: string; tone: string; how: Word[] } | null {
  const { value: press } = bell.press;
  const { value: call } = bell.call;
  const { value: talk } = bell.talk;
  if (talk === "connecting") return { is: "connecting", icon: loader, tone: "well", how: [] };
  if (talk === "on") return { is: "on", icon: mic, tone: "on", how: ["on.how"] };
  if (talk === "mute") return { is: "mute", icon: volume, tone: "on", how: ["call.112"] };
  if (press && press.receipt === null) {
    const late = (now.value - press.since) / 1000 >= UNREACHED_S;
    return late ? { is: "unreached", icon: alert, tone: "bad", how: ["call.112"] } : { is: "sending", icon: loader, tone: "", how: [] };
  }
  if (call?.state === "closed") return { is: "closed", icon: check, tone: "", how: [] };
  const asked: Word[] = call?.requested_at ? ["requested"] : [];
  if (call?.state === "claimed") return { is: "claimed", icon: eye, tone: "well", how: asked };
  if (call?.state === "received" || press?.receipt) return { is: "received", icon: check, tone: "well", how: ["received.how"] };
  return null;
}

let last = 0;
function press(): void {
  if (Date.now() - last < APART_MS) return;
  last = Date.now();
  void bell.pressed();
}

function Line(): JSX.Element {
  const up = bell.connected.value;
  if (bell.standing.value === "revoked") {
    return <p class="line bad" role="status"><Icon of={unplug} /><span><Both word="revoked" /><Both word="revoked.how" /></span></p>;
  }
  return (
    <p class={up ? "line" : "line bad"} role="status">
      <Icon of={up ? check : unplug} />
      <span><Both word={up ? "connected" : "cut"} /></span>
    </p>
  );
}

function Ready(): JSX.Element {
  const button = useRef<HTMLButtonElement>(null);
  const state = standing();
  const receipt = bell.press.value?.receipt;
  useEffect(() => button.current?.focus(), []);
  return (
    <main class="bell">
      <header>
        <b>{bell.name.value?.name ?? ""}</b>
        <span class="t2">{bell.name.value?.number ?? ""}</span>
      </header>
      <section class={`state ${state?.tone ?? ""}`} aria-live="assertive" data-state={state?.is ?? "ready"}>
        {state && (
          <>
            <Icon of={state.icon} class={state.icon === loader ? "turning" : ""} />
            <h1><Both word={state.is} /></h1>
            {state.how.map((word) => <p key={word}><Both word={word} /></p>)}
            {receipt && bell.call.value?.state !== "closed" && <p class="receipt"><span lang="ko">{ko("receipt")}</span> <b>{receipt}</b></p>}
          </>
        )}
      </section>
      <button ref={button} type="button" class={state && state.is !== "closed" ? "help small" : "help"} onClick={press}>
        <Both word={state && state.is !== "closed" ? "again" : "help"} />
      </button>
      {!state && bell.standing.value === "bell" && <p class="how t2"><Both word="help.how" /></p>}
      <footer>
        <Line />
        {mayHear.value !== "granted" && (
          <p class="line bad">
            <Icon of={alert} />
            <span><Both word="microphone" /></span>
            <button type="button" class="allow" onClick={() => void microphone().then((own) => { for (const track of own?.getTracks() ?? []) track.stop(); seeMicrophone(); })}>
              <Both word="allow" />
            </button>
          </p>
        )}
      </footer>
    </main>
  );
}

function Notice({ word, how }: { word: Word; how?: Word }): JSX.Element {
  return (
    <main class="bell notice">
      <section class="state">
        <Icon of={alert} />
        <h1><Both word={word} /></h1>
        {how && <p><Both word={how} /></p>}
        <p><Both word="call.112" /></p>
      </section>
    </main>
  );
}

function App(): JSX.Element {
  switch (bell.standing.value) {
    case "starting":
      return <main class="bell notice"><section class="state"><h1><Both word="starting" /></h1></section></main>;
    case "bell":
    case "revoked":
      return <Ready />;
    case "none":
      return <Notice word="none" how="none.how" />;
    case "wrong-code":
      return <Notice word="wrong-code" how="wrong-code.how" />;
    case "replaced":
      return <Notice word="replaced" how="replaced.how" />;
  }
}

startTick();
watchButton();
seeMicrophone();
setInterval(seeMicrophone, 60_000);
render(<App />, document.getElementById("app")!);
void bell.start();
if ("serviceWorker" in navigator) void navigator.serviceWorker.register("/bell/sw.js", { scope: "/bell" }).catch(() => undefined);
