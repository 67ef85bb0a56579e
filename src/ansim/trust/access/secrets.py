"""Secrets a centre needs for as long as it lives, sealed under keys that live outside the database."""

from collections.abc import Callable

from ansim.core.database import Transaction
from ansim.trust.access import store
from ansim.trust.retention.keys import Keys


async def seal_new(tx: Transaction, plaintext: bytes, context: bytes) -> tuple[int, bytes]:
    """Seal under a key of its own: (slot, ciphertext). The key is durable before this returns."""
    keys = tx.use(Keys)
    [slot] = keys.new()
    await keys.flush()
    return slot, keys.seal(slot, plaintext, context)


async def site_secret(tx: Transaction, name: str, make: Callable[[], bytes] | None = None) -> bytes:
    """The secret of that name, made at its first use (`make`; 256 random bits by default).

    Two transactions may race to make it: the row decides, the loser's key is erased.
    """
    found = await _stored(tx, name)
    if found is not None:
        return found
    slot, sealed = await seal_new(tx, make() if make else tx.world.token_bytes(32), _context(name))
    if not await store.keep_secret(tx, name, slot, sealed):
        await tx.use(Keys).erase([slot])
    secret = await _stored(tx, name)
    assert secret is not None
    return secret


async def _stored(tx: Transaction, name: str) -> bytes | None:
    row = await store.secret(tx, name)
    return None if row is None else tx.use(Keys).open(row["slot"], bytes(row["sealed"]), _context(name))


def _context(name: str) -> bytes:
    return b"site-secret " + name.encode()
