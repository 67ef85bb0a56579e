"""Who is at the other end, now: the pages of bells that are connected, and the talks that go on. In memory only: when this process ends, so does
every talk.

It passes on what two browsers must tell each other to find one another. Sound goes from one to the other without us.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from ansim.city.bells.events import BellRevoked
from ansim.core.database import Committed
from ansim.response.bells.model import EndedWhy
from ansim.trust.access.events import AccountDisabled, SessionEnded
from ansim.trust.access.model import Actor
from ansim.trust.grants.events import GrantEnded

SLOW = 256
"""Words that may wait for one page; beyond that its line is cut."""

encode = msgspec.json.Encoder().encode


class Ear:
    """One page, as long as its socket is open. What is said to it waits here."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue(SLOW)
        self.ended: str | None = None

    def say(self, word: object) -> None:
        if self.ended is None:
            try:
                self._queue.put_nowait(encode(word))
            except asyncio.QueueFull:
                self.end("slow")

    def end(self, why: str) -> None:
        """It is to be closed, and this is why."""
        if self.ended is None:
            self.ended = why
            while not self._queue.empty():
                self._queue.get_nowait()
            self._queue.put_nowait(None)

    async def next(self) -> bytes | None:
        """None when the socket is to be closed."""
        return await self._queue.get()


@dataclass(eq=False)
class Line:
    """The page of a bell. `case`: what it shows of; `look`: show it anew."""

    bell: str
    terminal: str
    look: Callable[[], None]
    ear: Ear = field(default_factory=Ear)
    case: str | None = None


@dataclass(eq=False)
class Talk:
    id: str
    bell: str
    grant: str
    actor: Actor
    line: Line
    ear: Ear = field(default_factory=Ear)
    """The operator's."""
    why: EndedWhy = "lost"
    """By which it ended; as long as nobody says, the line broke."""


class Intercom:
    def __init__(self, ice: Sequence[object] = ()) -> None:
        self.ice = ice
        """Servers by which browsers of two networks find each other (RFC 8445); none: they are in one."""
        self._lines: dict[str, Line] = {}
        self._talks: dict[str, Talk] = {}

    # -- pages of bells

    def join(self, line: Line) -> None:
        """The newest page of a bell is the bell."""
        if before := self._lines.get(line.bell):
            before.ear.end("replaced")
            self.leave(before)
        self._lines[line.bell] = line

    def leave(self, line: Line) -> None:
        if self._lines.get(line.bell) is line:
            del self._lines[line.bell]
        if talk := self._through(line):
            self.cut(talk, "lost")

    def line(self, bell: str) -> Line | None:
        return self._lines.get(bell)

    # -- talks

    def open(self, id: str, grant: str, actor: Actor, line: Line) -> Talk:
        talk = self._talks[id] = Talk(id, line.bell, grant, actor, line)
        line.ear.say({"type": "talk", "ice": self.ice})
        return talk

    def goes_on(self, id: str) -> bool:
        return id in self._talks

    def to_bell(self, talk: Talk, word: object) -> None:
        talk.line.ear.say(word)

    def to_operator(self, line: Line, word: object) -> None:
        if talk := self._through(line):
            talk.ear.say(word)

    def cut(self, talk: Talk, why: EndedWhy) -> None:
        """Both sides hear that it is over."""
        if self._talks.pop(talk.id, None) is not None:
            talk.why = why
            talk.line.ear.say({"type": "over", "why": why})
            talk.ear.end(why)

    def speaks(self, line: Line) -> bool:
        return self._through(line) is not None

    def hang_up(self, line: Line) -> None:
        if talk := self._through(line):
            self.cut(talk, "bell")

    def _through(self, line: Line) -> Talk | None:
        return next((talk for talk in self._talks.values() if talk.line is line), None)

    # -- what is durable

    def hear(self, committed: Committed) -> None:
        """A right that has just ended is cut before anything else happens; and pages of bells show what has become of their case."""
        for fact in (*(stated.fact for stated in committed.facts), *committed.mentioned):
            for talk in tuple(self._talks.values()):
                if isinstance(fact, GrantEnded) and fact.grant == talk.grant:
                    self.cut(talk, fact.why)  # type: ignore[arg-type]
                elif (isinstance(fact, SessionEnded) and fact.session == talk.actor.session) or (
                    isinstance(fact, AccountDisabled) and fact.account == talk.actor.id
                ):
                    self.cut(talk, "signed-out")
            if (
                isinstance(fact, BellRevoked)
                and (line := self._lines.get(fact.bell))
                and line.terminal == fact.terminal
            ):
                line.ear.end("revoked")
                self.leave(line)
            incident = getattr(fact, "incident", None)
            if incident is not None:
                for line in self._lines.values():
                    if line.case == incident:
                        line.look()
