import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import mapPinCheck from "lucide-static/icons/map-pin-check.svg?raw";
import navigation from "lucide-static/icons/navigation.svg?raw";
import phone from "lucide-static/icons/phone.svg?raw";
import { post } from "../shared/api";
import { now } from "../shared/clock";
import { Glyph } from "../shared/glyph";
import { both } from "../shared/i18n";
import { Icon } from "../shared/icons";
import { clockTime, timer } from "../shared/words";
import { Lazy } from "./lazy";
import { Picture } from "./picture";
import { useSlots } from "./slots";
import { known, t } from "./words";
import type { LinkState } from "./wire";

const GRANT_S = 30 * 60;
const SOON_S = 120;

interface Here {
  latitude: number;
  longitude: number;
}

function Left({ until }: { until: string }): JSX.Element {
  const seconds = Math.max(0, (Date.parse(until) - now.value) / 1000);
  const soon = seconds < SOON_S;
  return (
    <>
      <div class={soon ? "left c2" : "left"} role="timer" aria-live="off">
        <b>{timer(seconds)}</b>
        <span class={soon ? "" : "t3"}>{soon ? t("soon") : t("left")}</span>
      </div>
      <div class={soon ? "bar c2" : "bar ca"} aria-hidden="true">
        <i style={{ width: `${Math.min(100, (100 * seconds) / GRANT_S)}%` }} />
      </div>
    </>
  );
}

/** Tells the centre where the officer is while the page is open; asked for by a tap unless it was allowed before. */
function useOwnPlace(base: string): [Here | null, (() => void) | null] {
  const [here, setHere] = useState<Here | null>(null);
  const [wanted, setWanted] = useState(false);
  useEffect(() => {
    navigator.permissions?.query({ name: "geolocation" }).then((answer) => answer.state === "granted" && setWanted(true), () => undefined);
  }, []);
  useEffect(() => {
    if (!wanted || !("geolocation" in navigator)) return;
    let told = 0;
    const watch = navigator.geolocation.watchPosition(
      ({ coords }) => {
        const next = { latitude: coords.latitude, longitude: coords.longitude };
        setHere(next);
        if (Date.now() - told < 3_000) return;
        told = Date.now();
        void post(`${base}/position`, next).catch(() => undefined);
      },
      () => setWanted(false),
      { enableHighAccuracy: true, maximumAge: 3_000 },
    );
    return () => navigator.geolocation.clearWatch(watch);
  }, [wanted]);
  return [here, wanted ? null : () => setWanted(true)];
}

function Arrived({ state, base, show }: OfficerProps): JSX.Element {
  const [failed, setFailed] = useState(false);
  const tell = async (): Promise<void> => {
    setFailed(false);
    try {
      show(await post<LinkState>(`${base}/arrived`));
    } catch {
      setFailed(true);
    }
  };
  return (
    <button type="button" class={failed ? "pbtn c2" : "pbtn"} disabled={state.arrived_at !== null} onClick={() => void tell()}>
      <Icon of={mapPinCheck} />
      {state.arrived_at ? t("arrived.at", { time: clockTime(state.arrived_at, false) }) : failed ? t("arrived.failed") : t("arrived")}
    </button>
  );
}

/** The last word of a Korean place and the first part of an English one: the street, which fits one line. */
const street = (place: string): string => (place.includes(",") ? place.split(",")[0]! : place.split(" ").at(-1)!);

interface OfficerProps {
  state: LinkState;
  base: string;
  show: (state: LinkState) => void;
}

export function Officer(props: OfficerProps): JSX.Element {
  const { state, base } = props;
  const [here, locate] = useOwnPlace(base);
  const place = state.place ? street(both(state.place)) : t("place.unknown");
  const slots = useSlots(state.cameras);
  const to = state.position;
  const title = useRef(document.title);
  useEffect(() => {
    document.title = t("sos", { place });
    return () => void (document.title = title.current);
  }, [place]);
  return (
    <main class="phone officer">
      <header class="row">
        <Glyph p={1} size={34} />
        <div class="grow">
          <h1>{t("sos", { place })}</h1>
          <p class="t2 ell">{[state.unit, state.number].filter(Boolean).join(" · ")}</p>
        </div>
        {state.until_at && <Left until={state.until_at} />}
      </header>
      <Picture slots={slots} unit={state.unit} base={base} />
      <Lazy of={() => import("./plan").then((loaded) => loaded.Plan)} props={{ position: to, track: state.track, slots, here, locate, theme: "officer" as const, place: state.place ? both(state.place) : "" }} class="plan" />
      <section class="deck">
        <div class="told">
          {state.person && (
            <b>{[state.person.name, state.person.note].filter(Boolean).join(" · ")}</b>
          )}
          <p class="t2">{state.instructions.filter(known).map((key) => t(key)).join(" ")}</p>
        </div>
        <div class={state.centre_phone ? "acts three" : "acts"}>
          {to ? (
            <a class="pbtn fill" href={`geo:${to.latitude},${to.longitude}?q=${to.latitude},${to.longitude}`}>
              <Icon of={navigation} />
              {t("go")}
            </a>
          ) : (
            <span class="pbtn" aria-disabled="true"><Icon of={navigation} />{t("go")}</span>
          )}
          <Arrived {...props} />
          {state.centre_phone && <a class="pbtn" href={`tel:${state.centre_phone}`} aria-label={t("call")}><Icon of={phone} /></a>}
        </div>
        <p class="t3 recorded">{t("recorded")}</p>
      </section>
    </main>
  );
}
