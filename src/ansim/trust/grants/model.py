"""Grants, the short tokens made from them, and links. Pure."""

from __future__ import annotations

import base64
import hmac
from datetime import datetime, timedelta
from typing import Literal

import msgspec

GRANT_LENGTH = timedelta(minutes=30)
EXTENSION = timedelta(minutes=10)
TOKEN_LENGTH = timedelta(seconds=60)

LINK_COOKIE = "ansim_link"
"""Binds a link to the browser that opened it first."""

HolderKind = Literal["operator", "officer", "guardian", "scout", "walker", "person", "ward", "centre"]
EndedWhy = Literal["expired", "revoked", "released", "closed", "replaced"]


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    incident: str
    centre: str
    holder_kind: HolderKind
    holder: str
    label: str
    purpose: str
    subject_tag: str
    video: bool
    cameras: list[str]
    from_at: datetime
    until_at: datetime
    extensions: int
    ended_at: datetime | None
    ended_why: EndedWhy | None

    def allows(self, camera: str, at: datetime) -> str | None:
        """None when the camera may be opened now; otherwise the reason, as it goes into the ledger."""
        if self.ended_at is not None:
            return self.ended_why or "ended"
        if at >= self.until_at:
            return "expired"
        if not self.video:
            return "no-video"
        if camera not in self.cameras:
            return "other-camera"
        return None


class Token(msgspec.Struct, frozen=True, array_like=True):
    """What a browser shows to the media node: one camera, one grant, one viewer, one minute."""

    grant: str
    camera: str
    viewer: str
    until: float
    once: str


class TokenMint:
    """Makes and checks tokens with a secret that lives as long as the process: a restart ends every view, which then
    asks again for the right it still has."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def mint(self, token: Token) -> str:
        body = base64.urlsafe_b64encode(msgspec.json.encode(token)).rstrip(b"=")
        return f"{body.decode()}.{self._sign(body)}"

    def read(self, text: str, at: datetime) -> Token | None:
        body, _, signature = text.encode("utf-8", "replace").partition(b".")
        if not hmac.compare_digest(self._sign(body).encode(), signature):
            return None
        try:
            token = msgspec.json.decode(base64.urlsafe_b64decode(body + b"=" * (-len(body) % 4)), type=Token)
        except (ValueError, msgspec.MsgspecError):
            return None
        return token if token.until > at.timestamp() else None

    def _sign(self, body: bytes) -> str:
        return base64.urlsafe_b64encode(hmac.digest(self._secret, body, "sha256")).rstrip(b"=").decode()


class Link(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    grant_id: str
    incident: str
    kind: Literal["officer", "guardian", "scout", "walker", "person", "ward"]
    subject: str
    issued_at: datetime
    opened_at: datetime | None
    refused: int
    until_at: datetime
    ended_at: datetime | None
    ended_why: EndedWhy | None
    label: str
