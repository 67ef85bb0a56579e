/** What is known of each camera's picture, from the server's word on its frames and the time that has passed since. */
import { computed, signal } from "@preact/signals";
import { now } from "../shared/clock";

export type PictureState = "opening" | "live" | "late" | "frozen" | "stale" | "lost" | "ended";

export interface Report {
  /** Age of the newest frame, as last said by the server, seconds. */
  age_s: number | null;
  /** Of single pictures, seconds from one to the next, as last said by the server; null where all of them come. */
  every_s: number | null;
  /** For how long the same picture has been coming, as last said by the server; null while it moves. */
  frozen_s: number | null;
  /** When that was said, this machine's milliseconds. */
  said_at: number;
  /** When this tile began to ask for the picture. */
  asked_at: number;
  ended: boolean;
}
export interface Picture {
  state: PictureState;
  /** Of what is seen: since the newest frame, and where all frames show the same, since that was new. */
  age_s: number;
  /** Of single pictures, seconds from one to the next; null where all of them come. */
  every_s: number | null;
  /** Server time of the last new frame; null when none came. */
  last_at: number | null;
}

const LATE_S = 1;
const STALE_S = 5;
const LOST_S = 30;

export const reports = signal<ReadonlyMap<string, Report>>(new Map());

export function judge(report: Report, clock_ms: number): Picture {
  const { every_s } = report;
  if (report.ended) return { state: "ended", age_s: 0, every_s, last_at: null };
  if (report.age_s === null) {
    const waited_s = (clock_ms - report.asked_at) / 1000;
    return { state: waited_s > LOST_S ? "lost" : "opening", age_s: waited_s, every_s, last_at: null };
  }
  // The server speaks each second. Silence is age too: an open socket proves no new frame.
  const silence_s = Math.max(0, (clock_ms - report.said_at) / 1000 - 1.2);
  const age_s = report.age_s + silence_s;
  // a single picture is as old as it is meant to be until the next one is due
  const overdue_s = age_s - (every_s ?? 0);
  if (report.frozen_s !== null && overdue_s <= STALE_S) {
    const still_s = report.frozen_s + silence_s;
    return { state: "frozen", age_s: still_s, every_s, last_at: clock_ms - still_s * 1000 };
  }
  const state = overdue_s > LOST_S ? "lost" : overdue_s > STALE_S ? "stale" : overdue_s > LATE_S ? "late" : "live";
  return { state, age_s, every_s, last_at: clock_ms - age_s * 1000 };
}

export const states = computed<ReadonlyMap<string, Picture>>(() => {
  void now.value;
  const clock_ms = Date.now();
  return new Map([...reports.value].map(([id, report]) => [id, judge(report, clock_ms)]));
});

export function report(camera: string, change: Partial<Report>): void {
  const before = reports.peek().get(camera) ?? { age_s: null, every_s: null, frozen_s: null, said_at: Date.now(), asked_at: Date.now(), ended: false };
  reports.value = new Map(reports.peek()).set(camera, { ...before, ...change });
}

export function forget(camera: string): void {
  const next = new Map(reports.peek());
  next.delete(camera);
  reports.value = next;
}

/** Younger than the minute that a token lives. */
const IN_HAND_MS = 45_000;

/** The tokens that came with the answer to a claim: by right, then by camera. */
const inHand = new Map<string, { since: number; tokens: Record<string, string> }>();

export function keepTokens(grant: string, tokens: Record<string, string>): void {
  inHand.set(grant, { since: Date.now(), tokens: { ...tokens } });
}

/** The token that came with the claim, once; undefined when it is used, too old, or never came. */
export function tokenInHand(grant: string, camera: string): string | undefined {
  const held = inHand.get(grant);
  if (!held || Date.now() - held.since > IN_HAND_MS) {
    inHand.delete(grant);
    return undefined;
  }
  const token = held.tokens[camera];
  delete held.tokens[camera];
  return token;
}
