/** A key that never leaves its device, and what it says. */
import { base64url, utf8 } from "./bytes";

const ECDSA = { name: "ECDSA", namedCurve: "P-256" };

/** No script can read its private half out. */
export const makeKey = (): Promise<CryptoKeyPair> => crypto.subtle.generateKey(ECDSA, false, ["sign", "verify"]);

export async function publicHalf({ publicKey }: CryptoKeyPair): Promise<JsonWebKey> {
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", publicKey);
  return { kty: kty!, crv: crv!, x: x!, y: y! };
}

/** ECDSA P-256 with SHA-256 over the lines, raw r || s, base64url: this device and no other said it. */
export async function sign({ privateKey }: CryptoKeyPair, lines: string[]): Promise<string> {
  return base64url(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, utf8(lines.join("\n"))));
}
