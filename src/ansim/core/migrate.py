"""Numbered SQL files, applied in order, each once, each in its own transaction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import asyncpg

from ansim.core.errors import Problem


@dataclass(frozen=True)
class Migration:
    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def every_migration() -> list[Migration]:
    found = []
    for file in files("ansim.migrations").iterdir():
        number, _, rest = file.name.partition("_")
        if file.name.endswith(".sql") and number.isdigit():
            found.append(Migration(int(number), rest.removesuffix(".sql"), file.read_text(encoding="utf-8")))
    return sorted(found, key=lambda migration: migration.number)


async def migrate(dsn: str, *, schema: str | None = None) -> list[str]:
    """Bring the database up to date; the names of what was applied. Safe to run from two processes at once."""
    connection = await asyncpg.connect(dsn)
    try:
        if schema:
            await connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"; SET search_path TO "{schema}"')
        return await _apply(connection)
    finally:
        await connection.close()


async def _apply(connection: Any) -> list[str]:
    applied = []
    await connection.execute("SELECT pg_advisory_lock(4247)")
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS migration (number int PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL,"
        " applied_at timestamptz NOT NULL DEFAULT now())"
    )
    done = {row["number"]: row["sha256"] for row in await connection.fetch("SELECT number, sha256 FROM migration")}
    for migration in every_migration():
        if migration.number in done:
            if done[migration.number] != migration.sha256:
                raise Problem(
                    500, "migration.changed", f"Migration {migration.number} was changed after it was applied"
                )
            continue
        async with connection.transaction():
            # Waiting for a lock longer than this would stop the intake; whoever migrates tries again instead.
            await connection.execute("SET LOCAL lock_timeout = '5s'")
            await connection.execute(migration.sql)
            await connection.execute(
                "INSERT INTO migration (number, name, sha256) VALUES ($1, $2, $3)",
                migration.number,
                migration.name,
                migration.sha256,
            )
        applied.append(f"{migration.number:04d}_{migration.name}")
    return applied
