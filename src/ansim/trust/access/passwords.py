"""Passwords: argon2id (RFC 9106), computed off the event loop.

Parameters: argon2-cffi's defaults, RFC 9106 section 4's second choice (64 MiB, 3 passes, 4 lanes).
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()

# Two at a time: each takes 64 MiB and a core, and sign-ins must not starve an SOS of either.
_LANE = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")


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
