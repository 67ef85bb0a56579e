"""A PostgreSQL without durability, on which one history after the other is played."""

from __future__ import annotations

import asyncio
import gc
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from ansim.core.database.blocking import BlockingDriver
from ansim.core.migrate import migrate
from ansim.core.postgres import EmbeddedPostgres
from ansim.simulation.history import History, Outcome
from ansim.simulation.weather import Weather

_FAST = (
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("synchronous_commit", "off"),
    ("autovacuum", "off"),
    ("max_wal_size", "1GB"),
    # A plan that depends on how often a statement was run before would make the order of rows depend on it too.
    ("plan_cache_mode", "force_custom_plan"),
)
_SCHEMA = "simulated"


@contextmanager
def _unheard() -> Iterator[None]:
    """What coroutines of dead processes cry when they are collected, because they would like to clean up first."""
    before, sys.unraisablehook = sys.unraisablehook, lambda _: None
    try:
        yield
    finally:
        sys.unraisablehook = before


class Server:
    """`with Server() as server: server.history(seed)`"""

    def __enter__(self) -> Server:
        memory = Path("/dev/shm")
        self._folder = Path(tempfile.mkdtemp(prefix="ansim-simulation.", dir=memory if memory.is_dir() else None))
        self._folder.chmod(0o711)
        self._postgres = EmbeddedPostgres(self._folder / "postgres", settings=_FAST)
        dsn = self._postgres.start()
        asyncio.run(migrate(dsn, schema=_SCHEMA))
        self.driver = BlockingDriver(dsn, schema=_SCHEMA)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run(self.driver.close())
        self._postgres.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def history(self, seed: int, weather: Weather | None = None) -> Outcome:
        asyncio.run(self._empty())
        with _unheard():
            outcome = History(seed, self.driver, self._folder / "centre", weather).run()
            gc.collect()
        return outcome

    async def _empty(self) -> None:
        async with self.driver.transaction(readonly=False) as connection:
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
