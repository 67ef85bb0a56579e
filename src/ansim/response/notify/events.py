from __future__ import annotations

from ansim.core.events import Fact


class NoticeQueued(Fact, frozen=True, tag="notice.queued"):
    """A guardian is to be told on one channel."""

    notice: str
    incident: str


class NoticeChanged(Fact, frozen=True, tag="notice.changed"):
    """What is known of a guardian's notice has changed: sent, delivered, read, failed, kept back in quiet hours."""

    notice: str
    incident: str
    state: str
