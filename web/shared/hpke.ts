/**
 * Sealing to whoever holds a private key, a centre or a phone: HPKE base mode
 * (RFC 9180), one message per key, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256,
 * AES-256-GCM, on WebCrypto alone. The form on the wire is enc (65 bytes)
 * followed by the ciphertext.
 */
import { type Bytes, join, utf8 } from "./bytes";

const KEM_SUITE = join(utf8("KEM"), Uint8Array.of(0x00, 0x10));
const HPKE_SUITE = join(utf8("HPKE"), Uint8Array.of(0x00, 0x10, 0x00, 0x01, 0x00, 0x02));
const CURVE = { name: "ECDH", namedCurve: "P-256" } as const;
const NOTHING: Bytes = new Uint8Array(0);
const POINT_BYTES = 65;

async function hmac(key: Bytes, message: Bytes): Promise<Bytes> {
  // WebCrypto refuses an empty HMAC key; HMAC pads with zeros, so 32 zero bytes are the same key.
  const raw = key.length > 0 ? key : new Uint8Array(32);
  const imported = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, message));
}

const labeledExtract = (suite: Bytes, salt: Bytes, label: string, ikm: Bytes): Promise<Bytes> =>
  hmac(salt, join(utf8("HPKE-v1"), suite, utf8(label), ikm));

/** One HMAC block is enough: nothing here is longer than 32 bytes. */
async function labeledExpand(suite: Bytes, prk: Bytes, label: string, context: Bytes, length: number): Promise<Bytes> {
  const labeled = join(Uint8Array.of(0, length), utf8("HPKE-v1"), suite, utf8(label), context, Uint8Array.of(1));
  return (await hmac(prk, labeled)).slice(0, length);
}

/** Imports a public key given as JWK or as its uncompressed point (65 bytes). */
function imported(key: JsonWebKey | Bytes): Promise<CryptoKey> {
  if (key instanceof Uint8Array) return crypto.subtle.importKey("raw", key, CURVE, true, []);
  return crypto.subtle.importKey("jwk", { kty: "EC", crv: "P-256", x: key.x!, y: key.y!, ext: true }, CURVE, true, []);
}

const point = async (key: CryptoKey): Promise<Bytes> => new Uint8Array(await crypto.subtle.exportKey("raw", key));

/** The AES key and nonce of the one message between `own` and `other` (RFC 9180 sections 4.1 and 5.1). */
async function schedule(own: CryptoKey, other: CryptoKey, enc: Bytes, receiver: Bytes, info: string, use: "encrypt" | "decrypt"): Promise<[CryptoKey, Bytes]> {
  const dh = new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: other }, own, 256));
  const eaePrk = await labeledExtract(KEM_SUITE, NOTHING, "eae_prk", dh);
  const shared = await labeledExpand(KEM_SUITE, eaePrk, "shared_secret", join(enc, receiver), 32);

  const pskHash = await labeledExtract(HPKE_SUITE, NOTHING, "psk_id_hash", NOTHING);
  const infoHash = await labeledExtract(HPKE_SUITE, NOTHING, "info_hash", utf8(info));
  const context = join(Uint8Array.of(0), pskHash, infoHash);
  const secret = await labeledExtract(HPKE_SUITE, shared, "secret", NOTHING);
  const key = await labeledExpand(HPKE_SUITE, secret, "key", context, 32);
  const nonce = await labeledExpand(HPKE_SUITE, secret, "base_nonce", context, 12);
  return [await crypto.subtle.importKey("raw", key, "AES-GCM", false, [use]), nonce];
}

/** Seals `plaintext` to a public key; returns enc || ciphertext (RFC 9180 section 6.1). */
export async function seal(to: JsonWebKey | Bytes, plaintext: Bytes, info: string, aad: Bytes = NOTHING): Promise<Bytes> {
  const receiver = await imported(to);
  const ephemeral = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
  const enc = await point(ephemeral.publicKey);
  const [key, iv] = await schedule(ephemeral.privateKey, receiver, enc, await point(receiver), info, "encrypt");
  return join(enc, new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: aad }, key, plaintext)));
}

/** A key pair for one message to this phone: the private half as it is kept, the public one as its point. */
export async function pair(): Promise<{ secret: JsonWebKey; point: Bytes }> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(CURVE, true, ["deriveBits"]);
  return { secret: await crypto.subtle.exportKey("jwk", privateKey), point: await point(publicKey) };
}

/** Opens enc || ciphertext. Rejects when it was not sealed to this key, for this purpose. */
export async function unseal(secret: JsonWebKey, sealed: Bytes, info: string, aad: Bytes = NOTHING): Promise<Bytes> {
  const own = await crypto.subtle.importKey("jwk", secret, CURVE, false, ["deriveBits"]);
  const enc = sealed.slice(0, POINT_BYTES);
  const receiver = await point(await imported(secret));
  const [key, iv] = await schedule(own, await imported(enc), enc, receiver, info, "decrypt");
  return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: aad }, key, sealed.slice(POINT_BYTES)));
}
