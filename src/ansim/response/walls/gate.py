"""The only way to a wall's pictures. The media node asks here; the answer is in the ledger before the first one leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ansim.core.database import Database, Transaction
from ansim.response.walls import actions, store
from ansim.response.walls.model import RoutineRight, Shown
from ansim.trust.grants.model import Token, TokenMint


@dataclass(frozen=True)
class OpenedLook:
    """A routine right that is being used."""

    id: str
    right: str
    cameras: tuple[str, ...]
    until: datetime


class WallGate:
    """Answers the media node from the centre's own record. A token for a stream opens no wall, one for a wall no stream: each is looked for among its own rights."""

    def __init__(self, database: Database, refused: type[Exception]) -> None:
        self._database = database
        self._refused = refused

    async def open(self, token: str, wall: str) -> OpenedLook:
        async with self._database.transaction() as tx:
            claim, right, why = await _judged(tx, token, wall)
            if why is None:
                assert claim is not None and right is not None
                view = await actions.open_view(tx, claim, right)
                until = datetime.fromtimestamp(claim.until, tx.at.tzinfo)
                return OpenedLook(view, right.id, tuple(right.cameras), until)
            # What an unknown caller names as a wall is not ours to write down.
            viewer, named = (claim.viewer, claim.camera) if claim is not None else ("unknown", "unknown")
            await actions.refuse_view(tx, viewer=viewer, wall=named, why=why)
        raise self._refused(why)

    async def renew(self, view: str, token: str) -> datetime:
        async with self._database.transaction() as tx:
            claim, right, why = await _judged(tx, token, None)
            if why is None:
                assert claim is not None and right is not None
                if await actions.renew_view(tx, view, claim, right):
                    return datetime.fromtimestamp(claim.until, tx.at.tzinfo)
        raise self._refused("expired")

    async def ended(self, view: str, *, seconds: float, shown: Mapping[str, Shown], why: str) -> None:
        async with self._database.transaction() as tx:
            await actions.end_view(tx, view, seconds=seconds, shown=shown, why=why)


async def _judged(
    tx: Transaction, token: str, wall: str | None
) -> tuple[Token | None, RoutineRight | None, str | None]:
    claim = tx.use(TokenMint).read(token, tx.at)
    if claim is None:
        return None, None, "token"
    right = await store.right(tx, claim.grant)
    if right is None:
        return claim, None, "no-grant"
    asked = claim.camera if wall is None else wall
    return claim, right, "other-wall" if asked != claim.camera else right.allows(asked, tx.at)
