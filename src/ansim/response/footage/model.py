"""A take: what one phone films from the moment it begins until it stops or changes its picture. Pure."""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

LARGEST_PIECE = 2 * 1024 * 1024
"""Half a second of the best that a phone sends is a tenth of it."""
LARGEST_TAKE = 96 * 1024 * 1024
"""A page begins a new one every two minutes; what is larger is no page of ours."""

_HANDSET = "phone-"
_MEDIA = re.compile(
    r"video/(webm|mp4)(;\s*codecs=\"?([A-Za-z0-9]+(\.[A-Za-z0-9]+)*)(,\s*[A-Za-z0-9]+(\.[A-Za-z0-9]+)*)*\"?)?"
)


def filmed(media: str) -> bool:
    """Whether this is what browsers film: WebM or fragmented MP4 with named codecs (RFC 6381)."""
    return len(media) <= 80 and _MEDIA.fullmatch(media) is not None


def handset(id: str) -> str:
    """What rights and the ledger call a phone of a case, beside its cameras; by its signal's or its link's id."""
    return f"{_HANDSET}{id}"


def is_handset(camera: str) -> bool:
    """Whether what a right names is a phone, which the centre shows, and not a camera."""
    return camera.startswith(_HANDSET)


class Take(msgspec.Struct, frozen=True, kw_only=True):
    """As it is stored. `client_id`: what the phone calls it; `pieces`: how many are kept, which are numbered from 0; `size`: their bytes; `sha256`: of all of
    them in order, once it has ended.
    """

    id: str
    incident: str
    handset: str
    client_id: str
    media: str
    began_at: datetime
    last_at: datetime | None
    ended_at: datetime | None
    pieces: int
    size: int
    sha256: bytes | None

    @property
    def suffix(self) -> str:
        return "webm" if self.media.startswith("video/webm") else "mp4"
