"""Facts about rights and their use."""

from __future__ import annotations

from ansim.core.events import Fact


class GrantIssued(Fact, frozen=True, tag="grant.issued"):
    """Somebody may see something for an incident."""

    grant: str
    incident: str


class GrantChanged(Fact, frozen=True, tag="grant.changed"):
    """Extended or shortened, or more cameras came under it."""

    grant: str
    incident: str


class GrantEnded(Fact, frozen=True, tag="grant.ended"):
    """A right is over: expired, revoked, released, closed or replaced. Its pictures end at once."""

    grant: str
    incident: str
    why: str


class ViewChanged(Fact, frozen=True, tag="view.changed"):
    """A camera was opened or let go under a grant."""

    view: str
    grant: str
    incident: str
    camera: str
    ended: bool


class LinkOpened(Fact, frozen=True, tag="link.opened"):
    """A link was opened, and is now bound to that browser."""

    link: str
    incident: str
    kind: str


class LinkRefused(Fact, frozen=True, tag="link.refused"):
    """A second browser tried to open it."""

    link: str
    incident: str
