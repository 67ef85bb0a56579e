"""Along the way of a missing ward: which cameras she passed, and when, so that what they recorded can be opened.

Only for a case behind which a search stands that two people allowed, and only as long as they allowed it.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import msgspec

from ansim.core.database import Transaction
from ansim.core.errors import Problem
from ansim.core.geo import distance_m
from ansim.response.incidents.actions import exportable, said
from ansim.response.incidents.model import IncidentRow
from ansim.response.tracking.actions import track
from ansim.response.wards.store import searched_until
from ansim.response.wards.zones import VAGUE_M
from ansim.response.watch.actions import near
from ansim.trust.access.model import Actor

AROUND = timedelta(seconds=90)
"""So long before and after a fix she may have been in the picture: they are a minute apart."""
STILL_M = 30.0
"""Whoever has not moved so far is before the same cameras."""
LONGEST = 2_000
BREATH = 16
"""So many places are looked at before others have their turn in this process."""


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """A camera that she passed, and the time in which its recording may show her. `distance_m` is how near she came."""

    camera: str
    name: str
    from_at: datetime
    until_at: datetime
    distance_m: int


async def way(tx: Transaction, id: str, actor: Actor) -> list[Passed]:
    """In the order in which she passed them. It is in the case's record before it is shown. Raises Problem 404, 409 without a search."""
    incident = await exportable(tx, id, actor)
    if not await searched(tx, incident):
        raise Problem(409, "search.none", "No search stands behind this case", "Ask for one; somebody else allows it.")
    found = await passed(tx, incident)
    await said(tx, incident, "search.way-viewed", actor.id, count=len(found))
    return found


async def searched(tx: Transaction, incident: IncidentRow) -> bool:
    """Whether two people have allowed to look back, and their time is not over."""
    until_at = await searched_until(tx, incident.id)
    return until_at is not None and tx.at < until_at


async def passed(tx: Transaction, incident: IncidentRow) -> list[Passed]:
    fixes = await track(tx, incident.id, incident.track_slot, length=LONGEST)
    found: dict[str, list[Passed]] = {}
    cameras, before = [], None
    for number, fix in enumerate(sorted(fixes, key=lambda fix: fix.at)):
        if fix.accuracy_m > VAGUE_M:
            continue
        if before is None or distance_m(before.latitude, before.longitude, fix.latitude, fix.longitude) > STILL_M:
            cameras, before = near(tx, fix).cameras, fix
            if number % BREATH == 0:
                await asyncio.sleep(0)
        for camera in cameras:
            times = found.setdefault(camera.id, [])
            now = Passed(
                camera=camera.id, name=camera.name, from_at=fix.at - AROUND, until_at=fix.at + AROUND,
                distance_m=round(camera.distance_m),
            )  # fmt: skip
            if times and now.from_at <= times[-1].until_at:
                nearest = min(now.distance_m, times[-1].distance_m)
                times[-1] = msgspec.structs.replace(times[-1], until_at=now.until_at, distance_m=nearest)
            else:
                times.append(now)
    return sorted((one for times in found.values() for one in times), key=lambda one: (one.from_at, one.camera))


async def was_passed(tx: Transaction, incident: IncidentRow, camera: str, start: datetime, end: datetime) -> bool:
    """Whether all of this stretch lies within a time in which she may be in this camera's picture."""
    return any(
        one.camera == camera and one.from_at <= start and end <= one.until_at for one in await passed(tx, incident)
    )
