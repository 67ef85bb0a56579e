/** A guardian of a ward: how she is, in words; where she was last only while she has to be found, and only when asked; what there is to answer. */
import "./ward.css";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import check from "lucide-static/icons/check.svg?raw";
import mapIcon from "lucide-static/icons/map.svg?raw";
import mapPin from "lucide-static/icons/map-pin.svg?raw";
import phone from "lucide-static/icons/phone.svg?raw";
import alert from "lucide-static/icons/triangle-alert.svg?raw";
import { type Position, type RankedCamera, Problem, post } from "../shared/api";
import { since } from "../shared/clock";
import { HoldButton } from "../shared/hold";
import { Icon } from "../shared/icons";
import { age, clockTime, dayName, distance } from "../shared/words";
import { Lazy } from "./lazy";
import { t } from "./words";
import { type WardWord, w } from "./ward-words";
import type { GuardianView, WardAnswer, WardLink } from "./wire";

/** From then on only the last place is known. */
const LOST_S = 60;
/** So long the second press counts. */
const ARMED_MS = 6_000;

interface Props {
  state: WardLink;
  base: string;
  show: (state: WardLink) => void;
}
type Failed = (error: unknown) => void;

const time = (at: string): string => clockTime(at, false);

/** Where she was last: asked for by a press, each time in the ledger, and gone with the alarm. */
function Where({ base, failed }: { base: string; failed: Failed }): JSX.Element {
  const [found, setFound] = useState<{ position: Position | null } | null>(null);
  const fix = found?.position ?? null;
  const old = fix !== null && since(fix.at) > LOST_S;
  const look = (): void => void post<{ position: Position | null }>(`${base}/ward-place`).then(setFound, failed);
  return (
    <section class="words">
      {fix && <Lazy of={() => import("./plan").then((loaded) => loaded.Plan)} props={{ position: fix, track: [], slots: [] as RankedCamera[], here: null, locate: null, theme: "trip" as const, place: "" }} class="plan" />}
      {found && <p role="status" class={old ? "c2" : "t2"}>{fix ? [old ? w("fix.last", { time: time(fix.at) }) : age(since(fix.at)), t("accuracy", { m: distance(fix.accuracy_m) })].join(" · ") : w("nofix")}</p>}
      <div class="acts">
        <button type="button" class="pbtn" onClick={look}><Icon of={mapPin} />{w(found ? "where.again" : "where")}</button>
        {fix && <a class="pbtn" href={`geo:${fix.latitude},${fix.longitude}?q=${fix.latitude},${fix.longitude}`}><Icon of={mapIcon} />{w("map")}</a>}
      </div>
      <p class="t2">{w("where.hint")}</p>
    </section>
  );
}

function answerTo({ answered_by, muted_until_at, incident }: NonNullable<GuardianView["alarm"]>, official: boolean): string {
  if (incident !== null) return w("case");
  if (answered_by === "guardian") return w("guardian", { time: muted_until_at ? time(muted_until_at) : "" });
  return w(answered_by === "official" || official ? "official" : "unanswered");
}

export function Ward({ state, base, show }: Props): JSX.Element | null {
  const [said, setSaid] = useState<WardWord | null>(null);
  const [sure, setSure] = useState(false);
  const view = state.ward;
  const name = view?.person ? w("name", { name: view.person }) : w("someone");
  const title = view === null ? "" : view.ended_at ? w("ended") : w(view.alarm?.reason ?? "ok", { name });
  useEffect(() => {
    document.title = title;
  }, [title]);
  const calm = view?.alarm === null;
  useEffect(() => {
    if (calm) setSaid(null);
  }, [calm]);
  useEffect(() => {
    const disarm = sure ? setTimeout(() => setSure(false), ARMED_MS) : 0;
    return () => clearTimeout(disarm);
  }, [sure]);
  if (view === null) return null;
  if (view.ended_at !== null) {
    return (
      <main class="phone ward over">
        <h1>{title}</h1>
        <p>{[view.outcome ? w(`over.${view.outcome}`) : "", `${dayName(view.ended_at)} ${time(view.ended_at)}`].join(" ")}</p>
        <p class="t2">{w("gone")}</p>
      </main>
    );
  }
  const { alarm, place } = view;
  const taken = alarm !== null && alarm.incident !== null;
  const waits = alarm !== null && !taken && alarm.answered_by === null;
  const failed: Failed = (error) => setSaid(error instanceof Problem && (error.status === 409 || error.status === 410) ? "over" : "failed");
  const answer = async (word: WardAnswer): Promise<void> => {
    setSaid(null);
    setSure(false);
    await post<WardLink>(`${base}/ward`, { answer: word }).then((next) => (show(next), setSaid("sent")), failed);
  };
  const lost = !taken && (
    <section class="words">
      <HoldButton class={alarm ? "pbtn p1" : "pbtn"} describe={w("lost.hint")} again={w("lost.again")} onHeld={() => void answer("missing")}>
        {(held) => (
          <>
            <b>{w("lost")}</b> <span>{w(held ? "lost.holding" : "lost.hold")}</span>
          </>
        )}
      </HoldButton>
      <p class="t2">{w("lost.hint")}</p>
    </section>
  );
  return (
    <main class="phone ward" data-state={view.state}>
      <header class="row">
        <span class={alarm ? (waits ? "sign" : "sign answered") : "sign ok"}><Icon of={alarm ? alert : check} /></span>
        <div class="grow">
          <h1>{title}</h1>
          <p class="t2">{[alarm ? w("since", { time: time(alarm.since_at) }) : "", view.heard_at === null ? w("heard.never") : w("heard", { age: age(since(view.heard_at)) })].filter(Boolean).join(" · ")}</p>
        </div>
      </header>
      {alarm && <p role="status" class={waits ? "panel c2 m" : "panel"}>{answerTo(alarm, view.kind === "quarantine" || alarm.reason === "help")}</p>}
      {view.placed && <Where base={base} failed={failed} />}
      {alarm && !taken && (
        <section class="words" aria-label={w("say")}>
          <button type="button" class="pbtn fill" onClick={() => void answer("with-me")}>{w("with-me")}</button>
          {waits && <button type="button" class="pbtn" onClick={() => void answer("looking")}>{w("looking")}</button>}
        </section>
      )}
      {alarm && lost}
      {said && <p class={said === "sent" ? "cok" : "c1"} role={said === "sent" ? "status" : "alert"}>{w(said)}</p>}
      <section class="panel zones">
        <h2>{w("zones")}</h2>
        <p class={place.word === "outside" || place.word === "forbidden" ? "c2" : ""}>{[w(place.word), place.since_at ? w("since", { time: time(place.since_at) }) : ""].filter(Boolean).join(" · ")}</p>
        <p class="t2">{view.zones.length > 0 ? w("zones.set", { names: view.zones.join(", ") }) : w("zones.none")}</p>
        {!view.placed && <p class="t2">{w("hidden")}</p>}
      </section>
      {!alarm && lost}
      <a class="pbtn" href={`tel:${state.centre_phone ?? "112"}`}><Icon of={phone} />{w(state.centre_phone ? "centre" : "112")}</a>
      <footer>
        <p class="t2">{w("until", { date: dayName(view.until_at) })} {w("recorded")}</p>
        {view.may_take_back && <button type="button" class="pbtn low" onClick={() => (sure ? void answer("take-back") : setSure(true))}>{w(sure ? "take-back.sure" : "take-back")}</button>}
        {sure && <p class="t2" role="status">{w("take-back.hint")}</p>}
      </footer>
    </main>
  );
}
