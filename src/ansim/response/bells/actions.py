"""A press becomes a signal like any other; whoever has the case speaks through the bell, as long as her right lives."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from ansim.city.bells import store as bells
from ansim.city.bells.model import ACCURACY_M, Bell, caller
from ansim.city.bells.register import Bells
from ansim.city.bells.terminals import Verdict
from ansim.city.cameras.register import Register
from ansim.core.database import Transaction
from ansim.core.errors import Problem
from ansim.core.position import Position
from ansim.response.bells import store
from ansim.response.bells.events import TalkBegan, TalkConnected, TalkEnded
from ansim.response.bells.intercom import Intercom
from ansim.response.bells.model import SHOWN_S, BellDetail, Call, EndedWhy, TalkLine
from ansim.response.incidents import store as incidents
from ansim.response.incidents.actions import not_now, own, said
from ansim.response.incidents.model import IncidentRow
from ansim.response.signals.model import Arrival
from ansim.trust.access.model import Actor
from ansim.trust.grants import store as grants
from ansim.trust.grants.events import GrantEnded
from ansim.trust.ledger.actions import record


def arrival(bell: Bell, client_id: str, verdict: Verdict, occurred_at: datetime, now: datetime) -> Arrival:
    """The signal of a press. Nobody is known by name; where she stands is known to the metre."""
    who = caller(bell.id, verdict == "verified")
    return Arrival(
        # counters of two bells are alike; and who only claims to be a bell takes no press of the bell itself
        source="bell", client_id=hashlib.sha256(f"{who}/{client_id}".encode()).hexdigest()[:40], kind="bell",
        trigger="button", silent=False, occurred_at=occurred_at,
        position=Position(
            latitude=bell.latitude, longitude=bell.longitude, accuracy_m=ACCURACY_M, source="device", at=now
        ),
        battery=None, person=who, verdict=verdict, contacts=None,
    )  # fmt: skip


async def shown(tx: Transaction, bell: str) -> tuple[str | None, Call | None]:
    """What the page at the bell says of its last press: the case, and how it stands."""
    case = await store.newest_case(tx, caller(bell, True), tx.at - timedelta(seconds=SHOWN_S))
    if case is None:
        return None, None
    return case.id, Call(
        state="closed" if not case.open else "claimed" if case.owner else "received", received_at=case.received_at,
        claimed_at=case.claimed_at if case.owner else None, requested_at=case.requested_at,
    )  # fmt: skip


async def detail(tx: Transaction, case: IncidentRow) -> BellDetail | None:
    """The bell of this case, for whoever has it; None where none called."""
    bell = tx.use(Bells).called_by(case.person)
    if bell is None:
        return None
    terminal, talk = await bells.living(tx, bell.id), await store.open_of(tx, case.id)
    return BellDetail(
        id=bell.id, number=bell.number, kind=bell.kind, name=bell.name, address=bell.address, two_way=bell.two_way,
        proven=case.person == caller(bell.id, True), there=tx.use(Intercom).line(bell.id) is not None,
        heard_at=None if terminal is None else terminal.heard_at,
        faults=[fault.kind for fault in await bells.faults_of(tx, bell.id)],
        cameras=tx.use(Bells).cameras(bell, tx.use(Register).sight),
        talk=None if talk is None else TalkLine(began_at=talk.began_at, connected_at=talk.connected_at),
    )  # fmt: skip


async def begin(tx: Transaction, id: str, incident: str, actor: Actor) -> tuple[str, str]:
    """A talk with whoever stands at the bell of this case: the bell, and the right by which. It is in the ledger before the bell hears of it.
    Raises Problem 404 for a case that is not the actor's own, 403 without a living right, 409 where nobody can be spoken to.
    """
    case = await own(tx, incident, actor.id)
    if not case.open:
        raise not_now(case)
    bell = tx.use(Bells).called_by(case.person)
    if bell is None:
        raise Problem(409, "talk.none", "No bell called here")
    if not bell.two_way:
        raise Problem(409, "talk.one-way", "This bell only calls", "Nobody can be heard through it.")
    grant = await grants.live_grant(tx, incident, "operator", actor.id)
    if grant is None or grant.until_at <= tx.at:
        raise Problem(403, "talk.right", "The right for this case has ended")
    intercom = tx.use(Intercom)
    if intercom.line(bell.id) is None:
        raise Problem(409, "talk.away", "The bell does not answer")
    for before in await store.open_talks(tx):
        if before.bell == bell.id and not intercom.goes_on(before.id):
            await end(tx, before.id, "lost")  # it could not be written when it broke
    if not await store.begin(tx, id=id, bell=bell.id, incident=incident, grant=grant.id, account=actor.id):
        raise Problem(409, "talk.busy", "Somebody speaks through this bell already")
    await said(tx, case, "talk.began", actor.id, grant=grant.id)
    tx.publish(TalkBegan(talk=id, incident=incident))
    return bell.id, grant.id


async def refuse(tx: Transaction, incident: str, actor: Actor, why: str) -> None:
    """That somebody wanted to speak there, and why she could not."""
    case = await incidents.seen_by(tx, actor.centre, incident)
    await record(
        tx, actor=actor.id, act="talk.refused", object="unknown" if case is None else case.id,
        incident=None if case is None else case.id, subject_tag=None if case is None else case.subject_tag,
        details={"why": why},
    )  # fmt: skip


async def connected(tx: Transaction, id: str) -> None:
    """Both sides can hear: from now on its seconds count."""
    talk = await store.connect(tx, id)
    if talk is not None:
        tx.publish(TalkConnected(talk=id, incident=talk.incident))


async def end(tx: Transaction, id: str, why: EndedWhy) -> None:
    """It is over. Ending it twice changes nothing."""
    talk = await store.end(tx, id, why)
    case = None if talk is None else await incidents.get(tx, talk.incident)
    if talk is None or case is None:
        return
    told: dict[str, Any] = {"why": why}
    if why != "restarted":  # when a process dies nobody sees how long they spoke on
        told["seconds"] = 0 if talk.connected_at is None else round((tx.at - talk.connected_at).total_seconds())
    await said(tx, case, "talk.ended", talk.account, **told)
    tx.publish(TalkEnded(talk=id, incident=talk.incident))


async def end_all(tx: Transaction) -> None:
    """This process has started: the sockets of every talk are gone, and pages hang up with theirs."""
    for talk in await store.open_talks(tx):
        await end(tx, talk.id, "restarted")


async def end_with_right(tx: Transaction, fact: GrantEnded) -> None:
    """A talk lives by a right. In this process it was cut with the commit; here it is written where that could not."""
    for talk in await store.open_under(tx, fact.grant):
        await end(tx, talk.id, fact.why)  # type: ignore[arg-type]
