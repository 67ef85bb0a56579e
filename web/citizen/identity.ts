/** Who this phone is to a centre, and what it says about its person to that centre alone. */
import { base64url, utf8 } from "../shared/bytes";
import { seal } from "../shared/hpke";
import { locale } from "../shared/i18n";
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

export async function publicKey(): Promise<JsonWebKey> {
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", (await deviceKey()).publicKey);
  return { kty: kty!, crv: crv!, x: x!, y: y! };
}

/** ECDSA P-256 with SHA-256 over the lines, raw r || s, base64url: this phone and no other said it. */
export async function prove(...lines: string[]): Promise<string> {
  const { privateKey } = await deviceKey();
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, utf8(lines.join("\n")));
  return base64url(signature);
}

export type Introduction = Pick<Sos, "credential" | "proof" | "sealed">;

/** Who she is, for one call, one trip or one escort. Never fails: a call for help goes out with whatever could be added. */
export async function introduce(purpose: "ansim signal" | "ansim trip" | "ansim escort", id: string, at: string, profile: Profile | null, centre: Centre | null): Promise<Introduction> {
  const introduction: Introduction = {};
  try {
    const known = await credential();
    if (known !== null) {
      introduction.credential = known.credential;
      introduction.proof = await prove(purpose, id, at);
    }
    const key = centre?.key ?? known?.centre_key ?? null;
    if (profile !== null && key !== null) {
      // Only a trip asks her: nobody else needs to know how to reach this browser.
      const { push, ...others } = profile;
      const told = purpose === "ansim trip" ? { ...others, push } : others;
      introduction.sealed = base64url(await seal(key, utf8(JSON.stringify({ ...told, language: locale.value })), CONTACTS, utf8(id)));
    }
  } catch {
    // Without a key or a profile the call is anonymous, and still a call.
  }
  return introduction;
}
