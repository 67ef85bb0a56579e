/** Wards at the desk: who needs a hand first, one key for what is next; nobody's name and nobody's place in the list. */
import { computed, signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Problem, get, me, post } from "../shared/api";
import { now, since } from "../shared/clock";
import { Kbd } from "../shared/components";
import { age, clockTime, span } from "../shared/words";
import * as act from "./actions";
import { type Verb, cap } from "./bindings";
import { Enrol } from "./enrolling";
import * as store from "./store";
import { type WardWord, s, said } from "./ward-words";
import { One } from "./ward";
import type { Kind } from "./ward-form";
import { drawing, leave } from "./zones";

export interface Alarm {
  reason: string;
  since_at: string;
  /** How many guardians have been told. */
  told: number;
  /** Whose word holds until `muted_until_at`. */
  answered_by: "guardian" | "official" | null;
  muted_until_at: string | null;
  /** When it becomes a case if nobody answers. */
  step_at: string | null;
  /** The case that has her. */
  incident: string | null;
}
export interface WardLine {
  id: string;
  kind: Kind;
  state: "ok" | "alarm" | "silent" | "ended";
  alarm: Alarm | null;
  /** Null once her account is closed: the leader gives the ward to somebody else. */
  official: { id: string; name: string } | null;
  /** Whoever reads this answers for her. */
  mine: boolean;
  heard_at: string | null;
  until_at: string;
  zones: number;
  guardians: number;
  /** Since when she is being asked today. */
  asked_at: string | null;
  checked_at: string | null;
  search: Search["state"] | null;
}
export interface Search {
  id: string;
  ward: string;
  kind: Kind;
  asked_by: { id: string; name: string };
  asked_at: string;
  /** Whoever reads this asked for it, and cannot approve it. */
  mine: boolean;
  reason: string;
  reference: string;
  state: "asked" | "approved" | "refused" | "expired";
  until_at: string | null;
  incident: string | null;
}
type Page = { is: "list" } | { is: "new" } | { is: "one"; id: string };

const EVERY_MS = 5_000;
const DAY_S = 86_400;

const page = signal<Page>({ is: "list" });
const lines = signal<WardLine[] | null>(null);
const searches = signal<Search[]>([]);
const failed = signal(false);
const chosen = signal<string | null>(null);
/** The answer that a second press of the same key would give. */
const armed = signal<string | null>(null);
const notice = signal<{ word: WardWord; why?: string; warn: boolean } | null>(null);

const leads = (): boolean => me.value?.role === "supervisor";
/** The one official who answers for her, and the leader. */
export const mayAct = (line: WardLine): boolean => line.mine || leads();
export const waits = ({ alarm }: WardLine): boolean => alarm !== null && alarm.answered_by === null && alarm.incident === null;

/** Alarms that nobody has answered, the oldest first and my own before the others'; then what somebody has in hand; then the quiet. */
function order(all: WardLine[]): WardLine[] {
  const rank = (line: WardLine): number => (waits(line) ? (line.mine ? 0 : 1) : line.state === "ended" ? 5 : line.official === null && leads() ? 2 : line.alarm !== null ? 3 : 4);
  const at = (line: WardLine): string => line.alarm?.since_at ?? line.until_at;
  return [...all].sort((a, b) => rank(a) - rank(b) || (at(a) < at(b) ? -1 : at(a) > at(b) ? 1 : a.id < b.id ? -1 : 1));
}
const ordered = computed(() => order(lines.value ?? []));
const asked = computed(() => searches.value.filter((one) => one.state === "asked"));
/** What the keys walk: searches to decide on, then the list. */
const walked = computed(() => [...asked.value.filter((one) => !one.mine).map((one) => one.id), ...ordered.value.map((one) => one.id)]);
const at = computed(() => (chosen.value !== null && walked.value.includes(chosen.value) ? chosen.value : (walked.value[0] ?? null)));

export function why(error: unknown): { word: WardWord; why?: string; warn: true } {
  if (!(error instanceof Problem) || error.status === 0 || error.status >= 500) return { word: "unsent", warn: true };
  return error.status === 409 ? { word: "lost", warn: true } : { word: "refused", why: error.title, warn: true };
}

async function read(): Promise<void> {
  try {
    const [wards, open] = await Promise.all([get<{ wards: WardLine[]; counts: store.WardCounts }>("/api/wards"), leads() ? get<{ searches: Search[] }>("/api/searches") : { searches: [] }]);
    lines.value = wards.wards;
    // The same counts again are no news: whoever waits for news would read again and again.
    if (JSON.stringify(wards.counts) !== JSON.stringify(store.wards.peek())) store.wards.value = wards.counts;
    searches.value = open.searches;
    // Once chosen it stays chosen: an alarm that comes in between is not what the next key is for.
    if (at.peek() !== chosen.peek()) chosen.value = at.peek();
    failed.value = false;
  } catch {
    failed.value = true;
  }
}

async function inHand(id: string): Promise<void> {
  chosen.value = id;
  try {
    await post(`/api/wards/${encodeURIComponent(id)}/in-hand`);
    notice.value = { word: "in-hand.done", warn: false };
  } catch (error) {
    notice.value = why(error);
  }
  await read();
}

async function decide(search: Search, verb: "approve" | "refuse"): Promise<void> {
  if (armed.peek() !== verb + search.id) {
    armed.value = verb + search.id;
    return;
  }
  armed.value = null;
  try {
    await post(`/api/searches/${encodeURIComponent(search.id)}/${verb}`);
    notice.value = { word: verb === "approve" ? "search.approved" : "search.refused", warn: false };
  } catch (error) {
    notice.value = why(error);
  }
  await read();
}

function show(to: Page): void {
  page.value = to;
  armed.value = null;
  notice.value = null;
}

export function toggle(): void {
  if (drawing.peek()) leave();
  else if (act.sheet.peek() === "wards") act.sheet.value = null;
  else if (store.wards.peek() !== null) {
    show(page.peek().is === "new" ? page.peek() : { is: "list" });
    chosen.value = null;
    act.sheet.value = "wards";
  }
}

/** One step back inside the panel; false where there is none and Esc closes it. */
export function back(): boolean {
  if (page.peek().is === "list" && armed.peek() === null) return false;
  show({ is: "list" });
  return true;
}

/** What is next for the chosen line: take an alarm in hand, decide on a search, or read. */
function next(): void {
  const id = at.peek();
  const search = asked.peek().find((one) => one.id === id);
  const line = ordered.peek().find((one) => one.id === id);
  if (search) void decide(search, "approve");
  else if (line && waits(line) && mayAct(line)) void inHand(line.id);
  else if (line) show({ is: "one", id: line.id });
}

/** Keys in the panel's list; false for those that mean here what they mean everywhere. */
export function onKey({ code }: KeyboardEvent, verb: Verb | undefined): boolean {
  if (page.peek().is !== "list") return false;
  const by = code === "ArrowDown" || verb === "next" ? 1 : code === "ArrowUp" || verb === "previous" ? -1 : 0;
  if (by !== 0) {
    const ids = walked.peek();
    const from = ids.indexOf(at.peek() ?? "");
    chosen.value = ids[Math.min(ids.length - 1, Math.max(0, from + by))] ?? null;
    armed.value = null;
  } else if (code === "Enter" || code === "NumpadEnter" || verb === "confirm") next();
  else if (verb === "extend" && ordered.peek().some((one) => one.id === at.peek())) show({ is: "one", id: at.peek()! });
  else if (verb === "note") show({ is: "new" });
  else return false;
  return true;
}

export function answerTo({ answered_by, muted_until_at, incident }: Alarm): string {
  if (incident !== null) return s("answered.case");
  return [said("answered", answered_by ?? "none"), answered_by && muted_until_at ? s("muted", { time: clockTime(muted_until_at, false) }) : ""].filter(Boolean).join(" · ");
}

function Told({ alarm }: { alarm: Alarm }): JSX.Element {
  const left = alarm.step_at && alarm.incident === null ? (Date.parse(alarm.step_at) - now.value) / 1000 : 0;
  const told = alarm.incident === null ? s(alarm.told > 0 ? "told" : "told.none", { n: alarm.told }) : "";
  return <span class="t2">{[told, answerTo(alarm), left > 0 ? s("case.in", { t: span(left) }) : ""].filter(Boolean).join(" · ")}</span>;
}

function Row({ line }: { line: WardLine }): JSX.Element {
  const here = at.value === line.id;
  const days = Math.ceil((Date.parse(line.until_at) - now.value) / 1000 / DAY_S);
  const urgent = waits(line);
  const may = mayAct(line);
  return (
    <tr data-ward={line.id} class={here ? "here" : ""} aria-current={here ? "true" : undefined}>
      <th scope="row" class={urgent ? "c2 m" : ""}>
        {line.alarm ? `${said("why", line.alarm.reason)} · ${age(since(line.alarm.since_at))}` : said("is", line.state)}
        {line.alarm && <div><Told alarm={line.alarm} /></div>}
        {line.search && <div class="t2">{s("search.title")} · {said("search.is", line.search)}</div>}
      </th>
      <td>
        {said("kind", line.kind)}
        <div class={line.official === null ? "c2 m" : line.mine ? "m" : "t2"}>{line.mine ? s("mine") : (line.official?.name ?? s("official.none"))}</div>
      </td>
      <td>
        <span class={line.state === "silent" ? "c2 m" : ""}>{line.heard_at === null ? s("never") : age(since(line.heard_at))}</span>
        {(line.asked_at ?? line.checked_at) && <div class="t2">{line.asked_at ? s("asking") : s("checked", { at: age(since(line.checked_at!)) })}</div>}
      </td>
      <td class={days <= 3 ? "c2" : ""}>{s("day", { n: Math.max(0, days) })}</td>
      <td>
        <div class="row">
          {urgent && may && <button type="button" class={here ? "btn fill" : "btn"} onClick={() => void inHand(line.id)}><span class="sr">{said("kind", line.kind)} </span>{s("in-hand")} {here && <Kbd>{key()}</Kbd>}</button>}
          <button type="button" class="btn" onClick={() => show({ is: "one", id: line.id })}><span class="sr">{said("kind", line.kind)} {line.official?.name ?? s("official.none")} </span>{s("open")} {here && <Kbd>{urgent && may ? cap("extend") : key()}</Kbd>}</button>
        </div>
      </td>
    </tr>
  );
}

/** Whoever waits to be claimed has Enter; then the letter does the same here. */
const key = (): string => (store.top.value ? cap("confirm") : "Enter");

function Asked({ search }: { search: Search }): JSX.Element {
  const here = at.value === search.id;
  return (
    <li class={here ? "search here" : "search"} data-search={search.id} aria-current={here ? "true" : undefined}>
      <div class="grow">
        <b>{s("search")} · {said("kind", search.kind)}</b> <span class="t2">{s("search.by", { who: search.asked_by.name, age: age(since(search.asked_at)) })}</span>
        <div>{search.reason} · <span class="t2">{s("search.reference", { n: search.reference })}</span></div>
        <div class="t2">{s(search.mine ? "search.own" : "search.hint")}</div>
      </div>
      {!search.mine && (
        <>
          <button type="button" class={here ? "btn fill" : "btn"} onClick={() => void decide(search, "approve")}>{s(armed.value === `approve${search.id}` ? "approve.sure" : "approve")} {here && <Kbd>{key()}</Kbd>}</button>
          <button type="button" class="btn" onClick={() => void decide(search, "refuse")}>{s(armed.value === `refuse${search.id}` ? "refuse.sure" : "refuse")}</button>
        </>
      )}
    </li>
  );
}

function List(): JSX.Element {
  const all = ordered.value;
  return (
    <>
      <p class="t2">{s("lead")}</p>
      {asked.value.length > 0 && <ul class="pairs">{asked.value.map((one) => <Asked key={one.id} search={one} />)}</ul>}
      {lines.value !== null && all.length === 0 && <p class="t2">{s("none")}</p>}
      {all.length > 0 && (
        <table class={failed.value ? "healths wards old" : "healths wards"}>
          <thead>
            <tr>{(["state", "kind", "heard", "until", "act"] as const).map((one) => <th key={one} scope="col">{s(`col.${one}`)}</th>)}</tr>
          </thead>
          <tbody>{all.map((line) => <Row key={line.id} line={line} />)}</tbody>
        </table>
      )}
      <div class="row below">
        <button type="button" class="btn" onClick={() => show({ is: "new" })}>{s("new")} <Kbd>{cap("note")}</Kbd></button>
        <span class="t2 row end"><Kbd>{cap("next")}</Kbd> <Kbd>{cap("previous")}</Kbd> {s("keys")} <Kbd>{key()}</Kbd> {s("key.next")} <Kbd>{cap("extend")}</Kbd> {s("key.open")}</span>
      </div>
    </>
  );
}

export function Wards(): JSX.Element {
  const counts = store.wards.value;
  const shown = page.value;
  useEffect(() => {
    void read();
    const again = setInterval(() => void read(), EVERY_MS);
    return () => clearInterval(again);
  }, [counts]);
  return (
    <div class="sheet" role="dialog" aria-label={s("title")} data-part="wards">
      <div class="sheet-head row">
        <h2>{shown.is === "new" ? s("new") : s("title")}</h2>
        {counts && <span class="t2">{s("count", { ...counts })}</span>}
        {counts !== null && counts.unassigned > 0 && <b class="c2">{s("count.unassigned", { n: counts.unassigned })}</b>}
        {shown.is !== "list" && <button type="button" class="btn" onClick={() => show({ is: "list" })}>{s("back")} <Kbd>Esc</Kbd></button>}
        <button type="button" class="btn end" onClick={() => (act.sheet.value = null)}>
          {s("close")} {shown.is === "list" && <Kbd>Esc</Kbd>}
        </button>
      </div>
      {failed.value && <p class="c2 m" role="status">{s("failed")}</p>}
      {notice.value && <p class={notice.value.warn ? "c2 m" : "m"} role={notice.value.warn ? "alert" : "status"}>{s(notice.value.word, { why: notice.value.why ?? "" })}</p>}
      {shown.is === "list" && <List />}
      {shown.is === "new" && (
        <Enrol
          done={(id, secret) => {
            void read();
            show({ is: "one", id });
            notice.value = { word: secret ? "sent.secret" : "sent", why: secret, warn: false };
          }}
        />
      )}
      {shown.is === "one" && <One id={shown.id} line={lines.value?.find((one) => one.id === shown.id) ?? null} changed={() => void read()} />}
    </div>
  );
}
