/** What only a trip's page says. */
import { words } from "../shared/i18n";

const ko = {
  "someone": "보호 대상자", "name": "{name} 님", "title": "{name|이/가} 가고 있어요", "title.to": "{name|이/가} {place|으로/로} 가고 있어요", "left": "남음", "over": "지남", "minutes": "{n}분", "hours": "{h}시간 {m}분",
  "battery": "배터리 {n}%", "nofix": "위치를 아직 몰라요", "fix.last": "마지막 위치 {time}", "screen": "휴대폰의 웹 화면은 켜져 있을 때만 위치를 보내요. 시간은 관제센터의 시계로 지켜봐요.",
  "eta": "{time} 도착 예정", "predicted": "지금 속도면 {time}쯤", "passed": "도착 예정 시각이 지났어요",
  "walk": "걸어서", "bus": "버스로", "taxi": "택시로", "car": "차로", "bicycle": "자전거로", "plate": "차량번호",
  "asking": "괜찮은지 묻고 있어요", "calling": "괜찮은지 물었지만 답이 없어요", "signalled": "관제센터에 알렸어요",
  "late": "도착한다고 한 시각이 지났어요", "away": "가는 곳에서 멀어지고 있어요", "stopped": "한참 같은 자리에 있어요", "fast": "갑자기 빨라졌어요", "silent": "휴대폰이 조용해요", "lost": "위치가 한동안 오지 않았어요", "vehicle": "차에 탄 것 같아요", "there": "가는 곳에 도착한 것 같은데 도착했다고 하지 않았어요", "sos": "SOS를 눌렀어요", "duress": "위험하다고 알렸어요",
  "did.started": "출발", "did.asked": "괜찮은지 물었어요", "did.answered": "괜찮다고 답했어요", "did.calmed": "저절로 풀렸어요", "did.called": "답이 없어 보호자에게 알렸어요", "did.signalled": "관제센터에 알렸어요", "did.arrived": "도착했어요", "did.ended": "귀가를 마쳤어요", "did.expired": "오래 답이 없어서 닫혔어요", "did.over": "상황이 끝났어요",
  "todo": "이렇게 해 주세요", "todo.wait": "도착하면 알려 드려요. 기다려 주세요.", "todo.call": "전화해 보세요. 답이 없으면 관제센터가 바로 확인해요.", "todo.quiet": "전화하지 마세요. 소리가 위험할 수 있어요.", "todo.stay": "전화를 받을 수 있게 해 두세요.", "todo.centre": "관제센터가 보고 있어요. 직접 찾아가지 마세요.",
  "arrived": "{name|이/가} 도착했어요", "ended": "{name|이/가} 귀가를 마쳤어요", "expired": "귀가가 닫혔어요", "closed": "상황이 끝났어요", "gone": "이번 귀가의 위치 기록은 지워졌어요. 이 화면은 하루 뒤에 닫혀요.",
  "centre": "관제센터", "112": "112 전화", "map": "지도 앱으로 보기", "recorded": "이 화면을 본 시간은 기록되어 {name}도 볼 수 있어요.",
};

const en: Record<keyof typeof ko, string> = {
  "someone": "The person", "name": "{name}", "title": "{name}: on the way", "title.to": "{name}: on the way to {place}", "left": "left", "over": "over", "minutes": "{n} min", "hours": "{h} h {m} min",
  "battery": "battery {n} %", "nofix": "position not known yet", "fix.last": "last position {time}", "screen": "A web page sends its position only while its screen is on. The time is watched by the centre's clock.",
  "eta": "expected {time}", "predicted": "at this pace about {time}", "passed": "the promised time has passed",
  "walk": "on foot", "bus": "by bus", "taxi": "by taxi", "car": "by car", "bicycle": "by bicycle", "plate": "Plate number",
  "asking": "Being asked whether all is well", "calling": "Asked whether all is well; no answer", "signalled": "The centre has been told",
  "late": "the promised time has passed", "away": "getting farther from the destination", "stopped": "in one place for a while", "fast": "suddenly fast", "silent": "the phone is silent", "lost": "no position for a while", "vehicle": "seems to be in a car", "there": "seems to have arrived without having said so", "sos": "SOS was pressed", "duress": "danger was signalled",
  "did.started": "Set out", "did.asked": "Asked whether all is well", "did.answered": "Answered: all is well", "did.calmed": "It resolved by itself", "did.called": "No answer, guardians told", "did.signalled": "The centre was told", "did.arrived": "Arrived", "did.ended": "Ended the trip", "did.expired": "Closed after a long time without an answer", "did.over": "It is over",
  "todo": "Please do this", "todo.wait": "You are told of the arrival. Please wait.", "todo.call": "Try to call. Without an answer the centre looks at once.", "todo.quiet": "Do not call. A sound may be dangerous.", "todo.stay": "Keep your phone free for a call.", "todo.centre": "The centre is watching. Do not go there yourself.",
  "arrived": "{name} has arrived", "ended": "{name} ended the trip", "expired": "The trip was closed", "closed": "It is over", "gone": "The positions of this trip have been destroyed. This page closes a day later.",
  "centre": "Centre", "112": "Call 112", "map": "Open in a map app", "recorded": "When you look here is recorded, and {name} can see that too.",
};

export type TripWord = keyof typeof ko;
export const known = (key: string | null): key is TripWord => key !== null && key in ko;
export const w = words(ko, en);
