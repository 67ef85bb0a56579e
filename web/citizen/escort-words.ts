import { words } from "../shared/i18n";

const ko = {
  "open": "스카우트와 함께 가기", "open.hint": "두 명이 만날 곳에서 기다렸다가 집까지 같이 걸어요. 30분 전에 신청해요.", "open.booked": "{time} 동행 보기",
  "title": "스카우트와 함께 가기", "home": "어디로 가요", "meeting": "어디에서 만나요", "meeting.hint": "정류장이나 역처럼 밝고 사람이 있는 곳이 좋아요.", "when": "언제 만나요", "in": "{n}분 뒤", "change": "바꾸기",
  "keeps": "이름, 전화번호, 만날 곳, 갈 곳을 관제센터와 스카우트 두 명만 봐요. 갈 곳은 만난 뒤에 보여요. 끝나면 장소는 바로, 이름은 하루 뒤에 지워요.",
  "noname": "이름이 없으면 스카우트가 부를 수 없어요. 그래도 번호로 서로 확인해요.",
  "book": "{time}에 만나기로 신청", "busy": "신청하는 중", "failed": "신청하지 못했어요. 인터넷을 확인하고 다시 눌러 주세요.",
  "escort.full": "그때는 함께 갈 스카우트가 없어요.", "escort.soon": "스카우트가 오려면 30분이 필요해요.", "escort.far": "걸어가기에 너무 멀어요. 5 km까지 함께 가요.", "escort.far-ahead": "하루 안의 시각만 신청할 수 있어요.",
  "next": "{time}에는 있어요. 그때로 신청", "next.none": "하루 안에는 빈 시간이 없어요. 혼자 가야 하면 귀가 모니터링을 켜 주세요.",
  "close": "닫기", "cut": "다시 연결하는 중이에요. 보이는 내용은 {time} 것이에요.",
};

const en: Record<keyof typeof ko, string> = {
  "open": "Walk with scouts", "open.hint": "Two wait where you meet and walk you home. Ask 30 minutes ahead.", "open.booked": "See your escort at {time}",
  "title": "Walk with scouts", "home": "Where do you go", "meeting": "Where do you meet", "meeting.hint": "A stop or a station is good: lit, and people about.", "when": "When do you meet", "in": "in {n} min", "change": "Change",
  "keeps": "Your name, number, meeting place and destination are seen by the centre and the two scouts only, the destination once you have met. Places are destroyed when it is over, names a day later.",
  "noname": "Without a name the scouts cannot call you. You still know each other by numbers.",
  "book": "Ask to meet at {time}", "busy": "Asking", "failed": "Not asked for. Check your connection and press again.",
  "escort.full": "No scouts are free then.", "escort.soon": "The scouts need 30 minutes to come.", "escort.far": "Too far to walk. Up to 5 km.", "escort.far-ahead": "Only times within a day.",
  "next": "There are some at {time}. Ask for that", "next.none": "Nobody is free within a day. If you go alone, let us watch your way home.",
  "close": "Close", "cut": "Reconnecting. What you see is from {time}.",
};

export type EscortAsk = keyof typeof ko;
export const q = words(ko, en);
