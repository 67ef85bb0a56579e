/**
 * What is handed out of a clip shows nobody else: places are drawn over its own pictures, by mouse or keyboard, in the colour in which they will be filled. Each picture
 * comes under the right to the clip and is in the ledger; what was made of it is shown in the same place, as it is.
 */
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import download from "lucide-static/icons/download.svg?raw";
import { ask as request, type Clip, get, type IncidentDetail, me, Problem } from "../shared/api";
import { exactNow, now } from "../shared/clock";
import { Kbd } from "../shared/components";
import { Icon } from "../shared/icons";
import { clockTime, span, timer } from "../shared/words";
import * as act from "./actions";
import * as store from "./store";
import { named, t } from "./words";

/** Shares of the picture from its upper left; between two seconds of the clip, `until_s` null: to its end. */
interface Mask {
  x: number;
  y: number;
  width: number;
  height: number;
  from_s: number;
  until_s: number | null;
}
interface Work {
  incident: string;
  number: string;
  clip: Clip;
  /** At which of its seconds each picture stands; null until it is known. */
  at_s: readonly number[] | null;
  /** The picture that is shown. */
  n: number;
  masks: readonly Mask[];
  chosen: number;
  trouble: string | null;
}

/** What is made anew keeps half a core busy for as long; the server refuses more. */
const LONGEST_S = 120;
const MOST = 32;
const STEP = 0.01;
const LEAST = 0.01;
/** A place that is drawn from a picture on covers also what lies between it and the one before: whoever came in there was not seen yet. */
const BESIDE_S = 0.05;
/** Only where the slider rests is a picture opened: each is in the ledger. */
const REST_MS = 200;
const MAKING_MS = 300_000;

export const work = signal<Work | null>(null);
/** The clips of the chosen case, as its panel lists them. */
export const clips = signal<{ of: string; clips: readonly Clip[] }>({ of: "", clips: [] });
export const reasonAsked = signal(0);
const pictures = signal<ReadonlyMap<number, string>>(new Map());
/** Since when a clip is being made, server time. */
const making = signal<number | null>(null);
/** What was drawn and not made yet, by clip, as long as the page lives. */
const drafts = new Map<string, readonly Mask[]>();

const path = (clip: Clip, verb: string): string => `/api/clips/${encodeURIComponent(clip.id)}/${verb}`;
export const length_s = (clip: Clip): number => (Date.parse(clip.until_at) - Date.parse(clip.from_at)) / 1000;
/** Whoever has the open case may see its clips, and a leader of the centre. */
export const mayTake = (incident: IncidentDetail): boolean => me.value?.role === "supervisor" || (incident.mine && incident.closed_at === null);

const set = (more: Partial<Work>): void => {
  const before = work.peek();
  if (before) work.value = { ...before, ...more };
};

function put(masks: readonly Mask[], chosen: number): void {
  const at = work.peek();
  if (!at || at.clip.masked_from) return;
  drafts.set(at.clip.id, masks);
  set({ masks, chosen: Math.min(chosen, masks.length - 1), trouble: null });
}

function forgetPictures(): void {
  for (const url of pictures.peek().values()) URL.revokeObjectURL(url);
  pictures.value = new Map();
}

export function close(): void {
  forgetPictures();
  work.value = null;
}

export async function open(incident: IncidentDetail, clip: Clip): Promise<void> {
  forgetPictures();
  act.sheet.value = null;
  act.enlarged.value = false;
  work.value = { incident: incident.id, number: incident.number, clip, at_s: null, n: 0, masks: drafts.get(clip.id) ?? [], chosen: 0, trouble: null };
  try {
    const told = await get<{ at_s: number[]; masks: Mask[] }>(path(clip, "stills"));
    if (work.peek()?.clip.id !== clip.id) return;
    set({ at_s: told.at_s, ...(clip.masked_from ? { masks: told.masks } : {}) });
  } catch (error) {
    troubled(clip, error);
  }
}

/** The key: the newest clip of this case that is as the camera sent it. */
export function openNewest(incident: IncidentDetail): void {
  const { of, clips: known } = clips.peek();
  const newest = of === incident.id ? [...known].reverse().find((one) => !one.masked_from) : undefined;
  if (newest) void open(incident, newest);
  else store.say("mask.none", {}, performance.now());
}

function troubled(clip: Clip, error: unknown): void {
  if (work.peek()?.clip.id === clip.id) set({ trouble: error instanceof Problem && error.status !== 0 ? error.type : "unreachable" });
}

async function read(clip: Clip, n: number): Promise<void> {
  if (pictures.peek().has(n)) return;
  try {
    const answer = await fetch(path(clip, `stills/${n}`), { credentials: "same-origin", cache: "no-store" }).catch(() => null);
    if (!answer) throw new Problem(0, "network", "no answer", "");
    if (!answer.ok) throw new Problem(answer.status, String(((await answer.json().catch(() => ({}))) as { type?: string }).type), "", "");
    const url = URL.createObjectURL(await answer.blob());
    if (work.peek()?.clip.id !== clip.id) return URL.revokeObjectURL(url);
    pictures.value = new Map(pictures.peek()).set(n, url);
  } catch (error) {
    troubled(clip, error);
  }
}

function turnTo(n: number): void {
  const last = (work.peek()?.at_s?.length ?? 1) - 1;
  set({ n: Math.min(last, Math.max(0, n)) });
}

const within = (low: number, value: number, high: number): number => Math.round(Math.min(high, Math.max(low, value)) * 1000) / 1000;
/** Inside the picture, and never so small that it covers nothing. */
function fitted(mask: Mask): Mask {
  const width = within(LEAST, mask.width, 1);
  const height = within(LEAST, mask.height, 1);
  return { ...mask, width, height, x: within(0, mask.x, 1 - width), y: within(0, mask.y, 1 - height) };
}

function change(at: number, more: Partial<Mask>): void {
  const masks = work.peek()?.masks ?? [];
  put(masks.map((one, i) => (i === at ? fitted({ ...one, ...more }) : one)), at);
}

function add(mask: Pick<Mask, "x" | "y" | "width" | "height">): void {
  const masks = work.peek()?.masks ?? [];
  if (masks.length < MOST) put([...masks, fitted({ ...mask, from_s: 0, until_s: null })], masks.length);
}

function remove(at: number): void {
  const masks = work.peek()?.masks ?? [];
  put(masks.filter((_, i) => i !== at), Math.max(0, at - 1));
}

/** From this picture on, or up to it and no further. */
function bound(side: "from" | "until"): void {
  const now = work.peek();
  const at_s = now?.at_s;
  if (!now || !at_s || !now.masks[now.chosen]) return;
  const { from_s, until_s } = now.masks[now.chosen]!;
  // what would end before it begins goes on to the end, or begins with the clip
  if (side === "from") {
    const from = now.n === 0 ? 0 : at_s[now.n - 1]! + BESIDE_S;
    change(now.chosen, { from_s: from, until_s: until_s !== null && until_s <= from ? null : until_s });
  } else {
    const until = now.n + 1 < at_s.length ? at_s[now.n + 1]! - BESIDE_S : null;
    change(now.chosen, { until_s: until, from_s: until !== null && until <= from_s ? 0 : from_s });
  }
}

const covers = (mask: Mask, at_s: number): boolean => mask.from_s <= at_s && (mask.until_s === null || at_s < mask.until_s);

async function make(reason: string): Promise<void> {
  const now = work.peek();
  if (!now || making.peek() !== null || !reason.trim()) return;
  making.value = exactNow();
  set({ trouble: null });
  try {
    const made = await request<Clip>("POST", path(now.clip, "masked"), { masks: now.masks, reason: reason.trim() }, MAKING_MS);
    drafts.delete(now.clip.id);
    store.say("mask.made", {}, performance.now());
    const incident = store.incidents.peek().get(now.incident);
    if (work.peek()?.clip.id === now.clip.id && store.isDetail(incident)) await open(incident, made);
  } catch (error) {
    troubled(now.clip, error);
  } finally {
    making.value = null;
  }
}

/** Keys over the picture; false for those that mean here what they mean everywhere. */
export function onKey({ code, shiftKey }: KeyboardEvent): boolean {
  const at = work.peek();
  if (!at) return false;
  const move = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[code];
  const digit = Number(/^(?:Digit|Numpad)([1-9])$/.exec(code)?.[1] ?? 0);
  const one = at.masks[at.chosen];
  const drawn = at.clip.masked_from === null;
  if (code === "Comma" || code === "Period") turnTo(at.n + (code === "Comma" ? -1 : 1));
  else if (!drawn) return move !== undefined || digit > 0;
  else if (move) {
    if (one) change(at.chosen, shiftKey ? { width: one.width + move[0]!, height: one.height + move[1]! } : { x: one.x + move[0]!, y: one.y + move[1]! });
  } else if (digit) {
    if (at.masks[digit - 1]) set({ chosen: digit - 1 });
  } else if (code === "Equal" || code === "NumpadAdd") add({ x: 0.4, y: 0.35, width: 0.2, height: 0.3 });
  else if (code === "Delete" || code === "Backspace") {
    if (one) remove(at.chosen);
  } else if (code === "BracketLeft" || code === "BracketRight") bound(code === "BracketLeft" ? "from" : "until");
  else if (code === "Enter" || code === "NumpadEnter") reasonAsked.value += 1;
  else return false;
  return true;
}

// -- the picture

const percent = (share: number): string => `${(share * 100).toFixed(1)}%`;
const shown = (share: number): string => String(Math.round(share * 100));

/** What the hand does: draws from where it went down, once it has gone far enough; moves a place, or pulls its corner. */
type Hand = { how: "draw"; at: number | null; x: number; y: number } | { how: "move" | "size"; at: number; x: number; y: number; was: Mask };

function Picture({ now: { clip, at_s, n, masks, chosen, number } }: { now: Work }): JSX.Element {
  const stage = useRef<HTMLDivElement>(null);
  const hand = useRef<Hand | null>(null);
  const url = pictures.value.get(n);
  const time = at_s?.[n] ?? 0;
  const made = clip.masked_from !== null;
  const where = (event: PointerEvent): [number, number] => {
    const box = stage.current!.getBoundingClientRect();
    return [within(0, (event.clientX - box.left) / box.width, 1), within(0, (event.clientY - box.top) / box.height, 1)];
  };
  const down = (event: PointerEvent): void => {
    if (made || !url || event.button !== 0) return;
    const [x, y] = where(event);
    const target = event.target as Element;
    const at = Number(target.closest<HTMLElement>("[data-mask]")?.dataset["mask"] ?? 0) - 1;
    const was = masks[at];
    stage.current!.setPointerCapture(event.pointerId);
    if (was) {
      set({ chosen: at });
      hand.current = { how: target.closest("[data-corner]") ? "size" : "move", at, x, y, was };
    } else {
      hand.current = { how: "draw", at: null, x, y };
    }
    event.preventDefault();
  };
  const drag = (event: PointerEvent): void => {
    const held = hand.current;
    if (!held) return;
    const [x, y] = where(event);
    if (held.how === "move") change(held.at, { x: held.was.x + x - held.x, y: held.was.y + y - held.y });
    else if (held.how === "size") change(held.at, { width: Math.min(held.was.width + x - held.x, 1 - held.was.x), height: Math.min(held.was.height + y - held.y, 1 - held.was.y) });
    else if (held.at !== null || (Math.abs(x - held.x) >= LEAST && Math.abs(y - held.y) >= LEAST)) {
      const drawn = { x: Math.min(x, held.x), y: Math.min(y, held.y), width: Math.abs(x - held.x), height: Math.abs(y - held.y) };
      if (held.at !== null) change(held.at, drawn);
      else if (masks.length < MOST) {
        add(drawn);
        hand.current = { ...held, at: masks.length };
      }
    }
  };
  return (
    <div
      ref={stage}
      class={made ? "stage made" : "stage"}
      data-part="stage"
      data-n={n}
      data-state={url ? "shown" : "opening"}
      onPointerDown={down}
      onPointerMove={drag}
      onPointerUp={() => (hand.current = null)}
      onPointerCancel={() => (hand.current = null)}
    >
      {url ? <img src={url} alt="" draggable={false} /> : <span class="t2 opening">{t("wall.opening")}</span>}
      {!made &&
        url &&
        masks.map((mask, at) => (
          <button
            key={at}
            type="button"
            class={`mask${covers(mask, time) ? "" : " not-now"}${at === chosen ? " on" : ""}`}
            style={{ left: percent(mask.x), top: percent(mask.y), width: percent(mask.width), height: percent(mask.height) }}
            data-mask={at + 1}
            aria-pressed={at === chosen}
            aria-label={t("mask.where", { n: at + 1, x: shown(mask.x), y: shown(mask.y), width: shown(mask.width), height: shown(mask.height) })}
            onFocus={() => set({ chosen: at })}
          >
            <span class="n">{at + 1}</span>
            {at === chosen && <i data-corner />}
          </button>
        ))}
      {!made && url && <span class="words">{t("mask.band", { number, who: me.value?.name ?? "" })}</span>}
    </div>
  );
}

function Times({ now: { at_s, n, clip } }: { now: Work }): JSX.Element {
  const last = Math.max(0, (at_s?.length ?? 1) - 1);
  return (
    <div class="times row">
      <button type="button" class="btn" disabled={n === 0} aria-label={t("mask.before")} onClick={() => turnTo(n - 1)}><Kbd>,</Kbd></button>
      <input class="grow" type="range" min={0} max={last} value={n} disabled={last === 0} aria-label={t("mask.picture")} aria-valuetext={timer(at_s?.[n] ?? 0)} onInput={(event) => turnTo(event.currentTarget.valueAsNumber)} />
      <button type="button" class="btn" disabled={n === last} aria-label={t("mask.after")} onClick={() => turnTo(n + 1)}><Kbd>.</Kbd></button>
      <span class="when">{timer(at_s?.[n] ?? 0)} / {timer(length_s(clip))}</span>
    </div>
  );
}

function Line({ mask, at, now: { chosen, at_s, n } }: { mask: Mask; at: number; now: Work }): JSX.Element {
  const always = mask.from_s === 0 && mask.until_s === null;
  return (
    <li class={at === chosen ? "row on" : "row"} data-line={at + 1}>
      <button type="button" class="btn ghost grow" aria-pressed={at === chosen} onClick={() => set({ chosen: at })}>
        {at < 9 ? <Kbd>{String(at + 1)}</Kbd> : `${at + 1}`}
        <span class={covers(mask, at_s?.[n] ?? 0) ? "" : "t3"}>{always ? t("mask.always") : t("mask.span", { from: timer(mask.from_s), until: mask.until_s === null ? t("mask.end") : timer(mask.until_s) })}</span>
      </button>
      {!always && (
        <button type="button" class="btn ghost" aria-label={t("mask.always.again", { n: at + 1 })} onClick={() => change(at, { from_s: 0, until_s: null })}>{t("mask.always")}</button>
      )}
      <button type="button" class="btn ghost" aria-label={t("mask.remove", { n: at + 1 })} onClick={() => remove(at)}>×</button>
    </li>
  );
}

function Drawing({ now: at }: { now: Work }): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  const asked = reasonAsked.value;
  useLayoutEffect(() => {
    if (asked > 0) field.current?.focus();
  }, [asked]);
  const since = making.value;
  const long = length_s(at.clip) > LONGEST_S;
  const one = at.masks[at.chosen];
  return (
    <>
      <p class="t2">{t("mask.how")}</p>
      <div class="row pair">
        <button type="button" class="btn" disabled={at.masks.length >= MOST} onClick={() => add({ x: 0.4, y: 0.35, width: 0.2, height: 0.3 })}>{t("mask.add")} <Kbd>+</Kbd></button>
        <button type="button" class="btn" disabled={!one} onClick={() => bound("from")}>{t("mask.from")} <Kbd>[</Kbd></button>
        <button type="button" class="btn" disabled={!one} onClick={() => bound("until")}>{t("mask.until")} <Kbd>]</Kbd></button>
      </div>
      <ol class="lines" aria-label={t("mask.places", { n: at.masks.length })}>
        {at.masks.map((mask, n) => <Line key={n} mask={mask} at={n} now={at} />)}
      </ol>
      {at.masks.length === 0 && <p class="c2">{t("mask.empty")}</p>}
      {long && <p class="c2 m" role="alert">{t("mask.trouble.clip.long")}</p>}
      <form
        class="send"
        onSubmit={(event) => {
          event.preventDefault();
          field.current?.blur();
          void make(field.current?.value ?? "");
        }}
      >
        <input ref={field} class="field" name="reason" maxLength={400} required placeholder={t("mask.reason")} aria-label={t("mask.reason")} disabled={since !== null} />
        <button type="submit" class="btn fill" disabled={long || since !== null || at.at_s === null}>
          {since === null ? <>{t("mask.make")} <Kbd>Enter</Kbd></> : t("mask.making", { t: span(Math.max(0, (now.value - since) / 1000)) })}
        </button>
      </form>
      <p class="t3 meta">{t("mask.rule")}</p>
    </>
  );
}

/** What was made, as it is: the last look before it leaves the room. */
function Made({ clip }: { clip: Clip }): JSX.Element {
  return (
    <>
      <p class="m">{t("mask.burnt", { n: work.value?.masks.length ?? 0 })}</p>
      <p class="t2">{t("mask.burnt.how")}</p>
      <a class="btn fill" href={`/api/clips/${encodeURIComponent(clip.id)}`} download><Icon of={download} /> {t("mask.take")}</a>
    </>
  );
}

export function Masking(): JSX.Element | null {
  const at = work.value;
  const incident = at ? store.incidents.value.get(at.incident) : undefined;
  const hers = at !== null && store.selectedId.value === at.incident && store.isDetail(incident) && mayTake(incident);
  const id = at?.clip.id ?? "";
  const n = at?.n ?? 0;
  const known = at?.at_s !== null && at !== null;
  useEffect(() => {
    // with the case, or another one, the pictures go; what was drawn stays for her to come back to
    if (work.peek() && !hers) close();
  }, [hers]);
  useEffect(() => {
    if (!known || !hers) return undefined;
    const rest = setTimeout(() => void read(at.clip, n), n === 0 && pictures.peek().size === 0 ? 0 : REST_MS);
    return () => clearTimeout(rest);
  }, [id, n, known, hers]);
  if (!at || !hers) return null;
  const { clip } = at;
  const made = clip.masked_from !== null;
  return (
    <div class="sheet masking" role="dialog" aria-label={t(made ? "mask.title.made" : "mask.title")} data-part="masking" data-clip={clip.id}>
      <div class="sheet-head row">
        <h2>{t(made ? "mask.title.made" : "mask.title")}</h2>
        <span class="t2 ell">{clip.camera_name} · {clockTime(clip.from_at)} – {clockTime(clip.until_at)}</span>
        <button type="button" class="btn end" onClick={close}>{t("keys.close")} <Kbd>Esc</Kbd></button>
      </div>
      <div class="both">
        <div class="seen">
          <Picture now={at} />
          <Times now={at} />
        </div>
        <div class="side">
          {at.trouble && <p class="c2 m" role="alert" data-part="trouble">{named("mask.trouble", at.trouble)}</p>}
          {made ? <Made clip={clip} /> : <Drawing now={at} />}
        </div>
      </div>
    </div>
  );
}
