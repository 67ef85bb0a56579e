/** How long a way takes, roughly: straight lines, detours and speeds as people have them. No network, no router. */
import { apart, type Place } from "../shared/ground";
import type { Mode, TripState } from "./wire";

export const MODES: readonly Mode[] = ["walk", "bus", "taxi", "bicycle", "car"];

/** Metres a second along the way, how much longer the way is than the straight line, and what waiting adds. */
const WAY: Record<Mode, { mps: number; detour: number; wait_s: number }> = {
  walk: { mps: 1.15, detour: 1.3, wait_s: 0 },
  bus: { mps: 5, detour: 1.4, wait_s: 480 },
  taxi: { mps: 6.5, detour: 1.4, wait_s: 240 },
  bicycle: { mps: 3.6, detour: 1.3, wait_s: 60 },
  car: { mps: 6.5, detour: 1.4, wait_s: 180 },
};

const UNKNOWN = [10, 20, 30, 60] as const;
const LEAST_MIN = 5;
const MOST_MIN = 720;

const fives = (minutes: number): number => Math.ceil(minutes / 5) * 5;

export function minutesFor(metres: number, mode: Mode): number {
  const { mps, detour, wait_s } = WAY[mode];
  return Math.max(1, Math.round(((metres * detour) / mps + wait_s) / 60));
}

/** Four arrivals to choose from, in minutes from now: the reckoned one first, then with more and more time to spare. `minutes` is how long the way takes. */
export function choices(minutes: number | null): number[] {
  if (minutes === null) return [...UNKNOWN];
  const first = Math.min(Math.max(LEAST_MIN, fives(minutes)), MOST_MIN - 60);
  const step = first < 30 ? 5 : first < 90 ? 10 : 20;
  return [first, first + step, first + 2 * step, first + 4 * step];
}

/** Minutes left until the promised time; negative when it has passed. A minute that has begun counts. */
export const minutesLeft = (promised_at: string, now_ms: number): number => Math.ceil((Date.parse(promised_at) - now_ms) / 60_000);

/** How much of the promised time has passed, 0..1. */
export function share({ started_at, promised_at }: Pick<TripState, "started_at" | "promised_at">, now_ms: number): number {
  const from = Date.parse(started_at);
  return Math.min(1, Math.max(0, (now_ms - from) / Math.max(1, Date.parse(promised_at) - from)));
}

/** What is left of the way: as the centre reckons it, else the straight line. */
export function metresLeft(state: TripState | null, here: Place | null, to: Place): number | null {
  return state?.remaining_m ?? (here ? apart(here, to) : null);
}

/** The next time the clock shows `hh:mm`, in minutes from now; null when that is too soon or too far. */
export function minutesUntil(clock: string, now_ms: number): number | null {
  const [hour, minute] = clock.split(":").map(Number);
  if (hour === undefined || minute === undefined || !Number.isFinite(hour) || !Number.isFinite(minute)) return null;
  const then = new Date(now_ms);
  then.setHours(hour, minute, 0, 0);
  if (then.getTime() < now_ms) then.setDate(then.getDate() + 1);
  const minutes = (then.getTime() - now_ms) / 60_000;
  return minutes >= 2 && minutes <= MOST_MIN ? minutes : null;
}

const PATIENCE_S = 420;

/** At the latest then the centre asks whether she is well: seven minutes past the promise, and half as long again as was planned. */
export function asksAt({ started_at, promised_at }: Pick<TripState, "started_at" | "promised_at">): number {
  const promised = Date.parse(promised_at);
  return promised + Math.max(PATIENCE_S * 1000, (promised - Date.parse(started_at)) / 2);
}
