import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import circleCheck from "lucide-static/icons/circle-check.svg?raw";
import chevronRight from "lucide-static/icons/chevron-right.svg?raw";
import cloudOff from "lucide-static/icons/cloud-off.svg?raw";
import footprints from "lucide-static/icons/footprints.svg?raw";
import house from "lucide-static/icons/house.svg?raw";
import mapPin from "lucide-static/icons/map-pin.svg?raw";
import settingsIcon from "lucide-static/icons/settings.svg?raw";
import userPlus from "lucide-static/icons/user-plus.svg?raw";
import users from "lucide-static/icons/users.svg?raw";
import volumeX from "lucide-static/icons/volume-x.svg?raw";
import { apart } from "../shared/ground";
import { both } from "../shared/i18n";
import { Icon } from "../shared/icons";
import { span } from "../shared/words";
import { Switch } from "./parts";
import { minutesFor } from "./reckoning";
import { SosButton } from "./sos-button";
import { spots } from "./spots";
import { centre, change, enrolled, mapping, position, practising, profile, reached, screen, settings } from "./state";
import { locate, permission, refresh } from "./whereabouts";
import { t } from "./words";
import { type Trigger, reachable } from "./wire";

interface HomeProps {
  press: () => void;
  send: (trigger: Trigger) => Promise<void>;
}

function Heading(): JSX.Element {
  const place = mapping.value?.place;
  return (
    <header class="ph row home-head">
      <div class="grow">
        <h1>{place ? t("home.at", { place: both(place) }) : t("home.title")}</h1>
        <p class="row t2" role="status">
          {reached.value === null ? (
            t("home.checking")
          ) : reached.value ? (
            <>
              <Icon of={circleCheck} class="cok" />
              {t("home.reached", { centre: centre.value?.name ?? t("home.anywhere") })}
            </>
          ) : (
            <>
              <Icon of={cloudOff} class="c2" />
              {t("home.unreached")}
            </>
          )}
        </p>
      </div>
      <button type="button" class="round" aria-label={t("settings")} onClick={() => (screen.value = "settings")}>
        <Icon of={settingsIcon} class="t2" />
      </button>
    </header>
  );
}

/** Where the browser has not been asked yet, or says no: said here, before it matters. */
function Place(): JSX.Element | null {
  const [state, setState] = useState<PermissionState>("granted");
  useEffect(() => void permission().then(setState), []);
  if (state === "granted") return null;
  const ask = async (): Promise<void> => {
    await locate();
    setState(await permission());
    await refresh();
  };
  return (
    <button type="button" class="panel row item" onClick={() => void ask()}>
      <Icon of={mapPin} class="c2" />
      <span class="grow">
        <b>{state === "prompt" ? t("home.askplace") : t("home.nolocation")}</b>
        <span class="t2">{state === "prompt" ? t("home.askplace.hint") : `${t("home.nolocation.hint")} ${t("home.blocked.how")}`}</span>
      </span>
      {state === "prompt" && <Icon of={chevronRight} class="t3" />}
    </button>
  );
}

function People(): JSX.Element {
  const guardians = profile.value?.guardians ?? [];
  const unreachable = guardians.filter((one) => !reachable(one)).length;
  const names = guardians.map((one) => one.relation || one.name).join(", ");
  return (
    <div class="panel row item">
      <Icon of={users} class="t2" />
      <button type="button" class="grow plain" onClick={() => (screen.value = "guardians")}>
        <b>{guardians.length > 0 ? t("guardians.home", { names }) : t("guardians.none")}</b>
        <span class="t2">{guardians.length === 0 ? t("guardians.none.hint") : unreachable === 0 ? t("guardians.ready") : t("guardians.partly", { n: unreachable })}</span>
      </button>
      <button type="button" class="word ca" aria-pressed={practising.value} onClick={() => (practising.value = !practising.value)}>
        {practising.value ? t("practice.stop") : t("practice.start")}
      </button>
    </div>
  );
}

/** The way home is the daily thing: one line, with what it would take from here. */
function WayHome(): JSX.Element {
  const home = spots.value.find((one) => one.home);
  const here = position.value;
  return (
    <button type="button" class="panel row item" onClick={() => (screen.value = "trip")}>
      <Icon of={home ? house : footprints} class="ca" />
      <span class="grow">
        <b>{home ? t("trip.home", { place: home.label }) : t("trip.first")}</b>
        <span class="t2">{!home ? t("trip.first.hint") : here ? t("trip.home.hint", { mode: t("mode.walk"), span: span(minutesFor(apart(here, home), "walk") * 60) }) : t("trip.home.far")}</span>
      </span>
      <Icon of={chevronRight} class="t3" />
    </button>
  );
}

export function Home({ press, send }: HomeProps): JSX.Element {
  const [short, setShort] = useState(false);
  const practice = practising.value;
  const act = (): void => {
    navigator.vibrate?.([60, 40, 60]);
    void send("button");
  };
  return (
    <main class="home">
      <Heading />
      <section class="call">
        <SosButton class="sos" press={press} held={act} short={setShort} />
        <p class="t2 explain" role="status">
          {short ? (
            <b class="c1">{t("sos.short")}</b>
          ) : (
            <>
              {practice ? t("sos.explain.practice") : t("sos.explain")}
              <br />
              {practice ? t("sos.cancel.practice") : t("sos.cancel")}
            </>
          )}
        </p>
      </section>
      <section class="ph items">
        <Place />
        <div class="panel row item">
          <Icon of={volumeX} class="t2" />
          <span class="grow" id="quiet-words">
            <b>{t("quiet")}</b>
            <span class="t2">{t("quiet.hint")}</span>
          </span>
          <Switch on={settings.value.quiet} labelledby="quiet-words" turn={(quiet) => void change({ quiet })} />
        </div>
        <WayHome />
        {enrolled.value === null && (
          <button type="button" class="panel row item" onClick={() => (screen.value = "enrol")}>
            <Icon of={userPlus} class="ca" />
            <span class="grow">
              <b>{t("enrol.open")}</b>
              <span class="t2">{t("enrol.open.hint")}</span>
            </span>
            <Icon of={chevronRight} class="t3" />
          </button>
        )}
        <People />
      </section>
    </main>
  );
}
