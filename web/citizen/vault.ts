/**
 * Everything this phone keeps, in IndexedDB, every value sealed with an AES key that no script can
 * read out (non-extractable). The page and the service worker share it, so a queued SOS survives a
 * closed page. Only opaque bytes and the names of the entries stand on the disk.
 */
import { type Bytes, join, text, utf8 } from "../shared/bytes";

const NAME = "ansim";
const KEYS = "keys";
const SEALED = "sealed";
const NONCE_BYTES = 12;

let opened: Promise<IDBDatabase> | null = null;

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(KEYS);
      request.result.createObjectStore(SEALED);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Resolves when the transaction is on the disk (strict), not merely handed to the system. */
function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}

async function write(act: (store: IDBObjectStore) => void, store = SEALED): Promise<void> {
  const transaction = (await open()).transaction(store, "readwrite", { durability: "strict" });
  act(transaction.objectStore(store));
  await committed(transaction);
}

async function key<T>(name: string, make: () => Promise<T>): Promise<T> {
  const database = await open();
  const found = await settled<T | undefined>(database.transaction(KEYS).objectStore(KEYS).get(name));
  if (found !== undefined) return found;
  const made = await make();
  const transaction = database.transaction(KEYS, "readwrite", { durability: "strict" });
  const store = transaction.objectStore(KEYS);
  // Two tabs may race: the first one's key stays, the other takes it.
  const earlier = await settled<T | undefined>(store.get(name));
  if (earlier === undefined) store.put(made, name);
  await committed(transaction);
  return earlier ?? made;
}

const sealingKey = (): Promise<CryptoKey> =>
  key("sealing", () => crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]));

/** The device's own signing key: made here, never leaves. */
export const deviceKey = (): Promise<CryptoKeyPair> =>
  key("device", () => crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]));

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
  const sealed = await settled<Bytes | undefined>((await open()).transaction(SEALED).objectStore(SEALED).get(name));
  return sealed === undefined ? null : ((await unsealed(name, sealed)) as T);
}

/** All values whose name begins with `prefix`, in the order of their names. */
export async function keptUnder<T>(prefix: string): Promise<T[]> {
  const store = (await open()).transaction(SEALED).objectStore(SEALED);
  const range = IDBKeyRange.bound(prefix, prefix + "\uffff");
  const [names, values] = await Promise.all([settled(store.getAllKeys(range)), settled(store.getAll(range))]);
  return Promise.all(names.map((name, at) => unsealed(String(name), values[at]) as Promise<T>));
}

export const forget = (name: string): Promise<void> => write((store) => store.delete(name));

/** Withdrawal: every value and every key on this phone. Without the key the old bytes cannot be read. */
export async function forgetEverything(): Promise<void> {
  await write((store) => store.clear());
  await write((store) => store.clear(), KEYS);
}
