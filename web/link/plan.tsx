/** A small drawn map of the streets around one person: our own lines, no tiles, nothing asked from anybody else. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import locateIcon from "lucide-static/icons/locate.svg?raw";
import { type Position, type RankedCamera, get } from "../shared/api";
import { now } from "../shared/clock";
import { locale } from "../shared/i18n";
import { Icon } from "../shared/icons";
import { age, clockTime, direction, distance } from "../shared/words";
import { t } from "./words";

interface Place {
  latitude: number;
  longitude: number;
}
interface Feature {
  properties: { kind: string; name?: string; name_en?: string; place?: string; width_m?: number };
  geometry: { type: string; coordinates: unknown };
}
type Pair = [number, number];

interface PlanProps {
  position: Position | null;
  track: Position[];
  /** Cameras in their numbered places. */
  slots: (RankedCamera | null)[];
  here: Place | null;
  locate: (() => void) | null;
  theme: "officer" | "guardian";
  place: string;
}

const METRES_A_DEGREE = 111_320;
const WALK_MPS = 1.4;
const REACH_M = { least: 110, most: 600 };
const AGAIN_MS = 3_000;
const FRESH_S = 10;
const LOST_S = 60;

/** East and south of `origin` in metres: good enough within a few kilometres. */
function plane(origin: Place): (longitude: number, latitude: number) => Pair {
  const east = METRES_A_DEGREE * Math.cos((origin.latitude * Math.PI) / 180);
  return (longitude, latitude) => [(longitude - origin.longitude) * east, (origin.latitude - latitude) * METRES_A_DEGREE];
}

const line = (points: Pair[]): string => points.map(([x, y], at) => `${at === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

function shape({ type, coordinates }: Feature["geometry"], to: (longitude: number, latitude: number) => Pair): string {
  const one = (points: Pair[]): string => line(points.map(([longitude, latitude]) => to(longitude, latitude)));
  if (type === "LineString") return one(coordinates as Pair[]);
  if (type === "Polygon" || type === "MultiLineString") return (coordinates as Pair[][]).map(one).join("");
  return "";
}

/** Where along a road its name stands: the longest piece that is in sight, turned so that it reads from the left. */
function label(feature: Feature, to: (longitude: number, latitude: number) => Pair, reach: number): { x: number; y: number; angle: number } | null {
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

/** Streets never change during a case; drawn once. */
function Streets({ features, to, reach, scale }: { features: Feature[]; to: (longitude: number, latitude: number) => Pair; reach: number; scale: number }): JSX.Element {
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
function Person({ position, scale }: { position: Position; scale: number }): JSX.Element {
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

export function Plan({ position, track, slots, here, locate, theme, place }: PlanProps): JSX.Element {
  const [features, setFeatures] = useState<Feature[]>([]);
  const [size, setSize] = useState<Pair>([390, 290]);
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let timer = 0;
    // The streets are worth asking for again: without them a bearing and a distance are all there is.
    const fetchMap = (): void =>
      void get<{ features: Feature[] }>("/api/map").then(
        (map) => setFeatures(map.features),
        () => (timer = window.setTimeout(fetchMap, AGAIN_MS)),
      );
    fetchMap();
    return () => clearTimeout(timer);
  }, []);
  useEffect(() => {
    const look = new ResizeObserver(([entry]) => entry && setSize([entry.contentRect.width, entry.contentRect.height]));
    look.observe(frame.current!);
    return () => look.disconnect();
  }, []);

  // The ground stays where it was drawn; the window onto it follows her.
  const anchor = useRef<Place | null>(null);
  anchor.current ??= position;
  if (!position || !anchor.current) {
    return (
      <div class="ground empty" ref={frame}>
        <p class="t2" role="status">{t("noposition")}</p>
      </div>
    );
  }
  const to = plane(anchor.current);
  const at = to(position.longitude, position.latitude);
  const mine = here ? to(here.longitude, here.latitude) : null;
  const apart = mine ? Math.hypot(mine[0] - at[0], mine[1] - at[1]) : null;
  const bearing = mine ? (Math.atan2(at[0] - mine[0], mine[1] - at[1]) * 180) / Math.PI : 0;
  // Both in sight while the officer is within reach; then the circle between them is the middle.
  const together = apart !== null && apart < REACH_M.most * 2;
  const middle: Pair = together ? [(at[0] + mine![0]) / 2, (at[1] + mine![1]) / 2] : at;
  const [width, height] = size;
  const least = Math.min(width, height) || 1;
  const reach = Math.max(REACH_M.least, (together ? apart! / 2 : 0) * 1.35, position.accuracy_m * 1.6);
  const scale = (2 * reach) / least;
  const across: Pair = [width * scale, height * scale];
  const seconds = Math.max(0, (now.value - Date.parse(position.at)) / 1000);
  const where = apart === null ? null : apart < Math.max(15, position.accuracy_m) ? t("here") : t("away", { direction: direction(bearing), distance: distance(apart) });
  const walk = apart !== null && apart < 1_500 && where !== t("here") ? t("walk", { n: Math.max(1, Math.round((apart * 1.3) / WALK_MPS / 60)) }) : "";
  const said = [place, t("accuracy", { m: distance(position.accuracy_m) }), seconds > LOST_S ? t("last", { time: clockTime(position.at, false) }) : age(seconds)].filter(Boolean).join(" · ");
  return (
    <div class="ground" data-for={theme} ref={frame}>
      <svg viewBox={`${middle[0] - across[0] / 2} ${middle[1] - across[1] / 2} ${across[0]} ${across[1]}`} role="img" aria-label={t("map", { words: [where, said].filter(Boolean).join(", ") })}>
        <Streets features={features} to={to} reach={reach * 1.4} scale={scale} />
        {slots.map((camera, index) => {
          if (camera === null) return null;
          const [x, y] = to(camera.longitude, camera.latitude);
          return (
            <g key={camera.id} class="cam" transform={`translate(${x} ${y}) scale(${scale})`}>
              {camera.azimuth_deg !== null && <path class="cone" d="M0 0 -14 -34A38 38 0 0 1 14 -34Z" transform={`rotate(${camera.azimuth_deg})`} />}
              <rect x="-10" y="-10" width="20" height="20" rx="5" />
              <text dy=".36em">{index + 1}</text>
            </g>
          );
        })}
        {track.length > 1 && (
          <g class="track">
            {track.slice(1).map((fix, index) => {
              const before = track[index]!;
              return <path key={fix.at} d={line([to(before.longitude, before.latitude), to(fix.longitude, fix.latitude)])} stroke-width={4 * scale} opacity={0.25 + (0.6 * index) / track.length} />;
            })}
          </g>
        )}
        {mine && <path class="between" d={line([mine, at])} stroke-width={4 * scale} stroke-dasharray={`${scale} ${9 * scale}`} />}
        <g transform={`translate(${at[0]} ${at[1]})`}>
          <Person position={position} scale={scale} />
        </g>
        {mine && (
          <g class="me" transform={`translate(${mine[0]} ${mine[1]}) scale(${scale})`}>
            <rect x="-15" y="-15" width="30" height="30" rx="9" />
            <path d="M0 -8 7 7 0 3.500 -7 7Z" />
            <text y="32">{t("me")}</text>
          </g>
        )}
      </svg>
      {theme === "officer" && (
        <div class="ov">
          {where ? <b>{[where, walk].filter(Boolean).join(" · ")}</b> : locate && <button type="button" class="row word" onClick={locate}><Icon of={locateIcon} />{t("locate")}</button>}
          <span class="t2">{said}</span>
        </div>
      )}
    </div>
  );
}
