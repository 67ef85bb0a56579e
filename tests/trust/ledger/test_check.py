"""The fsck of the ledger names what is wrong; every kind of damage is found."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ansim.adapters.witness.simulated import SimulatedWitness
from ansim.core.clock import ManualClock
from ansim.core.database import Database
from ansim.core.world import World
from ansim.trust.ledger.actions import record
from ansim.trust.ledger.check import check
from ansim.trust.ledger.checkpoint import Verifier
from ansim.trust.ledger.sequencer import Sequencer

LOG, WITNESS = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
BY_LOG = Verifier("gangnam", LOG.public_key())
BY_WITNESS = Verifier("police", WITNESS.public_key(), cosigner=True)


@pytest.fixture
async def sequencer(database: Database, world: World, tmp_path: Path) -> AsyncIterator[Sequencer]:
    """A ledger of 20 entries under four checkpoints, the tables open to damage."""
    witness = SimulatedWitness(world, tmp_path / "witness", "police", [BY_LOG], private=WITNESS)
    sequencer = Sequencer(database, "gangnam", LOG, [witness])
    for count in (3, 1, 8, 8):
        async with database.transaction() as tx:
            for number in range(count):
                await record(tx, actor="a", act="view.opened", object="camera-1", details={"count": number})
        await sequencer.settle()
    async with database.transaction() as tx:
        for table in ("entry", "leaf", "node", "checkpoint", "cosignature"):
            await tx.execute(f"ALTER TABLE ledger_{table} DISABLE TRIGGER append_only")
    yield sequencer
    witness.close()


async def found(database: Database, *sql: str) -> list[str]:
    async with database.transaction() as tx:
        for statement in sql:
            await tx.execute(statement)
    async with database.transaction(readonly=True) as tx:
        return await check(tx, BY_LOG, [BY_WITNESS])


async def test_all_is_well(database: Database, sequencer: Sequencer) -> None:
    assert await found(database) == []


async def test_an_empty_ledger_is_well(database: Database) -> None:
    assert await found(database) == []


DAMAGE = {
    "ledger entry 4 ": "UPDATE ledger_entry e SET actor = 'b' FROM ledger_leaf l WHERE l.entry = e.id AND l.seq = 4",
    "ledger entry 7 ": "UPDATE ledger_entry e SET details = '{\"count\": 9}' FROM ledger_leaf l"
    " WHERE l.entry = e.id AND l.seq = 7",
    "ledger entry 0 ": "UPDATE ledger_entry e SET at = at + interval '1 microsecond' FROM ledger_leaf l"
    " WHERE l.entry = e.id AND l.seq = 0",
    "ledger leaf 6 is missing": "DELETE FROM ledger_leaf WHERE seq = 6",
    "ledger checkpoint 20 covers more": "DELETE FROM ledger_leaf WHERE seq = 19",
    "ledger entry 5 ": "UPDATE ledger_leaf SET hash = sha256('x') WHERE seq = 5",
    "ledger hash 1/2 ": "UPDATE ledger_node SET hash = sha256('x') WHERE level = 1 AND position = 2",
    "ledger hash 2/0 ": "DELETE FROM ledger_node WHERE level = 2 AND position = 0",
    "ledger checkpoint 12 is not one": "UPDATE ledger_checkpoint SET note = (SELECT note FROM ledger_checkpoint"
    " WHERE size = 4)"
    " WHERE size = 12",
    "ledger checkpoint 3 is not one": "UPDATE ledger_checkpoint SET note = replace(note, 'gangnam', 'seocho')"
    " WHERE size = 3",
    "ledger checkpoint 20: the signature of police": "UPDATE ledger_cosignature SET line = (SELECT line FROM"
    " ledger_cosignature"
    " WHERE size = 12) WHERE size = 20",
}


@pytest.mark.parametrize("line", DAMAGE)
async def test_damage_is_named(database: Database, sequencer: Sequencer, line: str) -> None:
    lines = await found(database, DAMAGE[line])
    assert any(each.startswith(line) for each in lines), lines


async def test_a_rewrite_that_fits_in_itself_does_not_fit_the_checkpoints(
    database: Database, sequencer: Sequencer
) -> None:
    """An insider without the signing key: entry, leaf and all hashes above are made to fit."""
    from ansim.trust.ledger import merkle, store

    async with database.transaction() as tx:
        await tx.execute("UPDATE ledger_entry e SET actor = 'b' FROM ledger_leaf l WHERE l.entry = e.id AND l.seq = 9")
        entries = [leaf.entry for leaf in await store.leaves(tx, 0, 100)]
        await tx.execute("DELETE FROM ledger_leaf")
        await tx.execute("DELETE FROM ledger_node")
        await store.place(tx, 0, entries, merkle.grow(0, {}, [entry.leaf() for entry in entries]))
    assert await found(database) == [
        "ledger checkpoint 12 does not fit the entries 4 to 11",
        "ledger checkpoint 20 does not fit the entries 12 to 19",
    ]


async def test_an_entry_that_waits_too_long_and_one_that_lost_its_place_in_the_line(
    database: Database, sequencer: Sequencer, clock: ManualClock
) -> None:
    async with database.transaction() as tx:
        waits = await record(tx, actor="a", act="x", object="o")
        loses = await record(tx, actor="a", act="x", object="o")
    async with database.transaction() as tx:
        await tx.execute("DELETE FROM ledger_waiting WHERE entry = $1", loses)
    await clock.advance(5)
    assert [line for line in await found(database) if "waits" in line] == []
    await clock.advance(1)
    assert await found(database) == [
        f"ledger entry {waits} waits for its place for more than 5 s",
        f"ledger entry {loses} was accepted but has no place and does not wait",
    ]


async def test_a_witness_that_is_silent_for_five_minutes(
    database: Database, sequencer: Sequencer, clock: ManualClock
) -> None:
    alone = Sequencer(database, "gangnam", LOG)
    async with database.transaction() as tx:
        await record(tx, actor="a", act="x", object="o")
    await alone.settle()
    await clock.advance(300)
    assert await found(database) == []
    await clock.advance(1)
    assert await found(database) == ["ledger: police has not signed for more than 300 s"]
