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
}
