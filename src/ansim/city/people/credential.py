"""A phone's credential: who enrolled it, as whom, until when; and its proof that a signal is its own.

The credential is a compact JWS (RFC 7515) signed with Ed25519 (RFC 8037) by the home centre. Any centre
checks it without asking home. The phone holds a P-256 key; its proof is ES256 in the raw form r || s that
WebCrypto gives.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from msgspec import Meta

from ansim.core.errors import Problem
from ansim.trust.sealing import public_from_jwk

LARGEST = 4096
CLOCK_SKEW_S = 300
"""Centres' clocks differ; a credential of the next minute is not a forgery."""

_HEADER = {"alg": "EdDSA", "typ": "ansim-person+jwt"}

Rank = Literal["verified", "expired", "unknown", "forged", "none"]


class Jwk(msgspec.Struct, frozen=True, kw_only=True):
    """A public key of P-256 (RFC 7518 section 6.2)."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: Annotated[str, Meta(max_length=64)]
    y: Annotated[str, Meta(max_length=64)]

    def key(self) -> ec.EllipticCurvePublicKey:
        """Raises Problem 422 when it is not a point of the curve."""
        return public_from_jwk(msgspec.structs.asdict(self))


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """The claims. `sub` is the pseudonym, `iss` the home centre; `iat` and `exp` are seconds since 1970."""

    sub: Annotated[str, Meta(min_length=1, max_length=64)]
    jwk: Jwk
    iss: Annotated[str, Meta(min_length=1, max_length=128)]
    iat: int
    exp: int


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a credential and its proof are worth. It orders and marks an SOS; it never refuses one.

    verified: home's signature and the phone's fit. expired: both fit, but it is over. unknown: a home we
    do not know, or no proof came with it. forged: a signature does not fit, or the text is not a credential.
    none: nothing was sent. `person` is known only when both signatures fit.
    """

    rank: Rank
    person: str | None = None
    home: str | None = None


def issue(signing: Ed25519PrivateKey, credential: Credential) -> str:
    signed = _text(msgspec.json.encode(_HEADER)) + "." + _text(msgspec.json.encode(credential))
    return signed + "." + _text(signing.sign(signed.encode()))


def verify(
    credential: str | None,
    proof: str | None,
    *,
    signal: str,
    at: datetime,
    issuers: Mapping[str, Sequence[bytes]],
    now: datetime,
) -> Verdict:
    """Judge the credential of a signal with this client id and time. Pure, offline, raises nothing.

    `issuers`: the Ed25519 public keys (32 bytes each) of every home we know.
    """
    return judge(credential, proof, signal_lines(signal, at), issuers=issuers, now=now)


def judge(
    credential: str | None,
    proof: str | None,
    lines: Sequence[str],
    *,
    issuers: Mapping[str, Sequence[bytes]],
    now: datetime,
) -> Verdict:
    """As `verify`, for whatever lines the phone signed."""
    if not credential:
        return Verdict(rank="none")
    try:
        claims, signed, signature = _parse(credential)
        phone = claims.jwk.key()
    except (ValueError, RecursionError, Problem):
        return Verdict(rank="forged")
    keys = issuers.get(claims.iss)
    if not keys:
        return Verdict(rank="unknown", home=claims.iss)
    if not any(_signed_by(key, signed, signature) for key in keys) or claims.iat > now.timestamp() + CLOCK_SKEW_S:
        return Verdict(rank="forged", home=claims.iss)
    if not proof:
        return Verdict(rank="unknown", home=claims.iss)
    if not proven(phone, proof, lines):
        return Verdict(rank="forged", home=claims.iss)
    rank: Rank = "verified" if now.timestamp() < claims.exp else "expired"
    return Verdict(rank=rank, person=claims.sub, home=claims.iss)


def signal_lines(signal: str, at: datetime) -> tuple[str, str, str]:
    """What a phone signs for a signal: the time as browsers print it, milliseconds and Z."""
    try:
        moment = at.astimezone(UTC)
    except OverflowError:
        # Before the first year, or after the last: no phone of ours has signed that.
        moment = at
    return "ansim signal", signal, f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def trip_lines(trip: str, at: datetime) -> tuple[str, str, str]:
    """As for a signal, for a trip: neither proof can be sent as the other."""
    return "ansim trip", *signal_lines(trip, at)[1:]


def escort_lines(escort: str, at: datetime) -> tuple[str, str, str]:
    """As for a signal, for an escort."""
    return "ansim escort", *signal_lines(escort, at)[1:]


def withdraw_lines(credential: str) -> tuple[str, str]:
    return "ansim withdraw", credential


def device_lines(credential: str, number: str | None) -> tuple[str, ...]:
    return ("ansim device", credential) if number is None else ("ansim device", credential, number)


def _parse(credential: str) -> tuple[Credential, bytes, bytes]:
    """Raises ValueError."""
    if len(credential) > LARGEST or not credential.isascii():
        raise ValueError("not a credential")
    header, body, signature = credential.split(".")
    # The algorithm is ours to choose, never the sender's (RFC 8725 section 3.1).
    if msgspec.json.decode(_bytes(header)) != _HEADER:
        raise ValueError("not a credential of ours")
    claims = msgspec.json.decode(_bytes(body), type=Credential)
    return claims, f"{header}.{body}".encode(), _bytes(signature)


def _signed_by(key: bytes, signed: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def proven(phone: ec.EllipticCurvePublicKey, proof: str, lines: Sequence[str]) -> bool:
    """Whether the holder of this key signed these lines: ES256, r || s, base64url."""
    try:
        raw = _bytes(proof)
        if len(raw) != 64:
            return False
        r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
        phone.verify(encode_dss_signature(r, s), "\n".join(lines).encode(), ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError, binascii.Error):
        return False
    return True


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
