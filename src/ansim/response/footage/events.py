"""Facts about what a phone films."""

from __future__ import annotations

from ansim.core.events import Fact


class TakeBegan(Fact, frozen=True, tag="take.began"):
    """Her phone has begun to film, or goes on in another size."""

    incident: str
    take: str


class TakeEnded(Fact, frozen=True, tag="take.ended"):
    """It has stopped, and what was kept is all there will be."""

    incident: str
    take: str
