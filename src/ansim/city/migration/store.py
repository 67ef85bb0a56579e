"""The SQL of migrations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from ansim.city.migration.model import Comparison, Owner, State, Why, largest_ms
from ansim.core.database import Transaction


class Moving(msgspec.Struct, frozen=True, kw_only=True):
    """A camera on its way, with the epoch that is now. Times are aware; gaps of None are not known yet."""

    camera: str
    old: str
    single: bool
    state: State
    beside_at: datetime
    compared_from: datetime | None
    compared_until: datetime | None
    why: Why | None
    """None: not compared yet."""
    ours_gap_ms: int | None
    old_gap_ms: int | None
    switched_at: datetime | None
    released_at: datetime | None
    gap_ms: int | None
    kept_at: datetime | None
    trouble: str
    owner: Owner
    epoch: int


_COLUMNS = (
    "m.camera, m.old, m.single, m.state, m.beside_at, m.compared_from, m.compared_until, m.why, m.ours_gap_ms, m.old_gap_ms,"
    " m.switched_at, m.released_at, m.gap_ms, m.kept_at, m.trouble, e.owner, e.epoch"
)


async def every(tx: Transaction) -> list[Moving]:
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM camera_migration m JOIN recording_epoch e ON e.camera = m.camera AND e.until_at IS NULL"
        " ORDER BY m.camera"
    )
    return [msgspec.convert(dict(row), Moving) for row in rows]


async def one(tx: Transaction, camera: str) -> Moving | None:
    """Nobody else changes it until this transaction ends."""
    row = await tx.fetchrow(
        f"SELECT {_COLUMNS} FROM camera_migration m JOIN recording_epoch e ON e.camera = m.camera AND e.until_at IS NULL"
        " WHERE m.camera = $1 FOR UPDATE",
        camera,
    )
    return None if row is None else msgspec.convert(dict(row), Moving)


async def begin(tx: Transaction, camera: str, old: str, single: bool, actor: str) -> bool:
    """False for a camera that is on its way already; its names are brought up to date."""
    tag = await tx.execute(
        "INSERT INTO camera_migration (camera, old, single, state, beside_at) VALUES ($1, $2, $3, 'beside', $4)"
        " ON CONFLICT DO NOTHING",
        camera, old, single, tx.at,
    )  # fmt: skip
    if not tag.endswith(" 1"):
        await tx.execute("UPDATE camera_migration SET old = $2, single = $3 WHERE camera = $1", camera, old, single)
        return False
    await tx.execute(
        "INSERT INTO recording_epoch (camera, epoch, owner, from_at, actor) VALUES ($1, 1, 'old', $2, $3)",
        camera, tx.at, actor,
    )  # fmt: skip
    return True


async def compared(tx: Transaction, camera: str, found: Comparison) -> None:
    proven = found.proven
    await tx.execute(
        "UPDATE camera_migration SET state = CASE WHEN $2 THEN 'compared' WHEN state = 'compared' THEN 'beside' ELSE state END,"
        " compared_from = $3, compared_until = $4, ours_gap_ms = $5, old_gap_ms = $6, why = $7 WHERE camera = $1",
        camera, proven, found.start if proven else None, found.end if proven else None, largest_ms(found.ours),
        largest_ms(found.old), found.why,
    )  # fmt: skip


async def pass_on(tx: Transaction, camera: str, epoch: int, owner: Owner, actor: str) -> bool:
    """End this epoch and begin the next, which is another's. False when it is not the epoch that is now."""
    tag = await tx.execute(
        "UPDATE recording_epoch SET until_at = $3 WHERE camera = $1 AND epoch = $2 AND until_at IS NULL AND owner <> $4",
        camera, epoch, tx.at, owner,
    )  # fmt: skip
    if not tag.endswith(" 1"):
        return False
    await tx.execute(
        "INSERT INTO recording_epoch (camera, epoch, owner, from_at, actor) VALUES ($1, $2, $3, $4, $5)",
        camera, epoch + 1, owner, tx.at, actor,
    )  # fmt: skip
    return True


async def switched(tx: Transaction, camera: str) -> None:
    await tx.execute(
        "UPDATE camera_migration SET state = 'switched', switched_at = $2, released_at = NULL, gap_ms = NULL WHERE camera = $1",
        camera, tx.at,
    )  # fmt: skip


async def released(tx: Transaction, camera: str, at: datetime, gap_ms: int) -> None:
    await tx.execute(
        "UPDATE camera_migration SET state = 'released', released_at = $2, gap_ms = $3 WHERE camera = $1",
        camera,
        at,
        gap_ms,
    )


async def back(tx: Transaction, camera: str) -> None:
    await tx.execute(
        "UPDATE camera_migration SET state = 'back', switched_at = NULL, released_at = NULL, gap_ms = NULL,"
        " compared_from = NULL, compared_until = NULL, why = NULL WHERE camera = $1",
        camera,
    )


async def seen(tx: Transaction, cameras: Sequence[tuple[str, bool, bool, str]]) -> None:
    """Of each: whether its pictures are kept now, whether it gives one session only, and what is wrong."""
    if cameras:
        await tx.execute(
            "UPDATE camera_migration m SET kept_at = CASE WHEN s.kept THEN $5 ELSE m.kept_at END, single = s.single,"
            " trouble = s.trouble FROM unnest($1::text[], $2::boolean[], $3::boolean[], $4::text[])"
            " AS s (camera, kept, single, trouble) WHERE m.camera = s.camera",
            *(list(column) for column in zip(*cameras, strict=True)), tx.at,
        )  # fmt: skip


async def wrong(tx: Transaction) -> list[str]:
    """Cameras whose epochs do not follow each other, one line each."""
    rows = await tx.fetch(
        "SELECT camera, count(*) FILTER (WHERE until_at IS NULL) AS now FROM recording_epoch GROUP BY camera"
        " HAVING count(*) FILTER (WHERE until_at IS NULL) <> 1 UNION ALL"
        " SELECT m.camera, 0 FROM camera_migration m WHERE NOT EXISTS (SELECT 1 FROM recording_epoch e WHERE e.camera = m.camera)"
    )
    found = [
        f"{'two epochs claim' if row['now'] else 'no epoch claims'} the recording of a camera: {row['camera']}"
        for row in rows
    ]
    rows = await tx.fetch(
        "SELECT a.camera, a.epoch, b.from_at > a.until_at AS pause FROM recording_epoch a JOIN recording_epoch b"
        " ON b.camera = a.camera AND b.epoch = a.epoch + 1 WHERE b.from_at IS DISTINCT FROM a.until_at"
    )
    found += [
        f"{'no epoch claims' if row['pause'] else 'two epochs claim'} the recording of a camera after epoch {row['epoch']}:"
        f" {row['camera']}"
        for row in rows
    ]
    return found


async def unheld(tx: Transaction, since: datetime) -> list[str]:
    """Cameras we answer for, of which nothing has been kept since then."""
    rows = await tx.fetch(
        "SELECT m.camera FROM camera_migration m JOIN recording_epoch e ON e.camera = m.camera AND e.until_at IS NULL"
        " WHERE e.owner = 'ansim' AND e.from_at < $1 AND (m.kept_at IS NULL OR m.kept_at < $1) ORDER BY m.camera",
        since,
    )
    return [row["camera"] for row in rows]


async def owner_at(tx: Transaction, camera: str, at: datetime) -> str | None:
    """Who answers for what was recorded then; None where it never was another's."""
    found: str | None = await tx.fetchval(
        "SELECT owner FROM recording_epoch WHERE camera = $1 AND from_at <= $2 AND (until_at IS NULL OR until_at > $2)",
        camera, at,
    )  # fmt: skip
    return found
