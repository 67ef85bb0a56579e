"""The proof of a destruction: a signed statement, and both ledger entries with their way to a witnessed tree head."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from ansim.trust.ledger.checkpoint import Verifier
from ansim.trust.ledger.proof import Proof, Proven, check_proof

KIND = "ansim.destruction"
_DOMAIN = b"ansim destruction certificate\n"


class DeadKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: str
    slot: int
    at: str


class Statement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the centre states. `rows` counts what was deleted or blanked, by table."""

    centre: str
    destruction: str
    subject: str
    scope: str
    why: str
    ordered_at: str
    erased_at: str
    keys: list[DeadKey]
    rows: dict[str, int]
    ordered: list[str]
    erased: str

    def signed_bytes(self) -> bytes:
        return _DOMAIN + msgspec.json.encode(self, order="sorted")


class Certificate(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag=KIND, forbid_unknown_fields=True):
    statement: Statement
    signature: str
    proof: Proof


def certify(statement: Statement, sign: Callable[[bytes], bytes], proof: Proof) -> Certificate:
    """`sign` is the key of the centre's ledger: one key speaks for the centre."""
    signature = b64encode(sign(statement.signed_bytes())).decode()
    return Certificate(statement=statement, signature=signature, proof=proof)


def check_certificate(
    certificate: Certificate, log: Verifier, witnesses: Sequence[Verifier]
) -> tuple[list[str], list[str]]:
    """(what holds, what is wrong), in words. `log` is the centre's key, `witnesses` those to look for."""
    statement = certificate.statement
    good, wrong = check_proof(certificate.proof, log, witnesses)
    if log.signed(statement.signed_bytes(), certificate.signature):
        good.append(f"the certificate is signed by {log.name}")
    else:
        wrong.append("the certificate's signature is not the centre's")
    if statement.centre != log.name:
        wrong.append(f"the certificate is of another centre: {statement.centre}")
    entries = {proven.entry.id: proven for proven in certificate.proof.entries}
    ordered = [entries.get(id) for id in statement.ordered]
    slots = {one.entry.details.get("slot") for one in ordered if one and _is(one, "erase-ordered", statement)}
    if missing := [key.slot for key in statement.keys if key.slot not in slots]:
        wrong.append(f"no ledger entry orders the erasure of slot {missing[0]}")
    erased = entries.get(statement.erased)
    if erased is None or not _is(erased, "erased", statement):
        wrong.append("no ledger entry says that it was done")
    elif any(one is None or one.seq >= erased.seq for one in ordered):
        wrong.append("it was done before it was ordered")
    elif erased.entry.details.get("count") != sum(statement.rows.values()):
        wrong.append("the ledger counts other rows than the certificate")
    else:
        good.append(
            f"{len(statement.keys)} key(s) destroyed and {sum(statement.rows.values())} row(s) deleted by"
            f" {statement.erased_at},"
            f" ordered {statement.ordered_at}"
        )
    return good, wrong


def _is(proven: Proven, act: str, statement: Statement) -> bool:
    return proven.entry.act == f"{statement.scope}.{act}" and proven.entry.object == statement.destruction


def decode(content: bytes) -> Certificate:
    """Raises msgspec.ValidationError or DecodeError."""
    return msgspec.json.decode(content, type=Certificate)


def encode(certificate: Certificate) -> str:
    document: Any = msgspec.to_builtins(certificate)
    return msgspec.json.format(msgspec.json.encode(document), indent=1).decode()
