/** The streets that the centre knows, drawn as lines of our own: no tiles, nothing asked from anybody else. */
import "./ground.css";
import type { JSX, Ref } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { type Position, get } from "./api";
import { now } from "./clock";
import { locale } from "./i18n";

export interface Place {
  latitude: number;
  longitude: number;
}
export interface Feature {
  properties: { kind: string; name?: string; name_en?: string; place?: string; width_m?: number };
  geometry: { type: string; coordinates: unknown };
}
export type Pair = [number, number];
type Project = (longitude: number, latitude: number) => Pair;

const METRES_A_DEGREE = 111_320;
const WALK_MPS = 1.4;
const AGAIN_MS = 3_000;
const FRESH_S = 10;
/** From then on only the last place is known. */
export const LOST_S = 60;

/** East and south of `origin` in metres: good enough within a few kilometres. */
export function plane(origin: Place): Project {
  const east = METRES_A_DEGREE * Math.cos((origin.latitude * Math.PI) / 180);
  return (longitude, latitude) => [(longitude - origin.longitude) * east, (origin.latitude - latitude) * METRES_A_DEGREE];
}

/** The place so many metres east and south of `origin`. */
export function moved(origin: Place, [east, south]: Pair): Place {
  const across = METRES_A_DEGREE * Math.cos((origin.latitude * Math.PI) / 180);
  return { latitude: origin.latitude - south / METRES_A_DEGREE, longitude: origin.longitude + east / across };
}

/** Metres between two places, as the crow flies. */
export function apart(from: Place, to: Place): number {
  const [east, south] = plane(from)(to.longitude, to.latitude);
  return Math.hypot(east, south);
}

/** Degrees clockwise from north. */
export function bearing(from: Place, to: Place): number {
  const [east, south] = plane(from)(to.longitude, to.latitude);
  return (Math.atan2(east, -south) * 180) / Math.PI;
}

export const line = (points: Pair[]): string => points.map(([x, y], at) => `${at === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

function shape({ type, coordinates }: Feature["geometry"], to: Project): string {
  const one = (points: Pair[]): string => line(points.map(([longitude, latitude]) => to(longitude, latitude)));
  if (type === "LineString") return one(coordinates as Pair[]);
  if (type === "Polygon" || type === "MultiLineString") return (coordinates as Pair[][]).map(one).join("");
  return "";
}

/** Where along a road its name stands: the longest piece that is in sight, turned so that it reads from the left. */
function label(feature: Feature, to: Project, reach: number): { x: number; y: number; angle: number } | null {
  const { type, coordinates } = feature.geometry;
  const lines = type === "LineString" ? [coordinates as Pair[]] : type === "MultiLineString" ? (coordinates as Pair[][]) : [];
  let best: { x: number; y: number; angle: number; length: number } | null = null;
  for (const points of lines) {
    for (let at = 1; at < points.length; at++) {
      const [ax, ay] = to(...points[at - 1]!);
      const [bx, by] = to(...points[at]!);
      // Clipped to what is in sight, so that the name stands where it can be read.
      for (const [from, until] of [[0, 1], [0, 0.5], [0.5, 1]] as const) {
        const x = ax + ((bx - ax) * (from + until)) / 2;
        const y = ay + ((by - ay) * (from + until)) / 2;
        const length = Math.hypot(bx - ax, by - ay) * (until - from);
        if (Math.abs(x) > reach * 0.75 || Math.abs(y) > reach * 0.75) continue;
        if (best && best.length >= length) continue;
        let angle = (Math.atan2(by - ay, bx - ax) * 180) / Math.PI;
        if (angle > 90) angle -= 180;
        if (angle < -90) angle += 180;
        best = { x, y, angle, length };
      }
    }
  }
  return best && best.length > reach * 0.3 ? best : null;
}

/** Streets never change during a case; drawn once. `reach` is how far from the origin names and places are worth drawing. */
export function Streets({ features, to, reach, scale }: { features: Feature[]; to: Project; reach: number; scale: number }): JSX.Element {
  const of = (kind: string): Feature[] => features.filter((feature) => feature.properties.kind === kind);
  return (
    <g>
      {["block", "park", "building"].map((kind) => (
        <path key={kind} class={kind} d={of(kind).map((feature) => shape(feature.geometry, to)).join("")} />
      ))}
      {of("road").map((feature, at) => (
        <path key={at} class="road" d={shape(feature.geometry, to)} stroke-width={feature.properties.width_m ?? 8} />
      ))}
      {of("road").map((feature, at) => {
        const name = locale.value === "ko" ? feature.properties.name : (feature.properties.name_en ?? feature.properties.name);
        const spot = name ? label(feature, to, reach) : null;
        return spot && <text key={at} class="street" transform={`translate(${spot.x} ${spot.y}) rotate(${spot.angle}) scale(${scale})`} dy=".35em">{name}</text>;
      })}
      {of("place").map((feature, at) => {
        const [x, y] = to(...(feature.geometry.coordinates as Pair));
        if (Math.abs(x) > reach || Math.abs(y) > reach) return null;
        const name = locale.value === "ko" ? feature.properties.name : (feature.properties.name_en ?? feature.properties.name);
        return (
          <g key={at} class="place" transform={`translate(${x} ${y}) scale(${scale})`}>
            <circle r="8" />
            <text x="13" dy=".35em">{name}</text>
          </g>
        );
      })}
    </g>
  );
}

/** Ring, core and how sure: fresh, growing with its age, or only the last place. */
export function Person({ position, scale }: { position: Position; scale: number }): JSX.Element {
  const seconds = Math.max(0, (now.value - Date.parse(position.at)) / 1000);
  const kind = seconds > LOST_S ? "lost" : seconds > FRESH_S ? "late" : "fresh";
  const radius = Math.max(position.accuracy_m + (kind === "late" ? (seconds - FRESH_S) * WALK_MPS : 0), 16 * scale);
  return (
    <g class={`person ${kind}`}>
      <circle class="accuracy" r={radius} />
      {kind === "lost" ? (
        <text transform={`scale(${scale})`} dy=".35em">?</text>
      ) : (
        <g transform={`scale(${scale})`}>
          {position.heading_deg != null && kind === "fresh" && <path class="heading" d="M0 -27 9 -12H-9Z" transform={`rotate(${position.heading_deg})`} />}
          <circle class="ring" r="14" />
          <circle class="core" r={kind === "late" ? 5 : 9.5} />
        </g>
      )}
    </g>
  );
}

/** What the centre has drawn of the city; asked for again until it comes, since without it a bearing is all there is. */
export function useStreets(): Feature[] {
  const [features, setFeatures] = useState<Feature[]>([]);
  useEffect(() => {
    let timer = 0;
    const fetchMap = (): void =>
      void get<{ features: Feature[] }>("/api/map").then(
        (map) => setFeatures(map.features),
        () => (timer = window.setTimeout(fetchMap, AGAIN_MS)),
      );
    fetchMap();
    return () => clearTimeout(timer);
  }, []);
  return features;
}

/** The size of the frame that a drawing stands in, in pixels. */
export function useSize(): [Ref<HTMLDivElement>, Pair] {
  const frame = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState<Pair>([390, 290]);
  useEffect(() => {
    const look = new ResizeObserver(([entry]) => entry && setSize([entry.contentRect.width, entry.contentRect.height]));
    look.observe(frame.current!);
    return () => look.disconnect();
  }, []);
  return [frame, size];
}
