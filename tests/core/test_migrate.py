"""Migrations: in order, each once, all or nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from ansim.core import migrate as module
from ansim.core.errors import Problem
from ansim.core.migrate import Migration, every_migration, migrate


async def query(dsn: str, sql: str) -> list[Any]:
    connection = await asyncpg.connect(dsn)
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> list[Migration]:
    """The migrations there are, for a test to say."""
    files = [Migration(1, "first", "CREATE TABLE first (n int)"), Migration(2, "second", "CREATE TABLE second (n int)")]
    monkeypatch.setattr(module, "every_migration", lambda: sorted(files, key=lambda one: one.number))
    return files


def test_the_numbers_have_no_gap_and_no_double() -> None:
    numbers = [migration.number for migration in every_migration()]
    assert numbers == list(range(1, len(numbers) + 1))


async def test_an_empty_database_gets_all_and_then_nothing(empty_dsn: str) -> None:
    expected = [f"{migration.number:04d}_{migration.name}" for migration in every_migration()]
    assert await migrate(empty_dsn) == expected
    assert await migrate(empty_dsn) == []


async def test_two_at_once_apply_each_once(empty_dsn: str, files: list[Migration]) -> None:
    files.append(Migration(3, "slow", "SELECT pg_sleep(0.1)"))
    one, other = await asyncio.gather(migrate(empty_dsn), migrate(empty_dsn))
    assert sorted(one + other) == ["0001_first", "0002_second", "0003_slow"]


async def test_only_what_is_new_is_applied(empty_dsn: str, files: list[Migration]) -> None:
    await migrate(empty_dsn)
    files.append(Migration(3, "third", "ALTER TABLE first ADD m int"))
    assert await migrate(empty_dsn) == ["0003_third"]


async def test_a_file_changed_after_it_was_applied_is_refused(empty_dsn: str, files: list[Migration]) -> None:
    await migrate(empty_dsn)
    files[0] = Migration(1, "first", "CREATE TABLE first (n bigint)")
    files.append(Migration(3, "third", "CREATE TABLE third (n int)"))
    with pytest.raises(Problem) as refused:
        await migrate(empty_dsn)
    assert refused.value.type == "migration.changed"
    assert await query(empty_dsn, "SELECT to_regclass('third')") == [(None,)]


async def test_one_that_fails_leaves_nothing_of_itself_and_all_before_it(
    empty_dsn: str, files: list[Migration]
) -> None:
    files.append(Migration(3, "broken", "CREATE TABLE third (n int); SELECT 1 / 0"))
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(empty_dsn)
    assert await query(empty_dsn, "SELECT number FROM migration ORDER BY 1") == [(1,), (2,)]
    assert await query(empty_dsn, "SELECT to_regclass('third')") == [(None,)]
    files[2] = Migration(3, "mended", "CREATE TABLE third (n int)")
    assert await asyncio.wait_for(migrate(empty_dsn), 10) == ["0003_mended"], "the lock was given back"


async def test_a_schema_of_its_own(empty_dsn: str, files: list[Migration]) -> None:
    await migrate(empty_dsn, schema="one")
    await migrate(empty_dsn, schema="other")
    found = await query(empty_dsn, "SELECT schemaname FROM pg_tables WHERE tablename = 'first' ORDER BY 1")
    assert found == [("one",), ("other",)]
