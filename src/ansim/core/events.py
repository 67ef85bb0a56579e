"""Facts: what the system states has happened. They carry ids and ciphertext only."""

from __future__ import annotations

from typing import Any, Self

import msgspec


class Fact(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact"):
    """Base of all facts. A subclass names itself: `class IncidentOpened(Fact, tag="incident.opened")`."""

    @classmethod
    def name(cls) -> str:
        tag = cls.__struct_config__.tag
        assert isinstance(tag, str)
        return tag

    def encode(self) -> bytes:
        return msgspec.json.encode(self)

    @classmethod
    def decode(cls, body: bytes) -> Self:
        return msgspec.json.decode(body, type=cls)


def every_fact() -> dict[str, type[Fact]]:
    """All fact types that have been imported, by name."""

    def walk(base: type[Any]) -> list[type[Fact]]:
        return [found for sub in base.__subclasses__() for found in (sub, *walk(sub))]

    return {fact.name(): fact for fact in walk(Fact)}
