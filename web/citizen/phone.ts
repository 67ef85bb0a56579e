/** What this phone can say about itself at once: a fresh id, its charge, where it was a moment ago. */
import { base64url } from "../shared/bytes";
import { position } from "./state";
import type { Position } from "./wire";

const RECENT_MS = 10 * 60_000;

export const newId = (): string => base64url(crypto.getRandomValues(new Uint8Array(18)));

/** Percent; undefined where the browser does not say. */
export async function battery(): Promise<number | undefined> {
  const source = navigator as Navigator & { getBattery?: () => Promise<{ level: number }> };
  try {
    const level = (await source.getBattery?.())?.level;
    return level === undefined ? undefined : Math.round(level * 100);
  } catch {
    return undefined;
  }
}

export const unlessLate = <T>(value: Promise<T>, ms = 50): Promise<T | null> =>
  Promise.race([value, new Promise<null>((resolve) => setTimeout(resolve, ms, null))]);

/** Latest known fix, when it is recent enough to send a car to. */
export function lastKnown(): Position | null {
  const fix = position.value;
  return fix !== null && Date.now() - Date.parse(fix.at) < RECENT_MS ? fix : null;
}
