from __future__ import annotations

from ansim.core.events import Fact


class LetterWritten(Fact, frozen=True, tag="letter.written"):
    """A word to another centre: sealed to it, signed by us. Nobody on its way can read it."""

    id: str
    to: str
    letter: str


class HandoverOffered(Fact, frozen=True, tag="handover.offered"):
    """Another centre has been asked to take the case."""

    incident: str
    to: str


class HandoverAccepted(Fact, frozen=True, tag="handover.accepted"):
    """The other centre has it."""

    incident: str
    to: str


class HandoverEnded(Fact, frozen=True, tag="handover.ended"):
    """It stays here: rejected, withdrawn or unanswered."""

    incident: str
    why: str
