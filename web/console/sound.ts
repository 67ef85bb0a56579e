/**
 * The console's tones, made here (no files). Distinct by rhythm first, pitch second. A browser keeps audio suspended until a
 * gesture, so readiness is the real state of the AudioContext and is shown and told to the server.
 */
import { signal } from "@preact/signals";

export type Tone = "p1" | "p2" | "receipt" | "tick" | "cut" | "handed";

interface Note {
  hz: number;
  ms: number;
  gap: number;
}
const rise: Note[] = [660, 830, 990].map((hz) => ({ hz, ms: 150, gap: 80 }));
const TONES: Record<Tone, { notes: Note[]; db: number }> = {
  p1: { notes: [...rise, ...rise], db: -8 },
  p2: { notes: [{ hz: 520, ms: 200, gap: 100 }, { hz: 520, ms: 200, gap: 0 }], db: -10 },
  handed: { notes: [{ hz: 520, ms: 200, gap: 100 }, { hz: 415, ms: 200, gap: 0 }], db: -10 },
  receipt: { notes: [{ hz: 880, ms: 70, gap: 60 }, { hz: 1100, ms: 70, gap: 0 }], db: -26 },
  tick: { notes: [{ hz: 880, ms: 30, gap: 0 }], db: -30 },
  cut: { notes: [{ hz: 220, ms: 300, gap: 120 }, { hz: 220, ms: 300, gap: 0 }], db: -12 },
};
/** Overtones lift the tones into 500–3000 Hz, where ears and cheap loudspeakers are good. */
const OVERTONES: readonly (readonly [number, number])[] = [[1, 1], [2, 0.35], [3, 0.18]];

const SOFT_DB = -12;
const SOFT_MS = 10_000;
const LOUDER_DB = 6;
const gain = (db: number): number => 10 ** (db / 20);

export const running = signal(false);
export const softUntil = signal(0);

let context: AudioContext | null = null;

function watch(): void {
  running.value = context?.state === "running";
}

/** Called on every gesture until sound runs; the first time plays the shift test at half level. */
export async function wake(): Promise<void> {
  if (typeof AudioContext === "undefined") return;
  const first = context === null;
  if (!context) {
    context = new AudioContext();
    context.onstatechange = watch;
  }
  if (context.state !== "running") await context.resume().catch(() => undefined);
  watch();
  if (first && running.value) play("p1", -6);
}

/** For ten seconds 12 dB softer. There is no way to silence an alarm but to claim it. */
export function soften(now_ms: number): void {
  softUntil.value = now_ms + SOFT_MS;
}

export function play(tone: Tone, db = 0): void {
  document.dispatchEvent(new CustomEvent("ansim-tone", { detail: { tone, db, audible: running.value } }));
  if (!context || context.state !== "running") return;
  const { notes, db: own } = TONES[tone];
  const soft = Date.now() < softUntil.peek() ? SOFT_DB : 0;
  const level = gain(own + db + soft);
  let at = context.currentTime + 0.01;
  for (const note of notes) {
    const end = at + note.ms / 1000;
    const envelope = context.createGain();
    envelope.gain.setValueAtTime(0, at);
    envelope.gain.linearRampToValueAtTime(level, at + 0.008);
    envelope.gain.setValueAtTime(level, Math.max(at + 0.008, end - 0.02));
    envelope.gain.linearRampToValueAtTime(0, end);
    envelope.connect(context.destination);
    for (const [multiple, share] of OVERTONES) {
      const oscillator = context.createOscillator();
      const amount = context.createGain();
      oscillator.frequency.value = note.hz * multiple;
      amount.gain.value = share;
      oscillator.connect(amount).connect(envelope);
      oscillator.start(at);
      oscillator.stop(end);
    }
    at = end + note.gap / 1000;
  }
}

export interface Ringing {
  /** When the oldest unclaimed priority 1 came; null when there is none. Milliseconds of the server's time. */
  p1: number | null;
  p2: boolean;
  cut: boolean;
  /** A dispatch that waits for an answer: seconds, or null. */
  waiting_s: number | null;
}

const EVERY_MS: Record<"p1" | "p2" | "cut", number> = { p1: 2_500, p2: 10_000, cut: 5_000 };
const last: Partial<Record<string, number>> = {};

/** What must sound now. Called often; each tone keeps its own rhythm and starts at once when its reason appears. */
export function ring(want: Ringing, now_ms: number): void {
  const due = (name: "p1" | "p2" | "cut", active: boolean): boolean => {
    if (!active) {
      delete last[name];
      return false;
    }
    const before = last[name];
    if (before !== undefined && now_ms - before < EVERY_MS[name] - 40) return false;
    last[name] = now_ms;
    return true;
  };
  const p1 = due("p1", want.p1 !== null);
  if (p1) play("p1", want.p1 !== null && now_ms - want.p1 > 20_000 ? LOUDER_DB : 0);
  const unanswered = want.waiting_s !== null && want.waiting_s >= 30;
  // A lower alarm never talks over a higher one.
  if (due("p2", want.p2 || unanswered) && want.p1 === null) play("p2");
  if (due("cut", want.cut)) play("cut");
  if (want.waiting_s !== null && want.waiting_s >= 10 && want.waiting_s < 30 && want.p1 === null) {
    const tick = Math.floor(want.waiting_s / 2);
    if (last["tick"] !== tick) {
      last["tick"] = tick;
      play("tick");
    }
  }
}
