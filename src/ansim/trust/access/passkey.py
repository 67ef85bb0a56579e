"""Passkeys (W3C Web Authentication): what access needs of whoever speaks that format."""

from typing import Protocol, runtime_checkable

import msgspec


class Passkey(msgspec.Struct, frozen=True, kw_only=True):
    """A registered public key. `uses` is the authenticator's own counter (0 where it keeps none)."""

    id: bytes
    public_key: bytes
    uses: int


class PasskeyRefused(Exception):
    """The browser's answer does not prove possession of the key for this site and this challenge."""


@runtime_checkable
class Passkeys(Protocol):
    """One site's passkeys. Options are JSON objects for `navigator.credentials`; answers come from it."""

    def registration_options(
        self, *, account: str, name: str, challenge: bytes, known: list[bytes]
    ) -> dict[str, object]: ...

    def registered(self, answer: dict[str, object], *, challenge: bytes) -> Passkey:
        """The new passkey. Raises PasskeyRefused."""
        ...

    def request_options(self, *, challenge: bytes, known: list[bytes]) -> dict[str, object]: ...

    def answering(self, answer: dict[str, object]) -> bytes:
        """The id of the passkey that claims to answer. Raises PasskeyRefused."""
        ...

    def proven(self, answer: dict[str, object], *, challenge: bytes, passkey: Passkey) -> int:
        """The passkey's new counter. Raises PasskeyRefused."""
        ...
