/** Zones of a ward: what they are, said in words; drawn on the map by mouse or keyboard, and nowhere but here. */
import { computed, signal } from "@preact/signals";
import type { JSX, TargetedKeyboardEvent } from "preact";
import { Kbd } from "../shared/components";
import { locale } from "../shared/i18n";
import { distance } from "../shared/words";
import * as act from "./actions";
import { circle, distanceBetween, type Point, type Ring } from "./geo";
import { fitMap, middleOfMap, panMap } from "./map";
import { s } from "./ward-words";

export interface Hours {
  /** 1 Monday to 7 Sunday. */
  days: number[];
  from: string;
  until: string;
}
export type Rule = "stay" | "keep-out";
export interface Circle extends Point {
  radius_m: number;
}
/** As the server has it. */
export interface Zone {
  name: string;
  rule: Rule;
  shape: ({ type: "Circle" } & Circle) | { type: "Polygon"; coordinates: Ring[] };
  hours?: Hours[];
  valid_until_at?: string | null;
}
export type Outline = { circle: Circle } | { corners: Point[] };
/** As it stands in a form. */
export interface ZoneDraft {
  name: string;
  rule: Rule;
  outline: Outline | null;
  hours: Hours[];
  valid_until: string;
}

export const RADIUS_M = { least: 50, most: 20_000, first: 200 };
const MOST_CORNERS = 100;
const STEP = 1.25;
/** Pixels that the map moves by one press of an arrow, and with Shift. */
const NUDGE = 8;
const STRIDE = 48;

export const dayOf = (at: string | number): string => {
  const d = new Date(at);
  return `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, "0")}-${String(d.getDate()).padStart(2, "0")}`;
};
/** The last minute of a day, in the time of this place. */
export const endOf = (day: string): string => new Date(`${day}T23:59:00`).toISOString();

const outlineOf = (shape: Zone["shape"]): Outline => {
  if (shape.type === "Polygon") return { corners: shape.coordinates[0]!.slice(0, -1).map(([longitude, latitude]) => ({ latitude, longitude })) };
  const { latitude, longitude, radius_m } = shape;
  return { circle: { latitude, longitude, radius_m } };
};

export const drafted = ({ name, rule, shape, hours, valid_until_at }: Zone): ZoneDraft => ({
  name,
  rule,
  outline: outlineOf(shape),
  hours: hours ?? [],
  valid_until: valid_until_at ? dayOf(valid_until_at) : "",
});

const closed = (corners: Point[]): Ring => [...corners, corners[0]!].map(({ longitude, latitude }) => [longitude, latitude]);

/** Of a zone that has been drawn. */
export const wired = ({ name, rule, outline, hours, valid_until }: ZoneDraft): Zone => ({
  name: name.trim(),
  rule,
  shape: "circle" in outline! ? { type: "Circle", ...outline.circle } : { type: "Polygon", coordinates: [closed(outline!.corners)] },
  ...(hours.length > 0 ? { hours } : {}),
  ...(valid_until ? { valid_until_at: endOf(valid_until) } : {}),
});

export const shapeOf = (outline: Outline | null): string =>
  outline === null ? s("drawn.none") : "circle" in outline ? s("drawn.circle", { r: distance(outline.circle.radius_m) }) : s("drawn.polygon", { n: outline.corners.length });

export const hoursOf = (hours: Hours[] | undefined): string =>
  !hours || hours.length === 0 ? s("hours.always") : hours.map(({ days, from, until }) => `${days.map((day) => s(`day.${day}` as "day.1")).join(locale.value === "ko" ? "" : " ")} ${from}–${until}`).join(", ");

/** Whether two of its sides cross: inside and outside would then mean something else than what was drawn. */
export function crossed(corners: Point[]): boolean {
  const left = (a: Point, b: Point, c: Point): number => Math.sign((b.longitude - a.longitude) * (c.latitude - a.latitude) - (b.latitude - a.latitude) * (c.longitude - a.longitude));
  const n = corners.length;
  for (let i = 0; i < n; i++) {
    for (let j = i + 2; j < n; j++) {
      if (i === 0 && j === n - 1) continue;
      const [a, b, c, d] = [corners[i]!, corners[(i + 1) % n]!, corners[j]!, corners[(j + 1) % n]!];
      if (left(a, b, c) * left(a, b, d) < 0 && left(c, d, a) * left(c, d, b) < 0) return true;
    }
  }
  return false;
}

interface Drawing {
  name: string;
  rule: Rule;
  shape: "circle" | "polygon";
  middle: Point | null;
  radius_m: number;
  corners: Point[];
  /** The other zones of the same ward, to be seen beside it. */
  others: { rule: Rule; outline: Outline }[];
  done: (outline: Outline) => void;
}
export const drawing = signal<Drawing | null>(null);
const set = (more: Partial<Drawing>): void => {
  const before = drawing.peek();
  if (before) drawing.value = { ...before, ...more };
};

/** From which part of the form the map was opened: there one comes back. */
let came: string | null = null;
export function cameBack(path: string): boolean {
  const here = came === path;
  if (here) came = null;
  return here;
}
export const returning = (): boolean => came !== null;

export function draw(path: string, zone: ZoneDraft, shape: Drawing["shape"], others: ZoneDraft[], done: Drawing["done"]): void {
  const before = zone.outline;
  came = path;
  drawing.value = {
    name: zone.name.trim(),
    rule: zone.rule,
    shape,
    middle: before && "circle" in before ? before.circle : null,
    radius_m: before && "circle" in before ? before.circle.radius_m : RADIUS_M.first,
    corners: before && "corners" in before ? before.corners : [],
    others: others.flatMap(({ rule, outline }) => (outline ? [{ rule, outline }] : [])),
    done,
  };
  // the keys are the map's now, not the form's
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  act.sheet.value = null;
  if (before) look(before);
}

/** What has been drawn is seen whole. */
function look(outline: Outline): void {
  if ("circle" in outline) return fitMap(outline.circle, outline.circle.radius_m);
  const [west, east] = [Math.min, Math.max].map((of) => of(...outline.corners.map((corner) => corner.longitude)));
  const [south, north] = [Math.min, Math.max].map((of) => of(...outline.corners.map((corner) => corner.latitude)));
  const middle = { latitude: (south! + north!) / 2, longitude: (west! + east!) / 2 };
  fitMap(middle, Math.max(...outline.corners.map((corner) => distanceBetween(middle, corner))));
}

/** Back to the form, with what it had before. */
export function leave(): void {
  drawing.value = null;
  act.sheet.value = "wards";
}

/** A case comes first: the form keeps what it has. */
export function putAside(): void {
  drawing.value = null;
}

export function place(at: Point): void {
  const before = drawing.peek();
  if (!before) return;
  if (before.shape === "circle") resize(before.radius_m, at);
  else if (before.corners.length < MOST_CORNERS) set({ corners: [...before.corners, at] });
}

const fault = ({ shape, middle, radius_m, corners }: Drawing): "bad.drawn" | "bad.radius" | "bad.crossed" | null => {
  if (shape === "circle") return middle === null ? "bad.drawn" : radius_m < RADIUS_M.least || radius_m > RADIUS_M.most || !Number.isFinite(radius_m) ? "bad.radius" : null;
  return corners.length < 3 ? "bad.drawn" : crossed(corners) ? "bad.crossed" : null;
};

export function keep(): void {
  const now = drawing.peek();
  if (!now || fault(now) !== null) return;
  now.done(now.shape === "circle" ? { circle: { latitude: now.middle!.latitude, longitude: now.middle!.longitude, radius_m: Math.round(now.radius_m) } } : { corners: now.corners });
  leave();
}

function resize(radius_m: number, middle = drawing.peek()?.middle ?? null): void {
  set({ radius_m, middle });
  if (middle && radius_m >= RADIUS_M.least && radius_m <= RADIUS_M.most) fitMap(middle, radius_m);
}

const grow = (by: number): void => resize(Math.round(Math.min(RADIUS_M.most, Math.max(RADIUS_M.least, (drawing.peek()?.radius_m ?? 0) * by))));

/** Keys over the map while a zone is drawn; false for those that mean here what they mean everywhere. */
export function onKey({ code, shiftKey, repeat }: KeyboardEvent): boolean {
  const now = drawing.peek();
  const at = middleOfMap();
  if (!now) return false;
  const [right, down] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[code] ?? [0, 0];
  if (right || down) panMap(right! * (shiftKey ? STRIDE : NUDGE), down! * (shiftKey ? STRIDE : NUDGE));
  else if (code === "Space" && at) {
    if (!repeat) place(at);
  } else if (code === "BracketLeft" || code === "BracketRight") grow(code === "BracketRight" ? STEP : 1 / STEP);
  else if (code === "Backspace") set(now.shape === "circle" ? { middle: null } : { corners: now.corners.slice(0, -1) });
  else if (code === "Enter" || code === "NumpadEnter") keep();
  else return false;
  return true;
}

const ringOf = (outline: Outline): Ring => ("circle" in outline ? circle(outline.circle, outline.circle.radius_m) : closed(outline.corners));

/** What the map draws of it. */
export const zonesOnMap = computed(() => {
  const now = drawing.value;
  if (!now) return null;
  const mine: Ring | null = now.shape === "circle" ? (now.middle ? circle(now.middle, now.radius_m) : null) : now.corners.length > 1 ? ringOf({ corners: now.corners }) : null;
  return {
    zones: [...now.others.map(({ rule, outline }) => ({ ring: ringOf(outline), rule, chosen: false })), ...(mine ? [{ ring: mine, rule: now.rule, chosen: true }] : [])],
    corners: now.shape === "polygon" ? now.corners : now.middle ? [now.middle] : [],
  };
});

/** Enter uses what was typed, Esc leaves the field and not the drawing. */
function onField(event: TargetedKeyboardEvent<HTMLInputElement>): void {
  if (event.code === "Enter" || event.code === "NumpadEnter") keep();
  else if (event.code === "Escape") event.currentTarget.blur();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** Over the map: place it, see it, use it. */
export function Drawing(): JSX.Element | null {
  const now = drawing.value;
  if (!now) return null;
  const wrong = fault(now);
  const round = now.shape === "circle";
  return (
    <>
      <div class="crosshair" aria-hidden="true" />
      <div class="ov calibrate" role="dialog" aria-label={now.name ? s("draw.title", { name: now.name }) : s("draw.title.none")} data-part="drawing">
        <h3 class="row">
          <b class="ell">{now.name ? s("draw.title", { name: now.name }) : s("draw.title.none")}</b>
          <button type="button" class="btn ghost end" aria-label={s("back")} onClick={leave}>
            <Kbd>Esc</Kbd>
          </button>
        </h3>
        <p class="t2">{s(round ? "draw.circle.how" : "draw.polygon.how")}</p>
        <p class="t2 row keys">
          <span><Kbd>←↑↓→</Kbd> {s("draw.pan")}</span> <span><Kbd>Space</Kbd> {s("draw.middle")}</span> {round && <span><Kbd>[</Kbd> <Kbd>]</Kbd> {s("draw.radius.key")}</span>} <span><Kbd>/</Kbd> {s("draw.find")}</span>
        </p>
        {round ? (
          <label class="row">
            <span class="t2">{s("draw.radius")}</span>
            <input class="field end radius" type="number" min={RADIUS_M.least} max={RADIUS_M.most} value={Number.isFinite(now.radius_m) ? now.radius_m : ""} aria-invalid={wrong === "bad.radius"} aria-describedby="drawing-fault" onInput={(event) => resize(event.currentTarget.valueAsNumber)} onKeyDown={onField} />
          </label>
        ) : (
          <div class="row">
            <span role="status">{s("draw.corners", { n: now.corners.length })}</span>
            <button type="button" class="btn end" disabled={now.corners.length === 0} onClick={() => set({ corners: now.corners.slice(0, -1) })}>
              {s("draw.back")} <Kbd>⌫</Kbd>
            </button>
          </div>
        )}
        <p id="drawing-fault" class={wrong === "bad.drawn" ? "t2" : "c2 m"} role="status">{wrong && s(wrong)}</p>
        <button type="button" class="btn fill" disabled={wrong !== null} onClick={keep}>
          {s("draw.keep")} <Kbd>Enter</Kbd>
        </button>
      </div>
    </>
  );
}
