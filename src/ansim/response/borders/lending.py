"""Cameras across a border: the neighbour lends those that see her for this case, and its own node shows them under its own right.

Whoever has the case names its operator in a token that it signs; the right, the ledger and the switch are the neighbour's. Where one of the two is silent, no
picture is shown: tokens live a minute, and the node's lease fifteen seconds.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from ansim.core.database import Transaction
from ansim.core.errors import Problem, not_found
from ansim.response.borders import store
from ansim.response.borders.actions import lent_context
from ansim.response.borders.events import BorderChanged
from ansim.response.borders.model import LENT, Lending, Lent, Sighting, ToldRow, Viewed
from ansim.response.handover import letters
from ansim.response.handover.letters import Post
from ansim.response.incidents.actions import own
from ansim.response.incidents.model import IncidentRow
from ansim.response.notify.actions import Origin
from ansim.response.signals.receipts import CentreNames
from ansim.response.watch.actions import PURPOSE, near
from ansim.response.watch.gate import abroad, written_abroad
from ansim.trust.access.model import Site
from ansim.trust.grants import actions as grants
from ansim.trust.grants import store as grant_store
from ansim.trust.grants.events import ViewChanged
from ansim.trust.grants.model import EXTENSION, TOKEN_LENGTH, Token
from ansim.trust.ledger.actions import record
from ansim.trust.retention.keys import Keys


class LendingPolicy(msgspec.Struct, frozen=True):
    """Whether cameras are lent to a neighbour by themselves, or when an operator says so."""

    by_itself: bool


async def lend(tx: Transaction, sender: str, sighting: Sighting) -> None:
    """Give the neighbour the cameras that see her now, and take nothing back that it may be looking at."""
    row, site = await store.border(tx, sighting.id), tx.use(Site)
    if row is None or row.ended_at is not None or not row.lends or sighting.precise is None:
        return
    seeing = [one for one in near(tx, sighting.precise).cameras if one.sees != "unlikely"][:LENT]
    if not seeing:
        return
    ids = [one.id for one in seeing]
    grant = await grants.issue(
        tx, incident=row.id, centre=site.centre, holder_kind="centre", holder=abroad(sender), label=tx.use(CentreNames).named(sender).name,
        purpose=PURPOSE, subject_tag=row.subject_tag, video=True, cameras=ids, actor="policy",
    )  # fmt: skip
    await grants.widen(tx, row.id, ids)
    if grant.until_at - tx.at < EXTENSION:
        grant = await grants.extend(tx, grant, actor="policy")
    origin = site.media or str(tx.use(Origin))
    letters.write(
        tx, sender, Lent(id=row.id, at=tx.at, grant=grant.id, until_at=grant.until_at, origin=origin, cameras=seeing)
    )


async def choose(tx: Transaction, id: str, actor: str, lends: bool) -> None:
    """An operator here lends the cameras, or takes them back: every picture ends within a frame."""
    row = await store.border(tx, id)
    if row is None or row.ended_at is not None:
        raise not_found("border case")
    if row.lends == lends:
        return
    await store.set_lends(tx, id, lends)
    await record(
        tx,
        actor=actor,
        act="border.lent" if lends else "border.unlent",
        object=id,
        incident=id,
        subject_tag=row.subject_tag,
    )
    if lends:
        letters.write(tx, row.centre, Lending(id=id))
    else:
        await grants.end_all(tx, id, "revoked", actor=actor)
        letters.write(tx, row.centre, Lent(id=id, at=tx.at, grant="", until_at=tx.at, origin="", cameras=[]))
    tx.publish(BorderChanged(border=id))


async def borrowed(tx: Transaction, incident: IncidentRow) -> list[tuple[str, Lent]]:
    """What neighbours lend for a case now: each centre and its cameras."""
    found = []
    for told in await store.told_of(tx, [incident.id]) if incident.open else []:
        lent = lent_of(tx, incident, told)
        if lent is not None and lent.cameras and lent.until_at > tx.at:
            found.append((told.centre, lent))
    return found


def lent_of(tx: Transaction, incident: IncidentRow, told: ToldRow) -> Lent | None:
    """What that neighbour said last."""
    text = tx.use(Keys).opened(incident.track_slot, told.lent, lent_context(told.id))
    return None if text is None else msgspec.json.decode(text, type=Lent)


async def token(tx: Transaction, incident: str, actor: str, centre: str, camera: str) -> tuple[str, str, datetime]:
    """Token, address and end: for the operator who has the case, one lent camera, one minute."""
    case = await own(tx, incident, actor)
    lent = next((lent for by, lent in await borrowed(tx, case) if by == centre), None)
    if lent is None or all(one.id != camera for one in lent.cameras):
        raise Problem(403, "grant.refused", "No right to this picture", "That centre does not lend it now.")
    until_at, site = min(tx.at + TOKEN_LENGTH, lent.until_at), tx.use(Site).centre
    viewer = f"{abroad(site)}/{actor}"
    text = written_abroad(
        tx.use(Post).signing, site, Token(lent.grant, camera, viewer, until_at.timestamp(), tx.world.id())
    )
    await record(
        tx, actor=actor, act="border.viewed", object=f"{centre}:{camera}", incident=incident, purpose=PURPOSE,
        subject_tag=case.subject_tag, details={"grant": lent.grant, "camera": camera},
    )  # fmt: skip
    return text, lent.origin, until_at


async def tell_view(tx: Transaction, fact: ViewChanged) -> None:
    """Whoever looks through a lent camera is in both ledgers."""
    grant = await grant_store.grant(tx, fact.grant)
    if grant is None or grant.holder_kind != "centre":
        return
    row = await store.border(tx, grant.incident)
    view = await grant_store.view(tx, fact.view)
    if row is not None and view is not None:
        letters.write(
            tx,
            row.centre,
            Viewed(id=row.id, view=fact.view, camera=fact.camera, viewer=view["viewer"], ended=fact.ended),
        )
