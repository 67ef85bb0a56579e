"""Lanes and limits: what goes first when more comes in than can be served, and what is put off.

A limit re-orders or sheds from the right of the lanes; a first SOS is never refused, whoever sends it and
from where. Token buckets (Turner, "New directions in communications", 1986) on an injected clock; nothing
here touches the network.
"""

from collections import OrderedDict
from collections.abc import Callable
from enum import IntEnum
from typing import Literal, overload

import msgspec

from ansim.core.errors import Problem


class Lane(IntEnum):
    """From the left, which is served first, to the right, which is shed first."""

    SOS = 0
    ACKNOWLEDGEMENT = 1
    TRIP = 2
    POSITION = 3
    VIDEO = 4
    WAY = 5
    """Asked for before she goes, and she can go without."""


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """A bucket: how many at once, and how many a second come back."""

    burst: float
    per_s: float


class Admitted(msgspec.Struct, frozen=True, kw_only=True):
    """Served in the order of `rank`: 0 within the limits, more the further beyond them. Lower goes first."""

    lane: Lane
    rank: int


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    retry_after_s: float


Admission = Admitted | Refused

PER_IDENTITY = {
    Lane.SOS: Rate(burst=3, per_s=0.05),
    Lane.ACKNOWLEDGEMENT: Rate(burst=20, per_s=1),
    Lane.TRIP: Rate(burst=10, per_s=0.2),
    Lane.POSITION: Rate(burst=60, per_s=2),
    Lane.VIDEO: Rate(burst=20, per_s=1),
    Lane.WAY: Rate(burst=40, per_s=4),
}
PER_ADDRESS = {
    # An address may be a whole mobile network's: generous, and an SOS only ever loses rank by it.
    Lane.SOS: Rate(burst=30, per_s=2),
    Lane.ACKNOWLEDGEMENT: Rate(burst=200, per_s=50),
    Lane.TRIP: Rate(burst=200, per_s=20),
    Lane.POSITION: Rate(burst=1000, per_s=200),
    Lane.VIDEO: Rate(burst=200, per_s=20),
    Lane.WAY: Rate(burst=120, per_s=12),
}
REMEMBERED = 100_000
"""Buckets kept; the longest unused go first, so that a flood of invented identities costs bounded memory."""


class Lanes:
    """The limits of one server. `monotonic` gives seconds; `load` (0 idle .. 1 full) sheds from the right."""

    def __init__(
        self,
        monotonic: Callable[[], float],
        *,
        per_identity: dict[Lane, Rate] = PER_IDENTITY,
        per_address: dict[Lane, Rate] = PER_ADDRESS,
        load: Callable[[], float] = lambda: 0.0,
        remembered: int = REMEMBERED,
    ) -> None:
        self._monotonic = monotonic
        self._identity = _Buckets(per_identity, remembered)
        self._address = _Buckets(per_address, remembered)
        self._load = load

    @overload
    def admit(self, lane: Literal[Lane.SOS], identity: str, address: str) -> Admitted: ...
    @overload
    def admit(self, lane: Lane, identity: str, address: str) -> Admission: ...

    def admit(self, lane: Lane, identity: str, address: str) -> Admission:
        """Whether this request goes on now, and how early. `identity` and `address` stay in memory.

        An SOS is always admitted: the first of an identity from a calm address at rank 0, repeats and the
        crowd behind a flooding address further back.
        """
        now = self._monotonic()
        if lane is not Lane.SOS and (shed := self._shed(lane)):
            return Refused(retry_after_s=shed)
        own = self._identity.take(lane, identity, now)
        shared = self._address.take(lane, address, now)
        if lane is Lane.SOS:
            return Admitted(lane=lane, rank=(2 if own else 0) + (1 if shared else 0))
        wait = max(own, shared)
        return Refused(retry_after_s=wait) if wait else Admitted(lane=lane, rank=0)

    def let_in(self, lane: Lane, identity: str, address: str) -> None:
        """Admit, or raise Problem 429 that says when to come again."""
        admission = self.admit(lane, identity, address)
        if isinstance(admission, Refused):
            wait = max(1, round(admission.retry_after_s))
            raise Problem(429, "too-many", "Too many at once", "Try again a little later.", retry_after_s=wait)

    def _shed(self, lane: Lane) -> float:
        """Seconds to stay away under load: ways go at 0.75, video at 0.80, positions at 0.85, trips 0.90, acks 0.95."""
        over = self._load() - (1.0 - 0.05 * lane)
        return 0.0 if over < 0 else 1.0 + lane


class _Buckets:
    def __init__(self, rates: dict[Lane, Rate], remembered: int) -> None:
        self._rates = rates
        self._remembered = remembered
        self._kept: OrderedDict[tuple[Lane, str], tuple[float, float]] = OrderedDict()

    def take(self, lane: Lane, key: str, now: float) -> float:
        """Take one; the seconds until there is one when there is none."""
        rate = self._rates[lane]
        left, since = self._kept.pop((lane, key), (rate.burst, now))
        left = min(rate.burst, left + (now - since) * rate.per_s)
        wait = 0.0 if left >= 1 else (1 - left) / rate.per_s
        self._kept[lane, key] = (left if wait else left - 1, now)
        if len(self._kept) > self._remembered:
            self._kept.popitem(last=False)
        return wait
