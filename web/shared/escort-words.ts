import { words } from "./i18n";

const ko = {
  "title.booked": "스카우트를 찾고 있어요", "title.assigned": "{time}에 만나요", "title.walking": "함께 걷고 있어요", "title.asking": "도착했나요?", "title.signalled": "도움을 불렀어요", "title.ended": "동행이 끝났어요",
  "sub.booked": "정해지면 문자로도 알려요.", "sub.booked.late": "아직 정해지지 않았어요. 관제센터가 찾고 있어요.", "sub.next": "{time}부터는 스카우트가 있어요.", "sub.late": "스카우트가 늦어요. 관제센터가 확인하고 있어요.",
  "sub.assigned.walker": "스카우트 두 명이 기다려요.", "sub.assigned.scout": "만나면 서로 번호를 확인하세요.", "sub.here": "스카우트가 {time}에 도착했어요.", "sub.handing": "다른 스카우트가 이어받아요. 번호를 다시 확인해요.", "sub.handing.asked": "다른 스카우트를 찾고 있어요. 올 때까지 함께 있어 주세요.",
  "sub.incoming": "만나서 번호를 확인하면 이어받아요.", "sub.expected": "{time}쯤 도착해요.", "sub.asking": "{n}초 안에 답이 없으면 관제센터가 도와요.", "sub.signalled": "관제센터가 알아요. 함께 있어 주세요.",
  "over.arrived": "집에 도착했어요.", "over.cancelled": "취소했어요.", "over.no-show": "만나지 못했어요.", "over.unserved": "함께 갈 스카우트가 없었어요. 혼자 가야 하면 귀가 모니터링을 켜 주세요.", "over.signalled": "관제센터가 상황을 끝냈어요.",
  "gone": "만난 곳과 집은 지웠어요. 이름과 번호는 하루 뒤에 지워요.",
  "scouts": "스카우트", "her": "만날 사람", "meeting": "만날 곳", "home": "갈 곳", "call": "전화", "way": "길안내",
  "mine": "내 번호", "mine.hint": "상대가 물으면 보여 주세요.", "theirs.walker": "스카우트의 번호", "theirs.scout": "그 사람의 번호", "theirs.hint": "상대의 화면을 보고 눌러요. 번호가 다르면 따라가지 마세요.", "check": "번호 확인", "checked": "확인했어요. 상대가 내 번호를 확인하면 출발해요.",
  "wrong": "번호가 달라요. 이 사람이 아닐 수 있으니 따라가지 마세요.", "locked": "번호가 여러 번 달랐어요. 관제센터가 다른 스카우트를 보내요.", "digits": "네 자리 숫자예요.",
  "here": "만날 곳에 왔어요", "arrived": "집에 도착했어요", "arrived.scout": "집까지 데려다줬어요", "waiting": "상대의 확인을 기다려요. 10분이 지나면 끝나요.", "confirm": "상대는 도착했다고 해요. 맞으면 눌러 주세요.", "more": "10분 더 걸려요", "hand-over": "다른 스카우트에게 넘기기", "no-show": "오지 않았어요", "no-show.from": "오지 않으면 {time}부터 알릴 수 있어요.",
  "cancel": "신청 취소하기", "cancel.sure": "한 번 더 누르면 취소해요",
  "sos": "1초 누르기", "sos.holding": "계속", "sos.again": "한 번 더 누르면 도움을 불러요", "sos.hint": "1초 누르면 관제센터에 바로 알려요",
  "failed": "보내지 못했어요. 다시 눌러 주세요.", "over": "이미 끝났어요.", "recorded": "누가 보았는지 모두 기록돼요.", "centre": "관제센터에 전화",
};

const en: Record<keyof typeof ko, string> = {
  "title.booked": "Looking for scouts", "title.assigned": "Meeting at {time}", "title.walking": "Walking together", "title.asking": "Are you there?", "title.signalled": "Help was called", "title.ended": "The escort is over",
  "sub.booked": "A text tells you, too, once it is settled.", "sub.booked.late": "Not settled yet. The centre is looking.", "sub.next": "From {time} on there are scouts.", "sub.late": "The scouts are late. The centre is checking.",
  "sub.assigned.walker": "Two scouts wait for you.", "sub.assigned.scout": "Check each other's number when you meet.", "sub.here": "The scouts arrived at {time}.", "sub.handing": "Other scouts take over. Check the numbers again.", "sub.handing.asked": "Other scouts are being found. Stay together until they come.",
  "sub.incoming": "You take over once the numbers are checked.", "sub.expected": "There at about {time}.", "sub.asking": "Without an answer in {n} s the centre helps.", "sub.signalled": "The centre knows. Stay together.",
  "over.arrived": "Home.", "over.cancelled": "Cancelled.", "over.no-show": "You did not meet.", "over.unserved": "There were no scouts to go with you. If you go alone, let us watch your way home.", "over.signalled": "The centre has ended the case.",
  "gone": "Where you met and your home are destroyed. Names and numbers are a day later.",
  "scouts": "Scouts", "her": "Whom to meet", "meeting": "Meet at", "home": "Go to", "call": "Call", "way": "Navigate",
  "mine": "My number", "mine.hint": "Show it when you are asked.", "theirs.walker": "The scouts' number", "theirs.scout": "Her number", "theirs.hint": "Read it on their screen. Do not go along if it differs.", "check": "Check the number", "checked": "It is right. You set out when they have checked yours.",
  "wrong": "The number differs. This may not be the one: do not go along.", "locked": "The number differed several times. The centre sends other scouts.", "digits": "It has four digits.",
  "here": "I am at the meeting place", "arrived": "I am home", "arrived.scout": "She is home", "waiting": "Waiting for the other side. It ends after ten minutes.", "confirm": "The other side says you are there. Press if that is right.", "more": "Ten minutes more", "hand-over": "Hand over to other scouts", "no-show": "She has not come", "no-show.from": "If she does not come you can say so from {time}.",
  "cancel": "Cancel", "cancel.sure": "Press once more to cancel",
  "sos": "hold 1 s", "sos.holding": "keep on", "sos.again": "Press once more to call for help", "sos.hint": "Held for one second it tells the centre at once",
  "failed": "Not sent. Press again.", "over": "It is over already.", "recorded": "Everybody who looks is recorded.", "centre": "Call the centre",
};

export type EscortWord = keyof typeof ko;
export const e = words(ko, en);
