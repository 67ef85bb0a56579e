"""Two checkers, one of them a page a court's expert can read: they accept the same files and refuse the same."""

import base64
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ansim.adapters.witness.simulated import SimulatedWitness
from ansim.core.clock import ManualClock
from ansim.core.database import Database
from ansim.core.world import World
from ansim.trust.ledger import merkle, store, verify_standalone
from ansim.trust.ledger.actions import record
from ansim.trust.ledger.checkpoint import Head, Verifier, cosign, read, sign
from ansim.trust.ledger.export import export
from ansim.trust.ledger.model import leaf_hash
from ansim.trust.ledger.proof import prove
from ansim.trust.ledger.sequencer import Sequencer
from ansim.trust.verify import verify, verify_file

LOG, WITNESS, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2, 3))
LOG_KEY = Verifier("gangnam", LOG.public_key()).text()
Document = dict[str, Any]


@pytest.fixture
async def sequencer(database: Database, world: World, tmp_path: Path) -> AsyncIterator[Sequencer]:
    witness = SimulatedWitness(world, tmp_path / "witness", "police", [Verifier.parse(LOG_KEY)], private=WITNESS)
    sequencer = Sequencer(database, "gangnam", LOG, [witness])
    for count in (3, 1, 5, 8):
        async with database.transaction() as tx:
            for number in range(count):
                await record(tx, actor="a", act="view.opened", object="camera-1", details={"count": number})
        await sequencer.settle()
    yield sequencer
    witness.close()


@pytest.fixture
async def document(database: Database, sequencer: Sequencer) -> Document:
    witnesses = [witness.verifier for witness in sequencer.witnesses]
    content = b"".join([piece async for piece in export(database, sequencer.verifier, witnesses)])
    parsed: Document = json.loads(content)
    assert verify(content).wrong == []
    return parsed


@pytest.fixture
async def proof(database: Database, sequencer: Sequencer) -> Document:
    async with database.transaction(readonly=True) as tx:
        leaves = [leaf for leaf in await store.leaves(tx, 0, 100) if leaf.seq in (0, 4, 16)]
        made = await prove(tx, leaves, sequencer.verifier, [sequencer.witnesses[0].verifier])
    import msgspec

    parsed: Document = json.loads(msgspec.json.encode(made))
    return parsed


def stands_alone(document: Document, path: Path, key: str = "") -> str:
    """What the stand-alone page says: "" or why not."""
    path.write_text(json.dumps(document), encoding="utf-8")
    try:
        verify_standalone.main(str(path), key)
    except SystemExit as stopped:
        return str(stopped.code)
    return ""


def both(document: Document, tmp_path: Path) -> list[str]:
    """What is wrong by our checker, after making sure that the other one agrees."""
    wrong = verify(json.dumps(document).encode()).wrong
    assert bool(stands_alone(document, tmp_path / "file")) == bool(wrong)
    return wrong


async def test_a_whole_export_is_valid(document: Document, tmp_path: Path) -> None:
    assert both(document, tmp_path) == []
    report = verify(json.dumps(document).encode(), [LOG_KEY, *document["witnesses"]])
    assert report.lines() == [
        "ok     17 entries, 4 checkpoints signed by gangnam",
        "ok     witnessed by police up to entry 16",
        "valid",
    ]
    assert report.exit_code == 0


def rehash(document: Document, first: int = 0) -> None:
    """As an insider does: compute everything anew."""
    for row in document["entries"][first:]:
        plain = json.dumps(row["entry"], sort_keys=True, separators=(",", ":")).encode()
        row["leaf"] = base64.b64encode(leaf_hash(plain)).decode()


def sign_again(document: Document) -> None:
    """As an insider with the signing key does: sign every checkpoint anew. No witness will."""
    tree = merkle.Tree()
    heads = {int(note.split("\n")[1]) for note in document["checkpoints"]}
    document["checkpoints"] = []
    for row in document["entries"]:
        tree.append(base64.b64decode(row["leaf"]))
        if tree.size in heads or tree.size == len(document["entries"]):
            document["checkpoints"].append(sign(Head("gangnam", tree.size, tree.root()), LOG))


async def test_a_changed_entry_is_named(document: Document, tmp_path: Path) -> None:
    for seq in (0, 3, 10, 16):
        changed = json.loads(json.dumps(document))
        changed["entries"][seq]["entry"]["actor"] = "somebody-else"
        wrong = both(changed, tmp_path)
        assert wrong[0].startswith(f"entry {seq} ({changed['entries'][seq]['entry']['id']}) was changed")


@pytest.mark.parametrize(
    ("seq", "named"),
    [(3, "entry 3 was"), (0, "one of the entries 0 to 2"), (12, "one of the entries 9 to 16")],
)
async def test_an_entry_changed_with_its_hashes_is_narrowed_to_its_checkpoint(
    document: Document, tmp_path: Path, seq: int, named: str
) -> None:
    document["entries"][seq]["entry"]["at"] = "2020-01-01T00:00:00.000000Z"
    rehash(document)
    assert both(document, tmp_path)[0].startswith(named)


async def test_a_history_signed_anew_has_no_witness(document: Document, tmp_path: Path) -> None:
    document["entries"][4]["entry"]["actor"] = "somebody-else"
    rehash(document)
    sign_again(document)
    report = verify(json.dumps(document).encode())
    assert any(line.startswith("no witness signed it") for line in report.good)
    assert not any(line.startswith("witnessed by") for line in report.good)


def _without(seq: int) -> Callable[[Document], None]:
    return lambda document: document["entries"].pop(seq)


def _swapped(document: Document) -> None:
    entries = document["entries"]
    entries[5]["entry"], entries[6]["entry"] = entries[6]["entry"], entries[5]["entry"]
    rehash(document)


def _extra_member(document: Document) -> None:
    document["entries"][2]["entry"]["note"] = "unsigned words"


def _last_checkpoint_gone(document: Document) -> None:
    document["checkpoints"].pop()


def _other_key(document: Document) -> None:
    document["key"] = Verifier("gangnam", OTHER.public_key()).text()


def _other_origin(document: Document) -> None:
    document["checkpoints"][1] = sign(Head("seocho", 4, bytes(32)), LOG)


def _broken_signature(document: Document) -> None:
    note = document["checkpoints"][0]
    at = note.index("— gangnam ") + 20
    document["checkpoints"][0] = note[:at] + ("A" if note[at] != "A" else "B") + note[at + 1 :]


@pytest.mark.parametrize(
    "change",
    [
        _without(0),
        _without(7),
        _without(16),
        _swapped,
        _extra_member,
        _last_checkpoint_gone,
        _other_key,
        _other_origin,
        _broken_signature,
    ],
)
async def test_every_other_change_is_noticed(
    document: Document, tmp_path: Path, change: Callable[[Document], None]
) -> None:
    change(document)
    assert both(document, tmp_path)


async def test_a_proof_is_valid_and_names_the_entry_that_does_not_fit(proof: Document, tmp_path: Path) -> None:
    assert both(proof, tmp_path) == []
    proof["entries"][1]["entry"]["object"] = "camera-2"
    assert both(proof, tmp_path) == [
        f"entry 4 ({proof['entries'][1]['entry']['id']}) does not stand in the ledger as shown"
    ]


async def test_a_key_from_elsewhere_decides(document: Document, proof: Document, tmp_path: Path) -> None:
    stranger = Verifier("gangnam", OTHER.public_key()).text()
    for each in (document, proof):
        assert verify(json.dumps(each).encode(), [stranger]).wrong == [
            "the key of gangnam in the file is none of those you trust"
        ]
        assert verify(json.dumps(each).encode(), [LOG_KEY]).wrong == []
        assert stands_alone(each, tmp_path / "file", stranger).startswith("NOT VALID")
        assert stands_alone(each, tmp_path / "file", LOG_KEY) == ""


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'{"kind":"ansim.ledger"}',
        b'{"kind":"other"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"kind":"ansim.proof","origin":"a","key":"a","witnesses":[],"checkpoint":"","entries":[]}',
    ],
)
def test_what_is_no_such_file_is_said(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    report = verify_file(tmp_path / "file")
    assert report.exit_code == 1
    assert report.lines()[-1] == "NOT VALID"
    with pytest.raises(SystemExit):
        verify_standalone.main(str(tmp_path / "file"))


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert verify_file(tmp_path / "none").exit_code == 1


async def test_a_member_that_stands_twice_is_refused(document: Document, tmp_path: Path) -> None:
    text = json.dumps(document).replace('"actor": "a"', '"actor": "shown", "actor": "a"', 1)
    assert verify(text.encode()).exit_code == 1
    (tmp_path / "file").write_text(text)
    with pytest.raises(SystemExit):
        verify_standalone.main(str(tmp_path / "file"))


async def test_the_page_runs_by_itself(document: Document, tmp_path: Path) -> None:
    (tmp_path / "file.json").write_text(json.dumps(document))
    page = tmp_path / "check.py"
    page.write_text(Path(verify_standalone.__file__).read_text())
    command = [sys.executable, "-I", "-O", str(page), str(tmp_path / "file.json")]
    assert subprocess.run(command, capture_output=True, check=True, text=True).stdout.startswith("valid")
    document["entries"].pop()
    (tmp_path / "file.json").write_text(json.dumps(document))
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


# -- witnesses that are late


async def exported(
    database: Database, clock: ManualClock, *, silent: tuple[int, ...], seconds: int = 200
) -> tuple[bytes, str]:
    """Four checkpoints, one every `seconds`; of some the witness was away. The export, and the witness's key."""
    log = Verifier.parse(LOG_KEY)
    verifier = Verifier("police", WITNESS.public_key(), cosigner=True)
    sequencer = Sequencer(database, "gangnam", LOG)
    for number in range(4):
        async with database.transaction() as tx:
            await record(tx, actor="a", act="view.opened", object="camera-1")
        last = await sequencer.settle()
        if number not in silent:
            line = cosign(read(last.note)[0], "police", WITNESS, int(clock.now().timestamp()))
            async with database.transaction() as tx:
                await store.add_cosignature(
                    tx, store.Cosignature(size=last.size, witness="police", at=tx.at, line=line)
                )
        await clock.advance(seconds)
    return b"".join([piece async for piece in export(database, log, [verifier])]), verifier.text()


async def test_a_witness_in_time_is_no_finding(database: Database, clock: ManualClock) -> None:
    content, key = await exported(database, clock, silent=(1,))
    assert verify(content, [LOG_KEY, key]).wrong == [] and verify(content).wrong == []


async def test_a_checkpoint_that_waited_too_long_for_its_witness_is_named(
    database: Database, clock: ManualClock
) -> None:
    content, key = await exported(database, clock, silent=(1, 2))
    assert verify(content, [LOG_KEY, key]).wrong == ["police signed the checkpoint of 2 entries 400 s late"]
    assert verify(content, [LOG_KEY, key], witness_within_s=600).wrong == []


async def test_one_that_never_got_a_signature_is_named(database: Database, clock: ManualClock) -> None:
    content, key = await exported(database, clock, silent=(1, 2, 3))
    assert verify(content, [LOG_KEY, key]).wrong == ["police has not signed the checkpoint of 2 entries for 400 s"]
    other = Verifier("seocho", OTHER.public_key(), cosigner=True).text()
    assert verify(content, [LOG_KEY, other]).wrong == ["seocho has not signed the checkpoint of 1 entries for 600 s"]


async def test_a_proof_without_the_signature_of_a_witness_one_trusts_is_not_enough(proof: Document) -> None:
    content = json.dumps(proof).encode()
    assert verify(content, [LOG_KEY, *proof["witnesses"]]).wrong == []
    other = Verifier("seocho", OTHER.public_key(), cosigner=True).text()
    assert verify(content, [LOG_KEY, other]).wrong == ["seocho has not signed the tree head"]
