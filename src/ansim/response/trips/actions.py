"""The verbs of a trip. Each is one transaction: state, ledger, facts and the timer together."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import msgspec

from ansim.city.people.actions import profile_of
from ansim.city.people.contacts import Contacts, check_code
from ansim.city.people.credential import Verdict
from ansim.city.people.sealed import opened
from ansim.city.ways.register import Network
from ansim.core.database import Transaction
from ansim.core.errors import Problem, not_found
from ansim.core.geo import distance_m
from ansim.core.position import Position
from ansim.response.routing.ports import Boundaries
from ansim.response.signals.model import believed, secret_hash
from ansim.response.tracking import actions as tracking
from ansim.response.trips import store, watching
from ansim.response.trips.events import (
    TripAsked,
    TripChanged,
    TripEnded,
    TripHeard,
    TripRides,
    TripSignalled,
    TripStarted,
    TripUnanswered,
)
from ansim.response.trips.model import (
    EXPIRES,
    FRESH,
    GIVES_WAY,
    LONGEST,
    NAMES_KEPT,
    SHORTEST,
    THERE_M,
    Outcome,
    Spoken,
    TripPost,
    TripRow,
    Vehicle,
    alarmed,
    calmed,
    ended,
    lapsed,
    signalled,
)
from ansim.response.trips.watching import Mode, Plan, Watch
from ansim.trust.grants import actions as grants
from ansim.trust.ledger.actions import entry_of, record, record_many
from ansim.trust.ledger.model import subject_tag
from ansim.trust.retention.actions import destroy_at_end
from ansim.trust.retention.events import DestructionCertified
from ansim.trust.retention.keys import Erased, Keys

DUE = "trip.due"
"""The timer that looks after a trip: its next step, or what time alone says of her way."""

SOON = timedelta(seconds=1)


class Memory(msgspec.Struct, array_like=True):
    """What is under the track key beside the fixes: where she wants to go, and what the watch remembers."""

    latitude: float
    longitude: float
    watch: Watch


@dataclass
class Kept:
    """A trip that this transaction holds, with what lies under its track key."""

    trip: TripRow
    memory: Memory

    @property
    def watch(self) -> Watch:
        return self.memory.watch

    @property
    def plan(self) -> Plan:
        return plan_of(self.trip, self.memory.latitude, self.memory.longitude)

    def is_there(self, position: Position) -> bool:
        away = distance_m(position.latitude, position.longitude, self.memory.latitude, self.memory.longitude)
        return away <= THERE_M


def plan_of(trip: TripRow, latitude: float, longitude: float) -> Plan:
    return Plan(
        latitude=latitude, longitude=longitude, mode=trip.mode, started_at=trip.started_at,
        promised_at=trip.promised_at, background=trip.background,
    )  # fmt: skip


async def start(tx: Transaction, post: TripPost, verdict: Verdict, contacts: bytes | None) -> tuple[TripRow, bool]:
    """Watch over her from now on; whether it is new. The same id again is the trip that it was. Raises Problem 422."""
    if (known := await store.by_client_id(tx, post.id)) is not None:
        return known, False
    _insist_reachable(post, tx)
    keys, id, secret = tx.use(Keys), tx.world.id(), tx.world.secret()
    said = await _known(tx, contacts, post.id, verdict.person)
    centre, _, _ = tx.use(Boundaries).answer(post.position or _at(post, tx))
    track_slot, case_slot = keys.new(2)
    words = Spoken(label=post.destination.label, vehicle=post.vehicle)
    trip = TripRow(
        id=id, client_id=post.id, centre=centre, person=verdict.person, verdict=verdict.rank,
        subject_tag=subject_tag(secret, id), secret_hash=secret_hash(secret), track_slot=track_slot,
        case_slot=case_slot, secret=keys.seal(case_slot, secret.encode(), _context("secret", id)),
        contacts=None if contacts is None else keys.seal(case_slot, contacts, _context("contacts", id)),
        words=keys.seal(case_slot, msgspec.json.encode(words), _context("words", id)), receipt=None, memory=None,
        mode=post.mode, background=post.background, coded=said is not None and said.codes is not None,
        guardians=0 if said is None else len(said.guardians), state="walking", started_at=tx.at,
        promised_at=post.promised_at, battery=post.battery, heard_at=tx.at,
    )  # fmt: skip
    there = post.destination
    plan = plan_of(trip, there.latitude, there.longitude)
    remaining = tx.use(Network).toward(there.latitude, there.longitude)
    watch = watching.begin(plan, post.position, tx.at, remaining)
    kept = Kept(trip, Memory(there.latitude, there.longitude, watch))
    if post.position is not None:
        located(tx, kept, post.position)
        tracking.lay(tx, [(id, track_slot, post.position)])
    _arm(tx, kept)
    _seal(tx, kept)
    await keys.flush()
    if not await store.insert(tx, kept.trip):
        raise Problem(409, "trip.starting", "This trip is being started already", "Try again.")
    await record(
        tx, actor="person", act="trip.started", object=id, incident=id, subject_tag=trip.subject_tag,
        details={"kind": trip.mode, "count": trip.guardians},
    )  # fmt: skip
    tx.publish(TripStarted(trip=id))
    return kept.trip, True


def secret_of(tx: Transaction, trip: TripRow) -> str:
    """For a start that is repeated; empty once names are destroyed."""
    return (tx.use(Keys).opened(trip.case_slot, trip.secret, _context("secret", trip.id)) or b"").decode()


async def own(tx: Transaction, id: str, secret: str, *, lock: bool = True) -> TripRow:
    """The trip of whoever holds its secret; 404 for everybody else."""
    trip = (await store.locked(tx, [id])).get(id) if lock else await store.get(tx, id)
    if trip is None or not hmac.compare_digest(trip.secret_hash, secret_hash(secret)):
        raise not_found("trip")
    return trip


def is_over(trip: TripRow) -> bool:
    """For her phone: also after an end that she was forced to."""
    return not trip.open or trip.pretended_at is not None


def _called(trip: TripRow) -> bool:
    """Help was called, and her phone knows: the centre decides when it is over, and her codes speak to the signal."""
    return trip.state == "signalled" and trip.duress_at is None


def over() -> Problem:
    return Problem(410, "trip.ended", "The trip has ended", "Nothing of it is kept any more.")


async def answer(tx: Transaction, trip: TripRow, question: str, code: str | None) -> TripRow:
    """She is ok, or forced to say so. To a question that is over this is no answer. Raises Problem 403."""
    if is_over(trip) or _called(trip):
        return trip
    waits = trip.question == question
    verdict = await _verdict(tx, trip, code, needed=waits and trip.needs_code)
    if verdict == "duress":
        return await _duress(tx, trip, "trip.answered")
    return await _answered(tx, trip) if waits else trip


async def extend(tx: Transaction, trip: TripRow, minutes: int) -> TripRow:
    """She needs longer. Raises Problem 410, 422."""
    if is_over(trip):
        raise over()
    promised_at = max(trip.promised_at, tx.at) + timedelta(minutes=minutes)
    if promised_at > tx.at + LONGEST:
        raise Problem(422, "trip.promised", "Too far ahead", "At most twelve hours from now.", field="minutes")
    trip = await _changed(tx, trip, "trip.extended", seconds=minutes * 60, promised_at=promised_at)
    return await _answered(tx, trip) if trip.asked and trip.reason in GIVES_WAY else trip


async def travel(tx: Transaction, trip: TripRow, mode: Mode, vehicle: Vehicle | None) -> TripRow:
    """She goes on in another way; what she rides in is told to her guardians. Raises Problem 410."""
    if is_over(trip):
        raise over()
    words = msgspec.structs.replace(spoken(tx, trip), vehicle=vehicle)
    assert trip.case_slot is not None
    sealed = tx.use(Keys).seal(trip.case_slot, msgspec.json.encode(words), _context("words", trip.id))
    trip = await _changed(tx, trip, "trip.mode-changed", kind=mode, mode=mode, words=sealed)
    if vehicle is not None:
        tx.publish(TripRides(trip=trip.id))
    return await _answered(tx, trip) if trip.asked and trip.reason == "vehicle" else trip


async def end(tx: Transaction, trip: TripRow, outcome: Literal["arrived", "ended"], code: str | None) -> TripRow:
    """She has arrived, or wants to be watched no longer. Raises Problem 403."""
    if is_over(trip) or _called(trip):
        return trip
    verdict = await _verdict(tx, trip, code, needed=trip.end_needs_code(tx.at))
    if verdict == "duress" or trip.duress_at is not None:
        return await _duress(tx, trip, "trip.ended", pretended=outcome, pretended_at=tx.at)
    return await close(tx, trip, outcome, actor="person")


async def close(tx: Transaction, trip: TripRow, outcome: Outcome, *, actor: str) -> TripRow:
    """The end: where she was is destroyed at once, names and guardians' rights a day later."""
    trip = ended(trip, outcome, tx.at)
    store.save(tx, trip)
    tx.disarm(DUE, trip.id)
    await record(
        tx, actor=actor, act="trip.ended", object=trip.id, incident=trip.id, details={"why": outcome},
        subject_tag=None if trip.pretended_at else trip.subject_tag,
    )  # fmt: skip
    tx.publish(TripEnded(trip=trip.id, outcome=outcome))
    await _destroy(tx, trip)
    return trip


async def end_again(tx: Transaction, id: str, outcome: Outcome) -> bool:
    """After a restore: what the ledger knows to be over is over. Nobody is told once more."""
    trip = (await store.locked(tx, [id])).get(id)
    if trip is None or not trip.open:
        return False
    store.save(tx, ended(trip, outcome, tx.at))
    tx.disarm(DUE, id)
    await _destroy(tx, trip)
    return True


async def _destroy(tx: Transaction, trip: TripRow) -> None:
    await grants.shorten_all(tx, trip.id, tx.at + NAMES_KEPT, actor="system")
    await destroy_at_end(tx, trip, why="ended", names_kept=NAMES_KEPT)


async def due(tx: Transaction, id: str) -> None:
    """Timer: she did not answer in time, or time alone says that something is odd."""
    trip = (await store.locked(tx, [id])).get(id)
    if trip is None or not trip.watched:
        return
    if tx.at >= trip.promised_at + EXPIRES:
        await close(tx, trip, "expired", actor="clock")
        return
    kept = open_memory(tx, trip)
    before, kept.trip = trip, lapsed(trip, tx.at)
    if kept.trip.watched:
        kept.trip = alarmed(kept.trip, watching.due(kept.watch, kept.plan, tx.at), tx.at, tx.world.id())
    kept.trip = msgspec.structs.replace(kept.trip, due_at=None)
    await settle(tx, before, kept)


async def settle(tx: Transaction, before: TripRow, kept: Kept) -> None:
    """Keep what has become of a trip, with the ledger's words and the facts of every step that it took."""
    trip = kept.trip
    said: list[tuple[str, str | None]] = []
    if trip.question is not None and trip.question != before.question:
        said.append(("trip.asked", trip.reason))
        tx.publish(TripAsked(trip=trip.id))
    if trip.state == "calling" and before.state != "calling":
        said.append(("trip.called", trip.reason))
        tx.publish(TripUnanswered(trip=trip.id))
    if before.asked and not trip.asked and trip.watched:
        said.append(("trip.calmed", before.reason))
        if before.reason == "vehicle":
            tx.publish(TripUnanswered(trip=trip.id))
    if trip.state == "signalled" and before.state != "signalled":
        said.append(("trip.signalled", trip.reason))
        tx.publish(TripSignalled(trip=trip.id))
    await record_many(
        tx,
        [
            entry_of(tx, actor="watch", act=act, object=trip.id, incident=trip.id, subject_tag=trip.subject_tag,
                details={"why": why} if why else None)
            for act, why in said
        ],
    )  # fmt: skip
    _arm(tx, kept)
    _seal(tx, kept)
    store.save(tx, kept.trip)
    heard = (before.state, before.question, before.ready, before.due_at is None) == (
        trip.state, trip.question, trip.ready, trip.due_at is None
    )  # fmt: skip
    tx.mention(TripHeard(trip=trip.id) if heard else TripChanged(trip=trip.id))


def open_memory(tx: Transaction, trip: TripRow) -> Kept:
    """Raises Erased once the trip has ended."""
    if trip.track_slot is None or trip.memory is None:
        raise Erased("trip")
    sealed = tx.use(Keys).open(trip.track_slot, trip.memory, _context("memory", trip.id))
    return Kept(trip, msgspec.msgpack.decode(sealed, type=Memory))


def located(tx: Transaction, kept: Kept, position: Position) -> None:
    """Where she is now, and whether that is where she wants to be."""
    at = min(believed(position.at, tx.at), tx.at)
    near = kept.is_there(position) and abs(tx.at - position.at) <= FRESH
    kept.trip = msgspec.structs.replace(kept.trip, located_at=at, near_at=tx.at if near else None)


async def joined(tx: Transaction, person: str, incident: str) -> None:
    """She has a case, opened by herself or by this trip: nothing is asked any more."""
    for trip in await store.open_by_person(tx, [person]):
        if trip.incident is not None:
            continue
        own = trip.state == "signalled"
        trip = trip if own else signalled(trip, "sos", tx.at)
        trip = msgspec.structs.replace(trip, incident=incident)
        store.save(tx, trip)
        if not own:
            tx.disarm(DUE, trip.id)
            await record(
                tx, actor="person", act="trip.signalled", object=trip.id, incident=trip.id,
                subject_tag=trip.subject_tag, details={"why": "sos"},
            )  # fmt: skip
        tx.mention(TripChanged(trip=trip.id))


async def end_with_case(tx: Transaction, incident: str) -> None:
    """The case that it became is closed: the trip is over."""
    for trip in await store.open_of_incident(tx, incident):
        await close(tx, trip, "signalled", actor="system")


async def forget(tx: Transaction, fact: DestructionCertified) -> None:
    """A certificate is written: let nothing point to the dead key."""
    gone = {"track": store.forget_track, "case": store.forget_names}.get(fact.scope)
    if gone is not None and await gone(tx, fact.subject):
        tx.mention(TripChanged(trip=fact.subject))


async def known_of(tx: Transaction, trip: TripRow) -> Contacts | None:
    """What her phone sealed for this trip, else what she left at her home if that is here; None once it is destroyed."""
    if trip.case_slot is None:
        return None
    return await _known(tx, sealed_contacts(tx, trip), trip.client_id, trip.person)


def sealed_contacts(tx: Transaction, trip: TripRow) -> bytes | None:
    """As her phone sealed them, to be passed on with the signal."""
    return tx.use(Keys).opened(trip.case_slot, trip.contacts, _context("contacts", trip.id))


def spoken(tx: Transaction, trip: TripRow) -> Spoken:
    """What she calls her destination, and the vehicle; nothing once it is destroyed."""
    content = tx.use(Keys).opened(trip.case_slot, trip.words, _context("words", trip.id))
    return Spoken() if content is None else msgspec.json.decode(content, type=Spoken)


def receipt_context(trip: str) -> bytes:
    return _context("receipt", trip)


async def _known(tx: Transaction, contacts: bytes | None, client_id: str, person: str | None) -> Contacts | None:
    if contacts is not None:
        return opened(tx, contacts, client_id)
    return None if person is None else await profile_of(tx, person)


async def _verdict(tx: Transaction, trip: TripRow, code: str | None, *, needed: bool) -> str:
    """What her code says; "none" where none was needed nor given. Raises Problem 403."""
    if not trip.coded or (code is None and not needed):
        return "none"
    verdict = "wrong" if code is None else check_code(await known_of(tx, trip), code)
    if verdict == "wrong":
        raise Problem(403, "trip.code", "This is not the code", "Try again.", field="code")
    return verdict


async def _answered(tx: Transaction, trip: TripRow) -> TripRow:
    kept = open_memory(tx, calmed(trip))
    watching.answered(kept.watch, kept.plan, tx.at)
    await record(
        tx, actor="person", act="trip.answered", object=trip.id, incident=trip.id, subject_tag=trip.subject_tag,
        details={"why": trip.reason} if trip.reason else None,
    )  # fmt: skip
    await settle(tx, kept.trip, kept)
    return kept.trip


async def _changed(
    tx: Transaction, trip: TripRow, act: str, *, kind: str | None = None, seconds: int | None = None, **changes: object
) -> TripRow:
    kept = open_memory(tx, msgspec.structs.replace(trip, **changes))
    details = {name: value for name, value in (("kind", kind), ("seconds", seconds)) if value is not None}
    await record(
        tx, actor="person", act=act, object=trip.id, incident=trip.id, subject_tag=trip.subject_tag, details=details
    )
    await settle(tx, kept.trip, kept)
    return kept.trip


async def _duress(tx: Transaction, trip: TripRow, shown: str, **pretended: object) -> TripRow:
    """Nothing that her phone can reach may differ from what the other code does: it hears of an ordinary answer or end.

    Whoever holds her phone can later read what carries her tag."""
    why = {"trip.ended": pretended.get("pretended"), "trip.answered": trip.reason}[shown]
    entries = [
        entry_of(tx, actor="person", act=shown, object=trip.id, incident=trip.id, subject_tag=trip.subject_tag,
            details={"why": str(why)} if why else None),
        entry_of(tx, actor="person", act="trip.duress", object=trip.id, incident=trip.id),
    ]  # fmt: skip
    await record_many(tx, entries)
    called = trip.state == "signalled"
    trip = signalled(trip, "duress", tx.at)
    trip = msgspec.structs.replace(trip, duress_at=trip.duress_at or tx.at, **pretended)
    store.save(tx, trip)
    tx.disarm(DUE, trip.id)
    tx.mention(TripChanged(trip=trip.id))
    if not called:
        tx.publish(TripSignalled(trip=trip.id))
    return trip


def _arm(tx: Transaction, kept: Kept) -> None:
    """The timer fires when the next step is due, or earlier and finds nothing to do: moving it with every fix would cost
    more than that."""
    trip = kept.trip
    if not trip.watched:
        tx.disarm(DUE, trip.id)
        return
    times = [watching.next_due(kept.watch, kept.plan, tx.at), trip.promised_at + EXPIRES]
    wanted = max(min([*times, trip.step_at] if trip.step_at else times), tx.at + SOON)
    if trip.due_at is None or wanted < trip.due_at:
        tx.arm(DUE, trip.id, wanted)
        kept.trip = msgspec.structs.replace(trip, due_at=wanted)


def _seal(tx: Transaction, kept: Kept) -> None:
    trip = kept.trip
    assert trip.track_slot is not None
    sealed = tx.use(Keys).seal(trip.track_slot, msgspec.msgpack.encode(kept.memory), _context("memory", trip.id))
    kept.trip = msgspec.structs.replace(trip, memory=sealed)


def _insist_reachable(post: TripPost, tx: Transaction) -> None:
    if not tx.at + SHORTEST <= post.promised_at <= tx.at + LONGEST:
        raise Problem(
            422, "trip.promised", "Not a time to be there", "Between a minute and twelve hours from now.",
            field="promised_at",
        )  # fmt: skip


def _at(post: TripPost, tx: Transaction) -> Position:
    return Position(latitude=post.destination.latitude, longitude=post.destination.longitude, accuracy_m=0.0, at=tx.at)


def _context(part: str, trip: str) -> bytes:
    return f"trip {part}/{trip}".encode()
