"""The register and the map in memory: what ranking reads on every step she takes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
import shapely

from ansim.city.cameras import store
from ansim.city.cameras.calibration import Calibration, Fit, Mount, Sighted, solve
from ansim.city.cameras.events import CamerasImported, MapImported
from ansim.city.cameras.map import Layer, Shapes
from ansim.city.cameras.model import Camera
from ansim.city.cameras.sight import Ground, Sight
from ansim.core.database import Database, Transaction
from ansim.core.errors import not_found
from ansim.trust.ledger.actions import record


class Register:
    def __init__(self) -> None:
        self.sight = Sight(())
        self.calibrations: dict[str, Calibration] = {}
        """Of cameras whose pole still stands where it stood then."""

    async def load(self, database: Database) -> None:
        """Everything anew: the map is drawn and every pole's table made beside the loop."""
        async with database.transaction(readonly=True) as tx:
            layers = [(layer, shapes) for layer, shapes in await store.layers(tx) if layer != "paths"]
        ground = await asyncio.to_thread(Ground.of, layers) if layers else None
        async with database.transaction(readonly=True) as tx:
            self._take(await store.every(tx), await store.calibrations(tx), ground)
        await asyncio.to_thread(self.sight.warm)

    def _take(
        self,
        cameras: Sequence[Camera],
        found: Mapping[str, Calibration],
        ground: Ground | None,
        before: Sight | None = None,
    ) -> None:
        self.calibrations = {
            one.id: found[one.id]
            for one in cameras
            if one.id in found and found[one.id].stands_at(one.latitude, one.longitude)
        }
        self.sight = Sight(cameras, ground, before, surveyed=self.calibrations)

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
        camera = msgspec.structs.replace(
            camera, azimuth_deg=known.azimuth_deg, view_deg=known.view_deg, azimuth_source=known.azimuth_source
        )
    # the database keeps these three as short numbers
    return known == msgspec.structs.replace(
        camera, turns=camera.turns or known.turns, view_deg=float(np.float32(camera.view_deg)), range_m=float(np.float32(camera.range_m)),
        azimuth_deg=None if camera.azimuth_deg is None else float(np.float32(camera.azimuth_deg)),
    )  # fmt: skip


async def follow(tx: Transaction, _: CamerasImported) -> None:
    """Another process has changed the register."""
    await _read_again(tx)


async def lay(tx: Transaction, sheet: str, layers: Mapping[Layer, Shapes], *, actor: str) -> bool:
    """Put a sheet into the map, in the place of what was known of it; whether that changed anything."""
    before = await store.sheet(tx, sheet)
    if before == {layer: shapely.to_wkb(shapely.geometrycollections(shapes)) for layer, shapes in layers.items()}:
        return False
    await store.put_sheet(tx, sheet, layers)
    count = sum(map(len, layers.values()))
    await record(tx, actor=actor, act="map.imported", object="map", details={"count": count})
    tx.publish(MapImported(count=count))
    return True


async def draw(database: Database, _: MapImported) -> None:
    """The map has changed, here or in another process."""
    await database.use(Register).load(database)


async def register(tx: Transaction, cameras: Sequence[Camera], *, actor: str) -> None:
    """Put cameras into the register; memory follows once it is stored."""
    await store.put(tx, cameras)
    await record(tx, actor=actor, act="camera.registered", object="register", details={"count": len(cameras)})
    await _read_again(tx)


async def calibrate(
    tx: Transaction, id: str, mount: Mount, points: Sequence[Sighted], *, actor: str, save: bool
) -> Fit:
    """How this head hangs, by places it was steered to; kept when `save`. Raises Problem 404, or 422 with the reason."""
    camera = tx.use(Register).sight.cameras.get(id)
    if camera is None:
        raise not_found("camera")
    fit = solve(camera.latitude, camera.longitude, mount, points)
    if save:
        await store.put_calibration(tx, id, fit.calibration, actor)
        await record(
            tx, actor=actor, act="camera.calibrated", object=id, purpose="calibration",
            details={"count": len(points), "result": f"{fit.calibration.residual_deg:.1f} deg"},
        )  # fmt: skip
        await _read_again(tx)
    return fit


async def connect(
    tx: Transaction, cameras: Sequence[Camera], *, turning: Sequence[str], count: int, actor: str
) -> None:
    """So many devices were found and now are cameras of the register; `cameras` are those it did not have, `turning` those whose device says that
    they turn."""
    await store.put_many(tx, cameras)
    turned = await store.set_turning(tx, turning)
    await record(
        tx, actor=actor, act="cameras.connected", object="register", details={"count": count, "size": len(cameras)}
    )
    if cameras or turned:
        tx.publish(CamerasImported(count=len(cameras) + turned))


async def _read_again(tx: Transaction) -> None:
    known, found, register = await store.every(tx), await store.calibrations(tx), tx.use(Register)
    tx.after_commit(lambda: register._take(known, found, register.sight.ground, register.sight))
