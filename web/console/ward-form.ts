/** What an official types about a ward, and what is wrong with it, by field. No DOM here. */
import { crossed, endOf, dayOf, RADIUS_M, type Rule, type Zone, type ZoneDraft, drafted, wired } from "./zones";
import { s } from "./ward-words";

export type Kind = "child" | "dementia" | "quarantine";
export type Ground = "representative" | "own" | "guardian" | "order";
/** Which consent, or which order, may stand behind a watch over whom. */
export const GROUNDS: Record<Kind, Ground[]> = { child: ["representative"], dementia: ["own", "guardian"], quarantine: ["order"] };
export const PROTOCOLS = { gt06: "GT06", h02: "H02", watch: "Watch", gps103: "GPS103", jt808: "JT/T 808", osmand: "OsmAnd", owntracks: "OwnTracks" } as const;
export const MOST = { guardians: 5, devices: 5, zones: 8 };
const DAYS: Record<Kind, number> = { child: 365, dementia: 365, quarantine: 31 };
/** Of devices, which speak by themselves; a page that is closed says nothing, so with a page alone silence is no alarm. */
const SILENT_MIN: Record<Kind, string> = { child: "30", dementia: "30", quarantine: "60" };
const DAY_MS = 86_400_000;
const PHONE = /^\+?[0-9][0-9 ()-]{6,30}$/;
const MAIL = /^[^@\s]+@[^@\s]+\.[^@\s]+$/;
const NUMBER = /^\+?[0-9A-Za-z][0-9A-Za-z ()-]{3,31}$/;

export type Language = "ko" | "en";
export interface GuardianDraft {
  name: string;
  relation: string;
  contact: string;
  language: Language;
}
export interface DeviceDraft {
  protocol: string;
  number: string;
}
/** Who she is, who is told and by what she is heard: what can be changed later, too. */
export interface Contacts {
  name: string;
  note: string;
  guardians: GuardianDraft[];
  phone: string;
  /** In which her own page and its messages are. */
  language: Language;
  devices: DeviceDraft[];
}
/** How somebody is watched over: what can be changed later, too. */
export interface Rules {
  until: string;
  zones: ZoneDraft[];
  check: boolean;
  check_at: string;
  grace_min: string;
  /** Empty: silence is no alarm. */
  silent_min: string;
}
export interface Draft extends Rules, Contacts {
  /** The form's own id, so that pressing twice enrols once. */
  id: string;
  kind: Kind;
  ground: Ground;
  reference: string;
}
export type Faults = Record<string, string>;

export const lastDay = (kind: Kind, now_ms: number): string => dayOf(now_ms + (DAYS[kind] - 1) * DAY_MS);

export const newGuardian = (): GuardianDraft => ({ name: "", relation: "", contact: "", language: "ko" });
export const newDevice = (): DeviceDraft => ({ protocol: "gt06", number: "" });

export function blank(now_ms: number): Draft {
  return {
    id: crypto.randomUUID().replaceAll("-", ""), kind: "child", name: "", note: "", ground: "representative", reference: "",
    guardians: [newGuardian()], phone: "", language: "ko", devices: [],
    until: lastDay("child", now_ms), zones: [], check: false, check_at: "09:00", grace_min: "60", silent_min: "",
  };
}

/** The same form for another kind: what follows from the kind follows it, what was typed stays. */
export function ofKind(draft: Draft, kind: Kind, now_ms: number): Draft {
  const last = lastDay(kind, now_ms);
  return {
    ...draft,
    kind,
    ground: GROUNDS[kind].includes(draft.ground) ? draft.ground : GROUNDS[kind][0]!,
    until: draft.until === lastDay(draft.kind, now_ms) || draft.until > last ? last : draft.until,
    check: kind === "quarantine" || draft.check,
    silent_min: draft.silent_min === SILENT_MIN[draft.kind] ? SILENT_MIN[kind] : draft.silent_min,
  };
}

/** With these devices: the first one brings what counts as silence, the last one takes it along. */
export function withDevices(draft: Draft, devices: Draft["devices"]): Partial<Draft> {
  const usual = SILENT_MIN[draft.kind];
  if (draft.devices.length === 0 && devices.length > 0 && draft.silent_min === "") return { devices, silent_min: usual };
  return devices.length === 0 && draft.silent_min === usual ? { devices, silent_min: "" } : { devices };
}

export const newZone = (): ZoneDraft => ({ name: "", rule: "stay" satisfies Rule, outline: null, hours: [], valid_until: "" });

const within = (text: string, low: number, high: number): boolean => text.trim() !== "" && Number(text) >= low && Number(text) <= high;

export function rulesFaults(rules: Rules, kind: Kind, now_ms: number): Faults {
  const found: Faults = {};
  const today = dayOf(now_ms);
  if (!rules.until || rules.until < today || rules.until > lastDay(kind, now_ms)) found["until_at"] = s("bad.until", { n: DAYS[kind] });
  if (rules.check && !rules.check_at) found["check.at"] = s("bad.check");
  if (rules.check && !within(rules.grace_min, 30, 240)) found["check.grace_min"] = s("bad.grace");
  if (rules.silent_min.trim() && !within(rules.silent_min, 10, 1440)) found["silent_after_s"] = s("bad.silent");
  rules.zones.forEach((zone, i) => {
    const at = `zones[${i}]`;
    if (!zone.name.trim()) found[`${at}.name`] = s("bad.zone");
    const { outline } = zone;
    if (outline === null) found[`${at}.outline`] = s("bad.drawn");
    else if ("corners" in outline) {
      if (crossed(outline.corners)) found[`${at}.outline`] = s("bad.crossed");
    } else if (outline.circle.radius_m < RADIUS_M.least || outline.circle.radius_m > RADIUS_M.most) found[`${at}.outline`] = s("bad.radius");
    if (zone.hours.some((one) => one.days.length === 0)) found[`${at}.hours`] = s("bad.days");
    else if (zone.hours.some((one) => !one.from || !one.until)) found[`${at}.hours`] = s("bad.hours");
    if (zone.valid_until && zone.valid_until < today) found[`${at}.valid_until_at`] = s("bad.valid");
  });
  return found;
}

/** `heard`: by so many devices that stand nowhere in the form; `asked`: whether there is a daily check. */
export function contactFaults(draft: Contacts, kind: Kind, asked: boolean, heard: number): Faults {
  const found: Faults = {};
  if (!draft.name.trim()) found["name"] = s("bad.name");
  if (draft.guardians.length === 0 && kind !== "quarantine") found["guardians"] = s("bad.guardians");
  draft.guardians.forEach(({ name, contact }, i) => {
    if (!name.trim()) found[`guardians[${i}].name`] = s("bad.guardian");
    if (!PHONE.test(contact.trim()) && !MAIL.test(contact.trim())) found[`guardians[${i}].contact`] = s("bad.contact");
  });
  if (draft.phone.trim() && !PHONE.test(draft.phone.trim())) found["phone"] = s("bad.phone");
  else if (!draft.phone.trim() && draft.devices.length + heard === 0) found["phone"] = s("bad.nothing");
  else if (!draft.phone.trim() && asked) found["phone"] = s("bad.page");
  draft.devices.forEach(({ number }, i) => {
    if (!NUMBER.test(number.trim())) found[`devices[${i}].number`] = s("bad.number");
  });
  return found;
}

export function faults(draft: Draft, now_ms: number): Faults {
  const found = contactFaults(draft, draft.kind, draft.check, 0);
  if (!GROUNDS[draft.kind].includes(draft.ground)) found["ground.kind"] = s("bad.ground");
  if (draft.ground === "order" && !draft.reference.trim()) found["ground.reference"] = s("bad.reference");
  return { ...found, ...rulesFaults(draft, draft.kind, now_ms) };
}

/** Where in the form a member of the body stands that the server names. */
export const fieldOf = (path: string): string => path.replace(/^\$?\.?/, "").replace(/\.shape\b.*$/, ".outline").replace(/^(guardians\[\d+\])(?:\.(?:phone|mail))?$/, "$1.contact").replace(/^check$/, "check.at").replace(/^devices$/, "phone").replace(/(\.hours)\b.*$/, "$1");

interface RulesBody {
  until_at: string;
  zones: Zone[];
  check: { at: string; grace_min: number } | null;
  silent_after_s: number;
}
export const rulesBody = (rules: Rules): RulesBody => ({
  until_at: endOf(rules.until),
  zones: rules.zones.map(wired),
  check: rules.check ? { at: rules.check_at, grace_min: Number(rules.grace_min) } : null,
  silent_after_s: Number(rules.silent_min) * 60,
});

interface GuardianBody {
  name: string;
  relation?: string;
  phone?: string;
  mail?: string;
  language: Language;
}
const guardiansBody = (guardians: GuardianDraft[]): GuardianBody[] =>
  guardians.map(({ name, relation, contact, language }) => ({ name: name.trim(), ...(relation ? { relation } : {}), [contact.includes("@") ? "mail" : "phone"]: contact.trim(), language }));
const devicesBody = (devices: DeviceDraft[]): DeviceDraft[] => devices.map(({ protocol, number }) => ({ protocol, number: number.trim() }));

export function body(draft: Draft): object {
  const { check, ...rules } = rulesBody(draft);
  return {
    id: draft.id,
    kind: draft.kind,
    name: draft.name.trim(),
    ...(draft.note.trim() ? { note: draft.note.trim() } : {}),
    ground: { kind: draft.ground, ...(draft.reference.trim() ? { reference: draft.reference.trim() } : {}) },
    guardians: guardiansBody(draft.guardians),
    ...(draft.phone.trim() ? { phone: draft.phone.trim(), language: draft.language } : {}),
    ...(draft.devices.length > 0 ? { devices: devicesBody(draft.devices) } : {}),
    ...rules,
    ...(check ? { check } : {}),
  };
}

/** What of the rules is another than before: zones that are sent anew forget where she was beside them. */
export function changesOf(before: Rules, after: Rules): Partial<RulesBody> {
  const was = rulesBody(before);
  return Object.fromEntries(Object.entries(rulesBody(after)).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(was[name as keyof RulesBody])));
}

/** The rules of a ward as they are, to be changed. */
export function rulesOf(ward: { until_at: string; places: Zone[]; check: { at: string; grace_min: number } | null; silent_after_s: number }): Rules {
  return {
    until: dayOf(ward.until_at),
    zones: ward.places.map(drafted),
    check: ward.check !== null,
    check_at: ward.check?.at ?? "09:00",
    grace_min: String(ward.check?.grace_min ?? 60),
    silent_min: ward.silent_after_s > 0 ? String(Math.round(ward.silent_after_s / 60)) : "",
  };
}

interface ContactsShown {
  name: string;
  note: string;
  phone: string;
  language: Language;
  people: { name: string; relation: string; phone: string | null; mail: string | null; language: Language }[];
}

/** Who she is and who is told, to be changed. The numbers of her devices are not kept: whoever changes one gives them all. */
export function contactsOf({ name, note, phone, language, people }: ContactsShown): Contacts {
  return { name, note, phone, language, devices: [], guardians: people.map((one) => ({ name: one.name, relation: one.relation, contact: one.phone ?? one.mail ?? "", language: one.language })) };
}

/** What of these is another than before. */
export function contactChanges(before: Contacts, after: Contacts): object {
  const told = (of: Contacts): object => ({ name: of.name.trim(), note: of.note.trim(), guardians: guardiansBody(of.guardians), phone: of.phone.trim() || null, language: of.language });
  const was = Object.entries(told(before));
  const changed = Object.entries(told(after)).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(was.find(([one]) => one === name)![1]));
  return { ...Object.fromEntries(changed), ...(after.devices.length > 0 ? { devices: devicesBody(after.devices) } : {}) };
}
