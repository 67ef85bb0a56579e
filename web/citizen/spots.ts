/** Where she goes: places that only this phone knows, and what a pasted text points at. Nobody outside is asked. */
import { signal } from "@preact/signals";
import type { Place } from "../shared/ground";
import { newId } from "./phone";
import { keep, kept } from "./vault";
import type { Destination } from "./wire";

export interface Spot extends Destination {
  id: string;
  home: boolean;
}

const MOST = 12;

export const spots = signal<Spot[]>([]);

export async function loadSpots(): Promise<void> {
  spots.value = (await kept<Spot[]>("spots")) ?? [];
}

/** There is one home; a new one takes the old one's place. */
export async function keepSpot(destination: Destination, home: boolean): Promise<Spot> {
  const spot: Spot = { ...destination, id: newId(), home };
  const others = spots.value.filter((one) => !(home && one.home));
  const next = home ? [spot, ...others] : [...others, spot];
  spots.value = next.slice(0, MOST);
  await keep("spots", spots.value);
  return spot;
}

export async function forgetSpot(id: string): Promise<void> {
  spots.value = spots.value.filter((one) => one.id !== id);
  await keep("spots", spots.value);
}

const NUMBER = String.raw`(-?\d{1,3}\.\d{2,})`;
/** In this order: a marked place, named values, then any two numbers that can be a place. */
const FORMS: [RegExp, "latitude first" | "longitude first"][] = [
  [new RegExp(String.raw`!3d${NUMBER}!4d${NUMBER}`), "latitude first"],
  [new RegExp(String.raw`\bm?lat(?:itude)?=${NUMBER}.*?\bm?(?:lng|lon|long|longitude)=${NUMBER}`), "latitude first"],
  [new RegExp(String.raw`\bm?(?:lng|lon|long|longitude)=${NUMBER}.*?\bm?lat(?:itude)?=${NUMBER}`), "longitude first"],
  [new RegExp(String.raw`${NUMBER}\s*[,/\s]\s*${NUMBER}`), "latitude first"],
];

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Reads coordinates, a geo: address or a map's link. A short link holds no place and gives null. */
export function pointed(text: string): Place | null {
  const plain = unescaped(text);
  for (const [form, order] of FORMS) {
    const found = form.exec(plain);
    if (!found) continue;
    let [latitude, longitude] = [Number(found[1]), Number(found[2])];
    if (order === "longitude first" || Math.abs(latitude) > 90) [latitude, longitude] = [longitude, latitude];
    if (Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180) return { latitude, longitude };
  }
  return null;
}
