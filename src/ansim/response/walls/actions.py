"""The verbs of walls: save, delete; look, and stop looking. A look is in the ledger camera by camera, before its first picture leaves."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from ansim.city.cameras.register import Register
from ansim.core.database import Database, Transaction
from ansim.core.errors import Problem, not_found
from ansim.response.walls import store
from ansim.response.walls.events import RoutineEnded
from ansim.response.walls.model import PURPOSE, ROUTINE_LENGTH, RightEndedWhy, RoutineRight, Shown, Wall
from ansim.response.watch.ports import Media
from ansim.trust.access.events import AccountDisabled, SessionEnded
from ansim.trust.access.model import Act, Actor, allowed
from ansim.trust.grants.model import TOKEN_LENGTH, Token, TokenMint
from ansim.trust.ledger.actions import entry_of, record, record_many

EXPIRY = "routine.expiry"
"""The timer that ends a routine right when its time is over."""
BLURRED = "blurred"
NOT_SHOWN = Shown(pictures=0, bytes=0)


async def save(
    tx: Transaction, actor: Actor, *, id: str | None, name: str, columns: int, cameras: Sequence[str]
) -> Wall:
    """A new wall, or `id` as it is now to be. Looks at it end when other cameras are in it: a right is to what it was given for."""
    before = None if id is None else await _own(tx, actor, id)
    name = name.strip()
    if not name:
        raise Problem(422, "wall.name", "Give the wall a name", "It must hold a letter or digit.", field="name")
    known = tx.use(Register).sight.cameras
    for at, camera in enumerate(cameras):
        if camera not in known or known[camera].centre != actor.centre:
            raise Problem(422, "wall.camera", "No such camera in this centre", "Take them from /api/cameras.", field=f"cameras[{at}]")  # fmt: skip
        if camera in cameras[:at]:
            raise Problem(422, "wall.twice", "This camera is in the wall already", "Each once.", field=f"cameras[{at}]")
    wall = Wall(
        id=before.id if before else tx.world.id(), name=name, columns=columns, cameras=list(cameras), changed_at=tx.at
    )
    if await store.named(tx, actor.centre, name) not in (None, wall.id):
        raise Problem(409, "wall.taken", "Another wall has this name", "Choose another one.", field="name")
    await store.put(tx, actor.centre, wall, actor.id)
    await record(tx, actor=actor.id, act="wall.saved", object=wall.id, details={"count": len(wall.cameras)})
    if before is not None and before.cameras != wall.cameras:
        await _end_looks(tx, wall.id, actor)
    return wall


async def delete(tx: Transaction, actor: Actor, id: str) -> None:
    wall = await _own(tx, actor, id)
    await store.delete(tx, wall.id)
    await record(tx, actor=actor.id, act="wall.deleted", object=wall.id)
    await _end_looks(tx, wall.id, actor)


async def _own(tx: Transaction, actor: Actor, id: str) -> Wall:
    wall = await store.wall(tx, actor.centre, id)
    if wall is None:
        raise not_found("wall")
    return wall


async def _end_looks(tx: Transaction, wall: str, actor: Actor) -> None:
    for right in await store.live(tx, wall=wall):
        await end(tx, right, "changed", actor=actor.id)


async def look(tx: Transaction, actor: Actor, id: str) -> RoutineRight:
    """The routine right to a wall, anew; what she looked at before ends."""
    wall = await _own(tx, actor, id)
    before = await store.held(tx, actor.id)
    if before is not None:
        await end(tx, before, "replaced", actor=actor.id)
    right = RoutineRight(
        id=tx.world.id(), wall=wall.id, centre=actor.centre, holder=actor.id, session=actor.session,
        cameras=wall.cameras, from_at=tx.at, until_at=min(tx.at + ROUTINE_LENGTH, actor.expires_at), ended_at=None,
        ended_why=None,
    )  # fmt: skip
    if not await store.insert_right(tx, right):
        raise Problem(409, "wall.opening", "Another wall is just being opened for you", "Press again.")
    await record(
        tx, actor=actor.id, act="grant.issued", object=right.id, purpose=PURPOSE,
        details={"role": str(actor.role), "count": len(right.cameras), "kind": BLURRED},
    )  # fmt: skip
    tx.arm(EXPIRY, right.id, right.until_at)
    return right


async def end(tx: Transaction, right: RoutineRight, why: RightEndedWhy, *, actor: str) -> bool:
    """End it for good. The media node hears of it in this process at once, elsewhere by the fact."""
    if not await store.end_right(tx, right.id, why):
        return False
    tx.disarm(EXPIRY, right.id)
    await record(tx, actor=actor, act="grant.ended", object=right.id, purpose=PURPOSE, details={"why": why})
    tx.publish(RoutineEnded(right=right.id, why=why))
    return True


async def stop(tx: Transaction, actor: Actor, id: str) -> None:
    """Her own look, or for whoever oversees the centre any of it."""
    right = await store.right(tx, id)
    oversees = right is not None and right.centre == actor.centre and allowed(actor.role, Act.GRANT_OVERSEE)
    if right is None or not (right.holder == actor.id or oversees):
        raise not_found("right")
    await end(tx, right, "released" if right.holder == actor.id else "revoked", actor=actor.id)


async def expire(tx: Transaction, id: str) -> None:
    """Timer: its time is over."""
    right = await store.right(tx, id)
    if right is not None:
        await end(tx, right, "expired", actor="clock")


async def end_with_session(tx: Transaction, fact: SessionEnded) -> None:
    """Whoever signs out, or is put out, looks at nothing any more."""
    for right in await store.live(tx, session=fact.session):
        await end(tx, right, "signed-out", actor=fact.account)


async def end_with_account(tx: Transaction, fact: AccountDisabled) -> None:
    """An account that is closed looks at nothing any more."""
    right = await store.held(tx, fact.account)
    if right is not None:
        await end(tx, right, "signed-out", actor="system")


async def cut(database: Database, fact: RoutineEnded) -> None:
    """Tell the media node. In this process it has heard already; elsewhere this is how."""
    database.use(Media).revoke(fact.right, fact.why)


async def token_for(database: Database, actor: Actor, id: str) -> tuple[str, str, datetime]:
    """A one-minute token for the wall of her own right, and where to take it. Raises Problem 404, or 403 when the right is over, which is written down."""
    async with database.transaction() as tx:
        right = await store.right(tx, id)
        if right is None or right.holder != actor.id:
            raise not_found("right")
        why = right.allows(right.wall, tx.at)
        if why is None:
            until_at = min(tx.at + TOKEN_LENGTH, right.until_at)
            token = Token(right.id, right.wall, actor.id, until_at.timestamp(), tx.world.id())
            return tx.use(TokenMint).mint(token), right.wall, until_at
        await refuse_view(tx, viewer=actor.id, wall=right.wall, why=why)
    raise Problem(403, "grant.refused", "No right to these pictures", f"The reason is: {why}.", why=why)


async def refuse_view(tx: Transaction, *, viewer: str, wall: str, why: str) -> None:
    await record(
        tx, actor=viewer, act="view.refused", object=wall, purpose=PURPOSE, details={"why": why, "kind": BLURRED}
    )


async def open_view(tx: Transaction, token: Token, right: RoutineRight) -> str:
    view = tx.world.id()
    await store.insert_view(tx, view, right.id, datetime.fromtimestamp(token.until, tx.at.tzinfo))
    entries = [
        entry_of(
            tx, actor=right.holder, act="view.opened", object=camera, purpose=PURPOSE,
            details={"grant": right.id, "camera": camera, "kind": BLURRED},
        )
        for camera in right.cameras
    ]  # fmt: skip
    await record_many(tx, entries)
    return view


async def renew_view(tx: Transaction, view: str, token: Token, right: RoutineRight) -> bool:
    if not await store.renew_view(tx, view, right.id, datetime.fromtimestamp(token.until, tx.at.tzinfo)):
        return False
    await record(
        tx, actor=right.holder, act="view.renewed", object=right.wall, purpose=PURPOSE,
        details={"grant": right.id, "count": len(right.cameras), "kind": BLURRED},
    )  # fmt: skip
    return True


async def end_view(tx: Transaction, view: str, *, seconds: float, shown: Mapping[str, Shown], why: str) -> None:
    right = await store.end_view(tx, view, why)
    if right is None:
        return
    entries = []
    for camera in right.cameras:
        one = shown.get(camera, NOT_SHOWN)
        entries.append(
            entry_of(
                tx, actor=right.holder, act="view.ended", object=camera, purpose=PURPOSE,
                details={
                    "grant": right.id, "camera": camera, "kind": BLURRED, "seconds": round(seconds),
                    "bytes": one.bytes, "frames": one.pictures, "why": why,
                },
            )
        )  # fmt: skip
    await record_many(tx, entries)


async def end_views_of_dead_node(tx: Transaction, but: Collection[str] = ()) -> None:
    """A media node that died could not say how its looks ended; nobody is looking any more, `but` through those."""
    for view in await store.open_views(tx):
        if view not in but:
            await end_view(tx, view, seconds=0, shown={}, why="node-restarted")
