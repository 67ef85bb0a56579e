/** The server's HTTP surface: its shapes and one typed way to ask. Times are RFC 3339, durations seconds, distances metres. */
import { signal } from "@preact/signals";

export type Role = "operator" | "supervisor" | "officer" | "auditor" | "administrator" | "agency";

export interface Me {
  account: string;
  name: string;
  role: Role;
  centre: Named;
  csrf: string;
  expires_at: string;
  shift?: string;
}
export interface Named {
  id: string;
  name: string;
}
/** A text that the server has in both languages. */
export interface Words {
  ko: string;
  en: string;
}
export interface Position {
  latitude: number;
  longitude: number;
  accuracy_m: number;
  /** Whose kind of radius it is; absent in a coarse position. */
  source?: "web" | "android" | "ios" | "device" | string;
  at: string;
  /** Degrees clockwise from north, where the phone knows it. */
  heading_deg?: number | null;
  speed_mps?: number | null;
  /** Rounded before a claim: enough to see the neighbourhood, not the door. */
  coarse?: boolean;
}
export type IncidentState = "received" | "claimed" | "confirmed" | "false_alarm" | "resolved" | "closed";
export type Mark = "cancel_pending" | "duress" | "unverified" | "repeated" | "covered" | "handed_over";
export interface Escalation {
  level: 0 | 1 | 2;
  next: "leader" | "neighbour" | null;
  due_at: string | null;
}
/** Its operator wants to pass the case to a colleague, who answers by `due_at` or it stays. */
export interface Offer {
  to: Named;
  at: string;
  due_at: string;
  /** It is another centre, not a colleague. */
  centre?: boolean;
}
/** Somebody who could take a case over. */
export interface Colleague {
  id: string;
  name: string;
  role: Role | "centre";
  cases: number;
}
export type Wish = "help" | "take";
/** A neighbour's case at our border, about where it is. */
export interface BorderCase {
  id: string;
  centre: Named;
  number: string;
  kind: string;
  trigger: string;
  priority: 1 | 2 | 3;
  silent: boolean;
  claimed: boolean;
  received_at: string;
  heard_at: string;
  place: Words;
  position: Position;
  wish: Wish | null;
  /** Whether the cameras here that see her are lent to that centre. */
  lends: boolean;
}
export interface Incident {
  id: string;
  number: string;
  centre: Named;
  kind: string;
  trigger: string;
  priority: 1 | 2 | 3;
  silent: boolean;
  state: IncidentState;
  marks: Mark[];
  received_at: string;
  place: Words;
  position: Position | null;
  cameras_ready: number;
  signals: number;
  cancel_requested_at: string | null;
  owner: Named | null;
  offer: Offer | null;
  /** Another centre asks this one to take it. */
  coming?: Offer | null;
  /** Centres beyond a border that know of it. */
  beyond?: { centre: Named; since: string; wish: Wish | null }[];
  claimed_at: string | null;
  confirmed_at: string | null;
  requested_at: string | null;
  arrived_at: string | null;
  closed_at: string | null;
  destroyed_at?: string | null;
  escalation: Escalation | null;
  mine: boolean;
}
export interface Person {
  name: string;
  phone: string;
  note: string;
  battery: number | null;
}
export interface ChannelReceipt {
  channel: "push" | "mail" | "sms";
  state: "queued" | "sent" | "delivered" | "read" | "failed";
  at: string;
  reason?: string | null;
}
export interface Guardian {
  name: string;
  relation: string;
  receipts: ChannelReceipt[];
  /** Given once nobody has looked at what was sent again. */
  phone: string;
}
export interface Camera {
  id: string;
  name: string;
  latitude: number;
  longitude: number;
  azimuth_deg: number | null;
  view_deg: number;
  range_m: number;
  turns?: boolean;
  live: boolean;
}
/** The chance that one of the first four cameras shows her, and what is known of the ground around her. */
export interface Sight {
  probability: number;
  map: "none" | "roads" | "entrances" | "footprints";
}
export interface RankedCamera extends Camera {
  order: number;
  distance_m: number;
  bearing_deg: number;
  score: number;
  sees: "likely" | "possible" | "unlikely";
  /** The honest chance that she can be seen in its picture now; of one that turns, once it looks at its aim. */
  probability?: number;
  aim?: Aim | null;
  /** Its aim can be driven. */
  calibrated?: boolean;
  turned?: Turned | null;
  /** A neighbour's, lent for this case: whose it is, how it is called there, and where its pictures come from. */
  lender?: { centre: Named; grant: string; origin: string; camera: string };
}
/** A neighbour's cameras that see her, for this case until then. */
export interface Borrowed {
  centre: Named;
  grant: string;
  until_at: string;
  origin: string;
  cameras: RankedCamera[];
}
export interface Aim {
  bearing_deg: number;
  view_deg: number;
}
/** A camera that the case has turned; `looks` is where it was when it was last asked. */
export interface Turned {
  state: "moving" | "there" | "untold" | "refused" | "hand";
  follows: boolean;
  why?: string;
  looks?: Aim | null;
  mode: "find" | "identify";
  probability: number | null;
}
export interface Grant {
  id: string;
  incident: string;
  holder: { id: string; name: string; kind: "operator" | "officer" | "guardian" | "person" };
  purpose: string;
  video?: boolean;
  cameras: string[];
  from_at: string;
  until_at: string;
  ended_at: string | null;
  ended_why: string | null;
  extensions: number;
}
export type Agency = "112" | "119";
export type DispatchState = "requested" | "acknowledged" | "refused" | "en_route" | "arrived" | "completed" | "no_answer";
export interface Dispatch {
  id: string;
  agency: Agency;
  state: DispatchState;
  requested_at: string;
  answered_at: string | null;
  unit: string | null;
  eta_s: number | null;
  position?: { latitude: number; longitude: number; at?: string } | null;
  reason: string | null;
  reference: string | null;
  arrived_at: string | null;
  completed_at: string | null;
  /** The agency's number for a request that was made by phone. */
  phone: string | null;
}
export interface ProcedureStep {
  step: string;
  label: Words;
  done_at: string | null;
  done_by: string | null;
  due_at: string | null;
}
export interface TimelineEntry {
  id: string;
  at: string;
  act: string;
  actor: string;
  /** What the room calls the actor, where it is a person of the room. */
  name: string | null;
  text: string | null;
}
export interface ChatMessage {
  id: string;
  at: string;
  from: "person" | "operator";
  text: string;
}
/** The link that she was sent last, and what is known of it. */
export interface Channel {
  link: string;
  number: string;
  sent_at: string;
  state: ChannelReceipt["state"];
  at: string;
  reason: string | null;
  opened_at: string | null;
  ended_at: string | null;
  ended_why: string | null;
  refused: number;
}
/** What her phone filmed, or is filming while `ended_at` is null; `camera` is what rights call the phone. */
export interface Take {
  id: string;
  camera: string;
  media: string;
  from_at: string;
  until_at: string | null;
  ended_at: string | null;
  bytes: number;
  sha256: string | null;
}
export interface CaseLink {
  id: string;
  kind: "officer" | "guardian" | "person";
  recipient: string;
  opened_at: string | null;
  until_at: string;
  ended_at: string | null;
  refused: number;
}
/** The bell that called: where it stands, what is wrong with it, and whether somebody speaks through it. */
export interface CaseBell {
  id: string;
  number: string;
  kind: string;
  name: string;
  address: string;
  two_way: boolean;
  proven: boolean;
  there: boolean;
  heard_at: string | null;
  faults: string[];
  cameras: string[];
  talk: { began_at: string; connected_at: string | null } | null;
}
export interface IncidentDetail extends Incident {
  person: Person | null;
  guardians: Guardian[];
  cameras: RankedCamera[];
  sight?: Sight;
  borrowed?: Borrowed[];
  grants: Grant[];
  dispatches: Dispatch[];
  procedure: ProcedureStep[];
  timeline: TimelineEntry[];
  messages: ChatMessage[];
  links: CaseLink[];
  bell?: CaseBell | null;
  channel?: Channel | null;
  takes?: Take[];
  track: Position[];
  close_code: number | null;
  certificate?: unknown;
}
/** What it says to whoever has just taken it: by camera, the tokens that open its pictures within a minute. */
export interface TakenIncident extends IncidentDetail {
  tokens: Record<string, string>;
}
export interface AgencyStatus {
  up: boolean;
  /** Since when it is so. */
  since: string;
  /** What to call when it is down. */
  number: string;
}
export interface CameraCount {
  live: number;
  total: number;
}
/** A stretch of a camera's recording, kept for a case. */
export interface Clip {
  id: string;
  camera: string;
  camera_name: string;
  from_at: string;
  until_at: string;
  bytes: number;
  saved_at: string;
  saved_by: string;
  reason: string;
  /** The clip that this one was made from, masked, for handing out. */
  masked_from: string | null;
}
export interface LedgerEntry {
  seq: number | null;
  id: string;
  at: string;
  actor: { id: string; name?: string; role: string };
  act: string;
  object: string;
  incident: string | null;
  purpose: string;
  seconds?: number | null;
  bytes?: number | null;
  result?: string | null;
  leaf_hash: string;
}
/** RFC 9457. `status` 0 means that no answer came at all. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly type: string,
    readonly title: string,
    readonly detail: string,
    readonly body: Record<string, unknown> = {},
  ) {
    super(detail || title);
  }
}

/** Who is signed in here; the CSRF value of every write comes from it. */
export const me = signal<Me | null>(null);

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export async function ask<T>(method: Method, path: string, body?: unknown, timeoutMs = 10_000): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (method !== "GET" && me.peek()) headers["x-csrf-token"] = me.peek()!.csrf;
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    throw new Problem(0, "network", "no answer", error instanceof Error ? error.message : "");
  }
  const text = await response.text();
  let parsed: unknown = null;
  try {
    parsed = text ? JSON.parse(text) : null;
  } catch {
    parsed = null;
  }
  if (response.ok) return parsed as T;
  const problem = (parsed ?? {}) as Record<string, unknown>;
  throw new Problem(
    response.status,
    String(problem["type"] ?? "http"),
    String(problem["title"] ?? response.statusText),
    String(problem["detail"] ?? ""),
    problem,
  );
}

export const get = <T>(path: string): Promise<T> => ask<T>("GET", path);
export const post = <T>(path: string, body: unknown = {}): Promise<T> => ask<T>("POST", path, body);

/** Reads who is signed in; without a session the reader is sent to sign in and comes back. */
export async function signedIn(): Promise<Me> {
  try {
    const answer = await get<Me>("/api/me");
    me.value = answer;
    return answer;
  } catch (error) {
    if (error instanceof Problem && (error.status === 401 || error.status === 403)) {
      location.assign(`/signin?next=${encodeURIComponent(location.pathname)}`);
      await new Promise(() => undefined);
    }
    throw error;
  }
}
