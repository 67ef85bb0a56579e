/** A small drawn map of the streets around one person: our own lines, no tiles, nothing asked from anybody else. */
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import locateIcon from "lucide-static/icons/locate.svg?raw";
import type { Position, RankedCamera } from "../shared/api";
import { now } from "../shared/clock";
import { type Pair, type Place, LOST_S, Person, Streets, line, plane, useSize, useStreets } from "../shared/ground";
import { Icon } from "../shared/icons";
import { age, clockTime, direction, distance } from "../shared/words";
import { t } from "./words";

interface PlanProps {
  position: Position | null;
  track: Position[];
  /** Cameras in their numbered places. */
  slots: (RankedCamera | null)[];
  here: Place | null;
  locate: (() => void) | null;
  theme: "officer" | "guardian" | "trip";
  place: string;
}

const REACH_M = { least: 110, most: 600 };
const WALK_MPS = 1.4;

export function Plan({ position, track, slots, here, locate, theme, place }: PlanProps): JSX.Element {
  const features = useStreets();
  const [frame, size] = useSize();

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
