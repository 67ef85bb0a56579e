/** Asking for two scouts, and the escort until she puts it away. What it needs is kept on this phone: the booking and its secret. */
import type { JSX } from "preact";
import { computed } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import chevronRight from "lucide-static/icons/chevron-right.svg?raw";
import usersIcon from "lucide-static/icons/users.svg?raw";
import { now } from "../shared/clock";
import { Escort, type EscortSay, type EscortView } from "../shared/escort";
import { Icon } from "../shared/icons";
import { clockTime } from "../shared/words";
import { allowed } from "./consent";
import { type EscortAsk, q } from "./escort-words";
import { introduce } from "./identity";
import { type KeptEscort, keepEscort } from "./kept-escorts";
import { Bar } from "./parts";
import { newId } from "./phone";
import { Where } from "./setting-out";
import { spots } from "./spots";
import { centre, enrolled, escorts, profile, screen, servers } from "./state";
import { say } from "./telling";
import { locate } from "./whereabouts";
import type { Destination } from "./wire";

const EVERY_MS = 4_000;
/** Offered at once; any other time within a day the scouts need half an hour for, too. */
const AHEAD_MIN = [35, 45, 60, 90, 120];

/** The one that she has not put away. */
export const booked = computed(() => escorts.value.find((one) => !one.left) ?? null);

async function remember(one: KeptEscort): Promise<void> {
  escorts.value = [one, ...escorts.value.filter((other) => other.escort !== one.escort)];
  await keepEscort(one);
}

class Refused extends Error {
  constructor(
    readonly type: string,
    readonly nextAt: string | null,
  ) {
    super(type);
  }
}

async function ask<T>(server: string, path: string, body: object): Promise<T> {
  const answer = await say(new URL(path, server), body);
  if (answer.ok) return (await answer.json()) as T;
  const problem = (await answer.json().catch(() => ({}))) as { type?: string; next_at?: string | null };
  throw new Refused(problem.type ?? "", problem.next_at ?? null);
}

async function book(id: string, home: Destination, meeting: Destination, meetAt: number): Promise<void> {
  const at = new Date().toISOString();
  const introduction = await introduce("ansim escort", id, at, allowed(profile.value), centre.value);
  const place = ({ latitude, longitude, label }: Destination): object => ({ latitude, longitude, label: label ?? "" });
  const server = servers()[0]!;
  const meet_at = new Date(meetAt).toISOString();
  const begun = await ask<{ escort: string; secret: string; meet_at: string }>(server, "/api/escorts", { id, at, meet_at, meeting: place(meeting), home: place(home), ...introduction });
  await remember({ escort: begun.escort, secret: begun.secret, server, meet_at: begun.meet_at, home: home.label ?? "", left: false });
}

/** The way in, beside going alone. */
export function EscortEntry(): JSX.Element {
  const at = booked.value?.meet_at;
  return (
    <button type="button" class="panel row item" onClick={() => (screen.value = "escort")}>
      <Icon of={usersIcon} class="ca" />
      <span class="grow">
        <b>{at ? q("open.booked", { time: clockTime(at, false) }) : q("open")}</b>
        <span class="t2">{q("open.hint")}</span>
      </span>
      <Icon of={chevronRight} class="t3" />
    </button>
  );
}

function Chosen({ word, place, change }: { word: EscortAsk; place: Destination; change: () => void }): JSX.Element {
  return (
    <div class="panel row item">
      <span class="grow">
        <span class="t2">{q(word)}</span>
        <b>{place.label || `${place.latitude.toFixed(4)}, ${place.longitude.toFixed(4)}`}</b>
      </span>
      <button type="button" class="word ca" aria-label={`${q(word)} ${q("change")}`} onClick={change}>{q("change")}</button>
    </div>
  );
}

function Booking(): JSX.Element {
  const [home, setHome] = useState<Destination | null>(spots.value.find((one) => one.home) ?? null);
  const [meeting, setMeeting] = useState<Destination | null>(null);
  const [ahead, setAhead] = useState(AHEAD_MIN[0]!);
  const [id] = useState(newId);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<{ why: EscortAsk; next: string | null } | null>(null);
  useEffect(() => void locate(), []);
  useEffect(() => scrollTo(0, 0), [home, meeting]);
  const send = async (meetAt: number): Promise<void> => {
    if (home === null || meeting === null) return;
    setBusy(true);
    setRefused(null);
    try {
      await book(id, home, meeting, meetAt);
    } catch (error) {
      const known: EscortAsk[] = ["escort.full", "escort.soon", "escort.far", "escort.far-ahead"];
      const why = known.find((one) => error instanceof Refused && error.type === one);
      setRefused({ why: why ?? "failed", next: error instanceof Refused ? error.nextAt : null });
    }
    setBusy(false);
  };
  const meetAt = now.value + ahead * 60_000;
  return (
    <main class="setting-out ph grow">
      <Bar title={q("title")} back={() => (screen.value = "trip")} />
      <p class="t2">{q("open.hint")}</p>
      {home === null ? <Where title={q("home")} to={home} choose={setHome} /> : <Chosen word="home" place={home} change={() => setHome(null)} />}
      {home !== null &&
        (meeting === null ? (
          <>
            <Where title={q("meeting")} to={meeting} choose={setMeeting} open />
            <p class="t2">{q("meeting.hint")}</p>
          </>
        ) : (
          <Chosen word="meeting" place={meeting} change={() => setMeeting(null)} />
        ))}
      {home !== null && meeting !== null && (
        <>
          <section aria-labelledby="escort-when">
            <h2 id="escort-when">{q("when")}</h2>
            <div class="whens" role="group" aria-labelledby="escort-when">
              {AHEAD_MIN.map((one) => (
                <button key={one} type="button" aria-pressed={one === ahead} onClick={() => setAhead(one)}>
                  <b>{clockTime(now.value + one * 60_000, false)}</b>
                  <span>{q("in", { n: one })}</span>
                </button>
              ))}
            </div>
          </section>
          {!allowed(profile.value)?.name && <p class="t2">{q("noname")}</p>}
          <p class="t2">{q("keeps")}</p>
          {refused && (
            <div role="alert">
              <p class="c1">{q(refused.why)}</p>
              {refused.next ? (
                <button type="button" class="pbtn" disabled={busy} onClick={() => void send(Date.parse(refused.next!))}>{q("next", { time: clockTime(refused.next, false) })}</button>
              ) : (
                refused.why === "escort.full" && <p class="t2">{q("next.none")}</p>
              )}
            </div>
          )}
          <div class="foot">
            <button type="button" class="pbtn fill" disabled={busy} onClick={() => void send(meetAt)}>
              {busy ? q("busy") : q("book", { time: clockTime(meetAt, false) })}
            </button>
          </div>
        </>
      )}
    </main>
  );
}

function Booked({ of, sos }: { of: KeptEscort; sos: () => Promise<void> }): JSX.Element {
  const [view, setView] = useState<EscortView | null>(null);
  const [heard, setHeard] = useState<number | null>(null);
  const [cut, setCut] = useState(false);
  const path = `/api/escorts/${encodeURIComponent(of.escort)}`;
  const show = (next: EscortView): void => {
    setView(next);
    setHeard(Date.now());
    setCut(false);
  };
  useEffect(() => {
    const read = (): void => void ask<EscortView>(of.server, `${path}/state`, { secret: of.secret }).then(show, () => setCut(true));
    read();
    const again = setInterval(read, EVERY_MS);
    return () => clearInterval(again);
  }, [of.escort]);
  const say = async (word: EscortSay, more: object): Promise<void> => {
    // An enrolled phone's own SOS says more, and the escort joins its case by itself.
    if (word === "sos" && enrolled.value !== null) return sos();
    show(await ask<EscortView>(of.server, `${path}/say`, { secret: of.secret, say: word, ...more }));
  };
  const putAway = (): void => {
    void remember({ ...of, left: true });
    screen.value = "home";
  };
  return (
    <>
      <Bar title={q("title")} back={() => (screen.value = "home")} />
      {cut && <p class="ph c2" role="alert">{heard === null ? q("failed") : q("cut", { time: clockTime(heard) })}</p>}
      {view && <Escort view={view} centre={null} say={say} />}
      {view?.state === "ended" && <div class="ph foot"><button type="button" class="pbtn fill" onClick={putAway}>{q("close")}</button></div>}
    </>
  );
}

export function EscortScreen({ sos }: { sos: () => Promise<void> }): JSX.Element {
  return booked.value === null ? <Booking /> : <Booked of={booked.value} sos={sos} />;
}
