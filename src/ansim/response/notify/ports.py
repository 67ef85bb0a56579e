"""What telling somebody needs: a way to reach her."""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

ChannelName = Literal["push", "mail", "sms"]
Language = Literal["ko", "en"]
EscortOccasion = Literal[
    "escort.booked", "escort.offered", "escort.assigned", "escort.late", "escort.missing", "escort.asked", "escort.cancelled",
    "escort.ended", "escort.unserved",
]  # fmt: skip
WardOccasion = Literal[
    "ward.enrolled", "ward.left", "ward.entered", "ward.silent", "ward.unchecked", "ward.help", "ward.back", "ward.ended",
    "ward.page", "ward.check",
]  # fmt: skip
Occasion = Literal[
    "sos", "sos.unread", "second-channel", "trip.started", "trip.vehicle", "trip.asked", "trip.there", "trip.called",
    "trip.unanswered", "trip.unsaid", "trip.arrived", "trip.ended",
    EscortOccasion, WardOccasion,
]  # fmt: skip
HERS: frozenset[Occasion] = frozenset({"trip.asked", "trip.there", "trip.called"})
"""What she reads on her own phone, on the way home."""
URGENT: frozenset[Occasion] = HERS | {"sos", "sos.unread", "second-channel", "trip.unanswered", "trip.unsaid"}
"""What no quiet hours keep back."""

VEHICLE: dict[Language, str] = {"ko": "차량", "en": "Vehicle"}

TITLES: dict[Occasion, str] = {
    "sos": "도움 요청",
    "sos.unread": "아직 아무도 보지 않은 도움 요청",
    "second-channel": "메모",
    "trip.started": "귀가 시작",
    "trip.vehicle": "차량 이용",
    "trip.asked": "괜찮으세요?",
    "trip.there": "도착하셨나요?",
    "trip.called": "괜찮으세요?",
    "trip.unanswered": "안부 확인",
    "trip.unsaid": "도착한 것 같음",
    "trip.arrived": "도착",
    "trip.ended": "귀가 끝",
    "escort.booked": "동행 신청",
    "escort.offered": "동행 배정",
    "escort.assigned": "스카우트 배정",
    "escort.late": "스카우트 지연",
    "escort.missing": "스카우트 대기",
    "escort.asked": "도착 확인",
    "escort.cancelled": "동행 취소",
    "escort.ended": "동행 끝",
    "escort.unserved": "동행할 스카우트 없음",
    "ward.enrolled": "보호 시작",
    "ward.left": "구역을 벗어남",
    "ward.entered": "가면 안 되는 곳에 들어감",
    "ward.silent": "소식이 끊김",
    "ward.unchecked": "안부 확인에 답이 없음",
    "ward.help": "도움이 필요하다고 함",
    "ward.back": "다시 괜찮음",
    "ward.ended": "보호 끝",
    "ward.page": "내 화면",
    "ward.check": "오늘의 안부",
}

ESCORT: dict[Occasion, dict[Language, str]] = {
    "escort.booked": {
        "ko": "{meet}에 스카우트와 함께 가기를 신청했어요.",
        "en": "You have asked for scouts at {meet}.",
    },
    "escort.offered": {
        "ko": "{meet} 동행이 배정됐어요. 만날 곳과 확인 번호를 보세요.",
        "en": "You walk somebody home at {meet}. See where to meet, and your number.",
    },
    "escort.assigned": {
        "ko": "{meet}에 스카우트 두 명이 기다려요. 확인 번호를 보세요.",
        "en": "Two scouts wait for you at {meet}. See the numbers you know each other by.",
    },
    "escort.late": {
        "ko": "스카우트가 아직 도착하지 않았어요({at}). 관제센터가 확인하고 있어요.",
        "en": "The scouts are not there yet ({at}). The centre is checking.",
    },
    "escort.missing": {
        "ko": "스카우트가 만날 곳에서 기다려요({at}).",
        "en": "The scouts wait where you meet ({at}).",
    },
    "escort.asked": {
        "ko": "도착했는지 알려 주세요({at}). 답이 없으면 관제센터가 확인해요.",
        "en": "Please say whether you are there ({at}). Without an answer the centre checks.",
    },
    "escort.cancelled": {
        "ko": "{meet} 동행이 취소됐어요.",
        "en": "The escort at {meet} is cancelled.",
    },
    "escort.ended": {
        "ko": "{meet} 동행이 끝났어요.",
        "en": "The escort at {meet} is over.",
    },
    "escort.unserved": {
        "ko": "{meet}에 함께 갈 스카우트가 없어요. 혼자 가야 하면 귀가 모니터링을 켜 주세요.",
        "en": "There are no scouts at {meet}. If you go alone, let us watch your way home.",
    },
}
"""What she and the scouts read, each in her own language. No name and no place: a message lies on a screen for others to see."""

WARD: dict[Occasion, dict[Language, str]] = {
    "ward.enrolled": {
        "ko": "{person}님의 보호자로 등록됐어요. 알림이 오면 이 링크에서 답해 주세요.",
        "en": "You are now a guardian of {person}. Answer alarms through this link.",
    },
    "ward.left": {
        "ko": "{person}님이 정해진 구역을 벗어났어요({at}). 3분 안에 답이 없으면 관제센터가 나서요.",
        "en": "{person} has left the agreed area ({at}). Without an answer in 3 minutes the centre steps in.",
    },
    "ward.entered": {
        "ko": "{person}님이 가면 안 되는 곳에 들어갔어요({at}). 3분 안에 답이 없으면 관제센터가 나서요.",
        "en": "{person} has entered a forbidden area ({at}). Without an answer in 3 minutes the centre steps in.",
    },
    "ward.silent": {
        "ko": "{person}님의 기기에서 소식이 없어요({at}부터). 10분 안에 답이 없으면 관제센터가 나서요.",
        "en": "Nothing is heard of {person} since {at}. Without an answer in 10 minutes the centre steps in.",
    },
    "ward.unchecked": {
        "ko": "{person}님이 오늘의 안부에 답하지 않았어요({at}). 10분 안에 답이 없으면 관제센터가 나서요.",
        "en": "{person} has not answered today's question ({at}). Without an answer in 10 minutes the centre steps in.",
    },
    "ward.help": {
        "ko": "{person}님이 도움이 필요하다고 했어요({at}). 전화해 보세요.",
        "en": "{person} says that she or he needs help ({at}). Please call.",
    },
    "ward.back": {"ko": "{person}님이 다시 괜찮아요({at}).", "en": "{person} is all right again ({at})."},
    "ward.ended": {"ko": "{person}님의 보호가 끝났어요({at}).", "en": "The protection of {person} has ended ({at})."},
    "ward.page": {
        "ko": "이 링크에서 안부에 답하고 도움을 요청할 수 있어요. 지우지 마세요.",
        "en": "Answer the daily question and ask for help through this link. Please keep it.",
    },
    "ward.check": {
        "ko": "오늘 잘 지내고 있나요? 링크에서 답해 주세요.",
        "en": "Are you well today? Please answer here.",
    },
}
"""What guardians and the ward herself read, in her guardian's language or her own."""

TRIP: dict[Occasion, dict[Language, str]] = {
    "trip.asked": {
        "ko": "귀가 중 안부 확인이에요({at}). 열어서 답해 주세요. 답이 없으면 보호자에게 알려요.",
        "en": "Your trip asks whether you are well ({at}). Open it and answer, or your guardians are told.",
    },
    "trip.there": {
        "ko": "가는 곳에 도착한 것 같아요({at}). 열어서 도착했다고 눌러 주세요. 답이 없으면 보호자에게 알려요.",
        "en": "You seem to be there ({at}). Open it and say that you have arrived, or your guardians are told.",
    },
    "trip.called": {
        "ko": "답이 없어서 보호자에게 알렸어요({at}). 괜찮으면 지금 답해 주세요. 아니면 관제센터가 도와요.",
        "en": "There was no answer, so your guardians are told ({at}). Answer now if you are well; else the centre helps.",
    },
    "trip.started": {
        "ko": "{person}님이 귀가를 시작했어요({at}, {promised} 도착 예정).{vehicle}",
        "en": "{person} has set out ({at}, expected at {promised}).{vehicle}",
    },
    "trip.vehicle": {
        "ko": "{person}님이 차를 탔어요({at}).{vehicle}",
        "en": "{person} rides in a vehicle ({at}).{vehicle}",
    },
    "trip.unanswered": {
        "ko": "{person}님이 귀가 중 안부 확인에 답하지 않았어요({at}).{call}",
        "en": "{person} did not answer on the way home ({at}).{call}",
    },
    "trip.unsaid": {
        "ko": "{person}님이 가는 곳에 도착한 것 같은데 도착했다고 하지 않았어요({at}).{call}",
        "en": "{person} seems to have arrived without having said so ({at}).{call}",
    },
    "trip.arrived": {"ko": "{person}님이 도착했어요({at}).", "en": "{person} has arrived ({at})."},
    "trip.ended": {"ko": "{person}님이 귀가 확인을 끝냈어요({at}).", "en": "{person} has ended the trip ({at})."},
}
"""What she reads on her own phone, and her guardians on theirs."""

SOS: dict[Occasion, dict[Language, str]] = {
    "sos": {
        "ko": "{person}님이 도움을 요청했어요({at}, {place}).{call}",
        "en": "{person} asks for help ({at}, {place}).{call}",
    },
    "sos.unread": {
        "ko": "아직 아무도 보지 않았어요. {person}님이 도움을 요청했어요({at}, {place}).{call}",
        "en": "Nobody has looked yet. {person} asks for help ({at}, {place}).{call}",
    },
}

ENGLISH_TITLES: dict[Occasion, str] = {
    "sos": "Asks for help", "sos.unread": "Asks for help, and nobody has looked", "second-channel": "Notes",
    "trip.started": "Has set out", "trip.vehicle": "Rides in a vehicle", "trip.asked": "Are you well?",
    "trip.there": "Are you there?", "trip.called": "Are you well?", "trip.unanswered": "No answer on the way",
    "trip.unsaid": "Seems to have arrived", "trip.arrived": "Has arrived",
    "trip.ended": "Trip ended",
    "escort.booked": "Scouts asked for", "escort.offered": "You walk somebody home", "escort.assigned": "Scouts found",
    "escort.late": "The scouts are late", "escort.missing": "The scouts wait", "escort.asked": "Are you there?",
    "escort.cancelled": "Escort cancelled", "escort.ended": "Escort over", "escort.unserved": "No scouts",
    "ward.enrolled": "You are a guardian", "ward.left": "Left the area", "ward.entered": "In a forbidden area",
    "ward.silent": "Nothing heard", "ward.unchecked": "No answer today", "ward.help": "Asks for help",
    "ward.back": "All right again", "ward.ended": "Protection ended", "ward.page": "Your page", "ward.check": "Are you well?",
}  # fmt: skip


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What a guardian reads, or (`second-channel`) she herself. `link` opens a page for whoever reads it; `place` is a municipality, never a
    coordinate. `promised`: when a trip should end, or an escort is met; `vehicle`: what she rides in, as she wrote it."""

    id: str
    person: str
    place: str
    link: str
    silent: bool
    at: str
    occasion: Occasion = "sos"
    promised: str = ""
    vehicle: str = ""
    language: Language = "ko"

    @property
    def title(self) -> str:
        return (ENGLISH_TITLES if self.language == "en" else TITLES)[self.occasion]

    def text(self) -> str:
        """One SMS (70 characters of Korean fit one part; this takes two). Beside somebody who reads along, hers says nothing of help."""
        if self.occasion == "second-channel":
            quiet = f"메모를 함께 써요: {self.link}"
            return quiet if self.silent else f"[안심] 누르면 관제센터에 위치와 영상을 보낼 수 있어요: {self.link}"
        if self.language == "en":
            return f"[ansim] {self.sentence()} {'Look' if self._shows_her else 'Open'}: {self.link}"
        look = "열기" if not self._shows_her else "위치 보기" if self.occasion in URGENT else "함께 보기"
        return f"[안심] {self.sentence()} {look}: {self.link}"

    @property
    def _shows_her(self) -> bool:
        """Whether the link leads to where she is."""
        return self.occasion in SOS or (self.occasion in TRIP and self.occasion not in HERS)

    def sentence(self) -> str:
        words = (SOS | TRIP | ESCORT | WARD)[self.occasion][self.language]
        return words.format(
            at=self.at, person=self.person, place=self.place, promised=self.promised, meet=self.promised,
            call=self._call,
            vehicle=f" {VEHICLE[self.language]}: {self.vehicle}." if self.vehicle else "",
        )  # fmt: skip

    @property
    def _call(self) -> str:
        if self.silent:
            return {"ko": " 전화하지 마세요.", "en": " Do not call."}[self.language]
        if self.occasion in ("trip.unanswered", "trip.unsaid"):
            return {"ko": " 전화해 보세요.", "en": " Please call."}[self.language]
        return ""


class NotSent(Exception):
    """The channel could not take it. `final`: trying again is useless (a dead address). The text holds no address."""

    def __init__(self, why: str, *, final: bool = False) -> None:
        super().__init__(why)
        self.final = final


class Channel(Protocol):
    """One way to reach somebody. Conformance: tests/adapters/test_channels.py."""

    name: ChannelName

    async def send(self, address: str, notice: Notice) -> Literal["sent", "delivered"]:
        """`delivered` when the channel knows that it arrived, else `sent`. Raises NotSent."""
