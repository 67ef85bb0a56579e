"""The only way to a picture. The media node asks here; the answer is in the ledger before the first frame leaves."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from ansim.city.country.member import Country
from ansim.core.database import Database, Transaction
from ansim.trust.grants import actions, store
from ansim.trust.grants.model import TOKEN_LENGTH, Grant, Token, TokenMint
from ansim.trust.signed import NotTheirs, PrivateKey, opened, sign

ABROAD = "centre."
"""Begins a token that another centre signed."""
CLOCKS = timedelta(seconds=5)
"""So far another centre's clock may be ahead."""


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
            claim = _read(tx, token)
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
            claim = _read(tx, token)
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


def abroad(centre: str) -> str:
    """How a centre is called that holds a right here."""
    return f"centre:{centre}"


def written_abroad(signing: PrivateKey, centre: str, token: Token) -> str:
    """A token of a centre that holds a right elsewhere: it alone knows which of its operators looks."""
    said = sign(signing, centre, "view", msgspec.json.encode(token))
    return ABROAD + base64.urlsafe_b64encode(said).rstrip(b"=").decode()


def _read(tx: Transaction, text: str) -> Token | None:
    if not text.startswith(ABROAD):
        return tx.use(TokenMint).read(text, tx.at)
    body = text.removeprefix(ABROAD).encode("utf-8", "replace")
    try:
        said = base64.urlsafe_b64decode(body + b"=" * (-len(body) % 4))
        centre, inside = opened(said, "view", tx.use(Country).keys())
        token = msgspec.json.decode(inside, type=Token)
    except (NotTheirs, ValueError, msgspec.MsgspecError):
        return None
    now = tx.at.timestamp()
    alive = now < token.until <= now + (TOKEN_LENGTH + CLOCKS).total_seconds()
    return token if alive and _centre_of(token.viewer) == abroad(centre) else None


def _centre_of(viewer: str) -> str:
    """The centre whose operator it is; empty for everybody of this one."""
    return viewer.partition("/")[0] if viewer.startswith("centre:") else ""


def _reason(tx: Transaction, claim: Token | None, grant: Grant | None, camera: str) -> str | None:
    if claim is None:
        return "token"
    if claim.camera != camera:
        return "other-camera"
    if grant is None or (grant.holder if grant.holder_kind == "centre" else "") != _centre_of(claim.viewer):
        return "no-grant"
    return grant.allows(camera, tx.at)
