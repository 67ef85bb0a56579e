"""A witness at another organisation, by C2SP tlog-witness: POST <prefix>/add-checkpoint."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Sequence

import httpx

from ansim.trust.ledger.checkpoint import BadNote, Verifier, open_note
from ansim.trust.ledger.ports import WitnessRefused

TIMEOUT_S = 5.0
PROOF_LINES = 63
"""No tree needs more; a witness refuses more (C2SP tlog-witness)."""
_LARGEST = 64 * 1024
_REFUSALS = {400, 403, 404, 409, 422}


class HttpWitness:
    """`url` is the witness's submission prefix; `verifier` its published key, got by another way than from `url`."""

    def __init__(self, verifier: Verifier, url: str, *, timeout_s: float = TIMEOUT_S) -> None:
        self.verifier = verifier
        self._url = f"{url.rstrip('/')}/add-checkpoint"
        self._timeout_s = timeout_s
        self._client = httpx.AsyncClient(
            headers={"content-type": "text/plain; charset=utf-8"}, timeout=timeout_s, follow_redirects=False
        )

    async def add_checkpoint(self, old: int, proof: Sequence[bytes], note: str) -> str:
        if len(proof) > PROOF_LINES:
            raise WitnessRefused(400)
        lines = [f"old {old}", *(b64encode(step).decode() for step in proof), "", note]
        try:
            # Of the whole exchange: one that sends a byte a second is as silent as one that sends none.
            async with asyncio.timeout(self._timeout_s):
                status, text = await self._post("\n".join(lines).encode())
        except (httpx.HTTPError, TimeoutError, OSError) as error:
            raise OSError(type(error).__name__) from None
        if status in _REFUSALS:
            raise WitnessRefused(status, _size(text) if status == 409 else None)
        if status != 200:
            raise OSError(f"witness answered {status}")
        return self._own(note, text)

    async def _post(self, body: bytes) -> tuple[int, str]:
        async with self._client.stream("POST", self._url, content=body) as answer:
            content = b""
            async for piece in answer.aiter_bytes():
                content += piece
                if len(content) > _LARGEST:
                    raise OSError("the answer does not end")
        return answer.status_code, content.decode(errors="replace")

    def _own(self, note: str, text: str) -> str:
        """The first line that this witness's own key made; those of keys we do not know are passed over."""
        for line in text.splitlines(keepends=True):
            try:
                open_note(note + line, by=self.verifier)
            except BadNote:
                continue
            return line
        raise BadNote(f"no valid signature of {self.verifier.name}")

    async def close(self) -> None:
        await self._client.aclose()


def _size(text: str) -> int | None:
    """The body of a 409: how long the ledger was that it signed last."""
    size = text.removesuffix("\n")
    return int(size) if size.isascii() and size.isdigit() and len(size) <= 19 else None
