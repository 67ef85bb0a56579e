import { words } from "../shared/i18n";

const ko = {
  "title": "우리 경계", "quiet": "이웃 센터 상황 · 소리 없음", "theirs": "{centre} · {state}", "claimed": "담당 요원 있음", "unclaimed": "아직 미접수", "about": "위치는 약 100 m 칸 · {age}", "old": "{age}째 소식 없음",
  "map": "지도에서 보기", "help": "돕겠다고 알리기", "take": "넘겨받겠다고 알리기", "lend": "우리 카메라 빌려주기", "unlend": "빌려준 카메라 거두기", "said.help": "돕겠다고 알림", "said.take": "넘겨받겠다고 알림",
  "knows": "{centre}도 앎", "wishes.help": "{centre}: 돕겠음", "wishes.take": "{centre}: 넘겨받겠음",
};

const en: Record<keyof typeof ko, string> = {
  "title": "At our border", "quiet": "neighbours' cases · silent", "theirs": "{centre} · {state}", "claimed": "an operator has it", "unclaimed": "not claimed yet", "about": "within a cell of about 100 m · {age}", "old": "not heard for {age}",
  "map": "Show on the map", "help": "Offer help", "take": "Offer to take it", "lend": "Lend our cameras", "unlend": "Take our cameras back", "said.help": "Help offered", "said.take": "Offered to take it",
  "knows": "{centre} knows", "wishes.help": "{centre} offers help", "wishes.take": "{centre} would take it",
};

export const s = words(ko, en);
