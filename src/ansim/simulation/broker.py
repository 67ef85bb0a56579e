"""The broker between centres: at least once, in no promised order, kept for whoever is away; and what is only said, heard by whoever is there."""

from __future__ import annotations

import asyncio
import contextvars
import random
from collections import defaultdict

from ansim.core.bus import Delivery, Hearing
from ansim.core.errors import Unavailable
from ansim.simulation.play import Play

ANSWER_WITHIN_S = 2.0
AGAIN_S = 0.5
TAKEN_WITHIN_S = 30.0
"""As the broker of production: it says within the first that it has a letter, and brings one that nobody has taken again after the last."""


class Broker:
    """`away`: nobody reaches it. What it has accepted it keeps."""

    def __init__(self, play: Play, draw: random.Random) -> None:
        self.away = False
        self.cut: set[str] = set()
        """Who cannot reach it."""
        self.unheard: set[str] = set()
        """Whose beats, and whose hearing of them, are lost, while letters still go."""
        self.healed = False
        self.play = play
        self.draw = draw
        self._kept: dict[tuple[str, str], dict[int, tuple[str, bytes]]] = {}
        self._readers: dict[tuple[str, str], tuple[Line, Delivery]] = {}
        self._listeners: dict[str, dict[str, tuple[Line, Hearing]]] = defaultdict(dict)
        self._number = 0

    def line(self, owner: str, inside: contextvars.Context) -> Line:
        """What a new process of `owner` speaks to it by."""
        return Line(self, owner, inside)

    def reaches(self, owner: str) -> bool:
        return not self.away and owner not in self.cut

    def take(self, name: str, id: str, body: bytes) -> None:
        for subject, subscriber in self._kept:
            if subject == name:
                self._number += 1
                self._kept[subject, subscriber][self._number] = (id, body)
                for _ in range(2 if self._happens("letter twice", self.play.weather.twice) else 1):
                    self._bring((subject, subscriber), self._number, self._leg())

    def join(self, name: str, subscriber: str, line: Line, deliver: Delivery) -> None:
        durable = name, subscriber
        self._readers[durable] = line, deliver
        for number in self._kept.setdefault(durable, {}):
            self._bring(durable, number, self._leg())

    def hear(self, name: str, line: Line, hear: Hearing) -> None:
        self._listeners[name][line.owner] = line, hear

    def spread(self, name: str, by: str, body: bytes) -> None:
        if not self.reaches(by) or by in self.unheard:
            return
        for owner, (line, hear) in self._listeners[name].items():
            if self.reaches(owner) and owner not in self.unheard and not self._lost("beat lost"):
                self.play.loop.call_later(self._leg(beat=True), hear, body, context=line.inside.copy())

    async def way(self, owner: str) -> None:
        """To the broker, or back. Raises Unavailable when nothing was heard of it for as long as one waits."""
        if not self.reaches(owner) or self._lost("answer of the broker lost"):
            await asyncio.sleep(ANSWER_WITHIN_S)
            raise Unavailable
        await asyncio.sleep(self._leg(beat=True))

    def _bring(self, durable: tuple[str, str], number: int, after_s: float) -> None:
        self.play.loop.call_later(after_s, self._try, durable, number, context=_OUTSIDE.copy())

    def _try(self, durable: tuple[str, str], number: int) -> None:
        letter = self._kept[durable].get(number)
        if letter is None:
            return
        line, deliver = self._readers[durable]
        if not self.reaches(line.owner):
            self._bring(durable, number, ANSWER_WITHIN_S)
            return
        self._bring(durable, number, TAKEN_WITHIN_S)
        inside = line.inside.copy()
        self.play.loop.create_task(self._deliver(line.owner, durable, number, letter, deliver), context=inside)

    async def _deliver(
        self, owner: str, durable: tuple[str, str], number: int, letter: tuple[str, bytes], deliver: Delivery
    ) -> None:
        try:
            await deliver(*letter)
        except Unavailable:
            self._bring(durable, number, AGAIN_S)
        except Exception as error:
            self.play.unanswered.append(f"a letter to {owner} ended in {type(error).__name__}: {error}")
            self._bring(durable, number, AGAIN_S)
        else:
            if self.reaches(owner) and not self._lost("letter taken, not said"):
                self._kept[durable].pop(number, None)

    def _lost(self, fault: str) -> bool:
        return self._happens(fault, self.play.weather.loss)

    def _happens(self, fault: str, share: float) -> bool:
        if self.healed or self.draw.random() >= share:
            return False
        self.play.faults[fault] += 1
        return True

    def _leg(self, *, beat: bool = False) -> float:
        if not beat and self._happens("letter late", self.play.weather.straggler):
            return self.draw.uniform(1.0, 60.0)
        return self.draw.expovariate(1 / self.play.weather.leg_s)


class Line:
    """`ansim.core.bus.Bus` of one process."""

    def __init__(self, broker: Broker, owner: str, inside: contextvars.Context) -> None:
        self._broker = broker
        self.owner = owner
        self.inside = inside

    async def publish(self, name: str, id: str, body: bytes) -> None:
        await self._broker.way(self.owner)
        self._broker.take(name, id, body)
        await self._broker.way(self.owner)

    def subscribe(self, name: str, subscriber: str, deliver: Delivery) -> None:
        self._broker.join(name, subscriber, self, deliver)

    def say(self, name: str, body: bytes) -> None:
        self._broker.spread(name, self.owner, body)

    def listen(self, name: str, hear: Hearing) -> None:
        self._broker.hear(name, self, hear)

    async def start(self) -> None: ...

    async def close(self) -> None: ...


_OUTSIDE = contextvars.Context()
"""The broker is none of the processes that die."""
