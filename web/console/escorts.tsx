/** Escorts at the desk: who needs a pair, which could go, one press to send it; a booking for a caller; the leader's rota. */
import type { ComponentChildren, JSX, TargetedEvent } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Problem, ask, get, me, post } from "../shared/api";
import { now } from "../shared/clock";
import { Kbd } from "../shared/components";
import { clockTime } from "../shared/words";
import * as act from "./actions";
import { type EscortWord, s, said } from "./escort-words";
import * as store from "./store";

interface Line {
  id: string;
  state: string;
  marks: string[];
  meet_at: string;
  area: string | null;
  outcome: string | null;
}
interface Place {
  latitude: number;
  longitude: number;
  label: string;
}
interface Detail {
  id: string;
  state: string;
  marks: string[];
  booked_by_phone: boolean;
  meet_at: string;
  name: string;
  phone: string;
  meeting: Place | null;
  home: Place | null;
  duty: string | null;
  incoming: string | null;
  scouts: { name: string; phone: string }[];
  proposals: { duty: string; area: string; centre: string; distance_m: number; free: boolean; scouts: string[] }[];
  receipts: { who: string | null; channel: string; state: string; at: string }[];
  outcome: string | null;
}
interface Duty {
  id: string;
  area: string;
  starts_at: string;
  ends_at: string;
  scouts: string[];
}

const EVERY_MS = 5_000;
const time = (at: string): string => clockTime(at, false);
const marks = (of: string[]): string => of.map((one) => said("mark", one)).join(" · ");
const stateOf = (of: { state: string; outcome: string | null }): string => [said("is", of.state), of.outcome ? said("over", of.outcome) : ""].filter(Boolean).join(" · ");

function why(error: unknown): string {
  if (!(error instanceof Problem)) return s("failed");
  if (error.type === "escort.assigned") return s("lost");
  if (error.type === "escort.full") {
    const next = error.body["next_at"];
    return typeof next === "string" ? s("full", { time: time(next) }) : s("full.none");
  }
  return error.type === "request.form" ? s("form") : s("refused", { why: error.title });
}

/** "37.5, 127.04" as a place; null for what is none. */
function coordinates(text: string, label: string): Place | null {
  const [latitude, longitude] = text.split(",").map((part) => Number(part.trim() || NaN));
  return Number.isFinite(latitude) && Number.isFinite(longitude) ? { latitude: latitude!, longitude: longitude!, label } : null;
}

function One({ id, back }: { id: string; back: () => void }): JSX.Element {
  const [detail, setDetail] = useState<Detail | null>(null);
  const [trouble, setTrouble] = useState("");
  const [sure, setSure] = useState<string | null>(null);
  /** What was asked for last: an answer to something before that is older than what is shown. */
  const turn = useRef(0);
  const read = (): void => {
    const mine = ++turn.current;
    void get<Detail>(`/api/escorts/${id}`).then((next) => mine === turn.current && setDetail(next), (error: unknown) => setTrouble(why(error)));
  };
  // Read once: each reading is in the ledger, and what changes is seen in the list.
  useEffect(read, [id]);
  const work = async (path: string, body: object): Promise<void> => {
    setTrouble("");
    turn.current++;
    try {
      setDetail(await post<Detail>(`/api/escorts/${id}/${path}`, body));
    } catch (error) {
      setTrouble(why(error));
      if (error instanceof Problem && error.type === "escort.assigned") read();
    }
  };
  if (detail === null) return <p class="t2" role="status">{trouble}</p>;
  const under = detail.state === "walking" || detail.state === "asking";
  const verb: EscortWord = under ? "take-over" : detail.duty ? "replace" : "assign";
  const end = under ? "arrived" : detail.state === "booked" || detail.state === "assigned" ? "cancelled" : null;
  return (
    <section data-part="escort">
      <div class="row">
        <button type="button" class="btn" onClick={back}>{s("back")}</button>
        <h3>{time(detail.meet_at)} · {stateOf(detail)}</h3>
        {detail.marks.length > 0 && <b class="c2">{marks(detail.marks)}</b>}
      </div>
      <dl class="facts">
        <dt>{s("who")}</dt>
        <dd>{[detail.name, detail.phone, detail.booked_by_phone ? s("by.phone") : ""].filter(Boolean).join(" · ")}</dd>
        {detail.meeting && <><dt>{s("meeting")}</dt><dd>{detail.meeting.label || `${detail.meeting.latitude}, ${detail.meeting.longitude}`}</dd></>}
        {detail.home && <><dt>{s("home")}</dt><dd>{detail.home.label || `${detail.home.latitude}, ${detail.home.longitude}`}</dd></>}
        {detail.scouts.length > 0 && <><dt>{s("scouts")}</dt><dd>{detail.scouts.map((one) => `${one.name} ${one.phone}`).join(" · ")}</dd></>}
        {detail.receipts.length > 0 && <><dt>{s("told")}</dt><dd>{detail.receipts.map((one) => `${one.who === null ? s("herself") : one.who} ${said("state", one.state)} ${time(one.at)}`).join(" · ")}</dd></>}
      </dl>
      {(under || end === "cancelled") && (
        <>
          <h3>{s("propose")}</h3>
          {detail.proposals.length === 0 && <p class="t2">{s("propose.none")}</p>}
          <ol class="pairs">
            {detail.proposals.map((one, at) => (
              <li key={one.duty} class="row">
                <button type="button" class={at === 0 && one.free && !detail.duty ? "btn fill" : "btn"} disabled={!one.free} onClick={() => void work("assign", { duty: one.duty, instead_of: detail.incoming ?? detail.duty })}>
                  {s(verb, { area: one.area })}
                </button>
                <span>{one.scouts.join(", ")}</span>
                <span class="t2">{[s("away", { m: one.distance_m }), one.free ? "" : s("busy"), one.centre === me.value?.centre.id ? "" : s("elsewhere", { centre: one.centre })].filter(Boolean).join(" · ")}</span>
              </li>
            ))}
          </ol>
        </>
      )}
      {end && (
        <button type="button" class="btn" onClick={() => (sure === end ? void work("end", { outcome: end }) : setSure(end))}>
          {sure === end ? s("sure") : s(`end.${end}`)}
        </button>
      )}
      {trouble && <p class="c2 m" role="alert">{trouble}</p>}
    </section>
  );
}

interface FieldProps {
  name: string;
  word: string;
  type?: string;
  value?: string;
}
const Field = ({ name, word, type = "text", value = "" }: FieldProps): JSX.Element => (
  <label>
    {word}
    <input name={name} class="field" type={type as "text"} required defaultValue={value} autocomplete="off" />
  </label>
);

/** In which language the centre writes to her. */
const Language = ({ name, word }: Pick<FieldProps, "name" | "word">): JSX.Element => (
  <label>
    {word}
    <select name={name} class="field">
      <option value="ko">한국어</option>
      <option value="en">English</option>
    </select>
  </label>
);

function Form({ title, button, send, children }: { title: string; button: string; send: (of: (name: string) => string) => Promise<string>; children: ComponentChildren }): JSX.Element {
  const [answer, setAnswer] = useState("");
  const submit = async (event: TargetedEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget;
    const of = new FormData(form);
    try {
      setAnswer(await send((name) => String(of.get(name) ?? "").trim()));
      form.reset();
    } catch (error) {
      setAnswer(why(error));
    }
  };
  return (
    <details>
      <summary>{title}</summary>
      <form class="desk-form" aria-label={title} onSubmit={(event) => void submit(event)}>
        {children}
        <button type="submit" class="btn fill">{button}</button>
        {answer && <p role="status">{answer}</p>}
      </form>
    </details>
  );
}

/** The phone's own id of a booking, so that pressing twice asks once. */
const newId = (): string => crypto.randomUUID().replaceAll("-", "");

function Call({ done }: { done: () => void }): JSX.Element {
  const [id, setId] = useState(newId);
  const book = async (of: (name: string) => string): Promise<string> => {
    const [meeting, home] = [coordinates(of("meeting"), of("meeting-label")), coordinates(of("home"), of("home-label"))];
    if (meeting === null || home === null) return s("form");
    await post("/api/escort-calls", { id, name: of("name"), phone: of("phone"), language: of("language"), meet_at: new Date(Date.now() + Number(of("when")) * 60_000).toISOString(), meeting, home });
    setId(newId());
    done();
    return s("booked");
  };
  return (
    <Form title={s("call")} button={s("book")} send={book}>
      <Field name="name" word={s("name")} />
      <Field name="phone" word={s("phone")} type="tel" />
      <Language name="language" word={s("language")} />
      <Field name="when" word={s("when")} type="number" value="40" />
      <Field name="meeting" word={`${s("meeting")} · ${s("place")}`} />
      <Field name="meeting-label" word={`${s("meeting")} · ${s("label")}`} />
      <Field name="home" word={`${s("home")} · ${s("place")}`} />
      <Field name="home-label" word={`${s("home")} · ${s("label")}`} />
    </Form>
  );
}

function Rota(): JSX.Element {
  const [duties, setDuties] = useState<Duty[]>([]);
  const [trouble, setTrouble] = useState("");
  const leads = me.value?.role === "supervisor";
  const read = (): void => void get<{ duties: Duty[] }>("/api/escort-duties").then((answer) => setDuties(answer.duties), () => undefined);
  useEffect(read, []);
  const plan = async (of: (name: string) => string): Promise<string> => {
    const place = coordinates(of("place"), "");
    if (place === null) return s("form");
    const { latitude, longitude } = place;
    const times = Object.fromEntries((["from", "to"] as const).map((name) => [`${name === "from" ? "starts" : "ends"}_at`, new Date(of(name)).toISOString()]));
    const scouts = [1, 2].map((n) => ({ name: of(`scout-${n}`), phone: of(`phone-${n}`), language: of(`language-${n}`) }));
    await post("/api/escort-duties", { area: of("area"), latitude, longitude, reach_m: Number(of("reach")), ...times, scouts });
    read();
    return "";
  };
  const withdraw = (id: string): void => void ask("DELETE", `/api/escort-duties/${id}`).then(read, (error: unknown) => setTrouble(why(error)));
  return (
    <>
      <h3>{s("rota")}</h3>
      {duties.length === 0 && <p class="t2">{s("rota.none")}</p>}
      <ul class="pairs">
        {duties.map((one) => (
          <li key={one.id} class="row">
            <b>{one.area}</b>
            <span>{time(one.starts_at)}–{time(one.ends_at)}</span>
            <span>{one.scouts.join(", ")}</span>
            {leads && <button type="button" class="btn end" aria-label={`${one.area} ${s("withdraw")}`} onClick={() => withdraw(one.id)}>{s("withdraw")}</button>}
          </li>
        ))}
      </ul>
      {trouble && <p class="c2 m" role="alert">{trouble}</p>}
      {leads && (
        <Form title={s("plan")} button={s("plan")} send={plan}>
          <Field name="area" word={s("area")} />
          <Field name="place" word={s("place")} />
          <Field name="reach" word={s("reach")} type="number" value="2000" />
          <Field name="from" word={s("from")} type="datetime-local" />
          <Field name="to" word={s("to")} type="datetime-local" />
          {[1, 2].map((n) => (
            <div key={n} class="row">
              <Field name={`scout-${n}`} word={s("scout", { n })} />
              <Field name={`phone-${n}`} word={s("scout.phone", { n })} type="tel" />
              <Language name={`language-${n}`} word={s("scout.language", { n })} />
            </div>
          ))}
        </Form>
      )}
    </>
  );
}

export function Escorts(): JSX.Element {
  const [lines, setLines] = useState<Line[] | null>(null);
  const [failed, setFailed] = useState(false);
  const [open, setOpen] = useState<string | null>(null);
  const counts = store.escorts.value;
  const read = (): void =>
    void get<{ counts: store.EscortCounts; escorts: Line[] }>("/api/escorts").then(
      (answer) => {
        setLines(answer.escorts);
        store.escorts.value = answer.counts;
        setFailed(false);
      },
      () => setFailed(true),
    );
  useEffect(() => {
    read();
    const again = setInterval(read, EVERY_MS);
    return () => clearInterval(again);
  }, []);
  return (
    <div class="sheet" role="dialog" aria-label={s("title")} data-part="escorts">
      <div class="sheet-head row">
        <h2>{s("title")}</h2>
        {counts && <span class="t2">{s("count", { ...counts })}</span>}
        <button type="button" class="btn end" onClick={() => (act.sheet.value = null)}>
          {s("close")} <Kbd>Esc</Kbd>
        </button>
      </div>
      {failed && <p class="c2 m" role="status">{s("failed")}</p>}
      {open !== null ? (
        <One id={open} back={() => setOpen(null)} />
      ) : (
        <>
          <p class="t2">{s("lead")}</p>
          {lines?.length === 0 && <p class="t2">{s("none")}</p>}
          {lines !== null && lines.length > 0 && (
            <table class="healths">
              <thead>
                <tr>{(["state", "meet", "area", "note", "open"] as const).map((one) => <th key={one} scope="col">{s(`col.${one}`)}</th>)}</tr>
              </thead>
              <tbody>
                {lines.map((one) => (
                  <tr key={one.id} data-escort={one.id}>
                    <th scope="row">{stateOf(one)}</th>
                    <td class={Date.parse(one.meet_at) < now.value && one.state === "booked" ? "c2 m" : ""}>{time(one.meet_at)}</td>
                    <td>{one.area ?? "—"}</td>
                    <td class="c2">{marks(one.marks)}</td>
                    <td><button type="button" class="btn" aria-label={`${time(one.meet_at)} ${s("open")}`} onClick={() => setOpen(one.id)}>{s("open")}</button></td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          <Call done={read} />
          <Rota />
        </>
      )}
    </div>
  );
}
