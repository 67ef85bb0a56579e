/**
 * The operator's verbs. Each is one request; what cannot reach the server waits here in order, is counted on the screen and is
 * sent when the server is back. What the server refuses is said, never swallowed.
 */
import { computed, signal } from "@preact/signals";
import { type Agency, type BorderCase, type Colleague, get, type Grant, type Incident, type IncidentDetail, post, Problem, signedIn, type TakenIncident, type Wish } from "../shared/api";
import { exactNow } from "../shared/clock";
import { isOffered } from "./ordering";
import { keepTokens } from "./pictures";
import { remember } from "./session";
import * as store from "./store";
import type { Turn } from "./turning";

export type Prompt =
  | { kind: "dispatch"; agency: Agency }
  | { kind: "phone"; dispatch: string; agency: Agency }
  | { kind: "extend"; grant: string }
  | { kind: "revoke"; grant: string }
  | { kind: "chat" }
  | { kind: "channel" }
  | { kind: "clip"; camera: string; name: string }
  | Turn
  | { kind: "pass"; colleagues: Colleague[] | null }
  | { kind: "close"; code: number | null };

export const prompt = signal<Prompt | null>(null);
export type Sheet = "keys" | "search" | "cameras" | "trips" | "escorts" | "wards" | "bells";
export const sheet = signal<Sheet | null>(null);
export const enlarged = signal(false);
/** The wall screen stands where map and case are; to choose a case leaves it. */
export const screen = signal<"desk" | "walls">("desk");
export const camerasShown = signal(true);
/** Asked of the map: the number grows with every request to centre. */
export const centring = signal(0);
export const zooming = signal(0);

interface Unsent {
  incident: string;
  run: () => Promise<unknown>;
  /** True when the server turns out to have it already: the answer was lost, not the request. */
  done?: () => boolean;
}
const unsent = signal<Unsent[]>([]);
export const unsentCount = computed(() => unsent.value.length);
/** Requests under way, by what they do; the button says so. */
export const busy = signal<ReadonlySet<string>>(new Set());
/** Since when the server says that it cannot store; null while it can. */
export const storageDown = signal<string | null>(null);

const path = (incident: string, verb: string): string => `/api/incidents/${encodeURIComponent(incident)}/${verb}`;
const clock = (): number => performance.now();

function mark(name: string, on: boolean): void {
  const next = new Set(busy.peek());
  if (on) next.add(name);
  else next.delete(name);
  busy.value = next;
}

async function take(run: () => Promise<unknown>): Promise<void> {
  const asked_ms = clock();
  const answer = await run();
  if (!answer || typeof answer !== "object" || !("number" in answer && "state" in answer)) return;
  if ("tokens" in answer) {
    const taken = answer as TakenIncident;
    const right = store.ownRight(taken);
    if (right) keepTokens(right.id, taken.tokens);
  }
  store.answer(answer as store.Case, asked_ms, clock());
}

const unreachable = (error: unknown): boolean => error instanceof Problem && (error.status === 0 || error.status >= 502);

async function send(name: string, incident: string, run: () => Promise<unknown>, done?: () => boolean): Promise<boolean> {
  if (busy.peek().has(name)) return false;
  mark(name, true);
  try {
    await take(run);
    storageDown.value = null;
    return true;
  } catch (error) {
    if (unreachable(error)) {
      if (error instanceof Problem && error.status === 503) storageDown.value ??= new Date(exactNow()).toISOString();
      unsent.value = [...unsent.peek(), { incident, run, ...(done ? { done } : {}) }];
      store.say("line.sent.later", {}, clock(), "warn");
    } else {
      refused(error, incident);
    }
    return false;
  } finally {
    mark(name, false);
  }
}

/** Somebody else was quicker: says who, from the incident as it is now. */
async function lost(incident: string): Promise<void> {
  const now = await get<Incident>(`/api/incidents/${encodeURIComponent(incident)}`).catch(() => null);
  if (now) store.put(now, clock());
  const owner = now?.owner ?? store.incidents.peek().get(incident)?.owner;
  store.say("claim.lost", { name: owner?.name ?? "?" }, clock());
}

function refused(error: unknown, incident: string): void {
  if (error instanceof Problem && error.type.endsWith("incident.claimed")) {
    void lost(incident);
    return;
  }
  if (error instanceof Problem && error.type.endsWith("incident.not-offered")) {
    store.say("offer.gone", {}, clock());
    return;
  }
  // The session is over: the read sends to the sign-in page and back.
  if (error instanceof Problem && error.status === 401) void signedIn().catch(() => undefined);
  store.say("line.refused", { why: error instanceof Problem ? error.detail || error.title : String(error) }, clock(), "warn");
}

let flushing = false;
/** Sends what waits, in order; stops at the first that cannot reach the server. */
export async function flush(): Promise<void> {
  if (flushing) return;
  flushing = true;
  try {
    for (;;) {
      const next = unsent.peek()[0];
      if (!next) break;
      if (!next.done?.()) {
        try {
          await take(next.run);
          storageDown.value = null;
        } catch (error) {
          if (unreachable(error)) break;
          refused(error, next.incident);
        }
      }
      unsent.value = unsent.peek().slice(1);
    }
  } finally {
    flushing = false;
  }
}

export function select(id: string | null): void {
  if (id !== null) screen.value = "desk";
  if (store.selectedId.peek() === id) return;
  store.selectedId.value = id;
  store.camera.value = id === null ? 1 : (chosenCameras.get(id) ?? 1);
  store.guest.value = null;
  prompt.value = null;
  enlarged.value = false;
  remember("selected", id);
}

const chosenCameras = new Map<string, number>();

export async function claim(id: string, go: boolean): Promise<void> {
  if (!store.mayWork.peek()) return store.say("line.looks.on", {}, clock());
  const fold = store.queue.peek().unclaimed.find(({ lead }) => lead.id === id);
  const all = [id, ...(fold?.rest.map((incident) => incident.id) ?? [])];
  if (go) select(id);
  for (const each of all) {
    const now = store.incidents.peek().get(each);
    const verb = now && isOffered(now) ? "take-over" : "claim";
    await send(`claim.${each}`, each, () => post(path(each, verb)), () => store.incidents.peek().get(each)?.mine ?? false);
  }
}

export const confirm = (id: string): Promise<boolean> => send(`confirm.${id}`, id, () => post(path(id, "confirm")), () => (store.incidents.peek().get(id)?.confirmed_at ?? null) !== null);

export async function release(id: string): Promise<void> {
  if (await send(`release.${id}`, id, () => post(path(id, "release")))) store.say("line.released", {}, clock());
}

/** Asks who could take this case; the panel shows them as they come. */
export async function askWhom(): Promise<void> {
  prompt.value = { kind: "pass", colleagues: null };
  const mine = store.watched.peek();
  const answer = await get<{ colleagues: Colleague[] }>(mine ? `/api/colleagues?incident=${mine.id}` : "/api/colleagues").catch((error: unknown) => {
    refused(error, "");
    return null;
  });
  if (prompt.peek()?.kind === "pass") prompt.value = answer ? { kind: "pass", colleagues: answer.colleagues } : null;
}

export async function offer(id: string, to: Colleague): Promise<void> {
  prompt.value = null;
  const done = (): boolean => store.incidents.peek().get(id)?.offer?.to.id === to.id;
  const asked = to.role === "centre" ? "handover" : "offer";
  if (await send(`offer.${id}`, id, () => post(path(id, asked), { to: to.id }), done)) store.say("offer.sent", { name: to.name }, clock());
}

/** Takes the offer back, or declines it. */
export function endOffer(id: string): Promise<boolean> {
  const one = store.incidents.peek().get(id);
  const verb = one?.coming ? "handover/reject" : one?.offer?.centre ? "handover/end" : "offer/end";
  return send(`offer.${id}`, id, () => post(path(id, verb)), () => (store.incidents.peek().get(id)?.offer ?? null) === null);
}

/** Tells a neighbour what this centre would do for its case at our border. */
export async function wish(one: BorderCase, wish: Wish): Promise<void> {
  const done = (): boolean => store.borders.peek().find(({ id }) => id === one.id)?.wish === wish;
  if (await send(`wish.${one.id}`, one.id, () => post(`/api/borders/${encodeURIComponent(one.id)}/wish`, { wish }), done)) store.say("wish.sent", { name: one.centre.name }, clock());
}

/** Lends the cameras that see her to whoever has the case, or takes them back. */
export async function lend(one: BorderCase, lends: boolean): Promise<void> {
  const done = (): boolean => store.borders.peek().find(({ id }) => id === one.id)?.lends === lends;
  if (await send(`lend.${one.id}`, one.id, () => post(`/api/borders/${encodeURIComponent(one.id)}/lend`, { lends }), done)) store.say(lends ? "lend.done" : "lend.back", { name: one.centre.name }, clock());
}

/** Ticked at once here, so that the next Space means the next step and not this one again. */
export async function tickStep(id: string, step: string, done: boolean): Promise<void> {
  const before = store.incidents.peek().get(id);
  if (!store.isDetail(before)) return;
  const at = new Date(exactNow()).toISOString();
  store.put({ ...before, procedure: before.procedure.map((each) => (each.step === step ? { ...each, done_at: done ? at : null } : each)) }, clock());
  const refused = (): void => {
    const now = store.incidents.peek().get(id);
    if (store.isDetail(now)) store.put({ ...now, procedure: before.procedure }, clock());
  };
  const waiting = unsent.peek().length;
  if (!(await send(`step.${step}.${done}`, id, () => post(path(id, "procedure"), { step, done }))) && unsent.peek().length === waiting) refused();
}

export function request(id: string, agency: Agency): Promise<boolean> {
  const asked_ms = exactNow();
  const arrived = (): boolean => {
    const incident = store.incidents.peek().get(id);
    return store.isDetail(incident) && incident.dispatches.some((d) => d.agency === agency && Date.parse(d.requested_at) >= asked_ms - 5_000);
  };
  return send(`dispatch.${agency}`, id, () => post(path(id, "dispatches"), { agency }), arrived);
}

export const phoned = (id: string, dispatch: string, number: string): Promise<boolean> => send(`phone.${dispatch}`, id, () => post(path(id, `dispatches/${encodeURIComponent(dispatch)}/phone`), { number, note: "" }));

/** A link for herself, by SMS; the one before it stops working. */
export async function invite(id: string, number: string): Promise<void> {
  if (await send(`channel.${number}`, id, () => post(path(id, "channel"), { number }))) store.say("line.channel", {}, clock());
}

/** How much of a camera one key keeps: up to now. */
export const CLIP_S = 30;

export async function saveClip(id: string, camera: string, reason: string): Promise<void> {
  const until = exactNow();
  const asked = { camera, from: new Date(until - CLIP_S * 1000).toISOString(), until: new Date(until).toISOString(), reason };
  if (await send(`clip.${camera}`, id, () => post(path(id, "clips"), asked))) store.say("line.clip", {}, clock());
}

/** The longest clip that the server cuts; what is longer is kept in several. */
const LONGEST_MS = 600_000;

/** All of a time in which somebody may be in a camera's picture; false when some of it could not be kept. */
export async function saveStretch(id: string, camera: string, from: string, until: string, reason: string): Promise<boolean> {
  const end = Math.min(Date.parse(until), exactNow());
  for (let at = Date.parse(from); at < end; at += LONGEST_MS) {
    const asked = { camera, from: new Date(at).toISOString(), until: new Date(Math.min(at + LONGEST_MS, end)).toISOString(), reason };
    if (!(await send(`clip.${camera}`, id, () => post(path(id, "clips"), asked)))) return false;
  }
  return true;
}

export async function note(id: string, text: string): Promise<void> {
  if (await send(`note.${id}`, id, () => post(path(id, "notes"), { text }))) store.say("line.noted", {}, clock());
}

export const chat = (id: string, text: string): Promise<boolean> => send(`chat.${id}.${text}`, id, () => post(path(id, "messages"), { text }));

export async function extend(grant: Grant, reason: string): Promise<void> {
  if (await send(`extend.${grant.id}`, grant.incident, () => post(`/api/grants/${encodeURIComponent(grant.id)}/extend`, { reason }))) store.say("line.extended", {}, clock());
}

export async function revoke(grant: Grant, reason: string): Promise<void> {
  if (await send(`revoke.${grant.id}`, grant.incident, () => post(`/api/grants/${encodeURIComponent(grant.id)}/revoke`, { reason }))) store.say("line.revoked", {}, clock());
}

/** A fresh link for the unit of a dispatch; the one before it stops working. */
export async function link(id: string, dispatch: string): Promise<void> {
  const made: { url?: string } = {};
  const sent = await send(`link.${dispatch}`, id, async () => {
    made.url = (await post<{ url: string }>(path(id, "links"), { dispatch })).url;
    return null;
  });
  if (!sent || !made.url) return;
  const url = new URL(made.url, location.origin).href;
  const copied = await navigator.clipboard?.writeText(url).then(() => true, () => false);
  store.say(copied ? "line.link.copied" : "line.linked", {}, clock());
}

export async function close(incident: IncidentDetail, code: number, text: string): Promise<void> {
  const done = (): boolean => store.incidents.peek().get(incident.id)?.closed_at != null;
  if (await send(`close.${incident.id}`, incident.id, () => post(path(incident.id, "close"), { code, ...(text ? { note: text } : {}) }), done)) {
    store.say("line.closed", { number: incident.number }, clock());
  }
}

export function chooseCamera(n: number): void {
  const incident = store.watched.peek();
  if (!incident) return;
  store.camera.value = n;
  chosenCameras.set(incident.id, n);
}
