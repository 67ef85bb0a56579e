"""Rights to pictures follow the case: given at the claim, widened as she moves, ended with it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import msgspec

from ansim.city.bells.register import Bells
from ansim.city.cameras.model import Camera, Outlook, RankedCamera
from ansim.city.cameras.register import Register
from ansim.city.cameras.sight import Mode
from ansim.core.database import Database, Transaction
from ansim.core.errors import Problem, not_found
from ansim.core.geo import bearing_deg, distance_m
from ansim.core.position import Position
from ansim.response.incidents import actions, passing
from ansim.response.incidents import store as incidents
from ansim.response.incidents.events import IncidentClosed, IncidentReleased
from ansim.response.incidents.model import IncidentRow
from ansim.response.tracking.actions import track
from ansim.response.tracking.events import PersonMoved
from ansim.response.watch.aims import Aims
from ansim.response.watch.following import Following
from ansim.response.watch.ports import Media
from ansim.trust.access.model import Actor, Role
from ansim.trust.grants import actions as grants
from ansim.trust.grants import store
from ansim.trust.grants.events import GrantEnded
from ansim.trust.grants.model import Grant

CAMERAS = 9
"""As many as a console may show for one case: four in the strip, five more at a key."""

PURPOSE = "emergency"
NOWHERE = Outlook(cameras=[], probability=0.0, map="none")


class _Delivering:
    """The cameras that deliver, as far as somebody asks for them: of 12,000 those near her are a few."""

    def __init__(self, media: Media) -> None:
        self._media = media

    def __contains__(self, camera: object) -> bool:
        return isinstance(camera, str) and self._media.delivers(camera)


def near(tx: Transaction, position: Position | None, mode: Mode = "find") -> Outlook:
    """The cameras worth opening for somebody there."""
    if position is None:
        return NOWHERE
    live = _Delivering(tx.use(Media))
    return tx.use(Register).sight.rank(position, count=CAMERAS, live=live, mode=mode)


def followed(tx: Transaction, incident: IncidentRow, fixes: Sequence[Position]) -> Outlook:
    """The cameras for where she goes; those shown for her stay unless others are better. `fixes`: newest last."""
    if not fixes or not incident.open:
        return NOWHERE
    register, following = tx.use(Register), tx.use(Following)
    outlook = following.outlook(incident.id, fixes, register.sight, count=CAMERAS, live=_Delivering(tx.use(Media)))
    outlook = _with_the_bells_own(tx, incident, outlook, fixes[-1])
    aims, ahead = tx.use(Aims), following.ahead(incident.id, register.sight)

    def as_it_looks(camera: RankedCamera) -> RankedCamera:
        if camera.aim is None:
            return camera
        aimed, chance = aims.get(incident.id, camera.id), None
        if aimed is not None and aimed.looks is not None and ahead is not None:
            chance = register.sight.chance(camera.id, ahead, aimed.looks)
        return msgspec.structs.replace(
            camera, calibrated=camera.id in register.calibrations, turned=aims.told(incident.id, camera.id, chance)
        )

    return msgspec.structs.replace(outlook, cameras=[as_it_looks(camera) for camera in outlook.cameras])


def _with_the_bells_own(tx: Transaction, incident: IncidentRow, outlook: Outlook, here: Position) -> Outlook:
    """Where a bell called, its own cameras come first, whatever a map says of them: they were put up to see who stands there."""
    bells, register = tx.use(Bells), tx.use(Register)
    bell = bells.called_by(incident.person)
    own = [] if bell is None else bells.cameras(bell, register.sight)
    if not own:
        return outlook
    live, known = _Delivering(tx.use(Media)), {camera.id: camera for camera in outlook.cameras}
    first = [known.get(id) or _unranked(register.sight.cameras[id], here, id in live) for id in own]
    others = [camera for camera in outlook.cameras if camera.id not in own]
    ordered = [
        msgspec.structs.replace(camera, order=order) for order, camera in enumerate([*first, *others][:CAMERAS], 1)
    ]
    return msgspec.structs.replace(outlook, cameras=ordered)


def _unranked(camera: Camera, here: Position, live: bool) -> RankedCamera:
    """One of which no line of sight says that it sees anything: what it is worth is not known."""
    at = (camera.latitude, camera.longitude)
    return RankedCamera(
        id=camera.id, name=camera.name, order=0, latitude=at[0], longitude=at[1], azimuth_deg=camera.azimuth_deg,
        view_deg=camera.view_deg, range_m=camera.range_m, score=0.0, sees="possible", live=live, probability=0.0,
        distance_m=round(distance_m(*at, here.latitude, here.longitude), 1),
        bearing_deg=round(bearing_deg(*at, here.latitude, here.longitude), 1),
    )  # fmt: skip


async def claim(tx: Transaction, id: str, centre: str, actor: str) -> tuple[IncidentRow, Grant]:
    """She takes it, and in the same transaction the right to the cameras near her is hers: until it expires or the case
    leaves her.
    """
    incident = await actions.claim(tx, id, centre, actor)
    grant = await _grant(tx, incident, actor)
    # she stands where she stood; what follows her begins
    tx.mention(PersonMoved(incident=id))
    return incident, grant


async def _grant(tx: Transaction, incident: IncidentRow, owner: str) -> Grant:
    fixes = await track(tx, incident.id, incident.track_slot)
    return await grants.issue(
        tx, incident=incident.id, centre=incident.centre, holder_kind="operator", holder=owner, label="관제",
        purpose=PURPOSE, subject_tag=incident.subject_tag, video=True,
        cameras=[camera.id for camera in followed(tx, incident, fixes).cameras], actor=owner,
    )  # fmt: skip


async def take_over(tx: Transaction, id: str, centre: str, actor: str) -> tuple[IncidentRow, Grant]:
    """A colleague takes a case that was offered to her. In one transaction its operator's right ends and hers begins: at no
    time do two people hold one, and at no time does nobody.
    """
    incident, before = await passing.take(tx, id, centre, actor)
    ending = await store.live_grant(tx, id, "operator", before)
    if ending is not None:
        await grants.end(tx, ending, "released", actor=actor)
    return incident, await _grant(tx, incident, actor)


async def end_with_release(tx: Transaction, fact: IncidentReleased) -> None:
    """The right goes back with the case."""
    grant = await store.live_grant(tx, fact.incident, "operator", fact.owner)
    if grant is not None:
        await grants.end(tx, grant, "released", actor=fact.owner)


async def end_with_case(tx: Transaction, fact: IncidentClosed) -> None:
    """Every right for this case ends, and with it every picture and what was known of her course."""
    tx.after_commit(partial(tx.use(Following).forget, fact.incident))
    tx.after_commit(partial(tx.use(Aims).forget, fact.incident))
    await grants.end_all(tx, fact.incident, "closed", actor="system")


async def cut(database: Database, fact: GrantEnded) -> None:
    """Tell the media node. In this process it has heard already (see `cut_at_once`); elsewhere this is how."""
    database.use(Media).revoke(fact.grant, fact.why)


async def widen_for_move(database: Database, fact: PersonMoved) -> None:
    """She moved: prepare and permit the cameras that are near her now."""
    async with database.transaction() as tx:
        incident = await incidents.get(tx, fact.incident)
        if incident is None or not incident.open:
            return
        fixes = await track(tx, incident.id, incident.track_slot)
        ranked = [camera.id for camera in followed(tx, incident, fixes).cameras]
        await grants.widen(tx, incident.id, ranked)
    database.use(Media).prepare(ranked)


async def under_rights(tx: Transaction) -> list[str]:
    """The cameras that somebody may watch just now for a case, whether anybody does or not."""
    return await store.cameras_under_rights(tx)


async def usable(tx: Transaction, id: str, actor: Actor) -> Grant:
    """The actor's own live grant; 404 for everybody else's."""
    grant = await store.grant(tx, id)
    if grant is None or grant.holder_kind != "operator" or grant.holder != actor.id:
        raise not_found("grant")
    return grant


async def overseen(tx: Transaction, id: str, actor: Actor) -> tuple[Grant, IncidentRow]:
    """A grant this actor may extend or end: that of a case of hers, or any of her centre for its leader."""
    grant = await store.grant(tx, id)
    incident = None if grant is None else await incidents.seen_by(tx, actor.centre, grant.incident)
    if grant is None or incident is None:
        raise not_found("grant")
    if incident.owner != actor.id and actor.role is not Role.SUPERVISOR:
        raise not_found("grant")
    return grant, incident


async def extend(tx: Transaction, id: str, actor: Actor, reason: str) -> Grant:
    grant, incident = await overseen(tx, id, actor)
    if not incident.open:
        raise Problem(409, "incident.state", "The case is closed", "No right outlives it.")
    extended = await grants.extend(tx, grant, actor=actor.id)
    await actions.said(tx, incident, "grant.extended", actor.id, words=reason or None)
    return extended


async def revoke(tx: Transaction, id: str, actor: Actor, reason: str) -> None:
    grant, incident = await overseen(tx, id, actor)
    if await grants.end(tx, grant, "revoked", actor=actor.id):
        await actions.said(tx, incident, "grant.revoked", actor.id, words=reason or None)
