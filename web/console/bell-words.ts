import { words } from "../shared/i18n";

const ko = {
  "case": "비상벨", "unproven": "등록된 비상벨이 보낸 것인지 확인되지 않음", "cameras": "제 카메라 {n}대", "cameras.none": "제 카메라 없음", "there": "화면 연결됨", "away": "화면 연결 안 됨",
  "talk": "말하기", "talk.end": "끊기", "talk.how": "벨로 말하기", "talk.microphone": "마이크 켜는 중", "talk.calling": "벨을 부르는 중", "talk.on": "통화 중 {t}", "talk.deaf": "벨의 마이크가 안 됨: 내 말만 들림",
  "talk.other": "통화 중", "talk.rule": "두 사람만 듣습니다. 서버를 지나지도, 녹음되지도 않습니다.", "talk.one-way": "신고만 되는 벨: 말할 수 없음",
  "trouble.microphone": "이 자리의 마이크를 쓸 수 없습니다. 브라우저가 막았거나 꽂혀 있지 않습니다.", "trouble.network": "벨과 소리가 이어지지 않았습니다.", "trouble.away": "벨이 대답하지 않습니다.", "trouble.busy": "다른 사람이 이 벨로 말하고 있습니다.", "trouble.right": "이 상황의 열람 권한이 끝났습니다.", "trouble.other": "벨로 말할 수 없습니다.",
  "phone": "전화로: {phone}", "phone.none": "출동을 요청하거나, 가까운 순찰에 전화하세요.",
  "over.bell": "벨 쪽에서 끊었습니다.", "over.lost": "벨과 끊겼습니다.", "over.ended": "통화가 끝났습니다.",
  "top": "비상벨 고장 {n}", "title": "비상벨", "close": "닫기", "failed": "가져오지 못했습니다. 다시 시도하는 중", "counts": "{total}곳 · 화면·장치 {speaking} · 고장 {faulty}",
  "faults": "고장", "faults.none": "고장이 없습니다.", "col.bell": "비상벨", "col.wrong": "고장", "col.since": "언제부터", "col.state": "상태", "col.do": "할 일",
  "wrong.silent": "소식 없음", "wrong.microphone": "마이크", "wrong.button": "단추", "wrong.power": "전원(배터리)", "wrong.door": "문 열림", "wrong.sound": "소리 안 남", "wrong.light": "불 꺼짐", "wrong.damaged": "부서짐", "wrong.other": "다른 고장",
  "source.watch": "센터가 알아챔", "source.self-test": "자체 점검", "source.citizen": "시민 신고", "times": "{n}번",
  "state.open": "새 고장", "state.sent": "고치러 감", "state.mended": "고침", "do.sent": "보냄", "do.mended": "고침",
  "list": "비상벨 {n}곳", "find": "이름, 번호, 주소로 찾기", "more": "그리고 {n}곳 더: 이름으로 찾으세요", "none": "비상벨이 없습니다. ansim import bells 로 넣으세요.",
  "kind.pole": "기둥", "kind.locker": "택배함", "kind.shelter": "쉼터", "kind.restroom": "화장실", "kind.parking": "주차장",
  "speaks.page": "화면", "speaks.device": "장치", "speaks.none": "등록 전", "heard": "{at} 소식",
  "open": "열기", "back": "목록", "commission": "이 벨에서 열 주소 만들기", "commission.how": "벨 앞의 브라우저에서 하루 안에 한 번 엽니다. 이 창을 닫으면 다시 볼 수 없습니다.", "device": "화면 없는 장치의 비밀번호 만들기", "device.how": "장치에 넣으세요. 이 창을 닫으면 다시 볼 수 없습니다.", "revoke": "등록 풀기", "sure": "한 번 더 누르면 됩니다", "revoked": "등록을 풀었습니다.",
  "own": "이 벨의 카메라", "own.field": "카메라 번호를 쉼표로. 비우면 같은 기둥의 것", "own.set": "정하기", "own.done": "정했습니다.", "sign": "고장 신고 표지 (인쇄)", "refused": "되지 않았습니다: {why}",
};
const en: Record<keyof typeof ko, string> = {
  "case": "Bell", "unproven": "not proven to come from the bell", "cameras": "{n} of its own cameras", "cameras.none": "no camera of its own", "there": "its page is connected", "away": "its page is not connected",
  "talk": "Speak", "talk.end": "Hang up", "talk.how": "Speak through the bell", "talk.microphone": "Turning the microphone on", "talk.calling": "Calling the bell", "talk.on": "Speaking {t}", "talk.deaf": "The bell's microphone is off: she only hears",
  "talk.other": "Speaking", "talk.rule": "Only the two of you hear it. It passes no server and is not recorded.", "talk.one-way": "This bell only calls: nobody can speak through it",
  "trouble.microphone": "This desk's microphone cannot be used: the browser refused it, or none is plugged in.", "trouble.network": "No sound got through to the bell.", "trouble.away": "The bell does not answer.", "trouble.busy": "Somebody else is speaking through it.", "trouble.right": "The right for this case has ended.", "trouble.other": "The bell cannot be spoken through.",
  "phone": "By telephone: {phone}", "phone.none": "Ask for a dispatch, or telephone whoever is near.",
  "over.bell": "The bell's side hung up.", "over.lost": "The line to the bell broke.", "over.ended": "The talk has ended.",
  "top": "Bells broken {n}", "title": "Emergency bells", "close": "Close", "failed": "Could not be fetched. Trying again", "counts": "{total} bells · {speaking} commissioned · {faulty} broken",
  "faults": "Faults", "faults.none": "Nothing is broken.", "col.bell": "Bell", "col.wrong": "Fault", "col.since": "Since", "col.state": "State", "col.do": "To do",
  "wrong.silent": "not heard", "wrong.microphone": "microphone", "wrong.button": "button", "wrong.power": "mains (on battery)", "wrong.door": "door open", "wrong.sound": "no sound", "wrong.light": "light off", "wrong.damaged": "damaged", "wrong.other": "something else",
  "source.watch": "noticed here", "source.self-test": "self-test", "source.citizen": "reported", "times": "{n} times",
  "state.open": "new", "state.sent": "being mended", "state.mended": "mended", "do.sent": "Sent", "do.mended": "Mended",
  "list": "{n} bells", "find": "Find by name, number or address", "more": "and {n} more: find them by name", "none": "There is no bell. Bring them in by ansim import bells.",
  "kind.pole": "pole", "kind.locker": "locker", "kind.shelter": "shelter", "kind.restroom": "restroom", "kind.parking": "parking",
  "speaks.page": "page", "speaks.device": "device", "speaks.none": "not commissioned", "heard": "heard {at}",
  "open": "Open", "back": "List", "commission": "Make the link for this bell", "commission.how": "Opened once, within a day, in the browser at the bell. Gone when this is closed.", "device": "Make the secret of a device without a screen", "device.how": "Put it into the device. Gone when this is closed.", "revoke": "Take out of use", "sure": "Press once more", "revoked": "Taken out of use.",
  "own": "Its cameras", "own.field": "Numbers with commas; empty: those on its pole", "own.set": "Set", "own.done": "Set.", "sign": "Sign for reports of faults (print)", "refused": "Not done: {why}",
};
export type BellWord = keyof typeof ko;
export const b = words(ko, en);
/** A value of the server as a word, or as it stands where there is none. */
export const said = (group: string, value: string): string => (`${group}.${value}` in ko ? b(`${group}.${value}` as BellWord) : value);
