"""The register in memory: what ranking reads on every step she takes."""

from __future__ import annotations

from collections.abc import Sequence

from ansim.city.cameras import store
from ansim.city.cameras.model import Camera
from ansim.city.cameras.sight import Sight
from ansim.core.database import Database, Transaction
from ansim.trust.ledger.actions import record


class Register:
    def __init__(self) -> None:
        self.sight = Sight(())

    async def load(self, database: Database) -> None:
        async with database.transaction(readonly=True) as tx:
            self.sight = Sight(await store.every(tx))

    def of_centre(self, centre: str) -> list[Camera]:
        return [camera for camera in self.sight.cameras.values() if camera.centre == centre]


async def register(tx: Transaction, cameras: Sequence[Camera], *, actor: str) -> None:
    """Put cameras into the register; memory follows once it is stored."""
    await store.put(tx, cameras)
    await record(tx, actor=actor, act="camera.registered", object="register", details={"count": len(cameras)})
    known, register = await store.every(tx), tx.use(Register)

    def follow() -> None:
        register.sight = Sight(known)

    tx.after_commit(follow)
