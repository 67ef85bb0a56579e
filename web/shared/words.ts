/** Times, distances, directions and names that more than one page says in the same way. */
import { locale, words } from "./i18n";

const ko = {
  "age.now": "방금",
  "age.seconds": "{n}초 전",
  "age.minutes": "{n}분 전",
  "age.hours": "{n}시간 전",
  "span.seconds": "{s}초",
  "span.minutes": "{m}분",
  "span.both": "{m}분 {s}초",
  "span.hours": "{h}시간 {m}분",
  "direction.0": "북", "direction.1": "북동", "direction.2": "동", "direction.3": "남동",
  "direction.4": "남", "direction.5": "남서", "direction.6": "서", "direction.7": "북서",
  "glyph.1": "우선순위 1",
  "glyph.2": "우선순위 2",
  "glyph.3": "우선순위 3",
};
const en: Record<keyof typeof ko, string> = {
  "age.now": "just now",
  "age.seconds": "{n} s ago",
  "age.minutes": "{n} min ago",
  "age.hours": "{n} h ago",
  "span.seconds": "{s} s",
  "span.minutes": "{m} min",
  "span.both": "{m} min {s} s",
  "span.hours": "{h} h {m} min",
  "direction.0": "north", "direction.1": "north-east", "direction.2": "east", "direction.3": "south-east",
  "direction.4": "south", "direction.5": "south-west", "direction.6": "west", "direction.7": "north-west",
  "glyph.1": "Priority 1",
  "glyph.2": "Priority 2",
  "glyph.3": "Priority 3",
};
const t = words(ko, en);

const two = (n: number): string => String(Math.trunc(n)).padStart(2, "0");

/** Seconds as `mm:ss` up to 59:59, then `h:mm`. */
export function timer(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  return s < 3600 ? `${two(s / 60)}:${two(s % 60)}` : `${Math.floor(s / 3600)}:${two((s % 3600) / 60)}`;
}

/** Seconds as words: 8초, 1분 50초, 2시간 5분. */
export function span(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return t("span.seconds", { s });
  if (s >= 3600) return t("span.hours", { h: Math.floor(s / 3600), m: Math.floor((s % 3600) / 60) });
  return s % 60 === 0 ? t("span.minutes", { m: s / 60 }) : t("span.both", { m: Math.floor(s / 60), s: s % 60 });
}

export function age(seconds: number): string {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 1) return t("age.now");
  if (s < 60) return t("age.seconds", { n: s });
  if (s < 3600) return t("age.minutes", { n: Math.floor(s / 60) });
  return t("age.hours", { n: Math.floor(s / 3600) });
}

/** Metres to 999, then kilometres with one decimal. */
export function distance(metres: number): string {
  return metres < 999.5 ? `${Math.round(metres)} m` : `${(metres / 1000).toFixed(1)} km`;
}

/** Compass name of a bearing in degrees clockwise from north. */
export function direction(degrees: number): string {
  const index = ((Math.round(degrees / 45) % 8) + 8) % 8;
  return t(`direction.${index}` as keyof typeof ko);
}

export function glyphName(priority: number): string {
  return t(`glyph.${priority}` as keyof typeof ko);
}

/** Wall-clock time in the reader's zone, 24 h. */
export function clockTime(at: string | number | Date, seconds = true): string {
  const d = new Date(at);
  return seconds ? `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}` : `${two(d.getHours())}:${two(d.getMinutes())}`;
}

export function dayName(at: string | number | Date): string {
  const d = new Date(at);
  const weekday = new Intl.DateTimeFormat(locale.value, { weekday: "short" }).format(d);
  return locale.value === "ko" ? `${d.getMonth() + 1}. ${d.getDate()}. (${weekday})` : `${weekday} ${d.getDate()}/${d.getMonth() + 1}`;
}
