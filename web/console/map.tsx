import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { signal } from "@preact/signals";
import type { FeatureCollection } from "geojson";
import arrow from "lucide-static/icons/arrow-up.svg?raw";
import clock from "lucide-static/icons/clock.svg?raw";
import footprints from "lucide-static/icons/footprints.svg?raw";
import layers from "lucide-static/icons/layers.svg?raw";
import locate from "lucide-static/icons/locate-fixed.svg?raw";
import minus from "lucide-static/icons/minus.svg?raw";
import plus from "lucide-static/icons/plus.svg?raw";
import { get, type Position } from "../shared/api";
import { now, since } from "../shared/clock";
import { Glyph } from "../shared/components";
import { both, locale } from "../shared/i18n";
import { Icon } from "../shared/icons";
import { theme } from "../shared/theme";
import { age, clockTime, direction, distance, span } from "../shared/words";
import * as act from "./actions";
import { looked } from "./borders";
import { Calibrating, headOnMap, pick, work } from "./calibrating";
import { sick } from "./cameras";
import { bearingTo, distanceBetween } from "./geo";
import type { Edge, MapView, PlacedUnit, Scene } from "./mapview";
import { freshness, isWaiting } from "./ordering";
import { further } from "./slots";
import { states } from "./pictures";
import { kindOf } from "./queue";
import * as store from "./store";
import { t } from "./words";
import { Drawing, drawing, place as placeZone, zonesOnMap } from "./zones";

const edges = signal<Edge[]>([]);
const bar = signal<{ metres: number; px: number }>({ metres: 50, px: 100 });
const failed = signal(false);
const opened = signal(false);
/** Names on the map, for the search. */
export const places = signal<{ name: string; latitude: number; longitude: number }[]>([]);
let view: MapView | null = null;
export const showPlace = (at: { latitude: number; longitude: number }): void => view?.show(at);
export const fitMap = (at: { latitude: number; longitude: number }, radius_m: number): void => view?.fit(at, radius_m);
export const panMap = (right: number, down: number): void => view?.pan(right, down);
export const middleOfMap = (): { latitude: number; longitude: number } | undefined => view?.middle();

/** Where she is heading and how fast, from the phone or else from her last 20 seconds. */
export function motion(position: Position | null, track: Position[]): { heading: number | null; speed: number | null } {
  if (!position) return { heading: null, speed: null };
  const at = Date.parse(position.at);
  const earlier = track.find((p) => at - Date.parse(p.at) <= 20_000 && at - Date.parse(p.at) >= 3_000);
  const gone = earlier ? distanceBetween(earlier, position) : 0;
  const speed = position.speed_mps ?? (earlier ? gone / ((at - Date.parse(earlier.at)) / 1000) : null);
  const heading = position.heading_deg ?? (earlier && gone > 4 ? bearingTo(earlier, position) : null);
  return { heading: speed !== null && speed < 0.3 ? null : heading, speed };
}

function scene(): Scene {
  const incident = store.selected.value;
  const detail = store.isDetail(incident) ? incident : null;
  const seats = incident ? (store.slots.value.get(incident.id) ?? []) : [];
  const guest = store.guest.value;
  const seated = seats.map((slot, i) => ({ id: i === 3 && guest ? guest : slot.camera, n: i + 1 }));
  const ranked = detail?.cameras ?? [];
  const placed = seated.flatMap(({ id, n }) => {
    const camera = ranked.find((c) => c.id === id);
    const state = states.value.get(id)?.state;
    const old = state ? state === "stale" || state === "frozen" || state === "lost" : camera?.live === false;
    const number = n === store.places.value && guest && detail ? n + 1 + further(seats, detail.cameras).findIndex((c) => c.id === guest) : n;
    return camera ? [{ camera, n: number, old, chosen: store.camera.value === n }] : [];
  });
  const units: PlacedUnit[] = (detail?.dispatches ?? []).flatMap((d) => {
    if (!d.position || !(d.state === "en_route" || d.state === "arrived")) return [];
    const old_s = d.position.at ? since(d.position.at) : 0;
    const note = d.state === "arrived" ? t("state.arrived") : old_s > 15 ? t("map.unit.age", { t: span(old_s) }) : d.eta_s ? span(d.eta_s) : "";
    return [{ id: d.id, at: d.position, name: d.unit ?? d.agency, note, old: old_s > 60 }];
  });
  return {
    person: incident?.position ?? null,
    priority: incident?.priority ?? 1,
    heading: motion(incident?.position ?? null, detail?.track ?? []).heading,
    track: detail?.track ?? [],
    placed,
    cameras: store.cameras.value,
    sick: sick.value,
    units,
    others: [...store.incidents.value.values()].filter((i) => i.id !== incident?.id && isWaiting(i) && i.position).map((i) => ({ id: i.id, at: i.position!, priority: i.priority })),
    borders: store.borders.value.map(({ id, position, priority }) => ({ id, at: position, priority })),
    head: headOnMap.value,
    drawn: zonesOnMap.value,
    now_ms: now.value,
  };
}

function WhereIs(): JSX.Element | null {
  const incident = store.selected.value;
  if (!incident) return null;
  const position = incident.position;
  const detail = store.isDetail(incident) ? incident : null;
  const state = position ? freshness(position, now.value) : null;
  const going = motion(position, detail?.track ?? []);
  const walking = going.heading !== null && going.speed !== null && going.speed > 0.3;
  return (
    <div class="ov where-is" data-part="where">
      <div class="b place">{both(incident.place)}</div>
      <div class="row t2">
        {!position && <span>{t("map.no.position")}</span>}
        {position && (
          <span class="row">
            <Icon of={locate} />
            {t("map.accuracy", { m: Math.round(position.accuracy_m) })}
          </span>
        )}
        {position && state !== "lost" && state !== "coarse" && (
          <span class={`row${state === "late" ? " c2" : ""}`}>
            <Icon of={clock} />
            {age(since(position.at))}
          </span>
        )}
        {state === "coarse" && <span>{t("map.about")}</span>}
        {state === "late" && <span class="c2">{t("map.grown")}</span>}
        {state === "cell" && <span>{t("map.cell")}</span>}
        {state === "lost" && position && <span class="stale-text b">{t("map.last", { at: clockTime(position.at, false) })}</span>}
        {state === "fresh" && going.speed !== null && (
          <span class="row">
            <Icon of={footprints} />
            {walking && going.heading !== null ? t(going.speed! > 2.6 ? "map.running" : "map.walking", { direction: direction(going.heading) }) : t("map.still")}
          </span>
        )}
      </div>
    </div>
  );
}

function Edges(): JSX.Element {
  return (
    <div class="edges">
      {edges.value.map((edge) => {
        const incident = store.incidents.value.get(edge.id);
        if (!incident || incident.priority !== 1) return null;
        return (
          <div class="edge" key={edge.id} data-part="edge">
            <span class="turn" style={{ transform: `rotate(${edge.bearing}deg)` }}>
              <Icon of={arrow} class="c1" />
            </span>
            <Glyph p={1} size={26} />
            <b>{t("map.edge", { kind: kindOf(incident) })}</b>
            <span class="t2">{t("map.edge.where", { direction: direction(edge.bearing), distance: distance(edge.distance_m) })}</span>
          </div>
        );
      })}
    </div>
  );
}

export function MapPanel(): JSX.Element {
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    let ended = false;
    const open = async (): Promise<void> => {
      const [{ MapView }, base, borders] = await Promise.all([
        import("./mapview"),
        get<FeatureCollection>("/api/map").catch(() => null),
        get<FeatureCollection>("/api/map/borders").catch(() => null),
      ]);
      if (ended || !box.current) return;
      view = new MapView(box.current, middle(base), (list) => (edges.value = list), (metres, px) => (bar.value = { metres, px }), () => (opened.value = true), (at) => (drawing.peek() ? placeZone(at) : void pick(at)));
      if (borders) view.setBorders(borders);
      if (base) {
        places.value = named_places(base);
        await view.setBase(base);
      }
      view?.update(store.selectedId.peek(), scene());
    };
    // Without WebGL, or without its own file, the map says so; the rest of the console works on.
    open().catch(() => (failed.value = true));
    return () => {
      ended = true;
      view?.remove();
      view = null;
    };
  }, []);

  const current = scene();
  const id = store.selectedId.value;
  useEffect(() => {
    view?.update(id, current);
  });
  const colours = theme.value;
  useEffect(() => {
    if (opened.peek()) view?.recolour();
  }, [colours]);
  useEffect(() => act.centring.subscribe((n) => void (n > 0 && view?.centre())), []);
  useEffect(() => looked.subscribe((one) => void (one && view?.show(one.at))), []);
  useEffect(() => act.zooming.subscribe((n) => void (n !== 0 && view?.zoom(Math.sign(n)))), []);
  const shown = act.camerasShown.value;
  useEffect(() => view?.showCameras(shown), [shown]);
  void locale.value;

  return (
    <section class="map" aria-label={t("map.title")}>
      <div class="geo" ref={box} data-opened={opened.value} />
      {failed.value && (
        <div class="map-failed" role="status">
          <b>{t("map.failed")}</b>
          <span class="t2">{t("map.failed.how")}</span>
        </div>
      )}
      {work.value ? <Calibrating /> : drawing.value ? <Drawing /> : <WhereIs />}
      <Edges />
      <div class="ov tools">
        <button type="button" class="btn ghost" aria-label={t("map.centre")} onClick={() => (act.centring.value += 1)}>
          <Icon of={locate} />
        </button>
        <button type="button" class="btn ghost" aria-label={t("map.layers")} aria-pressed={shown} onClick={() => (act.camerasShown.value = !shown)}>
          <Icon of={layers} />
        </button>
        <button type="button" class="btn ghost" aria-label={t("map.closer")} onClick={() => view?.zoom(1)}>
          <Icon of={plus} />
        </button>
        <button type="button" class="btn ghost" aria-label={t("map.wider")} onClick={() => view?.zoom(-1)}>
          <Icon of={minus} />
        </button>
      </div>
      <div class="scale" aria-hidden="true">
        <i style={{ width: `${Math.round(bar.value.px)}px` }} />
        {distance(bar.value.metres)}
      </div>
      {store.centre.value?.map?.attribution && <div class="credit">{store.centre.value.map.attribution}</div>}
    </section>
  );
}

function middle(base: FeatureCollection | null): { latitude: number; longitude: number } {
  const incident = store.selected.peek() ?? store.top.peek();
  if (incident?.position) return incident.position;
  const said = store.centre.peek()?.map;
  if (said?.latitude !== undefined && said.longitude !== undefined) return { latitude: said.latitude, longitude: said.longitude };
  const camera = store.cameras.peek()[0];
  const first = base?.features.find((f) => f.geometry.type === "Point")?.geometry;
  if (first?.type === "Point") return { longitude: first.coordinates[0]!, latitude: first.coordinates[1]! };
  return camera ?? { latitude: 36.5, longitude: 127.8 };
}

function named_places(base: FeatureCollection): { name: string; latitude: number; longitude: number }[] {
  const seen = new Map<string, { name: string; latitude: number; longitude: number }>();
  for (const feature of base.features) {
    const name = feature.properties?.["name"] as string | undefined;
    if (!name || seen.has(name)) continue;
    let at: unknown = "coordinates" in feature.geometry ? feature.geometry.coordinates : null;
    const middle_of = (list: unknown[]): unknown => list[Math.floor(list.length / 2)];
    while (Array.isArray(at) && Array.isArray(at[0])) at = middle_of(at);
    if (Array.isArray(at) && typeof at[0] === "number") seen.set(name, { name, longitude: at[0], latitude: at[1] as number });
  }
  return [...seen.values()];
}

