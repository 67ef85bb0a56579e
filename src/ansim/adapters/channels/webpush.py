"""What a push service asks of a sender: words that only the browser reads (RFC 8291), and who sends them (RFC 8292)."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

LARGEST = 3993
"""Bytes of plaintext that every push service takes (RFC 8291 section 4)."""

_RECORD = 4096
_POINT = 65
_TOKEN_LIFE = timedelta(hours=12)
"""RFC 8292 section 2 allows 24 h; half of it leaves room for a service whose clock is off."""


def encrypt(
    plaintext: bytes, browser: bytes, auth: bytes, *, salt: bytes, ephemeral: ec.EllipticCurvePrivateKey | None = None
) -> bytes:
    """The body of a push: one record of aes128gcm (RFC 8188) that only this browser opens.

    `browser` is its P-256 point (65 bytes), `auth` its 16 secret bytes, `salt` 16 fresh ones. `ephemeral` is for
    published vectors only: using one twice breaks the seal. Raises ValueError for what is no point, or too long.
    """
    if len(plaintext) > LARGEST:
        raise ValueError("longer than a push may be")
    if len(auth) != 16:
        raise ValueError("auth: 16 bytes")
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), browser)
    ephemeral = ephemeral or ec.generate_private_key(ec.SECP256R1())
    own = point(ephemeral)
    shared = ephemeral.exchange(ec.ECDH(), public)
    keyed = _derive(shared, auth, b"WebPush: info\0" + browser + own, 32)
    key = _derive(keyed, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(keyed, salt, b"Content-Encoding: nonce\0", 12)
    # 0x02 ends the last record.
    sealed = AESGCM(key).encrypt(nonce, plaintext + b"\x02", None)
    return salt + _RECORD.to_bytes(4, "big") + bytes([_POINT]) + own + sealed


def authorization(key: ec.EllipticCurvePrivateKey, audience: str, contact: str, now: datetime) -> str:
    """The header that names the sender (VAPID): `audience` is the push service's origin, `contact` a mailto: or
    https: address at which its operator finds us."""
    claims = {"aud": audience, "exp": int((now + _TOKEN_LIFE).timestamp()), "sub": contact}
    signed = ".".join(_base64(msgspec.json.encode(part)) for part in ({"typ": "JWT", "alg": "ES256"}, claims))
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(SHA256())))
    signature = _base64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={signed}.{signature}, k={_base64(point(key))}"


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public half, uncompressed: what a page gives to `pushManager.subscribe` as applicationServerKey."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
