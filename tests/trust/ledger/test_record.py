"""What may enter a record that is never erased."""

import asyncio
import json

import pytest

from ansim.core.clock import ManualClock
from ansim.core.database import Database
from ansim.core.errors import Problem
from ansim.trust.ledger import store
from ansim.trust.ledger.actions import entry_of, record, record_many
from ansim.trust.ledger.model import leaf_hash, subject_tag


async def test_an_entry_is_accepted_with_its_act_and_waits(database: Database) -> None:
    async with database.transaction() as tx:
        entry = await record(
            tx,
            actor="op-7",
            act="view.opened",
            object="camera-3",
            incident="i1",
            purpose="sos",
            details={"camera": "camera-3", "seconds": 12},
        )
    async with database.transaction(readonly=True) as tx:
        waiting = await store.waiting(tx, 10)
    assert [found.id for found in waiting] == [entry]
    assert json.loads(waiting[0].canonical()) == {
        "id": entry,
        "at": waiting[0].at,
        "actor": "op-7",
        "act": "view.opened",
        "object": "camera-3",
        "incident": "i1",
        "purpose": "sos",
        "details": {"camera": "camera-3", "seconds": 12},
    }


async def test_the_bytes_that_are_hashed_are_canonical_json_after_a_round_trip(database: Database) -> None:
    async with database.transaction() as tx:
        made = entry_of(
            tx,
            actor="a",
            act="x.y",
            object="o",
            details={"seconds": 2**53 - 1, "why": "z a-b", "camera": "c"},
        )
        await record_many(tx, [made])
    async with database.transaction(readonly=True) as tx:
        (read,) = await store.waiting(tx, 10)
    plain = json.dumps(json.loads(made.canonical()), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert read.canonical() == made.canonical() == plain
    assert read.leaf() == leaf_hash(plain)


async def test_no_act_without_its_entry_and_no_entry_without_its_act(database: Database) -> None:
    with pytest.raises(RuntimeError):
        async with database.transaction() as tx:
            await record(tx, actor="a", act="x", object="o")
            raise RuntimeError
    async with database.transaction(readonly=True) as tx:
        assert await store.waiting(tx, 10) == []


async def test_two_open_transactions_do_not_wait_for_each_other(database: Database) -> None:
    async with asyncio.timeout(60), database.transaction() as one, database.transaction() as two:
        await record(one, actor="a", act="x", object="o")
        await record(two, actor="b", act="x", object="o")


REFUSED = {
    "actor": ["", "김하늘", "a b", "x" * 129, "37.56653", "a@37.566535"],
    "object": ["37.566535,126.977969", "o\n", "서울"],
    "incident": ["", "-33.86882"],
    "act": ["", "View", "view opened", "a.b.c.d.e"],
    "purpose": ["그냥", "call 010-1234-5678", "near 37.5665", "Sos", "x" * 65],
    "subject_tag": ["", "short", "x" * 44],
    "sealed_hash": ["", "AB" * 32, "g" * 64],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in REFUSED.items() for value in values])
async def test_what_could_hold_a_person_or_a_place_is_refused(database: Database, field: str, value: str) -> None:
    good = {"actor": "a", "act": "x", "object": "o"}
    async with database.transaction() as tx:
        with pytest.raises(Problem) as refused:
            await record(tx, **{**good, field: value})
    assert refused.value.status == 422
    assert refused.value.field == field
    assert value == "" or value not in str(refused.value)


@pytest.mark.parametrize(
    "details",
    [
        {"name": "x"},
        {"latitude": 1},
        {"seconds": 1.5},
        {"count": True},
        {"bytes": 2**53},
        {"why": "37.56653 126.97796"},
        {"why": "01012345678"},
        {"why": "+82 10 1234 5678"},
        {"why": "김하늘"},
        {"why": ""},
        {"why": None},
        {"why": {"x": 1}},
    ],
)
async def test_details_are_a_few_words_and_whole_numbers(database: Database, details: dict) -> None:
    async with database.transaction() as tx:
        with pytest.raises(Problem) as refused:
            await record(tx, actor="a", act="x", object="o", details=details)
    assert refused.value.field == f"details.{next(iter(details))}"


async def test_identifiers_pass(database: Database, clock: ManualClock) -> None:
    async with database.transaction() as tx:
        identifier = tx.world.id()
        await record(tx, actor=identifier, act="x", object="1" * 32, incident=identifier, details={"grant": identifier})


def test_only_the_secret_of_her_receipt_leads_to_the_tag() -> None:
    tag = subject_tag("s" * 43, "i1")
    assert len(tag) == 43
    assert tag != subject_tag("t" * 43, "i1")
    assert tag != subject_tag("s" * 43, "i2")


async def test_nothing_in_the_ledger_can_be_changed_or_deleted(database: Database) -> None:
    async with database.transaction() as tx:
        await record(tx, actor="a", act="x", object="o")
    for sql in ("UPDATE ledger_entry SET actor = 'b'", "DELETE FROM ledger_entry"):
        with pytest.raises(Exception, match="append-only"):
            async with database.transaction() as tx:
                await tx.execute(sql)
