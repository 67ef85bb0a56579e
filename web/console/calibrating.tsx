/**
 * Finding out how a head hangs: steer it, look at the maker's monitor or from below, and click on the map what stands in the middle of its picture. No picture is
 * shown here: outside an incident nobody has the right to one.
 */
import { computed, signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import alert from "lucide-static/icons/triangle-alert.svg?raw";
import { type Aim, ask as request, get, me, post, Problem, signedIn } from "../shared/api";
import { exactNow, now } from "../shared/clock";
import { Kbd } from "../shared/components";
import { locale } from "../shared/i18n";
import { Icon } from "../shared/icons";
import { age, direction } from "../shared/words";
import * as act from "./actions";
import type { Point } from "./geo";
import { middleOfMap, panMap, showPlace } from "./map";
import * as store from "./store";
import { KEYS, STEPS } from "./turning";
import { named, t } from "./words";

interface Direction {
  pan: number;
  tilt: number;
  zoom: number;
}
interface Heading {
  direction: Direction | null;
  moving: boolean;
}
interface Calibration {
  azimuth_deg: number;
  clockwise: boolean;
  pan_range_deg: number;
  wide_deg: number;
  narrow_deg: number;
  residual_deg: number;
}
interface Fit {
  calibration: Calibration;
  misses_deg: number[];
}
interface Head extends Point {
  id: string;
  name: string;
  state: "none" | "good" | "moved";
  connected: boolean;
  calibrated_at: string | null;
  /** Whoever did it, by name; null where that is not known. */
  calibrated_by: string | null;
  calibration: Calibration | null;
}
const MOUNT = { pan_range_deg: 360, tilt_range_deg: 90, wide_deg: 60, narrow_deg: 5, height_m: 5 };
type Mount = typeof MOUNT;
interface Work {
  head: Head;
  stand: Heading | null;
  points: { pan: number; tilt: number; latitude: number; longitude: number }[];
  mount: Mount;
  fit: Fit | null;
  /** Why there is none, or why the head does not move; `point` is the place that does not fit. */
  trouble: { why: string; point: number | null; misses: number[] } | null;
}

const STEP = 0.05;
const ASK_MS = 700;
const HEADS_EVERY_MS = 5_000;
/** What was read longer ago is not what is. */
const OLD_S = 16;
export const heads = signal<readonly Head[] | null>(null);
/** When they were read. */
const readAt = signal(0);
export const work = signal<Work | null>(null);

const path = (id: string, verb: string): string => `/api/cameras/${encodeURIComponent(id)}/${verb}`;
const set = (more: Partial<Work>): void => {
  const before = work.peek();
  if (before) work.value = { ...before, ...more };
};

async function readHeads(): Promise<void> {
  try {
    heads.value = (await get<{ heads: Head[] }>("/api/cameras/heads")).heads;
    readAt.value = exactNow();
  } catch (error) {
    if (error instanceof Problem && error.status === 401) await signedIn();
  }
}

function troubled(error: unknown): Work["trouble"] {
  if (!(error instanceof Problem)) return { why: "unreachable", point: null, misses: [] };
  const found = /^points\[(\d+)\]/.exec(String(error.body["field"] ?? ""));
  const misses = error.body["misses_deg"];
  return { why: error.type, point: found ? Number(found[1]) : null, misses: Array.isArray(misses) ? (misses as number[]) : [] };
}

async function begin(head: Head): Promise<void> {
  // the keys are the head's now, not the list's
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  act.sheet.value = null;
  work.value = { head, stand: null, points: [], mount: MOUNT, fit: null, trouble: null };
  showPlace(head);
  await ask();
}

export function leave(): void {
  work.value = null;
}

/** Asks the head where it is, until it stands. */
async function ask(): Promise<Heading | null> {
  for (;;) {
    const id = work.peek()?.head.id;
    if (!id) return null;
    try {
      const stand = await get<Heading>(path(id, "head"));
      if (work.peek()?.head.id !== id) return null;
      set({ stand });
      if (!stand.moving) return stand;
    } catch (error) {
      set({ trouble: troubled(error) });
      return null;
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_MS));
  }
}

/** Pixels that the map moves by one press, and while the key is held. */
const NUDGE = 2;
const STRIDE = 24;

/** Steering, and the place in the middle of the map for whoever has no mouse; false for keys that mean nothing here. */
export function onKey({ code, shiftKey, repeat }: KeyboardEvent): boolean {
  const at = middleOfMap();
  if (!work.peek()) return false;
  if (code === "Space" && at) {
    if (!repeat) void pick(at);
  } else if (code.startsWith("Arrow") && shiftKey) {
    const [pan, tilt] = KEYS[code]!;
    const by = repeat ? STRIDE : NUDGE;
    panMap(pan * by, -tilt * by);
  } else if (code in KEYS) void steer(...KEYS[code]!);
  else return false;
  return true;
}

const within = (low: number, value: number, high: number): number => Math.round(Math.min(high, Math.max(low, value)) * 1000) / 1000;

export async function steer(pan: number, tilt: number, zoom: number): Promise<void> {
  const now = work.peek();
  const from = now?.stand?.direction;
  if (!now || !from) return;
  const to = { pan: within(-1, from.pan + pan * STEP, 1), tilt: within(-1, from.tilt + tilt * STEP, 1), zoom: within(0, from.zoom + zoom * STEP, 1) };
  try {
    await post(path(now.head.id, "head"), to);
    set({ trouble: null, stand: { direction: to, moving: true } });
    await ask();
  } catch (error) {
    set({ trouble: troubled(error) });
  }
}

/** A click on the map: the middle of its picture shows this place. What the head itself says then is what counts. */
export async function pick(at: Point): Promise<void> {
  const stand = await ask();
  const now = work.peek();
  if (!now || !stand?.direction) return;
  await attempt([...now.points, { pan: stand.direction.pan, tilt: stand.direction.tilt, latitude: at.latitude, longitude: at.longitude }], now.mount);
}

async function attempt(points: Work["points"], mount: Mount): Promise<void> {
  const now = work.peek();
  if (!now) return;
  set({ points, mount, fit: null, trouble: null });
  if (points.length < 2) return;
  try {
    const fit = await post<Fit>(path(now.head.id, "calibration"), { points, mount });
    if (work.peek()?.points === points) set({ fit });
  } catch (error) {
    if (work.peek()?.points === points) set({ trouble: troubled(error) });
  }
}

export async function save(): Promise<void> {
  const now = work.peek();
  if (!now?.fit) return;
  try {
    const { calibration } = await request<Fit>("PUT", path(now.head.id, "calibration"), { points: now.points, mount: now.mount });
    store.say("calibrate.saved", { name: now.head.name, residual: calibration.residual_deg.toFixed(1) }, performance.now());
    leave();
    await readHeads();
  } catch (error) {
    set({ trouble: troubled(error) });
  }
}

function looks({ azimuth_deg, clockwise, pan_range_deg, wide_deg, narrow_deg }: Calibration, at: Direction): Aim {
  const half = (degrees: number): number => Math.tan((degrees / 2 / 180) * Math.PI);
  const closer = 1 + (half(wide_deg) / half(narrow_deg) - 1) * at.zoom;
  const way = (at.pan * pan_range_deg) / 2;
  return { bearing_deg: (azimuth_deg + (clockwise ? way : -way) + 720) % 360, view_deg: (2 * Math.atan(half(wide_deg) / closer) * 180) / Math.PI };
}

export const headOnMap = computed(() => {
  const now = work.value;
  if (!now) return null;
  const known = now.fit?.calibration;
  return { at: now.head, spots: now.points, aim: known && now.stand?.direction ? looks(known, now.stand.direction) : null };
});

function HeadRow({ head }: { head: Head }): JSX.Element {
  const { calibrated_at: at, calibration } = head;
  const here = work.value?.head.id === head.id;
  return (
    <tr data-head={head.id} data-state={head.state} class={here ? "here" : ""}>
      <th scope="row">{head.name}</th>
      <td class={head.state === "good" ? "t2" : "c2 m"}>{t(`calibrate.state.${head.state}`)}</td>
      <td>{at ? new Date(at).toLocaleDateString(locale.value, { year: "numeric", month: "short", day: "numeric" }) : t("heads.never")}{head.calibrated_by && <> · {head.calibrated_by}</>}</td>
      <td>{calibration ? t("heads.within", { residual: calibration.residual_deg.toFixed(1) }) : "—"}</td>
      <td>
        {head.connected ? (
          <button type="button" class="btn" onClick={() => void begin(head)}>
            {t(head.state === "good" ? "calibrate.again" : "calibrate.begin")}
          </button>
        ) : (
          <span class="t2">{t("calibrate.unconnected")}</span>
        )}
      </td>
    </tr>
  );
}

/** The heads of this centre: those that need somebody, then those that are known. */
export function Heads(): JSX.Element | null {
  useEffect(() => {
    void readHeads();
    const again = setInterval(() => void readHeads(), HEADS_EVERY_MS);
    return () => clearInterval(again);
  }, []);
  const all = heads.value;
  if (all === null) return null;
  const old_s = (now.value - readAt.value) / 1000;
  const ordered = [...all].sort((a, b) => (a.name < b.name ? -1 : 1));
  const groups = [
    { title: t("heads.need"), some: ordered.filter((head) => head.state !== "good") },
    { title: t("heads.known"), some: ordered.filter((head) => head.state === "good") },
  ];
  const need = groups[0]!.some.length;
  return (
    <div class={old_s > OLD_S ? "heads old" : "heads"} data-part="heads">
      <h2>{t("calibrate.heads")}</h2>
      <p class={need > 0 ? "m" : "t2"} data-part="need">
        {all.length === 0 ? t("heads.none") : need > 0 ? t("heads.count", { need, n: all.length }) : t("heads.all", { n: all.length })}
      </p>
      {old_s > OLD_S && (
        <p class="c2 m row" role="status">
          <Icon of={alert} class="c2" /> {t("heads.old", { age: age(old_s) })}
        </p>
      )}
      {all.length > 0 && (
        <table class="healths">
          <thead>
            <tr>
              {(["camera", "state", "when", "within.title"] as const).map((column) => <th key={column} scope="col">{t(`heads.${column}`)}</th>)}
              <th scope="col"><span class="sr">{t("calibrate.begin")}</span></th>
            </tr>
          </thead>
          {groups.map(({ title, some }) => some.length > 0 && (
            <tbody key={title}>
              <tr class="group"><th scope="rowgroup" colSpan={5}>{title} · {some.length}</th></tr>
              {some.map((head) => <HeadRow key={head.id} head={head} />)}
            </tbody>
          ))}
        </table>
      )}
    </div>
  );
}

function Field({ name, mount, points }: { name: keyof Mount; mount: Mount; points: Work["points"] }): JSX.Element {
  return (
    <label class="row">
      <span class="t2">{t(`calibrate.${name}`)}</span>
      <input
        class="end"
        type="number"
        step="any"
        value={mount[name]}
        onChange={(event) => {
          const value = event.currentTarget.valueAsNumber;
          if (Number.isFinite(value)) void attempt(points, { ...mount, [name]: value });
        }}
      />
    </label>
  );
}

/** Over the map: steer, click, see what comes out, keep it. */
export function Calibrating(): JSX.Element | null {
  const now = work.value;
  if (!now) return null;
  const { head, stand, points, mount, fit, trouble } = now;
  const misses = fit?.misses_deg ?? trouble?.misses ?? [];
  const at = stand?.direction;
  return (
    <>
    <div class="crosshair" aria-hidden="true" />
    <div class="ov calibrate" role="dialog" aria-label={t("calibrate.title", { name: head.name })} data-part="calibrate">
      <h3 class="row">
        <b class="ell">{t("calibrate.title", { name: head.name })}</b>
        <button type="button" class="btn ghost end" onClick={leave}>
          <Kbd>Esc</Kbd>
        </button>
      </h3>
      <p class="t2">{t("calibrate.how")}</p>
      <p class="t2 row keys">
        <span><Kbd>Shift</Kbd> <Kbd>←↑↓→</Kbd> {t("calibrate.pan")}</span> <span><Kbd>Space</Kbd> {t("calibrate.middle")}</span>
      </p>
      <div class="steps" role="group" aria-label={t("calibrate.steer")}>
        {STEPS.map(([sign, pan, tilt, zoom, word]) => (
          <button key={sign} type="button" class="btn" aria-label={t(word)} disabled={!at || stand.moving} onClick={() => void steer(pan, tilt, zoom)}>
            {sign}
          </button>
        ))}
      </div>
      <p class="t2" role="status">
        {!stand && !trouble && t("turn.asking")}
        {stand?.moving && t("calibrate.moving")}
        {stand && !stand.moving && (at ? t("calibrate.stands", { pan: at.pan.toFixed(3), tilt: at.tilt.toFixed(3), zoom: at.zoom.toFixed(2) }) : t("calibrate.silent"))}
      </p>
      <ol class="spots">
        {points.map((_, i) => (
          <li key={i} class={trouble?.point === i ? "row c2 m" : "row"} data-spot={i + 1}>
            <span class="mark-spot">{i + 1}</span>
            <span>{misses[i] === undefined ? t("calibrate.spot") : t("calibrate.miss", { miss: Math.abs(misses[i]).toFixed(1) })}</span>
            <button type="button" class="btn ghost end" aria-label={t("calibrate.remove", { n: i + 1 })} onClick={() => void attempt(points.filter((_, other) => other !== i), mount)}>
              ×
            </button>
          </li>
        ))}
      </ol>
      {points.length < 2 && <p class="t2">{t("calibrate.more", { n: points.length })}</p>}
      <details>
        <summary>{t("calibrate.mount")}</summary>
        {(Object.keys(MOUNT) as (keyof Mount)[]).map((name) => (
          <Field key={name} name={name} mount={mount} points={points} />
        ))}
      </details>
      {trouble && (
        <p class="c2 m" role="alert" data-part="misfit">
          {trouble.point !== null && `${t("calibrate.point", { n: trouble.point + 1 })} `}
          {named("calibrate.trouble", trouble.why)}
        </p>
      )}
      {fit && (
        <p data-part="solution">
          <b>{t("calibrate.solution", { azimuth: fit.calibration.azimuth_deg.toFixed(1), direction: direction(fit.calibration.azimuth_deg), way: t(fit.calibration.clockwise ? "calibrate.clockwise" : "calibrate.counter") })}</b>{" "}
          {t("calibrate.residual", { residual: fit.calibration.residual_deg.toFixed(1) })}
        </p>
      )}
      <button type="button" class="btn fill" disabled={!fit} onClick={() => void save()}>
        {t("calibrate.save")} {me.value?.role === "administrator" && <Kbd>Enter</Kbd>}
      </button>
    </div>
    </>
  );
}
