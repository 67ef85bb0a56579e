"""What one organisation says to another, so that everybody can tell who said it: Ed25519 (RFC 8032) over purpose and body."""

from __future__ import annotations

import base64
import binascii
import functools
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ansim.core.errors import Problem
from ansim.core.world import World

PublicKey = Ed25519PublicKey
PrivateKey = Ed25519PrivateKey


class NotTheirs(Exception):
    """Not signed by anybody we know, or for another purpose."""


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    by: str
    body: bytes
    signature: bytes


def sign(private: PrivateKey, by: str, purpose: str, body: bytes) -> bytes:
    return msgspec.json.encode(Signed(by=by, body=body, signature=private.sign(_signed(by, purpose, body))))


def opened(message: bytes, purpose: str, keys: Mapping[str, PublicKey]) -> tuple[str, bytes]:
    """Who said it, and what. Raises NotTheirs."""
    try:
        said = msgspec.json.decode(message, type=Signed)
        keys[said.by].verify(said.signature, _signed(said.by, purpose, said.body))
    except (msgspec.MsgspecError, KeyError, InvalidSignature):
        raise NotTheirs from None
    return said.by, said.body


def public_text(key: PublicKey) -> str:
    return base64.b64encode(key.public_bytes_raw()).decode()


@functools.lru_cache(maxsize=1024)
def public_from_text(text: str) -> PublicKey:
    """Raises ValueError."""
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    except binascii.Error:
        raise ValueError("not a public key in base64") from None


def public_from_bytes(raw: bytes) -> PublicKey:
    return Ed25519PublicKey.from_public_bytes(raw)


def private_from_bytes(raw: bytes) -> PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(raw)


def read_private(file: Path) -> PrivateKey:
    """The key of this organisation. Raises Problem for a file that others could read, and for one that is no key."""
    try:
        open_to, text = file.stat().st_mode & 0o077, file.read_text(encoding="ascii").strip()
        key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(text, validate=True))
    except (OSError, UnicodeDecodeError, ValueError):
        raise Problem(400, "settings.key", f"There is no key in {file}") from None
    if open_to:
        raise Problem(400, "settings.key", f"Others can read the key in {file}", "chmod 600 makes it ours alone.")
    return key


def own_key(world: World, file: Path) -> PrivateKey:
    """Of this organisation: made when it is not there; its public half lies beside it, for others to know it by. Raises as `read_private`."""
    with suppress(FileExistsError):
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        made = private_from_bytes(world.token_bytes(32))
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            out.write(private_text(made) + "\n")
        file.with_name(file.name + ".pub").write_text(public_text(made.public_key()) + "\n", encoding="ascii")
    return read_private(file)


def private_text(key: PrivateKey) -> str:
    return base64.b64encode(key.private_bytes_raw()).decode()


def _signed(by: str, purpose: str, body: bytes) -> bytes:
    return b"ansim " + purpose.encode() + b"\n" + by.encode() + b"\n" + body
