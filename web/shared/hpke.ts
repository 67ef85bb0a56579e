/**
 * Sealing to a centre: HPKE base mode (RFC 9180), one message per key,
 * DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, on WebCrypto alone.
 * The form on the wire is enc (65 bytes) followed by the ciphertext; only the
 * holder of the centre's private key can open it, this page cannot.
 */
import { type Bytes, join, utf8 } from "./bytes";

const KEM_SUITE = join(utf8("KEM"), Uint8Array.of(0x00, 0x10));
const HPKE_SUITE = join(utf8("HPKE"), Uint8Array.of(0x00, 0x10, 0x00, 0x01, 0x00, 0x02));
const CURVE = { name: "ECDH", namedCurve: "P-256" } as const;
const NOTHING: Bytes = new Uint8Array(0);

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

/** Seals `plaintext` to the centre's public key; returns enc || ciphertext (RFC 9180 section 6.1). */
export async function seal(centre: JsonWebKey, plaintext: Bytes, info: string, aad: Bytes = NOTHING): Promise<Bytes> {
  const receiver = await crypto.subtle.importKey(
    "jwk",
    { kty: "EC", crv: "P-256", x: centre.x!, y: centre.y!, ext: true },
    CURVE,
    true,
    [],
  );
  const ephemeral = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
  const enc = new Uint8Array(await crypto.subtle.exportKey("raw", ephemeral.publicKey));
  const dh = new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: receiver }, ephemeral.privateKey, 256));

  const kemContext = join(enc, new Uint8Array(await crypto.subtle.exportKey("raw", receiver)));
  const eaePrk = await labeledExtract(KEM_SUITE, NOTHING, "eae_prk", dh);
  const shared = await labeledExpand(KEM_SUITE, eaePrk, "shared_secret", kemContext, 32);

  const pskHash = await labeledExtract(HPKE_SUITE, NOTHING, "psk_id_hash", NOTHING);
  const infoHash = await labeledExtract(HPKE_SUITE, NOTHING, "info_hash", utf8(info));
  const context = join(Uint8Array.of(0), pskHash, infoHash);
  const secret = await labeledExtract(HPKE_SUITE, shared, "secret", NOTHING);
  const key = await labeledExpand(HPKE_SUITE, secret, "key", context, 32);
  const nonce = await labeledExpand(HPKE_SUITE, secret, "base_nonce", context, 12);

  const aes = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData: aad }, aes, plaintext);
  return join(enc, new Uint8Array(sealed));
}
