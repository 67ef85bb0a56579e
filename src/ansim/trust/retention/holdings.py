"""What personal data is kept where, why, for how long, and how it is destroyed: one line per table.

Every stage that keeps any lists it in its `holdings.py` as `HOLDINGS`; the application collects them. A table of the
live schema that no line claims fails `unclaimed`: nothing personal is kept that nobody has thought about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

import msgspec

from ansim.core.database import Transaction

Scope: TypeAlias = Literal["track", "case", "person", "camera-day"]
"""Which key seals it; a destruction has one scope."""

_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,62}")


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """Personal data in the columns of a table, and the end of it."""

    table: str
    columns: tuple[str, ...]
    why: str  # what it is needed for
    law: str  # the ground on which it may be kept
    retention: str  # until when, in words
    key: Scope | None  # the key that seals the columns; None: plain, dies with the row
    by: str | None = None  # column that holds the id of the incident, trip or person it is about
    # "delete": the rows go. "blank": the rows stay, the columns become null.
    # "own": the stage destroys it by itself, as `retention` says.
    destroyed_by: Literal["delete", "blank", "own"] = "delete"

    def __post_init__(self) -> None:
        names = (self.table, *self.columns, *([self.by] if self.by else []))
        if not self.columns or not all(_IDENTIFIER.fullmatch(name) for name in names):
            raise ValueError(f"{self.table}: names of a table and its columns, at least one column")
        if self.destroyed_by != "own" and (self.key is None or self.by is None):
            raise ValueError(f"{self.table}: says neither by which key nor by which column it is destroyed")


class Impersonal(msgspec.Struct, frozen=True, kw_only=True):
    """A table that holds nothing personal, and why one can be sure."""

    table: str
    why: str


class Files(msgspec.Struct, frozen=True, kw_only=True):
    """Personal data in files beside the database, sealed under a key of this scope. They go when the key has."""

    place: str  # folder in the data folder
    why: str
    law: str
    retention: str
    key: Scope


Line: TypeAlias = Holding | Impersonal | Files

OURS: tuple[Line, ...] = (
    *(
        Impersonal(table=table, why="entries are refused if they could hold a person or a place; hashes; signatures")
        for table in (
            "ledger_entry",
            "ledger_waiting",
            "ledger_leaf",
            "ledger_node",
            "ledger_checkpoint",
            "ledger_cosignature",
        )
    ),
    Impersonal(table="destruction", why="numbers of keys, counts of rows, ids"),
)
"""The ledger's and retention's own tables."""


def collect(*groups: Iterable[Line]) -> tuple[Line, ...]:
    """All stages' lines in one. Raises ValueError when two claim the same column.

    Rows are destroyed in the order of the lines: list what refers to a row before the row."""
    lines = tuple(line for group in (OURS, *groups) for line in group)
    claimed: set[tuple[str, str]] = set()
    impersonal = {line.table for line in lines if isinstance(line, Impersonal)}
    for line in lines:
        if not isinstance(line, Holding):
            continue
        if line.table in impersonal:
            raise ValueError(f"{line.table}: both personal and not")
        for column in line.columns:
            if (line.table, column) in claimed:
                raise ValueError(f"{line.table}.{column}: claimed twice")
            claimed.add((line.table, column))
    return lines


def destroyed_with(lines: Iterable[Line], scope: str) -> list[Holding]:
    """What must go when a key of this scope dies."""
    return [line for line in lines if isinstance(line, Holding) and line.key == scope and line.destroyed_by != "own"]


async def unclaimed(tx: Transaction, lines: Sequence[Line]) -> list[str]:
    """Compare with the live schema: tables nobody claims, and claims of what is not there."""
    rows = await tx.fetch(
        "SELECT table_name AS name, array_agg(column_name::text) AS columns FROM information_schema.columns"
        " WHERE table_schema = current_schema() GROUP BY table_name ORDER BY table_name"
    )
    columns = {row["name"]: set(row["columns"]) for row in rows}
    claims = [line for line in lines if not isinstance(line, Files)]
    found = [f"{table}: no holding claims it" for table in columns if table not in {line.table for line in claims}]
    for line in claims:
        if line.table not in columns:
            found.append(f"{line.table}: claimed, but there is no such table")
        elif isinstance(line, Holding):
            wanted = {*line.columns, *([line.by] if line.by else [])}
            found += [
                f"{line.table}.{name}: claimed, but there is no such column"
                for name in sorted(wanted - columns[line.table])
            ]
    return found
