"""Rows that are structs: their members are the columns."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ansim.core.database.database import Transaction


async def insert(tx: Transaction, table: str, row: msgspec.Struct, *, once: str | None = None) -> bool:
    """False where a row with the same `once` (a unique column) is there already."""
    names = row.__struct_fields__
    tag = await tx.execute(
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(f'${n}' for n in range(1, len(names) + 1))})"
        + (f" ON CONFLICT ({once}) DO NOTHING" if once else ""),
        *(getattr(row, name) for name in names),
    )
    return tag.endswith(" 1")


def saving(table: str, changes: Mapping[str, str]) -> str:
    """Worked out once, for `Transaction.write`: keeps these columns, each with its type, of any number of rows."""
    arrays = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(["text", *changes.values()], start=1))
    return (
        f"UPDATE {table} SET {', '.join(f'{name} = new.{name}' for name in changes)}"
        f" FROM unnest({arrays}) AS new(id, {', '.join(changes)}) WHERE {table}.id = new.id"
    )
