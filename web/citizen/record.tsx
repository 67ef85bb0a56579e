/** Who saw me: every case, every way home and every escort of this phone, from the ledger, by the secrets that only this phone has. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import ban from "lucide-static/icons/ban.svg?raw";
import car from "lucide-static/icons/car.svg?raw";
import cctv from "lucide-static/icons/cctv.svg?raw";
import chevronRight from "lucide-static/icons/chevron-right.svg?raw";
import film from "lucide-static/icons/film.svg?raw";
import help from "lucide-static/icons/circle-question-mark.svg?raw";
import shield from "lucide-static/icons/shield-check.svg?raw";
import trash from "lucide-static/icons/trash-2.svg?raw";
import footprints from "lucide-static/icons/footprints.svg?raw";
import users from "lucide-static/icons/users.svg?raw";
import { type LedgerEntry, post } from "../shared/api";
import { now } from "../shared/clock";
import { locale } from "../shared/i18n";
import { Icon } from "../shared/icons";
import { kept, type Kept, type Viewer, type ViewerRole, viewers } from "../shared/viewing";
import { sentence } from "../shared/viewing-words";
import { clockTime, span } from "../shared/words";
import { Paper } from "./paper";
import { TwicePressed } from "./parts";
import { type KeptEscort, forgetEscort } from "./kept-escorts";
import { type KeptTrip, begun, forgetTrip } from "./kept-trips";
import { forgetCase } from "./sending";
import { cases, escorts, trips } from "./state";
import { type Word, t } from "./words";
import type { Before, Case } from "./wire";

const FACE: Record<ViewerRole, [string, Word]> = {
  operator: [cctv, "record.operators"],
  supervisor: [cctv, "record.supervisors"],
  officer: [car, "record.officers"],
  agency: [car, "record.agency"],
  scout: [footprints, "record.scouts"],
  guardian: [users, "record.guardian"],
  auditor: [shield, "record.auditor"],
  stranger: [ban, "record.stranger"],
};

type Entry = LedgerEntry & { details?: Record<string, string | number> | null };

function minutes(seconds: number): string {
  return span(seconds < 60 ? seconds : Math.round(seconds / 60) * 60);
}

function moment(at: string): string {
  return `${new Date(at).toLocaleDateString(locale.value, { month: "long", day: "numeric" })} ${clockTime(at, false)}`;
}

/** `read`: what those were shown who neither watched nor followed. */
function Row({ viewer, read }: { viewer: Viewer; read?: string }): JSX.Element {
  const [icon, word] = FACE[viewer.role];
  const blocked = viewer.role === "stranger";
  const what = [viewer.cameras > 0 ? t("record.cameras", { n: viewer.cameras }) : "", read ?? (viewer.position ? t("record.position") : "")].filter(Boolean).join(", ");
  return (
    <li class="row">
      <span class={blocked ? "tile blocked" : "tile"}>
        <Icon of={icon} class={blocked ? "c1" : "ca"} />
      </span>
      <span class="grow">
        <span class="m">{t(word, { n: viewer.people })}</span>
        <span class="t2">{blocked ? t("record.blocked") : what}</span>
      </span>
      <span class={viewer.watching ? "ca m" : "t2"}>{blocked ? "—" : viewer.watching ? t("record.watching") : viewer.seconds > 0 ? minutes(viewer.seconds) : ""}</span>
    </li>
  );
}

/** Pictures that outlive the moment: cut out of the recordings for this case. */
function Clips({ saved, taken }: Kept): JSX.Element {
  return (
    <li class="row">
      <span class="tile">
        <Icon of={film} class="ca" />
      </span>
      <span class="grow">
        <span class="m">{t("record.clips", { n: saved })}</span>
        <span class="t2">{taken > 0 ? t("record.clips.taken", { n: taken }) : t("record.clips.here")}</span>
      </span>
    </li>
  );
}

function Erasure({ one, entries }: { one: Case; entries: Entry[] }): JSX.Element {
  const erased = (what: string): boolean => entries.some((entry) => /(erased|destroyed)$/.test(entry.act) && `${entry.act} ${entry.object} ${entry.details?.["what"] ?? ""}`.includes(what));
  const track = erased("track") || one.destroyed_at !== null;
  const words = erased("case");
  const clips = kept(entries).saved;
  return (
    <div class="panel">
      <h2 class="row">
        <Icon of={trash} class="t2" />
        {t("erase.title")}
      </h2>
      <dl class="kv">
        <dt>{t("erase.track")}</dt>
        <dd class={track ? "cok" : ""}>{track ? t("erase.erased") : t("erase.atclose")}</dd>
        <dt>{t("erase.words")}</dt>
        <dd class={words ? "cok" : ""}>{words ? t("erase.erased") : t("erase.atcase")}</dd>
        <dt>{t("erase.video")}</dt>
        <dd class={clips > 0 && words ? "cok" : ""}>{clips === 0 ? t("erase.unsaved") : t(words ? "erase.erased" : "erase.atcase")}</dd>
      </dl>
    </div>
  );
}

function CaseRecord({ one, entries, open }: { one: Case; entries: Entry[]; open: boolean }): JSX.Element {
  const [shown, setShown] = useState(open);
  const [asking, setAsking] = useState(false);
  const seen = viewers(entries, now.value);
  const clips = kept(entries);
  if (!shown) {
    const brief = seen.map((viewer) => t(FACE[viewer.role][1], { n: viewer.people })).join(" · ");
    return (
      <button type="button" class="panel row item" onClick={() => setShown(true)}>
        <span class="grow">
          <b>{t("record.sos", { centre: one.centre.name })} · {moment(one.received_at)}</b>
          <span class="t2">{brief || t(one.closed_at === null ? "record.open" : "record.nobody")}</span>
        </span>
        <Icon of={chevronRight} class="t3" />
      </button>
    );
  }
  const drop = async (): Promise<void> => {
    await forgetCase(one);
    cases.value = cases.value.filter((other) => other.id !== one.id);
  };
  return (
    <>
      <div class="panel">
        <div class="row case-head">
          <h2>{t("record.sos", { centre: one.centre.name })}</h2>
          <span class="t3 end">{moment(one.received_at)}</span>
        </div>
        <p class="t3">
          {t("sent.receipt")} {one.receipt}
          {one.cancelled_at && ` · ${t("record.cancelled")}`}
        </p>
        {seen.length > 0 && <p class="t2 said">{sentence(seen, clips, Date.parse(one.received_at), one.closed_at === null ? null : Date.parse(one.closed_at))}</p>}
        <ul class="viewers">
          {seen.map((viewer) => (
            <Row key={viewer.role} viewer={viewer} />
          ))}
          {clips.saved > 0 && <Clips {...clips} />}
          {seen.length === 0 && <li class="t2">{t(one.closed_at === null ? "record.open" : "record.nobody")}</li>}
        </ul>
      </div>
      <Erasure one={one} entries={entries} />
      <button type="button" class="pbtn" aria-expanded={asking} onClick={() => setAsking(!asking)}>
        <Icon of={help} />
        {t("record.ask")}
      </button>
      {asking && (
        <div class="panel">
          <p>{t("record.ask.how", { centre: one.centre.name, receipt: one.receipt })}</p>
          {one.closed_at && <TwicePressed class="word c1" first={t("record.drop")} second={t("record.drop.sure")} act={() => void drop()} />}
        </div>
      )}
    </>
  );
}

const DONE: Record<string, Word> = { "trip.asked": "did.asked", "trip.answered": "did.answered", "trip.called": "did.called", "trip.signalled": "did.signalled" };

/** A way home: when it was, what was asked, which guardian looked, what is left of it. */
function TripRecord({ one, entries }: { one: KeptTrip; entries: Entry[] }): JSX.Element {
  const { started, state, to, mode } = one;
  const seen = viewers(entries, now.value);
  const done = entries.filter((entry) => entry.act in DONE).sort((a, b) => a.at.localeCompare(b.at));
  const erased = state?.destroyed_at != null || entries.some((entry) => /(erased|destroyed)$/.test(entry.act) && `${entry.act} ${entry.details?.["what"] ?? ""}`.includes("track"));
  const drop = async (): Promise<void> => {
    await forgetTrip(one.id);
    trips.value = trips.value.filter((other) => other.id !== one.id);
  };
  return (
    <details class="panel trip-record">
      <summary>
        <b>{t("record.trip", { place: to.label || t("trip.destination"), mode: t(`mode.${state?.mode ?? mode}`) })}</b>
        <span class="t2">
          {moment(begun(one))} · {state?.ended_at ? t("record.trip.end", { time: clockTime(state.ended_at, false) }) : t("record.trip.now")}
        </span>
      </summary>
      <ul class="viewers">
        {seen.map((viewer) => (
          <Row key={viewer.role} viewer={viewer} />
        ))}
        {seen.length === 0 && <li class="t2">{t(state?.ended_at ? "record.nobody" : "record.trip.open")}</li>}
      </ul>
      <dl class="kv">
        <dt>{t("record.trip.promised")}</dt>
        <dd>{clockTime(state?.promised_at ?? started!.promised_at, false)}</dd>
        {done.map((entry) => (
          <>
            <dt>{t(DONE[entry.act]!)}</dt>
            <dd>{clockTime(entry.at, false)}</dd>
          </>
        ))}
        <dt>{t("erase.track")}</dt>
        <dd class={erased ? "cok" : ""}>{t(erased ? "erase.erased" : "erase.attrip")}</dd>
        <dt>{t("erase.tripwords")}</dt>
        <dd>{t("erase.day")}</dd>
      </dl>
      <p class="t2">{t("record.trip.kept")}</p>
      {state?.ended_at && <TwicePressed class="word c1" first={t("record.drop")} second={t("record.drop.sure")} act={() => void drop()} />}
    </details>
  );
}

const WALKED: Record<string, Word> = { "escort.assigned": "did.assigned", "escort.refused": "did.refused", "escort.walking": "did.walking", "escort.handed-over": "did.handed-over", "escort.asked": "did.asked.home", "escort.signalled": "did.signalled" };

/** A way home with scouts: when it was, who of the centre and of the scouts looked, what is left of it. */
function EscortRecord({ one, entries }: { one: KeptEscort; entries: Entry[] }): JSX.Element {
  const seen = viewers(entries, now.value);
  const over = entries.find((entry) => entry.act === "escort.ended");
  const done = entries.filter((entry) => entry.act in WALKED).sort((a, b) => a.at.localeCompare(b.at));
  const erased = (what: string): boolean => entries.some((entry) => entry.act === `${what}.erased`);
  const drop = async (): Promise<void> => {
    await forgetEscort(one.escort);
    escorts.value = escorts.value.filter((other) => other.escort !== one.escort);
  };
  return (
    <details class="panel trip-record">
      <summary>
        <b>{t("record.escort", { place: one.home || t("record.escort.home") })}</b>
        <span class="t2">
          {moment(one.meet_at)} · {over ? t("record.trip.end", { time: clockTime(over.at, false) }) : t("record.escort.now")}
        </span>
      </summary>
      <ul class="viewers">
        {seen.map((viewer) => (
          <Row key={viewer.role} viewer={viewer} read={t("record.escort.names")} />
        ))}
        {seen.length === 0 && <li class="t2">{t(over ? "record.nobody" : "record.escort.open")}</li>}
      </ul>
      <dl class="kv">
        <dt>{t("record.escort.meet")}</dt>
        <dd>{clockTime(one.meet_at, false)}</dd>
        {done.map((entry) => (
          <>
            <dt>{t(WALKED[entry.act]!)}</dt>
            <dd>{clockTime(entry.at, false)}</dd>
          </>
        ))}
        <dt>{t("erase.places")}</dt>
        <dd class={erased("track") ? "cok" : ""}>{t(erased("track") ? "erase.erased" : "erase.atescort")}</dd>
        <dt>{t("erase.escortwords")}</dt>
        <dd class={erased("case") ? "cok" : ""}>{t(erased("case") ? "erase.erased" : "erase.day")}</dd>
      </dl>
      <p class="t2">{t("record.trip.kept")}</p>
      {one.left && <TwicePressed class="word c1" first={t("record.drop")} second={t("record.drop.sure")} act={() => void drop()} />}
    </details>
  );
}

/** The server answers for so many at once. */
const ASKED = 50;

/** What each centre is asked for: her cases there, and nobody else's. */
function by(items: Before[]): Map<string, { incident: string; secret: string }[]> {
  const asked = new Map<string, { incident: string; secret: string }[]>();
  for (const { server, incident, secret } of items) {
    if (!asked.has(server)) asked.set(server, []);
    asked.get(server)!.push({ incident, secret });
  }
  return asked;
}

export function Record(): JSX.Element {
  const [entries, setEntries] = useState<Entry[] | null>(null);
  const [failed, setFailed] = useState(false);
  const own = cases.value;
  const ways = trips.value.filter((one) => one.started !== null);
  const walks = escorts.value;
  const some = own.length + ways.length + walks.length > 0;
  const fetchRecord = async (): Promise<void> => {
    setFailed(false);
    try {
      const items = [
        ...own.flatMap((one) => [{ server: one.server, incident: one.incident, secret: one.secret }, ...(one.before ?? [])]),
        ...ways.map(({ started }) => ({ server: started!.server, incident: started!.trip, secret: started!.secret })),
        ...walks.map(({ server, escort, secret }) => ({ server, incident: escort, secret })),
      ].slice(0, ASKED);
      const answers = await Promise.all([...by(items)].map(([server, asked]) => post<{ entries: Entry[] }>(new URL("/api/record", server).href, { items: asked })));
      setEntries(answers.flatMap((answer) => answer.entries));
    } catch {
      setFailed(true);
    }
  };
  useEffect(() => {
    if (some) void fetchRecord();
  }, [own.length, ways.length, walks.length]);
  return (
    <main class="record ph grow">
      <h1>{t("record.title")}</h1>
      <p class="t2">{t("record.lead")}</p>
      {!some && (
        <div class="panel empty">
          <b>{t("record.none")}</b>
          <p class="t2">{t("record.none.hint")}</p>
        </div>
      )}
      {some && entries === null && !failed && (
        <div class="panel skeleton" role="status">
          <span class="sr">{t("record.loading")}</span>
          <i /><i /><i />
        </div>
      )}
      {failed && (
        <div class="panel empty" role="alert">
          <b>{t("record.failed")}</b>
          <button type="button" class="pbtn" onClick={() => void fetchRecord()}>{t("record.retry")}</button>
        </div>
      )}
      {entries && (
        <div class="items">
          {own.map((one, at) => (
            <CaseRecord key={one.id} one={one} open={at === 0} entries={entries.filter((entry) => entry.incident === one.incident)} />
          ))}
        </div>
      )}
      {ways.length > 0 && (
        <>
          <h2>{t("record.trips")}</h2>
          <div class="items">
            {ways.map((one) => (
              <TripRecord key={one.id} one={one} entries={(entries ?? []).filter((entry) => entry.incident === one.started!.trip)} />
            ))}
          </div>
        </>
      )}
      {walks.length > 0 && (
        <>
          <h2>{t("record.escorts")}</h2>
          <div class="items">
            {walks.map((one) => (
              <EscortRecord key={one.escort} one={one} entries={(entries ?? []).filter((entry) => entry.incident === one.escort)} />
            ))}
          </div>
        </>
      )}
      <Paper />
    </main>
  );
}
