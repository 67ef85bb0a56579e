"""Sealing to a public key so that only its owner can read: HPKE (RFC 9180), base mode.

Suite: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. P-256 because every browser's WebCrypto has it. Written
out here because the library's own form takes no associated data.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ansim.core.errors import Problem

PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey
PublicKey: TypeAlias = ec.EllipticCurvePublicKey

AES_128_GCM = 0x0001
AES_256_GCM = 0x0002
_KEM = 0x0010
_KDF = 0x0001
_KEY_BYTES = {AES_128_GCM: 16, AES_256_GCM: 32}
_POINT = 65  # an uncompressed P-256 point


class NotForUs(Exception):
    """The sealed bytes do not open: changed, sealed to another key, or for another purpose."""


def generate() -> PrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def seal(
    public: PublicKey,
    plaintext: bytes,
    info: bytes,
    aad: bytes,
    *,
    aead: int = AES_256_GCM,
    ephemeral: PrivateKey | None = None,
) -> bytes:
    """65 bytes of ephemeral public key, then ciphertext and tag: 81 bytes more than the plaintext.

    `info` says what the message is for, `aad` what it belongs to; both are needed to open it. `ephemeral` is for
    published test vectors only: using one twice breaks the seal.
    """
    ephemeral = ephemeral or generate()
    enc = _point(ephemeral.public_key())
    shared = _shared(ephemeral.exchange(ec.ECDH(), public), enc + _point(public))
    key, nonce = _schedule(shared, info, aead)
    return enc + AESGCM(key).encrypt(nonce, plaintext, aad)


def open(private: PrivateKey, sealed: bytes, info: bytes, aad: bytes, *, aead: int = AES_256_GCM) -> bytes:
    """Raises NotForUs."""
    enc = sealed[:_POINT]
    try:
        sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), enc)
        shared = _shared(private.exchange(ec.ECDH(), sender), enc + _point(private.public_key()))
        key, nonce = _schedule(shared, info, aead)
        return AESGCM(key).decrypt(nonce, sealed[_POINT:], aad)
    except (InvalidTag, ValueError):
        raise NotForUs from None


def private_bytes(private: PrivateKey) -> bytes:
    """The 32-byte scalar, for keeping (itself sealed)."""
    return private.private_numbers().private_value.to_bytes(32, "big")


def private_from_bytes(scalar: bytes) -> PrivateKey:
    return ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1())


def public_jwk(public: PublicKey) -> dict[str, str]:
    """The public key as browsers take it (RFC 7517, RFC 7518 section 6.2)."""
    point = _point(public)
    return {"kty": "EC", "crv": "P-256", "x": _text(point[1:33]), "y": _text(point[33:])}


def public_from_jwk(jwk: Mapping[str, Any], *, field: str = "public_key") -> PublicKey:
    """Raises Problem 422 when it is not a point of P-256."""
    try:
        if jwk["kty"] != "EC" or jwk["crv"] != "P-256":
            raise ValueError
        x, y = _bytes(jwk["x"]), _bytes(jwk["y"])
        if len(x) != 32 or len(y) != 32:
            raise ValueError
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + x + y)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Problem(
            422,
            "key.form",
            "Not a public key",
            "Send a JWK with kty EC, crv P-256 and a point of that curve.",
            field=field,
        ) from None


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _bytes(value: str) -> bytes:
    return base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)


def _point(public: PublicKey) -> bytes:
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


# RFC 9180 sections 4 and 5.1, in its own words: LabeledExtract, LabeledExpand, ExtractAndExpand, KeySchedule.


def _extract(suite: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, hashlib.sha256)


def _expand(suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    # One block of HMAC-SHA256 is enough for every length used here (at most 32).
    labeled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(prk, labeled + b"\x01", hashlib.sha256)[:length]


def _shared(secret: bytes, kem_context: bytes) -> bytes:
    suite = b"KEM" + _KEM.to_bytes(2, "big")
    return _expand(suite, _extract(suite, b"", b"eae_prk", secret), b"shared_secret", kem_context, 32)


def _schedule(shared: bytes, info: bytes, aead: int) -> tuple[bytes, bytes]:
    suite = b"HPKE" + b"".join(part.to_bytes(2, "big") for part in (_KEM, _KDF, aead))
    context = b"\x00" + _extract(suite, b"", b"psk_id_hash", b"") + _extract(suite, b"", b"info_hash", info)
    secret = _extract(suite, shared, b"secret", b"")
    return _expand(suite, secret, b"key", context, _KEY_BYTES[aead]), _expand(suite, secret, b"base_nonce", context, 12)
