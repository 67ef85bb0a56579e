"""The whole ledger as one file that can be checked without us."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator, Sequence

import msgspec

from ansim.core.database import Database
from ansim.trust.ledger import store
from ansim.trust.ledger.checkpoint import Verifier
from ansim.trust.ledger.model import Entry

KIND = "ansim.ledger"
_STEP = 2000


class Leaf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry in its place, and the leaf hash (base64) that the centre has stored for it."""

    seq: int
    leaf: str
    entry: Entry


class Export(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag=KIND, forbid_unknown_fields=True):
    """Every entry under the last checkpoint, and every checkpoint with its signatures, both in order.

    `key` and `witnesses` are verifier keys (C2SP signed-note).
    """

    origin: str
    key: str
    witnesses: list[str]
    checkpoints: list[str]
    entries: list[Leaf]


async def export(database: Database, log: Verifier, witnesses: Sequence[Verifier]) -> AsyncIterator[bytes]:
    """The JSON of an `Export`, piece by piece. What is exported never changes, so no transaction is held open."""
    async with database.transaction(readonly=True) as tx:
        checkpoints = await store.checkpoints(tx)
        lines = await store.cosignatures(tx)
    cosigned: dict[int, str] = {}
    for line in lines:
        cosigned[line.size] = cosigned.get(line.size, "") + line.line
    size = checkpoints[-1].size if checkpoints else 0
    head = {
        "kind": KIND,
        "origin": log.name,
        "key": log.text(),
        "witnesses": [witness.text() for witness in witnesses],
        "checkpoints": [one.note + cosigned.get(one.size, "") for one in checkpoints],
    }
    yield msgspec.json.encode(head)[:-1] + b',"entries":['
    for start in range(0, size, _STEP):
        async with database.transaction(readonly=True) as tx:
            leaves = await store.leaves(tx, start, min(_STEP, size - start))
        rows = [
            Leaf(seq=leaf.seq, leaf=b64encode(leaf.hash).decode(), entry=leaf.entry)
            for leaf in leaves
            if leaf.seq is not None and leaf.hash is not None
        ]
        yield (b",\n" if start else b"\n") + b",\n".join(map(msgspec.json.encode, rows))
    yield b"\n]}\n"
