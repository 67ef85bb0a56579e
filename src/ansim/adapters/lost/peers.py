"""Other servers that say who answers where; what settings need to know of them, and nothing more."""

from __future__ import annotations

import re

import msgspec

SOURCE = re.compile(r"([a-zA-Z0-9-]{1,63}\.)+[a-zA-Z0-9]{1,63}")
"""The name of a server, as the schema of LoST has it."""


class Peer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another server that says who answers where, for places that lie in none of our boundaries."""

    source: str
    """Its name, as it stands on paths: lost.example.org."""
    url: str | None = None
    """Where it is asked, and whoever asks is sent, by HTTP; without one, whoever asks is only told its name."""

    def __post_init__(self) -> None:
        if not SOURCE.fullmatch(self.source):
            raise ValueError("source is no name of a server, such as lost.example.org")
        if self.url is not None and not self.url.startswith(("http://", "https://")):
            raise ValueError("url begins with http:// or https://")
