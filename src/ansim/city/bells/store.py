"""The SQL of bells."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from ansim.city.bells.model import Bell, Fault, Terminal
from ansim.core.database import Row, Transaction

_BELL = ", ".join(Bell.__struct_fields__)
_FAULT = ", ".join(f"f.{name}" for name in Fault.__struct_fields__)


async def every(tx: Transaction) -> list[Bell]:
    return [Bell(**row) for row in await tx.fetch(f"SELECT {_BELL} FROM bell ORDER BY id")]


async def put(tx: Transaction, bells: Sequence[Bell]) -> None:
    """Bring these in. Cameras that an administrator set stay: no register has them."""
    names = [name for name in Bell.__struct_fields__ if name != "cameras"]
    types = {"latitude": "float8", "longitude": "float8", "two_way": "boolean"}
    columns = [[getattr(bell, name) for bell in bells] for name in names]
    arrays = ", ".join(f"${at}::{types.get(name, 'text')}[]" for at, name in enumerate(names, 1))
    changes = ", ".join(f"{name} = excluded.{name}" for name in names[1:])
    await tx.execute(
        f"INSERT INTO bell ({', '.join(names)}, registered_at) SELECT *, ${len(names) + 1}::timestamptz FROM unnest({arrays})"
        f" ON CONFLICT (id) DO UPDATE SET {changes}, registered_at = excluded.registered_at",
        *columns, tx.at,
    )  # fmt: skip


async def set_cameras(tx: Transaction, bell: str, cameras: Sequence[str] | None) -> None:
    await tx.execute(
        "UPDATE bell SET cameras = $2::text[] WHERE id = $1", bell, None if cameras is None else [*cameras]
    )


async def hold(tx: Transaction, bell: str) -> bool:
    """Until this transaction ends nobody else commissions it. False: there is no such bell."""
    return await tx.fetchval("SELECT 1 FROM bell WHERE id = $1 FOR UPDATE", bell) is not None


async def add_code(tx: Transaction, hash: bytes, bell: str, expires_at: datetime) -> None:
    """The newest is the only one."""
    await tx.execute("DELETE FROM bell_code WHERE bell = $1", bell)
    await tx.execute("INSERT INTO bell_code (hash, bell, expires_at) VALUES ($1, $2, $3)", hash, bell, expires_at)


async def code(tx: Transaction, hash: bytes) -> Row | None:
    return await tx.fetchrow("SELECT * FROM bell_code WHERE hash = $1 AND expires_at > $2 FOR UPDATE", hash, tx.at)


async def use_code(tx: Transaction, hash: bytes) -> None:
    await tx.execute("UPDATE bell_code SET used_at = $2 WHERE hash = $1", hash, tx.at)


async def add_terminal(tx: Transaction, one: Terminal) -> None:
    await tx.execute(
        "INSERT INTO bell_terminal (id, bell, kind, x, y, made_at, heard_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        one.id, one.bell, one.kind, one.x, one.y, one.made_at, one.heard_at,
    )  # fmt: skip


async def terminals(tx: Transaction, bell: str) -> list[Terminal]:
    """Every one it had, the living one first."""
    rows = await tx.fetch("SELECT * FROM bell_terminal WHERE bell = $1 ORDER BY revoked_at DESC NULLS FIRST, id", bell)
    return [Terminal(**row) for row in rows]


async def living(tx: Transaction, bell: str) -> Terminal | None:
    row = await tx.fetchrow("SELECT * FROM bell_terminal WHERE bell = $1 AND revoked_at IS NULL", bell)
    return None if row is None else Terminal(**row)


async def living_of(tx: Transaction, centre: str) -> dict[str, Terminal]:
    rows = await tx.fetch(
        "SELECT t.* FROM bell_terminal t JOIN bell b ON b.id = t.bell WHERE b.centre = $1 AND t.revoked_at IS NULL",
        centre,
    )
    return {row["bell"]: Terminal(**row) for row in rows}


async def revoke(tx: Transaction, bell: str) -> str | None:
    """The terminal that spoke for it until now, if one did."""
    id: str | None = await tx.fetchval(
        "UPDATE bell_terminal SET revoked_at = $2 WHERE bell = $1 AND revoked_at IS NULL RETURNING id", bell, tx.at
    )
    return id


async def heard(tx: Transaction, terminal: str) -> bool:
    """False when it speaks for no bell any more."""
    tag = await tx.execute(
        "UPDATE bell_terminal SET heard_at = $2 WHERE id = $1 AND revoked_at IS NULL", terminal, tx.at
    )
    return tag.endswith(" 1")


async def report(tx: Transaction, id: str, bell: str, kind: str, source: str) -> bool:
    """Whether this is new: what is broken already is only counted."""
    row = await tx.fetchrow(
        "INSERT INTO bell_fault (id, bell, kind, source, state, opened_at, last_at) VALUES ($1, $2, $3, $4, 'open', $5, $5)"
        " ON CONFLICT (bell, kind) WHERE state <> 'mended' DO UPDATE SET times = bell_fault.times + 1, last_at = $5"
        " RETURNING id",
        id, bell, kind, source, tx.at,
    )  # fmt: skip
    return row is not None and row["id"] == id


async def well_again(tx: Transaction, bell: str, kinds: Sequence[str]) -> int:
    """What the bell itself had found is mended when the bell itself finds so. What a person has reported a person ends."""
    rows = await tx.fetch(
        "UPDATE bell_fault SET state = 'mended', mended_at = $3, changed_by = NULL WHERE bell = $1 AND kind = ANY ($2::text[])"
        " AND source <> 'citizen' AND state <> 'mended' RETURNING id",
        bell, list(kinds), tx.at,
    )  # fmt: skip
    return len(rows)


async def fault(tx: Transaction, id: str) -> Fault | None:
    row = await tx.fetchrow(f"SELECT {_FAULT} FROM bell_fault f WHERE f.id = $1", id)
    return None if row is None else Fault(**row)


async def change(tx: Transaction, id: str, state: str, before: Sequence[str], by: str) -> bool:
    """False when it is not in one of those states any more."""
    at = {"sent": ", sent_at = $5", "mended": ", mended_at = $5"}[state]
    tag = await tx.execute(
        f"UPDATE bell_fault SET state = $2, changed_by = $3{at} WHERE id = $1 AND state = ANY ($4::text[])",
        id, state, by, list(before), tx.at,
    )  # fmt: skip
    return tag.endswith(" 1")


async def broken(tx: Transaction) -> frozenset[str]:
    """The bells of which anything is not mended."""
    return frozenset(
        row["bell"] for row in await tx.fetch("SELECT DISTINCT bell FROM bell_fault WHERE state <> 'mended'")
    )


async def faults_of(tx: Transaction, bell: str) -> list[Fault]:
    """What is not mended."""
    rows = await tx.fetch(
        f"SELECT {_FAULT} FROM bell_fault f WHERE f.bell = $1 AND f.state <> 'mended' ORDER BY f.opened_at, f.id", bell
    )
    return [Fault(**row) for row in rows]


async def faults_of_centre(tx: Transaction, centre: str, since: datetime) -> list[Fault]:
    """What is not mended, and what has been mended since then; the oldest first."""
    rows = await tx.fetch(
        f"SELECT {_FAULT} FROM bell_fault f JOIN bell b ON b.id = f.bell WHERE b.centre = $1"
        " AND (f.state <> 'mended' OR f.mended_at >= $2) ORDER BY f.state = 'mended', f.opened_at, f.id LIMIT 1000",
        centre, since,
    )  # fmt: skip
    return [Fault(**row) for row in rows]


async def counts(tx: Transaction, centre: str) -> Row:
    """total, speaking (commissioned), faulty."""
    row = await tx.fetchrow(
        "SELECT count(*) AS total, count(t.id) AS speaking, count(*) FILTER (WHERE EXISTS (SELECT FROM bell_fault f"
        " WHERE f.bell = b.id AND f.state <> 'mended')) AS faulty FROM bell b"
        " LEFT JOIN bell_terminal t ON t.bell = b.id AND t.revoked_at IS NULL WHERE b.centre = $1",
        centre,
    )
    assert row is not None
    return row


def same(known: Bell | None, bell: Bell) -> bool:
    return known is not None and msgspec.structs.replace(bell, cameras=known.cameras) == known
