"""What a phone says about its person to the one centre that answers, sealed inside an SOS.

Whatever is wrong in it is left out and named; it never stands in the way of the SOS, nor of the rest.
"""

import base64
import binascii
import hashlib
import hmac
import re
from datetime import time
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

LARGEST = 16_384
MOST_GUARDIANS = 10
MOST_ITERATIONS = 100_000
"""More would let a sealed message cost the centre seconds for every code tried."""

_MAIL = re.compile(r"[^\s@<>,;:\"]{1,64}@[^\s@<>,;:\"]{1,253}\.[^\s@<>,;:\".]{2,63}")
_PHONE = re.compile(r"\+?[0-9][0-9 ()-]{2,30}")

T = TypeVar("T")

Words = Annotated[str, Meta(max_length=80)]
Note = Annotated[str, Meta(max_length=1000)]
Code = Annotated[str, Meta(min_length=4, max_length=12)]
Language = Literal["ko", "en"]


class Push(msgspec.Struct, frozen=True, kw_only=True):
    """A guardian's browser or her own, as PushSubscription.toJSON() gives it (W3C Push API)."""

    endpoint: Annotated[str, Meta(max_length=2048, pattern=r"^https?://[^\s]+$")]
    keys: dict[Literal["p256dh", "auth"], Annotated[str, Meta(max_length=128, pattern=r"^[A-Za-z0-9_=-]+$")]]

    def __post_init__(self) -> None:
        if set(self.keys) != {"p256dh", "auth"}:
            raise ValueError("keys: p256dh and auth")

    @property
    def address(self) -> str:
        """As a notice carries it: the subscription as JSON."""
        return msgspec.json.encode(self).decode()


class Guardian(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody she wants told. At least one of mail, phone and push."""

    name: Words
    relation: Words = ""
    mail: Annotated[str, Meta(max_length=254)] | None = None
    phone: Annotated[str, Meta(max_length=32)] | None = None
    push: Push | None = None
    language: Language = "ko"
    quiet_from: Words = ""
    quiet_until: Words = ""
    """Korean time as hh:mm. Between the two she is told of nothing but an emergency; what is no time is no quiet."""

    def __post_init__(self) -> None:
        if self.mail is not None and not _MAIL.fullmatch(self.mail):
            raise ValueError("mail: an address")
        if self.phone is not None and not _PHONE.fullmatch(self.phone):
            raise ValueError("phone: digits")
        if not (self.mail or self.phone or self.push):
            raise ValueError("mail, phone or push")

    def is_quiet(self, at: time) -> bool:
        begin, end = _time(self.quiet_from), _time(self.quiet_until)
        if begin is None or end is None:
            return False
        return begin <= at < end if begin <= end else at >= begin or at < end


class Verifier(msgspec.Struct, frozen=True, kw_only=True):
    """A code that the phone salted and stretched: PBKDF2 with HMAC-SHA256 (RFC 8018), 32 bytes; base64url."""

    salt: Annotated[str, Meta(min_length=16, max_length=128)]
    iterations: Annotated[int, Meta(ge=1, le=MOST_ITERATIONS)]
    hash: Annotated[str, Meta(min_length=43, max_length=44)]

    def fits(self, code: str) -> bool:
        try:
            salt, expected = _bytes(self.salt), _bytes(self.hash)
        except (ValueError, binascii.Error):
            return False
        return hmac.compare_digest(hashlib.pbkdf2_hmac("sha256", code.encode(), salt, self.iterations), expected)


class Codes(msgspec.Struct, frozen=True, kw_only=True):
    """The number that cancels, and the one that says she is forced to. Each plain or as a verifier."""

    cancel: Code | Verifier
    duress: Code | Verifier | None = None

    def __repr__(self) -> str:
        return "Codes()"


class Contacts(msgspec.Struct, frozen=True, kw_only=True):
    name: Words = ""
    phone: str = ""
    note: Note = ""
    guardians: list[Guardian] = []
    codes: Codes | None = None
    push: Push | None = None
    """Her own browser, to be asked on a phone whose screen is off."""
    language: Language = "ko"
    flaws: list[str] = []
    """What was left out, by its place ("guardians[1]"); never what it said."""


def read_contacts(plaintext: bytes) -> Contacts:
    """Everything that makes sense. Raises ValueError when nothing can: too large, or not a JSON object."""
    if len(plaintext) > LARGEST:
        raise ValueError(f"larger than {LARGEST} bytes")
    try:
        raw = msgspec.json.decode(plaintext, type=dict[str, msgspec.Raw])
    except RecursionError:
        raise ValueError("nested too deep") from None
    flaws: list[str] = []

    def part(name: str, kind: type[T], absent: T, source: msgspec.Raw | None = None) -> T:
        given = raw.get(name) if source is None else source
        if given is None or bytes(given) == b"null":
            return absent
        try:
            return msgspec.json.decode(given, type=kind)
        except (ValueError, RecursionError):
            flaws.append(name)
            return absent

    listed = part("guardians", list[msgspec.Raw], [])
    guardians: list[Guardian | None] = [
        part(f"guardians[{at}]", Guardian | None, None, source)  # type: ignore[arg-type]
        for at, source in enumerate(listed[:MOST_GUARDIANS])
    ]
    if len(listed) > MOST_GUARDIANS:
        flaws.append(f"guardians[{MOST_GUARDIANS}..]")
    phone = part("phone", str, "")
    if phone and not _PHONE.fullmatch(phone):
        flaws.append("phone")
        phone = ""
    return Contacts(
        name=part("name", Words, ""),
        phone=phone,
        note=part("note", Note, ""),
        guardians=[guardian for guardian in guardians if guardian is not None],
        codes=part("codes", Codes | None, None),  # type: ignore[arg-type]
        push=part("push", Push | None, None),  # type: ignore[arg-type]
        language=part("language", Language, "ko"),  # type: ignore[arg-type]
        flaws=flaws,
    )


def check_code(contacts: Contacts | None, code: str) -> Literal["cancel", "duress", "wrong"]:
    """What a code means. Both are always tried, so that the time taken does not tell them apart.

    Where both are the same number it is duress: the centre then looks, and nobody is lost by that.
    """
    codes = None if contacts is None else contacts.codes
    if codes is None:
        return "wrong"
    given = code.strip()[:64]
    cancel, duress = _fits(codes.cancel, given), _fits(codes.duress or codes.cancel, given)
    if duress and codes.duress is not None:
        return "duress"
    return "cancel" if cancel else "wrong"


def _fits(code: str | Verifier, given: str) -> bool:
    if isinstance(code, Verifier):
        return code.fits(given)
    return hmac.compare_digest(code.encode(), given.encode())


def _time(text: str) -> time | None:
    try:
        return time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
