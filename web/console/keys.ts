/**
 * The keyboard. Physical keys (event.code): with Hangul input on, event.key is ㅇ and not d. Keys act only when no text field has
 * focus and nothing is being composed; Esc leaves a field.
 */
import { signal } from "@preact/signals";
import type { Dispatch, IncidentDetail, RankedCamera } from "../shared/api";
import * as act from "./actions";
import { move, type Moved, type Verb, verbOf } from "./bindings";
import * as calibrating from "./calibrating";
import { isOffered, isWaiting } from "./ordering";
import * as glimpses from "./glimpses";
import * as looks from "./looks";
import * as masking from "./masking";
import { recall, remember } from "./session";
import { soften } from "./sound";
import { further } from "./slots";
import * as store from "./store";
import * as turning from "./turning";
import * as wards from "./wards";
import * as zones from "./zones";

/** The last physical key, for the self-test on the key sheet. */
export const lastKey = signal("");
export const lettersOn = signal(recall<boolean>("letters") ?? true);
export const hintsShown = signal(recall<boolean>("hints") ?? true);
/** On a narrow screen the queue is a rail of shapes and timers; looking through it opens it, deciding closes it. */
export const railOpen = signal(false);
/** Moves focus to a field of the case panel; the panel decides where that is. */
export const focusing = signal<{ field: "note" | "prompt"; n: number } | null>(null);
/** True after G: the next digit means "go to my n-th". */
let going = false;

const RAIL = "(max-width: 1400px)";
const DIGIT = /^(?:Digit|Numpad)([0-9])$/;

export function typing(target: EventTarget | null): target is HTMLElement {
  return target instanceof HTMLElement && (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable);
}

/** Something was typed in a form: the first Esc leaves the field, and only the next one what the form stands in. */
const wouldLose = (field: HTMLElement): boolean => field.closest("form") !== null && (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) && field.value.trim() !== "";

/** A clicked button must not keep the keyboard: the next Enter is for the alarm, not for the button again. */
export function letGo(event: MouseEvent): void {
  const button = (event.target as Element).closest?.("button");
  if (event.detail > 0 && button instanceof HTMLElement && document.activeElement === button) button.blur();
}

export function chooseLetters(on: boolean): void {
  lettersOn.value = on;
  remember("letters", on);
}
export function chooseHints(on: boolean): void {
  hintsShown.value = on;
  remember("hints", on);
}

export function focusField(field: "note" | "prompt"): void {
  focusing.value = { field, n: (focusing.peek()?.n ?? 0) + 1 };
}

/** Leaves the innermost open thing: a question, a sheet, an enlarged picture. */
function leave(): void {
  if (railOpen.peek()) railOpen.value = false;
  else if (act.prompt.peek()) act.prompt.value = null;
  else if (act.sheet.peek() === "wards" && wards.back()) return;
  else if (act.sheet.peek()) act.sheet.value = null;
  else if (zones.drawing.peek()) zones.leave();
  else if (masking.work.peek()) masking.close();
  else if (calibrating.work.peek()) calibrating.leave();
  else if (glimpses.draft.peek()) glimpses.draft.value = null;
  else if (looks.choosing.peek()) looks.choosing.value = false;
  else if (act.screen.peek() === "walls") act.screen.value = "desk";
  else if (act.enlarged.peek()) act.enlarged.value = false;
}

export function onKey(event: KeyboardEvent): void {
  lastKey.value = event.code || event.key;
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing(event.target)) {
    if (event.code === "Escape") {
      event.target.blur();
      if (!wouldLose(event.target)) leave();
      event.preventDefault();
    }
    return;
  }
  const moving = act.sheet.peek() === "keys" ? moveTo.peek() : null;
  if (moving) {
    take(moving.verb, event.code);
    event.preventDefault();
    return;
  }
  const verb = verbOf(event.code);
  if (event.repeat && verb !== "next" && verb !== "previous" && event.code !== "ArrowDown" && event.code !== "ArrowUp" && !masking.work.peek() && !zones.drawing.peek() && !(calibrating.work.peek() && event.shiftKey)) {
    return;
  }
  // A focused button is pressed by Enter and Space as everywhere; the alarm card's own buttons are the same verbs.
  if ((event.code === "Enter" || event.code === "Space" || event.code === "NumpadEnter") && event.target instanceof HTMLElement && event.target.closest("button, a[href], select")) return;
  if (perform(event)) event.preventDefault();
}

function perform(event: KeyboardEvent): boolean {
  const { code } = event;
  const digit = DIGIT.exec(code);
  const asked = act.prompt.peek();
  if (going && !digit && verbOf(code) !== "go") going = false;
  if (code === "Escape") {
    leave();
    return true;
  }
  if (code === "Slash") {
    act.sheet.value = event.shiftKey || event.key === "?" ? (act.sheet.peek() === "keys" ? null : "keys") : "search";
    return true;
  }
  if (act.sheet.peek() === "search") return false;
  if (act.screen.peek() === "walls") return onWalls(event);
  // Whoever waits to be claimed comes first while she draws, too.
  const waits = (code === "Enter" || code === "NumpadEnter") && (store.top.peek() !== null || store.guarded(performance.now()) !== null);
  if (waits) zones.putAside();
  if (masking.work.peek() && !asked && !going && !waits && masking.onKey(event)) return true;
  if (zones.drawing.peek() && act.sheet.peek() === null && zones.onKey(event)) return true;
  if (act.sheet.peek() === "wards" && !waits && wards.onKey(event, lettersOn.peek() ? verbOf(code) : undefined)) return true;
  if (code === "Enter" || code === "NumpadEnter") return enter(event.shiftKey);
  if (digit) return number(Number(digit[1]), asked);
  if (calibrating.onKey(event)) return true;
  if (asked?.kind === "turn" && code in turning.KEYS) return turn(...turning.KEYS[code]!);
  if (code === "Space") return step(event.shiftKey);
  if (code === "ArrowDown" || code === "ArrowUp") return walk(code === "ArrowDown" ? 1 : -1);
  if (code === "Equal" || code === "NumpadAdd") return zoom(1);
  if (code === "Minus" || code === "NumpadSubtract") return zoom(-1);
  const verb = lettersOn.peek() ? verbOf(code) : undefined;
  return verb !== undefined && letter(verb, event.shiftKey);
}

/** What keys mean on the wall screen. Whoever waits to be claimed comes first there too. */
function onWalls({ code, shiftKey }: KeyboardEvent): boolean {
  const columns = glimpses.chosen.peek()?.columns ?? 1;
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[code];
  const digit = Number(DIGIT.exec(code)?.[1] ?? 0);
  if (code === "Enter" || code === "NumpadEnter") {
    if (store.top.peek() || store.guarded(performance.now())) return enter(shiftKey);
    void glimpses.look();
    return true;
  }
  if (step !== undefined) {
    glimpses.step(step);
    return true;
  }
  if (digit && looks.choosing.peek()) {
    looks.endNth(digit);
    return true;
  }
  if (digit) {
    const wall = glimpses.walls.peek()?.[digit - 1];
    if (wall && !glimpses.draft.peek()) glimpses.choose(wall);
    return true;
  }
  switch (lettersOn.peek() ? verbOf(code) : undefined) {
    case "walls":
      act.screen.value = "desk";
      return true;
    case "close":
      if (!looks.oversees.peek() || glimpses.draft.peek()) return false;
      looks.choose();
      return true;
    case "extend":
      void glimpses.look();
      return true;
    case "next":
      return walk(1);
    case "previous":
      return walk(-1);
    case "soften":
      soften(Date.now());
      return true;
  }
  return false;
}

function zoom(by: number): boolean {
  act.zooming.value = by * (Math.abs(act.zooming.peek()) + 1);
  return true;
}

/** What Enter means now. Within the guard after a new alarm it still means what it meant before. */
function enter(stay: boolean): boolean {
  railOpen.value = false;
  const asked = act.prompt.peek();
  const mine = store.watched.peek();
  if (asked && mine) {
    if (asked.kind === "dispatch") {
      act.prompt.value = null;
      void act.request(mine.id, asked.agency);
      return true;
    }
    if (asked.kind === "pass") {
      const first = asked.colleagues?.[0];
      if (first) void act.offer(mine.id, first);
      return true;
    }
    focusField("prompt");
    return true;
  }
  const guard = store.guarded(performance.now());
  const target = guard ? guard.previousTop : (store.top.peek()?.id ?? null);
  const selected = store.selected.peek();
  // A card chosen with J or K is claimed itself when nobody has it.
  if (selected && isWaiting(selected) && !guard) {
    void act.claim(selected.id, !stay);
    return true;
  }
  const aimed = store.incidents.peek().get(target ?? "");
  if (target && aimed && isWaiting(aimed)) {
    void act.claim(target, !stay);
    return true;
  }
  if (!selected && !guard) store.say("line.none", {}, performance.now());
  return true;
}

function number(n: number, asked: act.Prompt | null): boolean {
  if (going) {
    going = false;
    const mine = store.queue.peek().mine[n - 1];
    if (mine) act.select(mine.id);
    return true;
  }
  if (asked?.kind === "close" && n >= 1 && n <= 5) {
    act.prompt.value = { kind: "close", code: n };
    focusField("prompt");
    return true;
  }
  if (asked?.kind === "pass") {
    const to = asked.colleagues?.[n - 1];
    const mine = store.watched.peek();
    if (to && mine) void act.offer(mine.id, to);
    return true;
  }
  if (asked?.kind === "turn") {
    void turning.preset(asked, n);
    return true;
  }
  if (asked?.kind === "chat") return false;
  if (n === 0) {
    act.centring.value += 1;
    return true;
  }
  const incident = store.watched.peek();
  if (!incident) return true;
  const places = store.places.peek();
  if (n <= places) {
    if (store.camera.peek() === n) act.enlarged.value = !act.enlarged.peek();
    act.chooseCamera(n);
    return true;
  }
  const extra = further(store.slots.peek().get(incident.id) ?? [], incident.cameras)[n - places - 1];
  if (!extra) return true;
  store.guest.value = store.guest.peek() === extra.id ? null : extra.id;
  act.chooseCamera(places);
  return true;
}

function step(undo: boolean): boolean {
  const incident = store.watched.peek();
  if (!incident) return true;
  if (undo) {
    const last = [...incident.procedure].filter((s) => s.done_at).sort((a, b) => Date.parse(b.done_at!) - Date.parse(a.done_at!))[0];
    if (last) void act.tickStep(incident.id, last.step, false);
    return true;
  }
  const next = incident.procedure.find((s) => !s.done_at);
  if (next) void act.tickStep(incident.id, next.step, true);
  return true;
}

function walk(by: number): boolean {
  railOpen.value = matchMedia(RAIL).matches;
  const ids = store.walk(store.queue.peek());
  if (ids.length === 0) return true;
  const at = ids.indexOf(store.selectedId.peek() ?? "");
  const next = at < 0 ? (by > 0 ? 0 : ids.length - 1) : Math.min(ids.length - 1, Math.max(0, at + by));
  act.select(ids[next] ?? null);
  return true;
}

const OF_MY_CASE = new Set<Verb>(["police", "rescue", "extend", "close", "chat", "note", "call", "confirm", "release", "link", "invite", "save", "mask", "turn", "aim", "hold"]);

function letter(verb: Verb, shifted: boolean): boolean {
  switch (verb) {
    case "next":
      return walk(1);
    case "previous":
      return walk(-1);
    case "go":
      going = true;
      return true;
    case "soften":
      soften(Date.now());
      return true;
    case "large":
      if (store.watched.peek()) act.enlarged.value = !act.enlarged.peek();
      return true;
    case "pass":
      return pass();
    case "trips":
      act.sheet.value = act.sheet.peek() === "trips" ? null : "trips";
      return true;
    case "escorts":
      if (!store.mayWork.peek()) break;
      act.sheet.value = act.sheet.peek() === "escorts" ? null : "escorts";
      return true;
    case "wards":
      if (!store.mayWork.peek()) break;
      wards.toggle();
      return true;
    case "walls":
      if (!store.mayWork.peek()) break;
      act.screen.value = "walls";
      return true;
  }
  const incident = store.watched.peek();
  if (!OF_MY_CASE.has(verb)) return false;
  if (!incident) {
    store.say(store.mayWork.peek() ? "line.not.mine" : "line.looks.on", {}, performance.now());
    return true;
  }
  switch (verb) {
    case "police":
    case "rescue":
      prepare(incident.id, verb === "police" ? "112" : "119");
      return true;
    case "extend": {
      const grant = store.openRights(incident)[0];
      if (grant) ask({ kind: "extend", grant: grant.id });
      return true;
    }
    case "close":
      act.prompt.value = { kind: "close", code: null };
      return true;
    case "chat":
      // nobody reads at a bell: one speaks through it
      if (!incident.bell) ask({ kind: "chat" });
      return true;
    case "link": {
      const unit = linkable(incident);
      if (unit) void act.link(incident.id, unit.id);
      return true;
    }
    case "invite":
      if (!incident.bell) ask({ kind: "channel" });
      return true;
    case "save":
      return saveClip();
    case "mask":
      masking.openNewest(incident);
      return true;
    case "turn":
      return turnCamera();
    case "aim":
      return aimCamera(shifted ? "identify" : "find");
    case "hold": {
      const held = store.hold(incident, store.camera.peek());
      const still = chosen(incident);
      const right = store.ownRight(incident);
      if (held && still && right) void turning.stay(right.id, still);
      if (held !== null) store.say(held ? "wall.hold" : "wall.let.go", { n: store.camera.peek() }, performance.now());
      return true;
    }
    case "note":
      act.prompt.value = null;
      focusField("note");
      return true;
    case "call":
      document.querySelector<HTMLElement>("[data-call]")?.click();
      return true;
    case "confirm":
      if (!incident.confirmed_at) void act.confirm(incident.id);
      return true;
    case "release":
      void act.release(incident.id);
      return true;
  }
  return false;
}

/** The verb that waits for its new key on the key sheet, and why the last one did not do. */
export const moveTo = signal<{ verb: Verb; trouble: Exclude<Moved, { done: true }> | null } | null>(null);

function take(verb: Verb, code: string): void {
  if (code === "Escape") {
    moveTo.value = null;
    return;
  }
  if (/^(?:Shift|Control|Alt|Meta|Caps|Lang|Hangul|Tab)/.test(code)) return;
  const answer = move(verb, code);
  moveTo.value = answer.done ? null : { verb, trouble: answer };
}

/** B: my case to a colleague, or back again; a case that is offered to me, back to whoever offered it. */
export function pass(): boolean {
  const mine = store.watched.peek();
  const offered = [store.selected.peek(), store.top.peek()].find((incident) => incident && (isOffered(incident) || (incident.coming && isWaiting(incident))));
  if (mine?.offer) void act.endOffer(mine.id);
  else if (mine) void act.askWhom();
  else if (offered) void act.endOffer(offered.id);
  else store.say("line.not.mine", {}, performance.now());
  return true;
}

/** The camera in the chosen place. */
function chosen(incident: IncidentDetail | null): RankedCamera | undefined {
  const place = store.camera.peek();
  const guest = place === store.places.peek() ? store.guest.peek() : null;
  const id = guest ?? (incident ? store.slots.peek().get(incident.id)?.[place - 1]?.camera : undefined);
  return incident?.cameras.find((one) => one.id === id);
}

/** P: turn the chosen camera; again leaves. */
function turnCamera(): boolean {
  const incident = store.watched.peek();
  const camera = chosen(incident);
  const right = incident ? store.ownRight(incident) : undefined;
  if (act.prompt.peek()?.kind === "turn") act.prompt.value = null;
  else if (camera && right?.cameras.includes(camera.id)) void turning.open(right.id, camera.id, camera.name);
  else store.say("line.turn.none", {}, performance.now());
  return true;
}

/** A: turn the chosen camera to her, with Shift closer; what is held stays. */
function aimCamera(mode: "find" | "identify"): boolean {
  const incident = store.watched.peek();
  const camera = chosen(incident);
  const right = incident ? store.ownRight(incident) : undefined;
  const held = incident && store.slots.peek().get(incident.id)?.some((slot) => slot.held && slot.camera === camera?.id);
  if (!camera || !right?.cameras.includes(camera.id)) store.say("line.turn.none", {}, performance.now());
  else if (held && !camera.turned?.follows) store.say("aim.held", {}, performance.now(), "warn");
  else void turning.aim(right.id, camera, mode);
  return true;
}

/** One step beyond the presets; the first asks why. */
export function turn(pan: number, tilt: number, zoom: number): boolean {
  const asked = act.prompt.peek();
  if (asked?.kind === "turn" && turning.nudge(asked, pan, tilt, zoom)) focusField("prompt");
  return true;
}

/** S: keep the last seconds of the chosen camera; why is asked first. */
export function saveClip(): boolean {
  const camera = chosen(store.watched.peek());
  if (camera) ask({ kind: "clip", camera: camera.id, name: camera.name });
  else store.say("line.clip.none", {}, performance.now());
  return true;
}

/** The newest dispatch with a unit on its way or there: only its officer can be given a link. */
export function linkable(incident: IncidentDetail): Dispatch | undefined {
  return [...incident.dispatches].reverse().find((d) => d.state === "acknowledged" || d.state === "en_route" || d.state === "arrived");
}

export function ask(question: act.Prompt): void {
  act.prompt.value = question;
  focusField("prompt");
}

/** D and F: a request that got no answer asks for the phone's reference number instead of asking the dead link again. */
export function prepare(id: string, agency: "112" | "119"): void {
  const incident = store.incidents.peek().get(id);
  if (!store.isDetail(incident)) return;
  const last = [...incident.dispatches].reverse().find((d) => d.agency === agency);
  if (last?.state === "no_answer" || (last?.state === "requested" && Date.now() - Date.parse(last.requested_at) > 30_000 && !last.phone)) {
    ask({ kind: "phone", dispatch: last.id, agency });
  } else if (!last || last.state === "refused" || last.state === "completed") {
    act.prompt.value = { kind: "dispatch", agency };
  }
}
