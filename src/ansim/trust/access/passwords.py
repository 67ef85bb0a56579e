"""Passwords: argon2id (RFC 9106), computed off the event loop.

Parameters: 64 MiB and 3 passes as in RFC 9106 section 4's second choice, but one lane instead of four: an
attacker gains nothing by it, and a sign-in keeps to one core.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)

# One at a time: each takes 64 MiB and a core, and sign-ins must not starve an SOS of either.
_LANE = ThreadPoolExecutor(max_workers=1, thread_name_prefix="argon2")


async def hash_password(password: str) -> str:
    """The encoded argon2id hash, with its own random salt."""
    return await asyncio.get_running_loop().run_in_executor(_LANE, _HASHER.hash, password)


async def verify(encoded: str | None, password: str) -> bool:
    """Whether the password fits. `None` (no such account) costs the same time and never fits."""
    return await asyncio.get_running_loop().run_in_executor(_LANE, _verify, encoded, password)


def outdated(encoded: str) -> bool:
    """Whether the hash was made with weaker parameters than today's and should be made again."""
    return _HASHER.check_needs_rehash(encoded)


def _verify(encoded: str | None, password: str) -> bool:
    try:
        _HASHER.verify(encoded or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return bool(encoded)


@cache
def _nobody() -> str:
    return _HASHER.hash("nobody has this password")
