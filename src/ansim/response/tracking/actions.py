"""Storing and reading where she is."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ansim.core.database import Transaction
from ansim.core.position import Position
from ansim.response.tracking import store
from ansim.response.tracking.events import PersonMoved
from ansim.trust.retention.keys import Erased, Keys

_decoder = msgspec.json.Decoder(Position)


def keep(tx: Transaction, fixes: Sequence[tuple[str, int, Position]]) -> None:
    """Seal and store fixes of cases, and tell whoever follows: (incident, track slot, position)."""
    lay(tx, fixes)
    for incident in {incident for incident, _, _ in fixes}:
        tx.mention(PersonMoved(incident=incident))


def lay(tx: Transaction, fixes: Sequence[tuple[str, int, Position]]) -> None:
    """Seal and store fixes of cases or trips."""
    keys = tx.use(Keys)
    for incident, slot, position in fixes:
        store.insert(tx, incident, keys.seal(slot, msgspec.json.encode(position), _context(incident)))


async def track(tx: Transaction, incident: str, slot: int | None, *, length: int = 1) -> list[Position]:
    """The newest fixes, oldest first. Empty once the key is destroyed."""
    if slot is None:
        return []
    keys = tx.use(Keys)
    try:
        return [
            _decoder.decode(keys.open(slot, bytes(row["sealed"]), _context(incident)))
            for row in await store.latest(tx, [incident], length)
        ]
    except Erased:
        return []


async def last_known(tx: Transaction, slots: dict[str, int]) -> dict[str, Position]:
    """The newest fix of each incident (id -> track slot) that has one."""
    rows = await store.latest(tx, list(slots))
    found = {row["incident"]: opened(tx, row["incident"], slots[row["incident"]], bytes(row["sealed"])) for row in rows}
    return {incident: position for incident, position in found.items() if position is not None}


def opened(tx: Transaction, incident: str, slot: int, sealed: bytes) -> Position | None:
    """A fix as `store` holds it; None once the key is destroyed."""
    content = tx.use(Keys).opened(slot, sealed, _context(incident))
    return None if content is None else _decoder.decode(content)


def _context(incident: str) -> bytes:
    return f"fix/{incident}".encode()
