"""A ledger entry and the bytes of it that are hashed."""

from __future__ import annotations

import functools
import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from ansim.core.errors import Problem

DETAILS = frozenset(
    (
        *("agency", "bytes", "camera", "channel", "code", "count", "day", "dispatch", "epoch", "factor", "frames"),
        *("gap_ms", "grant", "kind", "level", "link", "result", "role", "seconds", "size", "slot", "state", "step"),
        *("trigger", "unit", "view", "why"),
    )
)
"""The only members that an entry's details may have: none can hold a person or a place."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._/@+-]{0,127}")
_ACT = re.compile(r"[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*){0,3}")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9 :.,_/+-]{0,127}")
_PURPOSE = re.compile(r"[a-z][a-z0-9 .:_-]{0,63}")
# Three decimals of a degree are 110 m; seven digits in a row are a telephone number. Identifiers have
# letters between.
_PLACE = re.compile(r"(?<![\d.])-?\d{1,3}\.\d{3,}(?![\d.])")
_TELEPHONE = re.compile(r"(?<![0-9a-f])\+?\d(?:[ .-]?\d){6,}(?![0-9a-f])")


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Somebody did something to something, for a reason. No personal data, no coordinates."""

    id: str
    at: str  # RFC 3339, UTC, microseconds
    actor: str  # id of an account, person, node or part of the system
    act: str  # dotted words, for example view.opened
    object: str  # id of what it was done to
    incident: str | None = None
    purpose: str = ""  # one of a few fixed words, never free text
    subject_tag: str | None = None  # lets her, and only her, find it: see `subject_tag`
    sealed_hash: str | None = None  # SHA-256 (hex) of the sealed body; its random nonce makes it unguessable
    details: dict[str, str | int] = {}

    def canonical(self) -> bytes:
        """JSON in the canonical form of RFC 8785: sorted members, no spaces, UTF-8. Empty members are left out."""
        return msgspec.json.encode(self, order="sorted")

    def leaf(self) -> bytes:
        return leaf_hash(self.canonical())


def leaf_hash(canonical: bytes) -> bytes:
    """RFC 6962 section 2.1."""
    return hashlib.sha256(b"\x00" + canonical).digest()


@functools.lru_cache(maxsize=16)  # all entries of a transaction are of one instant
def instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def subject_tag(secret: str, incident: str) -> str:
    """HMAC-SHA256 of the incident's id under the secret of her receipt, base64url: 43 characters.

    The ledger cannot tell whose entry it is; who holds the receipt can, also after every key is destroyed.
    """
    digest = hmac.digest(secret.encode(), incident.encode(), hashlib.sha256)
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def admit(
    *,
    id: str,
    at: datetime,
    actor: str,
    act: str,
    object: str,
    incident: str | None = None,
    purpose: str = "",
    subject_tag: str | None = None,
    sealed_hash: str | None = None,
    details: Mapping[str, str | int] | None = None,
) -> Entry:
    """An entry, or Problem 422 naming the member that must not enter a record that is never erased."""
    for field, value in (("actor", actor), ("object", object), ("incident", incident)):
        if value is not None and (not _NAME.fullmatch(value) or _is_place(value)):
            raise _refuse(field, "an identifier of letters, digits and :._/@+-, at most 128, and no coordinate")
    if not _ACT.fullmatch(act):
        raise _refuse("act", "dotted lower-case words")
    if purpose and (not _PURPOSE.fullmatch(purpose) or _is_place(purpose) or _TELEPHONE.search(purpose)):
        raise _refuse("purpose", "one of the fixed words for why; free text belongs into the sealed case")
    if subject_tag is not None and not re.fullmatch(r"[A-Za-z0-9_-]{43}", subject_tag):
        raise _refuse("subject_tag", "43 base64url characters")
    if sealed_hash is not None and not re.fullmatch(r"[0-9a-f]{64}", sealed_hash):
        raise _refuse("sealed_hash", "64 lower-case hex digits")
    kept: dict[str, str | int] = {}
    for key, detail in sorted((details or {}).items()):
        field = f"details.{key}"
        if key not in DETAILS:
            raise _refuse(field, f"one of: {', '.join(sorted(DETAILS))}")
        if isinstance(detail, bool) or not isinstance(detail, str | int):
            raise _refuse(field, "a word or a whole number")
        if isinstance(detail, int):
            if abs(detail) > 2**53 - 1:
                raise _refuse(field, "a whole number of at most 53 bits")
        elif not _WORD.fullmatch(detail) or _is_place(detail) or _TELEPHONE.search(detail):
            raise _refuse(
                field,
                "a word of at most 128 letters, digits and :.,_/+- that is no coordinate or telephone number",
            )
        kept[key] = detail
    return Entry(
        id=id,
        at=instant(at),
        actor=actor,
        act=act,
        object=object,
        incident=incident,
        purpose=purpose,
        subject_tag=subject_tag,
        sealed_hash=sealed_hash,
        details=kept,
    )


def _is_place(value: str) -> bool:
    return "." in value and _PLACE.search(value) is not None


def _refuse(field: str, rule: str) -> Problem:
    return Problem(422, "ledger.refused", "This must not stand in the ledger", f"{field} must be {rule}.", field=field)
