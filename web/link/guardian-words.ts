/** What only the guardian's half of the page says; the officer's does not wait for it. */
import { words } from "../shared/i18n";

const ko = {
  "left.guardian": "남음",
  "guardian.do-not-call": "전화하지 마세요. 소리가 위험할 수 있어요.", "guardian.stay-reachable": "전화를 받을 수 있게 해 두세요.", "guardian.police-informed": "경찰에 알렸어요. 직접 찾아가지 마세요.", "guardian.centre-watching": "관제센터가 보고 있어요. 직접 찾아가지 마세요.",
  "g.where": "{name} 님 위치", "g.asked": "{name|이/가} 도움을 요청했어요", "g.name": "{name} 님", "g.quiet": "조용히 모드라 전화하지 마세요", "g.todo": "이렇게 해 주세요",
  "g.watching": "{centre|이/가} 확인 중", "g.received": "{centre|이/가} 받음", "g.requested": "{agency}에 출동을 요청함", "g.acknowledged": "{agency|이/가} 요청을 받음", "g.coming": "{agency|이/가} 가고 있어요", "g.arrived": "{agency|이/가} 도착했어요", "g.other": "다른 방법으로 도움을 부르는 중", "g.eta": "약 {n}분",
  "g.centre": "관제센터", "g.112": "112 전화", "g.map": "지도 앱으로 보기", "g.battery": "배터리 {n}%",
  "g.nocctv": "CCTV 영상은 경찰과 관제요원만 볼 수 있어요. 이 화면을 본 시간은 기록되어 {name}도 볼 수 있어요.",
  "someone": "보호 대상자",
};

const en: Record<keyof typeof ko, string> = {
  "left.guardian": "left",
  "guardian.do-not-call": "Do not call. A sound may put them in danger.", "guardian.stay-reachable": "Keep your phone free for a call.", "guardian.police-informed": "The police know. Do not go there yourself.", "guardian.centre-watching": "The centre is watching. Do not go there yourself.",
  "g.where": "Where {name} is", "g.asked": "{name} asked for help", "g.name": "{name}", "g.quiet": "quiet mode, do not call", "g.todo": "Please do this",
  "g.watching": "{centre} is on it", "g.received": "Received by {centre}", "g.requested": "Asked {agency} to go", "g.acknowledged": "Request taken by {agency}", "g.coming": "On the way: {agency}", "g.arrived": "On scene: {agency}", "g.other": "Calling for help another way", "g.eta": "about {n} min",
  "g.centre": "Centre", "g.112": "Call 112", "g.map": "Open in a map app", "g.battery": "battery {n} %",
  "g.nocctv": "Only police and operators see CCTV. When you look here is recorded, and {name} can see that too.",
  "someone": "The person",
};

export type GuardianWord = keyof typeof ko;
export const known = (key: string): key is GuardianWord => key in ko;
export const g = words(ko, en);
