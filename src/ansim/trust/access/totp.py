"""Time-based one-time passwords: RFC 6238 over RFC 4226, SHA-1, 6 digits, 30 s, as authenticator apps do."""

import base64
import hmac
from datetime import datetime
from urllib.parse import quote

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

STEP_S = 30
DRIFT_STEPS = 1
"""A code is good one step early and one late: phones' clocks drift, people type slowly."""
SECRET_BYTES = 20


def code_at(secret: bytes, step: int, digits: int = 6) -> str:
    """The code of one 30 s step since 1970."""
    return HOTP(secret, digits, SHA1(), enforce_key_length=False).generate(step).decode()


def step_of(at: datetime) -> int:
    return int(at.timestamp()) // STEP_S


def matching_step(secret: bytes, code: str, at: datetime, after: int) -> int | None:
    """The step this code belongs to, or None.

    Only steps later than `after` count: a code that was used, and every earlier one, is refused
    (RFC 6238 section 5.2). Every candidate is compared, so the time taken tells nothing.
    """
    if len(code) != 6 or not code.isascii() or not code.isdigit():
        return None
    now = step_of(at)
    found = None
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        if hmac.compare_digest(code_at(secret, step), code) and step > after:
            found = step
    return found


def uri(secret: bytes, account: str, issuer: str = "ansim") -> str:
    """The otpauth address that an authenticator app reads from a QR code."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return f"otpauth://totp/{quote(issuer)}:{quote(account)}?secret={text}&issuer={quote(issuer)}"
