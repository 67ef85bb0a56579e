"""What the ledger needs from other organisations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ansim.trust.ledger.checkpoint import Verifier


class WitnessRefused(Exception):
    """The witness does not sign. `status` as in C2SP tlog-witness:

    400 bad request; 403 signature of no key it trusts; 404 unknown log; 409 it last signed another `size` (or this size
    with another root); 422 the proof does not hold: the log was rewritten.
    """

    def __init__(self, status: int, size: int | None = None) -> None:
        super().__init__(f"witness answered {status}")
        self.status = status
        self.size = size


class Witness(Protocol):
    """Somebody at another organisation who remembers how long our log was, and signs only what extends it.

    Keeps the last checkpoint of each log; checking it and storing the new one is one step, stored before it answers.
    """

    @property
    def verifier(self) -> Verifier: ...

    async def add_checkpoint(self, old: int, proof: Sequence[bytes], note: str) -> str:
        """C2SP tlog-witness add-checkpoint: `proof` leads from the tree of size `old` to that of `note`.

        Returns the cosignature line. Raises WitnessRefused, or OSError when it cannot be reached.
        """
