"""What a ward's devices and her page say: every fix is held against her zones, and lies for a day under the key of its hour."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from ansim.core.database import Transaction
from ansim.core.position import Position
from ansim.response.tracking import actions as tracking
from ansim.response.wards import store
from ansim.response.wards.actions import heard, keep_hour, open_memory, settle
from ansim.response.wards.model import WardRow
from ansim.trust.retention.keys import Erased


async def carried(tx: Transaction, said: Sequence[tuple[str, Position | None]]) -> None:
    """What devices say that persons carry: who of them is a ward was heard. Without a position it is a heartbeat."""
    by_person: dict[str, list[Position]] = {}
    for person, position in said:
        by_person.setdefault(person, []).extend([] if position is None else [position])
    wards = await store.open_by_person(tx, by_person)
    await hear(tx, [(ward, by_person[ward.person]) for ward in wards if ward.person is not None])


async def hear(tx: Transaction, said: Sequence[tuple[WardRow, list[Position]]]) -> None:
    """Wards that this transaction holds, each with the fixes that came of her."""
    located = [ward for ward, positions in said if positions and ward.track_slot is not None]
    hours = await keep_hour(tx, located) if located else {}
    for ward, positions in said:
        with suppress(Erased):
            kept = open_memory(tx, ward)
            taken = heard(tx, kept, positions)
            if taken:
                hour = hours[ward.id]
                tracking.lay(tx, [(hour.id, hour.track_slot, position) for position in taken])
            await settle(tx, ward, kept, "watch")
