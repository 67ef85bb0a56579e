"""The streets, and what is along them, in memory: what the watch of a trip and the choice of a way read."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from math import ceil, dist
from threading import Lock
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ansim.city.bells import store as bells
from ansim.city.bells.events import BellFaultsChanged, BellsChanged
from ansim.city.cameras import store as cameras
from ansim.city.cameras.events import MapImported
from ansim.city.cameras.register import Register
from ansim.city.ways import choice, store
from ansim.city.ways.choice import Path
from ansim.city.ways.daylight import is_dark
from ansim.city.ways.events import FacilitiesImported
from ansim.city.ways.model import (
    HELPS,
    PACE_MPS,
    Facility,
    Help,
    HelpNear,
    HelpOnTheWay,
    Kind,
    Known,
    Mode,
    Wanted,
    Way,
    Ways,
)
from ansim.city.ways.roads import Field, Roads
from ansim.city.ways.surroundings import Surroundings
from ansim.core.database import Database, Transaction
from ansim.core.errors import Problem
from ansim.trust.ledger.actions import record

Remaining = Callable[[float, float], float | None]
Open = NDArray[np.bool_]
FIELDS_BYTES: Final = 64 << 20
"""Of distances to destinations that are kept; those of trips that are asked for longest ago go first."""
_ABOUT: Final = 5
"""Decimals of a degree by which two destinations are one: a metre."""
FARTHEST_M: Final = 30_000.0
"""Nobody walks farther, and no search should be made for it."""


class Network:
    """Built beside the loop; a search may run in a thread beside another."""

    def __init__(self, register: Register) -> None:
        self._cameras = register
        self.roads: Roads | None = None
        self.facilities: Sequence[Facility] = ()
        self.broken: frozenset[str] = frozenset()
        """The bells of which somebody, the watch or the bell itself says that something is wrong."""
        self._fields: OrderedDict[tuple[float, float], Field | None] = OrderedDict()
        self._coming: dict[tuple[float, float], asyncio.Task[None]] = {}
        self._around: tuple[tuple[object, ...], Surroundings] | None = None
        self._lock = Lock()

    async def load(self, database: Database) -> None:
        """Everything anew."""
        async with database.transaction(readonly=True) as tx:
            lines = [line for layer, shapes in await cameras.layers(tx) if layer == "paths" for line in shapes]
            self.facilities = await _facilities(tx)
            self.broken = await bells.broken(tx)
        self._fields.clear()
        self.roads = await asyncio.to_thread(Roads, lines) if lines else None

    async def load_facilities(self, database: Database) -> None:
        async with database.transaction(readonly=True) as tx:
            self.facilities = await _facilities(tx)

    async def load_faults(self, database: Database) -> None:
        async with database.transaction(readonly=True) as tx:
            self.broken = await bells.broken(tx)

    async def prepare(self, latitude: float, longitude: float) -> None:
        """Reckon how far it is to there, so that `toward` knows."""
        at = _about(latitude, longitude)
        roads = self.roads
        if roads is None or at in self._fields:
            return
        field = await asyncio.to_thread(roads.toward, latitude, longitude)
        if roads is self.roads:
            self._fields[at] = field
            most = max(16, FIELDS_BYTES // (4 * len(roads.ways)))
            while len(self._fields) > most:
                self._fields.popitem(last=False)

    def toward(self, latitude: float, longitude: float) -> Remaining | None:
        """What remains to there along the streets. None where no street leads there, and until that is reckoned: after a restart the
        first fix of a trip is measured by the straight line."""
        at = _about(latitude, longitude)
        if at in self._fields:
            self._fields.move_to_end(at)
            field = self._fields[at]
            return None if field is None else field.remaining
        if self.roads is not None and at not in self._coming:
            task = asyncio.create_task(self.prepare(latitude, longitude), name="distances to a destination")
            self._coming[at] = task
            task.add_done_callback(lambda _: self._coming.pop(at, None))
        return None

    def choose(self, wanted: Wanted, now: datetime) -> Ways:
        """The shortest way and the safe one. Raises Problem 404 where no streets are known, 422 for ends too far apart. Takes some
        milliseconds, and a second when streets, cameras or places have changed; for a thread."""
        roads = self.roads
        if roads is None:
            raise _unknown("This centre has no map of streets.")
        start, end = (roads.plane(one.latitude, one.longitude) for one in (wanted.start, wanted.to))
        for field, place in (("from", start), ("to", end)):
            if roads.access(*place) is None:
                raise _unknown("No street that is known here leads to this place.", field)
        if dist(start, end) > FARTHEST_M:
            raise Problem(422, "way.far", "Too far apart", f"At most {FARTHEST_M / 1000:.0f} km.", field="to")
        short = choice.shortest(roads, start, end)
        if short is None:
            raise _unknown("The streets that are known here do not lead from one to the other.", "to")
        around, at = self._surroundings(roads), wanted.at or now
        broken, dark = self.broken, is_dark(wanted.start.latitude, wanted.start.longitude, at)
        open = around.open_at(at, dark, broken)
        safe = choice.safest(roads, start, end, around.costs(dark, open), short)
        known: dict[Known, bool] = {kind: around.knows(kind, short.line) for kind in ("light", "camera", *HELPS)}
        told = [("safe", safe)] if safe.stretches == short.stretches else [("shortest", short), ("safe", safe)]
        return Ways(
            ways=[
                _told(kind, path, path.metres - short.metres, roads, around, open, broken, known, wanted.mode)
                for kind, path in told
            ],
            dark=dark, unknown=[kind for kind, is_known in known.items() if not is_known],
        )  # fmt: skip

    def help_at_any_hour(self) -> list[HelpNear]:
        return [
            HelpNear(kind=one.kind, name=one.name, latitude=one.latitude, longitude=one.longitude)  # type: ignore[arg-type]
            for one in self.facilities
            if one.kind in HELPS and one.always and not _is_broken(one, self.broken)
        ]

    def _surroundings(self, roads: Roads) -> Surroundings:
        """Of what is known now; made anew after a change of streets, cameras or places."""
        sight, facilities = self._cameras.sight, self.facilities
        of = (roads, facilities, sight)
        with self._lock:
            if self._around is None or any(one is not other for one, other in zip(self._around[0], of, strict=True)):
                self._around = of, Surroundings(roads, facilities, sight.places, sight.covers)
            return self._around[1]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did."""

    new: int
    changed: int
    removed: int
    same: int


async def bring(tx: Transaction, kind: Kind, sheet: str, facilities: Sequence[Facility], *, actor: str) -> Change:
    """Bring what is known of a sheet to what its file says now: the same file again changes nothing, and what it names no longer goes."""
    known = {one.id: one for one in await store.of_sheet(tx, kind, sheet)}
    named = {one.id for one in facilities}
    gone = [id for id in known if id not in named]
    changed = [one for one in facilities if known.get(one.id) != one]
    await store.put(tx, sheet, changed)
    await store.remove(tx, kind, gone)
    await record(
        tx, actor=actor, act="facilities.imported", object="register",
        details={"kind": kind, "count": len(changed) + len(gone), "size": len(facilities)},
    )  # fmt: skip
    if changed or gone:
        tx.publish(FacilitiesImported(count=len(changed) + len(gone)))
    new = sum(one.id not in known for one in changed)
    return Change(new=new, changed=len(changed) - new, removed=len(gone), same=len(facilities) - len(changed))


async def lay_out(database: Database, _: MapImported) -> None:
    """The map has changed, here or in another process."""
    await database.use(Network).load(database)


async def look_around(database: Database, _: FacilitiesImported | BellsChanged) -> None:
    """What is along the streets has changed, here or in another process."""
    await database.use(Network).load_facilities(database)


async def mind_faults(database: Database, _: BellFaultsChanged) -> None:
    """A bell is broken, or works again."""
    await database.use(Network).load_faults(database)


def _is_broken(one: Facility, broken: Collection[str]) -> bool:
    return one.kind == "bell" and one.id in broken


async def _facilities(tx: Transaction) -> list[Facility]:
    """Those of the files, and the bells of their own register."""
    places = [
        Facility(kind="bell", id=bell.id, name=bell.name, latitude=bell.latitude, longitude=bell.longitude)
        for bell in await bells.every(tx)
    ]
    return [*await store.every(tx), *places]


def _told(
    kind: str,
    path: Path,
    longer_m: float,
    roads: Roads,
    around: Surroundings,
    open: Open,
    broken: Collection[str],
    known: dict[Known, bool],
    mode: Mode,
) -> Way:
    """A way with its reasons."""
    beside = [(around.help[at], bool(open[at])) for at in around.beside(path.line)]
    help = [(one, is_open) for one, is_open in beside if not _is_broken(one, broken)]

    def count(of: Help) -> int | None:
        return sum(one.kind == of and is_open for one, is_open in help) if known[of] else None

    return Way(
        kind=kind,  # type: ignore[arg-type]
        line=[(round(x, 6), round(y, 6)) for x, y in roads.degrees(np.asarray(path.line.coords)).tolist()],
        metres=round(path.metres), minutes=ceil(path.metres / PACE_MPS[mode] / 60), longer_m=round(longer_m),
        **around.shares(path.stretches, open),
        police=count("police"), bells=count("bell"), shops=count("shop"), shelters=count("shelter"),
        help=[
            HelpOnTheWay(
                kind=one.kind, name=one.name, latitude=one.latitude, longitude=one.longitude,  # type: ignore[arg-type]
                open=is_open if is_open or one.hours is not None else None,
            )
            for one, is_open in help
        ],
    )  # fmt: skip


def _about(latitude: float, longitude: float) -> tuple[float, float]:
    return round(latitude, _ABOUT), round(longitude, _ABOUT)


def _unknown(why: str, field: str | None = None) -> Problem:
    return Problem(404, "way.unknown", "No way is known here", why, field=field)
