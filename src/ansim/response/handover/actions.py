"""The verbs of a hand-over. Until the other centre has said that it has the case, it is somebody's here.

Five reasons (`model.Why`): she is in another centre's area and her phone came here; we are closed or have more than we can claim, and another has
agreed to take it; she walked out of ours; nobody here claims it; the other has a case of hers, too. For the first two and the last nobody needs to
agree any more: it is stored there as if she had pressed there, and this one lets go. For the others one of its operators claims the case, and that
is the acceptance.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import msgspec

from ansim.city.country.member import Country
from ansim.city.people.actions import profile_of
from ansim.city.people.sealed import opened
from ansim.core.database import Transaction
from ansim.core.errors import Problem, Unavailable
from ansim.core.position import Position
from ansim.response.dispatch import store as dispatches
from ansim.response.handover import letters, store
from ansim.response.handover.events import HandoverEnded, HandoverOffered
from ansim.response.handover.model import (
    ANSWERED_WITHIN,
    FRESH,
    HOME_AGAIN,
    HOME_AGAIN_AT_MOST,
    TAKEN_HOME_WITHIN,
    TRACK_LENGTH,
    Answer,
    Done,
    HandoverRow,
    Moved,
    Offer,
    Over,
    Rest,
    Said,
    SignalCopy,
    Taken,
    Why,
    Withdrawal,
)
from ansim.response.incidents import actions as incidents
from ansim.response.incidents import guardians
from ansim.response.incidents import store as incident_store
from ansim.response.incidents.actions import elsewhere, not_now, own, said, said_of
from ansim.response.incidents.events import (
    IncidentClaimed,
    IncidentClosed,
    IncidentEscalated,
    IncidentOpened,
)
from ansim.response.incidents.model import IncidentRow
from ansim.response.incidents.person import known_of
from ansim.response.notify.actions import Origin
from ansim.response.routing.ports import Boundaries
from ansim.response.signals import actions as signals
from ansim.response.signals.actions import Placed
from ansim.response.signals.model import Arrival
from ansim.response.signals.receipts import CentreNames, shown
from ansim.response.tracking.actions import track
from ansim.trust.access.model import Site
from ansim.trust.ledger.model import subject_tag
from ansim.trust.retention.actions import destroy
from ansim.trust.retention.keys import Keys

UNANSWERED = "handover.unanswered"
"""The timer of a hand-over that waits for the other centre."""
RECENT, CLOCKS = 500, timedelta(seconds=10)
"""Of what came while a case was offered: so many positions at most, by a phone's clock that may be so far behind."""
COVERED = "handover.covered"
"""The timer of a case that is ours while the centre that answers for her place is away."""


async def send_home(tx: Transaction, placed: Sequence[Placed]) -> None:
    """Where another centre answers for her place, the case is offered to it in the transaction that stores her call: no commit
    lies between the two. Also while that one is silent: what it may have of the same press, it must not keep for a second case.
    """
    site, country, calls = tx.use(Site).centre, tx.use(Country), dict[str, list[Placed]]()
    for one in placed:
        if one.centre != site and country.card(one.centre) is not None:
            calls.setdefault(one.incident, []).append(one)
    for incident, together in calls.items():
        first = together[0]
        if not first.new_incident or await incident_store.served_here(tx, first.centre):
            continue
        id, arrivals = tx.world.id(), [one.arrival for one in together]
        why: Why = "overflow" if _ours(tx, first) else "place"
        offer = Offer(
            id=id, why=why, at=tx.at, kind=first.arrival.kind, priority=min(one.priority for one in arrivals),
            verdict=first.arrival.verdict, person=first.arrival.person, marks=[],
            signals=[
                SignalCopy(
                    source=one.source, client_id=one.client_id, trigger=one.trigger, silent=one.silent,
                    battery=one.battery, occurred_at=one.occurred_at,
                )
                for one in arrivals
            ],
            track=[fix for one in arrivals for fix in (*one.track, one.position) if fix is not None][-TRACK_LENGTH:],
            contacts=await _contacts(tx, arrivals),
        )  # fmt: skip
        # without a key that makes sense her call is stored all the same, and covered
        with suppress(Unavailable):
            await _send(tx, incident, subject_tag(first.secret, incident), first.centre, offer, "clock")


def _ours(tx: Transaction, placed: Placed) -> bool:
    """Whether we answer for her place, and somebody takes our new cases."""
    site = tx.use(Site).centre
    if placed.centre not in tx.use(Country).covers:
        return False
    return placed.arrival.centre == site or tx.use(Boundaries).answer(placed.arrival.position)[0] == site


async def _contacts(tx: Transaction, arrivals: Sequence[Arrival]) -> bytes | None:
    """What `known_of` will find, of calls that are not stored yet."""
    newest = next((one for one in reversed(arrivals) if one.contacts is not None), None)
    if newest is None:
        person = arrivals[0].person
        known = None if person is None else await profile_of(tx, person)
    else:
        known = opened(tx, newest.contacts or b"", newest.client_id)
    return None if known is None else msgspec.json.encode(known)


async def cover_for_silent(tx: Transaction, fact: IncidentOpened) -> None:
    """The centre that answers for her place is away, or has not been asked: the case is ours at once."""
    if fact.centre == tx.use(Site).centre:
        return
    incident = await incident_store.locked(tx, fact.incident)
    if incident is None or not incident.open or not await elsewhere(tx, incident):
        return
    if not tx.use(Country).up(incident.centre) or await store.open_of(tx, incident.id, "out") is None:
        await (roll_on if incident.route == "rolled-over" else cover)(tx, incident)


async def widen(tx: Transaction, fact: IncidentEscalated) -> None:
    """Nobody here has claimed it: the nearest neighbour that is there is asked, and its alarm sounds, too."""
    incident = await incident_store.locked(tx, fact.incident)
    if incident is not None and fact.level >= 2 and not await elsewhere(tx, incident):
        await ask_neighbour(tx, incident)


async def ask(tx: Transaction, id: str, actor: str, to: str, note: str) -> HandoverRow:
    """The operator who has the case asks another centre to take it. Until its operator claims it there, it stays hers."""
    incident = await own(tx, id, actor)
    if incident.state not in ("claimed", "confirmed"):
        raise not_now(incident)
    if tx.use(Country).card(to) is None:
        raise Problem(422, "handover.to", "No such centre in the country", "Choose one that is there.", field="to")
    if not tx.use(Country).up(to):
        raise Problem(
            409, "handover.away", "That centre does not answer", "Keep the case, or choose another.", field="to"
        )
    if any(one.state in ("requested", "acknowledged", "en_route") for one in await dispatches.of_incident(tx, id)):
        raise Problem(
            409, "handover.dispatched", "Help is on its way from here",
            "Who asked for it stays with it until it has arrived or been refused.",
        )  # fmt: skip
    if await store.open_of(tx, id, "out") is not None:
        raise Problem(
            409, "handover.offered", "A centre has been asked already", "Wait for its answer, or take it back."
        )
    await offer(tx, incident, to, "moved", actor, note)
    await tx.settle()
    found = await store.latest_of(tx, id)
    assert found is not None
    return found


async def take_back(tx: Transaction, id: str, actor: str) -> None:
    """Her operator keeps it after all."""
    incident = await own(tx, id, actor)
    handover = await store.open_of(tx, id, "out")
    if handover is None:
        raise Problem(409, "handover.none", "No centre is being asked")
    await _end(tx, incident, handover, "withdrawn", actor)


async def reject(tx: Transaction, id: str, centre: str, actor: str) -> None:
    """This centre does not take what it was asked to take: it closes here, and the alarm is back at the sender."""
    incident = await incident_store.locked(tx, id)
    handover = None if incident is None or incident.centre != centre else await store.open_of(tx, id, "in")
    if incident is None or handover is None or incident.state != "received":
        raise Problem(409, "handover.none", "There is nothing to reject", "It is claimed, or was not handed over.")
    await store.answer(tx, handover.id, "rejected")
    letters.write(tx, handover.centre, Answer(id=handover.id, accepted=False, why="rejected"))
    await said(tx, incident, "handover.rejected", actor)
    await give_back(tx, incident)
    tx.publish(HandoverEnded(incident=id, why="rejected"))


async def give_back(tx: Transaction, incident: IncidentRow) -> None:
    """It was never ours: it ends here, and what the offer brought of names and words is destroyed at once."""
    await incidents.hand_over(tx, incident)
    if incident.route == "handed-over" and incident.case_slot is not None:
        await destroy(
            tx, subject=incident.id, scope="case", slots=[incident.case_slot], actor="system", why="closed",
            incident=incident.id, subject_tag=incident.subject_tag,
        )  # fmt: skip


async def due(tx: Transaction, id: str) -> None:
    """Timer: the other centre has not answered."""
    handover = await store.locked(tx, id)
    if handover is None or handover.state != "offered" or handover.way == "in":
        return
    incident = await incident_store.locked(tx, handover.incident)
    if incident is None or not incident.open:
        return
    if handover.why == "place":
        # The offer stands: whoever answers for her place may still take it, until somebody here claims it.
        await cover(tx, incident)
        return
    if handover.why == "overflow":
        # Withdrawn, not lapsed: from now on an acceptance that comes late does not count.
        await _end(tx, incident, handover, "withdrawn", "clock")
        await roll_on(tx, incident)
        return
    await _end(tx, incident, handover, "lapsed", "clock")
    if handover.why == "unclaimed":
        await ask_neighbour(tx, incident)


async def home_again(tx: Transaction, id: str) -> None:
    """Timer: nobody has claimed what we cover. Its own centre may be there again, or for the first time: it was not known before, or what
    it was offered while it was away has grown old on the way.
    """
    incident = await incident_store.locked(tx, id)
    if incident is None or incident.state != "received" or not await elsewhere(tx, incident):
        return
    waiting, offers = await store.open_of(tx, id, "out"), await store.offers_of(tx, id, "place")
    if tx.use(Country).up(incident.centre) and (waiting is None or tx.at - waiting.offered_at > FRESH):
        if waiting is not None:
            # Not said to the other: what it may have taken of this offer, it has.
            await store.answer(tx, waiting.id, "lapsed")
        await offer(tx, incident, incident.centre, "place", "clock")
    tx.arm(COVERED, id, tx.at + min(HOME_AGAIN * 2**offers, HOME_AGAIN_AT_MOST))


async def end_with_claim(tx: Transaction, fact: IncidentClaimed) -> None:
    """Claimed: what came from another centre is accepted by that; what was offered to one stays here, if it was only for want of hands."""
    incident = await incident_store.locked(tx, fact.incident)
    if incident is None:
        return
    if (came := await store.open_of(tx, incident.id, "in")) is not None:
        await accept(tx, incident, came)
    if (offered := await store.open_of(tx, incident.id, "out")) is not None and offered.why != "moved":
        await _end(tx, incident, offered, "withdrawn", fact.owner)


async def end_with_case(tx: Transaction, fact: IncidentClosed) -> None:
    """Closed: nobody else needs to take it any more; and whoever it came from hears that it is over."""
    incident = await incident_store.locked(tx, fact.incident)
    if incident is not None and (came := await store.taken(tx, incident.id)) is not None:
        letters.write(tx, came.centre, Over(id=came.id))
    if incident is not None and (offered := await store.open_of(tx, incident.id, "out")) is not None:
        await _end(tx, incident, offered, "withdrawn", "clock")


async def centre_there(tx: Transaction, id: str, actor: str) -> str | None:
    """Which other centre answers for where she is now; None where this one does, or it is not the actor's case."""
    incident = await incident_store.get(tx, id)
    if incident is None or incident.owner != actor:
        return None
    positions = await track(tx, incident.id, incident.track_slot)
    centre = tx.use(Boundaries).answer(positions[-1])[0] if positions else incident.centre
    return None if centre == tx.use(Site).centre else centre


async def accept(tx: Transaction, incident: IncidentRow, handover: HandoverRow) -> None:
    """Tell the sender that it is ours, and what her phone needs to go on here."""
    if not await store.answer(tx, handover.id, "accepted"):
        return
    names = tx.use(CentreNames)
    known = await signals.receipts_of(tx, incident.id, incident.centre, incident.case_slot)
    letters.write(
        tx,
        handover.centre,
        Answer(
            id=handover.id, accepted=True, origin=str(tx.use(Origin)),
            taken=[Taken(client_id=client_id, receipt=shown(receipt, names)) for client_id, receipt in known],
        ),
    )  # fmt: skip
    await said(tx, incident, "handover.taken", f"centre:{handover.centre}")


async def moved_of(tx: Transaction, incident: IncidentRow, client_id: str) -> Moved | None:
    """Where the phone of that signal goes on; None while the case is here, or once it is destroyed."""
    handover = await store.accepted_of(tx, incident.id)
    if handover is None or handover.sealed is None or incident.case_slot is None:
        return None
    text = tx.use(Keys).opened(incident.case_slot, handover.sealed, moved_context(incident.id))
    found: dict[str, Moved] = {} if text is None else msgspec.json.decode(text, type=dict[str, Moved])
    return found.get(client_id)


def moved_context(incident: str) -> bytes:
    return f"moved/{incident}".encode()


async def offer(tx: Transaction, incident: IncidentRow, to: str, why: Why, actor: str, note: str = "") -> None:
    """Write to another centre that it should take the case. Until it answers it is ours."""
    letter = await _offer_of(tx, tx.world.id(), incident, why, note)
    sealed = None
    if note and incident.case_slot is not None:
        sealed = tx.use(Keys).seal(incident.case_slot, note.encode(), incidents.words_context(incident.id))
    await _send(tx, incident.id, incident.subject_tag, to, letter, actor, sealed)


async def _send(
    tx: Transaction, incident: str, subject_tag: str, to: str, offer: Offer, actor: str, sealed: bytes | None = None
) -> None:
    """Raises Unavailable, with nothing done, while nobody has said how that centre is reached."""
    letters.write(tx, to, offer)
    store.offer(tx, offer.id, incident, to, offer.why)
    tx.arm(UNANSWERED, offer.id, tx.at + (TAKEN_HOME_WITHIN if offer.why in ("place", "overflow") else ANSWERED_WITHIN))
    await said_of(tx, incident, subject_tag, "handover.offered", actor, sealed, why=offer.why)
    tx.publish(HandoverOffered(incident=incident, to=to))


async def _offer_of(tx: Transaction, id: str, incident: IncidentRow, why: Why, note: str) -> Offer:
    known = await known_of(tx, incident.id)
    positions: list[Position] = await track(tx, incident.id, incident.track_slot, length=TRACK_LENGTH)
    return Offer(
        id=id, why=why, at=tx.at, kind=incident.kind, priority=incident.priority,
        verdict=incident.verdict, person=incident.person,
        marks=[mark for mark in incident.marks if mark in ("cancel_pending", "duress")],
        signals=[
            SignalCopy(
                source=row["source"], client_id=row["client_id"], trigger=row["trigger"], silent=row["silent"],
                battery=row["battery"], occurred_at=row["occurred_at"], cancelled=row["cancelled_at"] is not None,
            )
            for row in await store.signals_of(tx, incident.id)
        ],
        track=positions, contacts=None if known is None else msgspec.json.encode(known), note=note,
        said=await _said_of(tx, incident, None), done=await _done_of(tx, incident, None),
    )  # fmt: skip


async def roll_on(tx: Transaction, incident: IncidentRow) -> None:
    """Whoever was to take our new case has not: the next that has agreed; and when nobody is left, it is ours, with the alarm."""
    asked = await store.centres_of(tx, incident.id)
    to = next((one for one in tx.use(Country).covers if one not in asked), None)
    if to is None:
        await keep(tx, incident)
    else:
        await incidents.answer_for(tx, incident, to)
        await offer(tx, incident, to, "overflow", "clock")


async def keep(tx: Transaction, incident: IncidentRow) -> None:
    """Ours for good, whoever was to have it; on every console, and her guardians told."""
    site = tx.use(Site).centre
    await incidents.answer_for(tx, incident, site)
    if site not in incident.escalated_to:
        await guardians.tell(tx, await incident_store.reread(tx, incident.id))


async def rest_of(tx: Transaction, incident: IncidentRow, handover: HandoverRow) -> Rest:
    """What has come since it was offered."""
    fixes: list[Position] = await track(tx, incident.id, incident.track_slot, length=RECENT)
    return Rest(
        id=handover.id, track=[one for one in fixes if one.at >= handover.offered_at - CLOCKS],
        said=await _said_of(tx, incident, handover.offered_at), done=await _done_of(tx, incident, handover.offered_at),
    )  # fmt: skip


async def lay(
    tx: Transaction, incident: IncidentRow, handover: str, sender: str, said: list[Said], done: list[Done]
) -> None:
    """What was said and done at the centre that had the case, before what is said and done here. Twice is once."""
    if incident.case_slot is None:
        return
    keys, context = tx.use(Keys), incidents.words_context(incident.id)

    def name(id: str) -> str:
        """Sorts as it did there, and is another one than there: the case may come back."""
        return id[:20] + hashlib.sha256(f"{handover} {id}".encode()).hexdigest()[:12]

    for word in said:
        sealed = keys.seal(incident.case_slot, word.text.encode(), context)
        await store.add_said(tx, name(word.id), incident.id, word.at, word.sender, sealed)
    for line in done:
        text = None if line.text is None else keys.seal(incident.case_slot, line.text.encode(), context)
        await store.add_done(tx, name(line.id), incident.id, line.at, line.act, f"centre:{line.by or sender}", text)


async def _said_of(tx: Transaction, incident: IncidentRow, since: datetime | None) -> list[Said]:
    return [
        Said(id=row["id"], at=row["at"], sender=row["sender"], text=_words(tx, incident, row["sealed"]) or "")
        for row in await store.said_of(tx, incident.id, since)
    ]


async def _done_of(tx: Transaction, incident: IncidentRow, since: datetime | None) -> list[Done]:
    here = tx.use(Site).centre
    return [
        Done(
            id=row["id"], at=row["at"], act=row["act"], text=_words(tx, incident, row["sealed"]),
            by=row["actor"].removeprefix("centre:") if row["actor"].startswith("centre:") else here,
        )
        for row in await store.done_of(tx, incident.id, since)
    ]  # fmt: skip


def _words(tx: Transaction, incident: IncidentRow, sealed: bytes | None) -> str | None:
    text = tx.use(Keys).opened(incident.case_slot, sealed, incidents.words_context(incident.id))
    return None if text is None else text.decode()


async def ask_neighbour(tx: Transaction, incident: IncidentRow) -> None:
    """The nearest that is there and has not been asked; and the next when that one's operators do not answer, either."""
    if incident.state != "received":
        return
    asked = await store.centres_of(tx, incident.id)  # also the one that it came from
    country = tx.use(Country)
    neighbour = next((one for one in incident.escalated_to if one not in asked and country.up(one)), None)
    if neighbour is not None:
        await offer(tx, incident, neighbour, "unclaimed", "clock")


async def _end(tx: Transaction, incident: IncidentRow, handover: HandoverRow, state: str, actor: str) -> None:
    """It stays here, and the other centre hears that."""
    assert state in ("withdrawn", "lapsed")
    if not await store.answer(tx, handover.id, state):  # type: ignore[arg-type]
        return
    tx.disarm(UNANSWERED, handover.id)
    letters.write(tx, handover.centre, Withdrawal(id=handover.id, at=tx.at, lapsed=state == "lapsed"))
    await said(tx, incident, f"handover.{state}", actor)
    tx.publish(HandoverEnded(incident=incident.id, why=state))


async def cover(tx: Transaction, incident: IncidentRow) -> None:
    """Ours until the other is there: with the alarm, on every console, and her guardians told."""
    if await incidents.cover(tx, incident, tx.use(Site).centre):
        await guardians.tell(tx, incident)
        tx.arm(COVERED, incident.id, tx.at + HOME_AGAIN)
