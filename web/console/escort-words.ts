import { words } from "../shared/i18n";

const ko = {
  "top": "동행 {n}", "top.marked": "살필 것 {n}",
  "title": "스카우트 동행", "lead": "이름과 장소는 한 건을 열 때만 보이고, 연 것은 기록됩니다.", "count": "배정 전 {booked} · 배정됨 {assigned} · 걷는 중 {walking}", "none": "지금 동행이 없습니다.", "failed": "가져오지 못했습니다. 다시 시도하는 중",
  "back": "목록", "close": "닫기", "open": "열기",
  "col.state": "상태", "col.meet": "만날 때", "col.area": "근무 지역", "col.note": "살필 것", "col.open": "열기",
  "is.booked": "배정 전", "is.assigned": "배정됨", "is.walking": "걷는 중", "is.asking": "묻는 중", "is.signalled": "상황이 됨", "is.ended": "끝남",
  "over.arrived": "도착", "over.cancelled": "취소", "over.no-show": "만나지 못함", "over.unserved": "갈 사람 없음", "over.signalled": "상황으로 끝남",
  "mark.unassigned": "아직 배정 안 됨", "mark.scouts-late": "스카우트 늦음", "mark.missing": "신청한 사람이 안 옴", "mark.wrong": "번호 틀림", "mark.hand-over": "이어받을 조 필요",
  "who": "신청한 사람", "phone": "전화", "language": "문자의 언어", "meeting": "만날 곳", "home": "갈 곳", "scouts": "스카우트", "by.phone": "전화로 신청", "told": "알림",
  "propose": "보낼 수 있는 조", "propose.none": "그때 근무하는 조가 없습니다.", "assign": "{area} 조 보내기", "replace": "{area} 조로 바꾸기", "take-over": "{area} 조가 이어받기", "busy": "다른 동행 중", "away": "{m} m", "elsewhere": "이웃 센터 {centre}",
  "end.cancelled": "전화로 취소됨", "end.arrived": "전화로 도착 확인", "sure": "한 번 더 누르면 끝냄",
  "lost": "다른 요원이 먼저 배정했습니다.", "refused": "되지 않았습니다: {why}",
  "call": "전화로 신청 받기", "name": "이름", "place": "좌표 (위도, 경도)", "label": "부르는 이름", "when": "만날 때 (몇 분 뒤)", "book": "신청", "booked": "신청했습니다. 문자를 보냈습니다.", "full": "그때는 빈 조가 없습니다. 다음: {time}", "full.none": "하루 안에 빈 조가 없습니다.",
  "rota": "근무표", "rota.none": "근무가 없습니다.", "area": "지역 이름", "reach": "닿는 거리 (m)", "from": "시작", "to": "끝", "scout": "스카우트 {n} 이름", "scout.phone": "스카우트 {n} 전화", "scout.language": "스카우트 {n} 언어", "plan": "근무 넣기", "withdraw": "빼기", "form": "빈칸을 모두 채우세요.",
  "state.queued": "보내는 중", "state.sent": "보냄", "state.delivered": "도착", "state.read": "읽음", "state.failed": "못 보냄", "state.quiet": "보내지 않음", "herself": "본인",
};

const en: Record<keyof typeof ko, string> = {
  "top": "Escorts {n}", "top.marked": "to look at {n}",
  "title": "Escorts", "lead": "Names and places are shown only when one is opened, and opening is recorded.", "count": "to assign {booked} · assigned {assigned} · walking {walking}", "none": "There is no escort now.", "failed": "Could not be fetched. Trying again",
  "back": "List", "close": "Close", "open": "Open",
  "col.state": "State", "col.meet": "Meeting", "col.area": "Area", "col.note": "To look at", "col.open": "Open",
  "is.booked": "to assign", "is.assigned": "assigned", "is.walking": "walking", "is.asking": "being asked", "is.signalled": "became a case", "is.ended": "over",
  "over.arrived": "home", "over.cancelled": "cancelled", "over.no-show": "did not meet", "over.unserved": "nobody to go", "over.signalled": "ended as a case",
  "mark.unassigned": "not assigned yet", "mark.scouts-late": "scouts late", "mark.missing": "she has not come", "mark.wrong": "wrong numbers", "mark.hand-over": "another pair needed",
  "who": "Asked by", "phone": "Phone", "language": "Language of messages", "meeting": "Meeting place", "home": "Destination", "scouts": "Scouts", "by.phone": "asked by telephone", "told": "Messages",
  "propose": "Pairs that could go", "propose.none": "No pair is on duty then.", "assign": "Send the pair of {area}", "replace": "Send {area} instead", "take-over": "{area} takes over", "busy": "with somebody else", "away": "{m} m", "elsewhere": "neighbour centre {centre}",
  "end.cancelled": "Cancelled by telephone", "end.arrived": "Home by telephone", "sure": "Press once more to end it",
  "lost": "Another operator was quicker.", "refused": "Not done: {why}",
  "call": "Ask for a caller", "name": "Name", "place": "Coordinates (latitude, longitude)", "label": "What it is called", "when": "Meeting in (minutes)", "book": "Ask", "booked": "Asked for. A message was sent.", "full": "No pair is free then. Next: {time}", "full.none": "No pair is free within a day.",
  "rota": "Rota", "rota.none": "Nobody is on the rota.", "area": "Area", "reach": "Reach (m)", "from": "From", "to": "To", "scout": "Name of scout {n}", "scout.phone": "Phone of scout {n}", "scout.language": "Language of scout {n}", "plan": "Add to the rota", "withdraw": "Take off", "form": "Fill in every field.",
  "state.queued": "being sent", "state.sent": "sent", "state.delivered": "delivered", "state.read": "read", "state.failed": "not sent", "state.quiet": "not sent", "herself": "herself",
};

export type EscortWord = keyof typeof ko;
export const s = words(ko, en);
/** A value of the server as a word, or as it stands where there is none. */
export const said = (group: string, value: string): string => (`${group}.${value}` in ko ? s(`${group}.${value}` as EscortWord) : value);
