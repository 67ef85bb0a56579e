"""Telling her guardians, as soon as the case is open."""

from __future__ import annotations

from datetime import timedelta

from ansim.core.database import Transaction
from ansim.response.incidents import store
from ansim.response.incidents.events import IncidentOpened
from ansim.response.incidents.person import known_of
from ansim.response.notify import actions as notify
from ansim.response.notify.actions import Origin, ways
from ansim.response.notify.ports import KOREA, Notice
from ansim.trust.grants import actions as grants
from ansim.trust.grants.events import LinkOpened
from ansim.trust.grants.store import link as link_of

GRANT_LENGTH = timedelta(hours=24)
"""A guardian's right lasts as long as the case; this is only where it ends if nobody ever closes it."""


async def tell_guardians(tx: Transaction, fact: IncidentOpened) -> None:
    """One notice for every guardian and every way she can be reached, all at once: in an emergency two messages are
    better than a minute's wait for the first one's receipt."""
    incident = await store.get(tx, fact.incident)
    if incident is None or not incident.open or incident.case_slot is None:
        return
    known = await known_of(tx, incident.id)
    if known is None:
        return
    place = tx.use(MunicipalityNames).get(incident.municipality or "", "")
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
                ),
            )  # fmt: skip


class MunicipalityNames(dict[str, str]):
    """Korean names of municipalities by code."""


async def mark_read(tx: Transaction, fact: LinkOpened) -> None:
    """A guardian opened her link: she has read the notice."""
    link = await link_of(tx, fact.link)
    if link is not None and link.kind == "guardian":
        await notify.mark_read(tx, link.incident, int(link.subject.removeprefix("guardian-")))
