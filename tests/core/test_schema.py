"""schema.sql is what the migrations add up to, and says of every column what it means."""

from __future__ import annotations

import asyncpg
import pytest

from ansim.core.migrate import migrate
from reference.schema import schema, tables

CATALOGUES = {
    "relations": "SELECT relname, relkind::text FROM pg_class WHERE relnamespace = 'public'::regnamespace",
    "columns": "SELECT c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,"
    " a.attidentity::text,"
    " pg_get_expr(d.adbin, d.adrelid) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
    " LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
    " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped",
    "constraints": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "sequences": "SELECT sequencename, data_type::text, start_value, increment_by, max_value FROM pg_sequences"
    " WHERE schemaname = 'public'",
    "functions": "SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "triggers": "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
}


async def _catalogue(dsn: str, sql: str) -> set[tuple[object, ...]]:
    connection = await asyncpg.connect(dsn)
    try:
        return {tuple(row) for row in await connection.fetch(sql)}
    finally:
        await connection.close()


@pytest.fixture
async def by_schema(empty_dsn: str) -> str:
    connection = await asyncpg.connect(empty_dsn)
    try:
        await connection.execute(schema())
    finally:
        await connection.close()
    return empty_dsn


@pytest.mark.parametrize("part", CATALOGUES)
async def test_the_schema_is_the_sum_of_the_migrations(part: str, dsn: str, by_schema: str) -> None:
    assert await _catalogue(by_schema, CATALOGUES[part]) == await _catalogue(dsn, CATALOGUES[part])


async def test_the_comparison_sees_a_difference(dsn: str, by_schema: str) -> None:
    connection = await asyncpg.connect(by_schema)
    try:
        await connection.execute("ALTER TABLE incident ALTER COLUMN silent SET DEFAULT false")
    finally:
        await connection.close()
    assert await _catalogue(by_schema, CATALOGUES["columns"]) != await _catalogue(dsn, CATALOGUES["columns"])


async def test_every_table_and_column_is_explained(dsn: str) -> None:
    said = {(table.name, column.name): column.comment for table in tables(schema()) for column in table.columns}
    live = await _catalogue(
        dsn, "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    )
    assert set(said) == live
    assert not [name for name, comment in said.items() if not comment]
    assert not [table.name for table in tables(schema()) if not table.comment]


async def test_a_second_migration_changes_nothing(dsn: str) -> None:
    assert await migrate(dsn) == []
