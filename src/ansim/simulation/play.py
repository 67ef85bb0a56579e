"""What every history has: a seed, a loop in virtual time, a trace that must be the same when it is played again, and an outcome."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import random
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from structlog.testing import capture_logs

from ansim.core.database import Database
from ansim.core.database.blocking import BlockingDriver
from ansim.core.errors import Unavailable
from ansim.simulation.loop import VirtualLoop
from ansim.simulation.weather import Weather
from ansim.trust.retention.erasure import CAME_BACK


@dataclass
class Outcome:
    seed: int
    weather: Weather
    wrong: list[str]
    trace: str
    virtual_s: float
    transactions: int
    counts: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    """How often each kind of fault really happened."""


def _unexpected(log: Any) -> bool:
    """Whether a centre complained of something that no weather explains."""
    # Nobody puts an old key file back here: a key that was called dead had not died on the disk.
    if log["event"] == CAME_BACK:
        return True
    return log["log_level"] in ("error", "critical") and log.get("error") != Unavailable.__name__


class Play(ABC):
    """One history that has not been played yet."""

    weather: Weather

    def __init__(self, seed: int, servers: Sequence[BlockingDriver]) -> None:
        self.seed = seed
        self.servers = servers
        self.loop = VirtualLoop(self.random("order"))
        self.trace: list[tuple[Any, ...]] = []
        self.counts: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.unanswered: list[str] = []
        """What was delivered and ended as no delivery may end."""

    def run(self) -> Outcome:
        loop = self.loop
        asyncio.set_event_loop(loop)
        # When garbage is collected depends on what ran before; a history must not.
        gc.collect()
        gc.disable()
        try:
            with capture_logs() as logs:
                wrong = loop.run_until_complete(self._run())
        finally:
            gc.enable()
            asyncio.set_event_loop(None)
            for server in self.servers:
                server.abandon()
            loop.abandon()
        wrong += [f"logged: {log}" for log in logs if _unexpected(log)]
        wrong += loop.complaints + self.unanswered + self._complaints()
        trace = hashlib.sha256(repr(self.trace).encode()).hexdigest()
        return Outcome(
            self.seed, self.weather, wrong, trace, loop.time(), self._transactions(), self.counts, self.faults
        )

    def random(self, what: str) -> random.Random:
        return random.Random(f"{self.seed}/{what}")

    def say(self, *what: Any) -> None:
        self.trace.append((round(self.loop.time(), 6), *what))
        self.counts[what[0]] += 1

    def strike(self, fault: str, *whom: Any) -> None:
        """A fault happens now."""
        self.faults[fault] += 1
        self.say(fault, *whom)

    @abstractmethod
    async def _run(self) -> list[str]:
        """Play it; what is wrong at its end."""

    @abstractmethod
    def _complaints(self) -> list[str]:
        """What was wrong on the way."""

    @abstractmethod
    def _transactions(self) -> int: ...

    async def remember(self, database: Database) -> None:
        """What is stored at the end belongs to the trace."""
        for sql in (
            "SELECT id, source, client_id, incident, receipt, received_at FROM signal ORDER BY id",
            "SELECT id, number, state, owner, escalation, signals, destroyed_at FROM incident ORDER BY id",
            "SELECT id, incident, holder, ended_at, ended_why FROM access_grant ORDER BY id",
            "SELECT id, incident, way, centre, why, state, answered_at FROM handover ORDER BY id",
            "SELECT id, client_id, state, outcome, incident, destroyed_at FROM trip ORDER BY id",
            "SELECT id, client_id, state, outcome, incident, duty FROM escort ORDER BY id",
            "SELECT id, client_id, alarm, signalled_at, incident FROM ward ORDER BY id",
            "SELECT id, at, actor, act, object FROM ledger_entry ORDER BY id",
        ):
            async with database.transaction(readonly=True) as tx:
                for row in await tx.fetch(sql):
                    self.trace.append(tuple(row.values()))
