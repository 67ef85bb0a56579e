"""Telling the centres beyond a border about where she is, as long as she is near it; and what they can do for her."""

from __future__ import annotations

from typing import Protocol

import msgspec

from ansim.city.country.member import Country
from ansim.core.database import Database, Transaction
from ansim.core.errors import not_found
from ansim.core.position import Position
from ansim.response.borders import store
from ansim.response.borders.events import NeighbourAnswered
from ansim.response.borders.model import (
    AGAIN,
    LEAVES_M,
    NEARER,
    BorderRow,
    Cell,
    Sighting,
    SightingOver,
    ToldRow,
    Wish,
    Wished,
    same_of,
)
from ansim.response.handover import letters
from ansim.response.handover import store as handovers
from ansim.response.incidents import store as incidents
from ansim.response.incidents.actions import elsewhere
from ansim.response.incidents.model import IncidentRow
from ansim.response.routing.ports import Boundaries
from ansim.response.tracking.actions import track
from ansim.response.tracking.events import PersonMoved
from ansim.trust.access.model import Site
from ansim.trust.ledger.actions import record
from ansim.trust.retention.events import DestructionCertified
from ansim.trust.retention.keys import Keys


class OfIncident(Protocol):
    @property
    def incident(self) -> str: ...


async def tell(tx: Transaction, fact: OfIncident) -> None:
    """What a neighbour should know has changed: that there is a case, who has it, that it is over."""
    if not tx.use(Country).listed:
        return
    incident = await incidents.locked(tx, fact.incident)
    if incident is not None:
        await _tell(tx, incident)


async def follow(database: Database, fact: PersonMoved) -> None:
    """She moved: towards a border, along it, or away."""
    if database.use(Country).listed:
        async with database.transaction() as tx:
            await tell(tx, fact)


async def tell_of_twin(tx: Transaction, incident: IncidentRow, centre: str) -> None:
    """That centre has a case of the same person: it hears of ours, wherever she is."""
    fixes = await track(tx, incident.id, incident.track_slot)
    if fixes and all(one.centre != centre for one in await store.told_of(tx, [incident.id])):
        await _say(tx, incident, centre, None, fixes[-1])


async def wish(tx: Transaction, id: str, actor: str, wish: Wish) -> BorderRow:
    """Say to whoever has the case what this centre would do. It stays theirs until they offer it."""
    row = await store.border(tx, id)
    if row is None or row.ended_at is not None:
        raise not_found("border case")
    if row.wish != wish:
        await store.set_wish(tx, id, wish)
        letters.write(tx, row.centre, Wished(id=id, wish=wish))
        await record(tx, actor=actor, act=f"border.{wish}", object=id, incident=id, subject_tag=row.subject_tag)
    return msgspec.structs.replace(row, wish=wish)


async def forget(tx: Transaction, fact: DestructionCertified) -> None:
    """About where somebody was at our border is gone."""
    if fact.scope == "track":
        await store.forget(tx, fact.subject)


def lent_context(id: str) -> bytes:
    return f"lent/{id}".encode()


async def say_again(tx: Transaction, told: ToldRow, incident: IncidentRow) -> None:
    """That neighbour asks where she is."""
    fixes = await track(tx, incident.id, incident.track_slot) if incident.open else []
    if fixes:
        await _say(tx, incident, told.centre, msgspec.structs.replace(told, sealed=None), fixes[-1])


def context(id: str) -> bytes:
    return f"border/{id}".encode()


async def _tell(tx: Transaction, incident: IncidentRow) -> None:
    ours = incident.open and ("covered" in incident.marks or not await elsewhere(tx, incident))
    fixes = await track(tx, incident.id, incident.track_slot) if ours else []
    known = {one.centre: one for one in await store.told_of(tx, [incident.id])}
    wanted: list[str] = []
    if fixes:
        country, boundaries, here = tx.use(Country), tx.use(Boundaries), fixes[-1]
        wide = msgspec.structs.replace(here, accuracy_m=here.accuracy_m + LEAVES_M)
        near = {*boundaries.beyond(here), *(known.keys() & {*boundaries.beyond(wide)})}
        # Whoever is asked to take it has it in its own queue; what it knows and lends already stays.
        near -= {tx.use(Site).centre, *(await handovers.asked_out(tx, incident.id) - known.keys())}
        wanted = sorted(one for one in near if country.card(one) is not None)
    for centre, told in known.items():
        if centre not in wanted:
            await store.end_told(tx, told.id)
            letters.write(tx, centre, SightingOver(id=told.id, at=tx.at))
            await _written(tx, incident, "border.left", centre)
            tx.publish(NeighbourAnswered(incident=incident.id))
    for centre in wanted:
        await _say(tx, incident, centre, known.get(centre), fixes[-1])


async def _say(tx: Transaction, incident: IncidentRow, centre: str, told: ToldRow | None, here: Position) -> None:
    assert incident.track_slot is not None
    keys, id = tx.use(Keys), tx.world.id() if told is None else told.id
    sighting = Sighting(
        id=id, said_at=tx.at, count=1 if told is None else told.count + 1, number=incident.number, kind=incident.kind, trigger=incident.trigger,
        priority=incident.priority, silent=incident.silent, claimed=incident.owner is not None,
        received_at=incident.received_at, subject_tag=incident.subject_tag, same=same_of(id, incident.person), cell=Cell.of(here),
        precise=None if incident.owner is None else here,
    )  # fmt: skip
    if told is not None and tx.at - told.told_at < AGAIN:
        before = keys.opened(incident.track_slot, told.sealed, context(id))
        if before is not None and _alike(msgspec.json.decode(before, type=Sighting), sighting):
            return
    sealed = keys.seal(incident.track_slot, msgspec.json.encode(sighting), context(id))
    await store.tell(tx, id, incident.id, centre, sighting.count, sealed)
    letters.write(tx, centre, sighting)
    if told is None:
        await _written(tx, incident, "border.told", centre)
        tx.publish(NeighbourAnswered(incident=incident.id))
    else:
        await _record(tx, incident, "border.told", centre)


async def _written(tx: Transaction, incident: IncidentRow, act: str, centre: str) -> None:
    incidents.note(tx, tx.world.id(), incident.id, act, f"centre:{centre}", None)
    await _record(tx, incident, act, centre)


async def _record(tx: Transaction, incident: IncidentRow, act: str, centre: str) -> None:
    """The ledger names who was told."""
    await record(
        tx, actor="system", act=act, object=f"centre:{centre}", incident=incident.id, subject_tag=incident.subject_tag
    )


def _alike(before: Sighting, now: Sighting) -> bool:
    return _still(before) == _still(now)


def _still(sighting: Sighting) -> Sighting:
    """Without what changes while nothing does."""
    moment, at = sighting.received_at, sighting.precise
    near = (
        None
        if at is None
        else Position(
            latitude=round(at.latitude, NEARER), longitude=round(at.longitude, NEARER), accuracy_m=0, at=moment
        )
    )
    return msgspec.structs.replace(
        sighting, said_at=moment, count=0, cell=msgspec.structs.replace(sighting.cell, at=moment), precise=near
    )
