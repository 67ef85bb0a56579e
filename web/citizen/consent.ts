/** What she agreed to, in which words. What an optional consent covers is neither asked for nor sent without it. */
import { signal } from "@preact/signals";
import { get, post } from "../shared/api";
import { type Credential, publicKey } from "./identity";
import { enrolled } from "./state";
import { keep, kept } from "./vault";
import { type Profile, reachable } from "./wire";

interface Both {
  ko: string;
  en: string;
}
export interface Term {
  key: string;
  required: boolean;
  title: Both;
  text: Both;
}
export interface Terms {
  version: string;
  items: Term[];
}
interface Agreed {
  terms: Terms;
  keys: string[];
}

/** Name, telephone and guardians; what rescuers should know of her health. */
export type Optional = "contacts" | "health";

const RENEW_BEFORE_MS = 30 * 86_400_000;

const agreed = signal<Agreed | null>(null);

export const loadConsents = async (): Promise<void> => {
  agreed.value = await kept<Agreed>("consents");
};

export const fetchTerms = (): Promise<Terms> => get<Terms>("/api/citizen/terms");

/** The item's words while it has not been agreed to; null when it has been, or nothing asks for it. */
export function missing(key: Optional): Term | null {
  const item = agreed.value?.terms.items.find((one) => one.key === key && !one.required);
  return item && !agreed.value!.keys.includes(key) ? item : null;
}

/** Enrols with these consents, or renews: the same key keeps the same pseudonym. */
export async function agree(terms: Terms, keys: string[]): Promise<void> {
  const answer = await post<Credential>("/api/citizen/enrol", { public_key: await publicKey(), consents: keys, terms_version: terms.version });
  await keep("credential", answer);
  await keep("consents", { terms, keys });
  enrolled.value = answer;
  agreed.value = { terms, keys };
}

export async function add(key: Optional): Promise<void> {
  const terms = await fetchTerms();
  const keys = terms.items.filter((item) => item.required || item.key === key || agreed.value?.keys.includes(item.key)).map((item) => item.key);
  await agree(terms, keys);
}

/** What may travel: without a consent its part stays on the phone. */
export function allowed(whole: Profile | null): Profile | null {
  if (whole === null) return null;
  const contacts = missing("contacts") === null;
  return {
    name: contacts ? whole.name : "",
    phone: contacts ? whole.phone : "",
    guardians: contacts ? whole.guardians.filter(reachable).map(({ invited: _, ...one }) => one) : [],
    note: missing("health") === null ? whole.note : "",
    codes: whole.codes,
    push: whole.push,
  };
}

/** A credential that is about to end is renewed in passing; an expired one would only rank her lower. */
export async function renew(): Promise<void> {
  const known = enrolled.value;
  if (known === null || agreed.value === null || Date.parse(known.valid_until) - Date.now() > RENEW_BEFORE_MS) return;
  await agree(agreed.value.terms, agreed.value.keys).catch(() => undefined);
}
