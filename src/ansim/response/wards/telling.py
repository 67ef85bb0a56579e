"""Who hears of what: her guardians, each in her own language and with a link of her own, and she herself. Among those who are told she
is `HERSELF`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from ansim.city.people.actions import profile_of
from ansim.core.clock import KOREA
from ansim.core.database import Transaction
from ansim.response.notify import actions as notify
from ansim.response.notify.actions import HERSELF, Origin, ways
from ansim.response.notify.ports import Language, Notice, WardOccasion
from ansim.response.wards.model import NAMES_KEPT, WardRow
from ansim.trust.grants import actions as grants


async def tell_guardians(
    tx: Transaction, ward: WardRow, occasion: WardOccasion, only: Collection[int] | None = None
) -> int:
    """All of them at once, or `only` some by their order, on every way; how many there are. Each message brings a link, so that
    none is needed of a year ago.
    """
    known = None if ward.person is None else await profile_of(tx, ward.person)
    if known is None or ward.case_slot is None:
        return 0
    at = ward.alarm_at if occasion == "ward.silent" and ward.alarm_at is not None else tx.at
    for order, guardian in enumerate(known.guardians, start=1):
        if only is not None and order not in only:
            continue
        link = await _link(tx, ward, "guardian", order, f"보호자 {order}")
        for channel, address in ways(guardian):
            await notify.queue(
                tx, incident=ward.id, case_slot=ward.case_slot, guardian=order, name=guardian.name,
                relation=guardian.relation, channel=channel, address=address,
                notice=Notice(
                    id=tx.world.id(), person=known.name, place="", link=link, silent=False,
                    at=at.astimezone(KOREA).strftime("%H:%M"), occasion=occasion, language=guardian.language,
                ),
            )  # fmt: skip
    return len(known.guardians)


async def tell_her(tx: Transaction, ward: WardRow, occasion: WardOccasion, language: Language) -> None:
    """By SMS, with the link to her page. Her name is not in it."""
    known = None if ward.person is None else await profile_of(tx, ward.person)
    if known is None or not known.phone or ward.case_slot is None:
        return
    await notify.queue(
        tx, incident=ward.id, case_slot=ward.case_slot, guardian=HERSELF, name=known.name, relation="", channel="sms",
        address=known.phone,
        notice=Notice(
            id=tx.world.id(), person="", place="", link=await _link(tx, ward, "ward", HERSELF, "대상자"), silent=False,
            at=tx.at.astimezone(KOREA).strftime("%H:%M"), occasion=occasion, language=language,
        ),
    )  # fmt: skip


async def _link(tx: Transaction, ward: WardRow, kind: Literal["guardian", "ward"], order: int, label: str) -> str:
    grant = await grants.issue(
        tx, incident=ward.id, centre=ward.centre, holder_kind=kind, holder=f"{kind}-{order}", label=label,
        purpose="ward", subject_tag=ward.subject_tag, video=False, length=ward.until_at - tx.at + NAMES_KEPT,
        actor="system",
    )  # fmt: skip
    _, secret = await grants.issue_link(tx, grant, kind, f"{kind}-{order}")
    return f"{tx.use(Origin)}/l/{secret}"
