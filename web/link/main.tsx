/** The page behind a link: for an officer with video, for a guardian of a case, of a trip or of a ward without, for a scout, for a ward. No log-in, no shell: state, then picture. */
import "../shared/phone.css";
import "./link.css";
import { signal } from "@preact/signals";
import { render } from "preact";
import type { ComponentType, JSX } from "preact";
import lock from "lucide-static/icons/lock.svg?raw";
import shield from "lucide-static/icons/shield-check.svg?raw";
import smartphone from "lucide-static/icons/smartphone.svg?raw";
import unplug from "lucide-static/icons/unplug.svg?raw";
import { Problem, get, post } from "../shared/api";
import { exactNow, now, startTick } from "../shared/clock";
import { locale } from "../shared/i18n";
import { Icon } from "../shared/icons";
import { LiveSocket } from "../shared/socket";
import { clockTime, timer } from "../shared/words";
import { t } from "./words";
import type { Shown } from "./wire";

type View = { is: "opening" | "bound" | "unknown" | "nonetwork" } | { is: "ended"; kind: Shown["kind"] | null } | { is: "open"; state: Shown };

const token = location.pathname.split("/").filter(Boolean).at(-1) ?? "";
const base = `/api/links/${encodeURIComponent(token)}`;
const view = signal<View>({ is: "opening" });
/** When the server was last in touch, for the words of a broken connection. */
const cutSince = signal<number | null>(null);

interface BodyProps {
  state: Shown;
  base: string;
  show: (state: Shown) => void;
}
/** Each kind of link fetches its own part only, and is given its own kind of state. */
const BODIES: Record<Shown["kind"], () => Promise<ComponentType<BodyProps>>> = {
  officer: () => import("./officer").then((loaded) => loaded.Officer as ComponentType<BodyProps>),
  guardian: () => import("./guardian").then((loaded) => loaded.Guardian as ComponentType<BodyProps>),
  trip: () => import("./trip").then((loaded) => loaded.Trip as ComponentType<BodyProps>),
  person: () => import("./person").then((loaded) => loaded.Person as ComponentType<BodyProps>),
  escort: () => import("./escort").then((loaded) => loaded.Escort as ComponentType<BodyProps>),
  ward: () => import("./ward").then((loaded) => loaded.Ward as ComponentType<BodyProps>),
  warded: () => import("./warded").then((loaded) => loaded.Warded as ComponentType<BodyProps>),
};
const body = signal<{ is: ComponentType<BodyProps> } | null>(null);

let socket: LiveSocket<Shown & { type?: string }> | null = null;

function show(state: Shown): void {
  const over = state.closed || (state.until_at !== null && Date.parse(state.until_at) <= exactNow());
  view.value = over ? { is: "ended", kind: state.kind } : { is: "open", state };
  if (!over) {
    if (body.peek() === null) void BODIES[state.kind]().then((is) => (body.value = { is }), failed);
    return;
  }
  socket?.stop();
  document.title = t("app");
}

function failed(error: unknown): void {
  const status = error instanceof Problem ? error.status : 0;
  if (status === 409) view.value = { is: "bound" };
  else if (status === 404 || status === 403 || status === 410) view.value = { is: "unknown" };
  else if (view.value.is !== "open") view.value = { is: "nonetwork" };
}

/** Opening is what binds the link to this browser; merely fetching the page (a messenger's preview) must not. */
async function open(): Promise<void> {
  if (view.value.is !== "open") view.value = { is: "opening" };
  try {
    show(await post<Shown>(`${base}/open`));
    follow();
  } catch (error) {
    failed(error);
  }
}

async function again(): Promise<void> {
  try {
    show(await get<Shown>(base));
  } catch (error) {
    failed(error);
  }
}

function follow(): void {
  if (view.value.is !== "open" || socket) return;
  socket = new LiveSocket<Shown & { type?: string }>({
    path: "/live/link",
    first: () => ({ token }),
    receive: (state) => "kind" in state && show(state),
    final: (code) => {
      if (code === 4404 || code === 4403) void again();
      return code === 4404 || code === 4403;
    },
    deadAfterMs: 60_000,
  });
  socket.open.subscribe((up) => {
    cutSince.value = up ? null : (cutSince.peek() ?? Date.now());
  });
  socket.start();
}

function Notice({ icon, title, hint, act }: { icon: string; title: string; hint: string; act?: () => void }): JSX.Element {
  return (
    <main class="phone notice">
      <Icon of={icon} class="t3" />
      <h1>{title}</h1>
      <p class="t2">{hint}</p>
      {act && <button type="button" class="pbtn fill" onClick={act}>{t("retry")}</button>}
    </main>
  );
}

/** Said after five seconds without a connection: shorter breaks repair themselves. */
function Cut(): JSX.Element | null {
  const since = cutSince.value;
  const seconds = since === null ? 0 : (now.value - since) / 1000;
  if (since === null || seconds < 5) return null;
  return (
    <div class="cut" role="alert">
      <b>{t("cut", { time: timer(seconds) })}</b> {t("cut.hint", { at: clockTime(since) })}
    </div>
  );
}

function App(): JSX.Element {
  const shown = view.value;
  document.documentElement.lang = locale.value;
  // A page that is left open past its time ends by itself, with or without the server.
  if (shown.is === "open" && shown.state.until_at && Date.parse(shown.state.until_at) <= now.value) queueMicrotask(() => show(shown.state));
  document.documentElement.dataset["theme"] = shown.is === "open" && shown.state.kind === "officer" ? "dark" : "light";
  switch (shown.is) {
    case "opening":
      return <main class="phone notice"><p class="t2" role="status">{t("opening")}</p></main>;
    case "bound":
      return <Notice icon={smartphone} title={t("bound")} hint={t("bound.hint")} />;
    case "unknown":
      return <Notice icon={lock} title={t("unknown")} hint={t("unknown.hint")} />;
    case "nonetwork":
      return <Notice icon={unplug} title={t("nonetwork")} hint={t("nonetwork.hint")} act={() => void open()} />;
    case "ended":
      return <Notice icon={shield} title={t("ended")} hint={`${t("ended.hint")} ${shown.kind === "officer" ? t("ended.officer") : ""}`} />;
    case "open": {
      const Body = body.value?.is;
      return (
        <>
          <Cut />
          {Body ? <Body state={shown.state} base={base} show={show} /> : <main class="phone notice"><p class="t2" role="status">{t("opening")}</p></main>}
        </>
      );
    }
  }
}

function start(): void {
  startTick();
  const inside = document.getElementById("state");
  const first = JSON.parse(inside?.textContent ?? "null") as Shown | null;
  // What ends must not stay behind in the page's source.
  inside?.remove();
  if (first) {
    show(first);
    follow();
  } else {
    void open();
  }
  render(<App />, document.getElementById("app")!);
  // Letters come after the state: the system's are good enough for the first second.
  void import("../shared/fonts.css");
}

start();
