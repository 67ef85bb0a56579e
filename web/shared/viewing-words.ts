/** The sentence about who looked. The person reads it on her phone, the auditor beside the table: the same words. */
import { locale, words } from "./i18n";
import type { Kept, Viewer, ViewerRole } from "./viewing";
import { clockTime } from "./words";

const ko = {
  "operator": "관제요원 {n}명", "supervisor": "책임요원 {n}명", "officer": "출동대원 {n}명", "scout": "스카우트 {n}명", "guardian": "보호자 {n}명", "agency": "112·119 {n}명", "auditor": "감사 담당 {n}명", "stranger": "권한 없는 사람",
  "video": "{who|이/가} 내 주변 영상을", "position": "{who|이/가} 내 위치를", "saw": "{what} 보았어요.", "blocked": "권한 없는 열람은 막혔어요.", "nobody": "아무도 보지 않았어요.", "joined": "{a|과/와} {b}",
  "kept": "영상 {n}개를 저장했어요.", "taken": "영상 {n}개를 저장했고, {m}개를 내려받았어요.",
};
const en: Record<keyof typeof ko, string> = {
  "operator": "{n} operator(s)", "supervisor": "{n} supervisor(s)", "officer": "{n} officer(s)", "scout": "{n} scout(s)", "guardian": "{n} guardian(s)", "agency": "{n} of 112 and 119", "auditor": "{n} auditor(s)", "stranger": "Somebody without the right",
  "video": "{who} saw video near me", "position": "{who} saw my position", "saw": "{what}.", "blocked": "A view without the right was blocked.", "nobody": "Nobody looked.", "joined": "{a} and {b}",
  "kept": "{n} clip(s) saved.", "taken": "{n} clip(s) saved, {m} downloaded.",
};
const t = words(ko, en);

export const viewerName = (role: ViewerRole, people: number): string => t(role, { n: people });

const all = (names: string[]): string => names.reduce((a, b) => t("joined", { a, b }));

function day(at: number): string {
  return new Date(at).toLocaleDateString(locale.value, { month: "long", day: "numeric" });
}

/** `from` and `until`: when the case began and ended, milliseconds since 1970; `until` null while it goes on. */
export function sentence(seen: readonly Viewer[], { saved, taken }: Kept, from: number, until: number | null): string {
  const when = `${day(from)} ${clockTime(from, false)}–${until === null ? "" : clockTime(until, false)}`;
  const video = seen.filter((one) => one.cameras > 0 && one.role !== "stranger").map((one) => viewerName(one.role, one.people));
  const position = seen.filter((one) => one.position && one.cameras === 0 && one.role !== "stranger").map((one) => viewerName(one.role, one.people));
  const parts = [
    ...(video.length > 0 ? [t("video", { who: all(video) })] : []),
    ...(position.length > 0 ? [t("position", { who: all(position) })] : []),
  ];
  const saw = parts.length > 0 ? t("saw", { what: parts.join(", ") }) : t("nobody");
  const clips = saved === 0 ? "" : t(taken === 0 ? "kept" : "taken", { n: saved, m: taken });
  return [`${when}, ${saw}`, clips, seen.some((one) => one.role === "stranger") ? t("blocked") : ""].filter(Boolean).join(" ");
}
