/** What a link's page hears. An ended link's state carries nothing personal. */
import type { Position, RankedCamera } from "../shared/api";
import type { Message } from "../shared/conversation";
import type { EscortView } from "../shared/escort";

export interface LinkDispatch {
  agency: string;
  state: string;
  unit?: string | null;
  eta_s: number | null;
  at?: string | null;
}

export interface LinkState {
  kind: "officer" | "guardian" | "person";
  grant: string;
  closed: boolean;
  until_at: string | null;
  state: string | null;
  number: string | null;
  centre: string | null;
  received_at: string | null;
  claimed_at?: string | null;
  silent: boolean;
  person: { name: string; note: string } | null;
  place: { ko: string; en: string } | null;
  position: Position | null;
  track: Position[];
  cameras: RankedCamera[];
  /** Keys of sentences: what to do and what not. */
  instructions: string[];
  unit: string | null;
  dispatches: LinkDispatch[];
  arrived_at: string | null;
  battery?: number | null;
  /** Hers: what was said since the link was sent. */
  messages?: Message[];
  /** The centre's telephone, where it has one for this. */
  centre_phone?: string | null;
}

/** A step of the watch over a trip, and what it was about. */
export interface TripDone {
  act: "asked" | "answered" | "calmed" | "called" | "signalled";
  at: string;
  reason: string | null;
}

/** What a guardian's page shows of a trip: where she is as long as she is on her way, then how it ended. */
export interface TripLink {
  kind: "trip";
  grant: string;
  closed: boolean;
  until_at: string | null;
  centre: string | null;
  centre_phone: string | null;
  person: { name: string; note: string } | null;
  state: "walking" | "hint" | "asking" | "calling" | "signalled" | "ended" | null;
  mode: "walk" | "bus" | "taxi" | "car" | "bicycle" | null;
  vehicle: { plate: string; note: string } | null;
  destination: string | null;
  started_at: string | null;
  promised_at: string | null;
  predicted_at: string | null;
  position: Position | null;
  located_at: string | null;
  heard_at: string | null;
  battery: number | null;
  outcome: "arrived" | "ended" | "signalled" | "expired" | null;
  ended_at: string | null;
  told: TripDone[];
}

/** What a scout's page shows, or that of somebody who asked by telephone. */
export interface EscortLink {
  kind: "escort";
  grant: string;
  closed: boolean;
  until_at: string | null;
  centre: string | null;
  centre_phone: string | null;
  escort: EscortView | null;
}

export type WardKind = "child" | "dementia" | "quarantine";
export type WardReason = "unchecked" | "silent" | "left" | "entered" | "help" | "missing" | "sos";
export type WardAnswer = "with-me" | "looking" | "missing" | "take-back";

/** What a guardian's page shows of a ward: in words. Where she was last is asked for by itself, and only while `placed`. */
export interface GuardianView {
  person: string;
  kind: WardKind;
  state: "ok" | "alarm" | "silent" | "ended";
  alarm: { reason: WardReason; since_at: string; answered_by: "guardian" | "official" | null; answered_at: string | null; muted_until_at: string | null; incident: string | null } | null;
  place: { word: "inside" | "outside" | "forbidden" | "unknown"; since_at: string | null };
  placed: boolean;
  heard_at: string | null;
  zones: string[];
  until_at: string;
  /** Only for the first of the guardians, who consented, and never of an order. */
  may_take_back: boolean;
  outcome: "ended" | "taken-back" | "expired" | null;
  ended_at: string | null;
}

export interface WardLink {
  kind: "ward";
  grant: string;
  closed: boolean;
  until_at: string | null;
  centre: string | null;
  centre_phone: string | null;
  ward: GuardianView | null;
}

/** What a ward's own page shows: no name, it may lie open on a table. `answer_until` while she is asked. */
export interface WardView {
  asked_at: string | null;
  answer_until: string | null;
  checked_at: string | null;
  next_check_at: string | null;
  until_at: string;
  /** Since when help is called. */
  called_at: string | null;
  ended_at: string | null;
}

export interface WardedLink {
  kind: "warded";
  grant: string;
  closed: boolean;
  until_at: string | null;
  centre: string | null;
  centre_phone: string | null;
  ward: WardView | null;
}

/** Whatever a link may open. */
export type Shown = LinkState | TripLink | EscortLink | WardLink | WardedLink;
