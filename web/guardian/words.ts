import { words } from "../shared/i18n";

const ko = {
  "app": "안심 보호자",
  "start": "도움 요청을\n이 휴대폰으로 알려 드려요",
  "start.lead": "초대를 보낸 사람이 SOS를 누르면 여기로 알림이 와요. 알림을 누르면 그 사람이 있는 곳이 열려요. 앱도 가입도 필요 없어요.",
  "start.only": "알림은 도움을 요청했을 때만 와요.",
  "start.where": "누가 누구의 보호자인지는 초대한 사람의 휴대폰에만 있어요. 관제센터는 SOS가 왔을 때에야 알아요.",
  "start.stop": "이 화면에서 언제든 그만 받을 수 있어요.",
  "start.button": "알림 받기", "start.next": "다음에 뜨는 창에서 ‘허용’을 눌러 주세요.",
  "asking": "‘허용’을 눌러 주세요", "sending": "연결하는 중",
  "done": "이 휴대폰이\n준비됐어요", "done.number": "확인 번호", "done.compare": "초대한 사람의 화면에 같은 번호가 보이는지 물어보세요. 다르면 다른 사람이 초대를 쓴 거예요.",
  "done.later": "초대한 사람이 자기 화면을 한 번 열면 연결이 끝나요. 이 화면은 닫아도 돼요.",
  "receiving": "이 휴대폰은\n알림을 받고 있어요", "receiving.hint": "도움 요청이 오면 바로 알려 드려요.",
  "stop": "그만 받기", "stop.sure": "한 번 더 누르면 그만 받아요", "stopped": "이제 알림이 오지 않아요", "stopped.hint": "초대한 사람에게도 말해 주세요. 다시 받으려면 새 초대가 필요해요.",
  "denied": "알림이 막혀 있어요", "denied.hint": "주소창 왼쪽의 자물쇠(또는 설정) → 권한 → 알림을 ‘허용’으로 바꾼 다음 다시 눌러 주세요.",
  "iphone": "아이폰은 한 단계가\n더 필요해요", "iphone.1": "아래쪽 공유 버튼을 누르고 ‘홈 화면에 추가’를 고르세요.", "iphone.2": "홈 화면에 생긴 ‘안심 보호자’를 여세요.", "iphone.3": "초대가 없다고 하면, 여기서 복사한 링크를 붙여 넣으세요.", "iphone.hint": "iOS 16.4부터 돼요. 안 되면 문자나 메일로 받겠다고 말해 주세요.",
  "browser": "여기서는 알림을\n받을 수 없어요", "browser.hint": "카카오톡 같은 앱 안에서 열렸다면, 링크를 복사해 크롬이나 삼성 인터넷에서 여세요. 그래도 안 되면 문자나 메일로 받겠다고 말해 주세요.", "browser.open": "다른 브라우저로 열기",
  "insecure": "안전한 주소가 아니에요", "insecure.hint": "https로 시작하는 주소에서만 알림을 받을 수 있어요. 보낸 사람에게 새 초대를 부탁하세요.",
  "copy": "링크 복사", "copied": "복사했어요",
  "incomplete": "초대 링크가\n필요해요", "incomplete.hint": "받은 링크 전체를 복사해 붙여 넣으세요. 링크가 잘렸다면 새로 보내 달라고 하세요.", "paste": "초대 링크", "paste.wrong": "링크가 잘린 것 같아요. 전체를 다시 복사해 주세요.", "next": "다음",
  "used": "이미 쓴 초대예요", "used.hint": "초대 하나는 한 사람만 쓸 수 있어요. 내가 쓰지 않았다면 보낸 사람에게 꼭 알려 주세요.",
  "over": "기한이 끝난 초대예요", "over.hint": "새로 초대해 달라고 하세요.",
  "noservice": "이 브라우저의 알림 서비스에 닿지 않아요", "noservice.hint": "인터넷을 확인하고 다시 눌러 주세요. 계속 안 되면 다른 브라우저에서 여세요.",
  "nonetwork": "연결할 수 없어요", "nonetwork.hint": "인터넷을 확인하고 다시 눌러 주세요.", "again": "다시 하기",
};

const en: Record<keyof typeof ko, string> = {
  "app": "ansim guardian",
  "start": "A call for help\nreaches you on this phone",
  "start.lead": "When whoever invited you presses SOS, a notification comes here. Tap it and you see where they are. No app, no account.",
  "start.only": "It comes only when they ask for help.",
  "start.where": "Who is whose guardian stays on the phone of whoever invited you. The centre learns it only with an SOS.",
  "start.stop": "You can stop at any time on this page.",
  "start.button": "Get notifications", "start.next": "In the window that opens next, press ‘Allow’.",
  "asking": "Press ‘Allow’", "sending": "Connecting",
  "done": "This phone\nis ready", "done.number": "Check number", "done.compare": "Ask whether the inviting phone shows the same number. If it differs, somebody else used the invitation.",
  "done.later": "It is complete once whoever invited you opens their page. You may close this one.",
  "receiving": "This phone\ngets notifications", "receiving.hint": "A call for help is shown here at once.",
  "stop": "Stop", "stop.sure": "Press once more to stop", "stopped": "No notifications any more", "stopped.hint": "Tell whoever invited you. To get them again you need a new invitation.",
  "denied": "Notifications are blocked", "denied.hint": "Press the lock (or settings) beside the address → Permissions → Notifications → Allow, then press again.",
  "iphone": "An iPhone needs\none more step", "iphone.1": "Press Share below and choose ‘Add to Home Screen’.", "iphone.2": "Open ‘안심 보호자’ on the home screen.", "iphone.3": "If it asks for an invitation, paste the link you copy here.", "iphone.hint": "Works from iOS 16.4. If it does not, say that you prefer texts or mail.",
  "browser": "No notifications\nhere", "browser.hint": "If a messenger opened this inside itself, copy the link and open it in Chrome or Samsung Internet. If that fails too, say that you prefer texts or mail.", "browser.open": "Open in another browser",
  "insecure": "This address is not secure", "insecure.hint": "Notifications need an address that begins with https. Ask for a new invitation.",
  "copy": "Copy link", "copied": "Copied",
  "incomplete": "The invitation link\nis needed", "incomplete.hint": "Copy the whole link you were sent and paste it. If it was cut short, ask for a new one.", "paste": "Invitation link", "paste.wrong": "The link seems to be cut short. Copy all of it.", "next": "Next",
  "used": "This invitation has been used", "used.hint": "One invitation is for one person. If that was not you, be sure to tell whoever sent it.",
  "over": "This invitation has expired", "over.hint": "Ask for a new one.",
  "noservice": "This browser's push service does not answer", "noservice.hint": "Check the internet and press again. If it goes on, open the link in another browser.",
  "nonetwork": "No connection", "nonetwork.hint": "Check the internet and press again.", "again": "Try again",
};

export type Word = keyof typeof ko;
export const t = words(ko, en);
