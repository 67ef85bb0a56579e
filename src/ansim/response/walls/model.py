"""Walls, and the routine right to one. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

ROUTINE_LENGTH = timedelta(minutes=60)
"""At most, and never beyond the session. There is no extension: whoever goes on looking presses again."""
PURPOSE = "routine"
MOST_CAMERAS = 64
MOST_COLUMNS = 10
LONGEST_NAME = 60

REMEMBERED = timedelta(minutes=2)
"""So long a right that has ended is still listed, with why: whoever oversees the centre sees that it did."""

RightEndedWhy = Literal["expired", "released", "revoked", "replaced", "changed", "signed-out"]


class Wall(msgspec.Struct, frozen=True, kw_only=True):
    """`cameras`: from the upper left, row by row, `columns` in a row."""

    id: str
    name: str
    columns: int
    cameras: list[str]
    changed_at: datetime


class RoutineRight(msgspec.Struct, frozen=True, kw_only=True):
    """One person's right to the blurred pictures of one wall. It is no grant: the way to a stream does not know it."""

    id: str
    wall: str
    centre: str
    holder: str
    session: str
    cameras: list[str]
    from_at: datetime
    until_at: datetime
    ended_at: datetime | None
    ended_why: RightEndedWhy | None

    def allows(self, wall: str, at: datetime) -> str | None:
        """None when the wall may be looked at now; otherwise the reason, as it goes into the ledger."""
        if self.ended_at is not None:
            return self.ended_why
        if at >= self.until_at:
            return "expired"
        return None if wall == self.wall else "other-wall"


class RightLine(msgspec.Struct, frozen=True, kw_only=True):
    """A routine right as it is shown. `ended_why` is null while it lives; `wall_name` null for a wall that is gone."""

    id: str
    wall: str
    wall_name: str | None
    holder: str
    holder_name: str
    cameras: list[str]
    from_at: datetime
    until_at: datetime
    ended_at: datetime | None
    ended_why: RightEndedWhy | None


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """How much of one camera was shown in one look."""

    pictures: int
    bytes: int
