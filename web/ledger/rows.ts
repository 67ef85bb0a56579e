/** From entries to lines that a person reads: a view is one line with its length, however often it was renewed. */
import type { LedgerEntry } from "../shared/api";
import { fill } from "../shared/i18n";
import { hers, refused } from "../shared/viewing";
import { span } from "../shared/words";
import { type Word, actWords, ground, reason, says, t } from "./words";

export type Entry = LedgerEntry & { details: Record<string, string | number> };
export type Kind = "view" | "grant" | "incident" | "erase" | "access";

export interface Row {
  entry: Entry;
  kind: Kind;
  who: string;
  role: string;
  what: string;
  ground: string;
  /** Seconds of looking; null where nothing was looked at. */
  seconds: number | null;
  /** The view is still going on: `seconds` then counts from `entry.at`. */
  watching: boolean;
  blocked: boolean;
  viewed: boolean;
}

const PREFIXES: [Kind, RegExp][] = [
  ["erase", /\.(erased|erase-ordered|held|hold-ended)$/],
  ["view", /^(view|link\.opened|link\.refused|incident\.(claimed|taken-over)|clip\.(seen|downloaded))/],
  ["grant", /^(grant|link)\./],
  ["access", /^(session|password|passkey|totp|token|code|account|ledger|person|device|camera)\./],
];

const kindOf = (act: string): Kind => PREFIXES.find(([, pattern]) => pattern.test(act))?.[0] ?? "incident";

/** Shown instead of a 32-digit id; enough to tell two apart on one screen. */
export const short = (id: string): string => (id.length > 12 ? id.slice(-6) : id);

function linkKinds(entries: readonly Entry[]): Map<string, string> {
  const kinds = new Map<string, string>();
  for (const { act, object, details } of entries) {
    if (act.startsWith("link.") && typeof details["role"] === "string") kinds.set(object, details["role"]);
  }
  return kinds;
}

function who(entry: Entry, links: Map<string, string>): [string, string] {
  const { id, name, role } = entry.actor;
  if (id.startsWith("link:")) {
    const kind = links.get(id.slice(5)) ?? role;
    const key = `actor.link.${kind}`;
    return [says(key) ? t(key) : short(id), t("role.link")];
  }
  if (id.startsWith("agency:")) return [id.slice(7), t("role.agency")];
  const known = `actor.${id}` as Word;
  if (says(known)) return [t(known), t(id === "person" ? "role.person" : id === "unknown" ? "role.unknown" : "role.system")];
  const label = `role.${role}` as Word;
  return [name ?? short(id), says(label) ? t(label) : role];
}

/** A look at a wall outside incidents, in which nobody can be recognised. */
export const isBlurred = ({ details }: Entry): boolean => details["kind"] === "blurred";

function what(entry: Entry): string {
  const { details } = entry;
  const role = `role.${details["role"]}`;
  const slots = {
    ...details,
    object: short(entry.object),
    role: says(role) ? t(role) : String(details["role"] ?? ""),
    seconds: typeof details["seconds"] === "number" ? span(details["seconds"]) : "",
  };
  return fill(actWords(isBlurred(entry) && entry.act !== "grant.issued" ? `${entry.act}.blurred` : entry.act), slots).trim();
}

/** What gives the right to an act that names no purpose: having the case, or being the person. */
function implied({ actor, act, incident }: Entry): string {
  if (actor.id === "person") return "consent";
  if (act.startsWith("link.")) return "link";
  return incident !== null && actor.name ? "incident" : "";
}

const HAS = new Set(["incident.claimed", "incident.taken-over"]);
/** What ends the time in which somebody has a case. */
const LEAVES = new Set(["incident.released", "incident.taken-over", "incident.closed"]);

/** Lines, newest first, as the entries come. */
export function rows(entries: readonly Entry[]): Row[] {
  const links = linkKinds(entries);
  const closed = new Map(entries.filter((entry) => entry.act === "incident.closed").map((entry) => [entry.incident, entry]));
  // Newest first: the last one found is the first after it.
  const left = (entry: Entry): Entry | undefined => entries.filter((one) => one.incident === entry.incident && LEAVES.has(one.act) && one.at > entry.at).at(-1);
  const ends = new Map<string, Entry[]>();
  // Newest first: the last end in a list is the earliest.
  for (const entry of entries) {
    if (entry.act !== "view.ended") continue;
    const key = `${entry.actor.id} ${entry.object} ${isBlurred(entry)}`;
    ends.set(key, [...(ends.get(key) ?? []), entry]);
  }
  return entries.flatMap((entry): Row[] => {
    if (entry.act === "view.renewed" || entry.act === "view.ended") return [];
    const [name, role] = who(entry, links);
    const blocked = refused(entry);
    const looks = !blocked && !hers(entry) && (entry.act === "view.opened" || entry.act === "link.opened" || HAS.has(entry.act) || entry.act === "incident.viewed");
    const end =
      entry.act === "view.opened"
        ? ends.get(`${entry.actor.id} ${entry.object} ${isBlurred(entry)}`)?.filter((one) => one.at >= entry.at).at(-1)
        : HAS.has(entry.act)
          ? left(entry)
          : closed.get(entry.incident);
    const until = end ?? closed.get(entry.incident);
    const why = entry.details["why"];
    return [
      {
        entry,
        kind: kindOf(entry.act),
        who: name,
        role,
        what: what(entry),
        // A ground of its own stands with the entry; everything else is done by whoever holds the case or a right.
        ground: entry.act === "case.held" && typeof why === "string" ? reason(why) : blocked ? (typeof why === "string" ? reason(why) : t("role.unknown")) : ground(entry.purpose || implied(entry)),
        seconds: !looks ? null : end?.seconds != null ? end.seconds : until ? (Date.parse(until.at) - Date.parse(entry.at)) / 1000 : 0,
        watching: looks && !until,
        blocked,
        viewed: looks,
      },
    ];
  });
}
