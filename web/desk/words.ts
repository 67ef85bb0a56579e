import { words } from "../shared/i18n";

const ko = {
  "title": "{agency} 상황실", "simulated": "모의 상황실", "waiting": "기다리는 요청", "active": "출동 중", "done": "끝남",
  "empty": "기다리는 요청 없음", "empty.hint": "마지막 연결 {at}",
  "loading": "요청을 가져오는 중", "cut": "서버와 끊김 · {time}", "cut.hint": "보이는 내용은 {at} 것",
  "kind.sos": "SOS", "silent": "조용히", "accuracy": "오차 {m}", "reference": "접수 {n}", "case": "상황 {n}", "position.gone": "위치 없음",
  "accept": "수신확인", "reject": "거절", "unit": "출동대 보내기", "arrived": "현장 도착", "completed": "종료", "link": "현장 링크 열기", "link.copy": "링크 복사", "copied": "복사함",
  "reject.why": "거절하는 까닭", "reject.1": "출동대 없음", "reject.2": "관할 아님", "reject.3": "이미 출동 중", "reject.send": "거절 보내기",
  "call": "호출명", "call.hint": "순찰 12호", "eta": "도착까지 (분)", "unit.send": "보내기", "back": "돌아가기",
  "state.requested": "새 요청", "state.acknowledged": "수신확인함", "state.refused": "거절함", "state.en_route": "{unit} 출동 중", "state.arrived": "{unit} 현장 도착", "state.completed": "종료", "state.no_answer": "응답 시간 지남", "closed": "상황 종결", "late": "응답 시간이 지남 · 관제센터가 전화할 수 있음",
  "failed": "보내지 못함: {why}", "key.move": "고르기", "language": "English", "out": "로그아웃", "new": "새 {agency} 요청, {place}",
  "eta.left": "약 {n}분 뒤 도착",
};

const en: Record<keyof typeof ko, string> = {
  "title": "{agency} desk", "simulated": "simulated desk", "waiting": "Waiting", "active": "On the way", "done": "Ended",
  "empty": "No request waiting", "empty.hint": "last heard {at}",
  "loading": "Fetching requests", "cut": "Cut off from the server · {time}", "cut.hint": "what you see is from {at}",
  "kind.sos": "SOS", "silent": "quiet", "accuracy": "within {m}", "reference": "reference {n}", "case": "case {n}", "position.gone": "no position",
  "accept": "Acknowledge", "reject": "Refuse", "unit": "Send a unit", "arrived": "On scene", "completed": "Complete", "link": "Open the officer's link", "link.copy": "Copy link", "copied": "copied",
  "reject.why": "Why it is refused", "reject.1": "no unit free", "reject.2": "not our area", "reject.3": "already on the way", "reject.send": "Send refusal",
  "call": "Call sign", "call.hint": "patrol 12", "eta": "Minutes to arrival", "unit.send": "Send", "back": "Back",
  "state.requested": "new request", "state.acknowledged": "acknowledged", "state.refused": "refused", "state.en_route": "{unit} on the way", "state.arrived": "{unit} on scene", "state.completed": "completed", "state.no_answer": "answer overdue", "closed": "case closed", "late": "Answer overdue · the centre may call",
  "failed": "Not sent: {why}", "key.move": "select", "language": "한국어", "out": "Sign out", "new": "New request for {agency}, {place}",
  "eta.left": "arrives in about {n} min",
};

export type Word = keyof typeof ko;
export const t = words(ko, en);
