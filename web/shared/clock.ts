/**
 * One clock for a page: the server's time, ticking once a second. Every timer on the page reads the same signal, so that two
 * timers never disagree. Where a page must stay exact in a background tab, the tick comes from a worker (`startTick(true)`).
 */
import { computed, signal } from "@preact/signals";

const offset = signal(0);
const tick = signal(Date.now());

/** The server's time in milliseconds, as it was at the last tick. */
export const now = computed(() => tick.value + offset.value);

/** The server's time in milliseconds at this very moment. Not reactive. */
export function exactNow(): number {
  return Date.now() + offset.peek();
}

/** Takes the time that the server said in a message. Small differences are the network's and are left alone. */
export function serverSaid(at: string): void {
  const next = Date.parse(at) - Date.now();
  if (Number.isFinite(next) && Math.abs(next - offset.peek()) > 250) offset.value = next;
}

/** Seconds from `at` until now; negative when `at` lies ahead. */
export function since(at: string): number {
  return (now.value - Date.parse(at)) / 1000;
}

let stop: (() => void) | null = null;
const halves = new Set<() => void>();

/** Calls back every half second, only where the tick comes from a worker: for sounds, which need a finer beat than the eye. */
export function everyHalfSecond(call: () => void): void {
  halves.add(call);
}

/** Starts the shared tick; a second call changes nothing. Returns what stops it. */
export function startTick(worker = false): () => void {
  if (stop) return stop;
  const beat = (): void => {
    tick.value = Date.now();
  };
  beat();
  if (worker) {
    const source = new Worker(new URL("./tick.worker.ts", import.meta.url), { type: "module" });
    let half = false;
    source.onmessage = () => {
      half = !half;
      if (half) beat();
      for (const call of halves) call();
    };
    stop = () => {
      source.terminate();
      stop = null;
    };
  } else {
    const id = setInterval(beat, 1000);
    stop = () => {
      clearInterval(id);
      stop = null;
    };
  }
  document.addEventListener("visibilitychange", beat);
  return stop;
}
