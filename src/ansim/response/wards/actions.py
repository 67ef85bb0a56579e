"""The verbs of a ward's watch. Each is one transaction: state, ledger, notices and the timer together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest

import msgspec

from ansim.city.people import actions as people
from ansim.city.people.contacts import Contacts, Guardian
from ansim.core.database import Transaction
from ansim.core.errors import Problem, not_found
from ansim.core.position import Position
from ansim.response.notify import store as notices
from ansim.response.notify.actions import HERSELF
from ansim.response.notify.ports import WardOccasion
from ansim.response.signals.model import believed, secret_hash
from ansim.response.tracking import actions as tracking
from ansim.response.wards import store, zones
from ansim.response.wards.events import WardChanged, WardHeard, WardSignalled
from ansim.response.wards.model import (
    GROUNDS,
    LONGEST,
    NAMES_KEPT,
    SILENT_AFTER_S,
    SOONEST_SILENT_S,
    TRACK_KEPT,
    DevicePost,
    GuardianPost,
    HourRow,
    Outcome,
    Reason,
    Spoken,
    WardPatch,
    WardPost,
    WardRow,
    answered,
    called,
    calmed,
    ended,
    freed,
    missed_at,
    next_question,
    next_step,
    raised,
    silent_at,
)
from ansim.response.wards.telling import tell_guardians, tell_her
from ansim.response.wards.zones import Memory, Zone
from ansim.trust.access.events import AccountDisabled
from ansim.trust.access.model import Actor, Role
from ansim.trust.grants import actions as grants
from ansim.trust.grants import store as grant_store
from ansim.trust.ledger.actions import record
from ansim.trust.ledger.model import subject_tag
from ansim.trust.retention.actions import destroy, destroy_at_end
from ansim.trust.retention.events import DestructionCertified
from ansim.trust.retention.keys import Erased, Keys

DUE = "ward.due"
"""The timer that looks after a ward."""

FIRST_GUARDIAN = "guardian-1"
SOON = timedelta(seconds=1)
HOUR = timedelta(hours=1)

_memory = msgspec.msgpack.Decoder(Memory)
_zones = msgspec.json.Decoder(list[Zone])


@dataclass(frozen=True)
class Ears:
    """Since when this centre can hear anybody: the silence before was its own."""

    since: datetime


@dataclass
class Kept:
    """A ward that this transaction holds, with what lies under her track key."""

    ward: WardRow
    zones: list[Zone]
    memory: Memory


async def enrol(tx: Transaction, post: WardPost, actor: Actor) -> tuple[WardRow, bool]:
    """Watch over her from now on; whether it is new. The same id again is the ward that it was. Raises Problem 409, 422."""
    if (known := await store.by_client_id(tx, post.id)) is not None:
        if known.centre != actor.centre or known.enrolled_by != actor.id:
            raise Problem(409, "ward.id", "This id is taken", "Make a new one.", field="id")
        return known, False
    _insist_allowed(tx, post)
    insist_length(tx, post.kind, post.until_at)
    keys, id, secret = tx.use(Keys), tx.world.id(), tx.world.secret()
    track_slot, case_slot = keys.new(2)
    await keys.flush()
    person = await people.take_in(tx, profile=_profile(post), valid_until=post.until_at, actor=actor.id)
    await people.give_devices(tx, person, [device.number for device in post.devices])
    silent_after_s = post.silent_after_s
    if silent_after_s is None:
        silent_after_s = SILENT_AFTER_S[post.kind] if post.devices else 0
    words = Spoken(reference=post.ground.reference.strip(), language=post.language)
    ward = WardRow(
        id=id, client_id=post.id, centre=actor.centre, kind=post.kind, ground=post.ground.kind, person=person,
        subject_tag=subject_tag(secret, id), secret_hash=secret_hash(secret), track_slot=track_slot,
        case_slot=case_slot, secret=keys.seal(case_slot, secret.encode(), context("secret", id)),
        words=keys.seal(case_slot, msgspec.json.encode(words), context("words", id)), official=actor.id,
        enrolled_by=actor.id, enrolled_at=tx.at, devices=len(post.devices), guardians=len(post.guardians),
        own_page=post.phone is not None, places=None, memory=None, zones=len(post.zones), until_at=post.until_at,
        silent_after_s=silent_after_s, check_at=post.check.at if post.check else None,
        check_grace_s=post.check.grace_min * 60 if post.check else None,
        ask_at=next_question(post.check, tx.at) if post.check else None,
    )  # fmt: skip
    kept = Kept(ward, post.zones, zones.begin(post.zones))
    _seal_zones(tx, kept)
    _seal_memory(tx, kept)
    _arm(tx, kept)
    if not await store.insert(tx, kept.ward):
        raise Problem(409, "ward.enrolling", "She is being enrolled already", "Try again.")
    await said(
        tx, kept.ward, "ward.enrolled", actor.id, kind=post.kind, why=post.ground.kind, count=len(post.guardians)
    )
    await _tell_links(tx, kept.ward)
    tx.mention(WardChanged(ward=id))
    return kept.ward, True


def secret_of(tx: Transaction, ward: WardRow) -> str:
    """For an enrolment that is repeated; empty once names are destroyed."""
    return (tx.use(Keys).opened(ward.case_slot, ward.secret, context("secret", ward.id)) or b"").decode()


async def of_centre(tx: Transaction, id: str, actor: Actor) -> WardRow:
    """A ward of her centre, held until the commit; 404 for everybody else's."""
    ward = await store.locked(tx, id)
    if ward is None or ward.centre != actor.centre:
        raise not_found("ward")
    return ward


async def own(tx: Transaction, id: str, actor: Actor) -> WardRow:
    """A ward, held until the commit, for the one official who answers for her, and for the leader. Raises Problem 404."""
    ward = await of_centre(tx, id, actor)
    if ward.official != actor.id and actor.role is not Role.SUPERVISOR:
        raise not_found("ward")
    return ward


async def change(tx: Transaction, ward: WardRow, patch: WardPatch, actor: str) -> WardRow:
    """Raises Problem 410 once it is over, 422."""
    _insist_open(ward)
    kept, before = open_memory(tx, ward), ward
    ward = await _change_contacts(tx, ward, patch, actor)
    if patch.until_at is not msgspec.UNSET:
        insist_length(tx, ward.kind, patch.until_at)
        later = patch.until_at > ward.until_at
        ward = msgspec.structs.replace(ward, until_at=patch.until_at)
        if later:
            await _tell_anew(tx, ward, actor)
    if patch.silent_after_s is not msgspec.UNSET:
        _insist_silence(patch.silent_after_s)
        ward = msgspec.structs.replace(ward, silent_after_s=patch.silent_after_s)
    if patch.check is not msgspec.UNSET:
        if patch.check is None and ward.kind == "quarantine":
            raise _no_check()
        if patch.check is not None and not ward.own_page:
            raise _no_page("check")
        check = patch.check
        ward = msgspec.structs.replace(
            ward, check_at=check.at if check else None, check_grace_s=check.grace_min * 60 if check else None,
            ask_at=next_question(check, tx.at) if check else None, asked_at=ward.asked_at if check else None,
        )  # fmt: skip
    if ward.check is not None and not ward.own_page:
        raise _no_page("phone")
    kept.ward = ward
    if patch.zones is not msgspec.UNSET:
        _insist_fresh(patch.zones, tx)
        kept.zones, kept.memory = patch.zones, zones.begin(patch.zones, kept.memory.newest)
        kept.ward = msgspec.structs.replace(ward, zones=len(patch.zones))
        _seal_zones(tx, kept)
    if patch.official is not msgspec.UNSET:
        if not await store.can_answer(tx, patch.official, ward.centre):
            raise Problem(422, "ward.official", "Nobody of this centre", "Choose a colleague.", field="official")
        if patch.official != ward.official:
            kept.ward = msgspec.structs.replace(kept.ward, official=patch.official)
            await said(tx, ward, "ward.handed-over", actor)
    await said(tx, ward, "ward.changed", actor)
    return await settle(tx, before, kept, actor)


async def _change_contacts(tx: Transaction, ward: WardRow, patch: WardPatch, actor: str) -> WardRow:
    """Who is told, her own phone, and by what she is heard. What stood there before is destroyed with its key; whoever is told no
    longer loses her link, and the messages to her go. Raises Problem 409, 422.
    """
    if patch.devices is not msgspec.UNSET:
        given = patch.silent_after_s is not msgspec.UNSET
        ward = await _change_devices(tx, ward, patch.devices, actor, silence_given=given)
    person = ward.person
    if not patch.changes_person or person is None or ward.case_slot is None:
        _insist_reachable(ward)
        return ward
    before = await people.profile_of(tx, person) or Contacts()
    if patch.guardians is not msgspec.UNSET:
        _insist_told(ward.kind, patch.guardians)
    after = msgspec.structs.replace(
        before, name=before.name if patch.name is msgspec.UNSET else patch.name.strip(),
        note=before.note if patch.note is msgspec.UNSET else patch.note,
        phone=before.phone if patch.phone is msgspec.UNSET else patch.phone or "",
        guardians=before.guardians if patch.guardians is msgspec.UNSET else _guardians(patch.guardians),
    )  # fmt: skip
    words = spoken(tx, ward)
    if patch.language is not msgspec.UNSET:
        words = msgspec.structs.replace(words, language=patch.language)
    ward = msgspec.structs.replace(
        ward, guardians=len(after.guardians), own_page=bool(after.phone),
        words=tx.use(Keys).seal(ward.case_slot, msgspec.json.encode(words), context("words", ward.id)),
    )  # fmt: skip
    _insist_reachable(ward)
    both = zip_longest(before.guardians, after.guardians)
    changed = [order for order, (old, new) in enumerate(both, start=1) if old != new]
    if after.phone != before.phone:
        changed.append(HERSELF)
    await people.rewrite(tx, person, after, actor)
    await notices.forget(tx, ward.id, changed)
    holders = {"ward-0" if order == HERSELF else f"guardian-{order}" for order in changed}
    for grant in await grant_store.grants_of(tx, ward.id):
        if grant.holder in holders:
            await grants.end(tx, grant, "replaced", actor=actor)
    await said(tx, ward, "ward.contacts-changed", actor, count=len(changed))
    wrong = ward.alarm is not None and ward.tells_guardians and ward.answered_at is None and not ward.called
    occasion = msgspec.convert(f"ward.{ward.alarm}" if wrong else "ward.enrolled", WardOccasion)
    await tell_guardians(tx, ward, occasion, only=changed)
    if HERSELF in changed:
        await tell_her(tx, ward, "ward.page", words.language)
    return ward


async def _change_devices(
    tx: Transaction, ward: WardRow, devices: list[DevicePost], actor: str, *, silence_given: bool
) -> WardRow:
    if ward.called:
        raise Problem(
            409, "ward.case", "She is looked for", "Her devices lead to her: they can change when the case is closed.",
            field="devices",
        )  # fmt: skip
    _insist_different(devices)
    if ward.person is not None:
        await people.change_devices(tx, ward.person, [device.number for device in devices], actor)
    await said(tx, ward, "ward.devices-changed", actor, count=len(devices))
    silent_after_s = ward.silent_after_s
    if bool(devices) != bool(ward.devices) and not silence_given:
        # The first device brings what counts as silence, the last one takes it along: a page that is closed says nothing.
        silent_after_s = SILENT_AFTER_S[ward.kind] if devices else 0
    return msgspec.structs.replace(ward, devices=len(devices), silent_after_s=silent_after_s)


def _insist_reachable(ward: WardRow) -> None:
    if not ward.own_page and not ward.devices:
        raise _never_heard()


async def without_official(tx: Transaction, fact: AccountDisabled) -> None:
    """Whoever answered for her does so no longer: the leader sees it, and gives her to somebody else."""
    for ward in await store.open_of_official(tx, fact.account):
        await said(tx, ward, "ward.unassigned", "system")
        tx.mention(WardChanged(ward=ward.id))


async def in_hand(tx: Transaction, ward: WardRow, by: str, actor: str) -> WardRow:
    """`by` has her in hand: the official, or a guardian (guardian-1). Where nothing is wrong that is harmless."""
    _insist_open(ward)
    kept = open_memory(tx, ward)
    kept.ward = answered(ward, by, tx.at)
    if kept.ward is not ward:
        role = "guardian" if by.startswith("guardian-") else "official"
        await said(tx, ward, "ward.answered", actor, role=role, why=ward.alarm or "")
    return await settle(tx, ward, kept, actor)


async def call_for_help(tx: Transaction, ward: WardRow, why: Reason, actor: str) -> WardRow:
    """A guardian cannot find her, or the official makes it a case. Where somebody has her case already that is harmless."""
    _insist_open(ward)
    if ward.called:
        return ward
    kept = open_memory(tx, ward)
    kept.ward = called(ward, why, tx.at)
    return await settle(tx, ward, kept, actor)


async def take_back(tx: Transaction, ward: WardRow, guardian: str, actor: str) -> WardRow:
    """Whoever consented does so no longer: it ends at once. She is the first of the guardians. Raises Problem 403, 409 for an order."""
    if ward.ground == "order":
        raise Problem(409, "ward.order", "An order is not taken back here", "Ask the official.", field="answer")
    if guardian != FIRST_GUARDIAN:
        raise Problem(403, "ward.consent", "You have not consented to this", "Who has stands first.", field="answer")
    return await close(tx, ward, "taken-back", actor=actor)


async def well(tx: Transaction, ward: WardRow, position: Position | None, actor: str) -> WardRow:
    """She is well. Where she says where she is, that is held against her zones and not kept."""
    _insist_open(ward)
    kept = open_memory(tx, ward)
    await said(tx, ward, "ward.checked", actor)
    asked = ward.alarm == "unchecked"
    kept.ward = msgspec.structs.replace(
        calmed(ward) if asked and not ward.called else ward, asked_at=None, checked_at=tx.at, heard_at=tx.at
    )
    kept.ward = _heard_again(kept.ward)
    if position is not None and (away := _away(kept.zones, position, tx.at)) is not None:
        if away:
            kept.ward = raised(kept.ward, "left", tx.at)
        elif kept.ward.alarm == "left" and not kept.ward.called:
            kept.ward = calmed(kept.ward)
    return await settle(tx, ward, kept, actor)


async def needs_help(tx: Transaction, ward: WardRow, actor: str) -> WardRow:
    """She says that she needs help, which is no SOS: the official is told at once."""
    _insist_open(ward)
    kept = open_memory(tx, ward)
    await said(tx, ward, "ward.checked", actor, why="help")
    heard = msgspec.structs.replace(ward, asked_at=None, checked_at=tx.at, heard_at=tx.at)
    kept.ward = raised(heard, "help", tx.at)
    return await settle(tx, ward, kept, actor)


async def close(tx: Transaction, ward: WardRow, outcome: Outcome, *, actor: str) -> WardRow:
    """The end: where she is and was is destroyed at once, names and everybody's rights a day later. Raises Problem 409 while she is looked for."""
    if not ward.open:
        return ward
    if ward.called:
        raise Problem(
            409, "ward.case", "She is looked for", "Her devices lead to her: it can end when the case is closed."
        )
    return await _close(tx, ward, outcome, actor)


async def _close(tx: Transaction, ward: WardRow, outcome: Outcome, actor: str) -> WardRow:
    await tell_guardians(tx, ward, "ward.ended")
    ended_ward = ended(ward, outcome, tx.at)
    store.save(tx, ended_ward)
    tx.disarm(DUE, ward.id)
    await said(tx, ward, "ward.ended", actor, why=outcome)
    await expire_search(tx, ward.id, "refused", actor)
    await _destroy(tx, ward)
    tx.mention(WardChanged(ward=ward.id))
    return ended_ward


async def end_again(tx: Transaction, id: str, outcome: Outcome) -> bool:
    """After a restore: what the ledger knows to be over is over. Nobody is told once more."""
    ward = await store.locked(tx, id)
    if ward is None or not ward.open:
        return False
    store.save(tx, ended(ward, outcome, tx.at))
    tx.disarm(DUE, id)
    await _destroy(tx, ward)
    return True


async def due(tx: Transaction, id: str) -> None:
    """Timer: nobody has spoken in time. What happens then, and who is told, stands here and nowhere else."""
    ward = await store.locked(tx, id)
    if ward is None or not ward.open:
        return
    if (ward.until_at <= tx.at and not ward.called) or ward.track_slot is None:
        await _close(tx, ward, "expired", "clock")
        return
    kept, since = open_memory(tx, ward), tx.use(Ears).since
    kept.ward = msgspec.structs.replace(ward, due_at=None)
    if ward.muted_until_at is not None and ward.muted_until_at <= tx.at and not ward.called:
        # The answer holds no longer: what is wrong now is asked anew.
        kept.ward = calmed(kept.ward)
    if _past(kept.ward.step_at, tx.at) and kept.ward.alarm is not None:
        kept.ward = called(kept.ward, kept.ward.alarm, tx.at)
    if _past(missed_at(kept.ward, since), tx.at):
        kept.ward = raised(msgspec.structs.replace(kept.ward, asked_at=None), "unchecked", tx.at)
    if _past(silent_at(kept.ward, since), tx.at):
        kept.ward = raised(kept.ward, "silent", tx.at, max(kept.ward.heard_at or ward.enrolled_at, since))
    if (breach := zones.breached(kept.memory, kept.zones, tx.at)) is not None:
        kept.ward = raised(kept.ward, *_at(breach, tx))
    if _past(kept.ward.ask_at, tx.at) and kept.ward.check is not None:
        kept.ward = msgspec.structs.replace(kept.ward, ask_at=next_question(kept.ward.check, tx.at))
        if not kept.ward.called:
            kept.ward = msgspec.structs.replace(kept.ward, asked_at=tx.at)
            await said(tx, ward, "ward.asked", "clock")
            await tell_her(tx, ward, "ward.check", spoken(tx, ward).language)
    await settle(tx, ward, kept, "clock")


async def settle(tx: Transaction, before: WardRow, kept: Kept, actor: str) -> WardRow:
    """Keep what has become of a ward, with the ledger's words, the notices and the facts of every step that was taken."""
    ward = kept.ward
    fresh = _is_fresh(before, ward)
    if fresh:
        await said(tx, ward, "ward.alarm", "watch", why=ward.alarm or "")
        if ward.tells_guardians:
            told = await tell_guardians(tx, ward, msgspec.convert(f"ward.{ward.alarm}", WardOccasion))
            ward = msgspec.structs.replace(ward, told=told)
    if ward.called and not before.called:
        await said(tx, ward, "ward.signalled", actor, why=ward.alarm or "")
        if ward.incident is None:
            tx.publish(WardSignalled(ward=ward.id))
    if before.alarm is not None and ward.alarm is None:
        shown = actor not in ("clock", "system")
        await said(tx, ward, "ward.back" if shown else "ward.calmed", actor, why=before.alarm)
        if shown and before.told:
            await tell_guardians(tx, ward, "ward.back")
    kept.ward = ward
    _arm(tx, kept)
    _seal_memory(tx, kept)
    store.save(tx, kept.ward)
    changed = fresh or any(getattr(before, name) != getattr(kept.ward, name) for name in _SHOWN)
    tx.mention(WardChanged(ward=ward.id) if changed else WardHeard(ward=ward.id))
    return kept.ward


def _is_fresh(before: WardRow, ward: WardRow) -> bool:
    """An alarm that nobody has been told of: a new one, or one that an answer held back for its hour."""
    if ward.alarm is None or ward.called:
        return False
    again = before.answered_at is not None and ward.answered_at is None
    return again or (ward.alarm, ward.alarm_at) != (before.alarm, before.alarm_at)


_SHOWN = (
    "official", "guardians", "zones", "until_at", "asked_at", "checked_at", "alarm", "answered_at", "muted_until_at", "signalled_at",
    "incident",
)  # fmt: skip
"""What a list shows of a ward, and a fix does not change."""


def heard(tx: Transaction, kept: Kept, positions: list[Position]) -> list[Position]:
    """She was heard, and perhaps from where. The fixes that are to be kept, with the times that are believed."""
    taken = []
    for position in positions:
        at = min(believed(position.at, tx.at), tx.at)
        position = position if at == position.at else msgspec.structs.replace(position, at=at)
        zones.moved(kept.memory, kept.zones, position, tx.at)
        taken.append(position)
    kept.ward = _heard_again(msgspec.structs.replace(kept.ward, heard_at=tx.at))
    judge(tx, kept)
    return taken


def judge(tx: Transaction, kept: Kept) -> None:
    """What her zones say now."""
    ward = kept.ward
    if not ward.called and ward.alarm in ("left", "entered") and zones.returned(kept.memory, kept.zones, ward.alarm):
        kept.ward = calmed(ward)
    if (breach := zones.breached(kept.memory, kept.zones, tx.at)) is not None:
        kept.ward = raised(kept.ward, *_at(breach, tx))


async def keep_hour(tx: Transaction, wards: list[WardRow]) -> dict[str, HourRow]:
    """The key of this hour, for each of them; made with its end when it is asked for first."""
    began_at = tx.at.replace(minute=0, second=0, microsecond=0)
    found = await store.hours_at(tx, [ward.id for ward in wards], began_at)
    keys = tx.use(Keys)
    for ward in wards:
        if ward.id in found:
            continue
        [slot] = keys.new()
        hour = HourRow(id=tx.world.id(), ward=ward.id, began_at=began_at, track_slot=slot)
        await store.insert_hour(tx, hour)
        await destroy(
            tx, subject=hour.id, scope="track", slots=[slot], actor="system", why="retention", incident=ward.id,
            subject_tag=ward.subject_tag, due_at=began_at + TRACK_KEPT,
        )  # fmt: skip
        found[ward.id] = hour
    await keys.flush()
    return found


async def track(tx: Transaction, ward: WardRow) -> list[Position]:
    """Her last day, oldest first. Whoever calls this has the second person's word."""
    fixes: list[Position] = []
    for hour in await store.hours(tx, ward.id):
        fixes += await tracking.track(tx, hour.id, hour.track_slot, length=10_000)
    since = tx.at - TRACK_KEPT
    return [fix for fix in fixes if fix.at >= since]


async def joined(tx: Transaction, person: str, incident: str) -> None:
    """She has a case, by her own SOS or by this watch: whoever has it looks after her, and nothing is asked any more."""
    for ward in await store.open_by_person(tx, [person]):
        if ward.incident is not None:
            continue
        kept = open_memory(tx, ward)
        kept.ward = ward if ward.called else called(ward, "sos", tx.at)
        kept.ward = msgspec.structs.replace(kept.ward, incident=incident)
        await settle(tx, ward, kept, "person")


async def end_with_case(tx: Transaction, incident: str) -> None:
    """The case is closed: the watch goes on."""
    for ward in await store.of_incident(tx, incident):
        if ward.open:
            await release(tx, ward)


async def release(tx: Transaction, ward: WardRow) -> None:
    kept = open_memory(tx, ward)
    kept.ward = freed(ward, tx.at)
    await settle(tx, ward, kept, "system")


async def expire_search(tx: Transaction, ward: str, state: str, actor: str) -> None:
    """The search of a ward that waits is over without a second person's word."""
    waiting = await store.waiting(tx, ward)
    if waiting is not None and (search := await store.settle_search(tx, waiting, state, None)) is not None:
        await record(tx, actor=actor, act=f"search.{state}", object=search.id, incident=ward)


async def forget(tx: Transaction, fact: DestructionCertified) -> None:
    """A certificate is written: let nothing point to the dead key."""
    if fact.scope == "track":
        if not await store.forget_hour(tx, fact.subject) and await store.forget_track(tx, fact.subject):
            tx.mention(WardChanged(ward=fact.subject))
    elif fact.scope == "case" and await store.forget_names(tx, fact.subject):
        tx.mention(WardChanged(ward=fact.subject))


def open_memory(tx: Transaction, ward: WardRow) -> Kept:
    """Raises Erased once the watch has ended."""
    if ward.track_slot is None or ward.memory is None or ward.places is None:
        raise Erased("ward")
    keys = tx.use(Keys)
    places = _zones.decode(keys.open(ward.track_slot, ward.places, context("places", ward.id)))
    return Kept(ward, places, _memory.decode(keys.open(ward.track_slot, ward.memory, context("memory", ward.id))))


def spoken(tx: Transaction, ward: WardRow) -> Spoken:
    content = tx.use(Keys).opened(ward.case_slot, ward.words, context("words", ward.id))
    return Spoken() if content is None else msgspec.json.decode(content, type=Spoken)


def context(part: str, ward: str) -> bytes:
    return f"ward {part}/{ward}".encode()


def insist_length(tx: Transaction, kind: str, until_at: datetime) -> None:
    longest = LONGEST[kind]  # type: ignore[index]
    if not tx.at < until_at <= tx.at + longest:
        raise Problem(
            422, "ward.until", "Not a time until which she can be watched", f"At most {longest.days} days from now.",
            field="until_at",
        )  # fmt: skip


async def said(tx: Transaction, ward: WardRow, act: str, actor: str, **details: str | int) -> None:
    await record(
        tx, actor=actor, act=act, object=ward.id, incident=ward.id, subject_tag=ward.subject_tag,
        details={name: value for name, value in details.items() if value != ""} or None,
    )  # fmt: skip


async def _tell_anew(tx: Transaction, ward: WardRow, actor: str) -> None:
    """The watch lasts longer than everybody's links: each gets another one."""
    await grants.end_all(tx, ward.id, "replaced", actor=actor)
    await _tell_links(tx, ward)


async def _tell_links(tx: Transaction, ward: WardRow) -> None:
    await tell_guardians(tx, ward, "ward.enrolled")
    if ward.own_page:
        await tell_her(tx, ward, "ward.page", spoken(tx, ward).language)


def _heard_again(ward: WardRow) -> WardRow:
    return calmed(ward) if ward.alarm == "silent" and not ward.called else ward


def _away(places: list[Zone], position: Position, at: datetime) -> bool | None:
    """Whether a position that she gave by herself says that she is not where she must stay; None: it cannot tell."""
    stays = [zone for zone in places if zone.rule == "stay" and zone.in_force(at)]
    if position.accuracy_m > zones.VAGUE_M or not stays:
        return None
    away_m = min(zones.outside_m(zone, position) for zone in stays)
    if away_m <= 0:
        return False
    return True if away_m > max(zones.MARGIN_M, position.accuracy_m) else None


def _at(breach: tuple[zones.Breach, datetime], tx: Transaction) -> tuple[Reason, datetime, datetime]:
    return breach[0], tx.at, breach[1]


def _past(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


def _arm(tx: Transaction, kept: Kept) -> None:
    """The timer fires when the next step is due, or earlier and finds nothing to do: moving it with every fix would cost more."""
    ward = kept.ward
    step = next_step(ward, tx.use(Ears).since)
    if step is None:
        tx.disarm(DUE, ward.id)
        kept.ward = msgspec.structs.replace(ward, due_at=None)
    elif ward.due_at is None or step < ward.due_at:
        wanted = max(step, tx.at + SOON)
        tx.arm(DUE, ward.id, wanted)
        kept.ward = msgspec.structs.replace(ward, due_at=wanted)


def _seal_zones(tx: Transaction, kept: Kept) -> None:
    ward = kept.ward
    assert ward.track_slot is not None
    sealed = tx.use(Keys).seal(ward.track_slot, msgspec.json.encode(kept.zones), context("places", ward.id))
    kept.ward = msgspec.structs.replace(ward, places=sealed)


def _seal_memory(tx: Transaction, kept: Kept) -> None:
    ward = kept.ward
    assert ward.track_slot is not None
    sealed = tx.use(Keys).seal(ward.track_slot, msgspec.msgpack.encode(kept.memory), context("memory", ward.id))
    kept.ward = msgspec.structs.replace(ward, memory=sealed)


async def _destroy(tx: Transaction, ward: WardRow) -> None:
    await grants.shorten_all(tx, ward.id, tx.at + NAMES_KEPT, actor="system")
    for hour in await store.hours(tx, ward.id):
        await destroy(
            tx, subject=hour.id, scope="track", slots=[hour.track_slot], actor="system", why="ended", incident=ward.id,
            subject_tag=ward.subject_tag,
        )  # fmt: skip
    await destroy_at_end(tx, ward, why="ended", names_kept=NAMES_KEPT)
    if ward.person is not None:
        await people.let_go(tx, ward.person, kept=NAMES_KEPT, actor="system")


def _insist_open(ward: WardRow) -> None:
    if not ward.open:
        raise Problem(410, "ward.ended", "The watch over her has ended", "Nothing of her way is kept any more.")


def _insist_allowed(tx: Transaction, post: WardPost) -> None:
    if post.ground.kind not in GROUNDS[post.kind]:
        raise _refuse("ground", f"For this kind one of: {', '.join(sorted(GROUNDS[post.kind]))}.", "ground.kind")
    if post.ground.kind == "order" and not post.ground.reference.strip():
        raise _refuse("ground", "An order has a number.", "ground.reference")
    _insist_told(post.kind, post.guardians)
    _insist_silence(post.silent_after_s or 0)
    _insist_fresh(post.zones, tx)
    _insist_heard(post.phone, post.devices)
    if post.check is None and post.kind == "quarantine":
        raise _no_check()
    if post.check is not None and post.phone is None:
        raise _no_page("check")


def _refuse(rule: str, detail: str, field: str) -> Problem:
    return Problem(422, f"ward.{rule}", "This cannot be watched so", detail, field=field)


def _insist_told(kind: str, guardians: list[GuardianPost]) -> None:
    if not guardians and kind != "quarantine":
        raise _refuse("guardians", "Somebody must be told.", "guardians")
    for number, guardian in enumerate(guardians):
        if guardian.phone is None and guardian.mail is None:
            raise _refuse("guardians", "A phone number or a mail address.", f"guardians[{number}]")


def _insist_heard(phone: str | None, devices: list[DevicePost]) -> None:
    if phone is None and not devices:
        raise _never_heard()
    _insist_different(devices)


def _never_heard() -> Problem:
    return _refuse("devices", "A device, or a phone to which a link is sent: else she is never heard.", "devices")


def _insist_different(devices: list[DevicePost]) -> None:
    if len({device.number for device in devices}) < len(devices):
        raise _refuse("devices", "The same number twice.", "devices")


def _insist_silence(seconds: int) -> None:
    if 0 < seconds < SOONEST_SILENT_S:
        raise Problem(
            422, "ward.silence", "Too soon to be silence", f"{SOONEST_SILENT_S} seconds at least, or 0 for never.",
            field="silent_after_s",
        )  # fmt: skip


def _insist_fresh(places: list[Zone], tx: Transaction) -> None:
    for number, zone in enumerate(places):
        if zone.valid_until_at is not None and zone.valid_until_at <= tx.at:
            raise Problem(
                422, "ward.zone", "This zone is over already", "Take it out, or give it more time.",
                field=f"zones[{number}].valid_until_at",
            )  # fmt: skip


def _no_check() -> Problem:
    return Problem(422, "ward.check", "Quarantine has a daily question", "Say when she is asked.", field="check")


def _no_page(field: str) -> Problem:
    return Problem(422, "ward.check", "She has no page to answer on", "Give a phone number of hers.", field=field)


def _profile(post: WardPost) -> Contacts:
    return Contacts(
        name=post.name.strip(), phone=post.phone or "", note=post.note, guardians=_guardians(post.guardians)
    )


def _guardians(posts: list[GuardianPost]) -> list[Guardian]:
    return [
        Guardian(name=one.name, relation=one.relation, phone=one.phone, mail=one.mail, language=one.language)
        for one in posts
    ]
