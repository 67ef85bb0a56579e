/** What this page says to a centre and hears from it. Times are RFC 3339, distances metres. */
import type { Push } from "../shared/invitation";

export interface Position {
  latitude: number;
  longitude: number;
  accuracy_m: number;
  source: "web";
  at: string;
  heading_deg?: number;
  speed_mps?: number;
}

/** An invitation that has not been answered. It never leaves this phone: `key` opens the answer, `secret` fetches it. */
export interface Invited {
  mailbox: string;
  secret: string;
  expires_at: string;
  key: JsonWebKey;
  /** The public half, base64url. */
  point: string;
}

export interface Guardian {
  name: string;
  relation: string;
  mail?: string;
  phone?: string;
  push?: Push;
  invited?: Invited;
  /** hh:mm in Korea. Between the two only an emergency is told. */
  quiet_from?: string;
  quiet_until?: string;
}

/** Whether an SOS can reach this guardian at all. */
export const reachable = (one: Guardian): boolean => Boolean(one.phone || one.mail || one.push);

/** Stays on this phone; the centre that answers an SOS gets it sealed, nobody else. */
export interface Profile {
  name: string;
  phone: string;
  note: string;
  guardians: Guardian[];
  codes: { cancel: string; duress: string } | null;
  /** This browser, to be asked while the screen is off. */
  push?: Push | undefined;
}

export type Trigger = "button" | "shake" | "silent";

export interface Sos {
  id: string;
  kind: "sos";
  trigger: Trigger;
  at: string;
  position: Position | null;
  silent: boolean;
  battery?: number;
  credential?: string;
  proof?: string;
  sealed?: string;
}

export interface Receipt {
  receipt: string;
  secret: string;
  signal: string;
  incident: string;
  centre: { id: string; name: string };
  received_at: string;
}

export interface Centre {
  id: string;
  name: string;
  uri: string;
  key: JsonWebKey | null;
}

export interface Mapping {
  centres: Centre[];
  expires_at: string;
  source: "exact" | "nearest" | "default";
  place: { ko: string; en: string };
}

export interface Message {
  from: "person" | "operator";
  text: string;
  at: string;
}

export interface GuardianReceipt {
  who: string;
  channel: "push" | "mail" | "sms";
  state: "queued" | "sent" | "delivered" | "read" | "failed" | "quiet";
  at: string;
}

/** Nothing in it tells a cancellation from the duress code. */
export interface PhoneState {
  state: "received" | "claimed" | "cancelled" | "closed";
  /** The centre that has taken it; no operator is named to a phone that somebody else may hold. */
  holder: string | null;
  centre: string;
  received_at: string;
  claimed_at?: string | null;
  /** Cameras with a picture for the operator now. */
  cameras?: number;
  receipts: GuardianReceipt[];
  messages: Message[];
  dispatch: { agency: string; state: string; unit?: string | null; eta_s: number | null; at?: string | null } | null;
  closed_at: string | null;
  destroyed_at: string | null;
  /** Another centre has the case: this phone goes on there. */
  moved: { uri: string; receipt: Receipt } | null;
}

/** A centre that had the case before: what it wrote down of her is read there. */
export interface Before {
  server: string;
  incident: string;
  secret: string;
}

/** One SOS of this phone, from receipt until the person removes it. */
export interface Case extends Receipt {
  id: string;
  at: string;
  silent: boolean;
  server: string;
  cancelled_at: string | null;
  closed_at: string | null;
  /** When the key of her positions was destroyed. */
  destroyed_at: string | null;
  /** She has put a cancelled one away: it no longer opens by itself. */
  left: boolean;
  before?: Before[];
}

export type Mode = "walk" | "bus" | "taxi" | "bicycle" | "car";

export interface Destination {
  latitude: number;
  longitude: number;
  label: string;
}

export interface Vehicle {
  plate: string;
  note?: string;
}

export type HelpKind = "police" | "bell" | "shop" | "shelter";

export interface HelpPlace {
  kind: HelpKind;
  name: string;
  latitude: number;
  longitude: number;
}

/** One way and its reasons: shares of its length, places of help within 50 m that are open. Null is what no register tells. */
export interface Way {
  kind: "shortest" | "safe";
  /** Longitude, latitude. */
  line: [number, number][];
  metres: number;
  minutes: number;
  longer_m: number;
  lit: number | null;
  seen: number | null;
  near_help: number | null;
  police: number | null;
  bells: number | null;
  shops: number | null;
  shelters: number | null;
  help: (HelpPlace & { open: boolean | null })[];
}

export interface Ways {
  ways: Way[];
  dark: boolean;
  unknown: ("light" | "camera" | HelpKind)[];
}

/** The body of POST /api/trips. */
export interface TripPost {
  id: string;
  at: string;
  mode: Mode;
  destination: { latitude: number; longitude: number; label?: string };
  promised_at: string;
  position: Position | null;
  background: false;
  battery?: number;
  vehicle?: Vehicle;
  credential?: string;
  proof?: string;
  sealed?: string;
}

/** What a centre answers: from here on it keeps the clock. */
export interface Started {
  trip: string;
  secret: string;
  centre: { id: string; name: string };
  started_at: string;
  promised_at: string;
}

export type Reason = "late" | "away" | "stopped" | "fast" | "silent" | "lost" | "vehicle" | "there";

export interface Question {
  id: string;
  reason: Reason;
  asked_at: string;
  answer_until: string;
  needs_code: boolean;
}

export type Outcome = "arrived" | "ended" | "signalled" | "expired";

/** Nothing in it tells an answer from the duress code. */
export interface TripState {
  state: "walking" | "hint" | "asking" | "calling" | "signalled" | "ended";
  mode: Mode;
  started_at: string;
  promised_at: string;
  predicted_at: string | null;
  remaining_m: number | null;
  fix_every_s: number;
  battery: number | null;
  background: boolean;
  heard_at: string | null;
  question: Question | null;
  receipts: GuardianReceipt[];
  signal: Receipt | null;
  /** Where she is, an end needs her number. */
  end_needs_code: boolean;
  outcome: Outcome | null;
  ended_at: string | null;
  destroyed_at: string | null;
}
