#!/usr/bin/env python3
"""Check a ledger export, a proof or a destruction certificate with nothing of ansim but this page.

    pip install cryptography;  python3 verify_standalone.py FILE [KEY-OF-THE-CENTRE]

What it relies on: SHA-256, Ed25519 (RFC 8032), the Merkle tree of RFC 6962, signed notes of c2sp.org/signed-note.
Signatures of witnesses are checked with the keys named in the file: compare those with what the witnesses publish.
"""

import base64
import hashlib
import json
import sys
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def need(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)


def canonical(
    value: Any,
) -> bytes:  # JSON with sorted members and no spaces: the bytes that are hashed and signed
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def leaf(entry: Any) -> bytes:
    return hashlib.sha256(b"\x00" + canonical(entry)).digest()


def join(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def verify_with(key: str, signature: bytes, message: bytes) -> None:  # key: "name+id+base64(kind, public key)"
    public = base64.b64decode(key.split("+", 2)[2])
    Ed25519PublicKey.from_public_bytes(public[1:]).verify(signature, message)


def open_note(note: str, key: str, witnesses: list[str]) -> tuple[int, bytes]:  # the tree head that the key signed
    body, _, lines = note.partition("\n\n")
    body += "\n"
    origin, size, root = body.split("\n")[:3]
    signatures = [line[2:].split(" ") for line in lines.splitlines()]
    own = [base64.b64decode(value)[4:] for name, value in signatures if name == key.split("+")[0] == origin]
    need(bool(own), f"not signed by {origin}")
    verify_with(key, own[0], body.encode())
    for witness in witnesses:
        for name, value in signatures:
            if name == witness.split("+")[0] != origin:
                raw = base64.b64decode(value)[4:]
                time = int.from_bytes(raw[:8], "big")
                verify_with(witness, raw[8:], f"cosignature/v1\ntime {time}\n{body}".encode())
    return int(size), base64.b64decode(root)


def root_by_path(value: bytes, index: int, size: int, path: list[str]) -> bytes:  # RFC 9162 section 2.1.3.2
    last = size - 1
    for step in map(base64.b64decode, path):
        if index % 2 or index == last:
            value = join(step, value)
            while index % 2 == 0 and index:
                index, last = index >> 1, last >> 1
        else:
            value = join(value, step)
        index, last = index >> 1, last >> 1
    need(last == 0, "the path is too short")
    return value


def check_export(file: Any) -> None:
    heads = dict(open_note(note, file["key"], file["witnesses"]) for note in file["checkpoints"])
    stack = []  # complete subtrees, largest first: (number of leaves, hash)
    for number, row in enumerate(file["entries"]):
        need(row["seq"] == number, f"entry {number} is missing")
        need(leaf(row["entry"]) == base64.b64decode(row["leaf"]), f"entry {number} was changed")
        stack.append((1, leaf(row["entry"])))
        while len(stack) > 1 and stack[-1][0] == stack[-2][0]:
            (count, right), (_, left) = stack.pop(), stack.pop()
            stack.append((2 * count, join(left, right)))
        if number + 1 in heads:
            value = stack[-1][1]
            for _, left in reversed(stack[:-1]):
                value = join(left, value)
            need(value == heads[number + 1], f"an entry up to {number} is not what the checkpoint signed")
    need(len(file["entries"]) == max(heads, default=0), "entries and last checkpoint do not fit")


def check_proof(file: Any) -> None:
    size, root = open_note(file["checkpoint"], file["key"], file["witnesses"])
    for row in file["entries"]:
        need(0 <= row["seq"] < size, "entry outside the tree")
        found = root_by_path(leaf(row["entry"]), row["seq"], size, row["path"])
        need(found == root, f"entry {row['seq']} does not stand in the ledger")


def check_certificate(file: Any) -> None:
    check_proof(file["proof"])
    statement = file["statement"]
    message = b"ansim destruction certificate\n" + canonical(statement)
    verify_with(file["proof"]["key"], base64.b64decode(file["signature"]), message)
    rows = {row["entry"]["id"]: row for row in file["proof"]["entries"]}
    done = rows[statement["erased"]]
    mine = [rows[id] for id in statement["ordered"]]
    for row, act in [(done, "erased"), *((row, "erase-ordered") for row in mine)]:
        entry = row["entry"]
        named = entry["act"] == f"{statement['scope']}.{act}" and entry["object"] == statement["destruction"]
        need(named, "an entry is about something else")
    need(all(row["seq"] < done["seq"] for row in mine), "done before it was ordered")
    slots = {row["entry"].get("details", {}).get("slot") for row in mine}
    need({key["slot"] for key in statement["keys"]} <= slots, "a key was not ordered to be destroyed")
    need(done["entry"]["details"]["count"] == sum(statement["rows"].values()), "other rows were counted")


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    need(len(dict(pairs)) == len(pairs), "a member stands twice")
    return dict(pairs)


def main(path: str, key: str = "") -> None:
    checks = {
        "ansim.ledger": check_export,
        "ansim.proof": check_proof,
        "ansim.destruction": check_certificate,
    }
    try:
        with open(path, encoding="utf-8") as content:
            file = json.load(content, object_pairs_hook=once)
        named = file.get("proof", file)["key"]
        need(key in ("", named), "the key in the file is not the one you gave")
        checks[file["kind"]](file)
    except Exception as error:
        sys.exit(f"NOT VALID: {str(error) or type(error).__name__}")
    print(f"valid, by the key {named}")


if __name__ == "__main__":
    main(*sys.argv[1:3])
