"""Mailboxes: one phone leaves sealed words for another, and the centre in between learns nothing of either.

A guardian's browser gives its push address to the phone of whoever invited it. Who is whose guardian stands on that
phone alone: a mailbox has no owner, only a secret; what lies in it is sealed to a key that the centre never had.
"""

import hashlib
from datetime import datetime, timedelta

import msgspec

from ansim.city.people import store
from ansim.core.database import Row, Transaction
from ansim.core.errors import Problem, not_found
from ansim.trust.ledger.actions import record

KEPT = timedelta(days=3)
"""Long enough for a guardian who looks at her messages in the evening, and for the phone to come back for the answer."""
MOST_OPEN = 20_000
LARGEST = 4096
"""Bytes: a push address of 2 KiB with its keys, sealed."""
EXPIRY = "mailbox.expiry"


class NewMailbox(msgspec.Struct, frozen=True, kw_only=True):
    """`secret` reads and closes it; `mailbox` alone only lets one thing in."""

    mailbox: str
    secret: str
    expires_at: datetime


async def open_mailbox(tx: Transaction) -> NewMailbox:
    """Raises Problem 429 while too many are open."""
    if await store.mailboxes(tx) >= MOST_OPEN:
        raise Problem(429, "mailbox.many", "Too many mailboxes", "Try again later.", retry_after_s=3600)
    opened = NewMailbox(mailbox=tx.world.token_bytes(16).hex(), secret=tx.world.secret(), expires_at=tx.at + KEPT)
    await store.add_mailbox(tx, opened.mailbox, _hash(opened.secret), opened.expires_at)
    tx.arm(EXPIRY, opened.mailbox, opened.expires_at)
    await record(tx, actor="person", act="mailbox.opened", object=opened.mailbox, purpose="invitation")
    return opened


async def fill(tx: Transaction, mailbox: str, sealed: bytes) -> None:
    """Leave this in it; the same again changes nothing. Raises Problem 404, and 409 when something else lies there."""
    if await store.fill_mailbox(tx, mailbox, sealed):
        await record(tx, actor="unknown", act="mailbox.filled", object=mailbox, purpose="invitation")
        return
    row = await store.mailbox(tx, mailbox)
    if row is None:
        raise not_found("mailbox")
    if bytes(row["sealed"]) != sealed:
        raise Problem(409, "mailbox.filled", "This invitation has been used", "Ask for a new one.")


async def read(tx: Transaction, mailbox: str, secret: str) -> Row:
    """`sealed` (None while empty) and `expires_at`. It stays until it is closed: an answer can be lost on its way."""
    row = await store.mailbox(tx, mailbox)
    if row is None or row["secret_hash"] != _hash(secret):
        raise not_found("mailbox")
    return row


async def close(tx: Transaction, mailbox: str, secret: str) -> None:
    """Destroy it with what lies in it."""
    await read(tx, mailbox, secret)
    await _destroy(tx, mailbox, actor="person", act="mailbox.closed")
    tx.disarm(EXPIRY, mailbox)


async def expire(tx: Transaction, mailbox: str) -> None:
    await _destroy(tx, mailbox, actor="clock", act="mailbox.expired")


async def _destroy(tx: Transaction, mailbox: str, *, actor: str, act: str) -> None:
    if await store.remove_mailbox(tx, mailbox):
        await record(tx, actor=actor, act=act, object=mailbox, purpose="invitation")


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
