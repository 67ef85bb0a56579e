import { words } from "../shared/i18n";

const ko = {
  "own.unstaffed": "우리 센터 닫음", "own.overloaded": "우리 센터 밀림", "unstaffed": "{centre} 닫음", "overloaded": "{centre} 밀림", "silent": "{centre} 응답 없음",
  "until": "{at}까지", "by": "{name|이/가} 대신 받음", "ours": "우리가 대신 받음", "nobody": "대신 받는 곳 없음", "stays": "새 상황은 여기로 와요", "more": "외 {n}",
  "title": "센터 사이", "none": "모든 이웃이 스스로 받고 있어요.", "set": "새 상황 받기", "close": "지금 닫기", "open": "지금 열기", "hours": "시간표대로",
  "hint": "닫으면 새 상황은 정해 둔 이웃이 받아요. 12시간 뒤에는 시간표로 돌아가요.", "failed": "바꾸지 못함: {why}",
};
const en: Record<keyof typeof ko, string> = {
  "own.unstaffed": "We are closed", "own.overloaded": "We are overloaded", "unstaffed": "{centre} is closed", "overloaded": "{centre} is overloaded", "silent": "{centre} does not answer",
  "until": "until {at}", "by": "{name} covers", "ours": "we cover", "nobody": "nobody covers", "stays": "new cases come here", "more": "and {n}",
  "title": "Between centres", "none": "Every neighbour takes its own.", "set": "New cases", "close": "Close now", "open": "Open now", "hours": "By the hours",
  "hint": "While it is closed, new cases go to the neighbour that your rules name. After 12 hours the hours hold again.", "failed": "Not changed: {why}",
};

export type Word = keyof typeof ko;
export const s = words(ko, en);
