/** What the page of a bell keeps: a key that no script can read out, the bell it speaks for, and a press that has no receipt yet. */
import { Database } from "../shared/database";
import { makeKey, publicHalf, sign as signed } from "../shared/signing";

const STORE = "kept";
const database = new Database("ansim-bell", [STORE]);

const get = <T>(name: string): Promise<T | undefined> => database.get<T>(STORE, name);
const put = (name: string, value: unknown): Promise<void> => database.write(STORE, (store) => store.put(value, name));
const key = (): Promise<CryptoKeyPair> => database.key(STORE, "key", makeKey);

export const publicKey = async (): Promise<JsonWebKey> => publicHalf(await key());

export const prove = async (...lines: string[]): Promise<string> => signed(await key(), lines);

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
