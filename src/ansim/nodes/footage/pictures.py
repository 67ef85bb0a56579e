"""What both forms that browsers record are taken apart into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol


class Malformed(ValueError):
    """What came does not follow its own syntax."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One picture, or some that come together, or sound between them. `key`: what follows needs nothing before it; `at_ms` and
    `until_ms`: its place in its take; `placed`: the bytes of it, for that place in what is shown.
    """

    key: bool
    at_ms: int
    until_ms: int
    placed: Callable[[int], bytes]


class Apart(Protocol):
    """Takes one form apart. `init`: what a player must have first, empty until that has come."""

    init: bytes
    width: int
    height: int

    def feed(self, content: bytes) -> Iterator[Picture]:
        """The pictures that are complete with it. Raises Malformed."""
