/**
 * Everything this phone keeps, in IndexedDB, every value sealed with an AES key that no script can
 * read out (non-extractable). The page and the service worker share it, so a queued SOS survives a
 * closed page. Only opaque bytes and the names of the entries stand on the disk.
 */
import { type Bytes, join, text, utf8 } from "../shared/bytes";
import { Database, settled } from "../shared/database";
import { makeKey } from "../shared/signing";

const KEYS = "keys";
const SEALED = "sealed";
const NONCE_BYTES = 12;

const database = new Database("ansim", [KEYS, SEALED]);
const write = (act: (store: IDBObjectStore) => void): Promise<void> => database.write(SEALED, act);

const sealingKey = (): Promise<CryptoKey> =>
  database.key(KEYS, "sealing", () => crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]));

/** The device's own signing key: made here, never leaves. */
export const deviceKey = (): Promise<CryptoKeyPair> => database.key(KEYS, "device", makeKey);

async function unsealed(name: string, sealed: Bytes): Promise<unknown> {
  const plain = await crypto.subtle.decrypt(
    { name: "AES-GCM", iv: sealed.slice(0, NONCE_BYTES), additionalData: utf8(name) },
    await sealingKey(),
    sealed.slice(NONCE_BYTES),
  );
  return JSON.parse(text(plain));
}

export async function keep(name: string, value: unknown): Promise<void> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const sealed = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv: nonce, additionalData: utf8(name) },
    await sealingKey(),
    utf8(JSON.stringify(value)),
  );
  await write((store) => store.put(join(nonce, new Uint8Array(sealed)), name));
}

export async function kept<T>(name: string): Promise<T | null> {
  const sealed = await database.get<Bytes>(SEALED, name);
  return sealed === undefined ? null : ((await unsealed(name, sealed)) as T);
}

/** All values whose name begins with `prefix`, in the order of their names. */
export async function keptUnder<T>(prefix: string): Promise<T[]> {
  const store = await database.store(SEALED);
  const range = IDBKeyRange.bound(prefix, prefix + "\uffff");
  const [names, values] = await Promise.all([settled(store.getAllKeys(range)), settled(store.getAll(range))]);
  return Promise.all(names.map((name, at) => unsealed(String(name), values[at]) as Promise<T>));
}

export const forget = (name: string): Promise<void> => write((store) => store.delete(name));

/** Withdrawal: every value and every key on this phone. Without the key the old bytes cannot be read. */
export async function forgetEverything(): Promise<void> {
  await write((store) => store.clear());
  await database.write(KEYS, (store) => store.clear());
}
