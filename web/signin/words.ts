import { words } from "../shared/i18n";

const ko = {
  "title": "안심 로그인", "lead": "관제요원, 책임요원, 감사, 112·119", "account": "계정", "password": "비밀번호", "next": "다음", "busy": "확인하는 중",
  "second": "두 번째 확인", "second.lead": "{account} 계정을 확인했어요. 본인인지 한 번 더 확인해요.", "totp": "인증 앱의 여섯 자리 숫자", "totp.send": "확인", "passkey": "패스키로 확인", "or": "또는", "back": "다른 계정으로",
  "wrong": "계정이나 비밀번호가 맞지 않아요.", "wrong.code": "숫자가 맞지 않아요. 앱에 지금 보이는 숫자를 써 주세요.", "wrong.passkey": "패스키로 확인하지 못했어요.", "late": "시간이 지났어요. 처음부터 다시 해 주세요.", "many": "여러 번 틀려서 잠시 막혔어요. {wait} 뒤에 다시 해 주세요.", "network": "서버에 닿지 않아요. 잠시 뒤에 다시 해 주세요.", "nofactor": "이 계정에는 두 번째 확인이 없어요. 관리자에게 새 일회용 링크를 요청하세요.",
  "code": "일회용 링크로 들어가는 중", "code.bad": "이 링크는 이미 쓰였거나 시간이 지났어요.",
  "in": "{name}", "in.lead": "{centre} · {role}", "go": "들어가기", "out": "로그아웃",
  "own": "다음부터 로그인하는 방법", "own.lead": "일회용 링크는 한 번만 돼요. 비밀번호와 두 번째 확인을 정해 두세요.", "own.password": "새 비밀번호", "own.password.hint": "12자 이상", "own.current": "지금 비밀번호", "own.current.hint": "처음이면 비워 두세요", "own.save": "비밀번호 저장", "own.saved": "비밀번호를 저장했어요.", "own.passkey": "이 기기에 패스키 만들기", "own.passkey.done": "패스키를 만들었어요.", "own.totp": "인증 앱 연결하기", "own.totp.lead": "인증 앱에 이 열쇠를 넣고, 보이는 숫자를 적어 주세요.", "own.totp.key": "열쇠", "own.totp.done": "인증 앱을 연결했어요.", "own.failed": "저장하지 못했어요. {why}",
  "role.operator": "관제요원", "role.supervisor": "책임요원", "role.officer": "상주 경찰", "role.auditor": "감사 담당", "role.administrator": "관리자", "role.agency": "112·119",
  "language": "English", "licences": "오픈소스 라이선스",
};

const en: Record<keyof typeof ko, string> = {
  "title": "ansim sign-in", "lead": "Operators, supervisors, auditors, 112 and 119", "account": "Account", "password": "Password", "next": "Next", "busy": "Checking",
  "second": "Second factor", "second.lead": "{account} is right. One more proof that it is you.", "totp": "Six digits of your authenticator", "totp.send": "Check", "passkey": "Use a passkey", "or": "or", "back": "Another account",
  "wrong": "Account or password is not right.", "wrong.code": "These digits are not right. Enter the ones shown now.", "wrong.passkey": "The passkey could not be used.", "late": "Too much time has passed. Start again.", "many": "Too many wrong tries. Wait {wait}.", "network": "The server does not answer. Try again in a moment.", "nofactor": "This account has no second factor. Ask the administrator for a new one-time link.",
  "code": "Signing in with a one-time link", "code.bad": "This link has been used or has run out.",
  "in": "{name}", "in.lead": "{centre} · {role}", "go": "Continue", "out": "Sign out",
  "own": "How you sign in next time", "own.lead": "A one-time link works once. Choose a password and a second factor.", "own.password": "New password", "own.password.hint": "12 characters or more", "own.current": "Present password", "own.current.hint": "empty if you have none", "own.save": "Save password", "own.saved": "The password is saved.", "own.passkey": "Make a passkey on this device", "own.passkey.done": "The passkey is made.", "own.totp": "Connect an authenticator", "own.totp.lead": "Put this key into your authenticator and enter the digits it shows.", "own.totp.key": "Key", "own.totp.done": "The authenticator is connected.", "own.failed": "Not saved. {why}",
  "role.operator": "operator", "role.supervisor": "supervisor", "role.officer": "stationed officer", "role.auditor": "auditor", "role.administrator": "administrator", "role.agency": "112 and 119",
  "language": "한국어", "licences": "Open-source licences",
};

export type Word = keyof typeof ko;
export const t = words(ko, en);
