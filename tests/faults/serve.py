"""`ansim run` in a process of its own, with a mistake patched into it when one is named:
`python tests/faults/serve.py MISTAKE|- SETTINGS.toml`. Nothing of this is in the product: it has no such switches."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from typing import Any


def ack_before_commit() -> None:
    """The receipt leaves while the transaction is still open."""
    from ansim.core.writer import GroupWriter

    async def write(self: Any, group: list[tuple[Any, asyncio.Future[Any]]]) -> None:
        try:
            async with self._database.transaction() as tx:
                results = await self._apply(tx, [item for item, _ in group])
                for (_, answer), result in zip(group, results, strict=True):
                    if not answer.done():
                        answer.set_result(result)
                await asyncio.sleep(0.1)
        except Exception as error:
            self._fail(group, error)

    GroupWriter._write = write  # type: ignore[method-assign]


def no_idempotency() -> None:
    """A signal that is known already is stored again."""
    import asyncpg

    from ansim.app.centre import Centre
    from ansim.response.signals import actions

    async def known(tx: Any, arrivals: Sequence[Any]) -> dict[Any, Any]:
        return {}

    actions.known = known
    start = Centre._open_database

    async def open_without(self: Any) -> Any:
        database = await start(self)
        connection = await asyncpg.connect(self.dsn)
        await connection.execute("ALTER TABLE signal DROP CONSTRAINT IF EXISTS signal_source_client_id_went_key")
        await connection.close()
        return database

    Centre._open_database = open_without  # type: ignore[method-assign]


def commit_without_waiting() -> None:
    """synchronous_commit = off."""
    _undurable(synchronous_commit="off")


def no_fsync() -> None:
    """fsync = off."""
    _undurable(fsync="off")


def keys_not_flushed() -> None:
    """The rows are committed and what opens them is not on the disk."""
    from ansim.trust.retention.keys import Keys

    async def flush(self: Any) -> None: ...

    Keys.flush = flush  # type: ignore[method-assign]


def _undurable(**settings: str) -> None:
    import asyncpg

    from ansim.app import databases
    from ansim.core import postgres

    async def insist(connection: Any) -> None: ...

    databases.insist_durable = insist
    postgres._SETTINGS.update(settings)
    # More time in which a commit is in memory only, as on a machine whose disk is slower than this one's.
    postgres._SETTINGS["wal_writer_delay"] = "5s"
    connect = asyncpg.create_pool

    def create_pool(dsn: str, *, server_settings: dict[str, str], **others: Any) -> Any:
        chosen = server_settings | {name: value for name, value in settings.items() if name == "synchronous_commit"}
        return connect(dsn, server_settings=chosen, **others)

    asyncpg.create_pool = create_pool


MISTAKES = (ack_before_commit, no_idempotency, commit_without_waiting, no_fsync, keys_not_flushed)


if __name__ == "__main__":
    mistake, settings = sys.argv[1:3]
    for plant in MISTAKES:
        if plant.__name__ == mistake:
            plant()
            break
    else:
        assert mistake == "-", mistake
    from ansim.cli import main

    # The server's own programs need no folder of ours.
    os.chdir("/")
    sys.argv = ["ansim", "run", "--config", settings]
    main()
