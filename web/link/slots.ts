/** Four places for cameras. A camera keeps its number until it is gone, however the ranking changes: hands and radio rely on it. */
import { useRef } from "preact/hooks";
import type { RankedCamera } from "../shared/api";

const PLACES = 4;

export function useSlots(ranked: readonly RankedCamera[]): (RankedCamera | null)[] {
  const kept = useRef<(string | null)[]>(Array<null>(PLACES).fill(null));
  const byId = new Map(ranked.map((camera) => [camera.id, camera]));
  const next = kept.current.map((id) => (id !== null && byId.has(id) ? id : null));
  for (const { id } of ranked) {
    if (next.includes(id)) continue;
    const free = next.indexOf(null);
    if (free < 0) break;
    next[free] = id;
  }
  kept.current = next;
  return next.map((id) => (id === null ? null : byId.get(id)!));
}
