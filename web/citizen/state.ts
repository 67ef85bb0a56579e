/** What the page knows, as signals. Read from the vault before the first picture, written through at each change. */
import { computed, signal } from "@preact/signals";
import type { Case, Centre, Mapping, Position, Profile } from "./wire";
import { type Credential, credential } from "./identity";
import { type KeptEscort, keptEscorts } from "./kept-escorts";
import { type KeptTrip, keptTrips } from "./kept-trips";
import { keep, kept } from "./vault";
import { cases as keptCases } from "./sending";

export interface Settings {
  quiet: boolean;
  shake: boolean;
  /** The screen stays on while she is on her way. */
  awake: boolean;
}

export type Screen = "enrol" | "home" | "trip" | "escort" | "guardians" | "record" | "settings";

export const screen = signal<Screen>("home");
export const settings = signal<Settings>({ quiet: true, shake: false, awake: false });
export const profile = signal<Profile | null>(null);
export const enrolled = signal<Credential | null>(null);
export const mapping = signal<Mapping | null>(null);
export const cases = signal<Case[]>([]);
export const trips = signal<KeptTrip[]>([]);
export const escorts = signal<KeptEscort[]>([]);
export const position = signal<Position | null>(null);
export const practising = signal(false);
/** The centre answered lately; without it the page says so and keeps the SOS until somebody does. */
export const reached = signal<boolean | null>(null);

export const centre = computed<Centre | null>(() => mapping.value?.centres[0] ?? null);

export const EMPTY: Profile = { name: "", phone: "", note: "", guardians: [], codes: null };

export async function load(): Promise<void> {
  const [aProfile, someSettings, aMapping, aCredential, someCases, someTrips, someEscorts] = await Promise.all([
    kept<Profile>("profile"),
    kept<Settings>("settings"),
    kept<Mapping>("mapping"),
    credential(),
    keptCases(),
    keptTrips(),
    keptEscorts(),
  ]);
  profile.value = aProfile;
  settings.value = { ...settings.value, ...someSettings };
  mapping.value = aMapping;
  enrolled.value = aCredential;
  cases.value = someCases;
  trips.value = someTrips;
  escorts.value = someEscorts;
}

export async function change(next: Partial<Settings>): Promise<void> {
  settings.value = { ...settings.value, ...next };
  await keep("settings", settings.value);
}

export async function remember(next: Partial<Profile>): Promise<void> {
  profile.value = { ...(profile.value ?? EMPTY), ...next };
  await keep("profile", profile.value);
}

/** Where an SOS goes, in order: the mapping's centres, then the server this page came from. */
export function servers(): string[] {
  const known = (mapping.value?.centres ?? []).map((one) => new URL(one.uri, location.origin).origin);
  return [...new Set([...known, location.origin])];
}
