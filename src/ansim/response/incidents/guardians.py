"""Telling her guardians, as soon as the case is open, and again while none of them has looked."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import msgspec

from ansim.core.clock import KOREA
from ansim.core.database import Transaction
from ansim.response.incidents import store
from ansim.response.incidents.actions import elsewhere, said
from ansim.response.incidents.events import IncidentOpened
from ansim.response.incidents.model import IncidentRow
from ansim.response.incidents.person import known_of
from ansim.response.notify import actions as notify
from ansim.response.notify import store as notices
from ansim.response.notify.actions import Origin, unsealed, ways
from ansim.response.notify.ports import Notice, Occasion
from ansim.trust.grants import actions as grants
from ansim.trust.grants.events import LinkOpened
from ansim.trust.grants.store import link as link_of

GRANT_LENGTH = timedelta(hours=24)
"""A guardian's right lasts as long as the case; this is only where it ends if nobody ever closes it."""

UNSAID = "there"
"""What such a case is about: she seems to have arrived without having said so. Nobody is told that she asks for help."""

UNREAD = "guardians.unread"
"""The timer of a case whose guardians have been told, and none of them has looked yet."""
AGAIN = (timedelta(seconds=60), timedelta(seconds=120))
"""Unread for so long they are told again, and after so much more once again."""


async def tell_guardians(tx: Transaction, fact: IncidentOpened) -> None:
    """One notice for every guardian and every way she can be reached, all at once: in an emergency two messages are
    better than a minute's wait for the first one's receipt."""
    incident = await store.get(tx, fact.incident)
    if incident is None or await elsewhere(tx, incident):
        return  # the centre that answers for her place tells them, or whoever covers for it does with that
    await tell(tx, incident)


async def tell(tx: Transaction, incident: IncidentRow) -> None:
    if not incident.open or incident.case_slot is None:
        return
    known = await known_of(tx, incident.id)
    if known is None:
        return
    place = tx.use(MunicipalityNames).get(incident.municipality or "", "")
    if known.guardians:
        tx.arm(UNREAD, incident.id, tx.at + AGAIN[0])
    for order, guardian in enumerate(known.guardians, start=1):
        grant = await grants.issue(
            tx, incident=incident.id, centre=incident.centre, holder_kind="guardian", holder=f"guardian-{order}",
            label=f"보호자 {order}", purpose="guardian", subject_tag=incident.subject_tag, video=False,
            length=GRANT_LENGTH, actor="system",
        )  # fmt: skip
        _, secret = await grants.issue_link(tx, grant, "guardian", f"guardian-{order}")
        for channel, address in ways(guardian):
            await notify.queue(
                tx, incident=incident.id, case_slot=incident.case_slot, guardian=order, name=guardian.name,
                relation=guardian.relation, channel=channel, address=address,
                notice=Notice(
                    id=tx.world.id(), person=known.name, place=place, link=f"{tx.use(Origin)}/l/{secret}",
                    silent=incident.silent, at=incident.received_at.astimezone(KOREA).strftime("%H:%M"),
                    occasion="trip.unsaid" if incident.trigger == UNSAID else "sos", language=guardian.language,
                ),
            )  # fmt: skip


async def tell_again(tx: Transaction, id: str) -> None:
    """Timer: nobody has opened her link. Each is told again, on every way, and the operator learns whom to ring."""
    incident = await store.locked(tx, id)
    if incident is None or not incident.open or incident.case_slot is None:
        return
    told = await notices.of_guardians(tx, id)
    if any(row["state"] == "read" for row in told):
        return
    latest = {(row["guardian"], row["channel"]): row for row in told}
    for row in latest.values():
        if (sealed := unsealed(tx, incident.case_slot, row)) is not None:
            occasion: Occasion = "trip.unsaid" if incident.trigger == UNSAID else "sos.unread"
            await notify.queue(
                tx, incident=id, case_slot=incident.case_slot, guardian=row["guardian"], name=sealed.name,
                relation=sealed.relation, channel=row["channel"], address=sealed.address,
                notice=msgspec.structs.replace(sealed.notice, id=tx.world.id(), occasion=occasion),
            )  # fmt: skip
    times = max(Counter((row["guardian"], row["channel"]) for row in told).values(), default=0)
    if 0 < times < len(AGAIN):
        tx.arm(UNREAD, id, tx.at + AGAIN[times])
    await said(tx, incident, "guardians.unread", "system", count=len({row["guardian"] for row in told}))


class MunicipalityNames(dict[str, str]):
    """Korean names of municipalities by code."""


async def mark_read(tx: Transaction, fact: LinkOpened) -> None:
    """A guardian, a scout, whoever is escorted or was sent a second channel opened her link: she has read the notice."""
    link = await link_of(tx, fact.link)
    if link is not None and link.kind == "person":
        await notify.mark_read(tx, link.incident, notify.HERSELF, link.subject)
    elif link is not None and link.kind != "officer":
        await notify.mark_read(tx, link.incident, int(link.subject.rpartition("-")[2]))
