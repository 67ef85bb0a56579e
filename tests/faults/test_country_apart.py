"""Centres, hub and broker as processes of their own: killed, paused, cut off. Every SOS that got a receipt is somebody's, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ansim.app.nation import Nation
from ansim.sim.phone import Guardian, Profile
from ansim.sim.traveller import Traveller

if TYPE_CHECKING:
    from playwright.async_api import Browser

SEONGNAM, YONGIN = "gyeonggi-seongnam", "gyeonggi-yongin"
IN_YONGIN = (37.2411, 127.1776)
HER = Profile(name="김하늘", guardians=[Guardian(name="어머니", relation="어머니", phone="010-3333-4444")])

pytestmark = pytest.mark.slow


@pytest.fixture
async def nation(open_folder: Path) -> AsyncIterator[Nation]:
    async with Nation(open_folder / "nation", [SEONGNAM, YONGIN]) as nation:
        yield nation


async def traveller(nation: Nation) -> Traveller:
    made = Traveller(nation.world, nation.hub.origin, lambda: IN_YONGIN, HER)
    order = [nation.centres[YONGIN].origin, nation.centres[SEONGNAM].origin]
    async with asyncio.timeout(60):
        while await made.ask() != order:
            await asyncio.sleep(0.05)
    return made


async def open_cases(nation: Nation, centre: str) -> list[dict[str, Any]]:
    async with nation.database(centre) as database, database.transaction(readonly=True) as tx:
        rows = await tx.fetch(
            "SELECT id, centre, marks, escalated_to FROM incident WHERE closed_at IS NULL ORDER BY id"
        )
        return [dict(row) for row in rows]


async def until(nation: Nation, centre: str, holds: Any) -> list[dict[str, Any]]:
    async with asyncio.timeout(60):
        while not holds(cases := await open_cases(nation, centre)):
            await asyncio.sleep(0.02)
    return cases


async def test_whoever_is_there_has_it_and_whoever_comes_back_gets_it(nation: Nation) -> None:
    home, away = nation.centres[SEONGNAM], nation.centres[YONGIN]

    # As it should be: known by her home, answered where she is.
    her = await traveller(nation)
    await her.enrol(home.origin)
    answered = await her.sos()
    assert answered.server == away.origin and answered.silent == []
    [case] = await until(nation, YONGIN, bool)
    assert await open_cases(nation, SEONGNAM) == [] and "unverified" not in case["marks"]
    await her.close()

    # Killed: the neighbour has it at once, on its consoles.
    caller = await traveller(nation)
    await away.kill()
    answered = await caller.sos()
    assert answered.server == home.origin and answered.silent == [away.origin]
    [covered] = await until(nation, SEONGNAM, lambda cases: any(one["escalated_to"] for one in cases))
    assert covered["centre"] == YONGIN and covered["escalated_to"] == [SEONGNAM] and "covered" in covered["marks"]

    # Back: it gets what is its own, and nobody has it twice; what it had before is still there.
    await away.start()
    await away.ready()
    await until(nation, SEONGNAM, lambda cases: not cases)
    assert len(await until(nation, YONGIN, lambda cases: len(cases) == 2)) == 2
    await caller.close()

    # Paused: the call lies in its socket, and the neighbour has it. When it goes on it finds the call, and it is one.
    caller = await traveller(nation)
    away.pause()
    answered = await caller.sos()
    assert answered.server == home.origin
    await until(nation, SEONGNAM, lambda cases: len(cases) == 1)
    away.resume()
    await until(nation, SEONGNAM, lambda cases: not cases)
    assert len(await open_cases(nation, YONGIN)) == 3
    await caller.close()

    # The hub and the broker gone: phones have their mapping, centres their phones.
    caller = await traveller(nation)
    await nation.hub.kill()
    await asyncio.to_thread(nation.broker.kill)
    assert (await caller.sos()).server == away.origin
    assert len(await until(nation, YONGIN, lambda cases: len(cases) == 4)) == 4
    await caller.close()


@pytest.mark.full
async def test_the_page_of_a_phone_goes_where_its_case_goes(nation: Nation, browser: Browser) -> None:
    """Enrolled in Seongnam, in need in Yongin, whose centre dies and comes back: she does nothing, and notices nothing."""
    from tests.browser.phone import enrol, hold

    home, away = nation.centres[SEONGNAM], nation.centres[YONGIN]
    latitude, longitude = IN_YONGIN
    context = await browser.new_context(
        locale="ko-KR", permissions=["geolocation"],
        geolocation={"latitude": latitude, "longitude": longitude, "accuracy": 9}, viewport={"width": 360, "height": 760},
    )  # fmt: skip
    page = await context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"{home.origin}/citizen")
    await enrol(page)
    async with asyncio.timeout(60):
        while not any(url.endswith("/api/mapping") for url in asked):
            await asyncio.sleep(0.1)
    await hold(page)
    [case] = await until(nation, YONGIN, bool)
    assert "unverified" not in case["marks"] and f"{away.origin}/api/signals" in asked

    await away.kill()
    await until(nation, SEONGNAM, lambda cases: any("covered" in one["marks"] for one in cases))
    await page.get_by_text("성남시 통합관제센터").first.wait_for()

    await away.start()
    await away.ready()
    await until(nation, SEONGNAM, lambda cases: not cases)
    await page.get_by_text("용인시 통합관제센터").first.wait_for()
    assert len(await open_cases(nation, YONGIN)) == 1
    await context.close()
