"""Queueing notices and carrying them out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ansim.city.people.contacts import Guardian
from ansim.core.database import Database, Transaction
from ansim.response.notify import store
from ansim.response.notify.events import NoticeChanged, NoticeQueued
from ansim.response.notify.ports import Channel, ChannelName, Notice, NotSent
from ansim.trust.ledger.actions import record
from ansim.trust.retention.keys import Keys

TRIES = 4
HERSELF = 0
"""In the place of a guardian's order: the person the case is about."""


class Channels(dict[str, Channel]):
    """The channels this centre has, by name."""


class Origin(str):
    """Where links lead to, for example http://localhost:8000."""


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """What a notice's row hides under the case key."""

    name: str
    relation: str
    address: str
    notice: Notice


def ways(guardian: Guardian) -> list[tuple[ChannelName, str]]:
    """Every way she can be reached: (channel, address)."""
    found: list[tuple[ChannelName, str]] = []
    if guardian.push is not None:
        found.append(("push", guardian.push.address))
    if guardian.phone:
        found.append(("sms", guardian.phone))
    if guardian.mail:
        found.append(("mail", guardian.mail))
    return found


async def queue(
    tx: Transaction,
    *,
    incident: str,
    case_slot: int,
    guardian: int,
    name: str,
    relation: str,
    channel: str,
    address: str,
    notice: Notice,
    quiet: bool = False,
) -> None:
    """`quiet`: she has asked not to be told of such a thing at this time; that she was not told is kept."""
    sealed = Sealed(name=name, relation=relation, address=address, notice=notice)
    content = tx.use(Keys).seal(case_slot, msgspec.json.encode(sealed), _context(notice.id))
    await store.insert(tx, notice.id, incident, guardian, channel, "quiet" if quiet else "queued", content)
    tx.publish(
        NoticeChanged(notice=notice.id, incident=incident, state="quiet")
        if quiet
        else NoticeQueued(notice=notice.id, incident=incident)
    )


async def tell(database: Database, fact: NoticeQueued) -> None:
    """Errand: send one notice. It is tried again while that can help; the last word is in its row."""
    clock = database.world.clock
    for attempt in range(1, TRIES + 1):
        async with database.transaction(readonly=True) as tx:
            row = await store.get(tx, fact.notice)
            opened = None if row is None or row["state"] != "queued" else unsealed(tx, row["case_slot"], row)
        if row is None or opened is None or row["closed_at"] is not None:
            return
        state: str = "failed"
        reason: str | None = "no such channel"
        channel = database.use(Channels).get(row["channel"])
        if channel is not None:
            try:
                state, reason = await channel.send(opened.address, opened.notice), None
            except NotSent as error:
                reason = str(error)[:80]
                if not error.final and attempt < TRIES:
                    await clock.sleep(0.5 * 2**attempt)
                    continue
        await _settle(database, row, state, reason, attempt)
        return


async def mark_read(tx: Transaction, incident: str, guardian: int, notice: str | None = None) -> None:
    """She opened her link: whatever told her of it, or this one notice, has been read."""
    for row in await store.mark_read(tx, incident, guardian, notice):
        tx.publish(NoticeChanged(notice=row["id"], incident=incident, state="read"))


def unsealed(tx: Transaction, case_slot: int | None, row: Mapping[str, Any]) -> Sealed | None:
    """What is under the seal; None once the case key is destroyed."""
    content = tx.use(Keys).opened(case_slot, row["sealed"], _context(row["id"]))
    return None if content is None else msgspec.json.decode(content, type=Sealed)


async def _settle(database: Database, row: Mapping[str, Any], state: str, reason: str | None, tries: int) -> None:
    async with database.transaction() as tx:
        await store.set_state(tx, row["id"], state, reason, tries)
        whom = "person" if row["guardian"] == HERSELF else "scout" if row["escorted"] else "guardian"
        await record(
            tx, actor="system", act=f"{whom}.told" if state != "failed" else f"{whom}.not-told", object=row["id"],
            incident=row["incident"], subject_tag=row["subject_tag"], details={"channel": row["channel"],
                "state": state},
        )  # fmt: skip
        tx.publish(NoticeChanged(notice=row["id"], incident=row["incident"], state=state))


def _context(notice: str) -> bytes:
    return f"notice/{notice}".encode()
