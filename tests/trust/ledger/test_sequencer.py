"""From accepted to integrated, signed and witnessed; and what an insider can do to it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ansim.adapters.witness.simulated import SimulatedWitness
from ansim.core.clock import ManualClock
from ansim.core.database import Database, Transaction
from ansim.core.database.pool import PoolDriver
from ansim.core.world import World
from ansim.trust.ledger import merkle, store
from ansim.trust.ledger.actions import record
from ansim.trust.ledger.checkpoint import Verifier, cosign, open_note, read
from ansim.trust.ledger.sequencer import Sequencer

LOG, WITNESS = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))


@pytest.fixture
async def witness(world: World, tmp_path: Path) -> AsyncIterator[SimulatedWitness]:
    logs = [Verifier("gangnam", LOG.public_key())]
    witness = SimulatedWitness(world, tmp_path / "witness", "police", logs, private=WITNESS)
    yield witness
    witness.close()


@pytest.fixture
def sequencer(database: Database, witness: SimulatedWitness) -> Sequencer:
    return Sequencer(database, "gangnam", LOG, [witness])


async def act(database: Database, count: int = 1, name: str = "x") -> list[str]:
    async with database.transaction() as tx:
        return [await record(tx, actor="a", act=name, object="o") for _ in range(count)]


async def test_accepted_entries_get_their_places_in_order(
    database: Database, sequencer: Sequencer, clock: ManualClock
) -> None:
    ids = await act(database, 3)
    await clock.advance(1)
    ids += await act(database, 2)
    assert await sequencer.integrate() == 5
    assert await sequencer.integrate() == 0
    async with database.transaction(readonly=True) as tx:
        leaves = await store.leaves(tx, 0, 100)
        assert await store.waiting(tx, 10) == []
    assert [leaf.seq for leaf in leaves] == [0, 1, 2, 3, 4]
    assert [leaf.entry.id for leaf in leaves] == ids


async def test_a_clock_set_back_does_not_turn_the_order_round(
    dsn: str, database: Database, sequencer: Sequencer, clock: ManualClock
) -> None:
    await clock.advance(3600)
    first = await act(database)
    earlier = Database(await PoolDriver.connect(dsn, size=2), World(clock=ManualClock()))
    second = await act(earlier)
    await earlier.close()
    await sequencer.integrate()
    async with database.transaction(readonly=True) as tx:
        leaves = await store.leaves(tx, 0, 10)
    assert [leaf.entry.id for leaf in leaves] == first + second
    assert leaves[0].entry.at > leaves[1].entry.at


async def test_the_stored_tree_is_the_tree_of_the_entries(database: Database, sequencer: Sequencer) -> None:
    whole = merkle.Tree()
    for count in (1, 2, 5, 9, 40):
        await act(database, count)
        await sequencer.integrate()
    async with database.transaction(readonly=True) as tx:
        size = await store.size(tx)
        for leaf in await store.leaves(tx, 0, 100):
            assert leaf.hash == leaf.entry.leaf()
            whole.append(leaf.entry.leaf())
        assert merkle.root(size, await store.hashes(tx, merkle.cover(0, size))) == whole.root()
        for position in (0, 3, 31, 56):
            parts = merkle.inclusion_parts(position, size)
            proof = merkle.fold_parts(parts, await store.hashes(tx, merkle.nodes_of(parts)))
            assert proof == whole.inclusion(position, size)


async def test_two_sequencers_make_one_tree(database: Database, sequencer: Sequencer) -> None:
    other = Sequencer(database, "gangnam", LOG)
    await act(database, 30)
    placed = await asyncio.gather(sequencer.integrate(), other.integrate(), sequencer.integrate())
    assert sum(placed) == 30
    async with database.transaction(readonly=True) as tx:
        assert [leaf.seq for leaf in await store.leaves(tx, 0, 100)] == list(range(30))


async def test_a_checkpoint_every_minute_or_thousand_entries_and_only_when_there_is_news(
    database: Database, sequencer: Sequencer, clock: ManualClock
) -> None:
    assert await sequencer.checkpoint() is None
    await act(database)
    await sequencer.integrate()
    first = await sequencer.checkpoint()
    assert first is not None
    assert open_note(first.note, by=sequencer.verifier).size == 1
    await act(database)
    await sequencer.integrate()
    assert await sequencer.checkpoint() is None
    await clock.advance(60)
    second = await sequencer.checkpoint()
    assert second is not None
    assert second.size == 2
    await clock.advance(600)
    assert await sequencer.checkpoint() is None, "nothing new"
    await act(database, 1000)
    await sequencer.integrate()
    third = await sequencer.checkpoint()
    assert third is not None
    assert third.size == 1002


async def test_the_loop_integrates_within_a_second(
    database: Database, sequencer: Sequencer, clock: ManualClock
) -> None:
    await sequencer.start()
    try:
        await act(database)
        async with asyncio.timeout(60):
            while True:
                await clock.advance(1)
                async with database.transaction(readonly=True) as tx:
                    if await store.cosignatures(tx):
                        break
                await asyncio.sleep(0.01)
    finally:
        await sequencer.close()


async def test_the_witness_signs_what_grows(database: Database, sequencer: Sequencer) -> None:
    for _ in range(3):
        await act(database, 3)
        last = await sequencer.settle()
    async with database.transaction(readonly=True) as tx:
        signed = await store.cosignatures(tx)
    assert [line.size for line in signed] == [3, 6, 9]
    open_note(last.note + signed[-1].line, by=sequencer.witnesses[0].verifier)


async def test_an_answer_that_was_lost_is_made_good(database: Database, sequencer: Sequencer) -> None:
    await act(database, 3)
    await sequencer.settle()
    async with database.transaction() as tx:
        await unlock(tx)
        await tx.execute("DELETE FROM ledger_cosignature")
    await act(database, 2)
    await sequencer.settle()
    async with database.transaction(readonly=True) as tx:
        assert await store.last_cosigned(tx, "police") == 5


async def test_a_witness_that_is_away_stops_nothing(database: Database, sequencer: Sequencer) -> None:
    class Away:
        verifier = Verifier("away", WITNESS.public_key(), cosigner=True)

        async def add_checkpoint(self, old: int, proof: object, note: str) -> str:
            raise ConnectionRefusedError

    both = Sequencer(database, "gangnam", LOG, [Away(), *sequencer.witnesses])
    await act(database)
    await both.settle()
    async with database.transaction(readonly=True) as tx:
        assert [line.witness for line in await store.cosignatures(tx)] == ["police"]


class Silent:
    """Takes a checkpoint and says nothing."""

    def __init__(self, name: str = "silent") -> None:
        self.verifier = Verifier(name, WITNESS.public_key(), cosigner=True)
        self.asked = 0

    async def add_checkpoint(self, old: int, proof: object, note: str) -> str:
        self.asked += 1
        await asyncio.Event().wait()
        raise AssertionError


async def test_a_silent_witness_keeps_no_entry_from_its_place_and_no_other_from_signing(
    database: Database, sequencer: Sequencer, clock: ManualClock
) -> None:
    silent = Silent()
    both = Sequencer(database, "gangnam", LOG, [silent, *sequencer.witnesses])
    await both.start()
    try:
        for size in (1, 2, 3):
            await act(database)
            async with asyncio.timeout(60):
                while True:
                    await clock.advance(61)
                    async with database.transaction(readonly=True) as tx:
                        if await store.last_cosigned(tx, "police") == size:
                            break
                    await asyncio.sleep(0.01)
    finally:
        await both.close()
    assert silent.asked == 1


async def test_who_needs_it_settled_does_not_wait_for_a_silent_witness_for_ever(
    database: Database, sequencer: Sequencer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ansim.trust.ledger.sequencer._PATIENCE_S", 0.05)
    both = Sequencer(database, "gangnam", LOG, [Silent(), *sequencer.witnesses])
    await act(database)
    async with asyncio.timeout(30):
        assert (await both.settle()).size == 1
    async with database.transaction(readonly=True) as tx:
        assert await store.last_cosigned(tx, "police") == 1


async def test_a_witness_that_is_away_is_asked_less_and_less_often_and_signs_when_it_is_back(
    database: Database, sequencer: Sequencer, clock: ManualClock
) -> None:
    class Comes:
        verifier = sequencer.witnesses[0].verifier
        away, asked = True, 0

        async def add_checkpoint(self, old: int, proof: list[bytes], note: str) -> str:
            self.asked += 1
            if self.away:
                raise ConnectionRefusedError
            return await sequencer.witnesses[0].add_checkpoint(old, proof, note)

    witness = Comes()
    one = Sequencer(database, "gangnam", LOG, [witness])
    await act(database)
    await one.start()
    try:
        for _ in range(600):
            await clock.advance(1)
            await asyncio.sleep(0.002)
        assert 3 <= witness.asked <= 20, "ten minutes"
        witness.away = False
        async with asyncio.timeout(60):
            while True:
                await clock.advance(10)
                async with database.transaction(readonly=True) as tx:
                    if await store.last_cosigned(tx, "police") == 1:
                        break
                await asyncio.sleep(0.01)
    finally:
        await one.close()


async def test_a_signature_by_another_key_is_not_kept(
    database: Database, sequencer: Sequencer, capsys: pytest.CaptureFixture[str]
) -> None:
    class Wrong:
        verifier = Verifier("wrong", WITNESS.public_key(), cosigner=True)

        async def add_checkpoint(self, old: int, proof: object, note: str) -> str:
            return cosign(read(note)[0], "wrong", LOG, 1)

    both = Sequencer(database, "gangnam", LOG, [Wrong(), *sequencer.witnesses])
    await act(database)
    await both.settle()
    async with database.transaction(readonly=True) as tx:
        assert [line.witness for line in await store.cosignatures(tx)] == ["police"]
    assert "not its own" in capsys.readouterr().out


async def test_many_who_want_it_settled_at_once_are_no_alarm(
    database: Database, sequencer: Sequencer, capsys: pytest.CaptureFixture[str]
) -> None:
    async def one() -> None:
        await act(database)
        await sequencer.settle()

    await asyncio.gather(*(one() for _ in range(8)))
    async with database.transaction(readonly=True) as tx:
        last = await store.last_checkpoint(tx)
        assert last is not None
        assert await store.last_cosigned(tx, "police") == last.size
    assert "refused" not in capsys.readouterr().out


async def test_a_damaged_tree_is_said_and_does_not_stop_the_loop(
    database: Database, sequencer: Sequencer, clock: ManualClock, capsys: pytest.CaptureFixture[str]
) -> None:
    await act(database, 5)
    await sequencer.integrate()
    async with database.transaction() as tx:
        await unlock(tx)
        await tx.execute("DELETE FROM ledger_node WHERE level = 2")
    await act(database)
    await sequencer.start()
    try:
        async with asyncio.timeout(60):
            while capsys.readouterr().out.count("ledger not integrated") < 1:
                await clock.advance(1)
                await asyncio.sleep(0.01)
        async with database.transaction() as tx:
            await unlock(tx)
            await tx.execute("DELETE FROM ledger_leaf")
            await tx.execute("DELETE FROM ledger_node")
            await tx.execute("INSERT INTO ledger_waiting (entry) SELECT id FROM ledger_entry ON CONFLICT DO NOTHING")
        async with asyncio.timeout(60):
            size = 0
            while size < 6:
                await clock.advance(1)
                await asyncio.sleep(0.01)
                async with database.transaction(readonly=True) as tx:
                    size = await store.size(tx)
    finally:
        await sequencer.close()


# -- the insider: owns the database and the signing key


async def unlock(tx: Transaction) -> None:
    for table in ("entry", "leaf", "node", "checkpoint", "cosignature"):
        await tx.execute(f"ALTER TABLE ledger_{table} DISABLE TRIGGER append_only")


async def rewrite(database: Database, sql: str, *arguments: object) -> None:
    """Change history the way an owner of the database can, then recompute and sign everything again."""
    async with database.transaction() as tx:
        await unlock(tx)
        await tx.execute(sql, *arguments)
        entries = [leaf.entry for leaf in await store.leaves(tx, 0, 10_000)]
        for table in ("ledger_cosignature", "ledger_checkpoint", "ledger_node", "ledger_leaf"):
            await tx.execute(f"DELETE FROM {table}")
        await store.place(tx, 0, entries, merkle.grow(0, {}, [entry.leaf() for entry in entries]))
    await Sequencer(database, "gangnam", LOG).settle()


async def test_a_rewritten_entry_is_refused_by_the_witness(database: Database, sequencer: Sequencer) -> None:
    ids = await act(database, 10)
    await sequencer.settle()
    await rewrite(database, "UPDATE ledger_entry SET actor = 'somebody-else' WHERE id = $1", ids[4])
    await act(database, 3)
    await sequencer.settle()
    async with database.transaction(readonly=True) as tx:
        assert await store.last_cosigned(tx, "police") == 0, "no signature for the new history"


async def test_a_shortened_log_is_refused_by_the_witness(database: Database, sequencer: Sequencer) -> None:
    await act(database, 10)
    await sequencer.settle()
    await rewrite(database, "DELETE FROM ledger_leaf WHERE seq >= 7")
    await sequencer.settle()
    async with database.transaction(readonly=True) as tx:
        assert await store.last_cosigned(tx, "police") == 0
