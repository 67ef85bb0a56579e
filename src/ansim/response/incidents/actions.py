"""The verbs of a case. Each is one transaction: state, ledger, facts and timers together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from ansim.core.database import Transaction
from ansim.core.errors import Problem, not_found
from ansim.response.incidents import store
from ansim.response.incidents.events import (
    IncidentClaimed,
    IncidentClosed,
    IncidentConfirmed,
    IncidentEscalated,
    IncidentMarked,
    IncidentNoted,
    IncidentOpened,
    IncidentReleased,
    IncidentRepeated,
)
from ansim.response.incidents.model import (
    CLOSE_CODES,
    HANDED_OVER,
    NO_OFFER,
    NOTE_REQUIRED,
    PROCEDURE,
    IncidentRow,
    next_escalation,
)
from ansim.response.routing.model import Routed
from ansim.response.routing.ports import Boundaries
from ansim.response.signals import store as signals
from ansim.response.signals.actions import Placed
from ansim.trust.access.model import Actor, Role, Site
from ansim.trust.ledger.actions import entry_of, record, record_many
from ansim.trust.ledger.model import Entry, subject_tag
from ansim.trust.retention.keys import Keys

UNCLAIMED = "incident.unclaimed"
"""The timer that presses while nobody has claimed."""


async def place(tx: Transaction, routed: Sequence[Routed]) -> list[Placed]:
    """Give every arrival its incident: the open one of the same person, or a new one with keys of its own."""
    keys = tx.use(Keys)
    homes = {
        person: (row["id"], row["centre"], row["track_slot"], row["case_slot"])
        for person, row in (
            await store.open_by_person(tx, [r.arrival.person for r in routed if r.arrival.person])
        ).items()
    }
    # the keys of all that will open, in one piece
    slots = iter(keys.new(2 * len({one.arrival.person or at for at, one in enumerate(routed)} - homes.keys())))
    placed: list[Placed] = []
    opened: dict[str, store.NewIncident] = {}
    drafts: list[Entry] = []
    for one in routed:
        arrival, secret = one.arrival, tx.world.secret()
        home = homes.get(arrival.person) if arrival.person else None
        signal, new = tx.world.id(), home is None
        if home is None:
            incident = tx.world.id()
            track_slot, case_slot = next(slots), next(slots)
            home = (incident, one.centre, track_slot, case_slot)
            if arrival.person:
                homes[arrival.person] = home
            tag = subject_tag(secret, incident)
            opened[incident] = store.NewIncident(
                id=incident, centre=one.centre, municipality=one.municipality, route=one.route, kind=arrival.kind,
                trigger=arrival.trigger, silent=arrival.silent, priority=arrival.priority, person=arrival.person, verdict=arrival.verdict,
                marks=[] if arrival.verdict == "verified" else ["unverified"],
                subject_tag=tag, track_slot=track_slot, case_slot=case_slot,
            )  # fmt: skip
            drafts.append(
                entry_of(tx, actor="person", act="incident.opened", object=incident, incident=incident, subject_tag=tag)
            )
            tx.publish(IncidentOpened(incident=incident, centre=one.centre))
            tx.arm(UNCLAIMED, incident, next_escalation(0, tx.at) or tx.at)
        else:
            if fresh := opened.get(home[0]):
                fresh.repeat(arrival.priority)
            else:
                store.add_signal(tx, home[0], arrival.priority)
            tx.publish(IncidentRepeated(incident=home[0], signal=signal))
        details = {"state": "damaged"} if arrival.damaged else None
        drafts.append(
            entry_of(tx, actor="person", act="signal.received", object=signal, incident=home[0], details=details)
        )
        placed.append(Placed(arrival, signal, secret, home[0], home[1], home[2], home[3], new))
    for draft in opened.values():
        store.insert(tx, draft)
    await record_many(tx, drafts)
    return placed


async def claim(tx: Transaction, id: str, centre: str, actor: str) -> IncidentRow:
    """Take it. Exactly one of those who press at once wins; the others are told who did."""
    incident = await _visible(tx, id, centre)
    if not await store.set_owner(tx, id, actor):
        raise Problem(409, "incident.claimed", "Somebody else has it already", claimed_by=incident.owner)
    tx.disarm(UNCLAIMED, id)
    await store.lay_out(
        tx, id, [(step, None if due is None else tx.at + timedelta(seconds=due)) for step, due in PROCEDURE]
    )
    await said(tx, incident, "incident.claimed", actor)
    tx.publish(IncidentClaimed(incident=id, owner=actor))
    return await store.reread(tx, id)


async def release(tx: Transaction, id: str, actor: str) -> IncidentRow:
    """Give it back: the clock starts again at zero, with the tone."""
    incident = await own(tx, id, actor)
    if not await store.move(
        tx,
        id,
        "received",
        owner=None,
        escalation=0,
        escalated_to=_covering(tx, incident),
        unclaimed_since=tx.at,
        **NO_OFFER,
    ):
        raise not_now(incident)
    tx.arm(UNCLAIMED, id, next_escalation(0, tx.at) or tx.at)
    await said(tx, incident, "incident.released", actor)
    tx.publish(IncidentReleased(incident=id, owner=actor))
    return await store.reread(tx, id)


async def confirm(tx: Transaction, id: str, actor: str) -> IncidentRow:
    incident = await own(tx, id, actor)
    if not await store.move(tx, id, "confirmed", confirmed_at=tx.at):
        raise not_now(incident)
    await said(tx, incident, "incident.confirmed", actor)
    tx.publish(IncidentConfirmed(incident=id))
    return await store.reread(tx, id)


async def close(tx: Transaction, id: str, actor: str, code: int, note: str) -> IncidentRow:
    """End it for good: rights end, links die, the track key is destroyed. A new signal opens a new incident."""
    incident = await own(tx, id, actor)
    if code not in CLOSE_CODES:
        raise Problem(422, "close.code", "The closing code is 1 to 5", field="code")
    if code in NOTE_REQUIRED and not note.strip():
        raise Problem(
            422, "close.note", "This closing code needs a note", "Say in a line what was found.", field="note"
        )
    if not await store.move(tx, id, CLOSE_CODES[code], resolved_at=tx.at) or not await store.move(
        tx, id, "closed", closed_at=tx.at, close_code=code, **NO_OFFER
    ):
        raise not_now(incident)
    await said(tx, incident, "incident.closed", actor, words=note.strip() or None, code=code)
    tx.publish(IncidentClosed(incident=id, code=code))
    return await store.reread(tx, id)


async def hand_over(tx: Transaction, incident: IncidentRow) -> None:
    """Another centre has the case: here it ends, whoever had it."""
    if not await store.move(
        tx, incident.id, "resolved", resolved_at=tx.at, unclaimed_since=None
    ) or not await store.move(tx, incident.id, "closed", closed_at=tx.at, close_code=HANDED_OVER, **NO_OFFER):
        raise not_now(incident)
    tx.disarm(UNCLAIMED, incident.id)
    await signals.let_go(tx, incident.id)
    tx.publish(IncidentClosed(incident=incident.id, code=HANDED_OVER))


async def cover(tx: Transaction, incident: IncidentRow, centre: str) -> bool:
    """This centre has the case until the one that answers for her place is there. False: it has it already."""
    if not await store.cover(tx, incident.id, centre):
        return False
    await said(tx, incident, "incident.covered", "clock")
    await mark(tx, incident.id, "covered")
    return True


async def answer_for(tx: Transaction, incident: IncidentRow, centre: str) -> None:
    """From now on that centre answers for it: one that is to take it for us, or we ourselves after all."""
    if await store.answer_for(tx, incident.id, centre):
        await said(tx, incident, "incident.kept" if centre == tx.use(Site).centre else "incident.rolled-over", "clock")
        tx.publish(IncidentMarked(incident=incident.id))


async def elsewhere(tx: Transaction, incident: IncidentRow) -> bool:
    """Whether another centre answers for it, for which nobody works in this process."""
    return incident.centre != tx.use(Site).centre and not await store.served_here(tx, incident.centre)


async def escalate(tx: Transaction, id: str) -> None:
    """Timer: still nobody. The leader at 20 s, the neighbour centres at 40 s; the tone goes on until a person
    claims.
    """
    incident = await store.locked(tx, id)
    if incident is None or incident.state != "received" or incident.unclaimed_since is None:
        return
    level = incident.escalation + 1
    neighbours = tx.use(Boundaries).neighbours(incident.centre) if level == 2 else []
    if not await store.escalate(tx, id, level, neighbours):
        return
    await said(tx, incident, "incident.escalated", "clock", level=level)
    tx.publish(IncidentEscalated(incident=id, level=level))
    due = next_escalation(level, incident.unclaimed_since)
    if due is not None:
        tx.arm(UNCLAIMED, id, due)


def _covering(tx: Transaction, incident: IncidentRow) -> list[str]:
    site = tx.use(Site).centre
    return [site] if incident.centre != site and site in incident.escalated_to else []


async def mark(tx: Transaction, id: str, mark: str) -> None:
    if await store.mark(tx, id, mark):
        tx.publish(IncidentMarked(incident=id))


async def note(tx: Transaction, id: str, actor: str, text: str) -> None:
    incident = await own(tx, id, actor)
    await said(tx, incident, "incident.noted", actor, words=text)
    tx.publish(IncidentNoted(incident=id))


async def say(tx: Transaction, incident: IncidentRow, sender: str, text: str) -> None:
    """A message between her and the operator."""
    if incident.case_slot is None or not incident.open:
        raise not_now(incident)
    id = tx.world.id()
    sealed = tx.use(Keys).seal(incident.case_slot, text.encode(), words_context(incident.id))
    await store.insert_message(tx, id, incident.id, sender, sealed)
    actor = "person" if sender == "person" else incident.owner or "operator"
    await record(tx, actor=actor, act="message.sent", object=id, incident=incident.id, subject_tag=incident.subject_tag)
    tx.publish(IncidentNoted(incident=incident.id))


async def tick(tx: Transaction, id: str, actor: str, step: str, done: bool) -> None:
    incident = await own(tx, id, actor)
    if await store.tick(tx, id, step, tx.at if done else None, actor if done else None):
        await said(tx, incident, "procedure.done" if done else "procedure.undone", actor, words=step)
        tx.publish(IncidentNoted(incident=id))


async def _visible(tx: Transaction, id: str, centre: str) -> IncidentRow:
    incident = await store.seen_by(tx, centre, id)
    if incident is None:
        raise not_found("incident")
    return incident


async def own(tx: Transaction, id: str, actor: str) -> IncidentRow:
    """The incident, held until the commit, for the one operator who has it."""
    incident = await store.locked(tx, id)
    if incident is None or incident.owner != actor:
        raise not_found("incident")
    return incident


async def exportable(tx: Transaction, id: str, actor: Actor) -> IncidentRow:
    """The case, for whoever may save and take out evidence of it: the one who has it while it is open, and a leader of its centre."""
    incident = await store.seen_by(tx, actor.centre, id)
    if incident is None or incident.centre != actor.centre:
        raise not_found("incident")
    if actor.role is not Role.SUPERVISOR and not (incident.owner == actor.id and incident.open):
        raise not_found("incident")
    if incident.case_slot is None:
        raise destroyed()
    return incident


def destroyed() -> Problem:
    return Problem(410, "case.destroyed", "The case is destroyed")


def not_now(incident: IncidentRow) -> Problem:
    return Problem(
        409, "incident.state", "Not in this state", f"The incident is {incident.state}.", state=incident.state
    )


async def said(
    tx: Transaction, incident: IncidentRow, act: str, actor: str, *, words: str | None = None, **details: str | int
) -> None:
    """One line in the timeline and one in the ledger, of this stage or of one further down the story; words only in the
    timeline, under the case key.
    """
    sealed = None
    if words is not None and incident.case_slot is not None:
        sealed = tx.use(Keys).seal(incident.case_slot, words.encode(), words_context(incident.id))
    await said_of(tx, incident.id, incident.subject_tag, act, actor, sealed, **details)


async def said_of(
    tx: Transaction, id: str, subject_tag: str, act: str, actor: str, sealed: bytes | None = None, **details: str | int
) -> None:
    """As `said`, also of a case that this transaction opens."""
    store.note(tx, tx.world.id(), id, act, actor, sealed)
    await record(tx, actor=actor, act=act, object=id, incident=id, subject_tag=subject_tag, details=details or None)


def words_context(incident: str) -> bytes:
    return f"words/{incident}".encode()
