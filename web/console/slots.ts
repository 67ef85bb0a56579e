/**
 * Which camera stands in which of the places: four, six on a wide screen. Numbers are learnt by eye and hand: a place changes only when its camera is
 * lost, when the server chooses others for where she goes (it changes its choice only for clearly better ones), or when she has been outside its view
 * for five seconds; and then only that place. A place that the operator holds never changes.
 */
import type { RankedCamera } from "../shared/api";

/** Cameras have the digits for names. */
const NUMBERS = 9;
const LEFT_VIEW_MS = 5_000;

export interface Slot {
  camera: string;
  /** Since when the server says that she is not in its view. */
  outside_since: number | null;
  held: boolean;
}

export function seat(slots: Slot[], ranked: RankedCamera[], lost: ReadonlySet<string>, now_ms: number, places: number): Slot[] {
  const known = new Map(ranked.map((camera) => [camera.id, camera]));
  const best = [...ranked].sort((a, b) => a.order - b.order);
  const kept: (Slot | null)[] = slots.slice(0, places).map((slot) => {
    const camera = known.get(slot.camera);
    if (!camera) return slot.held ? slot : null;
    const outside_since = camera.sees === "unlikely" ? (slot.outside_since ?? now_ms) : null;
    return { ...slot, outside_since };
  });
  while (kept.length < places) kept.push(null);
  const seated = new Set(kept.flatMap((slot) => (slot ? [slot.camera] : [])));
  const next = (): RankedCamera | undefined => best.find((camera) => !seated.has(camera.id) && !lost.has(camera.id));
  const result: Slot[] = [];
  for (const slot of kept) {
    const order = slot === null ? 0 : (known.get(slot.camera)?.order ?? 0);
    const gone = slot !== null && !slot.held && (order > places || lost.has(slot.camera) || (slot.outside_since !== null && now_ms - slot.outside_since >= LEFT_VIEW_MS));
    if (slot !== null && !gone) {
      result.push(slot);
      continue;
    }
    const camera = next();
    // A replacement must see more than what it replaces; otherwise the known place keeps its known picture.
    if (slot !== null && (!camera || (!lost.has(slot.camera) && camera.sees === "unlikely"))) {
      result.push(slot);
    } else if (camera) {
      seated.add(camera.id);
      result.push({ camera: camera.id, outside_since: null, held: false });
    }
  }
  return result;
}

/** The next best up to camera 9, which hold none of the places. */
export function further(slots: Slot[], ranked: RankedCamera[]): RankedCamera[] {
  const seated = new Set(slots.map((slot) => slot.camera));
  return [...ranked].sort((a, b) => a.order - b.order).filter((camera) => !seated.has(camera.id)).slice(0, NUMBERS - slots.length);
}
