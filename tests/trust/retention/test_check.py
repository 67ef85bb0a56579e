"""The fsck of keys and destructions, and the sweep at start."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ansim.core.clock import ManualClock
from ansim.core.database import Database
from ansim.core.errors import Unavailable
from ansim.core.world import World
from ansim.trust.ledger.sequencer import Sequencer
from ansim.trust.retention import store
from ansim.trust.retention.actions import destroy
from ansim.trust.retention.erasure import Eraser, check
from ansim.trust.retention.holdings import collect
from ansim.trust.retention.keys import Keys
from ansim.trust.retention.master import FileMaster


@pytest.fixture
async def keys(world: World, tmp_path: Path) -> AsyncIterator[Keys]:
    keys = Keys(world, tmp_path, FileMaster(world, tmp_path))
    yield keys
    keys.close()


@pytest.fixture
async def tables(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute("CREATE TABLE a_case (track_slot int, case_slot bigint, slots int, slot_name text)")


async def found(database: Database, keys: Keys) -> list[str]:
    async with database.transaction(readonly=True) as tx:
        return await check(tx, keys)


async def test_every_column_of_slots_counts(database: Database, keys: Keys, tables: None) -> None:
    async with database.transaction() as tx:
        await tx.execute("INSERT INTO a_case VALUES (1, 2, 3, '4'), (5, NULL, 6, NULL)")
        assert await store.used_slots(tx) == {1, 2, 5}


async def test_all_is_well(database: Database, keys: Keys, tables: None) -> None:
    one, two = keys.new(2)
    await keys.flush()
    async with database.transaction() as tx:
        await tx.execute("INSERT INTO a_case (track_slot, case_slot) VALUES ($1::int, $2::bigint)", one, two)
    assert await found(database, keys) == []


async def test_what_is_wrong_is_named(
    database: Database, keys: Keys, tables: None, tmp_path: Path, world: World, clock: ManualClock
) -> None:
    one, two, three = keys.new(3)
    await keys.flush()
    async with database.transaction() as tx:
        await tx.execute("INSERT INTO a_case (track_slot, case_slot) VALUES ($1::int, 77)", one)
        id = await destroy(tx, subject="i1", scope="track", slots=[two], actor="system", why="closed")
        late = await destroy(tx, subject="i2", scope="track", slots=[three], actor="system", why="closed")
        await store.set_keys_gone(tx, id)
        await tx.execute("UPDATE destruction SET certified_at = now() WHERE id = $1::text", id)
    content = bytearray((tmp_path / "keys").read_bytes())
    content[one * 64] ^= 1
    (tmp_path / "keys").write_bytes(content)
    await clock.advance(9 * 86_400)
    lines = await found(database, Keys(world, tmp_path, FileMaster(world, tmp_path)))
    assert lines == [
        f"destruction {late} (track) is overdue since 2026-11-21T14:47:00.000000Z: keys not destroyed",
        f"key slot {one} is damaged: what it sealed cannot be read",
        "key slot 77 is used by a row, but there is no key",
        f"key slot {two} was destroyed, but lives: an old key file was put back",
        f"the key of day {keys.today() - 9} should be destroyed: keys are not wrapped anew each day",
    ]


async def test_the_sweep_destroys_what_no_row_has_used_for_an_hour(
    database: Database, keys: Keys, tables: None, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    used, waits, orphan, late = keys.new(4)
    await keys.flush()
    async with database.transaction() as tx:
        await tx.execute("INSERT INTO a_case (track_slot) VALUES ($1::int)", used)
        await destroy(tx, subject="i1", scope="track", slots=[waits], actor="system", why="closed")
    private = Ed25519PrivateKey.generate()
    eraser = Eraser(database, keys, Sequencer(database, "gangnam", private), collect())
    looked = asyncio.Event()
    original = clock.sleep

    async def sleep(seconds: float) -> None:
        looked.set()
        await original(seconds)

    monkeypatch.setattr(clock, "sleep", sleep)
    sweep = asyncio.create_task(eraser.sweep())
    async with asyncio.timeout(60):
        await looked.wait()
    async with database.transaction() as tx:
        await tx.execute("INSERT INTO a_case (track_slot) VALUES ($1::int)", late)
    (young,) = keys.new()
    await keys.flush()
    await clock.advance(3600)
    assert await sweep == 1
    assert [keys.erased(slot) for slot in (used, waits, orphan, late, young)] == [False, False, True, False, False]


async def test_keys_opened_to_be_looked_at_are_not_changed(keys: Keys, world: World, tmp_path: Path) -> None:
    (slot,) = keys.new()
    await keys.flush()
    (tmp_path / "rewrap").write_bytes(b"in the middle of something")
    looking = Keys(world, tmp_path, FileMaster(world, tmp_path), readonly=True)
    assert looking.check([slot]).live == 1
    assert (tmp_path / "rewrap").read_bytes() == b"in the middle of something"
    with pytest.raises(Unavailable):
        looking.new()
    with pytest.raises(Unavailable):
        await looking.erase([slot])
    assert not keys.erased(slot)
