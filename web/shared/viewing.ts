/**
 * Who looked at one person's case, said from the ledger's entries about it. The auditor's page and the
 * person's own page use this same reading, so that both see the same sentence.
 */
import type { LedgerEntry } from "./api";

export type ViewerRole = "operator" | "supervisor" | "officer" | "scout" | "guardian" | "agency" | "auditor" | "stranger";

export interface Viewer {
  role: ViewerRole;
  /** Different people of this role. */
  people: number;
  cameras: number;
  position: boolean;
  seconds: number;
  /** At least one view is still open. */
  watching: boolean;
}

/** One stretch of looking, in milliseconds since 1970; `until` null while it goes on. */
export interface Stretch {
  actor: string;
  name: string;
  role: ViewerRole;
  what: "camera" | "position";
  object: string;
  from: number;
  until: number | null;
  refused: boolean;
}

type Entry = Pick<LedgerEntry, "at" | "actor" | "act" | "object"> & { details?: Record<string, string | number> | null };

const ROLES: ViewerRole[] = ["operator", "supervisor", "officer", "scout", "guardian", "agency", "auditor", "stranger"];

export const refused = (entry: { act: string; result?: string | null }): boolean => entry.act.endsWith(".refused") || entry.result === "refused";

/** The link that was sent to herself shows nothing of her to whoever opens it. */
export const hers = (entry: { act: string; details?: Record<string, string | number> | null }): boolean => entry.act === "link.opened" && (entry.details?.["role"] === "person" || entry.details?.["role"] === "walker");

const isRole = (word: unknown): word is ViewerRole => (ROLES as unknown[]).includes(word);

/** What kind of viewer each link is for: only the entries of its issue and opening say so. */
function linkRoles(entries: readonly Entry[]): Map<string, ViewerRole> {
  const roles = new Map<string, ViewerRole>();
  for (const { act, object, actor, details } of entries) {
    const said = isRole(details?.["role"]) ? details["role"] : isRole(actor.role) ? actor.role : null;
    if (act.startsWith("link.") && said !== null) roles.set(`link:${object}`, said);
  }
  return roles;
}

/** A viewer without a name or role of its own is behind a link, and only officers' links show video. */
function role(entry: Entry, links: Map<string, ViewerRole>): ViewerRole {
  return links.get(entry.actor.id) ?? (isRole(entry.actor.role) ? entry.actor.role : entry.actor.id.startsWith("link:") ? "officer" : "operator");
}

const BEGINS = new Set(["view.opened", "link.opened", "incident.claimed", "incident.taken-over", "incident.viewed", "escort.viewed"]);
const HAS = new Set(["incident.claimed", "incident.taken-over"]);
const ENDS = new Set(["view.ended", "link.ended", "link.revoked", "incident.released"]);
const CLOSES = new Set(["incident.closed", "trip.ended", "escort.ended"]);
/** Read once; nothing says for how long. */
const GLANCES = new Set(["escort.viewed"]);

/** Every stretch of looking, oldest first. What nobody ended ends with the incident. */
export function stretches(entries: readonly Entry[]): Stretch[] {
  const inOrder = [...entries].sort((a, b) => a.at.localeCompare(b.at));
  const found: Stretch[] = [];
  const open = new Map<string, Stretch>();
  const holders = new Map<string, string>();
  const links = linkRoles(inOrder);
  for (const entry of inOrder) {
    const at = Date.parse(entry.at);
    const key = `${entry.actor.id} ${entry.act.split(".")[0]} ${entry.object}`;
    if (HAS.has(entry.act)) {
      // Whoever takes a case over ends the time of whoever had it.
      const before = holders.get(entry.object);
      const theirs = before === undefined || before === key ? undefined : open.get(before);
      if (theirs) {
        theirs.until = at;
        open.delete(before!);
      }
      holders.set(entry.object, key);
    }
    if (entry.act === "view.refused" || entry.act === "link.refused") {
      found.push({ actor: entry.actor.id, name: entry.actor.name ?? entry.actor.id, role: "stranger", what: "camera", object: entry.object, from: at, until: at, refused: true });
    } else if (BEGINS.has(entry.act) && !hers(entry)) {
      if (open.has(key)) continue;
      const what = entry.act === "view.opened" ? "camera" : "position";
      const stretch: Stretch = { actor: entry.actor.id, name: entry.actor.name ?? entry.actor.id, role: role(entry, links), what, object: entry.object, from: at, until: GLANCES.has(entry.act) ? at : null, refused: false };
      if (stretch.until === null) open.set(key, stretch);
      found.push(stretch);
    } else if (ENDS.has(entry.act)) {
      const stretch = open.get(key);
      if (stretch) stretch.until = at;
      open.delete(key);
    } else if (CLOSES.has(entry.act)) {
      for (const stretch of open.values()) stretch.until = at;
      open.clear();
    }
  }
  return found;
}

/** Time covered by at least one stretch, in seconds. */
function covered(some: Stretch[], now: number): number {
  let total = 0;
  let end = -Infinity;
  for (const { from, until } of [...some].sort((a, b) => a.from - b.from)) {
    const to = until ?? now;
    total += Math.max(0, to - Math.max(from, end));
    end = Math.max(end, to);
  }
  return total / 1000;
}

export function viewers(entries: readonly Entry[], now: number): Viewer[] {
  const all = stretches(entries);
  return ROLES.flatMap((one) => {
    const some = all.filter((stretch) => stretch.role === one);
    if (some.length === 0) return [];
    return {
      role: one,
      people: new Set(some.map((stretch) => stretch.actor)).size,
      cameras: new Set(some.filter((stretch) => stretch.what === "camera").map((stretch) => stretch.object)).size,
      position: some.some((stretch) => stretch.what === "position"),
      seconds: covered(some, now),
      watching: some.some((stretch) => stretch.until === null),
    };
  });
}

/** What was cut out of the recordings for the case. */
export interface Kept {
  saved: number;
  /** So many of them have left on somebody's machine. */
  taken: number;
}

export function kept(entries: readonly Entry[]): Kept {
  const clips = (act: string): number => new Set(entries.filter((entry) => entry.act === act).map((entry) => entry.object)).size;
  return { saved: clips("clip.saved"), taken: clips("clip.downloaded") };
}
