/** What the hub says of its centres, and which of them needs a hand. Pure. */
import type { Words } from "../shared/api";

export type State = "normal" | "overloaded" | "unstaffed" | "silent" | "unknown";

export interface Pace {
  median_s: number;
  p90_s: number;
}
export interface Load {
  open: number;
  unclaimed: number;
  waiting_s: number;
  operators: number;
  hour: Pace | null;
  day: Pace | null;
}
export interface Standing {
  id: string;
  name: string;
  up: boolean;
  heard_ago_s: number | null;
  state: State;
  state_at: string | null;
  until: string | null;
  covered_by: string | null;
  covered_at: string | null;
  takes_from: string[];
  load: Load;
}
export interface Country {
  at: string;
  centres: Standing[];
}
export interface Sketched {
  id: string;
  name: Words;
  short: Words;
  region: Words;
  path: string;
}
export interface Sketch {
  width: number;
  height: number;
  centres: Sketched[];
}
export interface Was {
  from_at: string;
  state: State;
  covered_by: string | null;
}
export interface CentreHistory {
  id: string;
  states: Was[];
  busy: { at: string; open: number; waited_s: number }[];
}
export interface Told {
  from_at: string;
  until_at: string;
  slot_s: number;
  centres: CentreHistory[];
}

/** Unclaimed for so long a case has reached the leader, and then the neighbours. */
export const LEADER_S = 20;
const NEIGHBOUR_S = 40;

/** 1: its cases may be nobody's. 2: somebody should look soon. 0: nothing to do. Filled where nobody has it in hand yet. */
export function need(one: Standing): { p: 0 | 1 | 2; open: boolean } {
  const covered = one.covered_by !== null;
  if (one.state === "silent") return covered ? { p: 2, open: false } : { p: 1, open: true };
  if (one.state === "unstaffed") return covered ? { p: 0, open: false } : { p: 1, open: true };
  if (one.state === "overloaded") return { p: 2, open: !covered };
  if (one.state === "normal" && one.load.unclaimed > 0 && one.load.waiting_s >= NEIGHBOUR_S) return { p: 2, open: true };
  return { p: 0, open: false };
}

/** Who needs a hand, the most urgent first; of equal ones the one that waits longest. */
export function needing(some: Standing[]): Standing[] {
  const rank = (one: Standing): number => {
    const { p, open } = need(one);
    return p * 2 - (open ? 1 : 0);
  };
  return some
    .filter((one) => need(one).p > 0)
    .sort((a, b) => rank(a) - rank(b) || b.load.waiting_s - a.load.waiting_s || (a.state_at ?? "").localeCompare(b.state_at ?? "") || a.id.localeCompare(b.id));
}

export interface Stretch {
  state: State;
  from: number;
  until: number;
}

/** The states of a centre as stretches of a strip, in milliseconds; before it was first heard it is unknown. */
export function stretches(history: CentreHistory | undefined, from: number, until: number): Stretch[] {
  const states = history?.states ?? [];
  const found: Stretch[] = [];
  const add = (state: State, start: number, end: number): void => {
    const last = found.at(-1);
    if (end <= start) return;
    if (last?.state === state) last.until = end;
    else found.push({ state, from: start, until: end });
  };
  const first = states[0] ? Date.parse(states[0].from_at) : until;
  add("unknown", from, Math.max(from, first));
  states.forEach((was, index) => {
    const next = states[index + 1];
    add(was.state, Math.max(from, Date.parse(was.from_at)), next ? Date.parse(next.from_at) : until);
  });
  return found;
}

/** How long it was in each state that is not the usual one, in seconds. */
export function troubles(some: Stretch[]): { state: State; seconds: number }[] {
  const sums = new Map<State, number>();
  for (const one of some) if (one.state !== "normal") sums.set(one.state, (sums.get(one.state) ?? 0) + (one.until - one.from) / 1000);
  return [...sums].map(([state, seconds]) => ({ state, seconds }));
}
