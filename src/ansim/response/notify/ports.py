"""What telling somebody needs: a way to reach her."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import Literal, Protocol

import msgspec

ChannelName = Literal["push", "mail", "sms"]
Occasion = Literal[
    "sos", "sos.unread", "trip.started", "trip.vehicle", "trip.unanswered", "trip.arrived", "trip.ended"
]  # fmt: skip
URGENT: frozenset[Occasion] = frozenset({"sos", "sos.unread", "trip.unanswered"})
"""What no quiet hours keep back."""

KOREA = timezone(timedelta(hours=9))

TITLES: dict[Occasion, str] = {
    "sos": "도움 요청",
    "sos.unread": "아직 아무도 보지 않은 도움 요청",
    "trip.started": "귀가 시작",
    "trip.vehicle": "차량 이용",
    "trip.unanswered": "안부 확인",
    "trip.arrived": "도착",
    "trip.ended": "귀가 끝",
}


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What a guardian reads. `link` opens her page; `place` is a municipality, never a coordinate. `promised`: when a trip
    should end; `vehicle`: what she rides in, as she wrote it."""

    id: str
    person: str
    place: str
    link: str
    silent: bool
    at: str
    occasion: Occasion = "sos"
    promised: str = ""
    vehicle: str = ""

    @property
    def title(self) -> str:
        return TITLES[self.occasion]

    def text(self) -> str:
        """One SMS (70 characters of Korean fit one part; this takes two)."""
        look = "위치 보기" if self.occasion in URGENT else "함께 보기"
        return f"[안심] {self.sentence()} {look}: {self.link}"

    def sentence(self) -> str:
        she, vehicle = f"{self.person}님이", f" 차량: {self.vehicle}." if self.vehicle else ""
        call = "전화하지 마세요." if self.silent else ""
        match self.occasion:
            case "trip.started":
                return f"{she} 귀가를 시작했어요({self.at}, {self.promised} 도착 예정).{vehicle}"
            case "trip.vehicle":
                return f"{she} 차를 탔어요({self.at}).{vehicle}"
            case "trip.unanswered":
                return f"{she} 귀가 중 안부 확인에 답하지 않았어요({self.at}). {call or '전화해 보세요.'}"
            case "trip.arrived":
                return f"{she} 도착했어요({self.at})."
            case "trip.ended":
                return f"{she} 귀가 확인을 끝냈어요({self.at})."
        unread = "아직 아무도 보지 않았어요. " if self.occasion == "sos.unread" else ""
        return f"{unread}{she} 도움을 요청했어요({self.at}, {self.place}).{' ' if call else ''}{call}"


class NotSent(Exception):
    """The channel could not take it. `final`: trying again is useless (a dead address). The text holds no address."""

    def __init__(self, why: str, *, final: bool = False) -> None:
        super().__init__(why)
        self.final = final


class Channel(Protocol):
    """One way to reach a guardian. Conformance: tests/adapters/test_channels.py."""

    name: ChannelName

    async def send(self, address: str, notice: Notice) -> Literal["sent", "delivered"]:
        """`delivered` when the channel knows that it arrived, else `sent`. Raises NotSent."""
