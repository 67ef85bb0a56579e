import { words } from "../shared/i18n";

const ko = {
  "app": "안심",
  "opening": "여는 중", "retry": "다시 열기", "nonetwork": "연결할 수 없어요", "nonetwork.hint": "인터넷을 확인하고 다시 열어 주세요.",
  "bound": "다른 기기에서 열렸어요", "bound.hint": "이 링크는 처음 연 기기에서만 보여요. 관제센터에 새 링크를 요청하세요.",
  "unknown": "쓸 수 없는 링크예요", "unknown.hint": "주소가 바뀌었거나 새 링크로 바뀌었어요.",
  "ended": "상황이 끝나 닫혔습니다", "ended.hint": "이 화면에 남은 정보가 없어요.", "ended.officer": "본 기록은 지워지지 않고 남아요.",
  "cut": "서버와 끊김 · {time}", "cut.hint": "보이는 내용은 {at} 것",
  "left": "열람 남음", "soon": "곧 닫힘",
  "sos": "SOS · {place}", "place.unknown": "위치 확인 중", "agency.112": "경찰", "agency.119": "119 구급대",
  "live": "실시간 {s}초", "single": "{n}초마다 한 장 · {s}초 전", "late": "지연 {s}초", "stale": "멈춘 화면 · {s}초 전", "stale.hint": "다시 연결하는 중", "lost": "연결 끊김", "lost.hint": "{n}번 카메라를 보세요", "video.opening": "여는 중", "video.opening.hint": "마지막 정지 화면은 보여 주지 않음", "video.ended": "열람이 닫혔습니다", "novideo": "볼 수 있는 카메라가 없음", "cameras": "카메라 고르기", "camera": "{n}번 {name}", "camera.off": "지금 안 보임", "sees.likely": "보임", "sees.possible": "보일 수 있음", "sees.unlikely": "안 보임",
  "map": "지도. {words}", "away": "{direction}쪽 {distance}", "walk": "걸어서 약 {n}분", "here": "바로 여기", "me": "내 위치", "locate": "내 위치 켜기", "accuracy": "오차 {m}", "last": "마지막 위치 {time}", "noposition": "위치를 아직 모름",
  "go": "길안내", "arrived": "도착", "arrived.at": "도착함 {time}", "arrived.failed": "도착을 알리지 못함 · 다시", "call": "관제센터에 전화",
  "recorded": "열람은 모두 기록되고, 상황이 끝나면 닫힙니다",
  "officer.no-siren": "사이렌 끄고 접근.", "officer.speak-softly": "말하기 어려움. 조용히 접근.", "officer.approach": "바로 접근해도 됨.",
};

const en: Record<keyof typeof ko, string> = {
  "app": "ansim",
  "opening": "Opening", "retry": "Open again", "nonetwork": "No connection", "nonetwork.hint": "Check the internet and open again.",
  "bound": "Opened on another device", "bound.hint": "This link shows only where it was opened first. Ask the centre for a new one.",
  "unknown": "This link cannot be used", "unknown.hint": "The address has changed, or a new link has replaced it.",
  "ended": "It is over and this is closed", "ended.hint": "Nothing is left in this page.", "ended.officer": "The record of viewing stays.",
  "cut": "Cut off from the server · {time}", "cut.hint": "what you see is from {at}",
  "left": "viewing left", "soon": "closing soon",
  "sos": "SOS · {place}", "place.unknown": "locating", "agency.112": "police", "agency.119": "119 rescue",
  "live": "live {s} s", "single": "stills every {n} s · {s} s ago", "late": "delayed {s} s", "stale": "frozen · {s} s ago", "stale.hint": "reconnecting", "lost": "disconnected", "lost.hint": "see camera {n}", "video.opening": "opening", "video.opening.hint": "the last still picture is not shown", "video.ended": "viewing has ended", "novideo": "no camera to see", "cameras": "Choose a camera", "camera": "{n} {name}", "camera.off": "no live picture", "sees.likely": "in view", "sees.possible": "perhaps in view", "sees.unlikely": "out of view",
  "map": "Map. {words}", "away": "{distance} {direction}", "walk": "about {n} min on foot", "here": "right here", "me": "me", "locate": "Show me on the map", "accuracy": "within {m}", "last": "last position {time}", "noposition": "position not known yet",
  "go": "Navigate", "arrived": "Arrived", "arrived.at": "Arrived {time}", "arrived.failed": "Arrival not told · again", "call": "Call the centre",
  "recorded": "Every view is recorded; it closes when the case is over",
  "officer.no-siren": "Approach without siren.", "officer.speak-softly": "Cannot talk. Approach quietly.", "officer.approach": "Approach directly.",
};

export type Word = keyof typeof ko;
export const known = (key: string): key is Word => key in ko;
export const t = words(ko, en);
