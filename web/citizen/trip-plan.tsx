/** The streets around her, where she goes, and where she is: drawn here, asked from nobody but the centre. */
import type { JSX } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import minus from "lucide-static/icons/minus.svg?raw";
import plus from "lucide-static/icons/plus.svg?raw";
import { LOST_S, type Pair, Person, type Place, Streets, apart, bearing, line, moved, plane, useSize, useStreets } from "../shared/ground";
import { since } from "../shared/clock";
import { locale } from "../shared/i18n";
import { Icon } from "../shared/icons";
import { age, clockTime, direction, distance } from "../shared/words";
import { t } from "./words";
import type { Position } from "./wire";

const LEAST_M = 120;
/** Farther apart than this they do not fit on a map on which streets can be told apart. */
const TOGETHER_M = 4_000;

const House = ({ scale }: { scale: number }): JSX.Element => (
  <g class="goal" transform={`scale(${scale})`}>
    <circle r="17" />
    <path d="M-7 0 0 -7 7 0M-5 -1.500V7H5V-1.500" />
  </g>
);

interface PlanProps {
  position: Position | null;
  to: Place;
  /** Those that she may choose from, or the one that she chose. */
  ways?: { line: Pair[]; chosen: boolean }[];
  /** Places of help along it. */
  help?: (Place & { open: boolean | null })[];
}

/** She and her destination in one picture; the line between them is straight where she has chosen no way. */
export function TripPlan({ position, to, ways = [], help = [] }: PlanProps): JSX.Element {
  const features = useStreets();
  const [frame, [width, height]] = useSize();
  // The ground stays where it was drawn; the window onto it follows her.
  const anchor = useRef<Place>(position ?? to);
  const project = useMemo(() => plane(anchor.current), []);
  const goal = project(to.longitude, to.latitude);
  const her: Pair | null = position ? project(position.longitude, position.latitude) : null;
  const far = her ? Math.hypot(goal[0] - her[0], goal[1] - her[1]) : 0;
  const together = far < TOGETHER_M;
  const middle: Pair = her === null ? goal : together ? [(goal[0] + her[0]) / 2, (goal[1] + her[1]) / 2] : her;
  const reach = Math.max(LEAST_M, together ? far * 0.8 : 500);
  const scale = (2 * reach) / (Math.min(width, height) || 1);
  const across: Pair = [width * scale, height * scale];
  // Drawn anew when she comes noticeably nearer, not with every metre: a slow phone has better things to do.
  const step = Math.round(Math.log2(scale) * 4) / 4;
  const reached = Math.round(Math.hypot(...middle) / 200) * 200 + reach * 1.6;
  const streets = useMemo(() => <Streets features={features} to={project} reach={reached} scale={2 ** step} />, [features, step, Math.round(reached / 200), locale.value]);
  const said = position ? [t("trip.fix", { m: distance(position.accuracy_m), age: since(position.at) > LOST_S ? clockTime(position.at, false) : age(since(position.at)) }), distance(far)] : [t("trip.nofix")];
  return (
    <div class="ground" data-for="trip" ref={frame}>
      <svg viewBox={`${middle[0] - across[0] / 2} ${middle[1] - across[1] / 2} ${across[0]} ${across[1]}`} role="img" aria-label={said.join(", ")}>
        {streets}
        {[...ways].sort((one, other) => Number(one.chosen) - Number(other.chosen)).map(({ line: corners, chosen }, at) => (
          <path key={at} class={chosen ? "way chosen" : "way"} d={line(corners.map(([longitude, latitude]) => project(longitude, latitude)))} stroke-width={(chosen ? 7 : 5) * scale} {...(chosen ? {} : { "stroke-dasharray": `${10 * scale} ${8 * scale}` })} />
        ))}
        {help.map((one, at) => {
          const [x, y] = project(one.longitude, one.latitude);
          return <circle key={at} class={one.open ? "help" : "help shut"} cx={x} cy={y} r={6 * scale} stroke-width={2 * scale} />;
        })}
        {her && ways.length === 0 && <path class="between" d={line([her, goal])} stroke-width={5 * scale} stroke-dasharray={`${scale} ${11 * scale}`} />}
        <g transform={`translate(${goal[0]} ${goal[1]})`}>
          <House scale={scale} />
        </g>
        {her && position && (
          <g transform={`translate(${her[0]} ${her[1]})`}>
            <Person position={position} scale={scale} />
          </g>
        )}
      </svg>
    </div>
  );
}

const ZOOM = { least: 0.4, most: 40, by: 1.6 };
const STEP_PX = 40;

/** The map moves under a fixed pin: by finger, by mouse, by arrow keys. */
export function Picker({ from, at, choose }: { from: Place | null; at: Place; choose: (place: Place) => void }): JSX.Element {
  const features = useStreets();
  const [frame, [width, height]] = useSize();
  const [scale, setScale] = useState(2.5);
  const anchor = useRef(at);
  const project = useMemo(() => plane(anchor.current), []);
  const grip = useRef<{ id: number; x: number; y: number } | null>(null);
  const [x, y] = project(at.longitude, at.latitude);
  const shift = (right: number, down: number): void => choose(moved(at, [right * scale, down * scale]));
  const zoom = (by: number): void => setScale(Math.min(ZOOM.most, Math.max(ZOOM.least, scale * by)));
  const across: Pair = [width * scale, height * scale];
  const reached = Math.round((Math.hypot(x, y) + Math.max(...across)) / 300) * 300;
  const streets = useMemo(() => <Streets features={features} to={project} reach={reached} scale={scale} />, [features, scale, reached, locale.value]);
  const where = from ? t("pick.from", { direction: direction(bearing(from, at)), distance: distance(apart(from, at)) }) : "";
  const keys: Record<string, [number, number]> = { ArrowLeft: [-STEP_PX, 0], ArrowRight: [STEP_PX, 0], ArrowUp: [0, -STEP_PX], ArrowDown: [0, STEP_PX] };
  return (
    <div class="picker">
      <div
        class="ground"
        data-for="trip"
        ref={frame}
        role="application"
        tabIndex={0}
        aria-label={t("pick.map.label", { where })}
        onKeyDown={(event) => {
          const step = keys[event.key];
          if (step === undefined) return;
          event.preventDefault();
          shift(...step);
        }}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          grip.current = { id: event.pointerId, x: event.clientX, y: event.clientY };
        }}
        onPointerMove={(event) => {
          const held = grip.current;
          if (held?.id !== event.pointerId) return;
          shift(held.x - event.clientX, held.y - event.clientY);
          grip.current = { id: event.pointerId, x: event.clientX, y: event.clientY };
        }}
        onPointerUp={() => (grip.current = null)}
        onPointerCancel={() => (grip.current = null)}
      >
        <svg viewBox={`${x - across[0] / 2} ${y - across[1] / 2} ${across[0]} ${across[1]}`} aria-hidden="true">
          {streets}
          {from && (
            <g transform={`translate(${project(from.longitude, from.latitude).join(" ")}) scale(${scale})`}>
              <circle class="ring" r="10" />
              <circle class="core" r="7" />
            </g>
          )}
          <g transform={`translate(${x} ${y})`}>
            <House scale={scale} />
          </g>
        </svg>
      </div>
      <div class="zoom">
        <button type="button" class="round" aria-label={t("pick.closer")} onClick={() => zoom(1 / ZOOM.by)}>
          <Icon of={plus} />
        </button>
        <button type="button" class="round" aria-label={t("pick.farther")} onClick={() => zoom(ZOOM.by)}>
          <Icon of={minus} />
        </button>
      </div>
      <p class="t2 where" role="status">{where}</p>
    </div>
  );
}
