"""What speaks for a bell: commissioned once, proven each time, revoked when it is lost.

A page makes a key pair that no script can read out, as a phone does, and signs what it says. A device without a browser has a secret,
which is derived and stands nowhere.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from typing import Literal

from ansim.city.bells import store
from ansim.city.bells.events import BellRevoked
from ansim.city.bells.faults import SILENCE, beat
from ansim.city.bells.model import CODE_LENGTH, SILENT, Bell, Terminal, TerminalKind, Tests
from ansim.city.people.credential import Jwk, proven
from ansim.core.database import Transaction
from ansim.core.errors import Problem
from ansim.trust.access.secrets import site_secret
from ansim.trust.ledger.actions import record

Verdict = Literal["verified", "expired", "forged", "none"]
"""expired: it spoke for the bell once. None of them refuses a call."""


async def issue_code(tx: Transaction, bell: Bell, *, actor: str) -> str:
    """A code by which a page becomes this bell's, once and within a day. The one before it opens nothing any more."""
    code = tx.world.secret()
    await store.add_code(tx, _hash(code), bell.id, tx.at + CODE_LENGTH)
    await record(tx, actor=actor, act="bell.code-issued", object=bell.id, purpose="access")
    return code


async def enrol(tx: Transaction, code: str, key: Jwk) -> Terminal:
    """The page that has this code speaks for its bell from now on; the same page again, after a lost answer, is told the same.
    Raises Problem 404, 422.
    """
    key.key()
    row = await store.code(tx, _hash(code))
    if row is None:
        raise Problem(404, "bell.code", "This code opens nothing", "It was used or is too old.", field="code")
    before = await store.living(tx, row["bell"])
    if row["used_at"] is not None:
        if before is not None and (before.x, before.y) == (key.x, key.y):
            return before
        raise Problem(404, "bell.code", "This code opens nothing", "It was used or is too old.", field="code")
    await store.use_code(tx, _hash(code))
    return await _speaks(tx, row["bell"], "page", key, actor=f"bell:{row['bell']}")


async def equip(tx: Transaction, bell: Bell, *, actor: str) -> str:
    """A device without a browser speaks for it from now on; its secret, which is told once."""
    await store.hold(tx, bell.id)
    return await _secret(tx, (await _speaks(tx, bell.id, "device", None, actor=actor)).id)


async def revoke(tx: Transaction, bell: Bell, *, actor: str) -> None:
    """Lost, stolen or taken down: its word proves nothing any more. A press of it still is a signal, and is marked."""
    if not await _ends(tx, bell.id, actor):
        raise Problem(409, "bell.silent", "Nothing speaks for this bell")


async def judge(
    tx: Transaction, bell: str, *, proof: str = "", lines: tuple[str, ...] = (), secret: str = ""
) -> Verdict:
    """What the word of whoever says it is this bell is worth."""
    if not proof and not secret:
        return "none"
    for one in await store.terminals(tx, bell):
        if one.x is not None and one.y is not None:
            well = bool(proof) and proven(Jwk(kty="EC", crv="P-256", x=one.x, y=one.y).key(), proof, lines)
        else:
            well = bool(secret) and hmac.compare_digest((await _secret(tx, one.id)).encode(), secret.encode())
        if well:
            return "verified" if one.revoked_at is None else "expired"
    return "forged"


async def _speaks(tx: Transaction, bell: str, kind: TerminalKind, key: Jwk | None, *, actor: str) -> Terminal:
    await _ends(tx, bell, actor)
    one = Terminal(
        id=tx.world.id(), bell=bell, kind=kind, x=None if key is None else key.x, y=None if key is None else key.y,
        made_at=tx.at, heard_at=tx.at, revoked_at=None,
    )  # fmt: skip
    await store.add_terminal(tx, one)
    await record(tx, actor=actor, act="bell.commissioned", object=bell, purpose="access", details={"kind": kind})
    tx.arm(SILENCE, bell, tx.at + SILENT)
    await beat(tx, one, Tests())
    return one


async def _ends(tx: Transaction, bell: str, actor: str) -> bool:
    terminal = await store.revoke(tx, bell)
    if terminal is None:
        return False
    tx.disarm(SILENCE, bell)
    await record(tx, actor=actor, act="bell.revoked", object=bell, purpose="access")
    tx.publish(BellRevoked(bell=bell, terminal=terminal))
    return True


async def _secret(tx: Transaction, terminal: str) -> str:
    made = hmac.digest(await site_secret(tx, "bell"), terminal.encode(), hashlib.sha256)
    return urlsafe_b64encode(made).rstrip(b"=").decode()


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
