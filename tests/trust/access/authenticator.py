"""An authenticator in software: what a security key does, by the W3C text, so that tests need no browser."""

import base64
import hashlib
import json
import struct
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

USER_PRESENT, USER_VERIFIED, ATTESTED = 1, 4, 64


class SecurityKey:
    """One resident P-256 key. `lie` changes what it says before it signs."""

    def __init__(self) -> None:
        self.id = b"key-0123456789abcdef"
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._uses = 0

    def create(self, options: dict[str, Any], origin: str) -> dict[str, object]:
        point = self._key.public_key().public_numbers()
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cose
        spoken = self._spoken(options["rp"]["id"], USER_PRESENT | USER_VERIFIED | ATTESTED) + attested
        client = self._client("webauthn.create", options["challenge"], origin)
        return self._answer(
            clientDataJSON=client,
            attestationObject=cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": spoken}),
        )

    def get(self, options: dict[str, Any], origin: str, *, verified: bool = True) -> dict[str, object]:
        self._uses += 1
        spoken = self._spoken(options["rpId"], USER_PRESENT | (USER_VERIFIED if verified else 0))
        client = self._client("webauthn.get", options["challenge"], origin)
        signature = self._key.sign(spoken + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer(clientDataJSON=client, authenticatorData=spoken, signature=signature)

    def _spoken(self, site: str, flags: int) -> bytes:
        return hashlib.sha256(site.encode()).digest() + struct.pack(">BI", flags, self._uses)

    def _client(self, kind: str, challenge: str, origin: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}).encode()

    def _answer(self, **part: bytes) -> dict[str, object]:
        return {
            "id": _text(self.id),
            "rawId": _text(self.id),
            "type": "public-key",
            "response": {name: _text(value) for name, value in part.items()},
            "clientExtensionResults": {},
        }


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
