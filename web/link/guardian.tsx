import "./guardian.css";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import check from "lucide-static/icons/check.svg?raw";
import info from "lucide-static/icons/info.svg?raw";
import mapIcon from "lucide-static/icons/map.svg?raw";
import phone from "lucide-static/icons/phone.svg?raw";
import siren from "lucide-static/icons/siren.svg?raw";
import type { RankedCamera } from "../shared/api";
import { now, since } from "../shared/clock";
import { Icon } from "../shared/icons";
import { age, clockTime, distance, timer } from "../shared/words";
import { Lazy } from "./lazy";
import { type GuardianWord, g, known } from "./guardian-words";
import { t } from "./words";
import type { LinkDispatch, LinkState } from "./wire";

const SAID: Record<string, GuardianWord> = {
  requested: "g.requested", acknowledged: "g.acknowledged", en_route: "g.coming", arrived: "g.arrived", completed: "g.arrived",
};

function Help({ dispatch }: { dispatch: LinkDispatch }): JSX.Element {
  const agency = t(dispatch.agency === "119" ? "agency.119" : "agency.112");
  const done = dispatch.state === "arrived" || dispatch.state === "completed";
  const eta = dispatch.eta_s && !done ? ` · ${g("g.eta", { n: Math.max(1, Math.round(dispatch.eta_s / 60)) })}` : "";
  return (
    <li class={done ? "done" : "now"}>
      <span class="d">{done && <Icon of={check} />}</span>
      <b>{g(SAID[dispatch.state] ?? "g.other", { agency })}{eta}</b>
      {dispatch.at ? <time>{clockTime(dispatch.at, false)}</time> : <span />}
    </li>
  );
}

export function Guardian({ state }: { state: LinkState }): JSX.Element {
  const name = state.person?.name ? g("g.name", { name: state.person.name }) : g("someone");
  const fix = state.position;
  const left = state.until_at ? Math.max(0, (Date.parse(state.until_at) - now.value) / 1000) : null;
  useEffect(() => {
    document.title = g("g.where", { name: state.person?.name ?? g("someone") });
  }, [name]);
  const claimed = state.state !== "received";
  const stages = state.dispatches.filter((one) => one.state !== "refused" && one.state !== "no_answer");
  const centre = state.centre ?? "";
  return (
    <main class="phone guardian">
      <header class="row">
        <div class="grow">
          <h1>{state.person?.name ? g("g.where", { name: state.person.name }) : name}</h1>
          <p class="t2">
            {fix ? [since(fix.at) > 60 ? t("last", { time: clockTime(fix.at, false) }) : age(since(fix.at)), t("accuracy", { m: distance(fix.accuracy_m) })].join(" · ") : t("noposition")}
            {state.battery != null && ` · ${g("g.battery", { n: state.battery })}`}
          </p>
        </div>
        {left !== null && (
          <div class="left" role="timer" aria-live="off">
            <b>{timer(left)}</b>
            <span class="t3">{g("left.guardian")}</span>
          </div>
        )}
      </header>
      <Lazy of={() => import("./plan").then((loaded) => loaded.Plan)} props={{ position: fix, track: state.track, slots: [] as RankedCamera[], here: null, locate: null, theme: "guardian" as const, place: "" }} class="plan" />
      <section class="sheet">
        <div class="row asked">
          <span class="alarm"><Icon of={siren} /></span>
          <div>
            <h2>{g("g.asked", { name })}</h2>
            <p class="t2">
              {state.received_at && clockTime(state.received_at, false)}
              {state.silent && ` · ${g("g.quiet")}`}
            </p>
          </div>
        </div>
        <ol class="panel vt" aria-live="polite">
          <li class={claimed ? "done" : "now"}>
            <span class="d">{claimed && <Icon of={check} />}</span>
            <b>{claimed ? g("g.watching", { centre }) : g("g.received", { centre })}</b>
            {state.received_at ? <time>{clockTime(state.claimed_at ?? state.received_at, false)}</time> : <span />}
          </li>
          {stages.map((one, at) => (
            <Help key={at} dispatch={one} />
          ))}
        </ol>
        <ul class="todo" aria-label={g("g.todo")}>
          {state.instructions.filter(known).map((key) => (
            <li key={key} class="row">
              <Icon of={info} class="ca" />
              {g(key)}
            </li>
          ))}
        </ul>
        <div class="acts">
          <a class="pbtn fill" href={`tel:${state.centre_phone ?? "112"}`}>
            <Icon of={phone} />
            {state.centre_phone ? g("g.centre") : g("g.112")}
          </a>
          {fix && (
            <a class="pbtn" href={`geo:${fix.latitude},${fix.longitude}?q=${fix.latitude},${fix.longitude}`}>
              <Icon of={mapIcon} />
              {g("g.map")}
            </a>
          )}
        </div>
        <p class="t2 nocctv">{g("g.nocctv", { name })}</p>
      </section>
    </main>
  );
}
