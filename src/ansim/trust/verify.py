"""Checks what a centre hands out, offline and with nothing but the file: a ledger export, a proof, a certificate."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from ansim.trust.ledger import merkle
from ansim.trust.ledger.check import WITNESS_S
from ansim.trust.ledger.checkpoint import BadNote, Verifier, cosigned_at, open_note, read, signed_by
from ansim.trust.ledger.export import Export
from ansim.trust.ledger.proof import Proof, check_proof
from ansim.trust.retention.certificate import Certificate, check_certificate

_SHOWN = 20


@dataclass
class Report:
    """What holds and what is wrong, in words for a court; `wrong` begins with the first fault found."""

    good: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        return 1 if self.wrong else 0

    def lines(self) -> list[str]:
        hidden = len(self.wrong) - _SHOWN
        more = [f"WRONG  and {hidden} more"] if hidden > 0 else []
        verdict = "NOT VALID" if self.wrong else "valid"
        return [
            *(f"ok     {line}" for line in self.good),
            *(f"WRONG  {line}" for line in self.wrong[:_SHOWN]),
            *more,
            verdict,
        ]


def verify_file(path: Path, trusted: Sequence[str] = (), *, witness_within_s: float = WITNESS_S) -> Report:
    """`trusted`: verifier keys (`name+id+key`) got from elsewhere, of the centre and of witnesses.

    Each of those witnesses must have signed: what stood longer than `witness_within_s` without its signature is named.

    Without any the keys named in the file are used, and the report says so: it then shows that the file is whole,
    and by whose key, but not that the key is the centre's.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        return Report(wrong=[f"{path.name} cannot be read: {error.strerror}"])
    return verify(content, trusted, witness_within_s=witness_within_s)


def verify(content: bytes, trusted: Sequence[str] = (), *, witness_within_s: float = WITNESS_S) -> Report:
    try:
        json.loads(content, object_pairs_hook=_members)
        document = msgspec.json.decode(content, type=Export | Proof | Certificate)
        keys = [Verifier.parse(text) for text in trusted]
        named = document.proof if isinstance(document, Certificate) else document
        log, witnesses = Verifier.parse(named.key), [Verifier.parse(text) for text in named.witnesses]
    except (ValueError, RecursionError, BadNote) as error:
        return Report(wrong=[f"not a ledger export, proof or certificate: {error}"])
    report = Report()
    if log.name != named.origin or log.cosigner or not all(witness.cosigner for witness in witnesses):
        return Report(wrong=["the keys in the file do not belong to its log and its witnesses"])
    if keys:
        known = {key.text() for key in keys}
        if log.text() not in known:
            report.wrong.append(f"the key of {log.name} in the file is none of those you trust")
        witnesses = [key for key in keys if key.cosigner]
    else:
        report.good.append(
            f"checked with the key named in the file itself; compare it with the published one: {log.text()}"
        )
    if isinstance(document, Export):
        _check_export(document, log, witnesses, report, witness_within_s)
        return report
    check: Any = check_certificate if isinstance(document, Certificate) else check_proof
    good, wrong = check(document, log, witnesses)
    report.good += good
    report.wrong += wrong
    proof = document.proof if isinstance(document, Certificate) else document
    if keys and not wrong:
        signed = {witness.name for witness in signed_by(proof.checkpoint, witnesses)}
        report.wrong += [f"{one.name} has not signed the tree head" for one in witnesses if one.name not in signed]
    return report


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        # One reader would see the first, another the last.
        raise ValueError("a member stands twice")
    return members


def _check_export(
    document: Export, log: Verifier, witnesses: Sequence[Verifier], report: Report, witness_within_s: float
) -> None:
    heads: dict[int, bytes] = {}
    witnessed: dict[str, int] = {}
    for note in document.checkpoints:
        try:
            head = open_note(note, by=log)
            for witness in signed_by(note, witnesses):
                witnessed[witness.name] = max(witnessed.get(witness.name, 0), head.size)
        except BadNote as error:
            report.wrong.append(f"a checkpoint is not valid: {error}")
            continue
        if heads and head.size <= max(heads):
            report.wrong.append(f"the checkpoints are not in order at {head.size}")
        heads[head.size] = head.root
    known: dict[merkle.Node, bytes] = {}
    size, since, broken = 0, 0, False
    for leaf in document.entries:
        if leaf.seq != size:
            report.wrong.append(f"entry {size} is missing: {leaf.seq} ({leaf.entry.id}) follows {size - 1}")
            return
        value = leaf.entry.leaf()
        if b64encode(value).decode() != leaf.leaf:
            report.wrong.append(f"entry {size} ({leaf.entry.id}) was changed: it is not what was hashed")
            broken = True
        made = merkle.grow(size, known, [value])
        size += 1
        known = {node: (made.get(node) or known[node]) for node in merkle.cover(0, size)}
        if size in heads:
            if merkle.root(size, known) != heads[size] and not broken:
                which = f"entry {since}" if since == size - 1 else f"one of the entries {since} to {size - 1}"
                report.wrong.append(f"{which} was changed, added or taken out after checkpoint {size} was signed")
                broken = True
            since = size
    last = max(heads, default=0)
    if size != last:
        report.wrong.append(f"the last checkpoint covers {last} entries, the file has {size}")
    report.good.append(f"{size} entries, {len(heads)} checkpoints signed by {log.name}")
    report.good += [f"witnessed by {name} up to entry {upto - 1}" for name, upto in sorted(witnessed.items())]
    if not report.wrong:
        report.wrong += _late(document, witnesses, witness_within_s)
    if not witnessed and size:
        report.good.append("no witness signed it: it shows order and completeness, not that it was never rewritten")


def _late(document: Export, witnesses: Sequence[Verifier], within_s: float) -> list[str]:
    """Which witness let what stand unsigned for too long. A checkpoint has no time of its own: it is at least as old as the
    last entry under it, and the end of the file is at least as late as its last entry. A cosignature has its time."""
    wrong: list[str] = []
    at = [datetime.fromisoformat(leaf.entry.at).timestamp() for leaf in document.entries]
    for witness in witnesses:
        since: float | None = None
        first = 0
        for note in document.checkpoints:
            size = read(note)[0].size
            if since is None:
                since, first = at[size - 1], size
            seen_at = cosigned_at(note, witness)
            if seen_at is None:
                continue
            if seen_at - since > within_s:
                wrong.append(f"{witness.name} signed the checkpoint of {first} entries {seen_at - since:.0f} s late")
            since = None
        if since is not None and at[-1] - since > within_s:
            wrong.append(f"{witness.name} has not signed the checkpoint of {first} entries for {at[-1] - since:.0f} s")
    return wrong
