"""Is the stored ledger whole? Part of `ansim check`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ansim.core.database import Transaction
from ansim.trust.ledger import merkle, store
from ansim.trust.ledger.checkpoint import BadNote, Verifier, open_note, signed_by

_STEP = 5000
WAITING_S = 5.0
WITNESS_S = 300.0


async def check(
    tx: Transaction,
    log: Verifier,
    witnesses: Sequence[Verifier] = (),
    *,
    waiting_s: float = WAITING_S,
    witness_s: float = WITNESS_S,
) -> list[str]:
    """What is wrong, one line each; empty when all is well. Reads everything, changes nothing.

    Recomputes every leaf, every stored hash and the root of every checkpoint, and verifies every signature.
    """
    wrong = [
        f"ledger entry {id} waits for its place for more than {waiting_s:g} s"
        for id in await store.overdue_waiting(tx, tx.at - timedelta(seconds=waiting_s))
    ]
    wrong += [f"ledger entry {id} was accepted but has no place and does not wait" for id in await store.lost(tx)]
    heads, unreadable = _heads(await store.checkpoints(tx), log)
    return wrong + unreadable + await _tree(tx, heads) + await _witnessed(tx, witnesses, witness_s)


def _heads(checkpoints: Sequence[store.Checkpoint], log: Verifier) -> tuple[dict[int, bytes], list[str]]:
    heads: dict[int, bytes] = {}
    wrong = []
    for checkpoint in checkpoints:
        try:
            head = open_note(checkpoint.note, by=log)
            if head.size != checkpoint.size:
                raise BadNote
            heads[head.size] = head.root
        except BadNote:
            wrong.append(f"ledger checkpoint {checkpoint.size} is not one that {log.name} signed")
    return heads, wrong


async def _tree(tx: Transaction, heads: dict[int, bytes]) -> list[str]:
    wrong: list[str] = []
    known: dict[merkle.Node, bytes] = {}
    size, last = 0, 0
    ends = sorted(heads)
    while True:
        # Stop at every checkpoint: its root must be that of exactly the entries before it.
        limit = min([_STEP, *(end - size for end in ends if end > size)])
        leaves = await store.leaves(tx, size, limit)
        if not leaves:
            break
        for number, leaf in enumerate(leaves, start=size):
            if leaf.seq != number:
                wrong.append(f"ledger leaf {number} is missing")
                return wrong
            if leaf.hash != leaf.entry.leaf():
                wrong.append(f"ledger entry {number} ({leaf.entry.id}) was changed: it is not what was hashed")
        made = merkle.grow(size, known, [leaf.hash for leaf in leaves if leaf.hash is not None])
        stored = await store.hashes(tx, (node for node in made if node[0] > 0))
        wrong += [
            f"ledger hash {level}/{position} is missing or not that of its leaves"
            for level, position in sorted(made)
            if level > 0 and stored.get((level, position)) != made[level, position]
        ][:10]
        size += len(leaves)
        known = {node: (made.get(node) or known[node]) for node in merkle.cover(0, size)}
        if size in heads:
            if merkle.root(size, known) != heads[size]:
                wrong.append(f"ledger checkpoint {size} does not fit the entries {last} to {size - 1}")
            last = size
    wrong += [f"ledger checkpoint {end} covers more entries than there are ({size})" for end in ends if end > size]
    return wrong


async def _witnessed(tx: Transaction, witnesses: Sequence[Verifier], witness_s: float) -> list[str]:
    wrong: list[str] = []
    notes = {checkpoint.size: checkpoint for checkpoint in await store.checkpoints(tx)}
    signed: dict[str, int] = {}
    for line in await store.cosignatures(tx):
        by = [witness for witness in witnesses if witness.name == line.witness]
        if by and line.size in notes:
            try:
                if not signed_by(notes[line.size].note + line.line, by):
                    raise BadNote
                signed[line.witness] = max(signed.get(line.witness, 0), line.size)
            except BadNote:
                wrong.append(f"ledger checkpoint {line.size}: the signature of {line.witness} is not valid")
    for witness in witnesses:
        unsigned = [one.at for size, one in notes.items() if size > signed.get(witness.name, 0)]
        oldest: datetime | None = min(unsigned, default=None)
        if oldest is not None and (tx.at - oldest).total_seconds() > witness_s:
            wrong.append(f"ledger: {witness.name} has not signed for more than {witness_s:g} s")
    return wrong
