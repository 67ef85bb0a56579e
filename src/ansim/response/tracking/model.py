"""Where somebody is, as a phone or a device says it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ansim.core.position import Position


@dataclass(frozen=True)
class Moved:
    """A device's fix, or without a position that it lives. `caller` is what its calls are folded by when nobody has enrolled it;
    `battery` percent, where it says so."""

    device: str
    caller: str
    position: Position | None
    battery: int | None = None


class RejectedFix(msgspec.Struct, frozen=True, kw_only=True):
    index: int
    field: str
    rule: str


def judged(untried: Sequence[Any]) -> tuple[list[Position], list[RejectedFix]]:
    """Positions as they came; each is judged by itself, so that one bad one costs no good one."""
    good, rejected = [], []
    for index, raw in enumerate(untried):
        try:
            good.append(msgspec.convert(raw, Position))
        except msgspec.ValidationError as error:
            rule, _, path = str(error).partition(" - at `$")
            rejected.append(RejectedFix(index=index, field=path.strip("`.") or "position", rule=rule))
    return good, rejected
