import { words } from "../shared/i18n";

const ko = {
  "title": "비상벨 고장 신고", "112": "위급하면 112 전화", "what": "무엇이 이상한가요?",
  "wrong.button": "단추가 눌리지 않아요", "wrong.sound": "소리가 나지 않아요", "wrong.light": "불이 꺼져 있어요", "wrong.damaged": "부서졌어요", "wrong.other": "다른 고장이에요",
  "opening": "여는 중", "sending": "보내는 중", "done": "고맙습니다. 시에서 고치러 갑니다.", "unknown": "이 번호의 비상벨이 없습니다.", "away": "보내지 못했습니다.", "many": "조금 뒤에 다시 눌러 주세요.", "again": "다시",
  "rule": "이름도 전화번호도 묻지 않습니다. 누가 알렸는지 남지 않습니다.",
};
const en: Record<keyof typeof ko, string> = {
  "title": "Report a broken bell", "112": "In danger: call 112", "what": "What is wrong with it?",
  "wrong.button": "The button cannot be pressed", "wrong.sound": "There is no sound", "wrong.light": "Its light is off", "wrong.damaged": "It is damaged", "wrong.other": "Something else",
  "opening": "Opening", "sending": "Sending", "done": "Thank you. The city will mend it.", "unknown": "There is no bell of this number.", "away": "It could not be sent.", "many": "Try again in a little while.", "again": "Again",
  "rule": "No name and no number is asked for. Who reported it is not kept.",
};
export type Word = keyof typeof ko;
export const t = words(ko, en);
