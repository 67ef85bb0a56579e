"""The search for a missing ward: her last day is opened by two people, of whom neither can do it alone."""

from __future__ import annotations

import msgspec

from ansim.core.database import Row, Transaction
from ansim.core.errors import Problem, not_found
from ansim.response.wards import store
from ansim.response.wards.actions import context
from ansim.response.wards.events import SearchApproved, WardChanged
from ansim.response.wards.model import (
    SEARCH_ASKED,
    SEARCH_LENGTH,
    Named,
    Said,
    SearchLine,
    SearchPost,
    SearchRow,
    WardRow,
)
from ansim.trust.access.model import Actor
from ansim.trust.ledger import store as ledger
from ansim.trust.ledger.actions import record
from ansim.trust.retention.keys import Keys

PURPOSE = "missing-person"
VIEWED = "search.viewed"

UNANSWERED = "ward.search-unanswered"
"""The timer of a search that waits for a second person."""


async def ask(tx: Transaction, ward: WardRow, post: SearchPost, actor: Actor) -> SearchRow:
    """Raises Problem 409 while another one waits, 410."""
    if not ward.open or ward.case_slot is None:
        raise Problem(410, "ward.ended", "The watch over her has ended", "Nothing of her way is kept any more.")
    id = tx.world.id()
    said = msgspec.json.encode(Said(reason=post.reason.strip(), reference=post.reference.strip()))
    sealed = tx.use(Keys).seal(ward.case_slot, said, context("search", id))
    search = SearchRow(
        id=id, ward=ward.id, centre=ward.centre, said=sealed, asked_by=actor.id, asked_at=tx.at, state="asked"
    )
    if not await store.insert_search(tx, search):
        raise Problem(409, "search.waits", "A search for her waits already", "Ask the leader to decide.")
    tx.arm(UNANSWERED, id, tx.at + SEARCH_ASKED)
    await _said(tx, ward, search, "search.asked", actor.id)
    tx.mention(WardChanged(ward=ward.id))
    return search


async def approve(tx: Transaction, id: str, actor: Actor) -> SearchRow:
    """The second person's word. Raises Problem 403 for whoever asked, 404, 409 when it does not wait any more."""
    found, ward = await _waiting(tx, id, actor)
    search = await store.approve(tx, id, actor.centre, actor.id, tx.at + SEARCH_LENGTH, tx.at - SEARCH_ASKED)
    if search is None:
        raise _refused(found, actor)
    tx.disarm(UNANSWERED, id)
    await _said(tx, ward, search, "search.approved", actor.id)
    tx.publish(SearchApproved(search=id))
    tx.mention(WardChanged(ward=ward.id))
    return search


async def refuse(tx: Transaction, id: str, actor: Actor) -> SearchRow:
    """Raises Problem 403 for whoever asked, 404, 409."""
    found, ward = await _waiting(tx, id, actor)
    if found.asked_by == actor.id:
        raise _refused(found, actor)
    search = await store.settle_search(tx, id, "refused", actor.id)
    if search is None:
        raise _refused(found, actor)
    tx.disarm(UNANSWERED, id)
    await _said(tx, ward, search, "search.refused", actor.id)
    tx.mention(WardChanged(ward=ward.id))
    return search


async def lapse(tx: Transaction, id: str) -> None:
    """Timer: nobody decided in time."""
    found = await store.search(tx, id)
    if found is None or found.state != "asked":
        return
    if found.asked_at + SEARCH_ASKED > tx.at:
        tx.arm(UNANSWERED, id, found.asked_at + SEARCH_ASKED)
        return
    search, ward = await store.settle_search(tx, id, "expired", None), await store.get(tx, found.ward)
    if search is not None and ward is not None:
        await _said(tx, ward, search, "search.expired", "clock")
        tx.mention(WardChanged(ward=ward.id))


async def listed(tx: Transaction, actor: Actor) -> list[SearchLine]:
    """What waits for a second person, and what is under way. Who reads why is in the ledger, once for each search."""
    rows = await store.searches(tx, actor.centre)
    for row in rows:
        since = row["asked_at"]
        if row["asked_by"] != actor.id and not await ledger.wrote(
            tx, incident=row["ward"], actor=actor.id, act=VIEWED, since=since
        ):
            await record(
                tx, actor=actor.id, act=VIEWED, object=row["id"], incident=row["ward"], purpose=PURPOSE,
                subject_tag=row["subject_tag"],
            )  # fmt: skip
    return [_line(tx, row, actor) for row in rows]


async def one(tx: Transaction, id: str, actor: Actor) -> SearchLine:
    """As it is now, for whoever has just asked or decided."""
    row = await store.search_line(tx, id)
    assert row is not None
    return _line(tx, row, actor)


def _line(tx: Transaction, row: Row, actor: Actor) -> SearchLine:
    opened = tx.use(Keys).opened(row["case_slot"], row["said"], context("search", row["id"]))
    said = Said(reason="", reference="") if opened is None else msgspec.json.decode(opened, type=Said)
    return SearchLine(
        id=row["id"], ward=row["ward"], kind=row["kind"], state=row["state"],
        asked_by=Named(id=row["asked_by"], name=row["asked_by_name"] or ""), asked_at=row["asked_at"],
        mine=row["asked_by"] == actor.id, expires_at=row["asked_at"] + SEARCH_ASKED, reason=said.reason,
        reference=said.reference, decided_at=row["decided_at"], until_at=row["until_at"], incident=row["incident"],
    )  # fmt: skip


async def _waiting(tx: Transaction, id: str, actor: Actor) -> tuple[SearchRow, WardRow]:
    found = await store.search(tx, id)
    ward = None if found is None else await store.get(tx, found.ward)
    if found is None or ward is None or found.centre != actor.centre:
        raise not_found("search")
    return found, ward


def _refused(found: SearchRow, actor: Actor) -> Problem:
    if found.asked_by == actor.id:
        return Problem(403, "search.own", "You asked for this search", "Somebody else decides.")
    return Problem(409, "search.decided", "This search does not wait any more", state=found.state)


async def _said(tx: Transaction, ward: WardRow, search: SearchRow, act: str, actor: str) -> None:
    await record(
        tx, actor=actor, act=act, object=search.id, incident=ward.id, purpose=PURPOSE,
        subject_tag=ward.subject_tag,
    )  # fmt: skip
