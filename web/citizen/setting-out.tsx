/** Before she goes: where to, how, until when, who is told. Places stay on this phone; nobody outside is asked for an address. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import bike from "lucide-static/icons/bike.svg?raw";
import bus from "lucide-static/icons/bus.svg?raw";
import car from "lucide-static/icons/car.svg?raw";
import clipboard from "lucide-static/icons/clipboard-paste.svg?raw";
import footprints from "lucide-static/icons/footprints.svg?raw";
import house from "lucide-static/icons/house.svg?raw";
import mapIcon from "lucide-static/icons/map.svg?raw";
import locateIcon from "lucide-static/icons/locate.svg?raw";
import mapPin from "lucide-static/icons/map-pin.svg?raw";
import plus from "lucide-static/icons/plus.svg?raw";
import taxi from "lucide-static/icons/car-taxi-front.svg?raw";
import timer from "lucide-static/icons/timer.svg?raw";
import trash from "lucide-static/icons/trash-2.svg?raw";
import users from "lucide-static/icons/users.svg?raw";
import { now } from "../shared/clock";
import { apart, type Place } from "../shared/ground";
import { Icon } from "../shared/icons";
import { clockTime, distance, span } from "../shared/words";
import { allowed, missing } from "./consent";
import { Field, Switch } from "./parts";
import { MODES, choices, minutesFor, minutesUntil } from "./reckoning";
import { type Spot, forgetSpot, keepSpot, pointed, spots } from "./spots";
import { position, practising, profile, screen } from "./state";
import type { Setting } from "./trip";
import { Picker } from "./trip-plan";
import { Waking } from "./waking";
import { WhichWay, onStreets } from "./which-way";
import { locate } from "./whereabouts";
import { t, type Word } from "./words";
import type { Way as ChosenWay, Destination, Mode, Vehicle } from "./wire";

const FACE: Record<Mode, string> = { walk: footprints, bus, taxi, bicycle: bike, car };

/** Where the map begins when the phone does not know where it is: the first place she has, or the middle of the city. */
const CITY: Place = { latitude: 37.5665, longitude: 126.978 };

export function Modes({ mode, choose }: { mode: Mode; choose: (mode: Mode) => void }): JSX.Element {
  return (
    <div class="modes" role="group" aria-label={t("trip.how")}>
      {MODES.map((one) => (
        <button key={one} type="button" aria-pressed={mode === one} onClick={() => choose(one)}>
          <Icon of={FACE[one]} />
          {t(`mode.${one}`)}
        </button>
      ))}
    </div>
  );
}

export function Plate({ of, change }: { of: Vehicle; change: (vehicle: Vehicle) => void }): JSX.Element {
  return (
    <div class="two">
      <Field id="plate" label={t("plate")} value={of.plate} change={(plate) => change({ ...of, plate })} hint={t("plate.hint")} maxLength={20} />
      <Field id="plate-note" label={t("plate.note")} value={of.note ?? ""} change={(note) => change({ ...of, note })} maxLength={80} />
    </div>
  );
}

/** A car without a number is no car that anybody could look for. */
export function vehicleOf(mode: Mode, { plate, note }: Vehicle): Vehicle | null {
  if ((mode !== "taxi" && mode !== "car") || plate.trim() === "") return null;
  return { plate: plate.trim(), ...(note?.trim() ? { note: note.trim() } : {}) };
}

type Way = "here" | "map" | "paste";

/** A place that is not kept yet. */
function Elsewhere({ chosen }: { chosen: (destination: Destination, spot: Spot | null) => void }): JSX.Element {
  const here = position.value;
  const [way, setWay] = useState<Way | null>(null);
  const [place, setPlace] = useState<Place | null>(null);
  const [text, setText] = useState("");
  const [name, setName] = useState("");
  const none = spots.value.every((one) => !one.home);
  const [home, setHome] = useState(none);
  const [keep, setKeep] = useState(true);
  const wrong = way === "paste" && text.trim() !== "" && place === null ? t(/https?:/.test(text) ? "pick.short" : "pick.none") : null;
  const turn = (to: Way): void => {
    setWay(to);
    setText("");
    setPlace(to === "paste" ? null : to === "here" ? here : (here ?? spots.value[0] ?? CITY));
  };
  const paste = (next: string): void => {
    setText(next);
    setPlace(pointed(next));
  };
  const use = async (): Promise<void> => {
    if (place === null) return;
    const destination: Destination = { latitude: place.latitude, longitude: place.longitude, label: name.trim() || (home ? t("spot.home") : "") };
    chosen(destination, home || (keep && destination.label) ? await keepSpot(destination, home) : null);
  };
  return (
    <div class="panel elsewhere">
      <p class="t2">{t("pick.lead")}</p>
      <div class="items">
        <button type="button" class="pbtn" aria-pressed={way === "here"} disabled={here === null} onClick={() => turn("here")}>
          <Icon of={locateIcon} />
          {here === null ? t("pick.here.none") : t("pick.here")}
        </button>
        <button type="button" class="pbtn" aria-pressed={way === "map"} onClick={() => turn("map")}>
          <Icon of={mapIcon} />
          {t("pick.map")}
        </button>
        <button type="button" class="pbtn" aria-pressed={way === "paste"} onClick={() => turn("paste")}>
          <Icon of={clipboard} />
          {t("pick.paste")}
        </button>
      </div>
      {way === "map" && place && <Picker from={here} at={place} choose={setPlace} />}
      {way === "paste" && <Field id="pasted" label={t("pick.text")} value={text} change={paste} hint={t("pick.text.hint")} error={wrong} maxLength={2_000} />}
      {place && (
        <>
          <p class="m" role="status">
            {t("pick.at")} {place.latitude.toFixed(5)}, {place.longitude.toFixed(5)}
          </p>
          <div class="row">
            <b class="grow" id="pick-home">{t("pick.ishome")}</b>
            <Switch on={home} labelledby="pick-home" turn={setHome} />
          </div>
          <Field id="pick-name" label={t("pick.name")} value={name} change={setName} hint={t("pick.name.hint")} maxLength={40} />
          {!home && name.trim() !== "" && (
            <div class="row">
              <b class="grow" id="pick-keep">{t("pick.keep")}</b>
              <Switch on={keep} labelledby="pick-keep" turn={setKeep} />
            </div>
          )}
          <button type="button" class="pbtn fill" onClick={() => void use()}>{t("pick.use")}</button>
        </>
      )}
    </div>
  );
}

export function Where({ title = t("trip.where"), to, choose, open = false }: { title?: string; to: Destination | null; choose: (destination: Destination | null) => void; open?: boolean }): JSX.Element {
  const here = position.value;
  const [other, setOther] = useState(open || spots.value.length === 0);
  const shown: (Destination & { id?: string; home?: boolean })[] = to && !spots.value.some((one) => one === to) ? [...spots.value, to] : spots.value;
  return (
    <section class="items" aria-labelledby="trip-where">
      <h2 id="trip-where">{title}</h2>
      {shown.map((one) => (
        <div key={one.id ?? "once"} class={one === to ? "panel row item choice on" : "panel row item choice"}>
          <button type="button" class="row grow plain" aria-pressed={one === to} onClick={() => choose(one)}>
            <Icon of={one.home ? house : mapPin} class={one === to ? "ca" : "t2"} />
            <span class="grow">
              <b>{one.label || t("pick.at")}</b>
              <span class="t2">{here ? distance(apart(here, one)) : t("spot.unknown")}</span>
            </span>
          </button>
          {one.id && (
            <button
              type="button"
              class="round bare"
              aria-label={t("spot.remove", { place: one.label })}
              onClick={() => {
                if (one === to) choose(null);
                void forgetSpot(one.id!);
              }}
            >
              <Icon of={trash} class="t3" />
            </button>
          )}
        </div>
      ))}
      {other ? (
        <Elsewhere
          chosen={(destination, spot) => {
            choose(spot ?? destination);
            setOther(false);
          }}
        />
      ) : (
        <button type="button" class="pbtn" onClick={() => setOther(true)}>
          <Icon of={plus} />
          {t("spot.other")}
        </button>
      )}
    </section>
  );
}

function When({ offered, minutes, choose }: { offered: number[]; minutes: number; choose: (minutes: number) => void }): JSX.Element {
  const [own, setOwn] = useState<string | null>(null);
  const [wrong, setWrong] = useState(false);
  const set = (clock: string): void => {
    setOwn(clock);
    const until = minutesUntil(clock, now.value);
    setWrong(until === null);
    if (until !== null) choose(until);
  };
  return (
    <section aria-labelledby="trip-when">
      <h2 id="trip-when">{t("trip.when")}</h2>
      <div class="whens" role="group" aria-labelledby="trip-when">
        {offered.map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={own === null && minutes === one}
            onClick={() => {
              setOwn(null);
              setWrong(false);
              choose(one);
            }}
          >
            <b>{span(one * 60)}</b>
            <span>{t("when.clock", { time: clockTime(now.value + one * 60_000, false) })}</span>
          </button>
        ))}
      </div>
      <div class="f own">
        <label for="when-own">{t("when.own")}</label>
        <input id="when-own" class="field" type="time" value={own ?? ""} onInput={(event) => set(event.currentTarget.value)} {...(wrong ? { "aria-invalid": true, "aria-describedby": "when-wrong" } : {})} />
        {wrong && <span id="when-wrong" class="c1">{t("when.wrong")}</span>}
      </div>
    </section>
  );
}

function Who(): JSX.Element {
  const told = allowed(profile.value)?.guardians ?? [];
  const names = told.map((one) => one.relation || one.name).join(", ");
  return (
    <section aria-labelledby="trip-who">
      <h2 id="trip-who">{t("trip.who")}</h2>
      <div class="panel row item">
        <Icon of={users} class="t2" />
        <span class="grow">{practising.value ? t("trip.practice.nobody") : told.length > 0 ? t("who.told", { names }) : t(missing("contacts") ? "who.consent" : "who.none")}</span>
        {told.length === 0 && (
          <button type="button" class="word ca" onClick={() => (screen.value = "guardians")}>
            {t("who.add")}
          </button>
        )}
      </div>
    </section>
  );
}

export function SettingOut({ go, beside }: { go: (setting: Setting) => Promise<void>; beside: ComponentChildren }): JSX.Element {
  const [to, setTo] = useState<Destination | null>(spots.value.find((one) => one.home) ?? null);
  const [mode, setMode] = useState<Mode>("walk");
  const [vehicle, setVehicle] = useState<Vehicle>({ plate: "" });
  const [chosen, setChosen] = useState<number | null>(null);
  const [way, setWay] = useState<ChosenWay | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => void locate(), []);
  const here = position.value;
  const offered = choices(way?.minutes ?? (here && to ? minutesFor(apart(here, to), mode) : null));
  const minutes = chosen ?? offered[0]!;
  const start = async (): Promise<void> => {
    if (to === null) return;
    setBusy(true);
    await go({ to: { latitude: to.latitude, longitude: to.longitude, label: to.label }, mode, vehicle: vehicleOf(mode, vehicle), minutes, way });
    setBusy(false);
  };
  const word: Word = to === null ? "trip.go.where" : busy ? "trip.going" : practising.value ? "trip.go.practice" : "trip.go";
  return (
    <main class="setting-out ph grow">
      <h1>{t("trip.title")}</h1>
      <p class="t2">{t("trip.lead")}</p>
      {beside}
      <Where
        to={to}
        choose={(destination) => {
          setTo(destination);
          setChosen(null);
          setWay(null);
        }}
      />
      <section>
        <h2>{t("trip.how")}</h2>
        <Modes
          mode={mode}
          choose={(next) => {
            setMode(next);
            setChosen(null);
            setWay(null);
          }}
        />
        {(mode === "taxi" || mode === "car") && <Plate of={vehicle} change={setVehicle} />}
      </section>
      {here && to && onStreets(mode) && !practising.value && (
        <WhichWay
          from={here}
          to={to}
          mode={mode}
          chosen={way}
          choose={(next) => {
            setWay(next);
            setChosen(null);
          }}
        />
      )}
      <When offered={offered} minutes={minutes} choose={setChosen} />
      <Who />
      {!practising.value && <Waking />}
      <p class="t2 row honest">
        <Icon of={timer} />
        <span>{t("trip.honest")}</span>
      </p>
      <div class="foot">
        <button type="button" class="pbtn fill" disabled={busy || to === null} onClick={() => void start()}>
          {t(word, { time: clockTime(now.value + minutes * 60_000, false) })}
        </button>
      </div>
    </main>
  );
}
