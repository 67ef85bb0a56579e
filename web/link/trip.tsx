/** A guardian looks after somebody on the way home: where she is, how old that is, when she wants to be there, what was done. */
import "./guardian.css";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import check from "lucide-static/icons/check.svg?raw";
import info from "lucide-static/icons/info.svg?raw";
import mapIcon from "lucide-static/icons/map.svg?raw";
import phone from "lucide-static/icons/phone.svg?raw";
import type { RankedCamera } from "../shared/api";
import { now, since } from "../shared/clock";
import { Icon } from "../shared/icons";
import { age, clockTime, distance } from "../shared/words";
import { Lazy } from "./lazy";
import { type TripWord, known, w } from "./trip-words";
import { t } from "./words";
import type { TripLink } from "./wire";

/** From then on only the last place is known. */
const LOST_S = 60;
/** Somebody else may have brought this about: a sound could put her in danger. */
const GRAVE = ["away", "fast", "sos", "duress"];

const OVER: Record<NonNullable<TripLink["outcome"]>, { title: TripWord; did: TripWord }> = {
  arrived: { title: "arrived", did: "did.arrived" },
  ended: { title: "ended", did: "did.ended" },
  expired: { title: "expired", did: "did.expired" },
  signalled: { title: "closed", did: "did.over" },
};

const spanOf = (minutes: number): string => (minutes < 60 ? w("minutes", { n: minutes }) : w("hours", { h: Math.floor(minutes / 60), m: minutes % 60 }));

/** What happened, from setting out to the newest. */
function Steps({ state }: { state: TripLink }): JSX.Element {
  const last: TripWord | null = state.outcome && OVER[state.outcome].did;
  const steps = state.told.map(({ act, at, reason }) => ({ said: w(`did.${act}`), why: act === "asked" && known(reason) ? w(reason) : "", at }));
  const rows = [
    ...(state.started_at ? [{ said: w("did.started"), why: "", at: state.started_at }] : []),
    ...steps,
    ...(last && state.ended_at ? [{ said: w(last), why: "", at: state.ended_at }] : []),
  ];
  return (
    <ol class="panel vt" aria-live="polite">
      {rows.map(({ said, why, at }, index) => {
        const done = index < rows.length - 1 || state.ended_at !== null;
        return (
          <li key={at + said} class={done ? "done" : "now"}>
            <span class="d">{done && <Icon of={check} />}</span>
            <div>
              <b>{said}</b>
              {why && <div class="t2">{why}</div>}
            </div>
            <time>{clockTime(at, false)}</time>
          </li>
        );
      })}
    </ol>
  );
}

function advice(state: TripLink, why: string | null): TripWord[] {
  const grave = why !== null && GRAVE.includes(why);
  if (state.state === "signalled") return [...(grave ? (["todo.quiet"] as const) : []), "todo.centre", "todo.stay"];
  if (state.state === "asking" || state.state === "calling") return grave ? ["todo.quiet", "todo.stay"] : ["todo.call", "todo.stay"];
  return ["todo.wait"];
}

function Over({ state, name }: { state: TripLink; name: string }): JSX.Element {
  return (
    <main class="phone guardian trip over">
      <section class="sheet">
        <div class="row asked">
          <span class="alarm ok"><Icon of={check} /></span>
          <div>
            <h1>{w(OVER[state.outcome ?? "ended"].title, { name })}</h1>
            <p class="t2">{clockTime(state.ended_at!, false)}</p>
          </div>
        </div>
        <Steps state={state} />
        <p class="t2 nocctv">
          {w("gone")} {w("recorded", { name })}
        </p>
      </section>
    </main>
  );
}

export function Trip({ state }: { state: TripLink }): JSX.Element {
  const name = state.person?.name ? w("name", { name: state.person.name }) : w("someone");
  const title = state.destination ? w("title.to", { name, place: state.destination }) : w("title", { name });
  useEffect(() => {
    document.title = title;
  }, [title]);
  if (state.ended_at !== null) return <Over state={state} name={name} />;
  const fix = state.position;
  const old = fix !== null && since(fix.at) > LOST_S;
  const minutes = state.promised_at ? Math.ceil((Date.parse(state.promised_at) - now.value) / 60_000) : null;
  const calm = state.state === "walking" || state.state === "hint";
  const why = state.told.filter((one) => one.act === "asked" || one.act === "signalled").at(-1)?.reason ?? null;
  const late = minutes !== null && minutes <= 0;
  const predicted = state.predicted_at && state.promised_at && Date.parse(state.predicted_at) > Date.parse(state.promised_at) + 60_000 ? w("predicted", { time: clockTime(state.predicted_at, false) }) : "";
  const eta = state.promised_at ? w("eta", { time: clockTime(state.promised_at, false) }) : "";
  return (
    <main class="phone guardian trip">
      <header class="row">
        <div class="grow">
          <h1>{title}</h1>
          <p class={old ? "c2" : "t2"}>
            {fix ? [old ? w("fix.last", { time: clockTime(fix.at, false) }) : age(since(fix.at)), t("accuracy", { m: distance(fix.accuracy_m) })].join(" · ") : w("nofix")}
            {state.battery !== null && ` · ${w("battery", { n: state.battery })}`}
          </p>
        </div>
        {minutes !== null && (
          <div class="left" role="timer" aria-live="off">
            <b>{spanOf(Math.abs(minutes))}</b>
            <span class="t3">{w(minutes >= 0 ? "left" : "over")}</span>
          </div>
        )}
      </header>
      <Lazy of={() => import("./plan").then((loaded) => loaded.Plan)} props={{ position: fix, track: [], slots: [] as RankedCamera[], here: null, locate: null, theme: "trip" as const, place: "" }} class="plan" />
      <section class="sheet">
        <div>
          <h2 class={calm ? "" : state.state === "signalled" ? "c1" : "c2"}>{calm ? (late ? w("passed") : eta) : w(state.state as TripWord)}</h2>
          <p class="t2">{calm ? [late ? eta : "", predicted, state.mode ? w(state.mode) : ""].filter(Boolean).join(" · ") : known(why) ? w(why) : ""}</p>
        </div>
        {state.vehicle && (
          <p class="panel plate">
            <span class="t2">{w("plate")}</span> <b>{state.vehicle.plate}</b> {state.vehicle.note && <span class="t2">{state.vehicle.note}</span>}
          </p>
        )}
        <Steps state={state} />
        <ul class="todo" aria-label={w("todo")}>
          {advice(state, why).map((key) => (
            <li key={key} class="row">
              <Icon of={info} class="ca" />
              {w(key)}
            </li>
          ))}
        </ul>
        <div class="acts">
          <a class="pbtn fill" href={`tel:${state.centre_phone ?? "112"}`}>
            <Icon of={phone} />
            {w(state.centre_phone ? "centre" : "112")}
          </a>
          {fix && (
            <a class="pbtn" href={`geo:${fix.latitude},${fix.longitude}?q=${fix.latitude},${fix.longitude}`}>
              <Icon of={mapIcon} />
              {w("map")}
            </a>
          )}
        </div>
        <p class="t2 nocctv">
          {w("screen")} {w("recorded", { name })}
        </p>
      </section>
    </main>
  );
}
