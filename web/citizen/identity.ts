/** Who this phone is to a centre, and what it says about its person to that centre alone. */
import { base64url, utf8 } from "../shared/bytes";
import { seal } from "../shared/hpke";
import { locale } from "../shared/i18n";
import { publicHalf, sign } from "../shared/signing";
import type { Centre, Profile, Sos } from "./wire";
import { deviceKey, kept } from "./vault";

/** Binds sealed contacts to their purpose (HPKE info); the signal's id is the associated data. */
const CONTACTS = "ansim contacts";

export interface Credential {
  credential: string;
  person: string;
  valid_until: string;
  centre_key: JsonWebKey;
}

export const credential = (): Promise<Credential | null> => kept<Credential>("credential");

export const publicKey = async (): Promise<JsonWebKey> => publicHalf(await deviceKey());

export const prove = async (...lines: string[]): Promise<string> => sign(await deviceKey(), lines);

type Purpose = "ansim signal" | "ansim trip" | "ansim escort";

export type Introduction = Pick<Sos, "credential" | "proof" | "sealed">;

/** What she tells about herself, for each of these centres: by its origin. Never fails. */
export async function sealedFor(id: string, profile: Profile | null, centres: Centre[]): Promise<Record<string, string>> {
  const seals: Record<string, string> = {};
  if (profile === null) return seals;
  for (const { key, uri } of centres) {
    try {
      if (key !== null) seals[new URL(uri, location.origin).origin] = await sealedTo(key, "ansim signal", id, profile);
    } catch {
      // That centre gets the call without a name.
    }
  }
  return seals;
}

async function sealedTo(key: JsonWebKey, purpose: Purpose, id: string, profile: Profile): Promise<string> {
  // Only a trip asks her: nobody else needs to know how to reach this browser.
  const { push, ...others } = profile;
  const told = purpose === "ansim trip" ? { ...others, push } : others;
  return base64url(await seal(key, utf8(JSON.stringify({ ...told, language: locale.value })), CONTACTS, utf8(id)));
}

/** Who she is, for one call, one trip or one escort. Never fails: a call for help goes out with whatever could be added. */
export async function introduce(purpose: Purpose, id: string, at: string, profile: Profile | null, centre: Centre | null): Promise<Introduction> {
  const introduction: Introduction = {};
  try {
    const known = await credential();
    if (known !== null) {
      introduction.credential = known.credential;
      introduction.proof = await prove(purpose, id, at);
    }
    const key = centre?.key ?? known?.centre_key ?? null;
    if (profile !== null && key !== null) introduction.sealed = await sealedTo(key, purpose, id, profile);
  } catch {
    // Without a key or a profile the call is anonymous, and still a call.
  }
  return introduction;
}
