import "../shared/phone.css";
import "./guardian.css";
import { signal } from "@preact/signals";
import { render } from "preact";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import bell from "lucide-static/icons/bell.svg?raw";
import bellOff from "lucide-static/icons/bell-off.svg?raw";
import check from "lucide-static/icons/check.svg?raw";
import shield from "lucide-static/icons/shield-check.svg?raw";
import unplug from "lucide-static/icons/unplug.svg?raw";
import { Problem, post } from "../shared/api";
import { locale } from "../shared/i18n";
import { Icon } from "../shared/icons";
import { number, read, sealed } from "../shared/invitation";
import { Pushes, obstacle } from "../shared/push";
import { type Word, t } from "./words";

type Is = "start" | "asking" | "sending" | "done" | "receiving" | "stopped" | "denied" | "iphone" | "browser" | "insecure" | "incomplete" | "used" | "over" | "noservice" | "nonetwork";

const pushes = new Pushes("/guardian/sw.js", "/guardian");
const is = signal<Is>("start");
const check4 = signal("");
let invitation = read(location.hash);
/** What was sealed once is sent again as it is: after a lost answer the centre knows it for the same. */
let left: string | null = null;

async function answer(): Promise<void> {
  if (invitation === null) return;
  // First of all, while the press still counts as a press.
  is.value = "asking";
  if ((await Notification.requestPermission()) !== "granted") {
    is.value = "denied";
    return;
  }
  is.value = "sending";
  try {
    if (left === null) {
      const push = await pushes.subscribe();
      check4.value = await number(push);
      left = await sealed(push, invitation);
    }
    await post(`/api/citizen/mailboxes/${invitation.mailbox}/fill`, { sealed: left });
    is.value = "done";
    // Used up: whoever reloads sees that this phone is ready.
    history.replaceState(null, "", location.pathname);
  } catch (error) {
    if (!(error instanceof Problem)) is.value = "noservice";
    else if (error.status === 409) is.value = "used";
    else if (error.status === 404) is.value = "over";
    else is.value = "nonetwork";
  }
}

async function begin(): Promise<void> {
  const blocked = obstacle();
  const push = await pushes.subscribed().catch(() => null);
  if (blocked !== null) is.value = invitation === null && blocked !== "insecure" ? "incomplete" : blocked;
  else if (invitation !== null) is.value = Notification.permission === "denied" ? "denied" : "start";
  else is.value = push ? "receiving" : "incomplete";
}

function Copy(): JSX.Element {
  const [copied, setCopied] = useState(false);
  const copy = (): void => void navigator.clipboard.writeText(location.href).then(() => setCopied(true), () => undefined);
  return <button type="button" class="pbtn" aria-live="polite" onClick={copy}>{copied ? t("copied") : t("copy")}</button>;
}

function Stop(): JSX.Element {
  const [sure, setSure] = useState(false);
  const press = (): void => (sure ? void pushes.stop().then(() => (is.value = "stopped")) : setSure(true));
  return <button type="button" class="pbtn low" onClick={press}>{sure ? t("stop.sure") : t("stop")}</button>;
}

function Paste(): JSX.Element {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState(false);
  const go = (): void => {
    invitation = read(text);
    setWrong(invitation === null);
    if (invitation) void begin();
  };
  return (
    <form class="says" onSubmit={(event) => { event.preventDefault(); go(); }}>
      <div class="f">
        <label for="link">{t("paste")}</label>
        <input id="link" class="field" type="url" autocomplete="off" value={text} onInput={(event) => setText(event.currentTarget.value)} {...(wrong ? { "aria-invalid": true, "aria-describedby": "link-hint" } : {})} />
        {wrong && <span id="link-hint" class="c1" role="alert">{t("paste.wrong")}</span>}
      </div>
      <button type="submit" class="pbtn fill">{t("next")}</button>
    </form>
  );
}

const HINTS: Partial<Record<Is, Word>> = {
  start: "start.lead", asking: "start.next", denied: "denied.hint", browser: "browser.hint", insecure: "insecure.hint", iphone: "iphone.hint", incomplete: "incomplete.hint", used: "used.hint",
  over: "over.hint", noservice: "noservice.hint", nonetwork: "nonetwork.hint", receiving: "receiving.hint", stopped: "stopped.hint", done: "done.later",
};
const MARKS: Partial<Record<Is, string>> = { done: check, receiving: check, stopped: bellOff, denied: bellOff, browser: bellOff, nonetwork: unplug, noservice: unplug };
const KAKAO = /KAKAOTALK/i.test(navigator.userAgent);

function App(): JSX.Element {
  const now = is.value;
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), [now]);
  document.documentElement.lang = locale.value;
  document.title = t("app");
  const well = now === "done" || now === "receiving";
  return (
    <main class="phone invited">
      <span class={well ? "mark ok" : "mark"}><Icon of={MARKS[now] ?? (now === "used" || now === "over" ? shield : bell)} /></span>
      <h1 class="lines" tabIndex={-1} ref={title}>{t(now)}</h1>
      {now === "done" && (
        <p class="panel number">
          <span class="t2">{t("done.number")}</span>
          <b>{check4.value}</b>
          <span class="t2">{t("done.compare")}</span>
        </p>
      )}
      {HINTS[now] && <p class="t2">{t(HINTS[now])}</p>}
      {now === "start" && (
        <ul class="panel says">
          {(["start.only", "start.where", "start.stop"] as const).map((word) => (
            <li key={word} class="row"><Icon of={check} class="cok" />{t(word)}</li>
          ))}
        </ul>
      )}
      {now === "iphone" && (
        <ol class="panel says">
          {(["iphone.1", "iphone.2", "iphone.3"] as const).map((word, at) => (
            <li key={word} class="row"><b aria-hidden="true">{at + 1}</b>{t(word)}</li>
          ))}
        </ol>
      )}
      {now === "incomplete" && <Paste />}
      <div class="foot">
        {now === "start" && <p class="t3">{t("start.next")}</p>}
        {now === "start" && <button type="button" class="pbtn fill" onClick={() => void answer()}>{t("start.button")}</button>}
        {(now === "denied" || now === "noservice" || now === "nonetwork") && <button type="button" class="pbtn fill" onClick={() => void answer()}>{t("again")}</button>}
        {now === "browser" && KAKAO && <a class="pbtn fill" href={`kakaotalk://web/openExternal?url=${encodeURIComponent(location.href)}`}>{t("browser.open")}</a>}
        {(now === "iphone" || now === "browser" || now === "noservice") && <Copy />}
        {well && <Stop />}
      </div>
    </main>
  );
}

void begin().then(() => render(<App />, document.getElementById("app")!));
addEventListener("hashchange", () => {
  invitation = read(location.hash);
  left = null;
  void begin();
});
void import("../shared/fonts.css");
