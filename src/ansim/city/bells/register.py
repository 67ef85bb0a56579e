"""The register of bells in memory, and which cameras are a bell's own."""

from __future__ import annotations

from collections.abc import Sequence

from ansim.city.bells import store
from ansim.city.bells.events import BellsChanged
from ansim.city.bells.model import Bell, bell_of
from ansim.city.cameras.register import Change
from ansim.city.cameras.sight import Sight
from ansim.core.database import Database, Transaction
from ansim.core.errors import Problem, not_found
from ansim.core.geo import distance_m
from ansim.trust.ledger.actions import record

SAME_POLE_M = 15.0
"""Two registers put one pole so far apart."""
SAME_NUMBER_M = 60.0
"""A camera of the bell's own number is its own also where one of the two was measured badly; farther away it is another's."""
MOST_CAMERAS = 9


class Bells:
    def __init__(self) -> None:
        self.known: dict[str, Bell] = {}
        self._cameras: dict[str, list[str]] = {}
        self._sight: Sight | None = None

    async def load(self, database: Database) -> None:
        async with database.transaction(readonly=True) as tx:
            self._take(await store.every(tx))

    def _take(self, bells: Sequence[Bell]) -> None:
        self.known = {bell.id: bell for bell in bells}
        self._cameras = {}

    def of_centre(self, centre: str) -> list[Bell]:
        return [bell for bell in self.known.values() if bell.centre == centre]

    def called_by(self, caller: str | None) -> Bell | None:
        """The bell of a case that one has opened."""
        return self.known.get(bell_of(caller) or "")

    def cameras(self, bell: Bell, sight: Sight) -> list[str]:
        """Its own: those an administrator set, else those of its number and those on its pole, the nearest first."""
        if self._sight is not sight:
            self._sight, self._cameras = sight, {}
        found = self._cameras.get(bell.id)
        if found is None:
            found = self._cameras[bell.id] = _cameras(bell, sight)
        return found


def _cameras(bell: Bell, sight: Sight) -> list[str]:
    if bell.cameras is not None:
        return [id for id in bell.cameras if id in sight.cameras]
    near = []
    for camera in sight.cameras.values():
        # a tenth of a minute of arc before the sine and the cosine: there are twelve thousand
        if abs(camera.latitude - bell.latitude) > 0.002 or abs(camera.longitude - bell.longitude) > 0.002:
            continue
        away = distance_m(camera.latitude, camera.longitude, bell.latitude, bell.longitude)
        named = bell.number != "" and bell.number in (camera.id, camera.id.rpartition("-")[0])
        if away <= (SAME_NUMBER_M if named else SAME_POLE_M):
            near.append((not named, away, camera.id))
    return [id for _, _, id in sorted(near)[:MOST_CAMERAS]]


async def bring(tx: Transaction, bells: Sequence[Bell], *, actor: str) -> Change:
    """Bring the register to what a file says. The same file again changes nothing; bells that it does not name stay, because
    a file is one municipality's."""
    known = {bell.id: bell for bell in await store.every(tx)}
    changed = [bell for bell in bells if not store.same(known.get(bell.id), bell)]
    await store.put(tx, changed)
    await record(
        tx, actor=actor, act="bells.imported", object="register", details={"count": len(changed), "size": len(bells)}
    )
    if changed:
        tx.publish(BellsChanged(count=len(changed)))
    new = sum(bell.id not in known for bell in changed)
    return Change(new=new, changed=len(changed) - new, removed=0, same=len(bells) - len(changed))


async def set_cameras(tx: Transaction, bell: Bell, cameras: Sequence[str] | None, sight: Sight, *, actor: str) -> None:
    """Which cameras are its own; None: those of its pole again. Raises Problem 422 for one that nobody knows."""
    for at, id in enumerate(cameras or ()):
        if id not in sight.cameras:
            raise Problem(422, "bell.camera", "There is no such camera", field=f"cameras[{at}]")
    await store.set_cameras(tx, bell.id, cameras)
    await record(tx, actor=actor, act="bell.cameras", object=bell.id, details={"count": len(cameras or ())})
    await _read_again(tx)


async def follow(tx: Transaction, _: BellsChanged) -> None:
    """Another process has changed the register."""
    await _read_again(tx)


async def _read_again(tx: Transaction) -> None:
    bells, every = tx.use(Bells), await store.every(tx)
    tx.after_commit(lambda: bells._take(every))


def known(here: Transaction | Database, id: str, centre: str | None = None) -> Bell:
    """Raises Problem 404, also for one of another centre."""
    bell = here.use(Bells).known.get(id)
    if bell is None or centre not in (None, bell.centre):
        raise not_found("bell")
    return bell
