"""The only way to a picture. The media node asks here; the answer is in the ledger before the first frame leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ansim.core.database import Database, Transaction
from ansim.trust.grants import actions, store
from ansim.trust.grants.model import Grant, Token, TokenMint


@dataclass(frozen=True)
class OpenedView:
    """A right that is being used. `watermark` is burnt into what officers see."""

    id: str
    grant: str
    camera: str
    viewer: str
    until: datetime
    watermark: str


class CentreGate:
    """Answers the media node from the centre's own record."""

    def __init__(self, database: Database, refused: type[Exception]) -> None:
        self._database = database
        self._refused = refused

    async def open(self, token: str, camera: str) -> OpenedView:
        why = "token"
        async with self._database.transaction() as tx:
            claim = tx.use(TokenMint).read(token, tx.at)
            grant = None if claim is None else await store.grant(tx, claim.grant)
            reason = _reason(tx, claim, grant, camera)
            if reason is None:
                assert claim is not None and grant is not None
                view = await actions.open_view(tx, claim, grant)
                until = datetime.fromtimestamp(claim.until, tx.at.tzinfo)
                return OpenedView(view, grant.id, camera, claim.viewer, until, grant.label)
            why = reason
            viewer = claim.viewer if claim is not None else "unknown"
            # What an unknown caller names as a camera is not ours to write down.
            named = camera if claim is not None and claim.camera == camera else "unknown"
            await actions.refuse_view(tx, viewer=viewer, camera=named, why=why, grant=grant)
        raise self._refused(why)

    async def renew(self, view: str, token: str) -> datetime:
        async with self._database.transaction() as tx:
            claim = tx.use(TokenMint).read(token, tx.at)
            grant = None if claim is None else await store.grant(tx, claim.grant)
            if (
                claim is not None
                and grant is not None
                and _reason(tx, claim, grant, claim.camera) is None
                and await actions.renew_view(tx, view, claim, grant)
            ):
                return datetime.fromtimestamp(claim.until, tx.at.tzinfo)
        raise self._refused("expired")

    async def ended(self, view: str, *, seconds: float, bytes: int, frames: int, why: str) -> None:
        async with self._database.transaction() as tx:
            await actions.end_view(tx, view, seconds=seconds, bytes=bytes, frames=frames, why=why)


def _reason(tx: Transaction, claim: Token | None, grant: Grant | None, camera: str) -> str | None:
    if claim is None:
        return "token"
    if claim.camera != camera:
        return "other-camera"
    if grant is None:
        return "no-grant"
    return grant.allows(camera, tx.at)
