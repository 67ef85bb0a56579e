"""The verbs of an escort. Each is one transaction: state, ledger, notices and the timer together."""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import Any, Literal

import msgspec

from ansim.city.people.actions import profile_of
from ansim.city.people.credential import Verdict
from ansim.city.people.sealed import opened
from ansim.core.database import Transaction
from ansim.core.errors import Problem, not_found
from ansim.core.geo import distance_m
from ansim.core.position import Position
from ansim.response.escorts import store
from ansim.response.escorts.events import EscortChanged, EscortSignalled
from ansim.response.escorts.model import (
    AHEAD,
    BACK,
    FURTHEST_M,
    MORE,
    NAMES_KEPT,
    NOTICE,
    WRONG_MOST,
    CallerPost,
    DutyRow,
    Engaged,
    EscortPost,
    EscortRow,
    Outcome,
    Place,
    Places,
    Proposal,
    Scout,
    Side,
    Spoken,
    has_room,
    next_free,
    next_step,
    proposals,
    walk_of,
)
from ansim.response.escorts.telling import first_of, tell_her, tell_scouts
from ansim.response.routing.ports import Boundaries
from ansim.response.signals.model import secret_hash
from ansim.trust.grants import actions as grants
from ansim.trust.grants import store as grant_store
from ansim.trust.ledger.actions import record
from ansim.trust.ledger.model import subject_tag
from ansim.trust.retention.actions import destroy_at_end
from ansim.trust.retention.events import DestructionCertified
from ansim.trust.retention.keys import Keys

DUE = "escort.due"
"""The timer that takes the next step of an escort."""

UNKNOWN = Verdict(rank="none")


class WrongNumber(Problem):
    """Whoever stands there is not whom she, or the scouts, wait for. It is written down in a transaction of its own."""

    def __init__(self, escort: str, side: Side) -> None:
        super().__init__(403, "escort.number", "This is not the number", "Compare it once more.", field="code")
        self.escort, self.side = escort, side


async def book(
    tx: Transaction, post: EscortPost | CallerPost, verdict: Verdict, contacts: bytes | None, actor: str
) -> tuple[EscortRow, bool]:
    """Ask for a pair; whether it is new. The same id again is the escort that it was. Raises Problem 409, 422."""
    if (known := await store.by_client_id(tx, post.id)) is not None:
        return known, False
    keys, id, secret = tx.use(Keys), tx.world.id(), tx.world.secret()
    centre, _, _ = tx.use(Boundaries).answer(_position(tx, post.meeting))
    await store.one_at_a_time(tx, centre)
    if (known := await store.by_client_id(tx, post.id)) is not None:
        return known, False
    walk = walk_of(post.meeting, post.home)
    await _insist_possible(tx, post, centre, walk)
    track_slot, case_slot = keys.new(2)
    words = await _words(tx, post, contacts, verdict)
    places = Places(meeting=_at(post.meeting), home=_at(post.home))
    escort = EscortRow(
        id=id, client_id=post.id, centre=centre, person=verdict.person, verdict=verdict.rank,
        subject_tag=subject_tag(secret, id), secret_hash=secret_hash(secret), track_slot=track_slot,
        case_slot=case_slot, secret=keys.seal(case_slot, secret.encode(), context("secret", id)),
        contacts=None if contacts is None else keys.seal(case_slot, contacts, context("contacts", id)),
        words=keys.seal(case_slot, msgspec.json.encode(words), context("words", id)),
        places=keys.seal(track_slot, msgspec.json.encode(places), context("places", id)),
        booked_by=actor, booked_at=tx.at, meet_at=post.meet_at, walk_s=round(walk.total_seconds()),
    )  # fmt: skip
    await keys.flush()
    await store.insert(tx, escort)
    _arm(tx, escort)
    await _said(tx, escort, "escort.booked", actor)
    if actor != "person":
        await tell_her(tx, escort, words, "escort.booked")
    tx.mention(EscortChanged(escort=id))
    return escort, True


def secret_of(tx: Transaction, escort: EscortRow) -> str:
    """For a booking that is repeated; empty once names are destroyed."""
    return (tx.use(Keys).opened(escort.case_slot, escort.secret, context("secret", escort.id)) or b"").decode()


async def own(tx: Transaction, id: str, secret: str, *, lock: bool = True) -> EscortRow:
    """The escort of whoever holds its secret; 404 for everybody else."""
    escort = await (store.locked if lock else store.get)(tx, id)
    if escort is None or not hmac.compare_digest(escort.secret_hash, secret_hash(secret)):
        raise not_found("escort")
    return escort


async def of_centre(tx: Transaction, id: str, centre: str, *, lock: bool = True) -> EscortRow:
    escort = await (store.locked if lock else store.get)(tx, id)
    if escort is None or escort.centre != centre:
        raise not_found("escort")
    return escort


def spoken(tx: Transaction, escort: EscortRow) -> Spoken:
    """Names and numbers; nothing once they are destroyed."""
    content = tx.use(Keys).opened(escort.case_slot, escort.words, context("words", escort.id))
    return Spoken() if content is None else msgspec.json.decode(content, type=Spoken)


def places_of(tx: Transaction, escort: EscortRow) -> Places | None:
    """None once the escort has ended."""
    content = tx.use(Keys).opened(escort.track_slot, escort.places, context("places", escort.id))
    return None if content is None else msgspec.json.decode(content, type=Places)


async def proposed(tx: Transaction, escort: EscortRow) -> list[Proposal]:
    """The pairs that could go. On the way also those of the neighbours, from where she is: at the border one of theirs takes over."""
    places = places_of(tx, escort)
    if places is None or not (escort.before or escort.under_way):
        return []
    centres = _centres(tx, escort)
    here = places.meeting
    if escort.under_way and places.newest is not None:
        here = (places.newest.latitude, places.newest.longitude)
    wanted = escort.window
    if escort.under_way:
        wanted = Engaged(duty=None, from_at=tx.at, until_at=max(wanted.until_at, tx.at + MORE))
    duties = [one for one in await store.duties(tx, centres, tx.at) if one.id != escort.duty]
    engaged = await store.engaged(tx, centres, but=escort.id)
    found = proposals(duties, engaged, here, wanted)
    names = {one.id: [scout.name for scout in scouts_of(tx, one)] for one in duties}
    return [msgspec.structs.replace(one, scouts=names[one.duty]) for one in found]


async def assign(tx: Transaction, id: str, centre: str, duty: str, before: str | None, actor: str) -> EscortRow:
    """A person confirms a pair: the first one, another in its place, or on the way one that takes her over. `before` is the pair
    that she saw there. Raises Problem 409.
    """
    row = await store.duty(tx, duty)
    await store.one_at_a_time(tx, centre, *([] if row is None else [row.centre]))
    escort = await of_centre(tx, id, centre)
    if not (escort.before or escort.under_way) or not await store.take(tx, id, escort.state, before):
        raise Problem(
            409, "escort.assigned", "It is not as you saw it", "Somebody else was quicker.", state=escort.state,
            duty=escort.duty, assigned_by=escort.assigned_by,
        )  # fmt: skip
    chosen = next((one for one in await proposed(tx, escort) if one.duty == duty), None)
    if chosen is None or row is None:
        raise Problem(422, "escort.duty", "This pair cannot go", "Take one that is proposed.", field="duty")
    if not chosen.free:
        raise Problem(409, "escort.busy", "This pair goes with somebody else then", "Take another one.", field="duty")
    scouts, words = scouts_of(tx, row), spoken(tx, escort)
    number, pair = _numbers(tx)
    change: dict[str, Any] = {
        "pairs": escort.pairs + 1, "assigned_by": actor, "assigned_at": tx.at, "met_by_her_at": None,
        "met_by_scouts_at": None, "wrong": 0,
    }  # fmt: skip
    marks = [one for one in escort.marks if one not in ("unassigned", "scouts-late", "missing", "wrong", "hand-over")]
    if escort.under_way:
        if escort.incoming is not None:
            await _end_rights(tx, escort, first_of(escort, incoming=True))
        words = msgspec.structs.replace(words, incoming=scouts, number=number, pair=pair)
        change |= {"incoming": duty, "marks": marks}
    else:
        if escort.duty is not None:
            await tell_scouts(tx, escort, words.scouts, "escort.cancelled")
            await _end_rights(tx, escort, first_of(escort, incoming=False))
        words = msgspec.structs.replace(words, scouts=scouts, number=number, pair=pair)
        change |= {"state": "assigned", "duty": duty, "pair": escort.pairs + 1, "here_at": None, "marks": marks}
    escort = msgspec.structs.replace(escort, **change, words=_seal_words(tx, escort, words))
    await _keep(tx, escort)
    await _said(tx, escort, "escort.assigned", actor, state=escort.state)
    await tell_scouts(tx, escort, scouts, "escort.offered", incoming=escort.under_way)
    if escort.state == "assigned":
        await tell_her(tx, escort, words, "escort.assigned")
    return escort


async def met(tx: Transaction, escort: EscortRow, side: Side, code: str, actor: str) -> EscortRow:
    """This side has read the other one's number. When both have, they walk; or the new pair has her. Raises WrongNumber."""
    if not (escort.state == "assigned" or escort.incoming is not None):
        return escort
    if (side == "scout") == (escort.incoming is not None) and side != "walker":
        return escort
    words = spoken(tx, escort)
    if escort.wrong >= WRONG_MOST:
        raise Problem(403, "escort.locked", "Too many wrong numbers", "The centre sends other scouts.", field="code")
    if not hmac.compare_digest(code, words.pair if side == "walker" else words.number):
        raise WrongNumber(escort.id, side)
    field = "met_by_her_at" if side == "walker" else "met_by_scouts_at"
    if getattr(escort, field) is None:
        escort = msgspec.structs.replace(
            escort, **{field: tx.at}, here_at=escort.here_at or tx.at,
            marks=[one for one in escort.marks if one != "missing"],
        )  # fmt: skip
        await _said(tx, escort, "escort.met", actor)
    if escort.met_by_her_at is not None and escort.met_by_scouts_at is not None:
        escort = await (_begin if escort.incoming is None else _hand_over)(tx, escort, words)
    await _keep(tx, escort)
    return escort


async def refuse(tx: Transaction, wrong: WrongNumber, actor: str) -> None:
    """Write a wrong number down, and count it."""
    escort = await store.locked(tx, wrong.escort)
    if escort is None or not escort.open:
        return
    marks = [*escort.marks, "wrong"] if "wrong" not in escort.marks else escort.marks
    await _keep(tx, msgspec.structs.replace(escort, wrong=escort.wrong + 1, marks=marks))
    await _said(tx, escort, "escort.refused", actor, count=escort.wrong + 1)


async def here(tx: Transaction, escort: EscortRow, actor: str) -> EscortRow:
    """The scouts are at the stop."""
    if escort.state != "assigned" or escort.here_at is not None:
        return escort
    escort = msgspec.structs.replace(escort, here_at=tx.at, marks=[one for one in escort.marks if one != "scouts-late"])
    await _keep(tx, escort)
    await _said(tx, escort, "escort.here", actor)
    return escort


async def more(tx: Transaction, escort: EscortRow, actor: str) -> EscortRow:
    """They need ten minutes more; that answers a question, too."""
    if not escort.under_way or escort.expected_at is None:
        return escort
    escort = msgspec.structs.replace(
        escort, state="walking", asked_at=None, expected_at=max(escort.expected_at, tx.at) + MORE
    )
    await _keep(tx, escort)
    await _said(tx, escort, "escort.extended", actor, seconds=round(MORE.total_seconds()))
    return escort


async def arrived(tx: Transaction, escort: EscortRow, side: Side, actor: str) -> EscortRow:
    """One side says that she is home; when both have, it is over."""
    field = "home_by_her_at" if side == "walker" else "home_by_scouts_at"
    if not escort.under_way or getattr(escort, field) is not None or side == "incoming":
        return escort
    escort = msgspec.structs.replace(escort, **{field: tx.at}, state="walking", asked_at=None)
    await _said(tx, escort, "escort.home", actor)
    if escort.home_by_her_at is not None and escort.home_by_scouts_at is not None:
        return await close(tx, escort, "arrived", actor=actor)
    await _keep(tx, escort)
    return escort


async def ask_hand_over(tx: Transaction, escort: EscortRow, actor: str) -> EscortRow:
    """The pair cannot go on, or is at the border: the dispatcher sends another one. They stay with her until it is there."""
    if escort.under_way and "hand-over" not in escort.marks and escort.incoming is None:
        escort = msgspec.structs.replace(escort, marks=[*escort.marks, "hand-over"])
        await _keep(tx, escort)
        await _said(tx, escort, "escort.hand-over-asked", actor)
    return escort


async def no_show(tx: Transaction, escort: EscortRow, actor: str) -> EscortRow:
    """She has not come. Raises Problem 409 before she can be called late."""
    if escort.state != "assigned":
        return escort
    allowed = escort.no_show_from
    if allowed is None or tx.at < allowed:
        raise Problem(409, "escort.early", "Wait for her a little longer", no_show_from=allowed)
    return await close(tx, escort, "no-show", actor=actor)


async def cancel(tx: Transaction, escort: EscortRow, actor: str) -> EscortRow:
    """She needs nobody any more, or the centre takes it back. Raises Problem 409 once they walk."""
    if not escort.open:
        return escort
    if not escort.before:
        raise Problem(409, "escort.state", "They are on the way", "Say that she has arrived.", state=escort.state)
    return await close(tx, escort, "cancelled", actor=actor)


async def settle(tx: Transaction, escort: EscortRow, actor: str) -> EscortRow:
    """She has said on the telephone that she is home. Raises Problem 409 where nobody walks."""
    if not escort.open:
        return escort
    if not escort.under_way:
        raise Problem(409, "escort.state", "They do not walk", state=escort.state)
    return await close(tx, escort, "arrived", actor=actor)


async def call_for_help(tx: Transaction, escort: EscortRow, why: Literal["button", "late"], actor: str) -> EscortRow:
    """The signal goes the way of every other; the escort stays open until its case is closed."""
    if not escort.open or escort.state == "signalled":
        return escort
    escort = msgspec.structs.replace(escort, state="signalled", reason=why, signalled_at=tx.at, asked_at=None, marks=[])
    await _keep(tx, escort)
    await _said(tx, escort, "escort.signalled", actor, why=why)
    tx.publish(EscortSignalled(escort=escort.id))
    return escort


def located(tx: Transaction, escort: EscortRow, position: Position | None) -> EscortRow:
    """Where they were last heard; nothing older is kept."""
    places = places_of(tx, escort)
    if position is None or places is None or escort.track_slot is None:
        return escort
    content = msgspec.json.encode(msgspec.structs.replace(places, newest=position))
    return msgspec.structs.replace(
        escort, places=tx.use(Keys).seal(escort.track_slot, content, context("places", escort.id))
    )


async def close(tx: Transaction, escort: EscortRow, outcome: Outcome, *, actor: str) -> EscortRow:
    """The end: places are destroyed at once, names and everybody's right a day later."""
    words, before = spoken(tx, escort), escort
    escort = ended(escort, outcome, tx)
    await _keep(tx, escort)
    await _said(tx, escort, "escort.ended", actor, why=outcome)
    if outcome in ("cancelled", "unserved", "no-show"):
        if before.duty is not None:
            await tell_scouts(tx, before, words.scouts, "escort.cancelled")
        if actor != "person":
            await tell_her(tx, escort, words, "escort.unserved" if outcome == "unserved" else "escort.ended")
    await _destroy(tx, escort)
    return escort


def ended(escort: EscortRow, outcome: Outcome, tx: Transaction) -> EscortRow:
    return msgspec.structs.replace(
        escort, state="ended", outcome=outcome, ended_at=tx.at, asked_at=None, incoming=None, marks=[]
    )


async def end_again(tx: Transaction, id: str, outcome: Outcome) -> bool:
    """After a restore: what the ledger knows to be over is over. Nobody is told once more."""
    escort = await store.locked(tx, id)
    if escort is None or not escort.open:
        return False
    await _keep(tx, ended(escort, outcome, tx))
    await _destroy(tx, escort)
    return True


async def due(tx: Transaction, id: str) -> None:
    """Timer: nobody has spoken in time. What happens then, and who is told, stands here and nowhere else."""
    escort = await store.locked(tx, id)
    if escort is None or (step := next_step(escort)) is None:
        return
    if step > tx.at:
        tx.arm(DUE, id, step)
        return
    match escort.state:
        case "booked":
            if "unassigned" in escort.marks:
                await close(tx, escort, "unserved", actor="clock")
            else:
                await _mark(tx, escort, "unassigned")
        case "assigned":
            await _overdue(tx, escort)
        case "walking" if escort.home_by_her_at or escort.home_by_scouts_at:
            await close(tx, escort, "arrived", actor="clock")
        case "walking":
            escort = msgspec.structs.replace(escort, state="asking", asked_at=tx.at)
            await _keep(tx, escort)
            await _said(tx, escort, "escort.asked", "clock")
            words = spoken(tx, escort)
            await tell_her(tx, escort, words, "escort.asked")
            await tell_scouts(tx, escort, words.scouts, "escort.asked")
        case "asking":
            await call_for_help(tx, escort, "late", "clock")


async def joined(tx: Transaction, person: str, incident: str) -> None:
    """She has a case, opened by herself or by this escort: nothing is asked any more."""
    for escort in await store.under_way_of_person(tx, person):
        if escort.incident is not None:
            continue
        own = escort.state == "signalled"
        escort = msgspec.structs.replace(
            escort, state="signalled", incident=incident, signalled_at=escort.signalled_at or tx.at, asked_at=None,
            reason=escort.reason or "sos",
        )  # fmt: skip
        await _keep(tx, escort)
        if not own:
            await _said(tx, escort, "escort.signalled", "person", why="sos")


async def end_with_case(tx: Transaction, incident: str) -> None:
    """The case that it became is closed: it is over."""
    for escort in await store.open_of_incident(tx, incident):
        await close(tx, escort, "signalled", actor="system")


async def forget(tx: Transaction, fact: DestructionCertified) -> None:
    """A certificate is written: let nothing point to the dead key."""
    gone = {"track": store.forget_places, "case": store.forget_names}.get(fact.scope)
    if gone is not None and await gone(tx, fact.subject):
        tx.mention(EscortChanged(escort=fact.subject))


def context(part: str, escort: str) -> bytes:
    return f"escort {part}/{escort}".encode()


def scouts_of(tx: Transaction, duty: DutyRow) -> list[Scout]:
    content = tx.use(Keys).opened(duty.case_slot, duty.scouts, duty_context(duty.id))
    return [] if content is None else msgspec.json.decode(content, type=list[Scout])


def duty_context(duty: str) -> bytes:
    return f"duty/{duty}".encode()


async def next_time(tx: Transaction, escort: EscortRow) -> Any:
    """When a pair would be free, for somebody who got none; None when nobody is on duty in the next day."""
    places = places_of(tx, escort)
    if places is None:
        return None
    centres = [escort.centre]
    return next_free(
        await store.duties(tx, centres, tx.at), await store.engaged(tx, centres, but=escort.id), places.meeting,
        escort.window, tx.at,
    )  # fmt: skip


async def _overdue(tx: Transaction, escort: EscortRow) -> None:
    """At the stop: the scouts are late or have not come; or she."""
    words = spoken(tx, escort)
    if escort.here_at is None:
        if "scouts-late" in escort.marks:
            await close(tx, escort, "unserved", actor="clock")
        else:
            await _mark(tx, escort, "scouts-late")
            await tell_her(tx, escort, words, "escort.late")
    elif escort.met_by_her_at or escort.met_by_scouts_at or "missing" in escort.marks:
        # Half met and never begun: whoever was there has gone long ago, and the dispatcher saw the mark.
        await close(tx, escort, "no-show", actor="clock")
    else:
        await _mark(tx, escort, "missing")
        await tell_her(tx, escort, words, "escort.missing")


async def _mark(tx: Transaction, escort: EscortRow, mark: str) -> None:
    await _keep(tx, msgspec.structs.replace(escort, marks=[*escort.marks, mark]))
    await _said(tx, escort, "escort.marked", "clock", state=mark)


async def _begin(tx: Transaction, escort: EscortRow, words: Spoken) -> EscortRow:
    await _said(tx, escort, "escort.walking", "system")
    return msgspec.structs.replace(
        escort, state="walking", walking_at=tx.at, expected_at=tx.at + timedelta(seconds=escort.walk_s), marks=[]
    )


async def _hand_over(tx: Transaction, escort: EscortRow, words: Spoken) -> EscortRow:
    """The new pair has her: the old one's right ends. At the border the neighbour's centre watches from now on."""
    row = await store.duty(tx, escort.incoming or "")
    await _end_rights(tx, escort, first_of(escort, incoming=False))
    words = msgspec.structs.replace(words, scouts=words.incoming, incoming=[])
    centre = escort.centre if row is None else row.centre
    escort = msgspec.structs.replace(
        escort, duty=escort.incoming, incoming=None, pair=escort.pairs, centre=centre, home_by_scouts_at=None,
        words=_seal_words(tx, escort, words),
    )  # fmt: skip
    await _said(tx, escort, "escort.handed-over", "system")
    return escort


async def _end_rights(tx: Transaction, escort: EscortRow, first: int) -> None:
    """Of one pair of scouts."""
    gone = {f"scout-{first}", f"scout-{first + 1}"}
    for grant in await grant_store.grants_of(tx, escort.id):
        if grant.holder in gone:
            await grants.end(tx, grant, "replaced", actor="system")


async def _keep(tx: Transaction, escort: EscortRow) -> None:
    await store.save(tx, escort)
    _arm(tx, escort)
    tx.mention(EscortChanged(escort=escort.id))


def _arm(tx: Transaction, escort: EscortRow) -> None:
    step = next_step(escort)
    if step is None:
        tx.disarm(DUE, escort.id)
    else:
        tx.arm(DUE, escort.id, max(step, tx.at + timedelta(seconds=1)))


async def _destroy(tx: Transaction, escort: EscortRow) -> None:
    await grants.shorten_all(tx, escort.id, tx.at + NAMES_KEPT, actor="system")
    await destroy_at_end(tx, escort, why="ended", names_kept=NAMES_KEPT)


async def _insist_possible(tx: Transaction, post: EscortPost | CallerPost, centre: str, walk: timedelta) -> None:
    wanted = Engaged(duty=None, from_at=post.meet_at, until_at=post.meet_at + walk + BACK)
    duties, engaged = await store.duties(tx, [centre], tx.at), await store.engaged(tx, [centre])
    next_at = next_free(duties, engaged, _at(post.meeting), wanted, tx.at)
    if post.meet_at < tx.at + NOTICE:
        raise Problem(
            422, "escort.soon", "The scouts need half an hour", "Ask at least 30 minutes ahead.", field="meet_at",
            next_at=next_at,
        )  # fmt: skip
    if post.meet_at > tx.at + AHEAD:
        raise Problem(422, "escort.far-ahead", "Too far ahead", "At most a day from now.", field="meet_at")
    away = distance_m(*_at(post.meeting), *_at(post.home))
    if away > FURTHEST_M:
        raise Problem(422, "escort.far", "Too far to walk", "At most five kilometres.", field="home")
    if not has_room(duties, engaged, _at(post.meeting), wanted):
        raise Problem(
            409, "escort.full", "Nobody is free then", "Ask for another time.", field="meet_at", next_at=next_at
        )


async def _words(tx: Transaction, post: EscortPost | CallerPost, contacts: bytes | None, verdict: Verdict) -> Spoken:
    meeting, home = post.meeting.label, post.home.label
    if isinstance(post, CallerPost):
        return Spoken(name=post.name, phone=post.phone, language=post.language, meeting=meeting, home=home)
    known = None
    if contacts is not None:
        known = opened(tx, contacts, post.id)
    elif verdict.person is not None:
        known = await profile_of(tx, verdict.person)
    if known is None:
        return Spoken(meeting=meeting, home=home)
    return Spoken(name=known.name, phone=known.phone, language=known.language, meeting=meeting, home=home)


def _seal_words(tx: Transaction, escort: EscortRow, words: Spoken) -> bytes:
    assert escort.case_slot is not None
    return tx.use(Keys).seal(escort.case_slot, msgspec.json.encode(words), context("words", escort.id))


def _numbers(tx: Transaction) -> tuple[str, str]:
    """Hers and the pair's: four digits that can be said aloud, and never the same."""
    one, step = (int.from_bytes(tx.world.token_bytes(4)) for _ in range(2))
    first = one % 9000
    return str(1000 + first), str(1000 + (first + 1 + step % 8999) % 9000)


def _centres(tx: Transaction, escort: EscortRow) -> list[str]:
    if not escort.under_way:
        return [escort.centre]
    return [escort.centre, *tx.use(Boundaries).neighbours(escort.centre)]


def _at(place: Place) -> tuple[float, float]:
    return place.latitude, place.longitude


def _position(tx: Transaction, place: Place) -> Position:
    return Position(latitude=place.latitude, longitude=place.longitude, accuracy_m=0.0, at=tx.at)


async def _said(tx: Transaction, escort: EscortRow, act: str, actor: str, **details: str | int) -> None:
    await record(
        tx, actor=actor, act=act, object=escort.id, incident=escort.id, subject_tag=escort.subject_tag,
        details=details or None,
    )  # fmt: skip
