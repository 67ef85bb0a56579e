/**
 * A wall of blurred pictures outside incidents: which walls there are, the operator's own right to look at one, and what comes over its socket. Whatever closes
 * the connection, every picture goes at once. No DOM here.
 */
import { computed, signal } from "@preact/signals";
import { ask, type Camera, get, post, Problem } from "../shared/api";
import { now } from "../shared/clock";
import { mediaOrigin } from "../shared/player";
import { recall, remember } from "./session";

export interface Wall {
  id: string;
  name: string;
  columns: number;
  cameras: string[];
}
interface Right {
  id: string;
  wall: string;
  cameras: string[];
  from_at: string;
  until_at: string;
}
/** What the node says of a camera; `why` in its words when it gives nothing. */
interface Told {
  state: string;
  frozen_s: number | null;
  why: string;
}
interface Picture {
  url: string;
  /** When the picture was taken, this machine's milliseconds. */
  at: number;
}
export type GlimpseState = "opening" | "fresh" | "stale" | "frozen" | "lost";
export interface Glimpse {
  state: GlimpseState;
  url: string | null;
  /** Since the picture was taken; null before the first. */
  age_s: number | null;
  frozen_s: number | null;
  why: string;
}

const GRANT_ENDED = 4403;
const RENEW_MS = 30_000;
const SILENT_MS = 6_000;
const RETRY_MS = 2_000;
const STALE_S = 10;
const LOST_S = 30;
/** Before each picture: the camera's place on the wall, and the picture's age in milliseconds. */
const HEAD = 6;

export const walls = signal<readonly Wall[] | null>(null);
export const chosenId = signal<string | null>(recall<string>("wall"));
export const chosen = computed<Wall | null>(() => walls.value?.find((one) => one.id === chosenId.value) ?? walls.value?.[0] ?? null);
export const right = signal<Right | null>(null);
/** Why the last look ended, or could not begin; null while nothing has. */
export const ended = signal<string | null>(null);
export const focused = signal<string | null>(null);
/** The wall as it is being changed; `id` null: a new one. */
export interface Draft {
  id: string | null;
  name: string;
  columns: number;
  cameras: string[];
}
export const draft = signal<Draft | null>(null);

const pictures = signal<ReadonlyMap<string, Picture>>(new Map());
const told = signal<ReadonlyMap<string, Told>>(new Map());
let beganAt = 0;
let taken = 0;
let heardAt = 0;
let renewedAt = 0;
let socket: WebSocket | null = null;
let retry: ReturnType<typeof setTimeout> | undefined;
let watch: ReturnType<typeof setInterval> | undefined;

/** How a camera's picture is now; a picture ages also while the socket is silent. */
export const states = computed<ReadonlyMap<string, Glimpse>>(() => {
  void now.value;
  const clock = Date.now();
  return new Map(
    (right.value?.cameras ?? []).map((id) => {
      const picture = pictures.value.get(id);
      const word = told.value.get(id);
      const age_s = picture ? Math.max(0, (clock - picture.at) / 1000) : null;
      const waited_s = age_s ?? (clock - beganAt) / 1000;
      const lost = waited_s > LOST_S || (word?.state === "lost" && waited_s > STALE_S);
      const refused = !picture && word !== undefined && word.why !== "";
      const state: GlimpseState = lost || refused ? "lost" : age_s === null ? "opening" : age_s > STALE_S ? "stale" : word?.frozen_s ? "frozen" : "fresh";
      return [id, { state, url: state === "lost" ? null : (picture?.url ?? null), age_s, frozen_s: word?.frozen_s ?? null, why: word?.why ?? "" }];
    }),
  );
});

export async function read(): Promise<void> {
  const answer = await get<{ walls: Wall[] }>("/api/walls").catch(() => null);
  if (answer) walls.value = answer.walls;
}

export function choose(wall: Wall): void {
  if (right.peek() && right.peek()!.wall !== wall.id) stop();
  chosenId.value = wall.id;
  focused.value = null;
  ended.value = null;
  remember("wall", wall.id);
}

/** The operator presses: a right of her own to the chosen wall, which is in the ledger, and its pictures. */
export async function look(): Promise<void> {
  const wall = chosen.peek();
  if (!wall || draft.peek()) return;
  blank();
  ended.value = null;
  try {
    const given = await post<Right>(`/api/walls/${encodeURIComponent(wall.id)}/rights`);
    if (chosen.peek()?.id !== wall.id) {
      give(given);
      return;
    }
    right.value = given;
    beganAt = Date.now();
    connect(given);
  } catch (error) {
    ended.value = error instanceof Problem ? error.title : String(error);
  }
}

/** She looks no more: the pictures go, and the right is given back. */
export function stop(): void {
  const held = right.peek();
  blank();
  right.value = null;
  if (held) give(held);
}

const give = (held: Right): void => void post(`/api/routine-rights/${encodeURIComponent(held.id)}/end`).catch(() => undefined);

function blank(): void {
  clearTimeout(retry);
  clearInterval(watch);
  if (socket) {
    socket.onmessage = socket.onclose = socket.onopen = null;
    socket.close();
    socket = null;
  }
  for (const { url } of pictures.peek().values()) URL.revokeObjectURL(url);
  pictures.value = new Map();
  told.value = new Map();
}

const token = async (held: Right): Promise<string> => (await post<{ token: string }>(`/api/routine-rights/${encodeURIComponent(held.id)}/tokens`)).token;
const say = (one: WebSocket, word: object): void => {
  if (one === socket && one.readyState === WebSocket.OPEN) one.send(JSON.stringify(word));
};

function connect(held: Right): void {
  const one = new WebSocket(`${mediaOrigin().replace(/^http/, "ws")}/pictures/${encodeURIComponent(held.wall)}`);
  one.binaryType = "arraybuffer";
  socket = one;
  taken = 0;
  heardAt = renewedAt = performance.now();
  // before anything else: a message that finds no listener is lost
  one.onmessage = (event: MessageEvent<string | ArrayBuffer>) => heard(one, held, event.data);
  one.onclose = (event) => closed(held, event.code, event.reason);
  one.onopen = () => void token(held).then((fresh) => say(one, { token: fresh }), (error: unknown) => refused(one, held, error));
  watch = setInterval(() => {
    if (performance.now() - heardAt > SILENT_MS) closed(held, 0, "silent");
  }, 1_000);
}

function heard(one: WebSocket, held: Right, message: string | ArrayBuffer): void {
  heardAt = performance.now();
  if (typeof message !== "string") {
    const head = new DataView(message);
    const id = held.cameras[head.getUint16(0)];
    taken += message.byteLength;
    say(one, { type: "ack", bytes: taken });
    if (!id) return;
    const before = pictures.peek().get(id);
    const url = URL.createObjectURL(new Blob([message.slice(HEAD)], { type: "image/jpeg" }));
    pictures.value = new Map(pictures.peek()).set(id, { url, at: Date.now() - head.getUint32(2) });
    if (before) URL.revokeObjectURL(before.url);
    return;
  }
  const word = JSON.parse(message) as { type: string; cameras?: Told[] };
  if (word.type !== "health") return;
  told.value = new Map(held.cameras.map((id, place) => [id, word.cameras?.[place] ?? { state: "lost", frozen_s: null, why: "" }]));
  if (performance.now() - renewedAt < RENEW_MS) return;
  renewedAt = performance.now();
  token(held).then((fresh) => say(one, { token: fresh }), (error: unknown) => refused(one, held, error));
}

/** No token: for good when the centre says so, and tried again when it says nothing. */
function refused(one: WebSocket, held: Right, error: unknown): void {
  if (one !== socket) return;
  if (error instanceof Problem && error.status >= 400 && error.status < 500) over(typeof error.body["why"] === "string" ? error.body["why"] : "expired");
  else closed(held, 0, "no token");
}

function closed(held: Right, code: number, reason: string): void {
  blank();
  if (code === GRANT_ENDED && reason !== "expired") over(reason);
  else if (right.peek() === held) retry = setTimeout(() => connect(held), RETRY_MS);
}

function over(reason: string): void {
  blank();
  right.value = null;
  ended.value = reason;
}

/** Saves the draft. Throws Problem, with the member that does not fit in `body.field`. */
export async function save(form: Draft): Promise<void> {
  const body = { name: form.name, columns: form.columns, cameras: form.cameras };
  const saved = form.id === null ? await post<Wall>("/api/walls", body) : await ask<Wall>("PUT", `/api/walls/${encodeURIComponent(form.id)}`, body);
  await read();
  choose(saved);
  draft.value = null;
}

export async function remove(id: string): Promise<void> {
  if (right.peek()?.wall === id) stop();
  await ask<null>("DELETE", `/api/walls/${encodeURIComponent(id)}`);
  await read();
  chosenId.value = null;
  draft.value = null;
}

/** The camera beside the focused one, `by` places on. */
export function step(by: number): void {
  const cameras = chosen.peek()?.cameras ?? [];
  const at = cameras.indexOf(focused.peek() ?? cameras[0] ?? "");
  const next = cameras[Math.min(cameras.length - 1, Math.max(0, at + by))];
  if (next) focused.value = next;
}

/** Cameras whose name holds what was typed and that are not on the wall yet. */
export function matching(all: readonly Camera[], text: string, on: readonly string[]): Camera[] {
  const wanted = text.trim().toLowerCase();
  return all.filter((camera) => !on.includes(camera.id) && (camera.name.toLowerCase().includes(wanted) || camera.id.toLowerCase().includes(wanted))).slice(0, 8);
}
