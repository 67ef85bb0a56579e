"""What talks through bells state."""

from __future__ import annotations

from ansim.core.events import Fact


class TalkBegan(Fact, frozen=True, tag="talk.began"):
    """Whoever has the case speaks through its bell."""

    talk: str
    incident: str


class TalkConnected(Fact, frozen=True, tag="talk.connected"):
    """Both sides can hear."""

    talk: str
    incident: str


class TalkEnded(Fact, frozen=True, tag="talk.ended"):
    """It is over on both sides."""

    talk: str
    incident: str
