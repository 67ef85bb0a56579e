/** What stands on a bell, in both languages at once: whoever needs it does not look for a switch. */

const WORDS = {
  help: ["도와주세요", "HELP"],
  "help.how": ["누르면 관제센터가 바로 보고 말을 겁니다", "Press: the city's control room sees you and speaks to you"],
  again: ["한 번 더 누르기", "Press again"],
  sending: ["신고를 보내는 중", "Calling the control room"],
  unreached: ["아직 닿지 않았습니다. 계속 보내는 중", "Not reached yet. Still trying"],
  "call.112": ["휴대폰이 있으면 112에 전화하세요", "If you have a phone, call 112"],
  received: ["관제센터에 닿았습니다", "The control room has your call"],
  "received.how": ["그 자리에 계세요. 곧 말을 겁니다", "Stay here. Somebody will speak to you"],
  claimed: ["관제요원이 보고 있습니다", "An operator is looking at this place"],
  requested: ["112·119에 출동을 요청했습니다", "Police or rescue have been asked to come"],
  connecting: ["관제요원이 말을 걸고 있습니다", "The operator is about to speak"],
  on: ["통화 중입니다. 말씀하세요", "You are speaking with the operator. Speak now"],
  "on.how": ["마이크가 켜져 있습니다. 말소리는 녹음되지 않습니다", "The microphone is on. Speech is not recorded"],
  mute: ["관제요원의 말이 들립니다. 이쪽 말은 들리지 않습니다", "You hear the operator. The operator cannot hear you"],
  closed: ["상황이 끝났습니다", "This call has ended"],
  receipt: ["접수번호", "Receipt"],
  connected: ["관제센터와 연결됨", "Connected to the control room"],
  cut: ["관제센터와 끊겼습니다. 눌러도 계속 보냅니다", "No connection now. A press is kept and sent"],
  starting: ["켜는 중", "Starting"],
  none: ["아직 쓰지 않는 비상벨", "This bell is not in use yet"],
  "none.how": ["관리자가 준 주소로 이 화면을 여세요", "Open this page by the link that the administrator made"],
  "wrong-code": ["주소가 맞지 않습니다", "This link does not work"],
  "wrong-code.how": ["이미 썼거나 하루가 지났습니다. 관리자에게 새 주소를 받으세요", "It was used or is older than a day. Ask the administrator for a new one"],
  revoked: ["등록이 풀린 비상벨", "This bell was taken out of use"],
  "revoked.how": ["눌러도 확인되지 않은 신고로 갑니다", "A press still goes out, marked as not verified"],
  replaced: ["다른 화면에서 열렸습니다", "Opened on another screen"],
  "replaced.how": ["이 화면은 닫아도 됩니다", "This one can be closed"],
  microphone: ["마이크를 확인해 주세요", "Check the microphone"],
  allow: ["마이크 허용", "Allow the microphone"],
} as const;
export type Word = keyof typeof WORDS;
export const ko = (word: Word): string => WORDS[word][0];
export const en = (word: Word): string => WORDS[word][1];
