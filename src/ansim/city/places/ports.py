"""What whoever says who answers where needs to know of the centres themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from msgspec import Struct

from ansim.city.places.model import Centre


class Door(Struct, frozen=True, kw_only=True):
    """Where a centre is reached now. `key` is the public JWK (HPKE, P-256) to which a phone seals what only that centre may read."""

    centre: Centre
    uri: str
    key: dict[str, str]


class Directory(Protocol):
    def doors(self, answering: Sequence[Centre], covering: Iterable[Centre]) -> list[Door]:
        """Whom a phone should try, in this order: those who answer there and are there now, then of those who would cover for them, then
        those who answer and were silent a moment ago. Empty only when nobody at all is known. Does not wait: it is asked for every query."""
