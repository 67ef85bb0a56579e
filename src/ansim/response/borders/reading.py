"""What a centre does with a neighbour's letters about cases at their border. Each may come twice, and late."""

from __future__ import annotations

import msgspec

from ansim.core.database import Database, Transaction
from ansim.core.errors import Unavailable
from ansim.response.borders import actions, lending, store
from ansim.response.borders.events import BorderChanged, NeighbourAnswered
from ansim.response.borders.model import (
    FRESH,
    KEPT,
    Lending,
    Lent,
    Sighting,
    SightingOver,
    ToldRow,
    Viewed,
    Wished,
    same_of,
)
from ansim.response.handover import actions as handover
from ansim.response.handover import store as handovers
from ansim.response.incidents import store as incidents
from ansim.response.incidents.actions import said
from ansim.response.incidents.model import IncidentRow
from ansim.trust.access.model import Site
from ansim.trust.grants import actions as grants
from ansim.trust.ledger import store as ledger
from ansim.trust.ledger.actions import record
from ansim.trust.retention.actions import destroy
from ansim.trust.retention.keys import Keys


async def sighted(database: Database, sender: str, sighting: Sighting) -> None:
    """A neighbour has a case at our border, or has more to say of one."""
    async with database.transaction() as tx:
        await store.one_at_a_time(tx, sighting.id)
        keys, known = tx.use(Keys), await store.border(tx, sighting.id)
        cell = msgspec.json.encode(sighting.cell)
        if known is None:
            if tx.at - sighting.said_at > FRESH:
                return
            [slot] = keys.new()
            sealed = keys.seal(slot, cell, actions.context(sighting.id))
            await store.come(tx, sender, sighting, slot, sealed, tx.use(lending.LendingPolicy).by_itself)
            await _record(tx, sender, "border.came", sighting.id, sighting.subject_tag)
            await _destroy(tx, sighting.id, slot, sighting.subject_tag, after=True)
            await keys.flush()
        else:
            late = known.ended_at is not None or known.slot is None or known.count >= sighting.count
            if late or known.centre != sender or known.slot is None:
                return
            await store.change(tx, sighting, keys.seal(known.slot, cell, actions.context(sighting.id)))
            await _record(tx, sender, "border.moved", sighting.id, sighting.subject_tag)
        tx.publish(BorderChanged(border=sighting.id))
        await lending.lend(tx, sender, sighting)
        if known is None or known.claimed != sighting.claimed:
            await _one_of_two(tx, sender, sighting)


async def sighting_over(database: Database, sender: str, over: SightingOver) -> None:
    """It is over, or she has left: what was known of it here is destroyed."""
    async with database.transaction() as tx:
        known = await store.border(tx, over.id)
        if known is None and tx.at - over.at < FRESH:
            raise Unavailable  # it overtook the first word of it
        if known is None or known.centre != sender or not await store.end(tx, over.id):
            return
        await _record(tx, sender, "border.over", over.id, known.subject_tag)
        await grants.end_all(tx, over.id, "closed", actor=f"centre:{sender}")
        if known.slot is not None:
            await _destroy(tx, over.id, known.slot, known.subject_tag, after=False)
        tx.publish(BorderChanged(border=over.id))


async def wished(database: Database, sender: str, wish: Wished) -> None:
    """The neighbour would help, or would take it."""
    async with database.transaction() as tx:
        told, incident = await _ours(tx, wish.id, sender)
        if told is None or incident is None or told.ended_at is not None or not incident.open:
            return
        if await store.set_wish_of_told(tx, told.id, wish.wish):
            await said(tx, incident, f"border.{wish.wish}", f"centre:{sender}")
            tx.publish(NeighbourAnswered(incident=incident.id))


async def lent(database: Database, sender: str, lent: Lent) -> None:
    """The neighbour lends its cameras for this case, or no longer."""
    async with database.transaction() as tx:
        told, incident = await _ours(tx, lent.id, sender)
        if told is None or incident is None or told.ended_at is not None or incident.track_slot is None:
            return
        before = lending.lent_of(tx, incident, told)
        if not incident.open or (before is not None and before.at > lent.at):
            return
        if (before is None or not before.cameras) == bool(lent.cameras):
            await said(tx, incident, "border.lent" if lent.cameras else "border.unlent", f"centre:{sender}")
        sealed = tx.use(Keys).seal(incident.track_slot, msgspec.json.encode(lent), actions.lent_context(told.id))
        await store.lent(tx, told.id, sealed)
        tx.publish(NeighbourAnswered(incident=incident.id))


async def lends(database: Database, sender: str, would: Lending) -> None:
    """It would, and asks where she is."""
    async with database.transaction() as tx:
        told, incident = await _ours(tx, would.id, sender)
        if told is not None and incident is not None and told.ended_at is None:
            await actions.say_again(tx, told, incident)


async def viewed(database: Database, sender: str, viewed: Viewed) -> None:
    """What one of ours looked at there stands here, too."""
    async with database.transaction() as tx:
        _, incident = await _ours(tx, viewed.id, sender)
        act = "view.ended" if viewed.ended else "view.opened"
        if incident is None or await ledger.wrote(
            tx, incident=incident.id, actor=viewed.viewer, act=act, since=incident.received_at, object=viewed.view
        ):
            return  # the letter came twice
        await record(
            tx, actor=viewed.viewer, act=act, object=viewed.view, incident=incident.id, purpose="emergency",
            subject_tag=incident.subject_tag, details={"camera": f"{sender}:{viewed.camera}"},
        )  # fmt: skip


async def _ours(tx: Transaction, id: str, sender: str) -> tuple[ToldRow | None, IncidentRow | None]:
    """What that neighbour was told, and of which case of ours, held until the commit: the case first, as whoever tells does."""
    told = await store.told(tx, id)
    if told is None or told.centre != sender:
        return None, None
    incident = await incidents.locked(tx, told.incident)
    return await store.told(tx, id), incident


async def _one_of_two(tx: Transaction, sender: str, theirs: Sighting) -> None:
    """Two calls, one on each side, of the same person are one case: of whoever has claimed it, else of whoever had it first."""
    if theirs.same is None:
        return
    found = [row["id"] for row in await store.persons(tx) if same_of(theirs.id, row["person"]) == theirs.same]
    mine = await incidents.locked(tx, found[0]) if found else None
    if mine is None or not mine.open or await handovers.open_of(tx, mine.id, "out") is not None:
        return
    first = (theirs.received_at, sender) < (mine.received_at, tx.use(Site).centre)
    if mine.owner is not None and theirs.claimed:
        await said(tx, mine, "handover.twice", f"centre:{sender}")
    elif mine.owner is None and (theirs.claimed or first):
        await handover.offer(tx, mine, sender, "same", "clock")
    else:
        await actions.tell_of_twin(tx, mine, sender)


async def _record(tx: Transaction, sender: str, act: str, id: str, tag: str) -> None:
    await record(tx, actor=f"centre:{sender}", act=act, object=id, incident=id, subject_tag=tag)


async def _destroy(tx: Transaction, id: str, slot: int, tag: str, *, after: bool) -> None:
    await destroy(
        tx, subject=id, scope="track", slots=[slot], actor="system", why="retention" if after else "closed", incident=id,
        subject_tag=tag, due_at=tx.at + KEPT if after else None,
    )  # fmt: skip
