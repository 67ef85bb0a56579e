"""What retention states."""

from __future__ import annotations

from ansim.core.events import Fact


class DestructionOrdered(Fact, frozen=True, kw_only=True, tag="destruction.ordered"):
    """The ledger says what will be destroyed; from here on nothing stops it."""

    destruction: str
    subject: str
    scope: str


class DestructionCertified(Fact, frozen=True, kw_only=True, tag="destruction.certified"):
    """Everything of this subject under keys of this scope is destroyed, and the certificate can be fetched."""

    destruction: str
    subject: str
    scope: str
