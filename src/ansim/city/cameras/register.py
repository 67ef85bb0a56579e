"""The register in memory: what ranking reads on every step she takes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from ansim.city.cameras import store
from ansim.city.cameras.events import CamerasImported
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


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did to the register."""

    new: int
    changed: int
    removed: int
    same: int


async def bring(tx: Transaction, cameras: Sequence[Camera], *, actor: str) -> Change:
    """Bring the register to what a file of poles says. The same file again changes nothing; a pole that has lost a
    camera loses it here; poles that the file does not name stay, because a file is one municipality's."""
    known = {camera.id: camera for camera in await store.every(tx)}
    poles = {camera.id.rpartition("-")[0] for camera in cameras}
    named = {camera.id for camera in cameras}
    gone = [id for id in known if id not in named and id.rpartition("-")[0] in poles]
    changed = [camera for camera in cameras if not _same(known.get(camera.id), camera)]
    await store.put_many(tx, changed)
    await store.remove(tx, gone)
    await record(
        tx, actor=actor, act="cameras.imported", object="register",
        details={"count": len(changed) + len(gone), "size": len(cameras)},
    )  # fmt: skip
    if changed or gone:
        tx.publish(CamerasImported(count=len(changed) + len(gone)))
    new = sum(camera.id not in known for camera in changed)
    return Change(new=new, changed=len(changed) - new, removed=len(gone), same=len(cameras) - len(changed))


def _same(known: Camera | None, camera: Camera) -> bool:
    if known is None:
        return False
    if camera.azimuth_deg is None and known.azimuth_deg is not None:
        camera = msgspec.structs.replace(camera, azimuth_deg=known.azimuth_deg, view_deg=known.view_deg)
    # the database keeps these three as short numbers
    return known == msgspec.structs.replace(
        camera, view_deg=float(np.float32(camera.view_deg)), range_m=float(np.float32(camera.range_m)),
        azimuth_deg=None if camera.azimuth_deg is None else float(np.float32(camera.azimuth_deg)),
    )  # fmt: skip


async def follow(tx: Transaction, _: CamerasImported) -> None:
    """Another process has changed the register."""
    await _read_again(tx)


async def register(tx: Transaction, cameras: Sequence[Camera], *, actor: str) -> None:
    """Put cameras into the register; memory follows once it is stored."""
    await store.put(tx, cameras)
    await record(tx, actor=actor, act="camera.registered", object="register", details={"count": len(cameras)})
    await _read_again(tx)


async def _read_again(tx: Transaction) -> None:
    known, register = await store.every(tx), tx.use(Register)

    def take() -> None:
        register.sight = Sight(known)

    tx.after_commit(take)
