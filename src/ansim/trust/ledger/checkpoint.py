"""Signed tree heads and cosignatures, in the forms of C2SP: signed-note, tlog-checkpoint, tlog-cosignature.

A note is a body of lines, an empty line, and signature lines `— <name> base64(key id (4 B) || signature)`. Ed25519
(RFC 8032). A second algorithm is a second signature line with its own type byte.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_LOG = 0x01
_COSIGNER = 0x04
_NAME = re.compile(r"[^\s+]{1,255}")
_LINE = re.compile(r"— ([^\s+]{1,255}) ([A-Za-z0-9+/]+=*)")


class BadNote(Exception):
    """Not a note, or not signed by whom it must be."""


class Head(NamedTuple):
    origin: str
    size: int
    root: bytes

    def body(self) -> str:
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


class Verifier(NamedTuple):
    """Whose signatures to look for: the log itself, or a witness (`cosigner`)."""

    name: str
    public: Ed25519PublicKey
    cosigner: bool = False

    @property
    def id(self) -> bytes:
        return _key_id(self.name, self.public, _COSIGNER if self.cosigner else _LOG)

    def text(self) -> str:
        """`<name>+<key id, hex>+base64(type || public key)`, the form in which such keys are published."""
        kind = _COSIGNER if self.cosigner else _LOG
        key = b64encode(bytes([kind]) + self.public.public_bytes_raw()).decode()
        return f"{self.name}+{self.id.hex()}+{key}"

    def signed(self, content: bytes, signature: str) -> bool:
        """Whether this key made the signature, given in base64, over these bytes."""
        try:
            self.public.verify(b64decode(signature, validate=True), content)
        except (InvalidSignature, ValueError):
            return False
        return True

    @classmethod
    def parse(cls, text: str) -> Verifier:
        try:
            name, identity, key = text.split("+", 2)
            raw = b64decode(key, validate=True)
            if len(raw) != 33 or raw[0] not in (_LOG, _COSIGNER) or not _NAME.fullmatch(name):
                raise ValueError
            found = cls(name, Ed25519PublicKey.from_public_bytes(raw[1:]), raw[0] == _COSIGNER)
            if found.id.hex() != identity:
                raise ValueError
        except ValueError:
            raise BadNote("not a verifier key") from None
        return found


def _key_id(name: str, public: Ed25519PublicKey, kind: int) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public.public_bytes_raw()).digest()[:4]


def _line(name: str, identity: bytes, signature: bytes) -> str:
    return f"— {name} {b64encode(identity + signature).decode()}\n"


def sign(head: Head, private: Ed25519PrivateKey) -> str:
    """The checkpoint: the head signed by the log, whose name is the origin."""
    if not _NAME.fullmatch(head.origin):
        raise ValueError("an origin has no spaces and no +")
    identity = _key_id(head.origin, private.public_key(), _LOG)
    return f"{head.body()}\n{_line(head.origin, identity, private.sign(head.body().encode()))}"


def _cosigned(body: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{body}".encode()


def cosign(head: Head, name: str, private: Ed25519PrivateKey, at: int) -> str:
    """A witness's signature line: it saw this head, grown from all it saw before, at this POSIX time."""
    identity = _key_id(name, private.public_key(), _COSIGNER)
    signature = private.sign(_cosigned(head.body(), at))
    return _line(name, identity, at.to_bytes(8, "big") + signature)


def open_note(note: str, *, by: Verifier) -> Head:
    """The head, if `by` signed it. Raises BadNote."""
    head, lines = read(note)
    if not by.cosigner and by.name != head.origin:
        raise BadNote("signed for another origin")
    if any(_signed(head, line, by) for line in lines):
        return head
    raise BadNote(f"no valid signature of {by.name}")


def signed_by(note: str, verifiers: Iterable[Verifier]) -> list[Verifier]:
    """Those of the verifiers who validly signed the note. Raises BadNote when it is none."""
    head, lines = read(note)
    return [verifier for verifier in verifiers if any(_signed(head, line, verifier) for line in lines)]


def cosigned_at(note: str, by: Verifier) -> int | None:
    """The POSIX time at which this witness says it saw the head; None when it did not validly sign. Raises BadNote."""
    line = line_of(note, by)
    return None if line is None else _time(line)


def line_of(note: str, by: Verifier) -> str | None:
    """The line, with its end, by which `by` validly signed the note; None when it did not. Raises BadNote."""
    head, lines = read(note)
    return next((f"{line}\n" for line in lines if _signed(head, line, by)), None)


def read(note: str) -> tuple[Head, list[str]]:
    """Head and signature lines, nothing verified. Raises BadNote."""
    body, found, signatures = note.partition("\n\n")
    lines = body.split("\n")
    try:
        if not found or len(lines) < 3 or not signatures.endswith("\n") or not lines[1].isascii():
            raise ValueError
        size, root = int(lines[1]), b64decode(lines[2], validate=True)
        # Extension lines are allowed by the form; ours has none, and what we do not understand we do not accept.
        if len(lines) != 3 or len(root) != 32 or str(size) != lines[1] or size < 0 or not lines[0]:
            raise ValueError
    except ValueError:
        raise BadNote("not a checkpoint") from None
    return Head(lines[0], size, root), signatures.splitlines()


def _time(line: str) -> int:
    """Of a witness's signature line: id (4 B), time (8 B), signature."""
    return int.from_bytes(b64decode(line.split(" ")[2])[4:12], "big")


def _signed(head: Head, line: str, by: Verifier) -> bool:
    match = _LINE.fullmatch(line)
    if match is None or match[1] != by.name:
        return False
    try:
        raw = b64decode(match[2], validate=True)
    except ValueError:
        return False
    if raw[:4] != by.id:
        return False
    signature, message = raw[4:], head.body().encode()
    if by.cosigner:
        message = _cosigned(head.body(), _time(line))
        signature = signature[8:]
    try:
        by.public.verify(signature, message)
    except InvalidSignature:
        return False
    return True
