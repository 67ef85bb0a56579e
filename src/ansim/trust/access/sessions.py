"""Sessions: a random secret in a cookie or header, its hash in the database, and the actor it stands for."""

import base64
import hashlib
import hmac
from datetime import timedelta

from ansim.core.database import Transaction
from ansim.trust.access import store
from ansim.trust.access.model import SEEN_STEP_S, SESSION_IDLE_S, Actor, Role

ALIVE_EVERY_S = 60.0
"""How often the session behind an open socket is looked at: one that expired states no fact."""


def hashed(secret: str) -> bytes:
    """What is stored of a secret: its 256 random bits make a plain SHA-256 safe from guessing."""
    return hashlib.sha256(secret.encode()).digest()


def csrf(token: str) -> str:
    """The header that proves a request is our page's: it needs the cookie's secret, which no page reads."""
    return base64.urlsafe_b64encode(hmac.digest(token.encode(), b"csrf", hashlib.sha256)).rstrip(b"=").decode()


def csrf_fits(token: str, given: str) -> bool:
    return hmac.compare_digest(csrf(token).encode(), given.encode())


async def alive(tx: Transaction, actor: Actor) -> bool:
    """Whether the session behind an open socket still lives. Asking counts as use, as long as the socket is open."""
    return await store.see_session(tx, actor.session)


async def resolve(tx: Transaction, token: str) -> Actor | None:
    """Who holds this session or bearer token now; None when nobody does. Asking counts as use."""
    row = await store.session(tx, hashed(token), timedelta(seconds=SESSION_IDLE_S))
    if row is None:
        return None
    if row["kind"] == "cookie" and tx.at - row["seen_at"] >= timedelta(seconds=SEEN_STEP_S):
        await store.see_session(tx, row["session"])
    return Actor(
        id=row["id"],
        name=row["name"],
        role=Role(row["role"]),
        centre=row["centre"],
        session=row["session"],
        expires_at=row["expires_at"],
        agency=row["agency"],
    )
