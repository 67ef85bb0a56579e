/** What only the page of a ward's guardian says. */
import { words } from "../shared/i18n";

const ko = {
  "someone": "보호 대상자", "name": "{name} 님",
  "ok": "{name|은/는} 괜찮아요", "ended": "보호가 끝났어요",
  "left": "{name|이/가} 구역을 벗어났어요", "entered": "{name|이/가} 들어가면 안 되는 곳에 있어요", "silent": "{name} 기기에서 소식이 없어요", "unchecked": "{name|이/가} 오늘 안부에 답하지 않았어요", "help": "{name|이/가} 도움이 필요하다고 했어요", "missing": "{name|을/를} 찾고 있어요", "sos": "{name|이/가} SOS를 눌렀어요",
  "heard": "마지막 소식 {age}", "heard.never": "아직 소식이 없어요", "since": "{time}부터",
  "unanswered": "아직 아무도 답하지 않았어요. 답이 없으면 관제센터가 찾기 시작해요.", "guardian": "보호자가 답했어요. {time}까지 다시 알리지 않아요.", "official": "담당자가 확인하고 있어요.", "case": "관제센터가 맡아서 확인하고 있어요.",
  "say": "답하기", "with-me": "함께 있어요", "looking": "제가 찾고 있어요", "lost": "찾을 수 없어요", "lost.hold": "1초 누르기", "lost.holding": "그대로", "lost.again": "한 번 더 누르면 관제센터에 알려요", "lost.hint": "1초 동안 누르면 관제센터가 바로 찾기 시작해요. 경찰에는 112로 따로 신고할 수 있어요.",
  "zones": "지금", "inside": "정해 둔 구역 안에 있어요", "outside": "정해 둔 구역 밖에 있어요", "forbidden": "들어가면 안 되는 곳에 있어요", "unknown": "어디쯤인지 알려지지 않았어요", "zones.set": "정해 둔 구역: {names}", "zones.none": "정해 둔 구역이 없어요.",
  "where": "마지막 위치 보기", "where.again": "위치 다시 보기", "where.hint": "볼 때마다 기록돼요. 알림이 끝나면 보이지 않아요.", "fix.last": "마지막 위치 {time}", "nofix": "알려진 위치가 없어요.", "hidden": "평소에는 아무도 위치를 볼 수 없어요. 찾아야 할 때만 여기서 볼 수 있어요.",
  "centre": "관제센터", "112": "112 전화", "map": "지도 앱", "until": "{date}까지 지켜봐요.",
  "take-back": "동의 철회하고 끝내기", "take-back.sure": "한 번 더 누르면 바로 끝나요", "take-back.hint": "끝내면 위치 기록이 바로 지워지고, 이름과 연락처는 하루 뒤에 지워져요.",
  "over.ended": "담당자가 보호를 끝냈어요.", "over.expired": "정해 둔 기간이 끝났어요.", "over.taken-back": "동의를 철회해서 끝났어요.", "gone": "위치 기록은 지워졌고, 이름과 연락처는 하루 뒤에 지워져요.",
  "failed": "보내지 못했어요. 다시 눌러 주세요.", "over": "이미 끝났어요.", "sent": "보냈어요.", "recorded": "이 화면을 연 시간은 기록돼요.",
};

const en: Record<keyof typeof ko, string> = {
  "someone": "The person", "name": "{name}",
  "ok": "{name} is fine", "ended": "The watch has ended",
  "left": "{name} has left the zone", "entered": "{name} is where they should not be", "silent": "{name}: nothing heard from the device", "unchecked": "{name} has not answered today's check", "help": "{name} asked for help", "missing": "{name} is being looked for", "sos": "{name} pressed SOS",
  "heard": "last heard {age}", "heard.never": "nothing heard yet", "since": "since {time}",
  "unanswered": "Nobody has answered yet. Without an answer the centre starts looking.", "guardian": "A guardian has answered. You are not told again before {time}.", "official": "The official is on it.", "case": "The centre has taken it over.",
  "say": "Answer", "with-me": "We are together", "looking": "I am looking", "lost": "I cannot find them", "lost.hold": "hold 1 s", "lost.holding": "keep on", "lost.again": "Press once more to tell the centre", "lost.hint": "Held for one second, the centre starts looking at once. You can also call the police at 112.",
  "zones": "Now", "inside": "inside the agreed zones", "outside": "outside the agreed zones", "forbidden": "where they should not be", "unknown": "not known where", "zones.set": "Agreed zones: {names}", "zones.none": "No zone has been agreed.",
  "where": "Show the last place", "where.again": "Show the place again", "where.hint": "Each look is recorded. Nothing is shown once the alarm is over.", "fix.last": "last position {time}", "nofix": "No position is known.", "hidden": "Normally nobody can see the place. Only while somebody has to be found can you see it here.",
  "centre": "Centre", "112": "Call 112", "map": "Map app", "until": "Watched over until {date}.",
  "take-back": "Take back consent and end it", "take-back.sure": "Press once more: it ends at once", "take-back.hint": "Positions are destroyed at once, names and contacts a day later.",
  "over.ended": "The official ended it.", "over.expired": "The agreed time is over.", "over.taken-back": "Consent was taken back.", "gone": "Positions have been destroyed; names and contacts follow a day later.",
  "failed": "Not sent. Press again.", "over": "It is over already.", "sent": "Sent.", "recorded": "That you looked here is recorded.",
};

export type WardWord = keyof typeof ko;
export const w = words(ko, en);
