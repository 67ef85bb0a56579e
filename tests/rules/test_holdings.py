"""Personal data is kept only where a holding says why, on what ground, and until when."""

from __future__ import annotations

import asyncpg
import pytest

from ansim.app.holdings import holdings
from ansim.core.database import Database
from ansim.core.database.pool import PoolDriver
from ansim.core.world import World
from ansim.trust.retention.holdings import Holding, unclaimed

HOLDINGS = [line for line in holdings() if isinstance(line, Holding)]


async def _unclaimed(dsn: str) -> list[str]:
    database = Database(await PoolDriver.connect(dsn), World())
    try:
        async with database.transaction() as tx:
            return await unclaimed(tx, holdings())
    finally:
        await database.close()


async def test_every_table_of_the_live_schema_is_claimed(dsn: str) -> None:
    assert await _unclaimed(dsn) == []


async def test_a_table_that_nobody_thought_about_is_found(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("CREATE TABLE diary (person text, secret text)")
    finally:
        await connection.close()
    assert await _unclaimed(dsn) == ["diary: no holding claims it"]


@pytest.mark.parametrize("line", HOLDINGS, ids=lambda line: line.table)
def test_a_holding_says_why_on_what_ground_and_until_when(line: Holding) -> None:
    assert line.why and line.law and line.retention


async def test_what_is_sealed_is_not_kept_as_text(dsn: str) -> None:
    """A column said to be under a key holds bytes; a tag that stands for something is bytes, too."""
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(
            "SELECT table_name AS t, column_name AS c, data_type AS d FROM information_schema.columns"
            " WHERE table_schema = 'public'"
        )
    finally:
        await connection.close()
    kinds = {(row["t"], row["c"]): row["d"] for row in rows}
    sealed = [(line.table, column) for line in HOLDINGS if line.key for column in line.columns]
    texts = {place for place in sealed if kinds[place] != "bytea"}
    assert texts <= {("consent", "item")}
