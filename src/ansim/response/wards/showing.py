"""What the official, a guardian and the ward herself are shown. Where she is in words; on a map only to a guardian, and only while she is
looked for.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ansim.city.people.actions import profile_of
from ansim.city.people.contacts import Contacts
from ansim.core.database import Row, Transaction
from ansim.core.errors import Problem
from ansim.response.notify import store as notices
from ansim.response.notify.actions import HERSELF, unsealed
from ansim.response.notify.model import ToldReceipt
from ansim.response.wards import store, zones
from ansim.response.wards.actions import FIRST_GUARDIAN, Kept, open_memory, said, spoken
from ansim.response.wards.model import (
    PLACED,
    GuardianPost,
    GuardianView,
    LastPlace,
    Named,
    Place,
    WardDetail,
    WardLine,
    WardRow,
    Wards,
    WardView,
)
from ansim.trust.access.model import Actor
from ansim.trust.retention.keys import Erased

REMEMBERED = timedelta(hours=1)
"""So long one that has ended is still listed."""


async def listed(tx: Transaction, actor: Actor) -> Wards:
    rows = await store.listed(tx, actor.centre, tx.at - REMEMBERED)
    return Wards(
        counts=await store.counts(tx, actor.centre), wards=[WardLine(**_line(_ward(row), row, actor)) for row in rows]
    )


async def detail(tx: Transaction, ward: WardRow, actor: Actor) -> WardDetail:
    known = (None if ward.person is None else await profile_of(tx, ward.person)) or Contacts()
    kept, words = _kept(tx, ward), spoken(tx, ward)
    return WardDetail(
        **_line(ward, await store.beside(tx, ward), actor), name=known.name, note=known.note, phone=known.phone, language=words.language,
        ground=ward.ground, reference=words.reference,
        people=[
            GuardianPost(name=one.name, relation=one.relation, phone=one.phone, mail=one.mail, language=one.language)
            for one in known.guardians
        ],
        places=[] if kept is None else kept.zones, place=_place(kept, tx.at), check=ward.check,
        silent_after_s=ward.silent_after_s, devices=ward.devices, enrolled_at=ward.enrolled_at,
        receipts=await _receipts(tx, ward), outcome=ward.outcome, ended_at=ward.ended_at,
    )  # fmt: skip


async def to_guardian(tx: Transaction, ward: WardRow, guardian: str) -> GuardianView:
    known = None if ward.person is None else await profile_of(tx, ward.person)
    kept = _kept(tx, ward)
    told = ward if ward.tells_guardians or not ward.open else msgspec.structs.replace(ward, alarm=None, alarm_at=None)
    return GuardianView(
        person=known.name if known else "", kind=ward.kind, state=told.state, alarm=told.shown_alarm,
        place=_place(kept, tx.at) if told is ward else Place(word="unknown"), placed=is_placed(told),
        heard_at=ward.heard_at, zones=[zone.name for zone in kept.zones] if kept else [],
        may_take_back=ward.open and ward.ground != "order" and guardian == FIRST_GUARDIAN, until_at=ward.until_at,
        outcome=ward.outcome, ended_at=ward.ended_at,
    )  # fmt: skip


def to_her(ward: WardRow) -> WardView:
    late = ward.alarm == "unchecked"
    return WardView(
        asked_at=ward.alarm_at if late else ward.asked_at, answer_until=None if late else ward.answer_until,
        checked_at=ward.checked_at, next_check_at=ward.ask_at, heard_at=ward.heard_at, until_at=ward.until_at,
        called_at=ward.signalled_at, ended_at=ward.ended_at,
    )  # fmt: skip


def is_placed(ward: WardRow) -> bool:
    return ward.open and ward.alarm in PLACED


async def last_place(tx: Transaction, ward: WardRow, actor: str) -> LastPlace:
    """For a guardian while she is looked for. Each time is in the ledger before it is shown. Raises Problem 409 otherwise."""
    if not is_placed(ward) or not ward.tells_guardians:
        raise Problem(409, "ward.calm", "Nobody is looked for", "Where she is is shown only while she is missed.")
    await said(tx, ward, "ward.place-seen", actor, why=ward.alarm or "")
    kept = _kept(tx, ward)
    return LastPlace(position=None if kept is None else kept.memory.newest)


def _kept(tx: Transaction, ward: WardRow) -> Kept | None:
    with suppress(Erased):
        return open_memory(tx, ward)
    return None


def _place(kept: Kept | None, at: datetime) -> Place:
    if kept is None:
        return Place(word="unknown")
    breach = zones.breached(kept.memory, kept.zones, at)
    if breach is not None:
        return Place(word="outside" if breach[0] == "left" else "forbidden", since_at=breach[1])
    stays = [beside for zone, beside in zip(kept.zones, kept.memory.zones, strict=True) if zone.rule == "stay"]
    for beside in stays:
        if beside.inside:
            return Place(word="inside", since_at=beside.since)
    if stays and all(beside.inside is False for beside in stays):
        return Place(word="outside", since_at=max(beside.since or at for beside in stays))
    return Place(word="unknown")


async def _receipts(tx: Transaction, ward: WardRow) -> list[ToldReceipt]:
    """Of the newest message on every way to everybody."""
    newest: dict[tuple[int, str], ToldReceipt] = {}
    for row in await notices.of_incidents(tx, [ward.id]):
        sealed = unsealed(tx, ward.case_slot, row)
        who = None if row["guardian"] == HERSELF else "" if sealed is None else sealed.name
        newest[row["guardian"], row["channel"]] = ToldReceipt(
            who=who, channel=row["channel"], state=row["state"], at=row["at"]
        )
    return list(newest.values())


def _line(ward: WardRow, row: Row, actor: Actor) -> dict[str, Any]:
    same = {name: getattr(ward, name) for name in _SAME}
    return same | {
        "alarm": ward.shown_alarm, "official": None if row["unassigned"] else Named(id=ward.official, name=row["official_name"] or ""),
        "mine": ward.official == actor.id, "search": row["search"],
    }  # fmt: skip


_SAME = ("id", "kind", "state", "heard_at", "until_at", "zones", "guardians", "asked_at", "checked_at")


def _ward(row: Row) -> WardRow:
    return WardRow(**{name: row[name] for name in WardRow.__struct_fields__})
