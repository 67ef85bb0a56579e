"""What dispatching needs: a line to an agency."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import msgspec

from ansim.core.position import Position


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """A request for help. `id` makes sending it twice harmless."""

    id: str
    agency: str
    number: str
    centre: str
    kind: str
    silent: bool
    place: str
    position: Position | None
    description: str
    at: datetime


class Name(Protocol):
    @property
    def ko(self) -> str: ...


class Names(Protocol):
    """What an agency calls a place and a centre."""

    def place(self, position: Position | None, municipality: str | None) -> Name: ...
    def centre(self, id: str) -> Name: ...


class NoAnswer(Exception):
    """The agency's system did not take the request. The text holds no personal data."""


class Gateway(Protocol):
    """One agency's line. Conformance: tests/adapters/test_gateways.py."""

    async def ask(self, ask: Ask) -> str:
        """Hand the request over; the agency's own reference. Raises NoAnswer. The same id twice is one request.

        What the agency decides comes back through `dispatch.actions.answered`.
        """

    async def hand_link(self, id: str, url: str) -> None:
        """Give the unit's officer the way to the live view. Raises NoAnswer."""

    async def closed(self, id: str, why: str) -> None:
        """The case has ended. Raises NoAnswer."""

    def up(self) -> bool: ...


class Gateways(dict[str, Gateway]):
    """The lines this centre has, by agency."""


class UnitPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where a unit is: worthless tomorrow, so it is never stored."""

    latitude: float
    longitude: float
    at: datetime
