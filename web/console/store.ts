/**
 * What the console knows: the server's state and the facts since, and the operator's own place in it (selection, drafts, what
 * could not be sent yet). No DOM here; screens read signals, verbs live in actions.ts.
 */
import { computed, signal } from "@preact/signals";
import { type AgencyStatus, type BorderCase, type Borrowed, type Camera, type CameraCount, type Grant, type Incident, type IncidentDetail, type Me, me, type Position, type RankedCamera, type Words, type Sight } from "../shared/api";
import { exactNow, now } from "../shared/clock";
import { arrange, isWaiting, type Queue } from "./ordering";
import { seat, type Slot } from "./slots";

export type Case = Incident | IncidentDetail;
export const isDetail = (incident: Case | null | undefined): incident is IncidentDetail => !!incident && "timeline" in incident;

export interface Centre {
  id: string;
  name: Words | string;
  agencies?: Record<string, AgencyStatus>;
  leader?: { name: string | null; phone: string } | null;
  cameras?: CameraCount;
  bells?: { total: number; speaking: number; faulty: number };
  /** It knows of no other centre. */
  alone?: boolean;
  map?: { latitude?: number; longitude?: number; zoom?: number; attribution?: string };
}

/** Ways home under watch, those whose person has not answered yet, and those that may become a case at once. */
export interface TripCounts {
  watched: number;
  asking: number;
  ready: number;
}

/** Escorts that wait for a pair, that have one, that walk, and those somebody should look at. */
export interface EscortCounts {
  booked: number;
  assigned: number;
  walking: number;
  marked: number;
}

/** People watched over, their alarms that nobody has in hand, and searches that wait for a second person. */
export interface WardCounts {
  watched: number;
  alarms: number;
  searches: number;
  /** Wards whose official has no account any more. */
  unassigned: number;
}

/** A centre that does not take its new cases just now, and who does. part own: it is this one; ours: this one covers. */
export interface CoverLine {
  centre: Words;
  by: Words | null;
  why: "overloaded" | "unstaffed" | "silent";
  until: string | null;
  part: "own" | "ours" | "near";
}

export type ServerMessage =
  | { type: "hello"; at: string; me?: Me }
  | { type: "state"; incidents: Case[]; borders?: BorderCase[]; agencies?: Record<string, AgencyStatus>; cameras?: CameraCount; covers?: CoverLine[]; trips?: TripCounts; escorts?: EscortCounts; wards?: WardCounts }
  | { type: "trips"; trips: TripCounts; escorts?: EscortCounts }
  | { type: "wards"; wards: WardCounts }
  | { type: "borders"; borders: BorderCase[] }
  | { type: "incident"; incident: Case }
  | { type: "position"; incident: string; position: Position; cameras?: RankedCamera[]; sight?: Sight }
  | { type: "gone"; incident: string }
  | { type: "ping"; at: string }
  | { type: "status"; agencies?: Record<string, AgencyStatus>; cameras?: CameraCount; covers?: CoverLine[] }
  | { type: "lost-claim"; incident: string; owner: { id: string; name: string } };

/** A stationed officer sees what happens and takes no case. */
export const mayWork = computed(() => me.value?.role !== "officer");

export const ready = signal(false);
export const incidents = signal<ReadonlyMap<string, Case>>(new Map());
export const agencies = signal<Record<string, AgencyStatus>>({});
export const videos = signal<CameraCount | null>(null);
export const covers = signal<CoverLine[]>([]);
export const trips = signal<TripCounts | null>(null);
export const escorts = signal<EscortCounts | null>(null);
/** What the neighbours have at our border. */
export const borders = signal<BorderCase[]>([]);
export const wards = signal<WardCounts | null>(null);
export const centre = signal<Centre | null>(null);
export const cameras = signal<Camera[]>([]);
/** When the server was last heard, in its own time; what the red band names as the age of what is shown. */
export const shownAt = signal<string | null>(null);

export const selectedId = signal<string | null>(null);
export const selected = computed<Case | null>(() => incidents.value.get(selectedId.value ?? "") ?? null);
/** The case whose pictures may be shown: mine, open, and chosen. */
export const watched = computed<IncidentDetail | null>(() => {
  const incident = selected.value;
  return isDetail(incident) && incident.mine && incident.state !== "closed" ? incident : null;
});

const tenSeconds = computed(() => Math.floor(now.value / 10_000));
export const queue = computed<Queue>(() => arrange(incidents.value.values(), tenSeconds.value * 10_000));
/** The most urgent case that nobody has claimed. */
export const top = computed<Incident | null>(() => queue.value.unclaimed[0]?.lead ?? null);
export const alarm = computed<Incident | null>(() => (top.value?.priority === 1 ? top.value : null));

/** A new alarm: when it appeared here, and what Enter meant before. For 400 ms keys keep their previous target. */
export const GUARD_MS = 400;
export interface Arrival {
  at: number;
  id: string;
  previousTop: string | null;
}
export const arrival = signal<Arrival | null>(null);

export function guarded(clock_ms: number): Arrival | null {
  const last = arrival.peek();
  return last && clock_ms - last.at < GUARD_MS ? last : null;
}

/** A line that says what happened to a keystroke; gone after three seconds. */
export interface Line {
  key: string;
  slots: Record<string, string | number>;
  tone: "plain" | "warn";
  until: number;
}
export const line = signal<Line | null>(null);

export const slots = signal<ReadonlyMap<string, Slot[]>>(new Map());
/** Cameras that sent no picture for 30 s, as the tiles found it. */
export const lostCameras = signal<ReadonlySet<string>>(new Set());
export const camera = signal<number>(1);
/** How many pictures stand on this screen. */
export const places = signal(4);
/** A further camera, opened in the last place by its digit. */
export const guest = signal<string | null>(null);

type Listener = (event: StoreEvent) => void;
export type StoreEvent =
  | { type: "alarm"; incident: Incident }
  | { type: "claimed"; incident: Incident }
  | { type: "receipt"; incident: Case }
  | { type: "kept"; incident: Case }
  | { type: "state" };
const listeners = new Set<Listener>();
export function listen(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
function tell(event: StoreEvent): void {
  for (const listener of listeners) listener(event);
}

/** Applies one message of the server. `clock_ms` is this machine's clock and only measures the guard. */
export function receive(message: ServerMessage, clock_ms: number): void {
  switch (message.type) {
    case "hello":
    case "ping":
      shownAt.value = message.at;
      return;
    case "state": {
      const next = new Map<string, Case>();
      for (const incident of message.incidents) next.set(incident.id, withBorrowed(incident));
      const before = incidents.peek();
      const previousTop = top.peek()?.id ?? null;
      incidents.value = next;
      if (message.agencies) agencies.value = message.agencies;
      if (message.cameras) videos.value = message.cameras;
      if (message.covers) covers.value = message.covers;
      if (message.trips) trips.value = message.trips;
      if (message.escorts) escorts.value = message.escorts;
      if (message.wards) wards.value = message.wards;
      borders.value = message.borders ?? [];
      ready.value = true;
      for (const incident of next.values()) {
        if (!isWaiting(incident) || (before.has(incident.id) && isWaiting(before.get(incident.id)!))) continue;
        arrived(incident, previousTop, clock_ms);
      }
      for (const incident of next.values()) reseat(incident, clock_ms);
      tell({ type: "state" });
      return;
    }
    case "incident":
      told.set(message.incident.id, clock_ms);
      put(message.incident, clock_ms);
      return;
    case "position": {
      const incident = incidents.peek().get(message.incident);
      if (!incident) return;
      const changed: Case = { ...incident, position: message.position };
      if (isDetail(changed) && isDetail(incident)) {
        const last = incident.track[incident.track.length - 1];
        changed.track = last?.at === message.position.at ? incident.track : [...incident.track, message.position];
        if (message.cameras) changed.cameras = among(reranked(incident.cameras.filter((each) => !each.lender), message.cameras), incident.borrowed);
        if (message.sight) changed.sight = message.sight;
      }
      put(changed, clock_ms);
      return;
    }
    case "gone": {
      const next = new Map(incidents.peek());
      next.delete(message.incident);
      incidents.value = next;
      told.delete(message.incident);
      return;
    }
    case "status":
      if (message.agencies) agencies.value = message.agencies;
      if (message.cameras) videos.value = message.cameras;
      if (message.covers) covers.value = message.covers;
      return;
    case "trips":
      trips.value = message.trips;
      if (message.escorts) escorts.value = message.escorts;
      return;
    case "wards":
      wards.value = message.wards;
      return;
    case "borders":
      borders.value = message.borders;
      return;
    case "lost-claim":
      say("claim.lost", { name: message.owner.name }, clock_ms);
  }
}

const withBorrowed = (incident: Case): Case => (isDetail(incident) ? { ...incident, cameras: among(incident.cameras.filter((each) => !each.lender), incident.borrowed) } : incident);

/** The cameras here in their order, and among them those that neighbours lend, by the chance that she is seen; two centres may call theirs alike. */
export function among(own: RankedCamera[], borrowed: Borrowed[] = []): RankedCamera[] {
  const theirs = borrowed.flatMap(({ centre, grant, origin, cameras }) => cameras.map((each): RankedCamera => ({ ...each, id: `${centre.id}/${each.id}`, lender: { centre, grant, origin, camera: each.id } })));
  const all = [...own].sort((a, b) => a.order - b.order);
  for (const each of theirs) {
    const place = all.findIndex((one) => (one.probability ?? 0) < (each.probability ?? 0));
    all.splice(place < 0 ? all.length : place, 0, each);
  }
  return theirs.length === 0 ? own : all.map((each, i) => ({ ...each, order: i + 1 }));
}

/** The new ranking, and behind it the cameras that no longer see her: their places are kept for a while. */
function reranked(before: RankedCamera[], after: RankedCamera[]): RankedCamera[] {
  const known = new Set(after.map((each) => each.id));
  const left = before.filter((each) => !known.has(each.id)).map((each): RankedCamera => ({ ...each, sees: "unlikely", order: after.length + 100 }));
  return [...after, ...left.slice(0, KEPT_CAMERAS)];
}
const KEPT_CAMERAS = 8;

/** When the server last pushed each case. What it pushed after a request was made is newer than that request's answer. */
const told = new Map<string, number>();

/** Takes the answer to a request made at `asked_ms`, unless the socket has said something newer meanwhile. */
export function answer(incident: Case, asked_ms: number, clock_ms: number): void {
  if ((told.get(incident.id) ?? Number.NEGATIVE_INFINITY) < asked_ms) put(incident, clock_ms);
}

export function put(incoming: Case, clock_ms: number): void {
  const incident = withBorrowed(incoming);
  const before = incidents.peek().get(incident.id);
  const previousTop = top.peek()?.id ?? null;
  // A list entry never takes away the detail that this console already has of its own case.
  const merged: Case = isDetail(before) && !isDetail(incident) && incident.mine && before.mine ? { ...before, ...incident } : incident;
  const next = new Map(incidents.peek());
  next.set(incident.id, merged);
  incidents.value = next;
  if (isWaiting(merged) && (!before || !isWaiting(before))) arrived(merged, previousTop, clock_ms);
  if (before && isWaiting(before) && !isWaiting(merged)) tell({ type: "claimed", incident: merged });
  if (before?.mine && before.offer && !merged.offer) passed(merged, clock_ms);
  if (isDetail(merged) && isDetail(before) && answered(merged) !== answered(before)) tell({ type: "receipt", incident: merged });
  reseat(merged, clock_ms);
}

/** What became of a case that I offered to a colleague. */
function passed(incident: Case, clock_ms: number): void {
  if (incident.closed_at !== null || incident.state === "received") return;
  if (!incident.mine) return say("offer.taken", { name: incident.owner?.name ?? "?" }, clock_ms);
  const why = isDetail(incident) ? [...incident.timeline].reverse().find((entry) => entry.act.startsWith("incident.offer-"))?.act : undefined;
  if (why === "incident.offer-withdrawn") return say("offer.withdrawn", {}, clock_ms);
  tell({ type: "kept", incident });
  say(why === "incident.offer-declined" ? "offer.declined" : "offer.unanswered", {}, clock_ms, "warn");
}

/** Changes when an agency has answered or a unit has arrived. */
const answered = (incident: IncidentDetail): string => incident.dispatches.filter((d) => d.state !== "requested" && d.state !== "no_answer").map((d) => d.id + d.state).join();

function arrived(incident: Incident, previousTop: string | null, clock_ms: number): void {
  const recent = guarded(clock_ms);
  arrival.value = { at: clock_ms, id: incident.id, previousTop: recent ? recent.previousTop : previousTop };
  tell({ type: "alarm", incident });
}

/** The operator holds a place to its camera, or lets it go again; whether it is held now. */
export function hold(incident: IncidentDetail, place: number): boolean | null {
  const before = slots.peek().get(incident.id) ?? [];
  const slot = before[place - 1];
  if (!slot) return null;
  const held = !slot.held;
  slots.value = new Map(slots.peek()).set(incident.id, before.map((each) => (each === slot ? { ...each, held } : each)));
  return held;
}

export function reseat(incident: Case, clock_ms: number): void {
  if (!isDetail(incident)) return;
  const current = slots.peek().get(incident.id) ?? [];
  const right = ownRight(incident);
  const permitted = right ? incident.cameras.filter((each) => each.lender || right.cameras.includes(each.id)) : incident.cameras;
  const next = seat(current, permitted, lostCameras.peek(), clock_ms, places.peek());
  if (JSON.stringify(next) === JSON.stringify(current)) return;
  slots.value = new Map(slots.peek()).set(incident.id, next);
}

/** The operator's own right to this case's pictures; undefined until it has come, and after it has ended. */
export function ownRight(incident: IncidentDetail): Grant | undefined {
  const at = exactNow();
  return incident.grants.find((grant) => grant.holder.kind === "operator" && !grant.ended_at && Date.parse(grant.until_at) > at);
}

/** The right under which this camera may be opened: of this centre, or of the neighbour that lends it. */
export function rightTo(incident: IncidentDetail, camera: { id: string; lender?: RankedCamera["lender"] }): string | undefined {
  if (camera.lender) return ownRight(incident) && camera.lender.grant;
  const right = ownRight(incident);
  return right?.cameras.includes(camera.id) ? right.id : undefined;
}

/** Every open right of a case to see something, soonest end first; those to pictures before those to a position only. */
export function openRights(incident: IncidentDetail): Grant[] {
  const at = exactNow();
  const blind = (grant: Grant): number => (grant.video === false ? 1 : 0);
  return incident.grants
    .filter((grant) => grant.holder.kind !== "person" && !grant.ended_at && Date.parse(grant.until_at) > at)
    .sort((a, b) => blind(a) - blind(b) || Date.parse(a.until_at) - Date.parse(b.until_at) || (a.id < b.id ? -1 : 1));
}

export function say(key: string, values: Record<string, string | number>, clock_ms: number, tone: Line["tone"] = "plain"): void {
  line.value = { key, slots: values, tone, until: clock_ms + 3_000 };
}

/** The cards from top to bottom, as J and K walk them. */
export function walk(q: Queue): string[] {
  return [...q.unclaimed.map((fold) => fold.lead), ...q.mine, ...q.others, ...(q.flood ? [] : q.flags)].map((incident) => incident.id);
}
