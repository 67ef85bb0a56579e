"""The SQL of grants, views and links. Permission is in the query: a grant that has ended selects nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from ansim.core.database import Row, Transaction
from ansim.trust.grants.model import Grant, Link, Token

_LINK = (
    "SELECT l.id, l.grant_id, l.incident, l.kind, l.subject, l.issued_at, l.opened_at, l.refused, l.bound_hash,"
    " g.until_at, g.ended_at, g.ended_why, g.label FROM link l JOIN access_grant g ON g.id = l.grant_id"
)


def grant_of(row: Row) -> Grant:
    return msgspec.convert(dict(row), Grant)


def link_of(row: Row) -> Link:
    fields: dict[str, Any] = dict(row)
    del fields["bound_hash"]
    return msgspec.convert(fields, Link)


async def insert_grant(tx: Transaction, grant: Grant) -> bool:
    """False when the holder already has one for this incident."""
    tag = await tx.execute(
        "INSERT INTO access_grant (id, incident, centre, holder_kind, holder, label, purpose, subject_tag, video, "
        "cameras, from_at, until_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::text[], $11, $12) ON CONFLICT DO NOTHING",
        grant.id, grant.incident, grant.centre, grant.holder_kind, grant.holder, grant.label, grant.purpose,
        grant.subject_tag, grant.video, grant.cameras, grant.from_at, grant.until_at,
    )  # fmt: skip
    return tag.endswith(" 1")


async def grant(tx: Transaction, id: str) -> Grant | None:
    row = await tx.fetchrow("SELECT * FROM access_grant WHERE id = $1", id)
    return None if row is None else grant_of(row)


async def live_grant(tx: Transaction, incident: str, holder_kind: str, holder: str) -> Grant | None:
    row = await tx.fetchrow(
        "SELECT * FROM access_grant WHERE incident = $1 AND holder_kind = $2 AND holder = $3 AND ended_at IS NULL",
        incident, holder_kind, holder,
    )  # fmt: skip
    return None if row is None else grant_of(row)


async def grants_of(tx: Transaction, incident: str) -> list[Grant]:
    rows = await tx.fetch("SELECT * FROM access_grant WHERE incident = $1 ORDER BY from_at, id", incident)
    return [grant_of(row) for row in rows]


async def grants_of_centre(tx: Transaction, centre: str, incident: str | None) -> list[Grant]:
    rows = await tx.fetch(
        "SELECT * FROM access_grant WHERE centre = $1 AND ($2::text IS NULL OR incident = $2)"
        " ORDER BY from_at DESC, id LIMIT 500",
        centre, incident,
    )  # fmt: skip
    return [grant_of(row) for row in rows]


async def cameras_under_rights(tx: Transaction) -> list[str]:
    """Of every video right that lives."""
    rows = await tx.fetch(
        "SELECT DISTINCT unnest(cameras) AS camera FROM access_grant WHERE ended_at IS NULL AND video ORDER BY camera"
    )
    return [row["camera"] for row in rows]


async def widen(tx: Transaction, incident: str, cameras: Sequence[str]) -> list[Row]:
    """Add cameras to every live video grant of the incident; the grants that grew, with what is new in each."""
    return await tx.fetch(
        "UPDATE access_grant AS g SET cameras = g.cameras || added.cameras FROM ("
        " SELECT id, ARRAY(SELECT c FROM unnest($2::text[]) AS c WHERE c <> ALL (cameras)) AS cameras"
        " FROM access_grant WHERE incident = $1 AND video AND ended_at IS NULL) AS added"
        " WHERE g.id = added.id AND cardinality(added.cameras) > 0 RETURNING g.id, added.cameras",
        incident, list(cameras),
    )  # fmt: skip


async def extend(tx: Transaction, id: str, until_at: datetime) -> bool:
    tag = await tx.execute(
        "UPDATE access_grant SET until_at = $2, extensions = extensions + 1 WHERE id = $1 AND ended_at IS NULL",
        id,
        until_at,
    )
    return tag.endswith(" 1")


async def shorten(tx: Transaction, id: str, until_at: datetime) -> None:
    await tx.execute("UPDATE access_grant SET until_at = $2 WHERE id = $1 AND ended_at IS NULL", id, until_at)


async def end(tx: Transaction, id: str, why: str) -> bool:
    """False when it had ended before: the dead stay dead."""
    tag = await tx.execute(
        "UPDATE access_grant SET ended_at = $2, ended_why = $3 WHERE id = $1 AND ended_at IS NULL", id, tx.at, why
    )
    return tag.endswith(" 1")


async def insert_view(tx: Transaction, id: str, grant: Grant, camera: str, viewer: str, until_at: datetime) -> None:
    await tx.execute(
        "INSERT INTO camera_view (id, grant_id, incident, camera, viewer, opened_at, until_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        id, grant.id, grant.incident, camera, viewer, tx.at, until_at,
    )  # fmt: skip


async def renew_view(tx: Transaction, id: str, token: Token, until_at: datetime) -> bool:
    """False when it has ended, and for the token of another right, camera or viewer."""
    tag = await tx.execute(
        "UPDATE camera_view SET until_at = $2 WHERE id = $1 AND ended_at IS NULL"
        " AND grant_id = $3 AND camera = $4 AND viewer = $5",
        id, until_at, token.grant, token.camera, token.viewer,
    )  # fmt: skip
    return tag.endswith(" 1")


async def end_view(tx: Transaction, id: str, seconds: float, bytes: int, frames: int, why: str) -> Row | None:
    return await tx.fetchrow(
        "UPDATE camera_view AS v SET ended_at = $2, seconds = $3, bytes = $4, frames = $5, ended_why = $6"
        " FROM access_grant AS g WHERE v.id = $1 AND v.ended_at IS NULL AND g.id = v.grant_id"
        " RETURNING v.grant_id, v.incident, v.camera, v.viewer, g.purpose, g.subject_tag, g.holder",
        id, tx.at, seconds, bytes, frames, why,
    )  # fmt: skip


async def view(tx: Transaction, id: str) -> Row | None:
    return await tx.fetchrow("SELECT * FROM camera_view WHERE id = $1", id)


async def open_views(tx: Transaction) -> list[Row]:
    return await tx.fetch("SELECT id FROM camera_view WHERE ended_at IS NULL")


async def watched(tx: Transaction, incident: str, but: Sequence[str] = ()) -> int:
    """How many cameras, `but` these, somebody is looking through for this incident now."""
    number: int = await tx.fetchval(
        "SELECT count(DISTINCT camera) FROM camera_view WHERE incident = $1 AND ended_at IS NULL"
        " AND camera <> ALL ($2::text[])",
        incident, list(but),
    )  # fmt: skip
    return number


async def insert_link(
    tx: Transaction, id: str, grant_id: str, incident: str, kind: str, subject: str, token_hash: bytes
) -> None:
    await tx.execute(
        "INSERT INTO link (id, grant_id, incident, kind, subject, token_hash, issued_at) VALUES ($1, $2, $3, $4, "
        "$5, $6, $7)",
        id, grant_id, incident, kind, subject, token_hash, tx.at,
    )  # fmt: skip


async def link_by_token(tx: Transaction, token_hash: bytes) -> Row | None:
    return await tx.fetchrow(f"{_LINK} WHERE l.token_hash = $1", token_hash)


async def link(tx: Transaction, id: str) -> Link | None:
    row = await tx.fetchrow(f"{_LINK} WHERE l.id = $1", id)
    return None if row is None else link_of(row)


async def links_of(tx: Transaction, incident: str) -> list[Link]:
    return [
        link_of(row) for row in await tx.fetch(f"{_LINK} WHERE l.incident = $1 ORDER BY l.issued_at, l.id", incident)
    ]


async def bind_link(tx: Transaction, id: str, bound_hash: bytes) -> bool:
    tag = await tx.execute(
        "UPDATE link SET bound_hash = $2, opened_at = $3 WHERE id = $1 AND bound_hash IS NULL", id, bound_hash, tx.at
    )
    return tag.endswith(" 1")


async def count_refusal(tx: Transaction, id: str) -> None:
    await tx.execute("UPDATE link SET refused = refused + 1 WHERE id = $1", id)
