"""What the line to an agency must do (response.dispatch.ports.Gateway). An adapter joins by a maker in `MAKERS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from ansim.adapters.gateways.desk import Desk, DeskGateway
from ansim.core.position import Position
from ansim.response.dispatch.ports import Ask, Gateway, NoAnswer

AT = datetime(2026, 11, 21, 14, 47, tzinfo=UTC)
HERE = Position(latitude=37.38, longitude=127.12, accuracy_m=9, at=AT)
LINK = "https://centre.example/l/very-secret"


@dataclass
class Line:
    """A gateway, what the agency at its other end knows by request id, and how to break the wire."""

    gateway: Gateway
    known: Callable[[], dict[str, Any]]
    reach: Callable[[bool], None]


def desk() -> Line:
    desk = Desk()

    def reach(up: bool) -> None:
        desk.reachable = up

    def known() -> dict[str, Any]:
        return {
            id: {"place": one.place, "position": one.position, "link": one.link, "closed": one.closed}
            for id, one in desk.requests.items()
        }

    return Line(DeskGateway(desk), known, reach)


MAKERS = {"desk": desk}


@pytest.fixture(params=MAKERS)
def line(request: pytest.FixtureRequest) -> Line:
    return MAKERS[request.param]()


def ask(id: str = "d1", **changed: Any) -> Ask:
    fields = {
        "id": id, "agency": "112", "number": "SN-1121-0007", "centre": "성남", "kind": "sos", "silent": True,
        "place": "별빛로", "position": HERE, "description": "", "at": AT,
    }  # fmt: skip
    return Ask(**{**fields, **changed})


async def test_the_agency_knows_what_it_was_asked_and_says_its_reference(line: Line) -> None:
    assert await line.gateway.ask(ask())
    assert line.known() == {"d1": {"place": "별빛로", "position": HERE, "link": None, "closed": False}}


async def test_the_same_id_twice_is_one_request(line: Line) -> None:
    first = await line.gateway.ask(ask())
    assert await line.gateway.ask(ask()) == first
    assert list(line.known()) == ["d1"]


async def test_two_requests_are_two_references(line: Line) -> None:
    assert await line.gateway.ask(ask("d1")) != await line.gateway.ask(ask("d2"))


async def test_the_way_to_see_her_reaches_the_unit(line: Line) -> None:
    await line.gateway.ask(ask())
    await line.gateway.hand_link("d1", LINK)
    assert line.known()["d1"]["link"] == LINK
    await line.gateway.hand_link("d1", LINK + "2")
    assert line.known()["d1"]["link"] == LINK + "2", "a new link replaces the one before"


async def test_when_it_has_closed_the_agency_keeps_neither_her_place_nor_the_way_to_see_her(line: Line) -> None:
    await line.gateway.ask(ask())
    await line.gateway.hand_link("d1", LINK)
    await line.gateway.closed("d1", "closed")
    after = line.known()["d1"]
    assert (after["position"], after["link"], after["closed"]) == (None, None, True)
    await line.gateway.closed("d1", "closed")


async def test_what_comes_after_the_end_brings_nothing_back(line: Line) -> None:
    """Errands come at least once and in no promised order."""
    await line.gateway.ask(ask())
    await line.gateway.closed("d1", "closed")
    await line.gateway.hand_link("d1", LINK)
    await line.gateway.ask(ask())
    after = line.known()["d1"]
    assert (after["position"], after["link"], after["closed"]) == (None, None, True)


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
    assert list(line.known()) == ["d1"] and not line.known()["d1"]["closed"]
    line.reach(True)
    assert line.gateway.up() and await line.gateway.ask(ask("d2"))
    assert list(line.known()) == ["d1", "d2"]


async def test_what_was_never_asked_is_passed_over(line: Line) -> None:
    await line.gateway.closed("d9", "closed")
    assert line.known() == {}
