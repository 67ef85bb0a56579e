"""Entries with their way to a signed and witnessed tree head: what can be checked without us."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence

import msgspec

from ansim.core.database import Transaction
from ansim.trust.ledger import merkle, store
from ansim.trust.ledger.checkpoint import BadNote, Verifier, open_note, read, signed_by
from ansim.trust.ledger.model import Entry

KIND = "ansim.proof"


class Proven(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry, its leaf number, and the inclusion proof of RFC 6962 in base64."""

    seq: int
    entry: Entry
    path: list[str]


class Proof(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag=KIND, forbid_unknown_fields=True):
    """`key` and `witnesses` are verifier keys (C2SP signed-note); `checkpoint` is the note with all its signatures."""

    origin: str
    key: str
    witnesses: list[str]
    checkpoint: str
    entries: list[Proven]


async def with_cosignatures(tx: Transaction, checkpoint: store.Checkpoint) -> str:
    lines = await store.cosignatures(tx, from_size=checkpoint.size)
    return checkpoint.note + "".join(line.line for line in lines if line.size == checkpoint.size)


async def prove(
    tx: Transaction, leaves: Sequence[store.Placed], log: Verifier, witnesses: Sequence[Verifier]
) -> Proof | None:
    """A proof of these entries against the last checkpoint; None when it does not cover them all yet."""
    last = await store.last_checkpoint(tx)
    if last is None or any(leaf.seq is None or leaf.seq >= last.size for leaf in leaves):
        return None
    parts = {leaf.seq: merkle.inclusion_parts(leaf.seq, last.size) for leaf in leaves if leaf.seq is not None}
    wanted = {node for each in parts.values() for node in merkle.nodes_of(each)}
    hashes = await store.hashes(tx, wanted)
    return Proof(
        origin=log.name,
        key=log.text(),
        witnesses=[witness.text() for witness in witnesses],
        checkpoint=await with_cosignatures(tx, last),
        entries=[
            Proven(
                seq=leaf.seq,
                entry=leaf.entry,
                path=[b64encode(step).decode() for step in merkle.fold_parts(parts[leaf.seq], hashes)],
            )
            for leaf in leaves
            if leaf.seq is not None
        ],
    )


def check_proof(proof: Proof, log: Verifier, witnesses: Sequence[Verifier]) -> tuple[list[str], list[str]]:
    """(what holds, what is wrong), in words; names every entry that is not under the signed head."""
    good: list[str] = []
    wrong: list[str] = []
    try:
        head = read(proof.checkpoint)[0]
        try:
            open_note(proof.checkpoint, by=log)
            good.append(f"the tree head of {head.size} entries is signed by {log.name}")
        except BadNote:
            wrong.append(f"the tree head of {head.size} entries is not signed by {log.name}")
        signed = signed_by(proof.checkpoint, witnesses)
    except BadNote:
        return good, ["the checkpoint cannot be read"]
    good += [f"witnessed by {witness.name}" for witness in signed]
    if not signed:
        good.append("no witness signed it: it shows order and completeness, not that it was never rewritten")
    for proven in proof.entries:
        try:
            path = [b64decode(step, validate=True) for step in proven.path]
        except ValueError:
            path = []
        if merkle.included(proven.entry.leaf(), proven.seq, head.size, path, head.root):
            good.append(f"entry {proven.seq} ({proven.entry.act}, {proven.entry.at}) stands in the ledger")
        else:
            wrong.append(f"entry {proven.seq} ({proven.entry.id}) does not stand in the ledger as shown")
    return good, wrong
