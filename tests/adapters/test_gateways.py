"""What every line to an agency must do (response.dispatch.ports.Gateway). An adapter joins by a maker in `MAKERS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from ansim.adapters.gateways.desk import Desk, DeskGateway
from ansim.core.position import Position
from ansim.response.dispatch.ports import Ask, Gateway, NoAnswer

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ASK = Ask(
    id="d1",
    agency="112",
    number="SN-0301-0001",
    centre="성남시",
    kind="sos",
    silent=True,
    place="분당구",
    position=Position(latitude=37.38, longitude=127.12, accuracy_m=9, source="web", at=AT),
    description="SOS",
    at=AT,
)


@dataclass
class Known:
    """What the agency knows of one request."""

    requests: int
    position: bool
    link: str | None
    closed: bool


@dataclass
class Line:
    """A gateway and its far end. `cut` takes the line down."""

    gateway: Gateway
    known: Callable[[], Known]
    cut: Callable[[], None]


def desk() -> Line:
    desk = Desk()

    def known() -> Known:
        request = desk.requests["d1"]
        return Known(len(desk.requests), request.position is not None, request.link, request.closed)

    def cut() -> None:
        desk.reachable = False

    return Line(DeskGateway(desk), known, cut)


MAKERS = {"desk": desk}


@pytest.fixture(params=MAKERS)
def line(request: pytest.FixtureRequest) -> Line:
    return MAKERS[request.param]()


async def test_a_request_arrives_and_gets_the_agencys_reference(line: Line) -> None:
    assert await line.gateway.ask(ASK)
    assert line.known() == Known(1, True, None, False)
    assert line.gateway.up()


async def test_the_same_request_twice_is_one(line: Line) -> None:
    assert await line.gateway.ask(ASK) == await line.gateway.ask(ASK)
    assert line.known().requests == 1


async def test_the_officers_link_arrives(line: Line) -> None:
    await line.gateway.ask(ASK)
    await line.gateway.hand_link("d1", "https://centre.example/l/secret")
    assert line.known().link == "https://centre.example/l/secret"


async def test_with_the_case_her_place_and_the_link_leave_the_agency(line: Line) -> None:
    await line.gateway.ask(ASK)
    await line.gateway.hand_link("d1", "https://centre.example/l/secret")
    await line.gateway.closed("d1", "closed")
    assert line.known() == Known(1, False, None, True)
    await line.gateway.closed("d1", "closed")


async def test_a_line_that_is_down_says_so_and_names_nobody(line: Line) -> None:
    await line.gateway.ask(ASK)
    line.cut()
    assert not line.gateway.up()
    for attempt in (
        line.gateway.ask(ASK),
        line.gateway.hand_link("d1", "https://centre.example/l/secret"),
        line.gateway.closed("d1", "closed"),
    ):
        with pytest.raises(NoAnswer) as refused:
            await attempt
        assert "37.38" not in str(refused.value) and "secret" not in str(refused.value)
