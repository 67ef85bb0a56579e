"""What telling somebody needs: a way to reach her."""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

ChannelName = Literal["push", "mail", "sms"]


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What a guardian reads. `link` opens her page; `place` is a municipality, never a coordinate."""

    id: str
    person: str
    place: str
    link: str
    silent: bool
    at: str

    def text(self) -> str:
        """One SMS (70 characters of Korean fit one part; this takes two)."""
        call = " 전화하지 마세요." if self.silent else ""
        return f"[안심] {self.person}님이 도움을 요청했어요({self.at}, {self.place}).{call} 위치 보기: {self.link}"


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
