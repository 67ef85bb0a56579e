/**
 * Which letter does what. A key is a place on the keyboard (event.code), so that it works with Hangul input on. Every letter can
 * be moved to another place; the choice belongs to this browser. No DOM here.
 */
import { signal } from "@preact/signals";

export const DEFAULTS = {
  next: "KeyJ",
  previous: "KeyK",
  go: "KeyG",
  large: "KeyZ",
  confirm: "KeyY",
  police: "KeyD",
  rescue: "KeyF",
  call: "KeyT",
  chat: "KeyC",
  note: "KeyN",
  extend: "KeyE",
  link: "KeyL",
  invite: "KeyO",
  save: "KeyS",
  mask: "KeyR",
  turn: "KeyP",
  aim: "KeyA",
  hold: "KeyH",
  pass: "KeyB",
  release: "KeyU",
  close: "KeyX",
  soften: "KeyM",
  walls: "KeyW",
  trips: "KeyI",
  escorts: "KeyQ",
  wards: "KeyV",
} as const;
export type Verb = keyof typeof DEFAULTS;

/** Letters, the signs beside them, and function keys that browsers leave alone. Digits, Enter, Space and arrows stay what they are. */
const FREE = /^(?:Key[A-Z]|F(?:[2-9]|10)|Comma|Period|Semicolon|Quote|BracketLeft|BracketRight|Backslash|Backquote)$/;
const SIGNS: Record<string, string> = { Comma: ",", Period: ".", Semicolon: ";", Quote: "'", BracketLeft: "[", BracketRight: "]", Backslash: "\\", Backquote: "`" };
const KEPT_AT = "ansim.console.keys";

const isVerb = (name: string): name is Verb => name in DEFAULTS;

function kept(): Partial<Record<Verb, string>> {
  try {
    const found = JSON.parse(localStorage.getItem(KEPT_AT) ?? "{}") as Record<string, unknown>;
    const good = Object.entries(found).filter(([verb, code]) => isVerb(verb) && typeof code === "string" && FREE.test(code));
    const chosen = Object.fromEntries(good) as Partial<Record<Verb, string>>;
    const codes = Object.values({ ...DEFAULTS, ...chosen });
    // Two verbs on one key, by whatever hand: none of it is believed.
    return new Set(codes).size === codes.length ? chosen : {};
  } catch {
    return {};
  }
}

const chosen = signal<Partial<Record<Verb, string>>>(kept());
export const moved = (): boolean => Object.keys(chosen.value).length > 0;

const codeOf = (verb: Verb): string => chosen.value[verb] ?? DEFAULTS[verb];

/** What this key does; undefined for one that does nothing. */
export const verbOf = (code: string): Verb | undefined => (Object.keys(DEFAULTS) as Verb[]).find((verb) => codeOf(verb) === code);

/** What is printed on the key of a verb. */
export function cap(verb: Verb): string {
  const code = codeOf(verb);
  return code.startsWith("Key") ? code.slice(3) : (SIGNS[code] ?? code);
}

function keep(next: Partial<Record<Verb, string>>): void {
  chosen.value = next;
  try {
    if (Object.keys(next).length === 0) localStorage.removeItem(KEPT_AT);
    else localStorage.setItem(KEPT_AT, JSON.stringify(next));
  } catch {
    /* storage refused: the choice lasts as long as the page */
  }
}

export type Moved = { done: true } | { done: false; why: "taken"; by: Verb } | { done: false; why: "fixed" };

/** Puts a verb on a key; a key that another verb has is not taken from it. */
export function move(verb: Verb, code: string): Moved {
  if (!FREE.test(code)) return { done: false, why: "fixed" };
  const by = verbOf(code);
  if (by && by !== verb) return { done: false, why: "taken", by };
  const { [verb]: _before, ...others } = chosen.peek();
  keep(code === DEFAULTS[verb] ? others : { ...others, [verb]: code });
  return { done: true };
}

export const reset = (): void => keep({});
