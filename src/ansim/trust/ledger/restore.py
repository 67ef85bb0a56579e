"""After an older database was put back: what the ledger had since then is written back, as an export has it.

Only so does it go on where the witnesses saw it last. And the orders of erasure that came after the backup stand in it.
"""

from __future__ import annotations

from base64 import b64decode
from datetime import datetime

from ansim.core.database import Database, Transaction
from ansim.core.errors import Problem
from ansim.trust.ledger import merkle, store
from ansim.trust.ledger.checkpoint import Verifier, line_of, read
from ansim.trust.ledger.export import Export

_STEP = 1000


async def write_back(database: Database, document: Export, log: Verifier) -> int:
    """How many entries came back. The export must have been verified. Raises Problem 409, having changed nothing, when it is
    not one of this ledger."""
    if document.key != log.text():
        raise _other("its key is not this centre's")
    async with database.transaction() as tx:
        await store.lock(tx)
        size = await store.size(tx)
        await _same_until(tx, document, size)
        known = await store.hashes(tx, merkle.cover(0, size))
        missing = [leaf.entry for leaf in document.entries[size:]]
        for start in range(0, len(missing), _STEP):
            group = missing[start : start + _STEP]
            made = merkle.grow(size, known, [entry.leaf() for entry in group])
            await store.put_back(tx, group)
            await store.place(tx, size, group, made)
            size += len(group)
            known = {node: (made.get(node) or known[node]) for node in merkle.cover(0, size)}
        await _checkpoints(tx, document, log)
    return len(missing)


async def _same_until(tx: Transaction, document: Export, size: int) -> None:
    """What both have must be the same, or one of them is another history."""
    for start in range(0, min(size, len(document.entries)), _STEP):
        for leaf in await store.leaves(tx, start, _STEP):
            assert leaf.seq is not None
            if leaf.seq < len(document.entries) and leaf.hash != b64decode(document.entries[leaf.seq].leaf):
                raise _other(f"entry {leaf.seq} is another one there")


async def _checkpoints(tx: Transaction, document: Export, log: Verifier) -> None:
    last = await store.last_checkpoint(tx)
    witnesses = [Verifier.parse(key) for key in document.witnesses]
    for note in document.checkpoints:
        size = read(note)[0].size
        if last is not None and size <= last.size:
            continue
        # A checkpoint carries no time: it was signed after the last entry under it, and soon.
        at = datetime.fromisoformat(document.entries[size - 1].entry.at)
        ours = line_of(note, log)
        assert ours is not None
        head = note.partition("\n\n")[0]
        await store.add_checkpoint(tx, store.Checkpoint(size=size, at=at, note=f"{head}\n\n{ours}"))
        for witness in witnesses:
            if line := line_of(note, witness):
                await store.add_cosignature(tx, store.Cosignature(size=size, witness=witness.name, at=at, line=line))


def _other(why: str) -> Problem:
    return Problem(409, "restore.ledger", "This export is not of the ledger in this database", f"In it {why}.")
