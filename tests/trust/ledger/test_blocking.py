"""The same SQL through the driver of the simulation: what is written there is what ships."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ansim.adapters.witness.simulated import SimulatedWitness
from ansim.core.database import Database
from ansim.core.database.blocking import BlockingDriver
from ansim.core.world import World
from ansim.trust.ledger import store
from ansim.trust.ledger.actions import entry_of, record_many
from ansim.trust.ledger.check import check
from ansim.trust.ledger.sequencer import Sequencer
from ansim.trust.retention import erasure
from ansim.trust.retention.actions import destroy
from ansim.trust.retention.erasure import Eraser
from ansim.trust.retention.holdings import collect
from ansim.trust.retention.keys import Keys
from ansim.trust.retention.master import FileMaster


@pytest.fixture
async def blocking(dsn: str, world: World) -> AsyncIterator[Database]:
    database = Database(BlockingDriver(dsn), world)
    yield database
    await database.close()


async def test_from_entry_to_certificate(blocking: Database, world: World, tmp_path: Path) -> None:
    sequencer = Sequencer(blocking, "gangnam", Ed25519PrivateKey.generate())
    witness = SimulatedWitness(world, tmp_path / "witness", "police", [sequencer.verifier])
    sequencer.witnesses = (witness,)
    keys = Keys(world, tmp_path, FileMaster(world, tmp_path))
    (slot,) = keys.new()
    await keys.flush()
    async with blocking.transaction() as tx:
        acts = [
            entry_of(tx, actor="a", act="view.opened", object="o", incident=incident, details={"camera": "c"})
            for incident in (None, "i1", "i1")
        ]
        await record_many(tx, acts)
        await destroy(tx, subject="i1", scope="track", slots=[slot], actor="a", why="closed", incident="i1")
    assert await Eraser(blocking, keys, sequencer, collect()).finish_all()
    async with blocking.transaction(readonly=True) as tx:
        assert await check(tx, sequencer.verifier, [witness.verifier]) == []
        assert await erasure.check(tx, keys) == []
        wishes = {"actor": None, "act": None, "only_actor": None}
        found = await store.search(tx, incident="i1", after=None, limit=10, **wishes)
        assert [leaf.seq for leaf in found] == [4, 3, 2, 1]
        found = await store.search(tx, incident=None, after=2, limit=10, **wishes)
        assert [leaf.seq for leaf in found] == [3, 4]
    assert keys.erased(slot)
    keys.close()
    witness.close()
