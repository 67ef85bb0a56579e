/**
 * Turning the chosen camera: to one of its presets, or beyond them for a reason, which the server wants before anything moves. A move that does not reach the server is
 * never sent later: by then she is somewhere else.
 */
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { get, post, Problem, type RankedCamera } from "../shared/api";
import { exactNow } from "../shared/clock";
import { Kbd } from "../shared/components";
import * as act from "./actions";
import * as store from "./store";
import { named, t } from "./words";

interface Direction {
  pan: number;
  tilt: number;
  zoom: number;
}
/** What the server knows of the camera: the first preset is where it belongs. */
interface Turning {
  presets: { id: string; name: string }[];
  direction: Direction | null;
  moving: boolean;
}
/** What is being asked: `wish` is where it should look once the reason is there. */
export interface Turn {
  kind: "turn";
  grant: string;
  camera: string;
  name: string;
  known: Turning | null;
  trouble: "turn.fixed" | "turn.unanswered" | null;
  wish: Direction | null;
  reason: string;
}

/** As many presets as there are digits for them. */
export const PRESETS = 6;
const STEP = 0.1;

/** Cameras that look beyond their presets, until when they do (ms). */
export const beyond = signal<ReadonlyMap<string, number>>(new Map());

function mark(camera: string, until: number | null): void {
  const next = new Map(beyond.peek());
  if (until === null) next.delete(camera);
  else next.set(camera, until);
  beyond.value = next;
}

/** The question as it stands, if it still is about this camera. */
function asked(camera: string): Turn | null {
  const question = act.prompt.peek();
  return question?.kind === "turn" && question.camera === camera ? question : null;
}

const path = (grant: string, camera: string, verb: string): string => `/api/grants/${encodeURIComponent(grant)}/cameras/${encodeURIComponent(camera)}/${verb}`;

/** Asks what the camera can be turned to; the panel shows it as it comes. */
export async function open(grant: string, camera: string, name: string): Promise<void> {
  act.prompt.value = { kind: "turn", grant, camera, name, known: null, trouble: null, wish: null, reason: "" };
  try {
    const known = await get<Turning>(path(grant, camera, "turning"));
    const question = asked(camera);
    if (question) act.prompt.value = { ...question, known };
  } catch (error) {
    const question = asked(camera);
    if (question) act.prompt.value = { ...question, trouble: error instanceof Problem && error.type.endsWith("camera.fixed") ? "turn.fixed" : "turn.unanswered" };
  }
}

async function send(question: Turn, body: object): Promise<boolean> {
  try {
    const { returns_s } = await post<{ returns_s: number | null }>(path(question.grant, question.camera, "turn"), body);
    mark(question.camera, returns_s === null ? null : exactNow() + returns_s * 1000);
    return true;
  } catch (error) {
    store.say("turn.refused", { why: error instanceof Problem ? error.detail || error.title : String(error) }, performance.now(), "warn");
    return false;
  }
}

/** The n-th preset; the question is answered with it. */
export async function preset(question: Turn, n: number): Promise<void> {
  const to = question.known?.presets.slice(0, PRESETS)[n - 1];
  if (!to) return;
  act.prompt.value = null;
  if (await send(question, { preset: to.id })) store.say("turn.preset", { camera: question.name, name: to.name }, performance.now());
}

/** A: to her, and with her; the same again leaves it as it looks now. */
export async function aim(grant: string, camera: RankedCamera, mode: "find" | "identify"): Promise<void> {
  const follow = !(camera.turned?.follows && camera.turned.mode === mode);
  try {
    await post(path(grant, camera.id, "aim"), follow ? { follow, mode } : { follow });
    store.say(follow ? "aim.sent" : "aim.left", { camera: camera.name }, performance.now());
  } catch (error) {
    store.say("turn.refused", { why: named("aim.why", error instanceof Problem ? error.type : "unreachable") }, performance.now(), "warn");
  }
}

/** Its place is held: what follows her stops where it is, and nothing turns it by itself. */
export async function stay(grant: string, camera: RankedCamera): Promise<void> {
  if (camera.calibrated && camera.turned?.state !== "hand") await post(path(grant, camera.id, "aim"), { follow: false }).catch(() => undefined);
}

const within = (low: number, value: number, high: number): number => Math.round(Math.min(high, Math.max(low, value)) * 100) / 100;

/** A step beyond the presets. True when a reason has to be given first. */
export function nudge(question: Turn, pan: number, tilt: number, zoom: number): boolean {
  const from = question.wish ?? question.known?.direction;
  if (!from) return false;
  const wish = { pan: within(-1, from.pan + pan * STEP, 1), tilt: within(-1, from.tilt + tilt * STEP, 1), zoom: within(0, from.zoom + zoom * STEP, 1) };
  act.prompt.value = { ...question, wish };
  if (!question.reason) return true;
  void send(question, { direction: wish, reason: question.reason });
  return false;
}

/** The reason is there: the wish goes out, and further steps need no other. */
export async function because(question: Turn, reason: string): Promise<void> {
  act.prompt.value = { ...question, reason };
  if (question.wish) await send(question, { direction: question.wish, reason });
}

/** Sign, steps in pan, tilt and zoom, and the word of each. */
export const STEPS = [
  ["←", -1, 0, 0, "turn.left"],
  ["↑", 0, 1, 0, "turn.up"],
  ["↓", 0, -1, 0, "turn.down"],
  ["→", 1, 0, 0, "turn.right"],
  ["+", 0, 0, 1, "turn.closer"],
  ["−", 0, 0, -1, "turn.wider"],
] as const;
/** Keys of one step: pan, tilt, zoom. */
export const KEYS: Record<string, [number, number, number]> = {
  ArrowLeft: [-1, 0, 0],
  ArrowRight: [1, 0, 0],
  ArrowUp: [0, 1, 0],
  ArrowDown: [0, -1, 0],
  Equal: [0, 0, 1],
  NumpadAdd: [0, 0, 1],
  Minus: [0, 0, -1],
  NumpadSubtract: [0, 0, -1],
};

/** Presets by digit, steps by arrow; `ask` is the field for the reason. */
export function Turning({ question, step, ask }: { question: Turn; step: (pan: number, tilt: number, zoom: number) => void; ask: JSX.Element }): JSX.Element {
  const { known, trouble, wish, reason } = question;
  return (
    <div class="sec closing" data-part="turning">
      <h3>
        {t("turn.title", { name: question.name })}
        <Kbd>Esc</Kbd>
      </h3>
      {trouble && <p class="t2">{t(trouble)}</p>}
      {!known && !trouble && <p class="t2">{t("turn.asking")}</p>}
      {known && (
        <>
          <ul class="people">
            {known.presets.slice(0, PRESETS).map((one, i) => (
              <li key={one.id}>
                <button type="button" class="btn" onClick={() => void preset(question, i + 1)}>
                  <Kbd>{String(i + 1)}</Kbd>
                  <b class="ell">{one.name}</b>
                  {i === 0 && <span class="meta nowrap end">{t("turn.home")}</span>}
                </button>
              </li>
            ))}
          </ul>
          {known.direction && (
            <div class="steps" role="group" aria-label={t("turn.beyond")}>
              {STEPS.map(([sign, pan, tilt, zoom, word]) => (
                <button key={sign} type="button" class="btn" aria-label={t(word)} onClick={() => step(pan, tilt, zoom)}>
                  {sign}
                </button>
              ))}
            </div>
          )}
          {wish && !reason && ask}
          <p class="t2 meta">{reason ? t("turn.because", { reason }) : t("turn.rule")}</p>
        </>
      )}
    </div>
  );
}
