"""What the line to an agency must do (response.dispatch.ports.Gateway). An adapter joins by a maker in `MAKERS`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ansim.adapters.gateways import desk as desks
from ansim.adapters.gateways.desk import Desk, DeskGateway
from ansim.core.clock import ManualClock
from ansim.core.database import Database, Transaction
from ansim.core.database.pool import PoolDriver
from ansim.core.position import Position
from ansim.core.world import World
from ansim.response.dispatch.ports import Ask, Gateway, NoAnswer
from ansim.trust.retention.keys import Keys
from ansim.trust.retention.master import FileMaster

AT = datetime(2026, 11, 21, 14, 47, tzinfo=UTC)
HERE = Position(latitude=37.38, longitude=127.12, accuracy_m=9, at=AT)
LINK = "https://centre.example/l/very-secret"


@dataclass
class Line:
    """A gateway, what the agency at its other end knows by request id, how to break the wire, and how both ends look after
    their processes were killed and started again."""

    gateway: Gateway
    known: Callable[[], Awaitable[dict[str, Any]]]
    reach: Callable[[bool], None]
    restarted: Callable[[], Awaitable[Line]]


Maker = Callable[[str, Path, AsyncExitStack], Awaitable[Line]]


async def _desk(dsn: str, folder: Path, stack: AsyncExitStack) -> Line:
    world = World(clock=ManualClock())
    database = Database(await PoolDriver.connect(dsn, size=2), world)
    stack.push_async_callback(database.close)
    keys = Keys(world, folder, FileMaster(world, folder))
    stack.callback(keys.close)
    database.provide(Keys, keys)
    desk = Desk()

    def reach(up: bool) -> None:
        desk.reachable = up

    async def known() -> dict[str, Any]:
        async with database.transaction(readonly=True) as tx:
            return {
                one.id: {"place": one.place, "position": one.position, "link": one.link, "closed": one.closed}
                for one in await desks.of(tx, None)
            }

    async with database.transaction() as tx:
        if await tx.fetchval("SELECT 1 FROM dispatch LIMIT 1") is None:
            await _cases(tx, keys.new(2))
    await keys.flush()
    return Line(DeskGateway(desk, database), known, reach, lambda: _desk(dsn, folder, stack))


async def _cases(tx: Transaction, slots: list[int]) -> None:
    """What the centre has when it asks: each request belongs to a case with its track key."""
    for number, slot in enumerate(slots, start=1):
        await tx.execute(
            "INSERT INTO incident (id, number, centre, route, kind, trigger, silent, priority, state, verdict, subject_tag,"
            " track_slot, received_at) VALUES ($1, $1, 'c', 'exact', 'sos', 'button', true, 1, 'received', 'none', 't', $2, $3)",
            f"i{number}", slot, AT,
        )  # fmt: skip
        await tx.execute(
            "INSERT INTO dispatch (id, incident, agency, state, requested_by, requested_at, changed_at)"
            " VALUES ($1, $2, '112', 'requested', 'o', $3, $3)",
            f"d{number}", f"i{number}", AT,
        )  # fmt: skip


MAKERS: dict[str, Maker] = {"desk": _desk}


@pytest.fixture(params=MAKERS)
async def line(request: pytest.FixtureRequest, dsn: str, tmp_path: Path) -> AsyncIterator[Line]:
    async with AsyncExitStack() as stack:
        yield await MAKERS[request.param](dsn, tmp_path, stack)


def ask(id: str = "d1", **changed: Any) -> Ask:
    fields = {
        "id": id, "agency": "112", "number": "SN-1121-0007", "centre": "성남", "kind": "sos", "silent": True,
        "place": "별빛로", "position": HERE, "description": "", "at": AT,
    }  # fmt: skip
    return Ask(**{**fields, **changed})


async def test_the_agency_knows_what_it_was_asked_and_says_its_reference(line: Line) -> None:
    assert await line.gateway.ask(ask())
    assert (await line.known()) == {"d1": {"place": "별빛로", "position": HERE, "link": None, "closed": False}}


async def test_the_same_id_twice_is_one_request(line: Line) -> None:
    first = await line.gateway.ask(ask())
    assert await line.gateway.ask(ask()) == first
    assert list(await line.known()) == ["d1"]


async def test_two_requests_are_two_references(line: Line) -> None:
    assert await line.gateway.ask(ask("d1")) != await line.gateway.ask(ask("d2"))


async def test_the_way_to_see_her_reaches_the_unit(line: Line) -> None:
    await line.gateway.ask(ask())
    await line.gateway.hand_link("d1", LINK)
    assert (await line.known())["d1"]["link"] == LINK
    await line.gateway.hand_link("d1", LINK + "2")
    assert (await line.known())["d1"]["link"] == LINK + "2", "a new link replaces the one before"


async def test_when_it_has_closed_the_agency_keeps_neither_her_place_nor_the_way_to_see_her(line: Line) -> None:
    await line.gateway.ask(ask())
    await line.gateway.hand_link("d1", LINK)
    await line.gateway.closed("d1", "closed")
    after = (await line.known())["d1"]
    assert after == {"place": "", "position": None, "link": None, "closed": True}
    await line.gateway.closed("d1", "closed")


async def test_what_comes_after_the_end_brings_nothing_back(line: Line) -> None:
    """Errands come at least once and in no promised order."""
    await line.gateway.ask(ask())
    await line.gateway.closed("d1", "closed")
    await line.gateway.hand_link("d1", LINK)
    await line.gateway.ask(ask())
    after = (await line.known())["d1"]
    assert after == {"place": "", "position": None, "link": None, "closed": True}


async def test_a_dead_line_is_said_and_nothing_is_lost(line: Line) -> None:
    await line.gateway.ask(ask("d1"))
    assert line.gateway.up()
    line.reach(False)
    assert not line.gateway.up()
    for call in (
        line.gateway.ask(ask("d2")),
        line.gateway.hand_link("d1", LINK),
        line.gateway.closed("d1", "closed"),
    ):
        with pytest.raises(NoAnswer) as refused:
            await call
        for secret in ("37.38", "127.12", "별빛로", LINK):
            assert secret not in str(refused.value)
    assert list(await line.known()) == ["d1"] and not (await line.known())["d1"]["closed"]
    line.reach(True)
    assert line.gateway.up() and await line.gateway.ask(ask("d2"))
    assert list(await line.known()) == ["d1", "d2"]


async def test_what_the_agency_knew_it_knows_after_a_restart(line: Line) -> None:
    reference = await line.gateway.ask(ask("d1"))
    await line.gateway.hand_link("d1", LINK)
    await line.gateway.ask(ask("d2"))
    await line.gateway.closed("d2", "closed")
    before = await line.known()
    again = await line.restarted()
    assert await again.known() == before
    assert await again.gateway.ask(ask("d1")) == reference and await again.known() == before, "it is the same request"
    await again.gateway.closed("d1", "closed")
    assert (await again.known())["d1"] == {"place": "", "position": None, "link": None, "closed": True}


async def test_what_was_never_asked_is_passed_over(line: Line) -> None:
    await line.gateway.closed("d9", "closed")
    assert (await line.known()) == {}


# what is particular to the desk


async def test_on_the_desk_nothing_of_hers_lies_open(line: Line, dsn: str) -> None:
    """Sealed under the track key: when that dies, the desk's copy has died with it, wherever it went."""
    await line.gateway.ask(ask())
    await line.gateway.hand_link("d1", LINK)
    database = Database(await PoolDriver.connect(dsn, size=2), World())
    try:
        async with database.transaction(readonly=True) as tx:
            stored = str([dict(row) for row in await tx.fetch("SELECT * FROM desk_request")])
        for secret in ("37.38", "127.12", "별빛로", LINK, "very-secret"):
            assert secret not in stored
    finally:
        await database.close()
