/** Places of help that are there at any hour. The phone has the list and finds the nearest by itself: nobody is told where it is for that. */
import { signal } from "@preact/signals";
import { get } from "../shared/api";
import { type Place, apart, bearing } from "../shared/ground";
import { direction, distance } from "../shared/words";
import { keep, kept } from "./vault";
import type { HelpPlace } from "./wire";
import { t } from "./words";

/** Farther away than this it is no help. */
const NEAR_M = 1_500;
const KEY = "help";

export const helpPlaces = signal<HelpPlace[]>([]);

/** What was fetched last counts until the centre tells more: it must be there without a network. */
export async function loadHelp(): Promise<void> {
  helpPlaces.value = (await kept<HelpPlace[]>(KEY)) ?? [];
  const { places } = await get<{ places: HelpPlace[] }>("/api/help");
  helpPlaces.value = places;
  await keep(KEY, places);
}

/** “Star police box 120 m to the north”; null where none is near, or none is known. */
export function nearestHelp(here: Place | null): string | null {
  if (here === null) return null;
  let best: { place: HelpPlace; metres: number } | null = null;
  for (const place of helpPlaces.value) {
    const metres = apart(here, place);
    if (metres <= (best?.metres ?? NEAR_M)) best = { place, metres };
  }
  if (best === null) return null;
  const { place, metres } = best;
  const kind = t(`help.${place.kind}`);
  return t("help.near", { what: place.name.includes(kind) ? place.name : `${kind} ${place.name}`, direction: direction(bearing(here, place)), distance: distance(metres) });
}
