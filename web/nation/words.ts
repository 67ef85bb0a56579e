import { words } from "../shared/i18n";

const ko = {
  "title": "전국 현황", "loading": "센터를 가져오는 중", "as.of": "{at} 기준", "language": "English", "theme.light": "밝게", "theme.dark": "어둡게", "out": "로그아웃",
  "cut": "허브와 끊김 · {time}", "cut.hint": "보이는 내용은 {at} 것", "forbidden": "이 계정으로는 전국 현황을 볼 수 없어요.",
  "day": "24시간", "week": "7일", "range": "지난 상태를 보는 길이",
  "card.up": "답하는 센터", "card.up.all": "모두 답하고 있음", "card.silent": "응답 없음 {n}", "card.unstaffed": "닫음 {n}", "card.overloaded": "밀림 {n}", "card.unknown": "아직 없음 {n}",
  "card.waiting": "미접수 상황", "card.oldest": "가장 오래 기다린 상황 {time} · {name}", "card.none": "기다리는 상황 없음",
  "card.open": "열린 상황", "card.operators": "근무 중 요원 {n}명",
  "card.pace": "접수까지, 지난 한 시간", "card.pace.unit": "곳이 목표 안", "card.pace.hint": "10건 중 9건을 {s}초 안에 · 5건 넘는 센터 {n}곳", "card.pace.few": "5건 넘는 센터 없음",
  "need": "손이 필요한 곳", "need.none": "지금은 없음", "need.none.hint": "모든 센터가 답하거나, 이웃이 대신 받고 있어요.",
  "covered": "이웃이 대신 받는 곳", "all": "모든 센터", "all.hint": "숫자는 열린 상황", "all.key": "아래 띠는 지난 {range}",
  "state.normal": "정상", "state.overloaded": "밀림", "state.unstaffed": "닫음", "state.silent": "응답 없음", "state.unknown": "아직 들리지 않음",
  "for": "{time}째", "until": "{at}까지", "covers": "{name|이/가} 대신 받음 · {time}째", "covers.now": "{name|이/가} 대신 받음", "nobody": "대신 받는 곳 없음", "keeps": "상황은 이 센터에 그대로",
  "waits": "미접수 {n} · 가장 오래 {time}", "load": "열린 상황 {open} · 미접수 {unclaimed} · 요원 {operators}", "load.old": "마지막으로 들은 것: {load}",
  "detail.since": "상태", "detail.cover": "대신 받는 센터", "detail.covers": "대신 받아 주는 센터", "detail.takes": "받기로 한 이웃", "detail.load": "상황", "detail.waits": "가장 오래 기다림",
  "detail.operators": "근무 중 요원", "detail.hour": "접수까지, 한 시간", "detail.day": "접수까지, 하루", "detail.pace": "중앙값 {median} · 90% {p90}", "detail.few": "5건 미만", "detail.none": "없음",
  "detail.history": "지난 {range}", "detail.busy": "열린 상황이 가장 많을 때 {n}", "detail.busy.few": "열린 상황은 5건 미만", "detail.pick": "센터를 고르면 자세히 보여요.", "close": "닫기",
  "strip": "지난 {range}: {what}", "strip.normal": "내내 정상", "strip.some": "{state} {time}", "history.now": "지금", "was.unknown": "알 수 없음", "history.line": "{from}–{until} {state}",
  "map": "전국 지도", "key.move": "고르기", "key.need": "손이 필요한 곳으로", "key.close": "닫기", "key.range": "24시간·7일", "legend": "범례", "new": "{name} {state}",
};
const en: Record<keyof typeof ko, string> = {
  "title": "The country", "loading": "Fetching the centres", "as.of": "as of {at}", "language": "한국어", "theme.light": "Light", "theme.dark": "Dark", "out": "Sign out",
  "cut": "Cut off from the hub · {time}", "cut.hint": "what you see is from {at}", "forbidden": "This account may not see the country.",
  "day": "24 hours", "week": "7 days", "range": "How far back",
  "card.up": "Centres that answer", "card.up.all": "all of them are there", "card.silent": "silent {n}", "card.unstaffed": "closed {n}", "card.overloaded": "overloaded {n}", "card.unknown": "not heard yet {n}",
  "card.waiting": "Unclaimed cases", "card.oldest": "the oldest waits {time} · {name}", "card.none": "nobody waits",
  "card.open": "Open cases", "card.operators": "{n} operators on",
  "card.pace": "Until claimed, last hour", "card.pace.unit": "within goal", "card.pace.hint": "9 of 10 within {s} s · centres with 5 cases or more: {n}", "card.pace.few": "no centre had 5 cases",
  "need": "Needs a hand", "need.none": "Nothing just now", "need.none.hint": "Every centre answers, or a neighbour takes its cases.",
  "covered": "Covered by a neighbour", "all": "All centres", "all.hint": "the number is open cases", "all.key": "the strip below is the last {range}",
  "state.normal": "normal", "state.overloaded": "overloaded", "state.unstaffed": "closed", "state.silent": "silent", "state.unknown": "not heard yet",
  "for": "for {time}", "until": "until {at}", "covers": "{name} covers · for {time}", "covers.now": "{name} covers", "nobody": "nobody covers", "keeps": "its cases stay with it",
  "waits": "{n} unclaimed · oldest {time}", "load": "{open} open · {unclaimed} unclaimed · {operators} operators", "load.old": "last heard: {load}",
  "detail.since": "State", "detail.cover": "Covered by", "detail.covers": "Covers for", "detail.takes": "Has agreed to take from", "detail.load": "Cases", "detail.waits": "Oldest waits",
  "detail.operators": "Operators on", "detail.hour": "Until claimed, hour", "detail.day": "Until claimed, day", "detail.pace": "median {median} · 90 % {p90}", "detail.few": "fewer than 5", "detail.none": "none",
  "detail.history": "The last {range}", "detail.busy": "most open cases at once: {n}", "detail.busy.few": "never 5 open cases", "detail.pick": "Choose a centre to see more.", "close": "Close",
  "strip": "The last {range}: {what}", "strip.normal": "normal throughout", "strip.some": "{state} {time}", "history.now": "now", "was.unknown": "not known", "history.line": "{from}–{until} {state}",
  "map": "Map of the country", "key.move": "choose", "key.need": "to who needs a hand", "key.close": "close", "key.range": "24 hours, 7 days", "legend": "Legend", "new": "{name} {state}",
};

export type Word = keyof typeof ko;
export const t = words(ko, en);
