"""What becomes of a report, whichever protocol it came by: a call goes the way of every SOS, a position to where its person is
watched."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from ansim.adapters.trackers.report import Kind, Report, believed
from ansim.city.people.actions import person_of_device
from ansim.core.database import Database
from ansim.core.errors import Unavailable
from ansim.response.signals.model import Arrival, Receipt, Source
from ansim.response.signals.ports import Intake
from ansim.response.tracking.model import Moved
from ansim.trust.access.limits import Lane, Lanes, Refused

ECHO = timedelta(minutes=15)
"""A device repeats a call until it is answered; the same words later are a call of their own."""

ABOUT_NOW = timedelta(hours=26)
"""A clock within so much of ours, which is any time zone's, tells two calls apart."""

LIVES: frozenset[Kind] = frozenset({"heartbeat", "status", "position", "sign-in", "question"})
"""What a device says by itself and at all times: somebody who is watched was heard."""

REMEMBERED = 100_000

AFTER_ALL = 10
"""The rank of a call that a control room has answered: after every other, however many there are."""


@dataclass(frozen=True)
class Reception:
    """Where reports of this process arrive. `move` returns when a position is kept, or is not to be kept."""

    database: Database
    intake: Intake
    move: Callable[[Moved], Awaitable[None]]
    lanes: Lanes

    async def take(
        self, report: Report, source: Source, address: str, client_id: str, *, line: str = ""
    ) -> Receipt | None:
        """The receipt of a call; None for what is none. Raises Problem 429 or 503 when it is not taken.

        `line` tells a sender that does not say who it is from others at its address.

        A device that nobody enrolled still calls for help; what it is folded by says nothing about it.
        """
        now = self.database.world.clock.now()
        caller = "device-" + _hash(f"{source}:{report.device or line}")[:24]
        if report.sos:
            return await self._call(report, source, address, client_id, caller, now)
        if report.place is not None and report.device:
            self.lanes.let_in(Lane.POSITION, caller, address)
            at = believed(report.at, now)
            place = report.place if at == report.place.at else msgspec.structs.replace(report.place, at=at)
            await self.move(Moved(report.device, caller, place, report.battery))
        elif report.device and report.kind in LIVES:
            await self._lives(report.device, caller, address)
        return None

    async def _lives(self, device: str, caller: str, address: str) -> None:
        """One that is too many, or comes while nothing can be stored, is answered all the same: the next one says it again."""
        if not isinstance(self.lanes.admit(Lane.POSITION, caller, address), Refused):
            with suppress(Unavailable):
                await self.move(Moved(device, caller, None))

    async def _call(
        self, report: Report, source: Source, address: str, client_id: str, caller: str, now: datetime
    ) -> Receipt:
        person = None
        if report.device:
            async with self.database.transaction() as tx:
                person = await person_of_device(tx, report.device)
        # she speaks with 112 or 119 already: behind those whom nobody has heard yet
        telephoned = source == "aml"
        admitted = self.lanes.admit(Lane.SOS, person or caller, address)
        at = report.at if abs(now - report.at) <= ABOUT_NOW and report.at <= now else now
        return await self.intake.submit(
            Arrival(
                source=source, client_id=client_id, kind="sos", occurred_at=at,
                trigger="call" if telephoned else "device", silent=not telephoned, priority=3 if telephoned else 1,
                position=report.place, battery=report.battery, person=person or caller,
                verdict="none" if person is None else "verified", contacts=None,
                damaged=report.checksum is False or not report.whole,
            ),
            admitted.rank + (AFTER_ALL if telephoned else 0),
        )  # fmt: skip


def client_id(source: Source, report: Report) -> str:
    """The same call again has the same id: its device and its time."""
    return _hash(f"{source}:{report.device}:{report.at.isoformat()}")[:40]


class Echoes:
    """Ids for the calls of devices that cannot be relied upon to say a right time, or any.

    A time about ours makes the id, so that it is the same after a restart of this process. Otherwise the frame itself does,
    together with when it was first heard. A clock that stands still makes no call an echo of an old one.
    """

    def __init__(self) -> None:
        self._heard: OrderedDict[str, tuple[datetime, str]] = OrderedDict()

    def id(self, source: Source, line: str, report: Report, frame: bytes, now: datetime) -> str:
        timed = report.stated and abs(now - report.at) <= ABOUT_NOW
        words = report.at.isoformat() if timed else frame.hex()
        key = _hash(f"{source}:{report.device or line}:{words}")[:40]
        heard = self._heard.pop(key, None)
        if heard is None:
            heard = (now, key if timed else _hash(f"{key}:{now.isoformat()}")[:40])
        elif now - heard[0] > ECHO:
            heard = (now, _hash(f"{key}:{now.isoformat()}")[:40])
        self._heard[key] = heard
        if len(self._heard) > REMEMBERED:
            self._heard.popitem(last=False)
        return heard[1]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
