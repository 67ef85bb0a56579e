"""The SQL of walls and routine rights. Permission is in the query: another centre's wall is none."""

from __future__ import annotations

from datetime import datetime

import msgspec

from ansim.core.database import Row, Transaction
from ansim.response.walls.model import RightLine, RoutineRight, Wall

_WALL = "id, name, columns, cameras, changed_at"


def _wall_of(row: Row) -> Wall:
    return msgspec.convert(dict(row), Wall)


def _right_of(row: Row) -> RoutineRight:
    return msgspec.convert(dict(row), RoutineRight)


async def walls(tx: Transaction, centre: str) -> list[Wall]:
    rows = await tx.fetch(f"SELECT {_WALL} FROM wall WHERE centre = $1 ORDER BY name, id", centre)
    return [_wall_of(row) for row in rows]


async def wall(tx: Transaction, centre: str, id: str) -> Wall | None:
    row = await tx.fetchrow(f"SELECT {_WALL} FROM wall WHERE centre = $1 AND id = $2 FOR UPDATE", centre, id)
    return None if row is None else _wall_of(row)


async def named(tx: Transaction, centre: str, name: str) -> str | None:
    """The wall of this centre that has this name. Until the end of the transaction nobody else saves one: walls change rarely."""
    await tx.execute("LOCK TABLE wall IN SHARE ROW EXCLUSIVE MODE")
    id: str | None = await tx.fetchval("SELECT id FROM wall WHERE centre = $1 AND name = $2", centre, name)
    return id


async def put(tx: Transaction, centre: str, wall: Wall, by: str) -> None:
    """New, or in the place of what it was."""
    await tx.execute(
        "INSERT INTO wall (id, centre, name, columns, cameras, changed_at, changed_by)"
        " VALUES ($1, $2, $3, $4, $5::text[], $6, $7)"
        " ON CONFLICT (id) DO UPDATE SET name = excluded.name, columns = excluded.columns, cameras = excluded.cameras,"
        " changed_at = excluded.changed_at, changed_by = excluded.changed_by",
        wall.id, centre, wall.name, wall.columns, wall.cameras, wall.changed_at, by,
    )  # fmt: skip


async def delete(tx: Transaction, id: str) -> None:
    await tx.execute("DELETE FROM wall WHERE id = $1", id)


async def insert_right(tx: Transaction, right: RoutineRight) -> bool:
    """False when she has one."""
    tag = await tx.execute(
        "INSERT INTO routine_right (id, wall, centre, holder, session, cameras, from_at, until_at)"
        " VALUES ($1, $2, $3, $4, $5, $6::text[], $7, $8) ON CONFLICT DO NOTHING",
        right.id, right.wall, right.centre, right.holder, right.session, right.cameras, right.from_at, right.until_at,
    )  # fmt: skip
    return tag.endswith(" 1")


async def right(tx: Transaction, id: str) -> RoutineRight | None:
    row = await tx.fetchrow("SELECT * FROM routine_right WHERE id = $1", id)
    return None if row is None else _right_of(row)


async def held(tx: Transaction, holder: str) -> RoutineRight | None:
    """Her live right; there is at most one."""
    row = await tx.fetchrow("SELECT * FROM routine_right WHERE holder = $1 AND ended_at IS NULL FOR UPDATE", holder)
    return None if row is None else _right_of(row)


async def live(tx: Transaction, *, wall: str | None = None, session: str | None = None) -> list[RoutineRight]:
    rows = await tx.fetch(
        "SELECT * FROM routine_right WHERE ended_at IS NULL AND ($1::text IS NULL OR wall = $1)"
        " AND ($2::text IS NULL OR session = $2) ORDER BY from_at, id",
        wall, session,
    )  # fmt: skip
    return [_right_of(row) for row in rows]


_LINE = (
    "SELECT r.id, r.wall, w.name AS wall_name, r.holder, coalesce(a.name, r.holder) AS holder_name, r.cameras,"
    " r.from_at, r.until_at, r.ended_at, r.ended_why FROM routine_right r LEFT JOIN wall w ON w.id = r.wall"
    " LEFT JOIN account a ON a.id = r.holder"
)


async def lines(tx: Transaction, centre: str, since: datetime) -> list[RightLine]:
    """The rights of this centre that live, and those that have ended since then."""
    rows = await tx.fetch(
        f"{_LINE} WHERE r.centre = $1 AND (r.ended_at IS NULL OR r.ended_at >= $2) ORDER BY r.from_at, r.id",
        centre, since,
    )  # fmt: skip
    return [msgspec.convert(dict(row), RightLine) for row in rows]


async def line(tx: Transaction, id: str) -> RightLine:
    row = await tx.fetchrow(f"{_LINE} WHERE r.id = $1", id)
    return msgspec.convert(dict(row or {}), RightLine)


async def end_right(tx: Transaction, id: str, why: str) -> bool:
    """False when it had ended before: the dead stay dead."""
    tag = await tx.execute(
        "UPDATE routine_right SET ended_at = $2, ended_why = $3 WHERE id = $1 AND ended_at IS NULL", id, tx.at, why
    )
    return tag.endswith(" 1")


async def insert_view(tx: Transaction, id: str, right: str, until_at: datetime) -> None:
    await tx.execute(
        "INSERT INTO wall_view (id, right_id, opened_at, until_at) VALUES ($1, $2, $3, $4)", id, right, tx.at, until_at
    )


async def renew_view(tx: Transaction, id: str, right: str, until_at: datetime) -> bool:
    """False when it has ended, and for the token of another right."""
    tag = await tx.execute(
        "UPDATE wall_view SET until_at = $3 WHERE id = $1 AND right_id = $2 AND ended_at IS NULL", id, right, until_at
    )
    return tag.endswith(" 1")


async def end_view(tx: Transaction, id: str, why: str) -> RoutineRight | None:
    """The right it used; None when it had ended before."""
    row = await tx.fetchrow(
        "UPDATE wall_view AS v SET ended_at = $2, ended_why = $3 FROM routine_right AS r"
        " WHERE v.id = $1 AND v.ended_at IS NULL AND r.id = v.right_id RETURNING r.*",
        id, tx.at, why,
    )  # fmt: skip
    return None if row is None else _right_of(row)


async def open_views(tx: Transaction) -> list[str]:
    return [row["id"] for row in await tx.fetch("SELECT id FROM wall_view WHERE ended_at IS NULL ORDER BY id")]
