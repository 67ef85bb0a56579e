"""The city's streets: a way home is judged along them, and whoever asks hears which way is lit, seen and near help."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansim.app.running import database_of
from ansim.city.bells import register as bells
from ansim.city.bells.model import Bell
from ansim.city.cameras.map import read as read_map
from ansim.city.cameras.register import lay
from ansim.city.ways.model import Facility
from ansim.city.ways.register import Network, bring
from ansim.core.geo import destination
from ansim.sim.phone import instant
from tests.flow.conftest import CENTRE, HOME, House
from tests.flow.test_trips import DOOR, started

pytestmark = pytest.mark.flow

Place = tuple[float, float]
"""Metres east and north of HOME."""

DETOUR: tuple[Place, ...] = ((0, 0), (0, -300), (300, -300), (300, 900), (0, 900))
"""The only way to her door begins by leading away from it."""
DARK, BRIGHT = ((600, 0), (1000, 0)), ((600, 0), (600, -60), (1000, -60), (1000, 0))
NIGHT, NOON = datetime(2026, 11, 23, 14, 0, tzinfo=UTC), datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def at(place: Place) -> tuple[float, float]:
    return destination(*destination(*HOME, 0.0, place[1]), 90.0, place[0])


def streets(*lines: Sequence[Place]) -> bytes:
    features = [
        {
            "type": "Feature",
            "properties": {"kind": "path"},
            "geometry": {"type": "LineString", "coordinates": [at(one)[::-1] for one in line]},
        }
        for line in lines
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def facility(kind: Any, place: Place, hours: str | None = None) -> Facility:
    latitude, longitude = at(place)
    return Facility(
        kind=kind, id=f"{place}", name=f"{kind} {place}", latitude=latitude, longitude=longitude, hours=hours
    )


async def imported(
    house: House, dsn: str, lines: Sequence[Sequence[Place]], facilities: Sequence[Facility] = ()
) -> None:
    """By another process, as the command line does it; the centre that runs hears of it."""
    network = house.centre.database.use(Network)
    other = await database_of(dsn)
    try:
        async with other.transaction() as tx:
            await lay(tx, "streets", read_map(streets(*lines)).layers, actor="command-line")
            for kind in {one.kind for one in facilities}:
                await bring(tx, kind, "file", [one for one in facilities if one.kind == kind], actor="command-line")
    finally:
        await other.close()

    async def known() -> bool:
        return network.roads is not None and all(one in network.facilities for one in facilities)

    await house.clock.advance(6)
    await house.until(known)


async def test_a_way_home_is_judged_along_the_streets(house: House, dsn: str) -> None:
    await imported(house, dsn, [DETOUR])
    walk = await started(house, promised_at=instant(house.clock.now() + timedelta(hours=1)))
    assert walk.body["destination"]["latitude"] == DOOR[0]
    assert (await walk.state())["remaining_m"] == pytest.approx(2100, abs=15)
    # the street leads her 300 m away from home, and nobody asks
    state = await walk.walk(0, -300)
    assert state["state"] == "walking" and state["remaining_m"] == pytest.approx(1800, abs=15)

    async def goes(*way: Place) -> dict[str, Any]:
        state: dict[str, Any] = {}
        for east, north in way:
            await house.clock.advance(10)
            state = await walk.at(north, east)
        return state

    state = await goes(*((east, -300) for east in range(15, 151, 15)))
    assert state["state"] == "walking" and state["remaining_m"] == pytest.approx(1650, abs=15)
    # across a meadow of which no map knows the path the straight line counts
    state = await goes(*((150, north) for north in range(-285, 1, 15)))
    assert state["state"] == "walking" and state["remaining_m"] < 950
    # and that it leads to where it is farther along the streets than before is no reason to ask, either
    state = await goes(*((east, 0) for east in range(135, -1, -15)), *((0, north) for north in range(-15, -301, -15)))
    assert state["state"] == "walking" and state["remaining_m"] == pytest.approx(1800, abs=15)
    await goes(*((east, -300) for east in range(15, 196, 15)))
    # but turning round is: she comes nearer by the straight line, and has farther to walk
    back = [*((east, -300) for east in range(180, -1, -15)), *((0, north) for north in range(-285, -90, 15))]
    asked = [state async for state in _each(goes, back) if state["question"]]
    assert asked[0]["question"]["reason"] == "away" and asked[0]["remaining_m"] < 1950


async def _each(
    goes: Callable[[Place], Awaitable[dict[str, Any]]], way: Sequence[Place]
) -> AsyncIterator[dict[str, Any]]:
    """What her phone shows at each step, until she is asked."""
    for place in way:
        state = await goes(place)
        yield state
        if state["question"]:
            return


async def test_which_way_is_lit_and_near_help_is_said_in_figures(house: House, dsn: str) -> None:
    client = await house.client()

    async def asked(when: datetime, **more: Any) -> Any:
        start, to = ({"latitude": lat, "longitude": lon} for lat, lon in (at(DARK[0]), at(DARK[-1])))
        body = {"from": start, "to": to, "mode": "walk", "at": when.isoformat()} | more
        answer = await client.post("/api/ways", json=body)
        return answer.json() | {"code": answer.status_code}

    assert (await asked(NIGHT))["code"] == 404
    lamps = [facility("light", (600 + step, -62)) for step in range(0, 401, 40)]
    box, shop = facility("police", (700, -80)), facility("shop", (800, -70), "09:00-22:00")
    async with house.centre.database.transaction() as tx:
        where = dict(zip(("latitude", "longitude"), at((900, -70)), strict=True))
        await bells.bring(tx, [Bell(id="bell-1", centre=CENTRE, name="별빛로 비상벨", **where)], actor="test")
    await imported(house, dsn, [DARK, BRIGHT], [*lamps, box, shop])

    found = await asked(NIGHT)
    short, safe = found["ways"]
    assert (short["kind"], safe["kind"], found["dark"]) == ("shortest", "safe", True)
    assert short["metres"] == pytest.approx(400, abs=3) and short["lit"] < 0.1 and short["police"] == 0
    assert safe["longer_m"] == pytest.approx(120, abs=3) and safe["minutes"] == 8 and safe["lit"] > 0.8
    assert safe["police"] == 1 and safe["shops"] == 0 and {one["open"] for one in safe["help"]} == {True, False}
    assert safe["line"][0] == pytest.approx(at(DARK[0])[::-1], abs=1e-5)
    assert found["unknown"] == ["shelter"] and safe["shelters"] is None and safe["bells"] == 1
    by_day = await asked(NOON)
    assert not by_day["dark"] and by_day["ways"][-1]["shops"] in (0, 1)

    far = {"latitude": 35.1, "longitude": 129.04}
    outside = await asked(NIGHT, to=far)
    assert (outside["code"], outside["type"], outside["field"]) == (404, "way.unknown", "to")
    for field, wrong in (("from", {"latitude": 91, "longitude": 127}), ("mode", "car"), ("at", "now"), ("x", 1)):
        assert 400 <= (await asked(NIGHT, **{field: wrong}))["code"] < 500
    assert [place["kind"] for place in (await client.get("/api/help")).json()["places"]] == ["police", "bell"]
    # somebody reports the bell: until it is mended it is no help, neither in figures nor in the list
    assert (await client.post("/api/bells/bell-1/faults", json={"wrong": "button"})).status_code == 204
    await house.settle()
    broken = (await asked(NIGHT))["ways"][-1]
    assert broken["bells"] == 0 and broken["near_help"] < safe["near_help"]
    assert not [one for one in broken["help"] if one["kind"] == "bell"]
    assert [place["kind"] for place in (await client.get("/api/help")).json()["places"]] == ["police"]
    leader = await house.client("supervisor")
    [fault] = (await leader.get("/api/bell-faults")).json()["faults"]
    assert (await leader.post(f"/api/bell-faults/{fault['id']}", json={"state": "mended"})).status_code == 200
    await house.settle()
    assert (await asked(NIGHT))["ways"][-1] == safe
    # nobody's question is kept: neither in a table, nor in the ledger
    assert not await house.rows("SELECT 1 FROM ledger_entry WHERE act LIKE 'way%'")
    codes = [(await asked(NIGHT))["code"] for _ in range(70)]
    assert codes[0] == 200 and codes[-1] == 429
