/**
 * The map: MapLibre drawing our own vector data in the colours of tokens.css, with no request to anybody but our own server.
 * North is up. Once the operator has moved it, it never moves by itself again until it is asked to centre.
 */
import { type GeoJSONSource, type LngLatLike, Map as Maplibre, Marker, setWorkerUrl, type StyleSpecification } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
// The bundler does not find the worker that MapLibre starts by itself: without this line the map stays empty.
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import car from "lucide-static/icons/car-front.svg?raw";
import cctv from "lucide-static/icons/cctv.svg?raw";
import type { Feature, FeatureCollection } from "geojson";
import type { Aim, Camera, Position, RankedCamera } from "../shared/api";
import { bearingTo, circle, distanceBetween, type Point, type Ring, view } from "./geo";
import { t } from "./words";
import { type Freshness, freshness, radius_m } from "./ordering";

setWorkerUrl(workerUrl);

export interface PlacedCamera {
  camera: RankedCamera;
  n: number;
  /** Its picture is frozen or gone: the cone is then dashed amber. */
  old: boolean;
  chosen: boolean;
}
export interface PlacedUnit {
  id: string;
  at: Point;
  name: string;
  note: string;
  old: boolean;
}
export interface OtherIncident {
  id: string;
  at: Point;
  priority: 1 | 2 | 3;
}
export interface Scene {
  person: Position | null;
  priority: 1 | 2 | 3;
  heading: number | null;
  track: Position[];
  placed: PlacedCamera[];
  cameras: Camera[];
  /** Ids of those that something is wrong with. */
  sick: ReadonlySet<string>;
  units: PlacedUnit[];
  others: OtherIncident[];
  /** Cells of neighbours' cases at our border. */
  borders: { id: string; at: Position; priority: 1 | 2 | 3 }[];
  /** A head that is being calibrated: the places it was steered to, and where it looks as far as that is known. */
  /** Zones of a ward while one is being drawn, and its corners. */
  drawn: { zones: { ring: Ring; rule: string; chosen: boolean }[]; corners: Point[] } | null;
  head: { at: Point; spots: Point[]; aim: Aim | null } | null;
  now_ms: number;
}
export interface Edge {
  id: string;
  bearing: number;
  distance_m: number;
}

const ZOOM = 17;
const FONT = ["Pretendard GOV Variable"];
const EMPTY: FeatureCollection = { type: "FeatureCollection", features: [] };
/** A place where every camera of a small centre still fits as its own mark; above it they are counted. */
const CLUSTER_FROM = 400;

const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Pixels of one metre at a zoom, on this latitude; roads are drawn in their true width. */
const pixels = (zoom: number, latitude: number): number => 2 ** zoom / (78_271.517 * Math.cos((latitude * Math.PI) / 180));

function style(latitude: number): StyleSpecification {
  const land = token("--map-land");
  const road = token("--map-road");
  const label = token("--map-label");
  const halo = token("--map-halo");
  const accent = token("--accent");
  const stale = token("--p2");
  const p1 = token("--p1");
  const fill = token("--p1-fill");
  const width = (floor: number): never =>
    ["interpolate", ["exponential", 2], ["zoom"], 10, ["max", floor * 0.3, ["*", ["coalesce", ["get", "width_m"], 6], pixels(10, latitude)]], 20, ["max", floor, ["*", ["coalesce", ["get", "width_m"], 6], pixels(20, latitude)]]] as never;
  const kind = (...names: string[]): never => ["in", ["get", "kind"], ["literal", names]] as never;
  const wide = [">=", ["coalesce", ["get", "width_m"], 6], 12];
  return {
    version: 8,
    sources: {
      base: { type: "geojson", data: EMPTY },
      borders: { type: "geojson", data: EMPTY },
      cameras: { type: "geojson", data: EMPTY, cluster: false },
      crowds: { type: "geojson", data: EMPTY, cluster: true, clusterRadius: 44, clusterMaxZoom: 16 },
      cones: { type: "geojson", data: EMPTY },
      track: { type: "geojson", data: EMPTY },
      circle: { type: "geojson", data: EMPTY },
      zones: { type: "geojson", data: EMPTY },
    },
    layers: [
      { id: "land", type: "background", paint: { "background-color": land } },
      { id: "parks", type: "fill", source: "base", filter: kind("park"), paint: { "fill-color": token("--map-site") } },
      { id: "buildings", type: "fill", source: "base", filter: kind("building"), paint: { "fill-color": token("--map-block") } },
      { id: "roads", type: "line", source: "base", filter: kind("road"), layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": road, "line-width": width(1.2) } },
      { id: "borders", type: "line", source: "borders", paint: { "line-color": token("--line-strong"), "line-width": 1.5, "line-dasharray": [6, 4], "line-opacity": 0.7 } },
      { id: "road-names", type: "symbol", source: "base", minzoom: 15, filter: kind("road"), layout: { "symbol-placement": "line", "symbol-spacing": 420, "text-field": ["get", "name"], "text-font": FONT, "text-size": ["case", wide as never, 16, 13], "text-max-angle": 30, "text-padding": 12 }, paint: { "text-color": label, "text-halo-color": halo, "text-halo-width": 1.5 } },
      { id: "place-names", type: "symbol", source: "base", minzoom: 15, filter: kind("place", "park"), layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": 14, "text-padding": 8 }, paint: { "text-color": label, "text-halo-color": halo, "text-halo-width": 2 } },
      { id: "camera-marks", type: "symbol", source: "cameras", minzoom: 15, layout: { "icon-image": CAMERA as never, "icon-allow-overlap": true } },
      { id: "crowd-marks", type: "circle", source: "crowds", filter: ["has", "point_count"], paint: { "circle-radius": 13, "circle-color": token("--surface-1"), "circle-stroke-color": token("--map-cam"), "circle-stroke-width": 1.5 } },
      { id: "crowd-counts", type: "symbol", source: "crowds", filter: ["has", "point_count"], layout: { "text-field": ["get", "point_count_abbreviated"], "text-font": FONT, "text-size": 13, "text-allow-overlap": true }, paint: { "text-color": token("--text-2") } },
      { id: "crowd-single", type: "symbol", source: "crowds", filter: ["!", ["has", "point_count"]], layout: { "icon-image": CAMERA as never, "icon-allow-overlap": true } },
      { id: "cones", type: "fill", source: "cones", filter: ["!", ["get", "old"]], paint: { "fill-color": accent, "fill-opacity": ["case", ["get", "planned"], 0.06, 0.17] } },
      { id: "cones-old", type: "fill", source: "cones", filter: ["get", "old"], paint: { "fill-color": stale, "fill-opacity": 0.09 } },
      { id: "cone-planned", type: "line", source: "cones", filter: ["all", ["!", ["get", "old"]], ["get", "planned"]], paint: { "line-color": accent, "line-opacity": 0.8, "line-width": 1.4, "line-dasharray": [2, 3] } },
      { id: "cone-planned-word", type: "symbol", source: "cones", filter: ["all", ["!", ["get", "old"]], ["get", "planned"]], minzoom: 15, layout: { "text-field": ["get", "word"], "text-font": FONT, "text-size": 14 }, paint: { "text-color": accent, "text-halo-color": halo, "text-halo-width": 2 } },
      { id: "cone-edges", type: "line", source: "cones", filter: ["all", ["!", ["get", "old"]], ["!", ["get", "planned"]]], paint: { "line-color": accent, "line-opacity": ["case", ["get", "chosen"], 0.95, 0.55], "line-width": ["case", ["get", "chosen"], 2, 1.2] } },
      { id: "cone-edges-old", type: "line", source: "cones", filter: ["get", "old"], paint: { "line-color": stale, "line-opacity": 0.6, "line-width": 1.4, "line-dasharray": [4, 4] } },
      { id: "zones", type: "fill", source: "zones", paint: { "fill-color": ["case", ["get", "chosen"], accent, token("--text-3")] as never, "fill-opacity": 0.12 } },
      { id: "zones-stay", type: "line", source: "zones", filter: ["==", ["get", "rule"], "stay"], paint: { "line-color": ["case", ["get", "chosen"], accent, token("--text-3")] as never, "line-width": 2.5 } },
      { id: "zones-out", type: "line", source: "zones", filter: ["==", ["get", "rule"], "keep-out"], paint: { "line-color": ["case", ["get", "chosen"], accent, token("--text-3")] as never, "line-width": 2.5, "line-dasharray": [2, 2] } },
      { id: "track", type: "line", source: "track", filter: ["==", ["geometry-type"], "LineString"], paint: { "line-color": token("--map-track"), "line-width": 4, "line-opacity": ["get", "strength"] } },
      { id: "track-dots", type: "circle", source: "track", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 4.5, "circle-color": land, "circle-stroke-color": token("--map-track"), "circle-stroke-width": 2, "circle-stroke-opacity": ["get", "strength"], "circle-opacity": 0.9 } },
      { id: "circle", type: "fill", source: "circle", filter: ["!=", ["get", "state"], "lost"], paint: { "fill-color": fill, "fill-opacity": ["match", ["get", "state"], "fresh", 0.22, 0.12] } },
      { id: "circle-edge", type: "line", source: "circle", filter: ["in", ["get", "state"], ["literal", ["fresh", "cell"]]], paint: { "line-color": p1, "line-width": 2 } },
      { id: "circle-edge-late", type: "line", source: "circle", filter: ["in", ["get", "state"], ["literal", ["late", "coarse"]]], paint: { "line-color": p1, "line-width": 2, "line-dasharray": [3, 2.5] } },
      { id: "circle-edge-lost", type: "line", source: "circle", filter: ["==", ["get", "state"], "lost"], paint: { "line-color": token("--stale"), "line-width": 2, "line-dasharray": [1.5, 3] } },
    ],
  };
}

/** The mark of a camera that is not one of the four: a grey ring with a camera in it, drawn at twice the size. */
const CAMERA = ["case", ["get", "sick"], "camera-sick", "camera"];

/** One that ails is amber and struck through: not by colour alone. */
function cameraMark(sick: boolean): ImageData {
  const size = 40;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const ink = canvas.getContext("2d")!;
  ink.scale(2, 2);
  ink.beginPath();
  ink.arc(10, 10, 9, 0, 2 * Math.PI);
  ink.fillStyle = token("--surface-1");
  ink.fill();
  ink.strokeStyle = token(sick ? "--p2" : "--map-cam");
  ink.lineWidth = 1.5;
  ink.stroke();
  ink.translate(4, 4);
  ink.scale(0.5, 0.5);
  ink.lineWidth = 2.6;
  ink.lineCap = ink.lineJoin = "round";
  for (const [, path] of cctv.matchAll(/ d="([^"]+)"/g)) ink.stroke(new Path2D(path));
  if (sick) ink.stroke(new Path2D("M2 22 22 2"));
  return ink.getImageData(0, 0, size, size);
}

type Looks = Parameters<typeof view>[0] & { turned?: { state: string; looks?: Aim | null } | null };
/** Where it really looks once it was turned, and where it would have to: dashed, and with the word for it. */
function cones(camera: Looks, old: boolean, chosen: boolean): Feature[] {
  const feature = (ring: number[][], planned: boolean): Feature => ({ type: "Feature", properties: { old, chosen, planned, word: planned ? t("map.planned") : "" }, geometry: { type: "Polygon", coordinates: [ring] } });
  const looks = camera.turned?.looks;
  // turned by hand, it looks where nobody has asked
  if (camera.turned?.state === "hand" || camera.turned?.state === "untold") return [];
  const real = looks ? view({ ...camera, aim: looks }).map((ring) => feature(ring, false)) : [];
  const arrived = camera.turned?.state === "there";
  return [...real, ...(arrived ? [] : view(camera).map((ring) => feature(ring, !!camera.aim)))];
}

const lngLat = (p: Point): LngLatLike => [p.longitude, p.latitude];

function svg(html: string, className: string): HTMLElement {
  const element = document.createElement("div");
  element.className = className;
  element.innerHTML = html;
  return element;
}

const CAR = car.slice(car.indexOf(">", car.indexOf("<svg")) + 1, car.lastIndexOf("</svg>"));

export class MapView {
  readonly map: Maplibre;
  /** True once the operator has moved the map; only `centre` clears it. */
  moved = false;
  private scene: Scene | null = null;
  private loaded = false;
  private readonly markers = new Map<string, { marker: Marker; shape: string }>();
  private base: FeatureCollection = EMPTY;
  private borders: FeatureCollection = EMPTY;
  private centredOn: string | null = null;
  private camerasVisible = true;
  private drawn = { track: "", cones: "", circle: "", cameras: "", zones: "" };

  constructor(
    element: HTMLElement,
    at: Point,
    private readonly edges: (edges: Edge[]) => void,
    private readonly scale: (metres: number, pixels: number) => void,
    ready: () => void,
    pick: (at: Point) => void,
  ) {
    this.map = new Maplibre({
      container: element,
      style: style(at.latitude),
      center: lngLat(at),
      zoom: ZOOM,
      minZoom: 10,
      maxZoom: 20,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      // The console has its own keys; the map must not swallow arrows.
      keyboard: false,
      fadeDuration: 0,
    });
    this.map.touchZoomRotate.disableRotation();
    const byHand = (event: { originalEvent?: unknown }): void => {
      if (event.originalEvent) this.moved = true;
    };
    this.map.on("dragstart", byHand);
    this.map.on("zoomstart", byHand);
    this.map.on("move", () => this.look());
    this.map.on("click", ({ lngLat: { lat, lng } }) => pick({ latitude: lat, longitude: lng }));
    this.map.on("style.load", () => {
      this.loaded = true;
      for (const [name, sick] of [["camera", false], ["camera-sick", true]] as const) if (!this.map.hasImage(name)) this.map.addImage(name, cameraMark(sick), { pixelRatio: 2 });
      this.drawn = { track: "", cones: "", circle: "", cameras: "", zones: "" };
      this.source("base").setData(this.base);
      this.source("borders").setData(this.borders);
      if (this.scene) this.draw(this.scene);
      this.look();
      ready();
    });
  }

  remove(): void {
    this.map.remove();
  }

  /** The quarter's own drawing, once. Its letters are fetched first: the map draws each letter only once, with what is there. */
  async setBase(base: FeatureCollection): Promise<void> {
    const letters = [...new Set(base.features.flatMap((f) => [...String(f.properties?.["name"] ?? "")]))].join("");
    await document.fonts.load(`16px "${FONT[0]}"`, `${letters}0123456789k.`).catch(() => []);
    this.base = base;
    if (this.loaded) this.source("base").setData(base);
  }

  setBorders(borders: FeatureCollection): void {
    this.borders = borders;
    if (this.loaded) this.source("borders").setData(borders);
  }

  /** After a change of theme: the same drawing in the other colours. */
  recolour(): void {
    this.loaded = false;
    this.map.setStyle(style(this.map.getCenter().lat), { diff: false });
  }

  showCameras(visible: boolean): void {
    this.camerasVisible = visible;
    this.drawn.cameras = "";
    if (this.scene) this.draw(this.scene);
  }

  zoom(by: number): void {
    this.moved = true;
    this.map.easeTo({ zoom: this.map.getZoom() + by, duration: 120 });
  }

  centre(): void {
    this.moved = false;
    const person = this.scene?.person;
    if (person) this.map.easeTo({ center: lngLat(person), zoom: Math.max(ZOOM, this.map.getZoom()), duration: 180 });
  }

  /** By so many pixels: whoever has no mouse brings a place to the middle. */
  pan(right: number, down: number): void {
    this.moved = true;
    this.map.panBy([right, down], { duration: 0 });
  }

  middle(): Point {
    const { lat, lng } = this.map.getCenter();
    return { latitude: lat, longitude: lng };
  }

  show(at: Point): void {
    this.moved = true;
    this.map.jumpTo({ center: lngLat(at), zoom: ZOOM });
  }

  /** Brings a circle into sight whole; one that is there already moves nothing. */
  fit(at: Point, radius_m: number): void {
    const { clientWidth, clientHeight } = this.map.getContainer();
    const room = Math.min(clientWidth, clientHeight) / 2;
    const reach = radius_m * pixels(this.map.getZoom(), at.latitude);
    const { x, y } = this.map.project(lngLat(at));
    if (x >= reach && y >= reach && x <= clientWidth - reach && y <= clientHeight - reach) return;
    this.moved = true;
    this.map.jumpTo({ center: lngLat(at), zoom: Math.min(ZOOM, Math.log2((room * 0.9 * 2 ** this.map.getZoom()) / reach)) });
  }

  /** Draws a case. A new case is brought to the middle; the same case moves the map only if its person nears the edge. */
  update(id: string | null, scene: Scene): void {
    this.scene = scene;
    if (id !== this.centredOn && scene.person) {
      this.centredOn = id;
      this.moved = false;
      const wide = Math.max(scene.person.accuracy_m, 60);
      const zoom = Math.min(ZOOM, Math.log2((Math.min(this.map.getContainer().clientHeight, 700) * 78_271.517 * Math.cos((scene.person.latitude * Math.PI) / 180)) / (wide * 3.4)));
      this.map.jumpTo({ center: lngLat(scene.person), zoom });
    } else if (scene.person && !this.moved && this.nearEdge(scene.person)) {
      this.map.easeTo({ center: lngLat(scene.person), duration: 180 });
    }
    if (this.loaded) this.draw(scene);
    this.look();
  }

  private nearEdge(at: Point): boolean {
    const { x, y } = this.map.project(lngLat(at));
    const box = this.map.getContainer();
    return x < box.clientWidth * 0.2 || x > box.clientWidth * 0.8 || y < box.clientHeight * 0.22 || y > box.clientHeight * 0.8;
  }

  private source(name: string): GeoJSONSource {
    return this.map.getSource(name) as GeoJSONSource;
  }

  private set(name: "track" | "cones" | "circle" | "zones", features: Feature[]): void {
    const text = JSON.stringify(features);
    if (this.drawn[name] === text) return;
    this.drawn[name] = text;
    this.source(name).setData({ type: "FeatureCollection", features });
  }

  private draw(scene: Scene): void {
    this.drawCameras(scene);
    this.map.getCanvas().style.cursor = scene.head || scene.drawn ? "crosshair" : "";
    this.set("zones", (scene.drawn?.zones ?? []).map(({ ring, rule, chosen }): Feature => ({ type: "Feature", properties: { rule, chosen }, geometry: { type: "Polygon", coordinates: [ring] } })));
    this.set("cones", [...scene.placed.flatMap(({ camera, old, chosen }) => cones(camera, old, chosen)), ...(scene.head?.aim ? cones({ ...scene.head.at, azimuth_deg: null, view_deg: 60, range_m: 60, turned: { state: "there", looks: scene.head.aim } }, false, true) : [])]);
    this.drawTrack(scene);
    const wanted = new Set<string>();
    if (scene.person) this.drawPerson(scene.person, scene, wanted);
    else this.set("circle", []);
    for (const { camera, n, old } of scene.placed) {
      this.mark(`camera-${n}`, camera, `mark-camera${old ? " old" : ""}`, String(n), wanted);
    }
    if (scene.head) this.mark("head", scene.head.at, "mark-camera", "", wanted);
    for (const [i, spot] of (scene.head?.spots ?? []).entries()) this.mark(`spot-${i}`, spot, "mark-spot", String(i + 1), wanted);
    for (const [i, corner] of (scene.drawn?.corners ?? []).entries()) this.mark(`corner-${i}`, corner, "mark-spot", String(i + 1), wanted);
    for (const unit of scene.units) {
      this.mark(`unit-${unit.id}`, unit.at, `mark-unit${unit.old ? " old" : ""}`, `<span class="box"><svg class="i" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round">${CAR}</svg></span><span class="who"><b></b><small></small></span>`, wanted, (element) => {
        element.querySelector("b")!.textContent = unit.name;
        element.querySelector("small")!.textContent = unit.note;
      });
    }
    for (const other of scene.others) {
      this.mark(`other-${other.id}`, other.at, `mark-other p${other.priority}`, String(other.priority), wanted);
    }
    for (const border of scene.borders) {
      this.mark(`border-${border.id}`, border.at, "mark-border", String(border.priority), wanted);
    }
    for (const [key, { marker }] of this.markers) {
      if (wanted.has(key)) continue;
      marker.remove();
      this.markers.delete(key);
    }
  }

  private drawCameras(scene: Scene): void {
    const placed = new Set(scene.placed.map(({ camera }) => camera.id));
    const rest = this.camerasVisible ? scene.cameras.filter((camera) => !placed.has(camera.id)) : [];
    const key = `${rest.length}:${[...placed].join()}:${this.camerasVisible}:${[...scene.sick].join()}`;
    if (this.drawn.cameras === key) return;
    this.drawn.cameras = key;
    const features: Feature[] = rest.map((camera) => ({ type: "Feature", properties: { sick: scene.sick.has(camera.id) }, geometry: { type: "Point", coordinates: [camera.longitude, camera.latitude] } }));
    const crowd = features.length > CLUSTER_FROM;
    this.source("cameras").setData({ type: "FeatureCollection", features: crowd ? [] : features });
    this.source("crowds").setData({ type: "FeatureCollection", features: crowd ? features : [] });
  }

  /** Fades with age over ten minutes; a dot each 30 s, so that speed can be read from the spacing. */
  private drawTrack({ track, now_ms }: Scene): void {
    const strength = (at: string): number => Math.max(0.18, Math.round(100 * (0.72 - (now_ms - Date.parse(at)) / 900_000)) / 100);
    const features: Feature[] = [];
    let dotted = Number.NEGATIVE_INFINITY;
    for (const [i, position] of track.entries()) {
      const next = track[i + 1];
      if (next) features.push({ type: "Feature", properties: { strength: strength(next.at) }, geometry: { type: "LineString", coordinates: [[position.longitude, position.latitude], [next.longitude, next.latitude]] } });
      if (next && Date.parse(position.at) - dotted >= 30_000) {
        dotted = Date.parse(position.at);
        features.push({ type: "Feature", properties: { strength: strength(position.at) }, geometry: { type: "Point", coordinates: [position.longitude, position.latitude] } });
      }
    }
    this.set("track", features);
  }

  private drawPerson(person: Position, scene: Scene, wanted: Set<string>): void {
    const state: Freshness = freshness(person, scene.now_ms);
    this.set("circle", [{ type: "Feature", properties: { state }, geometry: { type: "Polygon", coordinates: [circle(person, radius_m(person, scene.now_ms))] } }]);
    if (state === "cell" || state === "coarse") return;
    const heading = state === "fresh" && scene.heading !== null ? `<path class="heading" transform="rotate(${Math.round(scene.heading)})" d="M0 -40 L11 -22 L0 -27 L-11 -22Z"/>` : "";
    const core = state === "lost" ? '<circle class="ring" r="14"/><text y="6">?</text>' : state === "late" ? '<circle class="ring" r="13"/><circle class="core" r="5"/>' : '<circle class="ring" r="14"/><circle class="core" r="9.5"/>';
    this.mark("person", person, `mark-person ${state}`, `<svg viewBox="-44 -44 88 88" width="88" height="88">${heading}${core}</svg>`, wanted);
  }

  private mark(key: string, at: Point, className: string, html: string, wanted: Set<string>, fill?: (element: HTMLElement) => void): void {
    wanted.add(key);
    const shape = className + html;
    let entry = this.markers.get(key);
    if (entry && entry.shape !== shape) {
      entry.marker.remove();
      entry = undefined;
    }
    if (!entry) {
      const element = svg(html, className);
      element.dataset["mark"] = key;
      element.setAttribute("aria-hidden", "true");
      entry = { marker: new Marker({ element, anchor: "center" }).setLngLat(lngLat(at)).addTo(this.map), shape };
      this.markers.set(key, entry);
    }
    fill?.(entry.marker.getElement());
    const before = entry.marker.getLngLat();
    if (before.lng !== at.longitude || before.lat !== at.latitude) entry.marker.setLngLat(lngLat(at));
  }

  /** Says what lies outside the picture and how long the scale bar is. */
  private look(): void {
    const box = this.map.getContainer();
    const centre = this.map.getCenter();
    const at = { latitude: centre.lat, longitude: centre.lng };
    const outside: Edge[] = [];
    for (const other of this.scene?.others ?? []) {
      const { x, y } = this.map.project(lngLat(other.at));
      if (x >= 0 && y >= 0 && x <= box.clientWidth && y <= box.clientHeight) continue;
      outside.push({ id: other.id, bearing: bearingTo(at, other.at), distance_m: distanceBetween(at, other.at) });
    }
    this.edges(outside);
    const perMetre = pixels(this.map.getZoom(), centre.lat);
    const metres = [5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000].find((m) => m * perMetre >= 70) ?? 20_000;
    this.scale(metres, metres * perMetre);
  }
}
