"""A destruction from its order to its certificate, and through a crash at every step."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ansim.adapters.witness.simulated import SimulatedWitness
from ansim.core.clock import ManualClock
from ansim.core.database import Database
from ansim.core.postgres import EmbeddedPostgres
from ansim.core.world import World
from ansim.trust.ledger import store as ledger
from ansim.trust.ledger import verify_standalone
from ansim.trust.ledger.checkpoint import Verifier
from ansim.trust.ledger.sequencer import Sequencer
from ansim.trust.retention import actions, store
from ansim.trust.retention.certificate import certify, check_certificate, decode, encode
from ansim.trust.retention.erasure import Eraser, overdue
from ansim.trust.retention.events import DestructionCertified, DestructionOrdered
from ansim.trust.retention.holdings import Holding, Impersonal, collect, unclaimed
from ansim.trust.retention.keys import Erased, Keys
from ansim.trust.retention.master import FileMaster
from ansim.trust.retention.slots import SIZE
from ansim.trust.verify import verify_file

LOG, WITNESS = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
MARK = b"MARKER-37.566535-126.977969"
GROUND = {"why": "to find her", "law": "Act 1", "retention": "until the rescue ends"}
LINES = collect(
    [
        Holding(table="a_position", columns=("sealed",), by="incident", key="track", **GROUND),
        Holding(table="a_case", columns=("fix",), by="id", key="track", destroyed_by="blank", **GROUND),
        Holding(table="a_case", columns=("words",), by="id", key="case", destroyed_by="blank", **GROUND),
    ]
)


@pytest.fixture
async def keys(world: World, tmp_path: Path) -> AsyncIterator[Keys]:
    keys = Keys(world, tmp_path, FileMaster(world, tmp_path))
    yield keys
    keys.close()


@pytest.fixture
async def sequencer(database: Database, world: World, tmp_path: Path) -> AsyncIterator[Sequencer]:
    witness = SimulatedWitness(
        world, tmp_path / "witness", "police", [Verifier("gangnam", LOG.public_key())], private=WITNESS
    )
    yield Sequencer(database, "gangnam", LOG, [witness])
    witness.close()


@pytest.fixture
async def eraser(database: Database, keys: Keys, sequencer: Sequencer) -> Eraser:
    async with database.transaction() as tx:
        await tx.execute("CREATE TABLE a_position (incident text, sealed bytea)")
        await tx.execute("CREATE TABLE a_case (id text, fix bytea, words bytea, track_slot int, case_slot int)")
    return Eraser(database, keys, sequencer, LINES)


async def fill(database: Database, keys: Keys, incident: str, rows: int = 3) -> tuple[int, int]:
    """A case with a track; its track slot and its case slot."""
    track, case = keys.new(2)
    await keys.flush()
    async with database.transaction() as tx:
        for _ in range(rows):
            await tx.execute("INSERT INTO a_position VALUES ($1, $2)", incident, keys.seal(track, MARK, b"p"))
        fix, words = keys.seal(track, MARK, b"f"), keys.seal(case, MARK, b"w")
        await tx.execute("INSERT INTO a_case VALUES ($1, $2, $3, $4, $5)", incident, fix, words, track, case)
    return track, case


async def order(database: Database, incident: str, slot: int) -> str:
    async with database.transaction() as tx:
        return await actions.destroy(
            tx,
            subject=incident,
            scope="track",
            slots=[slot],
            actor="op-7",
            why="closed",
            incident=incident,
            subject_tag="t" * 43,
        )


async def test_from_the_order_to_a_certificate_that_anybody_can_check(
    database: Database, keys: Keys, eraser: Eraser, sequencer: Sequencer, tmp_path: Path
) -> None:
    track, case = await fill(database, keys, "i1")
    other, _ = await fill(database, keys, "i2")
    facts: list[object] = []
    database.on_commit.append(lambda committed: facts.extend(stated.fact for stated in committed.facts))
    id = await order(database, "i1", track)
    assert await eraser.finish_all()
    assert keys.erased(track)
    assert not keys.erased(case)
    assert not keys.erased(other)
    async with database.transaction(readonly=True) as tx:
        found = await store.by_id(tx, id)
        left = await tx.fetch("SELECT incident FROM a_position")
        row = await tx.fetchrow("SELECT fix, words FROM a_case WHERE id = 'i1'")
        told = [leaf.entry for leaf in await ledger.of_incident(tx, "i1")]
    assert {row["incident"] for row in left} == {"i2"}
    assert row is not None
    assert row["fix"] is None
    assert keys.open(case, row["words"], b"w") == MARK
    assert {entry.subject_tag for entry in told} == {"t" * 43}
    assert [(entry.act, entry.details) for entry in told] == [
        ("track.erase-ordered", {"kind": "track", "slot": track}),
        ("track.erased", {"kind": "track", "count": 4}),
    ]
    assert [type(fact) for fact in facts] == [DestructionOrdered, DestructionCertified]
    assert found is not None
    assert found.certificate is not None
    certificate = decode(found.certificate.encode())
    good, wrong = check_certificate(certificate, sequencer.verifier, [sequencer.witnesses[0].verifier])
    assert wrong == []
    assert "witnessed by police" in good
    assert certificate.statement.rows == {"a_position": 3, "a_case": 1}
    assert MARK not in found.certificate.encode()
    (tmp_path / "certificate").write_text(found.certificate)
    assert verify_file(tmp_path / "certificate").exit_code == 0
    verify_standalone.main(str(tmp_path / "certificate"))


def _drop_key(document: dict) -> None:
    document["statement"]["keys"][0]["slot"] += 1


def _change_rows(document: dict) -> None:
    document["statement"]["rows"]["a_case"] = 7


def _other_subject(document: dict) -> None:
    document["statement"]["destruction"] = "0" * 32


def _without_done(document: dict) -> None:
    document["proof"]["entries"].pop()


def _changed_entry(document: dict) -> None:
    document["proof"]["entries"][0]["entry"]["at"] = "2020-01-01T00:00:00.000000Z"


def _wrong_path(document: dict) -> None:
    document["proof"]["entries"][1]["path"] = []


@pytest.mark.parametrize(
    "change", [_drop_key, _change_rows, _other_subject, _without_done, _changed_entry, _wrong_path]
)
@pytest.mark.parametrize("sign_again", [False, True])
async def test_a_changed_certificate_is_noticed_even_when_the_centre_signs_it_again(
    database: Database,
    keys: Keys,
    eraser: Eraser,
    sequencer: Sequencer,
    tmp_path: Path,
    change: Callable[[dict], None],
    sign_again: bool,
) -> None:
    track, _ = await fill(database, keys, "i1")
    id = await order(database, "i1", track)
    await eraser.finish_all()
    async with database.transaction(readonly=True) as tx:
        found = await store.by_id(tx, id)
    assert found is not None
    assert found.certificate is not None
    document = json.loads(found.certificate)
    change(document)
    certificate = decode(json.dumps(document).encode())
    if sign_again:
        certificate = certify(certificate.statement, LOG.sign, certificate.proof)
    _, wrong = check_certificate(certificate, sequencer.verifier, [])
    assert wrong
    (tmp_path / "certificate").write_text(encode(certificate))
    assert verify_file(tmp_path / "certificate").exit_code == 1
    with pytest.raises(SystemExit):
        verify_standalone.main(str(tmp_path / "certificate"))


STEPS = ["erase", "set_keys_gone", "destroy_rows", "set_erased", "settle", "set_certified"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("before", [True, False])
async def test_a_crash_at_any_step_is_finished_after_a_restart(
    database: Database,
    world: World,
    keys: Keys,
    eraser: Eraser,
    sequencer: Sequencer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    before: bool,
) -> None:
    track, _ = await fill(database, keys, "i1")
    id = await order(database, "i1", track)
    place = {"erase": keys, "settle": sequencer}.get(step, store)
    original = getattr(place, step)

    async def crash(*arguments: object) -> object:
        if not before:
            await original(*arguments)
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr(place, step, crash)
        assert not await eraser.finish_all()
    again = Keys(world, tmp_path, FileMaster(world, tmp_path))
    restarted = Eraser(database, again, sequencer, LINES)
    assert await restarted.finish_all()
    assert again.erased(track)
    again.close()
    async with database.transaction(readonly=True) as tx:
        found = await store.by_id(tx, id)
        assert found is not None
        assert found.certified_at is not None
        assert await tx.fetch("SELECT FROM a_position") == []
        done = [leaf for leaf in await ledger.by_ids(tx, [found.erased or ""]) if leaf.entry.act == "track.erased"]
        assert len(done) == 1
        assert await tx.fetchval("SELECT count(*) FROM ledger_entry") == 2
    assert found.certificate is not None
    assert check_certificate(decode(found.certificate.encode()), sequencer.verifier, [])[1] == []


async def test_one_that_cannot_be_finished_does_not_stop_the_others(
    database: Database, keys: Keys, eraser: Eraser, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = (await fill(database, keys, "i1"))[0], (await fill(database, keys, "i2"))[0]
    await order(database, "i1", bad)
    await order(database, "i2", good)
    original = keys.erase

    async def erase(slots: list[int]) -> None:
        if bad in slots:
            raise RuntimeError
        await original(slots)

    monkeypatch.setattr(keys, "erase", erase)
    assert not await eraser.finish_all()
    assert keys.erased(good)


async def test_it_happens_when_it_is_due_and_a_hold_postpones_it(
    database: Database, keys: Keys, eraser: Eraser, clock: ManualClock
) -> None:
    _, case = await fill(database, keys, "i1")
    day = timedelta(days=1)
    async with database.transaction() as tx:
        start = tx.at
        id = await actions.destroy(
            tx, subject="i1", scope="case", slots=[case], actor="system", why="retention", due_at=start + day
        )
    async with database.transaction(readonly=True) as tx:
        assert (
            await tx.fetchval("SELECT due_at FROM timer WHERE kind = $1 AND subject = $2", actions.DUE, id)
            == start + day
        )
    async with database.transaction() as tx:
        assert await actions.postpone(tx, id, start + 3 * day)
    await clock.advance(2 * 86_400)
    async with database.transaction() as tx:
        await actions.due(tx, id)
    assert await eraser.finish_all()
    assert not keys.erased(case)
    await clock.advance(86_400 + 120)
    async with database.transaction() as tx:
        assert await overdue(tx) == [
            f"destruction {id} (case) is overdue since 2026-11-24T14:47:00.000000Z: not ordered"
        ]
        await actions.due(tx, id)
        await actions.due(tx, id)
        assert not await actions.postpone(tx, id, start + 9 * day)
    assert await eraser.finish_all()
    assert keys.erased(case)
    async with database.transaction(readonly=True) as tx:
        assert await overdue(tx) == []
        assert await tx.fetchval("SELECT count(*) FROM ledger_entry") == 2


async def test_ordering_twice_is_one_destruction(database: Database, keys: Keys, eraser: Eraser) -> None:
    track, _ = await fill(database, keys, "i1")
    assert await order(database, "i1", track) == await order(database, "i1", track)
    await eraser.finish_all()
    assert await order(database, "i1", track)
    async with database.transaction(readonly=True) as tx:
        assert await tx.fetchval("SELECT count(*) FROM destruction") == 1
        assert await tx.fetchval("SELECT count(*) FROM ledger_entry") == 2


async def test_the_loop_wakes_by_itself(database: Database, keys: Keys, eraser: Eraser) -> None:
    track, _ = await fill(database, keys, "i1")
    certified = asyncio.Event()
    database.on_commit.append(
        lambda committed: (
            certified.set()
            if any(isinstance(stated.fact, DestructionCertified) for stated in committed.facts)
            else None
        )
    )
    await eraser.start()
    await order(database, "i1", track)
    async with asyncio.timeout(60):
        await certified.wait()
    await eraser.close()
    assert keys.erased(track)


async def test_each_day_the_living_keys_move_to_its_key(
    database: Database, keys: Keys, eraser: Eraser, clock: ManualClock
) -> None:
    track, case = await fill(database, keys, "i1")
    day = keys.today()
    await eraser.start()
    async with asyncio.timeout(60):
        while keys.check([]).stale_days or keys.check([]).days < 2 or keys.today() < day + 9:
            await clock.advance(3600)
            await asyncio.sleep(0)
    await eraser.close()
    report = keys.check([track, case])
    assert (report.live, report.damaged) == (2, ())
    assert report.days <= 9


async def test_an_old_key_file_put_back_is_erased_again(
    database: Database, keys: Keys, eraser: Eraser, sequencer: Sequencer, world: World, tmp_path: Path
) -> None:
    track, _ = await fill(database, keys, "i1")
    copy = (tmp_path / "keys").read_bytes()
    await order(database, "i1", track)
    await eraser.finish_all()
    (tmp_path / "keys").write_bytes(copy)
    restored = Keys(world, tmp_path, FileMaster(world, tmp_path))
    assert not restored.erased(track)
    assert await Eraser(database, restored, sequencer, LINES).repeat_all() == 1
    with pytest.raises(Erased):
        restored.seal(track, b"x", b"p")
    restored.close()


async def test_no_copy_of_what_was_sealed_is_left_anywhere_that_can_be_read(
    database: Database, keys: Keys, eraser: Eraser, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    """The bytes on the disk: heap, write-ahead log, key file. The ciphertext may stay; nothing opens it."""
    track, _case = await fill(database, keys, "i1", rows=50)
    sealed = keys.seal(track, MARK, b"p")
    live = (tmp_path / "keys").read_bytes()[track * SIZE : track * SIZE + 60]
    async with database.transaction() as tx:
        await tx.execute("CREATE TABLE plain (text bytea)")
        await tx.execute("INSERT INTO plain VALUES ($1)", b"CONTROL-" + MARK[::-1])
    await order(database, "i1", track)
    await eraser.finish_all()

    def hits(marker: bytes) -> int:
        folders = (postgres.place, tmp_path)
        return sum(file.read_bytes().count(marker) for at in folders for file in at.rglob("*") if file.is_file())

    assert hits(b"CONTROL-" + MARK[::-1]) > 0, "the scan must be able to find something"
    assert hits(MARK) == 0
    assert hits(live) == 0
    with pytest.raises(Erased):
        keys.open(track, sealed, b"p")
    async with database.transaction(readonly=True) as tx:
        assert await tx.fetchval("SELECT count(*) FROM ledger_entry") == 2


# -- holdings


def test_a_holding_says_how_it_ends() -> None:
    with pytest.raises(ValueError):
        Holding(table="t", columns=("c",), key="track", **GROUND)
    with pytest.raises(ValueError):
        Holding(table="t", columns=("c",), key=None, by="b", **GROUND)
    with pytest.raises(ValueError):
        Holding(table="t; DROP", columns=("c",), key="track", by="b", **GROUND)
    with pytest.raises(ValueError):
        Holding(table="t", columns=(), key="track", by="b", **GROUND)
    one = Holding(table="t", columns=("c",), key="track", by="b", **GROUND)
    with pytest.raises(ValueError, match="twice"):
        collect([one], [one])
    with pytest.raises(ValueError, match="both"):
        collect([one, Impersonal(table="t", why="x")])


async def test_a_table_that_nobody_claims_is_named(database: Database, eraser: Eraser) -> None:
    async with database.transaction(readonly=True) as tx:
        found = await unclaimed(tx, LINES)
        assert not any(line.startswith(("a_case", "a_position", "ledger_", "destruction")) for line in found)
        assert "timer: no holding claims it" in found
        gone = Holding(table="nowhere", columns=("c",), key="track", by="b", **GROUND)
        wrong = Holding(table="timer", columns=("place",), key="track", by="subject", **GROUND)
        found = await unclaimed(tx, [*LINES, gone, wrong])
    assert "nowhere: claimed, but there is no such table" in found
    assert "timer.place: claimed, but there is no such column" in found


def test_a_certificate_is_json_for_people() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(b'{"kind":"ansim.destruction"}')
