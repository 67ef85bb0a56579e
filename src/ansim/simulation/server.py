"""A PostgreSQL without durability, on which one history after the other is played."""

from __future__ import annotations

import asyncio
import gc
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ansim.core.database.blocking import BlockingDriver
from ansim.core.migrate import migrate
from ansim.core.postgres import EmbeddedPostgres
from ansim.simulation.history import History
from ansim.simulation.nation import Nation
from ansim.simulation.play import Outcome, Play
from ansim.simulation.weather import Season, Weather

_FAST = (
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("synchronous_commit", "off"),
    ("autovacuum", "off"),
    ("max_wal_size", "1GB"),
    # A plan that depends on how often a statement was run before would make the order of rows depend on it too.
    ("plan_cache_mode", "force_custom_plan"),
)


@contextmanager
def _unheard() -> Iterator[None]:
    """What coroutines of dead processes cry when they are collected, because they would like to clean up first."""
    before, sys.unraisablehook = sys.unraisablehook, lambda _: None
    try:
        yield
    finally:
        sys.unraisablehook = before


class Server:
    """`with Server() as server: server.history(seed)`; with several centres `server.nation(seed)`."""

    def __init__(self, centres: int = 1) -> None:
        self._centres = centres

    def __enter__(self) -> Server:
        memory = Path("/dev/shm")
        self._folder = Path(tempfile.mkdtemp(prefix="ansim-simulation.", dir=memory if memory.is_dir() else None))
        self._folder.chmod(0o711)
        room = ("max_connections", str(64 + 4 * self._centres))
        self._postgres = EmbeddedPostgres(self._folder / "postgres", settings=(*_FAST, room))
        dsn = self._postgres.start()
        asyncio.run(migrate(dsn))
        # A database each, as they have it: a lock that is taken by its number is one for all of a database.
        others = [f"centre_{number}" for number in range(1, self._centres)]
        asyncio.run(_copy(dsn, others))
        self.drivers = [BlockingDriver(dsn), *(BlockingDriver(make_conninfo(dsn, dbname=name)) for name in others)]
        self.driver = self.drivers[0]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for driver in self.drivers:
            asyncio.run(driver.close())
        self._postgres.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def history(self, seed: int, weather: Weather | None = None) -> Outcome:
        return self._played(History(seed, self.driver, self._folder / "centre", weather), self.drivers[:1])

    def nation(self, seed: int, weather: Season | None = None) -> Outcome:
        return self._played(Nation(seed, self.drivers, self._folder / "nation", weather), self.drivers)

    def _played(self, play: Play, drivers: Sequence[BlockingDriver]) -> Outcome:
        for driver in drivers:
            asyncio.run(_empty(driver))
        with _unheard():
            outcome = play.run()
            gc.collect()
        return outcome


async def _copy(dsn: str, names: Sequence[str]) -> None:
    async with await psycopg.AsyncConnection.connect(make_conninfo(dsn, dbname="template1"), autocommit=True) as server:
        template = conninfo_to_dict(dsn).get("dbname", "postgres")
        for name in names:
            await server.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())


async def _empty(driver: BlockingDriver) -> None:
    async with driver.transaction(readonly=False) as connection:
        tables = await connection.fetch(
            "SELECT string_agg(format('%I', tablename), ', ') AS names FROM pg_tables"
            " WHERE schemaname = current_schema() AND tablename <> 'migration'"
        )
        await connection.execute(f"TRUNCATE {tables[0]['names']} RESTART IDENTITY CASCADE")
        # Sequences that belong to no table count on through a TRUNCATE.
        await connection.execute(
            "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)"
            " FROM pg_sequences WHERE schemaname = current_schema()"
        )
