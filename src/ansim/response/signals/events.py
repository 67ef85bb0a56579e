from __future__ import annotations

from ansim.core.events import Fact


class SignalReceived(Fact, frozen=True, tag="signal.received"):
    """Something arrived and is stored."""

    signal: str
    incident: str
    source: str
    kind: str


class SignalCancelled(Fact, frozen=True, tag="signal.cancelled"):
    """She gave her code. The centre still decides."""

    signal: str
    incident: str


class DuressGiven(Fact, frozen=True, tag="signal.duress"):
    """She gave the other code. Her phone shows what a cancellation shows."""

    signal: str
    incident: str
