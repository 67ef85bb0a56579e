/** One ward, opened: who she is, on which ground, who is told, how she is watched over; and what her official may do. Reading it is in the ledger. */
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type Colleague, Problem, ask, get, post } from "../shared/api";
import { exactNow, now } from "../shared/clock";
import { clockTime, dayName, span } from "../shared/words";
import { ContactFields, Field, Form, RulesFields } from "./enrolling";
import { type Contacts, type Faults, type Ground, type Language, type Rules, changesOf, contactChanges, contactFaults, contactsOf, rulesFaults, rulesOf } from "./ward-form";
import { type WardWord, s, said } from "./ward-words";
import { type WardLine, answerTo, mayAct, waits, why } from "./wards";
import { type Zone, dayOf, drafted, hoursOf, shapeOf } from "./zones";

interface Detail extends WardLine {
  name: string;
  note: string;
  phone: string;
  ground: Ground;
  reference: string;
  language: Language;
  people: { name: string; relation: string; phone: string | null; mail: string | null; language: Language }[];
  places: Zone[];
  /** In words, never on a map. */
  place: { word: "inside" | "outside" | "forbidden" | "unknown"; since_at: string | null };
  check: { at: string; grace_min: number } | null;
  silent_after_s: number;
  devices: number;
  receipts: { who: string | null; channel: string; state: string; at: string }[];
}

/** What was read last: coming back from the map with a zone is no second reading. */
let last: Detail | null = null;
/** Changes to a ward that are not saved yet; they outlive the drawing of a zone. */
const changes = signal<{ id: string; rules: Rules } | null>(null);

const zoneOf = (zone: Zone): string =>
  [zone.name, s(`rule.${zone.rule}`), shapeOf(drafted(zone).outline), hoursOf(zone.hours), zone.valid_until_at ? (Date.parse(zone.valid_until_at) <= now.value ? s("expired") : s("valid.until", { date: dayName(zone.valid_until_at) })) : ""].filter(Boolean).join(" · ");

const ARMED_MS = 6_000;

/** A button that acts when it is pressed twice within a few seconds. */
function Twice({ word, sure, act }: { word: WardWord; sure: WardWord; act: () => void }): JSX.Element {
  const [armed, setArmed] = useState(false);
  useEffect(() => {
    const calm = armed ? setTimeout(() => setArmed(false), ARMED_MS) : 0;
    return () => clearTimeout(calm);
  }, [armed]);
  return (
    <button
      type="button"
      class="btn"
      onClick={() => {
        if (armed) act();
        setArmed(!armed);
      }}
    >
      {s(armed ? sure : word)}
    </button>
  );
}

function HandOver({ give }: { give: (to: string) => void }): JSX.Element {
  const [colleagues, setColleagues] = useState<Colleague[] | null>(null);
  const [to, setTo] = useState("");
  const read = (): void => void get<{ colleagues: Colleague[] }>("/api/colleagues").then(({ colleagues: all }) => (setColleagues(all), setTo(all[0]?.id ?? "")), () => undefined);
  return (
    <details onToggle={(event) => event.currentTarget.open && read()}>
      <summary>{s("hand-over")}</summary>
      {colleagues?.length === 0 && <p class="t2">{s("colleagues.none")}</p>}
      {colleagues !== null && colleagues.length > 0 && (
        <div class="row">
          <select class="field" aria-label={s("hand-over.to")} value={to} onChange={(event) => setTo(event.currentTarget.value)}>
            {colleagues.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
          </select>
          <button type="button" class="btn" onClick={() => give(to)}>{s("hand-over.do")}</button>
        </div>
      )}
    </details>
  );
}

/** Numbers and devices, without enrolling her anew. What is replaced is destroyed, so it is not shown beside the new one. */
function Contacted({ detail, save }: { detail: Detail; save: (body: object) => Promise<void> }): JSX.Element {
  const [now, setNow] = useState<Contacts | null>(null);
  const change = (more: Partial<Contacts>): void => setNow((before) => before && { ...before, ...more });
  const judge = (): Faults => contactFaults(now!, detail.kind, detail.check !== null, detail.devices);
  const send = async (): Promise<void> => {
    await save(contactChanges(contactsOf(detail), now!));
    setNow(null);
  };
  return (
    <details open={now !== null} onToggle={(event) => setNow(event.currentTarget.open ? (now ?? contactsOf(detail)) : null)}>
      <summary>{s("contacts")}</summary>
      {now && (
        <>
          <p class="t2">{s("contacts.hint")}{detail.devices > 0 && ` ${s("contacts.devices", { n: detail.devices })}`}</p>
          <Form label={s("contacts")} button={s("change.save")} judge={judge} send={send}>
            {(wrong) => (
              <>
                <Field path="name" word={s("who")} value={now.name} wrong={wrong} change={(name) => change({ name })} />
                <Field path="note" word={s("note")} value={now.note} wrong={wrong} change={(note) => change({ note })} />
                <ContactFields of={now} kind={detail.kind} wrong={wrong} change={change} />
              </>
            )}
          </Form>
        </>
      )}
    </details>
  );
}

const FIELDS = { reason: "bad.reason", reference: "bad.asked" } as const;

/** For any operator of the centre, also one who does not answer for her. */
function AskSearch({ send }: { send: (values: object) => Promise<void> }): JSX.Element {
  const [values, setValues] = useState({ reason: "", reference: "" });
  const names = Object.keys(FIELDS) as (keyof typeof FIELDS)[];
  const judge = (): Faults => Object.fromEntries(names.filter((name) => !values[name].trim()).map((name) => [name, s(FIELDS[name])]));
  return (
    <details>
      <summary>{s("ask")}</summary>
      <Form label={s("ask")} button={s("ask.send")} judge={judge} send={() => send(values)}>
        {(wrong) => names.map((name) => <Field key={name} path={name} word={s(`ask.${name}`)} value={values[name]} wrong={wrong} change={(value) => setValues({ ...values, [name]: value })} />)}
      </Form>
    </details>
  );
}

/** What the list says of somebody whom another official answers for; a search can be asked for all the same. */
function Other({ line, changed }: { line: WardLine; changed: () => void }): JSX.Element {
  const [asked, setAsked] = useState(false);
  const send = async (values: object): Promise<void> => {
    await post(`/api/wards/${encodeURIComponent(line.id)}/search`, values);
    setAsked(true);
    changed();
  };
  return (
    <section data-part="ward">
      <h3>{said("kind", line.kind)} · {line.alarm ? `${said("why", line.alarm.reason)} · ${answerTo(line.alarm)}` : said("is", line.state)}</h3>
      <p class="t2">{line.official ? s("other", { name: line.official.name }) : s("other.none")}</p>
      {asked && <p class="m" role="status">{s("ask.sent")}</p>}
      {line.state !== "ended" && line.search !== "asked" && !asked && <AskSearch send={send} />}
    </section>
  );
}

export function One({ id, line, changed }: { id: string; line: WardLine | null; changed: () => void }): JSX.Element {
  return line !== null && !mayAct(line) ? <Other line={line} changed={changed} /> : <Mine id={id} line={line} changed={changed} />;
}

function Mine({ id, line, changed }: { id: string; line: WardLine | null; changed: () => void }): JSX.Element {
  const [detail, setDetail] = useState<Detail | null>(() => (last?.id === id && changes.peek()?.id === id ? last : null));
  const [notice, setNotice] = useState<{ word: WardWord; why?: string; warn: boolean } | null>(null);
  const path = `/api/wards/${encodeURIComponent(id)}`;
  // Read once: each reading is in the ledger, and what changes is seen in the list.
  useEffect(() => {
    if (detail === null) get<Detail>(path).then(setDetail, (error: unknown) => setNotice(error instanceof Problem && error.status === 404 ? { word: "gone", warn: true } : why(error)));
  }, [id]);
  last = detail;
  if (detail === null) return <p class="t2" role="status">{notice && s(notice.word, { why: notice.why ?? "" })}</p>;
  const done = (word: WardWord) => (next: Detail): void => {
    setDetail(next);
    setNotice({ word, warn: false });
    changed();
  };
  const failed = (error: unknown): void => setNotice(why(error));
  const act = (verb: string, word: WardWord, body: object = {}): void => void post<Detail>(`${path}/${verb}`, body).then(done(word), failed);
  // The list is newer than what was read once.
  const { alarm, search } = line ?? detail;
  const urgent = waits(line ?? detail);
  const ended = detail.state === "ended";
  const editing = changes.value?.id === id ? changes.value.rules : null;
  // A day that stands already is not judged again.
  const judge = (): Faults => Object.fromEntries(Object.entries(rulesFaults(changes.peek()!.rules, detail.kind, exactNow())).filter(([path]) => path !== "until_at" || changes.peek()!.rules.until !== dayOf(detail.until_at)));
  const save = async (): Promise<void> => {
    const next = await ask<Detail>("PATCH", path, changesOf(rulesOf(detail), changes.peek()!.rules));
    changes.value = null;
    done("changed")(next);
  };
  const facts: [WardWord, string][] = [
    ["who", [detail.name, said("kind", detail.kind)].join(" · ")],
    ["note", detail.note],
    ["place", [said("place", detail.place.word), detail.place.since_at ? s("since", { time: clockTime(detail.place.since_at, false) }) : ""].filter(Boolean).join(" · ")],
    ["ground", [said("ground", detail.ground), detail.reference].filter(Boolean).join(" · ")],
    ["phone", detail.phone],
    ["device", detail.devices > 0 ? s("devices", { n: detail.devices }) : s("devices.none")],
    ["check", detail.check ? `${detail.check.at} · ${span(detail.check.grace_min * 60)}` : ""],
    ["silence", detail.silent_after_s > 0 ? s("silence.after", { t: span(detail.silent_after_s) }) : s("silence.never")],
    ["until", `${dayName(detail.until_at)} ${clockTime(detail.until_at, false)}`],
    ["official", detail.mine ? s("mine") : (detail.official?.name ?? s("official.none"))],
    ["receipts", detail.receipts.map((one) => `${one.who ?? s("herself")} ${said("state", one.state)} ${clockTime(one.at, false)}`).join(" · ")],
  ];
  return (
    <section data-part="ward">
      <div class="row">
        <h3 class={urgent ? "c2 m" : ""}>{alarm ? `${said("why", alarm.reason)} · ${clockTime(alarm.since_at, false)} · ${answerTo(alarm)}` : said("is", detail.state)}</h3>
        {urgent && <button type="button" class="btn fill" onClick={() => act("in-hand", "in-hand.done")}>{s("in-hand")}</button>}
        {alarm && alarm.incident === null && <Twice word="case.open" sure="case.sure" act={() => act("case", "case.opened")} />}
      </div>
      {notice && <p class={notice.warn ? "c2 m" : "m"} role={notice.warn ? "alert" : "status"}>{s(notice.word, { why: notice.why ?? "" })}</p>}
      <dl class="facts">
        {facts.filter(([, value]) => value).map(([word, value]) => [<dt key={word}>{s(word)}</dt>, <dd key={`${word}-is`}>{value}</dd>])}
        <dt>{s("guardians")}</dt>
        <dd>{detail.people.map((one, i) => <span key={i} class="row">{i + 1}. {one.name} {one.phone ? <a href={`tel:${one.phone}`}>{one.phone}</a> : one.mail}</span>)}</dd>
        <dt>{s("zones")}</dt>
        <dd>{detail.places.length === 0 ? s("zones.none") : detail.places.map((zone, i) => <div key={i}>{zoneOf(zone)}</div>)}</dd>
        {search && [<dt key="search">{s("search.title")}</dt>, <dd key="search-is">{said("search.is", search)}</dd>]}
      </dl>
      {!ended && (
        <>
          {search !== "asked" && (
            <AskSearch
              send={async (values) => {
                await post(`${path}/search`, values);
                done("ask.sent")({ ...detail, search: "asked" });
              }}
            />
          )}
          <details open={editing !== null} onToggle={(event) => (event.currentTarget.open ? editing === null && (changes.value = { id, rules: rulesOf(detail) }) : (changes.value = null))}>
            <summary>{s("change")}</summary>
            {editing && (
              <Form label={s("change")} button={s("change.save")} judge={judge} send={save}>
                {(wrong) => <RulesFields rules={editing} kind={detail.kind} wrong={wrong} change={(of) => (changes.value = { id, rules: { ...changes.peek()!.rules, ...of(changes.peek()!.rules) } })} />}
              </Form>
            )}
          </details>
          <Contacted detail={detail} save={(body) => ask<Detail>("PATCH", path, body).then(done("changed"))} />
          <HandOver give={(to) => void ask<Detail>("PATCH", path, { official: to }).then(done("changed"), failed)} />
          <details>
            <summary>{s("end")}</summary>
            <div class="row">
              <Twice word="end.do" sure="end.sure" act={() => act("end", "changed", {})} />
              <Twice word="end.taken-back" sure="end.sure" act={() => act("end", "changed", { taken_back: true })} />
            </div>
          </details>
        </>
      )}
    </section>
  );
}
