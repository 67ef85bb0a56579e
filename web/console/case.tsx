import type { JSX } from "preact";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import ambulance from "lucide-static/icons/ambulance.svg?raw";
import battery from "lucide-static/icons/battery-medium.svg?raw";
import car from "lucide-static/icons/car-front.svg?raw";
import check from "lucide-static/icons/check.svg?raw";
import checkCheck from "lucide-static/icons/check-check.svg?raw";
import clock from "lucide-static/icons/clock.svg?raw";
import link from "lucide-static/icons/link.svg?raw";
import message from "lucide-static/icons/message-square.svg?raw";
import note from "lucide-static/icons/notebook-pen.svg?raw";
import pencil from "lucide-static/icons/pencil.svg?raw";
import phone from "lucide-static/icons/phone.svg?raw";
import alert from "lucide-static/icons/triangle-alert.svg?raw";
import user from "lucide-static/icons/user.svg?raw";
import { type Agency, type CaseLink, type ChannelReceipt, type Colleague, type Dispatch, type Grant, type Guardian, type IncidentDetail, me } from "../shared/api";
import { now, since } from "../shared/clock";
import { Glyph, GrantClock, Kbd, Receipt, type Step, Steps, Timer } from "../shared/components";
import { both } from "../shared/i18n";
import { Icon } from "../shared/icons";
import { clockTime, span, timer } from "../shared/words";
import * as act from "./actions";
import { Along } from "./along";
import { BellOfCase, TalkButton } from "./bell";
import { cap } from "./bindings";
import { SecondChannel } from "./channel";
import { Evidence } from "./evidence";
import * as keys from "./keys";
import { isOffered } from "./ordering";
import { Takes } from "./phone";
import { Marks, titleOf } from "./queue";
import { record } from "./record";
import { recall, remember } from "./session";
import * as store from "./store";
import { because, Turning } from "./turning";
import { named, t } from "./words";

const between = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / 1000;

function Head({ incident }: { incident: store.Case }): JSX.Element {
  const owner = incident.owner?.name;
  return (
    <div class="case-head row">
      <Glyph p={incident.priority} mode={incident.mine || incident.state === "received" ? "fill" : "out"} size={40} />
      <div class="grow">
        <h2>{titleOf(incident)}</h2>
        <div class="meta t3 ell">{owner ? t("case.owner", { number: incident.number, owner }) : t("case.unowned", { number: incident.number })}</div>
      </div>
      <div class="since">
        <Timer since={incident.received_at} class="b" />
        <div class="meta t3">{t("case.since")}</div>
      </div>
    </div>
  );
}

function Progress({ incident }: { incident: store.Case }): JSX.Element {
  const from = incident.received_at;
  const dispatch = store.isDetail(incident) ? [...incident.dispatches].reverse().find((d) => d.state === "en_route") : undefined;
  const marks: [string, string | null][] = [
    [t("step.claimed"), incident.claimed_at],
    [t("step.confirmed"), incident.confirmed_at],
    [t("step.requested"), incident.requested_at],
    [t("step.arrived"), incident.arrived_at],
    [t("step.closed"), incident.closed_at],
  ];
  const furthest = marks.reduce((last, [, at], i) => (at ? i : last), -1);
  const steps: Step[] = marks.map(([name, at], i) => ({
    name,
    state: at ? "done" : i === furthest + 1 ? "now" : "next",
    note: at ? span(between(from, at)) : i === 3 && dispatch?.eta_s ? span(dispatch.eta_s) : "—",
  }));
  return (
    <div class="progress">
      <Steps steps={steps} label={t("step.label")} />
    </div>
  );
}

/** 김○○: a name is shown whole only when the operator needs it for this case. */
const masked = (name: string): string => (name ? [...name][0]! + "○○" : "");

function Facts({ incident }: { incident: IncidentDetail }): JSX.Element {
  const [whole, setWhole] = useState(false);
  useEffect(() => setWhole(false), [incident.id]);
  const person = incident.person;
  const said = [...incident.messages].reverse().find((m) => m.from === "person");
  const device = [person?.battery != null ? t("case.battery", { n: person.battery }) : t("case.battery.unknown"), incident.silent ? t("card.silent") : ""].filter(Boolean).join(" · ");
  return (
    <div class="sec">
      <dl class="facts">
        <div>
          <Icon of={user} />
          <dt>{t("case.person")}</dt>
          <dd class="hot row">
            <span data-part="person">{person?.name ? (whole ? person.name : masked(person.name)) : t("case.anonymous")}</span>
            {person?.name && (
              <button type="button" class="reveal meta" onClick={() => setWhole(!whole)}>
                {t(whole ? "case.name.hide" : "case.name.show")}
              </button>
            )}
          </dd>
        </div>
        <div>
          <Icon of={message} />
          <dt>{t("case.says")}</dt>
          <dd class="ell">{said ? `“${said.text}”` : <span class="t3">{t("case.says.none")}</span>}</dd>
        </div>
        {person?.note && (
          <div>
            <Icon of={note} />
            <dt>{t("case.note")}</dt>
            <dd class="ell">{person.note}</dd>
          </div>
        )}
        <div>
          <Icon of={battery} />
          <dt>{t("case.device")}</dt>
          <dd>{device}</dd>
        </div>
      </dl>
    </div>
  );
}

/** A field that asks one thing; Enter answers, Esc leaves. `needed` refuses an empty answer, and `wrong` says what is
 *  wrong with one: then the field stays, with what was typed. */
function Ask({ label, value, needed, wrong, send }: { label: string; value?: string; needed?: boolean; wrong?: (text: string) => string | null; send: (text: string) => void }): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const told = useId();
  const asked = keys.focusing.value;
  useLayoutEffect(() => {
    if (asked?.field === "prompt") {
      field.current?.focus();
      field.current?.select();
    }
  }, [asked]);
  return (
    <>
      <input
        ref={field}
        class="field"
        aria-label={label}
        aria-invalid={trouble !== null}
        aria-describedby={trouble === null ? undefined : told}
        placeholder={label}
        defaultValue={value ?? ""}
        onInput={() => setTrouble(null)}
        onKeyDown={(event) => {
          if (event.code !== "Enter" && event.code !== "NumpadEnter") return;
          if (event.isComposing) return;
          event.preventDefault();
          const text = event.currentTarget.value.trim();
          if (needed && !text) return;
          const why = wrong?.(text) ?? null;
          setTrouble(why);
          if (why !== null) return;
          event.currentTarget.blur();
          send(text);
        }}
      />
      {trouble !== null && <p id={told} class="c2 m" role="alert">{trouble}</p>}
    </>
  );
}

const noNumber = (text: string): string | null => (/^[0-9+() -]{3,24}$/.test(text) ? null : t("line.no-number"));

const last = (incident: IncidentDetail, agency: Agency): Dispatch | undefined => [...incident.dispatches].reverse().find((d) => d.agency === agency);

const NO_ANSWER_S = 30;

function AgencyButton({ incident, agency }: { incident: IncidentDetail; agency: Agency }): JSX.Element {
  const dispatch = last(incident, agency);
  const question = act.prompt.value;
  const key = cap(agency === "112" ? "police" : "rescue");
  const prepared = question?.kind === "dispatch" && question.agency === agency;
  const sending = act.busy.value.has(`dispatch.${agency}`);
  const icon = agency === "119" ? ambulance : car;
  if (prepared) {
    return (
      <button type="button" class="btn agency fill" data-agency={agency} data-state="prepared" onClick={() => { act.prompt.value = null; void act.request(incident.id, agency); }}>
        <Icon of={icon} />
        <span class="two">
          <b>{t("dispatch.send")}</b>
          <small>{t("dispatch.leave")}</small>
        </span>
      </button>
    );
  }
  if (!dispatch || dispatch.state === "completed") {
    return (
      <button type="button" class="btn agency" data-agency={agency} data-state={sending ? "sending" : "none"} disabled={sending} onClick={() => keys.prepare(incident.id, agency)}>
        <Icon of={icon} />
        <b>{sending ? t("dispatch.sending") : t("dispatch.request", { agency })}</b>
        <Kbd>{key}</Kbd>
      </button>
    );
  }
  const waited = since(dispatch.requested_at);
  const silent = dispatch.state === "no_answer" || (dispatch.state === "requested" && waited >= NO_ANSWER_S);
  if (dispatch.state === "refused") {
    return (
      <button type="button" class="btn p2 agency" data-agency={agency} data-state="refused" onClick={() => keys.prepare(incident.id, agency)}>
        <Icon of={alert} />
        <span class="two">
          <b>{t("dispatch.refused", { agency })}</b>
          {dispatch.reason && <small class="ell">{dispatch.reason}</small>}
        </span>
        <Kbd>{key}</Kbd>
      </button>
    );
  }
  if (silent && !dispatch.phone) {
    return (
      <button type="button" class="btn p2 agency" data-agency={agency} data-state="no_answer" onClick={() => keys.prepare(incident.id, agency)}>
        <Icon of={alert} />
        <span class="two">
          <b>{t("dispatch.no_answer", { agency })}</b>
          <small>
            {t("dispatch.fallback.key", { t: timer(waited), key })} <span class="nowrap">{t("dispatch.fallback.phone", { phone: store.agencies.value[agency]?.number ?? agency })}</span>
          </small>
        </span>
      </button>
    );
  }
  if (dispatch.phone) {
    return (
      <div class="btn agency answered" data-agency={agency} data-state="by_phone">
        <Icon of={phone} class="cok" />
        <span class="two">
          <b>{t("dispatch.acknowledged", { agency })}</b>
          <small class="ell">{t("dispatch.by_phone", { number: dispatch.phone })}</small>
        </span>
      </div>
    );
  }
  if (dispatch.state === "requested") {
    return (
      <div class="btn agency waiting" data-agency={agency} data-state="requested" role="status">
        <Icon of={clock} />
        <span class="two">
          <b>{t("dispatch.request", { agency })}</b>
          <small>{t("dispatch.waiting", { t: timer(waited) })}</small>
        </span>
      </div>
    );
  }
  const unit = dispatch.unit ?? t("dispatch.unit.none");
  const detail =
    dispatch.state === "arrived"
      ? t("dispatch.arrived", { unit })
      : dispatch.state === "en_route"
        ? t("dispatch.en_route", { unit })
        : t("dispatch.unassigned");
  return (
    <div class="btn agency answered" data-agency={agency} data-state={dispatch.state} role="status">
      <Icon of={dispatch.state === "acknowledged" ? check : checkCheck} class="cok" />
      <span class="two">
        <b>{t("dispatch.acknowledged", { agency })}</b>
        <small class="ell">{detail}</small>
      </span>
    </div>
  );
}

function Dispatching({ incident }: { incident: IncidentDetail }): JSX.Element {
  const question = act.prompt.value;
  const number = incident.person?.phone ?? "";
  return (
    <div class="sec dispatching">
      {incident.marks.includes("duress") && (
        <div class="warning p1 row" role="status" data-part="duress">
          <Glyph p={1} size={26} />
          {t("case.duress.warning")}
        </div>
      )}
      {incident.marks.includes("cancel_pending") && (
        <div class="warning p2 row" role="status" data-part="cancel-pending">
          <Glyph p={2} size={26} />
          {t("case.confirm.safe")}
        </div>
      )}
      {!incident.confirmed_at && (
        <button type="button" class="btn fill wide" data-part="confirm" onClick={() => void act.confirm(incident.id)}>
          <Icon of={check} />
          {t("case.confirm")}
          <Kbd>{cap("confirm")}</Kbd>
        </button>
      )}
      <div class="pair">
        <AgencyButton incident={incident} agency="112" />
        <AgencyButton incident={incident} agency="119" />
      </div>
      {question?.kind === "phone" && (
        <Ask
          label={t("dispatch.number.field", { agency: question.agency })}
          needed
          wrong={noNumber}
          send={(text) => {
            act.prompt.value = null;
            void act.phoned(incident.id, question.dispatch, text);
          }}
        />
      )}
      <div class="quad">
        {incident.bell ? (
          <TalkButton incident={incident} bell={incident.bell} />
        ) : number ? (
          <a class="btn" href={`tel:${number}`} data-call>
            {t("case.call")}
            <Kbd>{cap("call")}</Kbd>
          </a>
        ) : (
          <button type="button" class="btn" disabled>
            {t("case.call")}
          </button>
        )}
        <button type="button" class="btn" aria-pressed={question?.kind === "chat"} disabled={!!incident.bell} onClick={() => keys.ask({ kind: "chat" })}>
          {t("case.chat")}
          <Kbd>{cap("chat")}</Kbd>
        </button>
        <button type="button" class="btn" data-part="pass" aria-pressed={question?.kind === "pass" || incident.offer !== null} onClick={() => keys.pass()}>
          {t(incident.offer ? "case.pass.back" : "case.pass")}
          <Kbd>{cap("pass")}</Kbd>
        </button>
        <button type="button" class="btn" aria-pressed={question?.kind === "close"} onClick={() => (act.prompt.value = { kind: "close", code: null })}>
          {t("case.close")}
          <Kbd>{cap("close")}</Kbd>
        </button>
      </div>
    </div>
  );
}

/** Who could take the case: the first is suggested. One key more sends the offer, Esc leaves. */
function Passing({ incident, colleagues }: { incident: IncidentDetail; colleagues: Colleague[] | null }): JSX.Element {
  return (
    <div class="sec closing" data-part="passing">
      <h3>
        {t("pass.title")}
        <span>{t("pass.how")}</span>
      </h3>
      {colleagues?.length === 0 && <p class="t2">{t("pass.nobody")}</p>}
      <ul class="people">
        {colleagues?.slice(0, 9).map((one, i) => (
          <li key={one.id}>
            <button type="button" class={i === 0 ? "btn fill" : "btn"} onClick={() => void act.offer(incident.id, one)}>
              <Kbd>{i === 0 ? "Enter" : String(i + 1)}</Kbd>
              <b class="ell">{one.name}</b>
              <span class="meta nowrap end">{[one.role === "supervisor" ? t("pass.leader") : one.role === "centre" ? t("pass.centre") : "", one.cases === 0 ? t("pass.free") : t("pass.cases", { n: one.cases })].filter(Boolean).join(" · ")}</span>
            </button>
          </li>
        ))}
      </ul>
      <p class="t2 meta">{t("pass.until")}</p>
    </div>
  );
}

function Procedure({ incident }: { incident: IncidentDetail }): JSX.Element | null {
  const done = incident.procedure.filter((s) => s.done_at);
  const open = incident.procedure.filter((s) => !s.done_at);
  if (incident.procedure.length === 0) return null;
  const latest = [...done].sort((a, b) => Date.parse(b.done_at!) - Date.parse(a.done_at!))[0];
  return (
    <div class="sec">
      <h3>
        {t("procedure.title")}
        <span>
          {done.length} / {incident.procedure.length}
        </span>
      </h3>
      <ul class="sop">
        {latest && (
          <li class="done">
            <span class="box ck">
              <Icon of={check} />
            </span>
            <span class="ell">{done.length > 1 ? t("procedure.done", { first: both(latest.label), n: done.length - 1 }) : both(latest.label)}</span>
            <time class="meta end">{clockTime(latest.done_at!)}</time>
          </li>
        )}
        {open.length === 0 && <li class="t2">{t("procedure.all")}</li>}
        {open.slice(0, 2).map((step, i) => (
          <li key={step.step} class={i === 0 ? "next" : ""}>
            <button type="button" class="box" aria-label={both(step.label)} onClick={() => void act.tickStep(incident.id, step.step, true)} />
            <span class="ell">{both(step.label)}</span>
            {step.due_at && since(step.due_at) > 0 ? <span class="meta c2 m end nowrap">{t("procedure.due", { t: span(since(step.due_at)) })}</span> : null}
            {i === 0 && (
              <span class={step.due_at && since(step.due_at) > 0 ? "" : "end"}>
                <Kbd>Space</Kbd>
              </span>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

const RANK = ["read", "delivered", "sent", "queued", "failed"] as const;
/** The receipt that says most: read on any channel beats delivered on another. */
function best(guardian: Guardian): ChannelReceipt | null {
  return [...guardian.receipts].sort((a, b) => RANK.indexOf(a.state) - RANK.indexOf(b.state))[0] ?? null;
}

/** Nobody has looked at what was sent again: whom to ring first, in her order. */
function Ring({ guardians }: { guardians: readonly Guardian[] }): JSX.Element | null {
  const first = guardians.find((guardian) => guardian.phone);
  if (first === undefined) return null;
  return (
    <div class="line c2" data-part="ring" role="status">
      <Icon of={alert} />
      {t("guardians.unread", { who: first.relation || first.name })} <b>{first.phone}</b>
    </div>
  );
}

function Guardians({ incident }: { incident: IncidentDetail }): JSX.Element {
  return (
    <div class="sec">
      <h3>{t("guardians.title")}</h3>
      {incident.guardians.length === 0 && <div class="line t3">{t("guardians.none")}</div>}
      {incident.guardians.slice(0, 3).map((guardian, i) => {
        const receipt = best(guardian);
        const words = receipt ? named("guardian", receipt.state, { channel: named("channel", receipt.channel) }) : t("guardian.wait");
        return <Receipt key={i} name={guardian.relation || guardian.name} words={words} receipt={receipt} />;
      })}
      <Ring guardians={incident.guardians} />
    </div>
  );
}

/** The link by which the holder of a right uses it, where there is one. */
const linkOf = (incident: IncidentDetail, grant: Grant): CaseLink | undefined => incident.links.find((each) => !each.ended_at && each.recipient === grant.holder.name);

/** Whose right, to what, and whether it was used yet; the operator's own is said by name. */
function what(incident: IncidentDetail, grant: Grant): string {
  const holder = grant.holder.id === me.value?.account ? me.value.name : grant.holder.name;
  const each = linkOf(incident, grant);
  const state = each ? (each.opened_at ? t("grants.link.opened", { at: clockTime(each.opened_at, false) }) : t("grants.link.unopened")) : "";
  if (grant.video === false) return [t("grants.what.blind", { holder }), state].filter(Boolean).join(" · ");
  return state ? t("grants.what.link", { holder, n: grant.cameras.length, state }) : t("grants.what", { holder, n: grant.cameras.length });
}

function Refused({ incident, grant }: { incident: IncidentDetail; grant: Grant }): JSX.Element | null {
  const refused = linkOf(incident, grant)?.refused ?? 0;
  return refused > 0 ? <span class="c2 meta m nowrap">{t("grants.link.refused", { n: refused })}</span> : null;
}

function Rights({ incident }: { incident: IncidentDetail }): JSX.Element {
  void now.value;
  const question = act.prompt.value;
  const open = store.openRights(incident);
  const seeing = open.filter((grant) => grant.video !== false);
  const placed = open.filter((grant) => grant.video === false);
  const unit = keys.linkable(incident);
  const asked = question?.kind === "extend" || question?.kind === "revoke" ? incident.grants.find((g) => g.id === question.grant) : undefined;
  const more = Math.max(0, seeing.length - 2) + Math.max(0, placed.length - 2);
  return (
    <div class="sec rights">
      <h3>
        {t("grants.title")}
        {unit && (
          <button type="button" class="reveal meta" onClick={() => void act.link(incident.id, unit.id)}>
            <Icon of={link} /> {t("case.link")} <Kbd>{cap("link")}</Kbd>
          </button>
        )}
      </h3>
      {open.length === 0 && <div class="line t3">{t("grants.none")}</div>}
      {seeing.slice(0, 2).map((grant, i) => (
        <div class="grant row" key={grant.id} data-grant={grant.id}>
          <div class="grow">
            <GrantClock from={grant.from_at} until={grant.until_at} soon={t("grants.soon")} left={t("grants.left")} />
            <div class="t2 ell what">
              {what(incident, grant)} <Refused incident={incident} grant={grant} />
            </div>
          </div>
          <button type="button" class="btn" onClick={() => keys.ask({ kind: "extend", grant: grant.id })}>
            {t("grants.extend")}
            {i === 0 && <Kbd>{cap("extend")}</Kbd>}
          </button>
          <button type="button" class="btn" onClick={() => keys.ask({ kind: "revoke", grant: grant.id })}>
            {t("grants.revoke")}
          </button>
        </div>
      ))}
      {asked && question?.kind === "extend" && (
        <Ask label={t("grants.extend.why")} value={t("grants.reason.extend")} needed send={(text) => { act.prompt.value = null; void act.extend(asked, text); }} />
      )}
      {asked && question?.kind === "revoke" && (
        <Ask label={t("grants.revoke.why")} value={t("grants.reason.revoke")} needed send={(text) => { act.prompt.value = null; void act.revoke(asked, text); }} />
      )}
      {placed.slice(0, 2).map((grant) => (
        <div class="line" key={grant.id} data-grant={grant.id}>
          <Icon of={link} />
          <span class="t2 ell">{what(incident, grant)}</span>
          <Refused incident={incident} grant={grant} />
          <button type="button" class="reveal meta end" onClick={() => keys.ask({ kind: "revoke", grant: grant.id })}>
            {t("grants.revoke")}
          </button>
        </div>
      ))}
      {more > 0 && <div class="line t3 meta">{t("grants.more", { n: more })}</div>}
    </div>
  );
}

function Note({ incident }: { incident: IncidentDetail }): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  const draft = `draft.${incident.id}.note`;
  const asked = keys.focusing.value;
  useLayoutEffect(() => {
    if (field.current) field.current.value = recall<string>(draft) ?? "";
  }, [incident.id]);
  useLayoutEffect(() => {
    if (asked?.field === "note") field.current?.focus();
  }, [asked]);
  return (
    <div class="note">
      <Icon of={pencil} />
      <input
        ref={field}
        aria-label={t("note.label")}
        placeholder={t("note.field")}
        onInput={(event) => remember(draft, event.currentTarget.value)}
        onKeyDown={(event) => {
          if ((event.code !== "Enter" && event.code !== "NumpadEnter") || event.isComposing) return;
          event.preventDefault();
          const text = event.currentTarget.value.trim();
          if (!text) return;
          event.currentTarget.value = "";
          remember(draft, null);
          event.currentTarget.blur();
          void act.note(incident.id, text);
        }}
      />
      <Kbd>{cap("note")}</Kbd>
    </div>
  );
}

function Timeline({ incident }: { incident: IncidentDetail }): JSX.Element {
  const entries = record(incident);
  return (
    <div class="sec grow record">
      <h3>{t("timeline.title")}</h3>
      <ol class="tl grow" tabIndex={0} aria-label={t("timeline.title")}>
        {entries.length === 0 && <li class="t3">{t("timeline.empty")}</li>}
        {entries.map((entry) => (
          <li key={entry.id}>
            <time>{clockTime(entry.at)}</time>
            <span>{entry.text}</span>
          </li>
        ))}
      </ol>
      {incident.mine && incident.closed_at === null && <Note incident={incident} />}
    </div>
  );
}

const STOCK = ["1", "2", "3", "4", "5", "6"] as const;

function Chat({ incident }: { incident: IncidentDetail }): JSX.Element {
  const end = useRef<HTMLOListElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const draft = `draft.${incident.id}.chat`;
  const asked = keys.focusing.value;
  useLayoutEffect(() => {
    if (field.current) field.current.value = recall<string>(draft) ?? "";
  }, [incident.id]);
  useLayoutEffect(() => {
    if (asked?.field === "prompt") field.current?.focus();
  }, [asked]);
  useEffect(() => {
    end.current?.scrollTo({ top: end.current.scrollHeight });
  }, [incident.messages.length]);
  const send = (text: string): void => {
    remember(draft, null);
    if (field.current) field.current.value = "";
    void act.chat(incident.id, text);
  };
  return (
    <div class="sec grow record" data-part="chat">
      <h3>
        {t("chat.title")}
        <Kbd>Esc</Kbd>
      </h3>
      <ol class="talk grow" ref={end} tabIndex={0} aria-label={t("chat.title")}>
        {incident.messages.map((m) => (
          <li key={m.id} class={m.from}>
            <span class="sr">{t(m.from === "person" ? "chat.person" : "chat.operator")}</span>
            {m.text}
            <time>{clockTime(m.at, false)}</time>
          </li>
        ))}
      </ol>
      <div class="stock">
        {STOCK.map((n) => (
          <button type="button" class="btn" key={n} onClick={() => send(t(`chat.stock.${n}`))}>
            <Kbd>{n}</Kbd>
            <span class="ell">{t(`chat.stock.${n}`)}</span>
          </button>
        ))}
      </div>
      <div class="note">
        <Icon of={message} />
        <input
          ref={field}
          aria-label={t("chat.field")}
          placeholder={t("chat.field")}
          onInput={(event) => remember(draft, event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.isComposing) return;
            const digit = /^(?:Digit|Numpad)([1-6])$/.exec(event.code);
            // A digit as the first letter picks a stock phrase; inside a sentence it is a digit.
            if (digit && event.currentTarget.value === "") {
              event.preventDefault();
              send(t(`chat.stock.${digit[1] as (typeof STOCK)[number]}`));
            } else if (event.code === "Enter" || event.code === "NumpadEnter") {
              event.preventDefault();
              const text = event.currentTarget.value.trim();
              if (text) send(text);
            }
          }}
        />
      </div>
    </div>
  );
}

const CODES = [1, 2, 3, 4, 5] as const;
const NOTE_NEEDED = new Set([1, 4]);

function Closing({ incident, code }: { incident: IncidentDetail; code: number | null }): JSX.Element {
  const needed = code !== null && NOTE_NEEDED.has(code);
  const ends = [
    ...store.openRights(incident).map((g) => t("close.ends.grant", { holder: g.holder.id === me.value?.account ? me.value.name : g.holder.name })),
    ...incident.links.filter((l) => !l.ended_at).map((l) => t("close.ends.link", { recipient: l.recipient })),
    t("close.ends.track"),
  ];
  return (
    <div class="sec closing" data-part="closing">
      <h3>
        {t("close.title")}
        <span>{code === null ? t("close.pick") : t("close.send")}</span>
      </h3>
      <div class="codes" role="group" aria-label={t("close.pick")}>
        {CODES.map((n) => (
          <button type="button" key={n} class={code === n ? "btn fill" : "btn"} aria-pressed={code === n} onClick={() => { act.prompt.value = { kind: "close", code: n }; keys.focusField("prompt"); }}>
            <Kbd>{n}</Kbd>
            {t(`close.code.${n}`)}
          </button>
        ))}
      </div>
      {code !== null && (
        <Ask
          key={code}
          label={t(needed ? "close.note" : "close.note.free")}
          needed={needed}
          send={(text) => {
            act.prompt.value = null;
            void act.close(incident, code, text);
          }}
        />
      )}
      <div class="ends">
        <span class="t3 meta">{t("close.ends")}</span>
        <ul>
          {ends.map((each) => (
            <li key={each}>{each}</li>
          ))}
        </ul>
      </div>
    </div>
  );
}

export function CasePanel(): JSX.Element {
  const incident = store.selected.value;
  const question = act.prompt.value;
  if (!incident) {
    return (
      <aside class="case" aria-label={t("case.title")}>
        <div class="no-case">
          <b>{t("case.none")}</b>
          <span class="t2">{t("case.none.how", { next: cap("next"), previous: cap("previous") })}</span>
        </div>
      </aside>
    );
  }
  const mine = store.isDetail(incident) && incident.mine;
  const open = mine && incident.state !== "closed";
  return (
    <aside class="case" aria-label={t("case.title")} data-case={incident.id}>
      <Head incident={incident} />
      <Progress incident={incident} />
      <div class="case-body">
        {store.isDetail(incident) ? (
          <>
            {incident.bell ? <BellOfCase incident={incident} bell={incident.bell} /> : <Facts incident={incident} />}
            {open && <Dispatching incident={incident} />}
            {open && question?.kind === "close" && <Closing incident={incident} code={question.code} />}
            {open && question?.kind === "turn" && (
              <Turning
                question={question}
                step={keys.turn}
                ask={<Ask label={t("turn.why")} needed send={(text) => void because(question, text)} />}
              />
            )}
            {open && question?.kind === "pass" && <Passing incident={incident} colleagues={question.colleagues} />}
            {!(mine && (question?.kind === "close" || question?.kind === "chat" || question?.kind === "pass")) && (
              <>
                {open && <Procedure incident={incident} />}
                {open && !incident.bell && (
                  <SecondChannel
                    incident={incident}
                    asking={
                      question?.kind === "channel" ? (
                        <Ask label={t("second.number")} value={incident.channel?.number || incident.person?.phone || ""} needed wrong={noNumber} send={(text) => { act.prompt.value = null; void act.invite(incident.id, text); }} />
                      ) : null
                    }
                  />
                )}
                {!incident.bell && <Guardians incident={incident} />}
                {open && <Rights incident={incident} />}
                <Takes incident={incident} />
                <Along incident={incident} />
                <Evidence
                  incident={incident}
                  asking={
                    open && question?.kind === "clip" ? (
                      <Ask key={question.camera} label={t("clip.why", { name: question.name, t: span(act.CLIP_S) })} needed send={(text) => { act.prompt.value = null; void act.saveClip(incident.id, question.camera, text); }} />
                    ) : null
                  }
                />
              </>
            )}
          </>
        ) : (
          <div class="sec reduced">
            <Marks incident={incident} />
            <p class="t2">{incident.state === "received" ? t(store.mayWork.value ? "case.before" : "case.before.officer") : t(isOffered(incident) ? "case.offered" : "case.foreign", { owner: incident.owner?.name ?? "" })}</p>
          </div>
        )}
      </div>
      {store.isDetail(incident) && (open && question?.kind === "chat" ? <Chat incident={incident} /> : <Timeline incident={incident} />)}
    </aside>
  );
}
