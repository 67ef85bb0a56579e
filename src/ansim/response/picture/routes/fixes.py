"""Where she is, as her own phone or the page behind her link says it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from ansim.core.database import Transaction
from ansim.core.errors import Problem
from ansim.core.position import Position
from ansim.response.incidents import store as incidents
from ansim.response.tracking import actions as tracking
from ansim.response.tracking.model import RejectedFix

Untried = Annotated[list[Any], msgspec.Meta(min_length=1, max_length=500)]
"""Positions as they came: `judged` tries them."""


class FixesTaken(msgspec.Struct, frozen=True, kw_only=True):
    accepted: int
    rejected: list[RejectedFix]


async def keep(tx: Transaction, incident: str, positions: Sequence[Position]) -> None:
    """Raises Problem 410 once the case is closed."""
    # Held until the commit: a case that closes meanwhile destroys these fixes too, and none comes after.
    case = await incidents.locked(tx, incident)
    if case is None or not case.open or case.track_slot is None:
        raise Problem(410, "case.closed", "The case is closed", "Positions are no longer kept.")
    tracking.keep(tx, [(case.id, case.track_slot, position) for position in positions])
