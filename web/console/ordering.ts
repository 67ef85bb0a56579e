/** What the queue shows and in which order. Pure, so that it can be checked without a screen. */
import { type Incident, me } from "../shared/api";
import { distanceBetween } from "./geo";

/** Ten unclaimed in ten minutes: the rate at which EEMUA 191 calls it a flood. */
export const FLOOD_COUNT = 10;
export const FLOOD_WINDOW_S = 600;
/** A closed case leaves the list after this; the search still finds it. */
const CLOSED_SHOWN_S = 10;
const FOLD_M = 100;
const FOLD_S = 120;

export interface Fold {
  /** The oldest of the fold, which stands for it. */
  lead: Incident;
  rest: Incident[];
}
export interface Queue {
  unclaimed: Fold[];
  mine: Incident[];
  others: Incident[];
  flags: Incident[];
  flood: boolean;
}

/** A colleague wants to give me this case. */
export const isOffered = (i: Incident): boolean => i.offer !== null && i.offer.to.id === me.value?.account;
/** Nobody has it, or whoever has it asks me to take it. */
export const isWaiting = (i: Incident): boolean => i.priority < 3 && (i.state === "received" || isOffered(i));
/** Since when it has been waiting for me. */
export const waitingSince = (i: Incident): string => (isOffered(i) ? i.offer!.at : i.received_at);

const byUrgency = (a: Incident, b: Incident): number =>
  a.priority - b.priority || Date.parse(a.received_at) - Date.parse(b.received_at) || (a.id < b.id ? -1 : 1);

export function arrange(incidents: Iterable<Incident>, now_ms: number): Queue {
  const all = [...incidents];
  const waiting = all.filter(isWaiting).sort(byUrgency);
  const recent = waiting.filter((i) => now_ms - Date.parse(i.received_at) <= FLOOD_WINDOW_S * 1000);
  const flood = recent.length >= FLOOD_COUNT;
  const taken = all.filter((i) => i.priority < 3 && !isOffered(i) && (i.state === "claimed" || i.state === "confirmed" || i.state === "resolved" || i.state === "false_alarm") && i.closed_at === null);
  return {
    unclaimed: flood ? folded(waiting) : waiting.map((lead) => ({ lead, rest: [] })),
    mine: [...taken.filter((i) => i.mine), ...all.filter((i) => i.mine && i.closed_at !== null && now_ms - Date.parse(i.closed_at) <= CLOSED_SHOWN_S * 1000)].sort(byUrgency),
    others: taken.filter((i) => !i.mine).sort(byUrgency),
    flags: all.filter((i) => i.priority === 3 && i.state === "received").sort(byUrgency),
    flood,
  };
}

/** Near in place and time and of the same priority becomes one card with a count; every signal stays a signal. */
export function folded(waiting: Incident[]): Fold[] {
  const folds: Fold[] = [];
  for (const incident of waiting) {
    const home = folds.find(
      ({ lead }) =>
        lead.priority === incident.priority &&
        lead.position !== null &&
        incident.position !== null &&
        Math.abs(Date.parse(lead.received_at) - Date.parse(incident.received_at)) <= FOLD_S * 1000 &&
        distanceBetween(lead.position, incident.position) <= FOLD_M,
    );
    if (home) home.rest.push(incident);
    else folds.push({ lead: incident, rest: [] });
  }
  return folds;
}

/** How old a position may be before it must look old, and how far she may have walked since. */
export type Freshness = "fresh" | "late" | "lost" | "cell" | "coarse";
const WALK_MPS = 1.4;
/** A circle this wide says only which mast she is near: a dot would lie. */
const CELL_M = 250;

export function freshness(position: { accuracy_m: number; at: string; source?: string; coarse?: boolean }, now_ms: number): Freshness {
  const age_s = (now_ms - Date.parse(position.at)) / 1000;
  if (position.coarse) return "coarse";
  if (age_s > 60) return "lost";
  if (position.source === "cell" || position.accuracy_m >= CELL_M) return "cell";
  return age_s > 10 ? "late" : "fresh";
}

export function radius_m(position: { accuracy_m: number; at: string; source?: string; coarse?: boolean }, now_ms: number): number {
  if (freshness(position, now_ms) !== "late") return position.accuracy_m;
  return position.accuracy_m + (WALK_MPS * (now_ms - Date.parse(position.at))) / 1000;
}
