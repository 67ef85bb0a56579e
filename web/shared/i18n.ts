/**
 * Words of the screens. A key names one whole sentence; slots are `{name}`. Korean particles follow the sound that a slot
 * ends with: `{name|이/가}` writes 박지훈이, 이서연이, 어머니가.
 */
import { signal } from "@preact/signals";

export type Locale = "ko" | "en";
export type Slots = Record<string, string | number>;

function stored(): Locale {
  try {
    const value = localStorage.getItem("ansim.locale");
    if (value === "ko" || value === "en") return value;
  } catch {
    /* storage may be forbidden: the language is then chosen each time */
  }
  return typeof navigator !== "undefined" && navigator.language && !navigator.language.startsWith("ko") && navigator.language.startsWith("en") ? "en" : "ko";
}

export const locale = signal<Locale>(stored());

export function chooseLocale(value: Locale): void {
  locale.value = value;
  if (typeof document !== "undefined") document.documentElement.lang = value;
  try {
    localStorage.setItem("ansim.locale", value);
  } catch {
    /* see above */
  }
}

/** The Sino-Korean reading of a digit ends in a consonant for 0 영, 1 일, 3 삼, 6 육, 7 칠, 8 팔. */
const CLOSED_DIGITS = "013678";
const RIEUL_DIGITS = "178";
const CLOSED_LETTERS = "lmnr";

/** How a word ends, read aloud in Korean: open (vowel), closed (consonant) or ㄹ, which 으로/로 treats like a vowel. */
export function ending(word: string): "open" | "closed" | "rieul" {
  const last = word.replace(/[\s)\]}'"”’.]+$/u, "").slice(-1);
  const code = last.charCodeAt(0);
  if (code >= 0xac00 && code <= 0xd7a3) {
    const final = (code - 0xac00) % 28;
    return final === 0 ? "open" : final === 8 ? "rieul" : "closed";
  }
  if (RIEUL_DIGITS.includes(last) && last !== "") return "rieul";
  if (CLOSED_DIGITS.includes(last) && last !== "") return "closed";
  if (/[a-z]/i.test(last)) return last.toLowerCase() === "l" || last.toLowerCase() === "r" ? "rieul" : CLOSED_LETTERS.includes(last.toLowerCase()) ? "closed" : "open";
  return "open";
}

/** `pair` is written after-consonant/after-vowel: 이/가, 을/를, 은/는, 과/와, 으로/로, 이에요/예요. */
export function particle(word: string, pair: string): string {
  const [closed = "", open = ""] = pair.split("/");
  const end = ending(word);
  if (end === "open") return open;
  return end === "rieul" && closed.startsWith("으로") ? open : closed;
}

export function fill(sentence: string, slots: Slots = {}): string {
  return sentence.replace(/\{(\w+)(?:\|([^}]+))?\}/g, (_whole, name: string, pair?: string) => {
    const value = String(slots[name] ?? "");
    return pair ? value + particle(value, pair) : value;
  });
}

/** Builds the `t` of one page from its two word lists; the English list must have every Korean key. */
export function words<K extends string>(ko: Record<K, string>, en: Record<K, string>): (key: K, slots?: Slots) => string {
  return (key, slots) => fill((locale.value === "ko" ? ko : en)[key] ?? key, slots);
}

/** The text of a value that carries both languages, as procedure labels and consent items do. */
export function both(text: { ko: string; en: string }): string {
  return text[locale.value];
}
