/** An escort as she sees it, and as a scout does: when and where, both numbers, and the few words that there are to say. */
import "./escort.css";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import check from "lucide-static/icons/check.svg?raw";
import navigation from "lucide-static/icons/navigation.svg?raw";
import phoneIcon from "lucide-static/icons/phone.svg?raw";
import { now } from "./clock";
import { type EscortWord, e } from "./escort-words";
import { HoldButton } from "./hold";
import { Icon } from "./icons";
import { clockTime } from "./words";

export interface EscortPlace {
  latitude: number;
  longitude: number;
  label: string;
}

export interface EscortView {
  side: "walker" | "scout" | "incoming";
  state: "booked" | "assigned" | "walking" | "asking" | "signalled" | "ended";
  meet_at: string;
  meeting: EscortPlace | null;
  home: EscortPlace | null;
  people: string[];
  phone: string | null;
  /** What this side shows, while a meeting is ahead. */
  number: string | null;
  locked: boolean;
  here_at: string | null;
  met_by_her: boolean;
  met_by_scouts: boolean;
  handing_over: boolean;
  expected_at: string | null;
  asked_until: string | null;
  home_by_her: boolean;
  home_by_scouts: boolean;
  late: boolean;
  no_show_from: string | null;
  next_at: string | null;
  outcome: "arrived" | "cancelled" | "no-show" | "unserved" | "signalled" | null;
  ended_at: string | null;
}

export type EscortSay = "here" | "met" | "more" | "arrived" | "hand-over" | "no-show" | "cancel" | "sos";

interface Props {
  view: EscortView;
  /** The centre's telephone, where it has one for this. */
  centre: string | null;
  /** Sends one word; rejects with a Problem, or without one where nothing was reached. */
  say: (word: EscortSay, more: object) => Promise<void>;
}

const time = (at: string): string => clockTime(at, false);
const FIX_MS = 1_500;

/** Where this is being said, if the browser knows at once; a word never waits for a fix. */
async function whereabouts(): Promise<object> {
  if (!("geolocation" in navigator)) return {};
  const fix = await new Promise<GeolocationPosition | null>((resolve) => {
    setTimeout(resolve, FIX_MS, null);
    navigator.geolocation.getCurrentPosition(resolve, () => resolve(null), { enableHighAccuracy: true, maximumAge: 10_000, timeout: FIX_MS });
  });
  if (fix === null) return {};
  const { latitude, longitude, accuracy } = fix.coords;
  return { position: { latitude, longitude, accuracy_m: Math.round(accuracy), source: "web", at: new Date(fix.timestamp).toISOString() } };
}

function subtitle(view: EscortView): string {
  const her = view.side === "walker";
  switch (view.state) {
    case "booked":
      return [e(view.late ? "sub.booked.late" : "sub.booked"), view.next_at ? e("sub.next", { time: time(view.next_at) }) : ""].filter(Boolean).join(" ");
    case "assigned":
      if (view.here_at && her) return e("sub.here", { time: time(view.here_at) });
      return e(view.late ? "sub.late" : her ? "sub.assigned.walker" : "sub.assigned.scout");
    case "asking":
      return e("sub.asking", { n: Math.max(0, Math.ceil((Date.parse(view.asked_until ?? "") - now.value) / 1000)) || 0 });
    case "walking":
      if (view.side === "incoming") return e("sub.incoming");
      if (view.handing_over) return e(view.number !== null ? "sub.handing" : "sub.handing.asked");
      return view.expected_at ? e("sub.expected", { time: time(view.expected_at) }) : "";
    case "signalled":
      return e("sub.signalled");
    case "ended":
      return view.outcome ? e(`over.${view.outcome}`) : "";
  }
}

function Where({ word, place, go }: { word: EscortWord; place: EscortPlace; go: boolean }): JSX.Element {
  const at = `${place.latitude},${place.longitude}`;
  return (
    <div class="row where">
      <div class="grow">
        <span class="t2">{e(word)}</span>
        <b>{place.label || at}</b>
      </div>
      {go && (
        <a class="round" href={`geo:${at}?q=${at}`} aria-label={`${e(word)} ${e("way")}`}>
          <Icon of={navigation} />
        </a>
      )}
    </div>
  );
}

/** Each shows a number and reads the other's: nobody walks with whoever happens to stand there. */
function Meeting({ view, send }: { view: EscortView; send: (word: EscortSay, more?: object) => Promise<string | null> }): JSX.Element {
  const [code, setCode] = useState("");
  const [said, setSaid] = useState<EscortWord | null>(null);
  const her = view.side === "walker";
  const done = her ? view.met_by_her : view.met_by_scouts;
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!/^\d{4}$/.test(code)) return setSaid("digits");
    const problem = await send("met", { code, ...(await whereabouts()) });
    setSaid(problem === "escort.number" ? "wrong" : null);
    if (problem === "escort.number") setCode("");
  };
  return (
    <section class="panel meeting">
      <div class="mine">
        <span class="t2">{e("mine")}</span>
        <output aria-label={e("mine")}>{view.number}</output>
        <span class="t2">{e("mine.hint")}</span>
      </div>
      {view.locked ? (
        <p class="c1" role="alert">{e("locked")}</p>
      ) : done ? (
        <p class="row" role="status"><Icon of={check} class="cok" />{e("checked")}</p>
      ) : (
        <form onSubmit={(event) => void submit(event)}>
          <label for="other-number">{e(her ? "theirs.walker" : "theirs.scout")}</label>
          <input id="other-number" inputMode="numeric" autocomplete="off" maxLength={4} value={code} aria-describedby="other-hint" onInput={(event) => setCode(event.currentTarget.value.replace(/\D/g, ""))} />
          <p id="other-hint" class={said ? "c1" : "t2"} role={said ? "alert" : undefined}>{e(said ?? "theirs.hint")}</p>
          <button type="submit" class="pbtn fill">{e("check")}</button>
        </form>
      )}
    </section>
  );
}

export function Escort({ view, centre, say }: Props): JSX.Element {
  const [failed, setFailed] = useState<EscortWord | null>(null);
  const [sure, setSure] = useState(false);
  const her = view.side === "walker";
  const title = e(`title.${view.state}`, { time: time(view.meet_at) });
  useEffect(() => {
    document.title = title;
  }, [title]);
  const send = async (word: EscortSay, more: object = {}): Promise<string | null> => {
    setFailed(null);
    try {
      await say(word, more);
      return null;
    } catch (error) {
      const problem = (error as { type?: string }).type ?? "";
      if (!["escort.number", "escort.locked"].includes(problem)) setFailed(problem === "escort.ended" ? "over" : "failed");
      return problem;
    }
  };
  const tell = (word: EscortSay): void => void whereabouts().then((more) => send(word, more));
  const underWay = (view.state === "walking" || view.state === "asking") && view.side !== "incoming";
  const [said, theirs] = her ? [view.home_by_her, view.home_by_scouts] : [view.home_by_scouts, view.home_by_her];
  const mayLeave = view.no_show_from !== null && Date.parse(view.no_show_from) <= now.value;
  return (
    <main class="phone escort" data-state={view.state}>
      <header class="row">
        <div class="grow">
          <h1 class={view.state === "asking" || view.state === "signalled" ? "c1" : ""}>{title}</h1>
          <p class="t2" role="status">{subtitle(view)}</p>
        </div>
        {view.state !== "ended" && view.state !== "signalled" && (
          <HoldButton class="pbtn p1" describe={e("sos.hint")} again={e("sos.again")} onHeld={() => tell("sos")}>
            {(held) => (
              <>
                <b>SOS</b> <span>{e(held ? "sos.holding" : "sos")}</span>
              </>
            )}
          </HoldButton>
        )}
      </header>
      {view.people.length > 0 && (
        <section class="panel">
          <div class="row where">
            <div class="grow">
              <span class="t2">{e(her ? "scouts" : "her")}</span>
              <b>{view.people.join(", ")}</b>
            </div>
            {view.phone && (
              <a class="round" href={`tel:${view.phone}`} aria-label={`${e("her")} ${e("call")}`}>
                <Icon of={phoneIcon} />
              </a>
            )}
          </div>
          {view.meeting && (view.state === "assigned" || view.state === "booked") && <Where word="meeting" place={view.meeting} go />}
          {view.home && view.state !== "assigned" && <Where word="home" place={view.home} go={!her} />}
        </section>
      )}
      {view.people.length === 0 && view.state === "booked" && view.meeting && (
        <section class="panel"><Where word="meeting" place={view.meeting} go={false} /></section>
      )}
      {view.number !== null && <Meeting view={view} send={send} />}
      <div class="words">
        {view.side === "scout" && view.state === "assigned" && view.here_at === null && (
          <button type="button" class="pbtn" onClick={() => tell("here")}>{e("here")}</button>
        )}
        {underWay && theirs && !said && <p role="status">{e("confirm")}</p>}
        {underWay && (said ? <p role="status">{e("waiting")}</p> : <button type="button" class="pbtn fill" onClick={() => void send("arrived")}>{e(her ? "arrived" : "arrived.scout")}</button>)}
        {underWay && !said && <button type="button" class="pbtn" onClick={() => tell("more")}>{e("more")}</button>}
        {underWay && !her && !view.handing_over && <button type="button" class="pbtn low" onClick={() => tell("hand-over")}>{e("hand-over")}</button>}
        {view.no_show_from && view.side === "scout" && (mayLeave ? <button type="button" class="pbtn low" onClick={() => void send("no-show")}>{e("no-show")}</button> : <p class="t2">{e("no-show.from", { time: time(view.no_show_from) })}</p>)}
        {her && (view.state === "booked" || view.state === "assigned") && (
          <button type="button" class="pbtn low" onClick={() => (sure ? void send("cancel") : setSure(true))}>{e(sure ? "cancel.sure" : "cancel")}</button>
        )}
        {failed && <p class="c1" role="alert">{e(failed)}</p>}
        {view.state === "ended" && <p class="t2">{e("gone")}</p>}
      </div>
      <footer>
        {centre && view.state !== "ended" && (
          <a class="pbtn low" href={`tel:${centre}`}><Icon of={phoneIcon} />{e("centre")}</a>
        )}
        <p class="t3">{e("recorded")}</p>
      </footer>
    </main>
  );
}
