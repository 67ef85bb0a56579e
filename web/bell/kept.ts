/** What the page of a bell keeps: a key that no script can read out, the bell it speaks for, and a press that has no receipt yet. */
import { base64url, utf8 } from "../shared/bytes";

const NAME = "ansim-bell";
const STORE = "kept";

let opened: Promise<IDBDatabase> | null = null;

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
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

async function put(name: string, value: unknown): Promise<void> {
  const transaction = (await open()).transaction(STORE, "readwrite", { durability: "strict" });
  transaction.objectStore(STORE).put(value, name);
  await new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}

const get = async <T>(name: string): Promise<T | undefined> => settled<T | undefined>((await open()).transaction(STORE).objectStore(STORE).get(name));

async function key(): Promise<CryptoKeyPair> {
  const found = await get<CryptoKeyPair>("key");
  if (found) return found;
  const made = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
  await put("key", made);
  return made;
}

export async function publicKey(): Promise<JsonWebKey> {
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", (await key()).publicKey);
  return { kty: kty!, crv: crv!, x: x!, y: y! };
}

/** ECDSA P-256 with SHA-256 over the lines, raw r || s, base64url: this page and no other said it. */
export async function prove(...lines: string[]): Promise<string> {
  const signed = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, (await key()).privateKey, utf8(lines.join("\n")));
  return base64url(signed);
}

export const bell = (): Promise<string | undefined> => get<string>("bell");
/** What stands on the pole, for when the centre cannot say it. */
export interface Sign {
  number: string;
  name: string;
}
export const sign = (): Promise<Sign | undefined> => get<Sign>("sign");
export const keepSign = (sign: Sign): Promise<void> => put("sign", sign);
export const keepBell = (id: string): Promise<void> => put("bell", id);

/** The code by which it becomes a bell, until it has: the page may be loaded anew in between. */
export const code = (): Promise<string | null | undefined> => get<string | null>("code");
export const keepCode = (value: string | null): Promise<void> => put("code", value);

export interface Press {
  id: string;
  at: string;
}
export const waiting = (): Promise<Press | null | undefined> => get<Press | null>("press");
export const keepPress = (press: Press | null): Promise<void> => put("press", press);
