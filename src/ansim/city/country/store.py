"""The SQL of a hub's memory of its centres, and of what a leader sets at one of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from ansim.city.country.policy import ByHand
from ansim.core.database import Row, Transaction

State = tuple[str, datetime, str, str | None]
"""centre, from_at, state, covered_by"""


class Busy(msgspec.Struct, kw_only=True):
    """The most of ten minutes at one centre."""

    centre: str
    from_at: datetime
    seen_at: datetime
    open: int = 0
    waited_s: int = 0


async def by_hand(tx: Transaction, centre: str) -> ByHand | None:
    """What a leader has set, and when it ends."""
    row = await tx.fetchrow("SELECT state, until_at FROM centre_duty WHERE centre = $1", centre)
    return None if row is None else msgspec.convert(dict(row), ByHand)


async def set_by_hand(tx: Transaction, centre: str, account: str, hand: ByHand) -> None:
    await tx.execute(
        "INSERT INTO centre_duty (centre, state, until_at, account) VALUES ($1, $2, $3, $4) ON CONFLICT (centre) DO UPDATE"
        " SET state = excluded.state, until_at = excluded.until_at, account = excluded.account",
        centre, hand.state, hand.until_at, account,
    )  # fmt: skip


async def end_by_hand(tx: Transaction, centre: str) -> None:
    await tx.execute("DELETE FROM centre_duty WHERE centre = $1", centre)


async def latest(tx: Transaction) -> list[Row]:
    """The last known state of each centre, with since when it had been that, whoever covered for it."""
    return await tx.fetch(
        "SELECT DISTINCT ON (centre) centre, state, covered_by, from_at, (SELECT min(o.from_at) FROM centre_state o"
        " WHERE o.centre = s.centre AND o.state = s.state AND NOT EXISTS (SELECT FROM centre_state b WHERE b.centre = s.centre"
        " AND b.from_at > o.from_at AND b.state <> s.state)) AS since FROM centre_state s ORDER BY centre, from_at DESC"
    )


async def last_looked(tx: Transaction) -> datetime | None:
    """When a hub last looked at any of them."""
    found: datetime | None = await tx.fetchval("SELECT max(seen_at) FROM centre_load")
    return found


async def add(tx: Transaction, states: Sequence[State], busy: Sequence[Busy]) -> None:
    if states:
        centres, at, state, covered_by = zip(*states, strict=True)
        await tx.execute(
            "INSERT INTO centre_state (centre, from_at, state, covered_by) SELECT * FROM unnest($1::text[],"
            " $2::timestamptz[], $3::text[], $4::text[]) ON CONFLICT (centre, from_at) DO UPDATE SET state = excluded.state,"
            " covered_by = excluded.covered_by",
            centres, at, state, covered_by,
        )  # fmt: skip
    if busy:
        await tx.execute(
            "INSERT INTO centre_load (centre, from_at, seen_at, open, waited_s) SELECT * FROM unnest($1::text[],"
            " $2::timestamptz[], $3::timestamptz[], $4::int[], $5::int[]) ON CONFLICT (centre, from_at) DO UPDATE SET"
            " seen_at = excluded.seen_at, open = greatest(centre_load.open, excluded.open),"
            " waited_s = greatest(centre_load.waited_s, excluded.waited_s)",
            [one.centre for one in busy], [one.from_at for one in busy], [one.seen_at for one in busy],
            [one.open for one in busy], [one.waited_s for one in busy],
        )  # fmt: skip


async def forget(tx: Transaction, before: datetime) -> None:
    """What is older; but of each centre the state that it was in then."""
    await tx.execute("DELETE FROM centre_load WHERE from_at < $1", before)
    await tx.execute(
        "DELETE FROM centre_state s WHERE from_at < $1 AND EXISTS (SELECT FROM centre_state o WHERE o.centre = s.centre"
        " AND o.from_at > s.from_at AND o.from_at <= $1)",
        before,
    )


async def states_since(tx: Transaction, at: datetime) -> list[Row]:
    """Every change after then, and of each centre the state that it was in then; the oldest first."""
    return await tx.fetch(
        "SELECT centre, from_at, state, covered_by FROM centre_state WHERE from_at > $1 UNION ALL (SELECT DISTINCT ON (centre)"
        " centre, from_at, state, covered_by FROM centre_state WHERE from_at <= $1 ORDER BY centre, from_at DESC)"
        " ORDER BY centre, from_at",
        at,
    )


async def busy_since(tx: Transaction, at: datetime, slot_s: int) -> list[Row]:
    """The most of each slot after then, where there was anything to tell."""
    return await tx.fetch(
        "SELECT centre, date_bin(make_interval(secs => $2), from_at, $1) AS at, max(open) AS open, max(waited_s) AS waited_s"
        " FROM centre_load WHERE from_at >= $1 AND (open > 0 OR waited_s > 0) GROUP BY 1, 2 ORDER BY 1, 2",
        at,
        float(slot_s),
    )
