import { locale, words } from "../shared/i18n";

const ko = {
  "title": "열람 기록", "brand": "안심", "head": "누가, 무엇을, 왜 보았나", "count": "{day} · {n}건", "all": "전체", "today": "오늘", "language": "English", "out": "로그아웃",
  "search": "사람, 카메라, 상황번호", "day": "기간", "role": "역할", "roles": "모든 역할", "kind": "종류", "kinds": "모든 기록", "kind.view": "열람", "kind.grant": "열람권한", "kind.incident": "상황", "kind.erase": "파기", "kind.access": "로그인과 계정", "incident.off": "{id} 조건 빼기", "export": "내보내기",
  "col.time": "시각", "col.who": "누가", "col.what": "무엇을", "col.ground": "근거", "col.long": "본 시간", "col.result": "결과",
  "watching": "보는 중", "result.allowed": "허용", "result.blocked": "막음", "result.kept": "기록", "waiting": "자리 잡는 중",
  "chain.ok": "기록 사슬 이상 없음 · {n}건 · {time} 확인", "chain.bad": "기록 사슬이 맞지 않음 · {time} 확인", "chain.none": "서명된 머리를 기다리는 중 · {n}건", "chain.checking": "기록 사슬 확인하는 중", "chain.unsigned": "기록 사슬 이어짐 · {n}건 · 서명은 이 브라우저가 확인 못 함",
  "witnesses": "증인 {names}", "witness.none": "증인 없음", "checkpoint": "서명된 머리", "checkpoint.size": "기록", "checkpoint.at": "서명", "checkpoint.root": "뿌리", "checkpoint.witness": "증인", "checkpoint.origin": "기록한 곳",
  "subject": "대상자에게 보이는 내용", "subject.none": "상황을 고르면 대상자가 읽을 글이 여기에 보입니다.", "foot": "기록은 고치거나 지울 수 없고, 좌표와 영상은 담지 않습니다.", "shown": "{from}–{to} / {n}",
  "seen": "이 상황을 본 사람", "seen.none": "아직 본 사람이 없음", "legend.video": "영상", "legend.position": "위치", "legend.blocked": "막힘", "choose": "상황을 고르면 누가 언제 보았는지 보입니다.",
  "look": "살펴볼 것", "look.none": "살펴볼 것 없음", "look.blocked": "막힌 열람 {n}건", "look.long": "긴 열람 {n}건", "look.duress": "협박 의심 {n}건", "look.refused": "막힌 로그인 {n}건", "look.longer": "30분 넘게 이어짐", "look.who": "{who} · {what}",
  "erase": "파기", "erase.done": "파기 확인", "erase.ordered": "파기 지시", "erase.due": "예정 {day}", "erase.track": "위치, 이동 경로", "erase.case": "이름, 대화, 기록 본문", "erase.person": "등록 정보", "erase.none": "이 상황에 파기할 것이 없음", "erase.today": "오늘 파기 확인", "erase.count": "{n}건",
  "detail": "기록 {n}", "detail.close": "닫기", "detail.id": "기록 번호", "detail.object": "대상", "detail.leaf": "지문", "detail.more": "덧붙임", "prove": "이 기록이 사슬에 있는지 확인", "proving": "확인하는 중", "proof.ok": "이 브라우저가 확인했습니다. 기록 {n}건의 사슬 안, 바로 이 자리에 있습니다.", "proof.bad": "맞지 않습니다. 보이는 기록이 서명된 사슬에 없습니다.", "proof.leaf": "보이는 지문과 같음", "proof.root": "서명된 뿌리까지 이어짐", "proof.signed": "{name} 서명", "proof.witness": "증인 {name} 서명", "proof.unknown": "이 브라우저가 확인 못 함", "proof.failed": "확인할 자료를 가져오지 못함 · 다시",
  "none": "이 조건에 맞는 기록 없음", "none.hint": "조건을 줄여 보세요.", "loading": "기록을 가져오는 중", "failed": "기록을 가져오지 못했습니다", "failed.hint": "{at}부터 서버에 닿지 않습니다. 보이는 것은 그때까지의 기록입니다.", "failed.first": "서버에 닿지 않습니다.", "retry": "다시 가져오기", "forbidden": "이 기록을 볼 권한이 없습니다", "forbidden.hint": "감사 담당이나 책임요원의 계정으로 로그인하세요.",
  "role.operator": "요원", "role.supervisor": "책임요원", "role.officer": "출동대원", "role.guardian": "보호자 링크", "role.auditor": "감사 담당", "role.administrator": "관리자", "role.agency": "112·119", "role.person": "앱", "role.system": "자동", "role.link": "링크", "role.unknown": "권한 없음",
  "actor.person": "대상자", "actor.system": "시스템", "actor.unknown": "모르는 기기", "actor.sight": "시스템", "actor.link.officer": "출동대원", "actor.link.guardian": "보호자",
  "camera": "카메라 {id}", "purpose.none": "—", "case": "상황",
};

const en: Record<keyof typeof ko, string> = {
  "title": "viewing record", "brand": "ansim", "head": "Who saw what, and why", "count": "{day} · {n}", "all": "all", "today": "today", "language": "한국어", "out": "Sign out",
  "search": "person, camera, case", "day": "Period", "role": "Role", "roles": "all roles", "kind": "Kind", "kinds": "all records", "kind.view": "views", "kind.grant": "rights", "kind.incident": "cases", "kind.erase": "destruction", "kind.access": "sign-in, accounts", "incident.off": "remove filter {id}", "export": "Export",
  "col.time": "time", "col.who": "who", "col.what": "what", "col.ground": "ground", "col.long": "how long", "col.result": "result",
  "watching": "watching", "result.allowed": "allowed", "result.blocked": "blocked", "result.kept": "recorded", "waiting": "being placed",
  "chain.ok": "Record chain intact · {n} · checked {time}", "chain.bad": "Record chain does not fit · checked {time}", "chain.none": "Waiting for a signed head · {n}", "chain.checking": "Checking the record chain", "chain.unsigned": "Record chain joined · {n} · this browser cannot check signatures",
  "witnesses": "witnesses {names}", "witness.none": "no witness", "checkpoint": "Signed head", "checkpoint.size": "entries", "checkpoint.at": "signed", "checkpoint.root": "root", "checkpoint.witness": "witnesses", "checkpoint.origin": "recorded by",
  "subject": "What the person reads", "subject.none": "Choose a case to see the text that the person will read.", "foot": "Records can be neither changed nor removed, and hold no coordinates and no pictures.", "shown": "{from}–{to} / {n}",
  "seen": "Who saw this case", "seen.none": "Nobody has looked", "legend.video": "video", "legend.position": "position", "legend.blocked": "blocked", "choose": "Choose a case to see who looked and when.",
  "look": "To look at", "look.none": "Nothing to look at", "look.blocked": "Blocked views: {n}", "look.long": "Long views: {n}", "look.duress": "Possible duress: {n}", "look.refused": "Blocked sign-ins: {n}", "look.longer": "longer than 30 minutes", "look.who": "{who} · {what}",
  "erase": "Destruction", "erase.done": "destroyed", "erase.ordered": "ordered", "erase.due": "due {day}", "erase.track": "positions, track", "erase.case": "name, words, texts", "erase.person": "enrolment", "erase.none": "nothing of this case to destroy", "erase.today": "destroyed today", "erase.count": "{n}",
  "detail": "Record {n}", "detail.close": "Close", "detail.id": "record id", "detail.object": "object", "detail.leaf": "fingerprint", "detail.more": "details", "prove": "Check that this record is in the chain", "proving": "Checking", "proof.ok": "Checked by this browser: it stands in its place in the chain of {n}.", "proof.bad": "This does not fit. The record shown is not in the signed chain.", "proof.leaf": "same fingerprint as shown", "proof.root": "leads to the signed root", "proof.signed": "signed by {name}", "proof.witness": "witness {name} signed", "proof.unknown": "this browser cannot check", "proof.failed": "The proof could not be fetched · again",
  "none": "No record fits", "none.hint": "Remove a filter.", "loading": "Fetching records", "failed": "The records could not be fetched", "failed.hint": "No answer from the server since {at}. What you see is from then.", "failed.first": "The server does not answer.", "retry": "Fetch again", "forbidden": "You may not see this record", "forbidden.hint": "Sign in as an auditor or a supervisor.",
  "role.operator": "operator", "role.supervisor": "supervisor", "role.officer": "officer", "role.guardian": "guardian's link", "role.auditor": "auditor", "role.administrator": "administrator", "role.agency": "112, 119", "role.person": "app", "role.system": "automatic", "role.link": "link", "role.unknown": "no right",
  "actor.person": "the person", "actor.system": "system", "actor.unknown": "unknown device", "actor.sight": "system", "actor.link.officer": "officer", "actor.link.guardian": "guardian",
  "camera": "camera {id}", "purpose.none": "—", "case": "case",
};

export type Word = keyof typeof ko;
export const t = words(ko, en);
export const says = (key: string): key is Word => key in ko;

/** What each act is called. One that is not here shows its own name: nothing is hidden for want of a word. */
const ACTS: Record<string, { ko: string; en: string }> = {
  "signal.received": { ko: "SOS 받음", en: "SOS received" },
  "signal.cancelled": { ko: "취소 요청", en: "cancellation asked" },
  "signal.duress": { ko: "협박 의심 번호", en: "duress number" },
  "incident.opened": { ko: "상황 열림", en: "case opened" },
  "incident.claimed": { ko: "접수 · 대상자 위치", en: "claimed · position of the person" },
  "incident.released": { ko: "접수 놓음", en: "released" },
  "incident.confirmed": { ko: "확인", en: "confirmed" },
  "incident.closed": { ko: "종결", en: "closed" },
  "incident.noted": { ko: "메모", en: "note" },
  "incident.escalated": { ko: "다음 사람에게 알림", en: "escalated" },
  "incident.repeated": { ko: "같은 사람의 신호", en: "repeated signal" },
  "incident.marked": { ko: "표시", en: "marked" },
  "view.opened": { ko: "카메라 {object} · 실시간", en: "camera {object} · live" },
  "view.refused": { ko: "카메라 {object}", en: "camera {object}" },
  "view.renewed": { ko: "카메라 {object} · 이어 봄", en: "camera {object} · renewed" },
  "view.ended": { ko: "카메라 {object} · 끝", en: "camera {object} · ended" },
  "grant.issued": { ko: "열람권한 부여 → {role}", en: "right given → {role}" },
  "grant.extended": { ko: "열람권한 연장 {seconds}", en: "right extended {seconds}" },
  "grant.widened": { ko: "열람권한에 카메라 {count}대", en: "right widened to {count} cameras" },
  "grant.ended": { ko: "열람권한 닫힘", en: "right ended" },
  "link.issued": { ko: "링크 보냄 → {role}", en: "link sent → {role}" },
  "link.opened": { ko: "대상자 위치 · 링크", en: "position of the person · link" },
  "link.refused": { ko: "다른 기기에서 링크 열기", en: "link opened on another device" },
  "guardian.told": { ko: "보호자 알림 · {channel}", en: "guardian told · {channel}" },
  "message.sent": { ko: "채팅", en: "message" },
  "dispatch.requested": { ko: "{agency} 출동요청", en: "{agency} asked to go" },
  "dispatch.answered": { ko: "{agency} {state}", en: "{agency} {state}" },
  "dispatch.by-phone": { ko: "{agency} 전화로 요청", en: "{agency} asked by phone" },
  "dispatch.no-answer": { ko: "{agency} 응답 없음", en: "{agency} did not answer" },
  "track.erase-ordered": { ko: "위치 파기 지시", en: "destruction of positions ordered" },
  "track.erased": { ko: "위치 파기 확인", en: "positions destroyed" },
  "case.erase-ordered": { ko: "본문 파기 지시", en: "destruction of texts ordered" },
  "case.erased": { ko: "본문 파기 확인", en: "texts destroyed" },
  "person.erased": { ko: "등록 정보 파기 확인", en: "enrolment destroyed" },
  "person.enrolled": { ko: "시민 등록", en: "person enrolled" },
  "person.withdrawn": { ko: "탈퇴", en: "withdrawn" },
  "person.renewed": { ko: "등록 연장", en: "enrolment renewed" },
  "device.added": { ko: "단말 더함", en: "device added" },
  "ledger.exported": { ko: "기록 내보내기", en: "record exported" },
  "session.opened": { ko: "로그인", en: "signed in" },
  "session.ended": { ko: "로그아웃", en: "signed out" },
  "session.refused": { ko: "로그인 시도", en: "sign-in tried" },
  "password.refused": { ko: "로그인 시도 · 비밀번호", en: "sign-in tried · password" },
  "password.changed": { ko: "비밀번호 바꿈", en: "password changed" },
  "passkey.registered": { ko: "패스키 만듦", en: "passkey made" },
  "passkey.removed": { ko: "패스키 지움", en: "passkey removed" },
  "totp.begun": { ko: "인증 앱 연결 시작", en: "authenticator begun" },
  "totp.confirmed": { ko: "인증 앱 연결", en: "authenticator connected" },
  "token.issued": { ko: "토큰 만듦", en: "token made" },
  "code.issued": { ko: "일회용 로그인 만듦", en: "one-time sign-in made" },
  "account.created": { ko: "계정 만듦", en: "account made" },
  "account.disabled": { ko: "계정 닫음", en: "account closed" },
  "account.forgotten": { ko: "계정 지움", en: "account forgotten" },
  "camera.registered": { ko: "카메라 {object} 등록", en: "camera {object} registered" },
};

const GROUNDS: Record<string, { ko: string; en: string }> = {
  incident: { ko: "상황 담당", en: "holds the case" },
  rescue: { ko: "구조", en: "rescue" },
  guardian: { ko: "대상자 사전 동의", en: "the person's consent" },
  consent: { ko: "본인 동의", en: "own consent" },
  access: { ko: "로그인", en: "sign-in" },
  audit: { ko: "감사", en: "audit" },
  retention: { ko: "보유기간 규칙", en: "retention rule" },
  withdrawal: { ko: "본인 탈퇴", en: "own withdrawal" },
};

const REASONS: Record<string, { ko: string; en: string }> = {
  ended: { ko: "열람권한 닫힘", en: "right has ended" },
  expired: { ko: "열람권한 시간 끝", en: "right ran out" },
  revoked: { ko: "열람권한 회수", en: "right taken back" },
  camera: { ko: "권한에 없는 카메라", en: "camera not in the right" },
  bound: { ko: "다른 기기", en: "another device" },
};

export const actWords = (act: string): string => ACTS[act]?.[locale.value] ?? act;
export const ground = (purpose: string): string => GROUNDS[purpose]?.[locale.value] ?? (purpose || t("purpose.none"));
export const reason = (why: string): string => REASONS[why]?.[locale.value] ?? why;
