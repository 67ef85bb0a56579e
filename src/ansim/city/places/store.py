"""The SQL of imported boundaries."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import shapely

from ansim.city.places.boundary import Boundary
from ansim.city.places.model import Name
from ansim.core.database import Transaction

_COLUMNS = (
    "id, service, name_ko, name_en, centre, uris, number, civic, municipality, shape, valid_from, valid_to, imported_at"
)


async def every(tx: Transaction) -> list[Boundary]:
    rows = await tx.fetch(f"SELECT {_COLUMNS} FROM boundary ORDER BY id")
    return [
        Boundary(
            id=row["id"], service=row["service"], name=Name(ko=row["name_ko"], en=row["name_en"]), centre=row["centre"],
            uris=tuple(row["uris"]), number=row["number"], municipality=row["municipality"], shape=shapely.from_wkb(bytes(row["shape"])),
            civic=msgspec.json.decode(row["civic"], type=tuple[dict[str, str], ...]),
            valid_from=row["valid_from"], valid_to=row["valid_to"], updated_at=row["imported_at"],
        )
        for row in rows
    ]  # fmt: skip


async def ids_of(tx: Transaction, sheet: str) -> set[str]:
    return {row["id"] for row in await tx.fetch("SELECT id FROM boundary WHERE sheet = $1", sheet)}


async def put(tx: Transaction, sheet: str, boundaries: Sequence[Boundary]) -> None:
    """One that another sheet brought before is this one's from now on."""
    for one in boundaries:
        await tx.execute(
            f"INSERT INTO boundary ({_COLUMNS}, sheet) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
            " ON CONFLICT (id) DO UPDATE SET sheet = excluded.sheet",
            one.id, one.service, one.name.ko, one.name.en, one.centre, list(one.uris), one.number, msgspec.json.encode(one.civic).decode(),
            one.municipality, shapely.to_wkb(one.shape), one.valid_from, one.valid_to, tx.at, sheet,
        )  # fmt: skip


async def remove(tx: Transaction, ids: Sequence[str]) -> None:
    await tx.execute("DELETE FROM boundary WHERE id = ANY ($1::text[])", list(ids))
