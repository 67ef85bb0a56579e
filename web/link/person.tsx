/** Behind the link that was sent to herself: one sentence, one button; then what is sent, and a few words. Dark, and silent. */
import "./person.css";
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { signal } from "@preact/signals";
import mapPin from "lucide-static/icons/map-pin.svg?raw";
import notebook from "lucide-static/icons/notebook-pen.svg?raw";
import phone from "lucide-static/icons/phone.svg?raw";
import send from "lucide-static/icons/send.svg?raw";
import { Follower } from "../citizen/following";
import { Problem, post } from "../shared/api";
import { type Conversation, type Message, Saying } from "../shared/conversation";
import { Icon } from "../shared/icons";
import { Memo, memoTitle } from "../shared/memo";
import { clockTime, distance } from "../shared/words";
import { p } from "./person-words";
import type { LinkState } from "./wire";

interface PersonProps {
  state: LinkState;
  base: string;
}
type Place = "off" | "wait" | "on" | "denied";

const AGREED = "ansim.agreed";
const STOCK = ["p.yes", "p.no", "p.quiet", "p.come"] as const;
const token = location.pathname.split("/").filter(Boolean).at(-1) ?? "";

const agreed = signal(sessionStorage.getItem(AGREED) === token);
const place = signal<Place>("off");
const accuracy_m = signal<number | null>(null);
const hidden = signal(false);
const messages = signal<readonly Message[]>([]);
const shooting = signal<typeof import("./shooting") | null>(null);
const saying = new Saying((text) => tell(`/api/links/${encodeURIComponent(token)}/messages`, { text }));
const talk: Conversation = { messages: () => messages.value, said: saying.said, say: (text) => saying.say(text) };
let follower: Follower | null = null;

async function tell(path: string, body: object): Promise<boolean> {
  return post(path, body).then(() => true, (error: unknown) => error instanceof Problem && error.status === 410);
}

function locate(base: string): void {
  if (!("geolocation" in navigator)) {
    place.value = "denied";
    return;
  }
  place.value = "wait";
  follower?.stop();
  follower = new Follower({
    url: new URL(`${base}/positions`, location.origin),
    around: (positions) => ({ positions }),
    seen: (fix) => {
      place.value = "on";
      accuracy_m.value = fix.accuracy_m;
    },
  });
  follower.start();
  navigator.geolocation.getCurrentPosition(() => undefined, (error) => error.code === error.PERMISSION_DENIED && (place.value = "denied"));
}

const camera = async (): Promise<typeof import("./shooting")> => (shooting.value = await import("./shooting"));

/** Both questions of the browser follow this one press. */
function agree(base: string): void {
  agreed.value = true;
  sessionStorage.setItem(AGREED, token);
  void post(`${base}/agree`).catch(() => undefined);
  void camera().then(({ film }) => film.start());
  locate(base);
}

/** It is over: nothing is sent any more, and nothing stays. */
function ended(): void {
  follower?.stop();
  shooting.value?.film.stop("refused");
  sessionStorage.removeItem(AGREED);
  messages.value = [];
  saying.said.value = [];
}

function Asking({ state, base }: PersonProps): JSX.Element {
  const centre = state.centre ?? p("p.centre");
  return (
    <main class="phone person asking">
      <h1>{p("p.ask", { centre })}</h1>
      <p class="t2">{p("p.consent", { centre })}</p>
      <button type="button" class="pbtn fill send" onClick={() => agree(base)}>{p("p.send")}</button>
    </main>
  );
}

function Talk(): JSX.Element {
  const [line, setLine] = useState("");
  const say = (text: string): void => {
    if (text.trim() !== "") void saying.say(text.trim());
  };
  return (
    <section class="ph words">
      <ol aria-live="polite">
        {messages.value.map((one, at) => (
          <li key={at} class={one.from}>
            <span class="sr">{p(one.from === "person" ? "p.me" : "p.centre")}</span>
            <span>{one.text}</span>
            <time class="t3">{clockTime(one.at, false)}</time>
          </li>
        ))}
        {saying.said.value.map((one) => (
          <li key={one.at} class="person">
            <span>{one.text}</span>
            {one.state === "failed" ? (
              <button type="button" class="word c2" onClick={() => { saying.said.value = saying.said.value.filter((other) => other !== one); say(one.text); }}>{p("p.failed")}</button>
            ) : (
              <span class="t3">{p("p.waiting")}</span>
            )}
          </li>
        ))}
      </ol>
      <div class="quickly" role="group" aria-label={p("p.stock")}>
        {STOCK.map((word) => (
          <button key={word} type="button" onClick={() => say(p(word))}>{p(word)}</button>
        ))}
      </div>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          say(line);
          setLine("");
        }}
      >
        <input class="field grow" aria-label={p("p.say")} placeholder={p("p.say")} value={line} maxLength={300} enterkeyhint="send" autocomplete="off" onInput={(event) => setLine(event.currentTarget.value)} />
        <button type="submit" class="go" aria-label={p("p.say.send")} disabled={line.trim() === ""}><Icon of={send} /></button>
      </form>
    </section>
  );
}

function Where({ base }: { base: string }): JSX.Element {
  return (
    <p class="ph row place">
      <Icon of={mapPin} class="t3" />
      <span class={place.value === "denied" ? "c2" : "t2"}>
        {p("p.place")} · {place.value === "on" ? p("p.place.on", { m: distance(accuracy_m.value ?? 0) }) : p(place.value === "denied" ? "p.place.denied" : "p.place.wait")}
      </span>
      {place.value === "denied" && <button type="button" class="word end" onClick={() => locate(base)}>{p("p.place.again")}</button>}
    </p>
  );
}

export function Person({ state, base }: PersonProps): JSX.Element {
  useEffect(() => {
    messages.value = state.messages ?? [];
    saying.heard(messages.value);
  }, [state]);
  useEffect(() => {
    // The tab says nothing of what it is; after a reload her place goes on being sent, the camera waits for her hand.
    document.title = memoTitle();
    const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]");
    if (icon) icon.href = "data:,";
    if (agreed.value) locate(base);
    void camera();
    addEventListener("pagehide", () => shooting.value?.film.leave(), { once: true });
    return ended;
  }, []);
  // After every drawing: what draws this page knows of officers only. A memo is as white as paper.
  useLayoutEffect(() => {
    document.documentElement.dataset["theme"] = hidden.value ? "light" : "dark";
  });
  const Camera = shooting.value?.Shooting;
  if (hidden.value) return <Memo of={talk} leave={() => (hidden.value = false)} />;
  if (!agreed.value) return <Asking state={state} base={base} />;
  return (
    <main class="phone person">
      <button type="button" class="hide row" onClick={() => (hidden.value = true)}>
        <Icon of={notebook} />
        {p("p.hide")}
      </button>
      <header class="ph">
        <h1>{p("p.sending", { centre: state.centre ?? p("p.centre") })}</h1>
      </header>
      <Where base={base} />
      {Camera && <Camera />}
      <Talk />
      <div class="ph foot">
        <a class="pbtn" href="tel:112"><Icon of={phone} />{p("p.112")}</a>
      </div>
    </main>
  );
}
