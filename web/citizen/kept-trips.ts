/** Trips as this phone keeps them: the one under way survives a closed page, those that are over are lines of her record. */
import { forget, keep, keptUnder } from "./vault";
import type { Destination, Mode, Started, TripPost, TripState, Vehicle, Way } from "./wire";

/** What she says on the way. It is told in order, and kept until it has been. */
export type Act = { said_at: string } & (
  | { verb: "answer"; question: string; code?: string }
  | { verb: "extend"; minutes: number; promised_at: string }
  | { verb: "mode"; mode: Mode; vehicle?: Vehicle }
  | { verb: "end"; outcome: "arrived" | "ended"; code?: string }
);

/** A trip as this phone keeps it, until she removes it. */
export interface KeptTrip {
  id: string;
  to: Destination;
  /** The way that she chose; none in those kept before there was a choice. */
  way?: Way | null;
  mode: Mode;
  /** What starts it; null once a centre has it. */
  post: TripPost | null;
  servers: string[];
  started: (Started & { server: string }) | null;
  /** As the centre last said. */
  state: TripState | null;
  unsent: Act[];
  /** She has put it away: it no longer opens by itself. */
  left: boolean;
}

const KEY = "trip:";

export const keptTrips = async (): Promise<KeptTrip[]> =>
  (await keptUnder<KeptTrip>(KEY)).sort((a, b) => begun(b).localeCompare(begun(a)));
export const keepTrip = (one: KeptTrip): Promise<void> => keep(KEY + one.id, one);
export const forgetTrip = (id: string): Promise<void> => forget(KEY + id);
export const begun = ({ started, post }: KeptTrip): string => started?.started_at ?? post?.at ?? "";

export const isOver = (state: TripState | null): boolean => state !== null && state.ended_at !== null;
