"""The SQL of places of light and help."""

from __future__ import annotations

from collections.abc import Sequence

from ansim.city.ways.model import Facility, Kind
from ansim.core.database import Transaction


async def every(tx: Transaction) -> list[Facility]:
    rows = await tx.fetch("SELECT kind, id, name, latitude, longitude, hours FROM facility ORDER BY kind, id")
    return [Facility(**dict(row)) for row in rows]


async def of_sheet(tx: Transaction, kind: Kind, sheet: str) -> list[Facility]:
    rows = await tx.fetch(
        "SELECT kind, id, name, latitude, longitude, hours FROM facility WHERE kind = $1 AND sheet = $2", kind, sheet
    )
    return [Facility(**dict(row)) for row in rows]


async def put(tx: Transaction, sheet: str, facilities: Sequence[Facility]) -> None:
    """One that another sheet brought before is this one's from now on."""
    names = ("kind", "id", "name", "latitude", "longitude", "hours")
    columns = [[getattr(one, name) for one in facilities] for name in names]
    await tx.execute(
        "INSERT INTO facility (kind, id, name, latitude, longitude, hours, sheet, imported_at)"
        " SELECT *, $7, $8::timestamptz"
        " FROM unnest($1::text[], $2::text[], $3::text[], $4::float8[], $5::float8[], $6::text[])"
        " ON CONFLICT (kind, id) DO UPDATE SET name = excluded.name, latitude = excluded.latitude,"
        " longitude = excluded.longitude, hours = excluded.hours, sheet = excluded.sheet,"
        " imported_at = excluded.imported_at",
        *columns, sheet, tx.at,
    )  # fmt: skip


async def remove(tx: Transaction, kind: Kind, ids: Sequence[str]) -> None:
    await tx.execute("DELETE FROM facility WHERE kind = $1 AND id = ANY ($2::text[])", kind, list(ids))
