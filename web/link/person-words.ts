/** What only the half of the page says that she sees herself. */
import { words } from "../shared/i18n";

const ko = {
  "p.ask": "{centre}에 지금 있는 곳과 모습을 보여 주세요",
  "p.consent": "누르면 이 전화의 위치와 카메라 영상을 {centre|과/와} 도우러 가는 경찰·119만 보고, 상황이 끝나면 위치는 바로, 영상은 정해진 기간 뒤에 지워요.",
  "p.send": "영상과 위치 보내기",
  "p.sending": "{centre}에 보내고 있어요", "p.kept": "끊긴 동안의 것은 이어서 보내요",
  "p.place": "위치", "p.place.on": "보내는 중 · 오차 {m}", "p.place.wait": "찾는 중", "p.place.denied": "허용하지 않았어요", "p.place.again": "다시 켜기",
  "p.hide": "메모로 가리기",
  "p.say": "관제센터에 쓰기", "p.say.send": "보내기", "p.me": "나", "p.centre": "관제센터", "p.waiting": "보내는 중", "p.failed": "못 보냄 · 다시",
  "p.stock": "빠른 말", "p.yes": "네", "p.no": "아니요", "p.quiet": "말 못 해요", "p.come": "빨리 와 주세요",
  "p.112": "112 전화",
};

const en: Record<keyof typeof ko, string> = {
  "p.ask": "Show {centre} where you are and what you see",
  "p.consent": "After you press, only {centre} and the police or rescue on their way see this phone's position and camera; when it is over the position is deleted at once, the video after its set time.",
  "p.send": "Send video and position",
  "p.sending": "Sending to {centre}", "p.kept": "what a break held up is sent on",
  "p.place": "Position", "p.place.on": "sending · within {m}", "p.place.wait": "locating", "p.place.denied": "not allowed", "p.place.again": "Turn on again",
  "p.hide": "Hide as notes",
  "p.say": "Write to the centre", "p.say.send": "Send", "p.me": "Me", "p.centre": "Centre", "p.waiting": "sending", "p.failed": "not sent · again",
  "p.stock": "Quick words", "p.yes": "Yes", "p.no": "No", "p.quiet": "I cannot talk", "p.come": "Please come quickly",
  "p.112": "Call 112",
};

export const p = words(ko, en);
