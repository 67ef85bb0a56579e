/** The same screens without a network: a trip that is asked about after a few seconds. No centre and no guardian hears of it. */
import { signal } from "@preact/signals";
import type { Act } from "./kept-trips";
import { position, profile } from "./state";
import { type Setting, type Starting, type Trip, asPromised } from "./trip";
import type { Destination, Mode, Question, TripState, Vehicle } from "./wire";

const STARTED_MS = 700;
const ASKED_MS = 8_000;
const ANSWER_MS = 30_000;
const CALL_MS = 20_000;
const soon = (ms: number): string => new Date(Date.now() + ms).toISOString();

export class PracticeTrip implements Trip {
  readonly practice = true;
  readonly to: Destination;
  readonly way = null;
  readonly starting = signal<Starting>("sending");
  readonly state = signal<TripState | null>(null);
  readonly connected = signal(true);
  readonly where = position;
  readonly charge = signal<number | null>(null);
  readonly unsent = signal<Act[]>([]);
  readonly wanted = signal<Act | null>(null);
  private timers: number[] = [];

  constructor(private readonly setting: Setting) {
    this.to = setting.to;
    this.after(STARTED_MS, () => this.begin());
  }

  get mode(): Mode {
    return this.state.value?.mode ?? this.setting.mode;
  }

  get promisedAt(): string {
    return this.state.value?.promised_at ?? soon(this.setting.minutes * 60_000);
  }

  private after(ms: number, act: () => void): void {
    this.timers.push(window.setTimeout(act, ms));
  }

  private begin(): void {
    this.starting.value = "started";
    this.state.value = asPromised(this.setting.mode, { started_at: soon(0), promised_at: this.promisedAt });
    this.after(ASKED_MS, () => this.ask());
  }

  private set(change: Partial<TripState>): void {
    if (this.state.value && this.state.value.ended_at === null) this.state.value = { ...this.state.value, ...change };
  }

  private ask(): void {
    const question: Question = { id: "practice", reason: "away", asked_at: soon(0), answer_until: soon(ANSWER_MS), needs_code: profile.value?.codes != null };
    this.set({ state: "asking", question });
    this.after(ANSWER_MS, () => {
      if (this.state.value?.question) this.set({ state: "calling", question: { ...question, answer_until: soon(CALL_MS) } });
    });
    this.after(ANSWER_MS + CALL_MS, () => {
      if (this.state.value?.question) this.set({ state: "signalled", question: null });
    });
  }

  private right(act: Act & { code?: string }): boolean {
    const codes = profile.value?.codes;
    const right = !codes || act.code === codes.cancel || act.code === codes.duress;
    this.wanted.value = right ? null : act;
    return right;
  }

  answer(question: Question, code?: string): Promise<void> {
    const act: Act = { verb: "answer", question: question.id, said_at: soon(0), ...(code ? { code } : {}) };
    if (!question.needs_code || this.right(act)) this.set({ state: "walking", question: null });
    return Promise.resolve();
  }

  extend(minutes: number): Promise<void> {
    this.set({ state: "walking", question: null, promised_at: new Date(Date.parse(this.promisedAt) + minutes * 60_000).toISOString() });
    return Promise.resolve();
  }

  change(mode: Mode, _vehicle: Vehicle | null): Promise<void> {
    this.set({ mode });
    return Promise.resolve();
  }

  end(outcome: "arrived" | "ended"): Promise<void> {
    this.set({ state: "ended", question: null, outcome, ended_at: soon(0), destroyed_at: soon(0) });
    return Promise.resolve();
  }

  leave(): Promise<void> {
    this.timers.forEach((timer) => clearTimeout(timer));
    return Promise.resolve();
  }
}
