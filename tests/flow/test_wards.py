"""A ward's day: her zones, her silence, her daily question; who is told, who answers, and who may see where she was."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from ansim.core.geo import destination
from ansim.core.position import Position
from ansim.response.notify.ports import Notice
from ansim.response.tracking.model import Moved
from ansim.sim.phone import instant, read
from tests.flow.conftest import HOME, House, opened

pytestmark = pytest.mark.flow

PENDANT = "864717003664467"
AWAY = destination(*HOME, 90.0, 450.0)
MOTHER, FATHER, OWN = "010-3333-4444", "010-5555-6666", "010-7777-8888"


class Page:
    """A browser behind a link."""

    def __init__(self, client: httpx.AsyncClient, link: str) -> None:
        self.client, self.base = client, "/api/links/" + link.rpartition("/")[2]

    async def open(self) -> dict[str, Any]:
        return dict(read(await self.client.post(f"{self.base}/open")))

    async def sees(self) -> dict[str, Any]:
        return dict(read(await self.client.get(self.base))["ward"])

    async def post(self, what: str, **body: Any) -> httpx.Response:
        return await self.client.post(f"{self.base}/{what}", json=body)


class Town:
    """A centre with an official, another one, and two leaders."""

    def __init__(self, house: House, clients: dict[str, httpx.AsyncClient]) -> None:
        self.house, self.clients = house, clients
        self.official = clients["official"]

    async def enrol(self, kind: str = "dementia", **members: Any) -> dict[str, Any]:
        answer = read(await self.official.post("/api/wards", json=asked(self.house, kind, **members)))
        await self.house.settle()
        return dict(answer["ward"])

    async def line(self, id: str) -> dict[str, Any]:
        found = read(await self.official.get("/api/wards"))["wards"]
        return next(dict(line) for line in found if line["id"] == id)

    async def until(self, id: str, **wanted: Any) -> dict[str, Any]:
        async def holds() -> dict[str, Any] | None:
            line = await self.line(id)
            flat = line | {
                "reason": (line["alarm"] or {}).get("reason"),
                "incident": (line["alarm"] or {}).get("incident"),
            }
            return flat if all(flat[name] == value for name, value in wanted.items()) else None

        found: dict[str, Any] = await self.house.until(holds)
        await self.house.settle()
        return found

    async def fix(self, at: tuple[float, float] | None = None, *, accuracy_m: float = 10.0) -> None:
        """Her pendant says where it is, or that it lives."""
        position = None
        if at is not None:
            position = Position(
                latitude=at[0], longitude=at[1], accuracy_m=accuracy_m, source="device", at=self.house.clock.now()
            )
        await self.house.centre.moves.submit(Moved(PENDANT, "nobody", position))
        await self.house.settle()

    async def leaves(self) -> None:
        await self.fix(HOME)
        for _ in range(2):
            await self.house.clock.advance(30)
            await self.fix(AWAY)

    async def page(self, phone: str) -> Page:
        page = Page(await self.house.client(), texts(self.house, phone)[-1].link)
        await page.open()
        return page

    async def cases(self) -> list[dict[str, Any]]:
        return list(read(await self.clients["other"].get("/api/incidents"))["incidents"])

    async def acts(self, id: str) -> list[str]:
        rows = await self.house.rows("SELECT act FROM ledger_entry WHERE incident = $1 ORDER BY at, id", id)
        return [row["act"] for row in rows if row["act"].startswith(("ward.", "search."))]


def asked(house: House, kind: str = "dementia", **members: Any) -> dict[str, Any]:
    ground = {"child": "representative", "dementia": "guardian", "quarantine": "order"}[kind]
    body: dict[str, Any] = {
        "id": house.centre.world.id(), "kind": kind, "name": "박순자", "note": "파란 모자",
        "ground": {"kind": ground, "reference": "2026-17"},
        "guardians": [
            {"name": "김영희", "relation": "딸", "phone": MOTHER}, {"name": "John", "phone": FATHER, "language": "en"},
        ],
        "devices": [{"protocol": "gt06", "number": PENDANT}], "until_at": instant(house.clock.now() + timedelta(days=30)),
        "zones": [{
            "name": "집", "rule": "stay",
            "shape": {"type": "Circle", "latitude": HOME[0], "longitude": HOME[1], "radius_m": 200},
        }],
    }  # fmt: skip
    if kind == "quarantine":
        body |= {"phone": OWN, "check": {"at": "09:00", "grace_min": 60}}
    return body | members


def texts(house: House, phone: str) -> list[Notice]:
    return [notice for address, notice in house.centre.inboxes["sms"].inbox if address == phone]


def told(house: House, phone: str) -> list[str]:
    return [notice.occasion.removeprefix("ward.") for notice in texts(house, phone)]


@pytest.fixture
async def town(dsn: str) -> AsyncIterator[Town]:
    async with opened(dsn) as house:
        roles = {"official": "operator", "other": "operator", "leader": "supervisor", "second": "supervisor"}
        yield Town(house, {name: await house.client(role) for name, role in roles.items()})


async def test_she_leaves_a_guardian_answers_and_she_comes_back(town: Town) -> None:
    house = town.house
    body = asked(house)
    first = await town.official.post("/api/wards", json=body)
    again = await town.official.post("/api/wards", json=body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["secret"] == again.json()["secret"] and first.json()["ward"]["id"] == again.json()["ward"]["id"]
    id = first.json()["ward"]["id"]
    await house.settle()
    assert told(house, MOTHER) == told(house, FATHER) == ["enrolled"]
    await town.leaves()
    line = await town.until(id, state="alarm", reason="left")
    assert line["alarm"]["told"] == 2 and "박순자" not in str(read(await town.official.get("/api/wards")))
    assert told(house, MOTHER) == ["enrolled", "left"]
    assert texts(house, FATHER)[-1].text().startswith("[ansim] 박순자 has left")
    daughter = await town.page(MOTHER)
    seen = await daughter.sees()
    assert (seen["person"], seen["place"]["word"], seen["placed"]) == ("박순자", "outside", True)
    assert "latitude" not in str(seen)
    place = read(await daughter.post("ward-place"))["position"]
    assert place["longitude"] == pytest.approx(AWAY[1]) and "ward.place-seen" in await town.acts(id)
    assert read(await daughter.post("ward", answer="looking"))["ward"]["alarm"]["answered_by"] == "guardian"
    await house.clock.advance(11 * 60)
    assert await town.cases() == []
    for _ in range(2):
        await town.fix(HOME)
        await house.clock.advance(30)
    await town.until(id, state="ok")
    assert told(house, FATHER)[-1] == "back"
    assert (await daughter.post("ward-place")).status_code == 409
    assert (await town.acts(id))[-2:] == ["ward.answered", "ward.back"]
