"""A second way to her: a link by SMS that shares her position, her camera and a few words, without an app or an account.

보이는 112, the police's own, is the model. The number is hers as she left it, or what the operator took from a call.
"""

from __future__ import annotations

from datetime import timedelta

from ansim.core.clock import KOREA
from ansim.core.database import Transaction
from ansim.core.errors import Problem, not_found
from ansim.response.incidents import store
from ansim.response.incidents.actions import not_now, own, said
from ansim.response.incidents.events import IncidentNoted
from ansim.response.incidents.guardians import MunicipalityNames
from ansim.response.incidents.person import known_of
from ansim.response.notify import actions as notify
from ansim.response.notify.actions import Origin
from ansim.response.notify.ports import Notice
from ansim.trust.grants import actions as grants
from ansim.trust.grants.model import Link
from ansim.trust.grants.store import live_grant
from ansim.trust.ledger import store as ledger

GRANT_LENGTH = timedelta(hours=24)
"""It lasts as long as the case; this is only where it ends if nobody ever closes it."""

HOLDER = "person"
MOVED = "channel.moved"


async def send(tx: Transaction, id: str, actor: str, number: str | None) -> str:
    """Send her a link, and end the one before it; the link's id. Raises Problem 422 when no number is given or known."""
    incident = await own(tx, id, actor)
    if not incident.open or incident.case_slot is None:
        raise not_now(incident)
    known = await known_of(tx, id)
    number = number or (known.phone if known else None)
    if not number:
        raise Problem(
            422, "channel.number", "No number of hers is known", "Give the one she calls from.", field="number"
        )
    before = await live_grant(tx, id, "person", HOLDER)
    if before is not None:
        await grants.end(tx, before, "replaced", actor=actor)
    grant = await grants.issue(
        tx, incident=id, centre=incident.centre, holder_kind="person", holder=HOLDER, label="대상자 전화",
        purpose="second-channel", subject_tag=incident.subject_tag, video=False, length=GRANT_LENGTH, actor=actor,
    )  # fmt: skip
    notice = tx.world.id()
    link, secret = await grants.issue_link(tx, grant, "person", notice)
    await notify.queue(
        tx, incident=id, case_slot=incident.case_slot, guardian=notify.HERSELF, name="", relation="", channel="sms",
        address=number,
        notice=Notice(
            id=notice, person="", place=tx.use(MunicipalityNames).get(incident.municipality or "", ""),
            link=f"{tx.use(Origin)}/l/{secret}", silent=incident.silent,
            at=tx.at.astimezone(KOREA).strftime("%H:%M"), occasion="second-channel",
        ),
    )  # fmt: skip
    await said(tx, incident, "channel.sent", actor)
    return link


async def agreed(tx: Transaction, link: Link) -> None:
    """She has pressed the one button under the one sentence that says what will be shared, with whom and how long."""
    incident = await store.locked(tx, link.incident)
    if incident is None or not incident.open:
        raise _ended()
    await said(tx, incident, "channel.agreed", "person", link=link.id)
    tx.publish(IncidentNoted(incident=incident.id))


async def moved(tx: Transaction, link: Link) -> None:
    """Positions come by it: the first time that is written down, and told."""
    actor = f"link:{link.id}"
    if await ledger.wrote(tx, incident=link.incident, actor=actor, act=MOVED, since=link.issued_at):
        return
    incident = await store.get(tx, link.incident)
    assert incident is not None
    await said(tx, incident, MOVED, actor)
    tx.publish(IncidentNoted(incident=incident.id))


async def hers(tx: Transaction, token: str, browser: str | None) -> Link:
    """The live link of the browser that opened it, if it is one that was sent to her. Raises Problem 404, and 410 at its end."""
    link = await grants.bound_link(tx, token, browser)
    if link is None or link.kind != "person":
        raise not_found("link")
    if link.ended_at is not None or link.until_at <= tx.at:
        raise _ended()
    return link


def _ended() -> Problem:
    return Problem(410, "link.ended", "This link has ended", "Ask the centre for a new one.")
