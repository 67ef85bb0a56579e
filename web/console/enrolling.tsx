/** The form of a ward: what is wrong is said beside the field, and nothing that was typed is lost. */
import { signal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Problem, post } from "../shared/api";
import { exactNow } from "../shared/clock";
import { type Contacts, type Draft, type Faults, GROUNDS, type Kind, MOST, PROTOCOLS, type Rules, blank, body, faults, fieldOf, lastDay, newDevice, newGuardian, newZone, ofKind, withDevices } from "./ward-form";
import { s } from "./ward-words";
import { type Hours, type ZoneDraft, cameBack, dayOf, draw, hoursOf, returning, shapeOf } from "./zones";

const idOf = (path: string): string => `ward-${path.replace(/[^a-z0-9_]+/g, "-")}`;

/** What the server refused, in words, at the field that it names. */
export function refusal(error: unknown): Faults {
  if (!(error instanceof Problem) || error.status === 0 || error.status >= 500) return { "": s("unsent") };
  const field = fieldOf(String(error.body["field"] ?? ""));
  return { [field]: s(field ? "bad.refused" : "refused", { why: error.title }) };
}

function Wrong({ path, wrong }: { path: string; wrong: Faults }): JSX.Element | null {
  return wrong[path] ? <span id={`${idOf(path)}-wrong`} class="c2 m wrong">{wrong[path]}</span> : null;
}

interface FieldProps {
  path: string;
  word: string;
  value: string;
  wrong: Faults;
  change: (value: string) => void;
  type?: string;
  hint?: string;
  min?: string | number;
  max?: string | number;
}
export function Field({ path, word, value, wrong, change, type = "text", hint, ...bounds }: FieldProps): JSX.Element {
  const id = idOf(path);
  const described = [wrong[path] ? `${id}-wrong` : "", hint ? `${id}-hint` : ""].filter(Boolean).join(" ");
  return (
    <div class="one">
      <label for={id}>{word}</label>
      <input id={id} class="field" type={type as "text"} value={value} autocomplete="off" aria-invalid={!!wrong[path]} aria-describedby={described || undefined} {...bounds} onInput={(event) => change(event.currentTarget.value)} />
      {hint && <span id={`${id}-hint`} class="t2">{hint}</span>}
      <Wrong path={path} wrong={wrong} />
    </div>
  );
}

interface ChoiceProps<T extends string> {
  path: string;
  word: string;
  value: T;
  of: readonly (readonly [T, string])[];
  change: (value: T) => void;
}
function Choice<T extends string>({ path, word, value, of, change }: ChoiceProps<T>): JSX.Element {
  const id = idOf(path);
  return (
    <div class="one">
      <label for={id}>{word}</label>
      <select id={id} class="field" value={value} onChange={(event) => change(event.currentTarget.value as T)}>
        {of.map(([one, name]) => <option key={one} value={one}>{name}</option>)}
      </select>
    </div>
  );
}

const changed = <T,>(list: T[], at: number, more: Partial<T>): T[] => list.map((one, i) => (i === at ? { ...one, ...more } : one));
const without = <T,>(list: T[], at: number): T[] => list.filter((_, i) => i !== at);

function HoursLine({ of, zone, n, change, remove }: { of: Hours; zone: string; n: number; change: (more: Partial<Hours>) => void; remove: () => void }): JSX.Element {
  const toggle = (day: number): void => change({ days: of.days.includes(day) ? of.days.filter((one) => one !== day) : [...of.days, day].sort() });
  const time = (name: "from" | "until"): JSX.Element => (
    <label class="row">
      {s(`hours.${name}`)}
      <input class="field time" type="time" value={of[name]} aria-label={`${zone} ${n} ${s(`hours.${name}`)}`} onInput={(event) => change({ [name]: event.currentTarget.value })} />
    </label>
  );
  return (
    <div class="row hours" role="group" aria-label={`${zone} ${s("hours.days")} ${n}`}>
      {[1, 2, 3, 4, 5, 6, 7].map((day) => (
        <label key={day} class="row tick">
          <input type="checkbox" checked={of.days.includes(day)} onChange={() => toggle(day)} />
          {s(`day.${day}` as "day.1")}
        </label>
      ))}
      {time("from")}
      {time("until")}
      <button type="button" class="btn" aria-label={`${zone} ${s("hours.days")} ${n} ${s("remove")}`} onClick={remove}>{s("remove")}</button>
    </div>
  );
}

interface ZoneProps {
  zone: ZoneDraft;
  n: number;
  others: ZoneDraft[];
  wrong: Faults;
  change: (more: Partial<ZoneDraft>) => void;
  remove: () => void;
}
function ZoneFields({ zone, n, others, wrong, change, remove }: ZoneProps): JSX.Element {
  const at = `zones[${n}]`;
  const named = s("zone.n", { n: n + 1 });
  const drawn = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (cameBack(at)) drawn.current?.focus();
  }, []);
  const outlined = (shape: "circle" | "polygon"): void => draw(at, zone, shape, others, (outline) => change({ outline }));
  return (
    <fieldset class="part">
      <legend>{named}</legend>
      <Field path={`${at}.name`} word={s("zone.name")} value={zone.name} wrong={wrong} change={(name) => change({ name })} />
      <Choice path={`${at}.rule`} word={s("rule")} value={zone.rule} of={[["stay", s("rule.stay")], ["keep-out", s("rule.keep-out")]]} change={(rule) => change({ rule })} />
      <div ref={drawn} class="one whole" id={idOf(`${at}.outline`)} tabIndex={-1} data-invalid={!!wrong[`${at}.outline`]}>
        <div class="row">
          <span>{shapeOf(zone.outline)}</span>
          <button type="button" class="btn" aria-label={`${named} ${s("draw.circle")}`} onClick={() => outlined("circle")}>{s("draw.circle")}</button>
          <button type="button" class="btn" aria-label={`${named} ${s("draw.polygon")}`} onClick={() => outlined("polygon")}>{s("draw.polygon")}</button>
        </div>
        <Wrong path={`${at}.outline`} wrong={wrong} />
      </div>
      <div class="one whole" id={idOf(`${at}.hours`)} tabIndex={-1} data-invalid={!!wrong[`${at}.hours`]}>
        {zone.hours.map((one, i) => (
          <HoursLine key={i} of={one} zone={named} n={i + 1} change={(more) => change({ hours: changed(zone.hours, i, more) })} remove={() => change({ hours: without(zone.hours, i) })} />
        ))}
        <div class="row">
          {zone.hours.length === 0 && <span class="t2">{hoursOf([])}</span>}
          <button type="button" class="btn" aria-label={`${named} ${s("hours.add")}`} onClick={() => change({ hours: [...zone.hours, { days: [1, 2, 3, 4, 5], from: "09:00", until: "18:00" }] })}>{s("hours.add")}</button>
        </div>
        <Wrong path={`${at}.hours`} wrong={wrong} />
      </div>
      <Field path={`${at}.valid_until_at`} word={s("valid")} type="date" min={dayOf(exactNow())} value={zone.valid_until} wrong={wrong} change={(valid_until) => change({ valid_until })} />
      <button type="button" class="btn remove" aria-label={`${named} ${s("remove")}`} onClick={remove}>{s("remove")}</button>
    </fieldset>
  );
}

/** How somebody is watched over; `change` is given the newest state, because a zone comes back from the map later. */
export function RulesFields({ rules, kind, wrong, change }: { rules: Rules; kind: Kind; wrong: Faults; change: (of: (before: Rules) => Partial<Rules>) => void }): JSX.Element {
  const today = dayOf(exactNow());
  const put = (more: Partial<Rules>): void => change(() => more);
  return (
    <>
      <Field path="until_at" word={s("until.day")} type="date" min={today} max={lastDay(kind, exactNow())} value={rules.until} wrong={wrong} change={(until) => put({ until })} />
      <Field path="silent_after_s" word={s("silent")} hint={s("silent.hint")} type="number" min={10} max={1440} value={rules.silent_min} wrong={wrong} change={(silent_min) => put({ silent_min })} />
      <label class="row tick whole">
        <input type="checkbox" checked={rules.check} disabled={kind === "quarantine"} onChange={(event) => put({ check: event.currentTarget.checked })} />
        {s("check.on")}
      </label>
      {rules.check && (
        <>
          <Field path="check.at" word={s("check.at")} type="time" value={rules.check_at} wrong={wrong} change={(check_at) => put({ check_at })} />
          <Field path="check.grace_min" word={s("grace")} type="number" min={30} max={240} value={rules.grace_min} wrong={wrong} change={(grace_min) => put({ grace_min })} />
        </>
      )}
      <div class="whole zone-list" id={idOf("zones")} tabIndex={-1}>
        {rules.zones.length === 0 && <p class="t2">{s("zones.none")}</p>}
        {rules.zones.map((zone, i) => (
          <ZoneFields key={i} zone={zone} n={i} others={without(rules.zones, i)} wrong={wrong} change={(more) => change((before) => ({ zones: changed(before.zones, i, more) }))} remove={() => change((before) => ({ zones: without(before.zones, i) }))} />
        ))}
        {rules.zones.length < MOST.zones && <button type="button" class="btn" onClick={() => put({ zones: [...rules.zones, newZone()] })}>{s("zone.add")}</button>}
      </div>
    </>
  );
}

interface ContactProps {
  of: Contacts;
  kind: Kind;
  wrong: Faults;
  change: (more: Partial<Contacts>) => void;
}
/** Who is told, and by what she is heard. */
export function ContactFields({ of, kind, wrong, change }: ContactProps): JSX.Element {
  return (
    <>
      <h3 class="whole">{s("form.guardians")}</h3>
      {of.guardians.map((one, i) => (
        <fieldset key={i} class="part">
          <legend>{s("guardian.n", { n: i + 1 })}</legend>
          <Field path={`guardians[${i}].name`} word={s("who")} value={one.name} wrong={wrong} change={(name) => change({ guardians: changed(of.guardians, i, { name }) })} />
          <Field path={`guardians[${i}].contact`} word={s("contact")} value={one.contact} wrong={wrong} change={(contact) => change({ guardians: changed(of.guardians, i, { contact }) })} />
          <Choice path={`guardians[${i}].language`} word={s("language")} value={one.language} of={[["ko", "한국어"], ["en", "English"]]} change={(language) => change({ guardians: changed(of.guardians, i, { language }) })} />
          <div class="row end">
            {i > 0 && <button type="button" class="btn" aria-label={`${s("guardian.n", { n: i + 1 })} ${s("up")}`} onClick={() => change({ guardians: of.guardians.map((each, at) => (at === i - 1 ? one : at === i ? of.guardians[i - 1]! : each)) })}>{s("up")}</button>}
            {(of.guardians.length > 1 || kind === "quarantine") && <button type="button" class="btn" aria-label={`${s("guardian.n", { n: i + 1 })} ${s("remove")}`} onClick={() => change({ guardians: without(of.guardians, i) })}>{s("remove")}</button>}
          </div>
        </fieldset>
      ))}
      {of.guardians.length < MOST.guardians && <div class="one whole"><Wrong path="guardians" wrong={wrong} /><button type="button" class="btn" onClick={() => change({ guardians: [...of.guardians, newGuardian()] })}>{s("guardian.add")}</button></div>}
      <h3 class="whole">{s("form.device")}</h3>
      <Field path="phone" word={s("phone")} type="tel" hint={s("phone.hint")} value={of.phone} wrong={wrong} change={(phone) => change({ phone })} />
      {of.phone.trim() && <Choice path="language" word={s("phone.language")} value={of.language} of={[["ko", "한국어"], ["en", "English"]]} change={(language) => change({ language })} />}
      {of.devices.map((one, i) => (
        <fieldset key={i} class="part">
          <legend>{s("device.n", { n: i + 1 })}</legend>
          <Choice path={`devices[${i}].protocol`} word={s("protocol")} value={one.protocol} of={Object.entries(PROTOCOLS)} change={(protocol) => change({ devices: changed(of.devices, i, { protocol }) })} />
          <Field path={`devices[${i}].number`} word={s("number")} value={one.number} wrong={wrong} change={(number) => change({ devices: changed(of.devices, i, { number }) })} />
          <button type="button" class="btn remove" aria-label={`${s("device.n", { n: i + 1 })} ${s("remove")}`} onClick={() => change({ devices: without(of.devices, i) })}>{s("remove")}</button>
        </fieldset>
      ))}
      {of.devices.length < MOST.devices && <div class="whole"><button type="button" class="btn" onClick={() => change({ devices: [...of.devices, newDevice()] })}>{s("device.add")}</button></div>}
    </>
  );
}

interface FormProps {
  label: string;
  button: string;
  /** What is wrong, before anything is sent. */
  judge: () => Faults;
  send: () => Promise<void>;
  children: (wrong: Faults) => ComponentChildren;
}
export function Form({ label, button, judge, send, children }: FormProps): JSX.Element {
  const form = useRef<HTMLFormElement>(null);
  const [found, setFound] = useState<Faults>({});
  /** What the server refused stands until its field is typed in; what is wrong here goes as soon as it is right. */
  const [refused, setRefused] = useState<Faults>({});
  const [busy, setBusy] = useState(false);
  useLayoutEffect(() => {
    const first = form.current?.querySelector<HTMLElement>("[aria-invalid=true], [data-invalid=true]");
    first?.focus();
    // What is wrong with it stands below it.
    first?.scrollIntoView({ block: "center" });
  }, [found, refused]);
  const now = Object.keys(found).length > 0 ? judge() : {};
  const wrong: Faults = { ...Object.fromEntries(Object.entries(found).filter(([path]) => path in now)), ...refused };
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const all = judge();
    setFound(all);
    setRefused({});
    if (Object.keys(all).length > 0 || busy) return;
    setBusy(true);
    await send().catch((error: unknown) => setRefused(refusal(error)));
    setBusy(false);
  };
  const [first] = Object.values(wrong);
  return (
    <form
      ref={form}
      class="desk-form ward-form"
      aria-label={label}
      noValidate
      onSubmit={(event) => void submit(event)}
      onInput={(event) => setRefused((before) => Object.fromEntries(Object.entries(before).filter(([path]) => path !== "" && idOf(path) !== (event.target as HTMLElement).id)))}
      // Esc leaves the field, not the form.
      onKeyDown={(event) => {
        if (event.code !== "Escape" || event.target instanceof HTMLButtonElement) return;
        (event.target as HTMLElement).blur();
        event.stopPropagation();
      }}
    >
      {children(wrong)}
      <div class="row whole">
        <button type="submit" class="btn fill" disabled={busy}>{button}</button>
        {first && <span class="c2 m" role="alert">{"" in wrong ? first : s("bad", { n: Object.keys(wrong).length, first })}</span>}
      </div>
    </form>
  );
}

/** Kept as long as the page lives, and in its memory only: it names a person. */
export const draft = signal<Draft | null>(null);
const put = (more: Partial<Draft>): void => {
  draft.value = { ...(draft.peek() ?? blank(exactNow())), ...more };
};

export function Enrol({ done }: { done: (id: string, secret: string) => void }): JSX.Element {
  const [kept] = useState(draft.peek() !== null && !returning());
  const now = (draft.value ??= blank(exactNow()));
  const send = async (): Promise<void> => {
    const { ward, secret } = await post<{ ward: { id: string }; secret: string }>("/api/wards", body(draft.peek()!));
    draft.value = null;
    done(ward.id, secret && `${ward.id}.${secret}`);
  };
  return (
    <Form label={s("new")} button={s("send")} judge={() => faults(draft.peek()!, exactNow())} send={send}>
      {(wrong) => (
        <>
          {kept && <p class="whole row t2" role="status">{s("kept")} <button type="button" class="btn" onClick={() => (draft.value = blank(exactNow()))}>{s("clear")}</button></p>}
          <h3 class="whole">{s("form.who")}</h3>
          <Choice path="kind" word={s("form.kind")} value={now.kind} of={(["child", "dementia", "quarantine"] as const).map((kind) => [kind, s(`kind.${kind}`)])} change={(kind) => put(ofKind(now, kind, exactNow()))} />
          <Field path="name" word={s("who")} value={now.name} wrong={wrong} change={(name) => put({ name })} />
          <Field path="note" word={s("note")} value={now.note} wrong={wrong} change={(note) => put({ note })} />
          <h3 class="whole">{s("form.ground")}</h3>
          <Choice path="ground.kind" word={s("ground")} value={now.ground} of={GROUNDS[now.kind].map((ground) => [ground, s(`ground.${ground}`)])} change={(ground) => put({ ground })} />
          <Field path="ground.reference" word={s("reference")} value={now.reference} wrong={wrong} change={(reference) => put({ reference })} />
          <ContactFields of={now} kind={now.kind} wrong={wrong} change={(more) => put(more.devices ? { ...more, ...withDevices(now, more.devices) } : more)} />
          <h3 class="whole">{s("form.watch")}</h3>
          <RulesFields rules={now} kind={now.kind} wrong={wrong} change={(of) => put(of(draft.peek()!))} />
        </>
      )}
    </Form>
  );
}
