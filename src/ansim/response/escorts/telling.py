"""Who hears of what: she, and the scouts, by message; each notice has its receipt. Among those who are told she is `HERSELF`; the
scouts of the first pair are 1 and 2, of the second 3 and 4.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from ansim.core.clock import KOREA
from ansim.core.database import Transaction
from ansim.response.escorts.model import FORGOTTEN, NAMES_KEPT, EscortRow, Scout, Side, Spoken
from ansim.response.notify import actions as notify
from ansim.response.notify import store as notices
from ansim.response.notify.actions import HERSELF, Origin, unsealed
from ansim.response.notify.ports import Notice, Occasion
from ansim.trust.grants import actions as grants


async def tell_her(tx: Transaction, escort: EscortRow, words: Spoken, occasion: Occasion) -> None:
    if words.phone:
        await _tell(tx, escort, HERSELF, words, occasion)


async def tell_scouts(
    tx: Transaction, escort: EscortRow, scouts: list[Scout], occasion: Occasion, *, incoming: bool = False
) -> None:
    """The pair that has her, or the one that takes her over."""
    first = first_of(escort, incoming=incoming)
    for order, scout in enumerate(scouts, start=first):
        await _tell(tx, escort, order, scout, occasion)


def first_of(escort: EscortRow, *, incoming: bool) -> int:
    """The place of the first scout of a pair among those who are told."""
    return 2 * (escort.pairs if incoming else escort.pair) - 1


def side_of(escort: EscortRow, kind: str, order: int) -> Side:
    """Who speaks through a link that was made for this place."""
    if kind == "walker":
        return "walker"
    return "incoming" if escort.incoming is not None and order >= first_of(escort, incoming=True) else "scout"


async def _tell(tx: Transaction, escort: EscortRow, order: int, whom: Scout | Spoken, occasion: Occasion) -> None:
    if escort.case_slot is None:
        return
    await notify.queue(
        tx, incident=escort.id, case_slot=escort.case_slot, guardian=order, name=whom.name, relation="", channel="sms",
        address=whom.phone,
        notice=Notice(
            id=tx.world.id(), person="", place="", link=await _link(tx, escort, order), silent=False,
            at=_clock(tx.at), occasion=occasion, promised=_clock(escort.meet_at), language=whom.language,
        ),
    )  # fmt: skip


async def _link(tx: Transaction, escort: EscortRow, order: int) -> str:
    """Hers or the scout's own; the one that was sent already, which only the notices know."""
    for row in await notices.of_incidents(tx, [escort.id]):
        if row["guardian"] == order and (sealed := unsealed(tx, escort.case_slot, row)) is not None:
            return sealed.notice.link
    kind: Literal["walker", "scout"] = "walker" if order == HERSELF else "scout"
    grant = await grants.issue(
        tx, incident=escort.id, centre=escort.centre, holder_kind=kind, holder=f"{kind}-{order}",
        label="본인" if order == HERSELF else f"스카우트 {order}", purpose="escort", subject_tag=escort.subject_tag,
        video=False, length=escort.meet_at - tx.at + FORGOTTEN + NAMES_KEPT, actor="system",
    )  # fmt: skip
    _, secret = await grants.issue_link(tx, grant, kind, f"{kind}-{order}")
    return f"{tx.use(Origin)}/l/{secret}"


def _clock(at: datetime) -> str:
    return at.astimezone(KOREA).strftime("%H:%M")
