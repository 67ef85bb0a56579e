"""What a phone seals to a centre: HPKE (RFC 9180) base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256,
AES-256-GCM.

Written apart from the centre's own code, so that a message which opens there proves that two readings of the
RFC agree.
"""

from __future__ import annotations

import base64
import hmac

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_KEM_SUITE = b"KEM\x00\x10"
_SUITE = b"HPKE\x00\x10\x00\x01\x00\x02"


def seal(centre: dict[str, str], plaintext: bytes, info: bytes, aad: bytes) -> bytes:
    """Encapsulated key (65 bytes) and ciphertext. `centre` is the centre's public JWK (RFC 7517)."""
    point = b"\x04" + from_base64url(centre["x"]) + from_base64url(centre["y"])
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    own = ec.generate_private_key(ec.SECP256R1())
    encapsulated = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    agreed = own.exchange(ec.ECDH(), public)
    prk = _extract(_KEM_SUITE, b"", b"eae_prk", agreed)
    shared = _expand(_KEM_SUITE, prk, b"shared_secret", encapsulated + point, 32)
    psk_id = _extract(_SUITE, b"", b"psk_id_hash", b"")
    context = b"\x00" + psk_id + _extract(_SUITE, b"", b"info_hash", info)
    secret = _extract(_SUITE, shared, b"secret", b"")
    key = _expand(_SUITE, secret, b"key", context, 32)
    nonce = _expand(_SUITE, secret, b"base_nonce", context, 12)
    return encapsulated + AESGCM(key).encrypt(nonce, plaintext, aad)


def base64url(octets: bytes) -> str:
    """Without padding (RFC 4648 section 5)."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _extract(suite: bytes, salt: bytes, label: bytes, material: bytes) -> bytes:
    """LabeledExtract, RFC 9180 section 4; without salt HKDF takes zeros (RFC 5869)."""
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + material, "sha256")


def _expand(suite: bytes, key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """LabeledExpand, RFC 9180 section 4, for at most 32 bytes: one block of HKDF."""
    labelled = length.to_bytes(2) + b"HPKE-v1" + suite + label + info
    return hmac.digest(key, labelled + b"\x01", "sha256")[:length]
