/** What only a ward's own page says. */
import { words } from "../shared/i18n";

const ko = {
  "title": "안부 확인", "ask": "오늘 잘 지내고 있나요?", "ask.until": "{time}까지 답해 주세요. 답이 없으면 담당자가 연락해요.", "ask.late": "답할 시간이 지났어요. 지금 답해도 돼요.",
  "well": "잘 지내요", "help": "도움이 필요해요", "with-place": "지금 위치도 보내기", "with-place.hint": "머무는 곳에 있는지만 확인하고, 저장하지 않아요.",
  "done": "{age}에 답했어요", "told": "담당자에게 알렸어요. 곧 연락해요.", "next": "다음 안부는 {time}에 물어요.", "none": "매일 답할 것은 없어요.",
  "share": "위치 나누기", "share.start": "이 휴대폰의 위치 보내기", "share.stop": "위치 보내기 멈추기", "share.on": "보내는 중 · 오차 {m}", "share.wait": "위치를 찾는 중", "share.denied": "위치가 꺼져 있어요. 브라우저에서 위치를 허용해 주세요.", "share.unsent": "보내지 못한 위치 {n}개. 연결되면 보내요.",
  "share.hint": "이 화면이 켜져 있는 동안만 보내요. 평소에는 아무도 보지 않고, 하루가 지나면 지워져요.", "awake": "화면 켜 두기",
  "sos.hint": "1초 동안 누르면 관제센터에 바로 알려요", "sos": "1초 누르기", "sos.holding": "그대로", "sos.again": "한 번 더 누르면 도움을 요청해요", "sos.sent": "관제센터가 받았어요 · 접수 {n}", "called": "관제센터가 {time}부터 돕고 있어요", "centre": "관제센터에 전화", "112": "112 전화",
  "ended": "보호가 끝났어요", "gone": "위치 기록은 지워졌어요. 이제 이 화면은 아무것도 보내지 않아요.", "until": "{date}까지예요.", "failed": "보내지 못했어요. 다시 눌러 주세요.", "over": "이미 끝났어요.",
};

const en: Record<keyof typeof ko, string> = {
  "title": "Daily check", "ask": "Are you well today?", "ask.until": "Please answer by {time}. Without an answer your official gets in touch.", "ask.late": "The time to answer has passed. You can still answer now.",
  "well": "I am well", "help": "I need help", "with-place": "Send where I am now, too", "with-place.hint": "Only checked against the place where you stay, and not kept.",
  "done": "You answered {age}", "told": "Your official has been told and gets in touch soon.", "next": "You are asked next {time}.", "none": "There is nothing to answer every day.",
  "share": "Sharing the position", "share.start": "Send this phone's position", "share.stop": "Stop sending the position", "share.on": "sending · within {m}", "share.wait": "looking for the position", "share.denied": "Position is off. Please allow it in the browser.", "share.unsent": "{n} positions not sent yet. They go when there is a connection.",
  "share.hint": "Sent only while this page is open. Normally nobody looks at it, and after a day it is destroyed.", "awake": "Keep the screen on",
  "sos.hint": "Held for one second it tells the centre at once", "sos": "hold 1 s", "sos.holding": "keep on", "sos.again": "Press once more to call for help", "sos.sent": "The centre has received it · receipt {n}", "called": "The centre has been helping since {time}", "centre": "Call the centre", "112": "Call 112",
  "ended": "The watch has ended", "gone": "Positions have been destroyed. This page sends nothing any more.", "until": "Until {date}.", "failed": "Not sent. Press again.", "over": "It is over already.",
};

export type WardedWord = keyof typeof ko;
export const w = words(ko, en);
