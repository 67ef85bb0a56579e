"""The centre dies in the middle of the story and comes back: whoever was asked for help finds it as it was."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from ansim.app.running import database_of, read_note
from ansim.core.world import World
from ansim.sim.agency import Officer
from ansim.sim.phone import Phone, Receiver, read
from ansim.trust.access.actions import issue_token
from ansim.trust.access.model import Role
from tests.faults.house import HOME, House, kill

pytestmark = [pytest.mark.slow, pytest.mark.flow]
CENTRE = "gyeonggi-seongnam"


async def tokens(house: House, *wanted: tuple[Role, str | None]) -> list[str]:
    database = await database_of(read_note(house.data).dsn)
    try:
        async with database.transaction() as tx:
            return [
                await issue_token(tx, role=role, centre=CENTRE, ttl_s=3600, actor="test", agency=agency)
                for role, agency in wanted
            ]
    finally:
        await database.close()


@contextlib.asynccontextmanager
async def people(house: House) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient, httpx.AsyncClient]]:
    """The operator, and the desks of 112 and 119."""
    made = await tokens(house, (Role.OPERATOR, None), (Role.AGENCY, "112"), (Role.AGENCY, "119"))
    async with contextlib.AsyncExitStack() as stack:
        operator, police, fire = [
            await stack.enter_async_context(
                httpx.AsyncClient(base_url=house.url, headers={"authorization": f"Bearer {token}"}, timeout=30)
            )
            for token in made
        ]
        yield operator, police, fire


async def until(holds: Callable[[], Awaitable[Any]]) -> Any:
    async with asyncio.timeout(60):
        while not (found := await holds()):
            await asyncio.sleep(0.05)
    return found


async def lies_on(desk: httpx.AsyncClient) -> list[dict[str, Any]]:
    return list(read(await desk.get("/api/desk/requests"))["requests"])


async def die_and_come_back(house: House) -> None:
    """The server and its database, at once and without a word."""
    kill([psutil.Process(house.server_pid), *house.postgres()])
    house.kill_server()
    house.start()
    await house.ready()


async def test_the_agencies_find_their_requests_after_the_centre_died(folder: Path) -> None:
    house = House(folder)
    house.start()
    try:
        await house.ready()
        phone = Phone(World(), house.url, Receiver(World(), random.Random(1), lambda: HOME))
        await phone.enrol()
        receipt = await phone.sos()
        async with people(house) as (operator, police, fire):
            read(await operator.post(f"/api/incidents/{receipt.incident}/claim"))
            for agency in ("112", "119"):
                read(await operator.post(f"/api/incidents/{receipt.incident}/dispatches", json={"agency": agency}))
            [asked] = await until(lambda: lies_on(police))
            [waits] = await until(lambda: lies_on(fire))
            read(await police.post(f"/api/desk/requests/{asked['id']}/accept"))
            unit = {"call_sign": "순찰 12호", "eta_s": 180}
            read(await police.post(f"/api/desk/requests/{asked['id']}/unit", json=unit))

            async def with_link() -> dict[str, Any] | None:
                [request] = await lies_on(police)
                return request if request["link"] else None

            before = await until(with_link)
            officer = Officer(World(), before["link"])
            assert (await officer.open())["position"]

            await die_and_come_back(house)

            assert await lies_on(police) == [before], "what she answered, and the way to see, are as they were"
            assert (before["state"], before["unit"], before["eta_s"]) == ("en_route", "순찰 12호", 180)
            assert await lies_on(fire) == [waits] and waits["state"] == "requested" and waits["position"]
            assert (await officer.state())["position"], "the link is still bound to this officer's browser"
            await officer.arrived()
            assert (await lies_on(police))[0]["state"] == "arrived"
            assert read(await fire.post(f"/api/desk/requests/{waits['id']}/accept"))["state"] == "acknowledged"

            async def both() -> list[dict[str, Any]] | None:
                found = read(await operator.get(f"/api/incidents/{receipt.incident}"))["dispatches"]
                return found if {one["state"] for one in found} == {"arrived", "acknowledged"} else None

            dispatches = await until(both)
            assert sorted((one["agency"], one["reference"]) for one in dispatches) == sorted(
                (one["agency"], one["reference"]) for one in (before, waits)
            ), "nothing was asked twice"

            # Dying as the case closes, too, leaves neither her place nor a way to see her on any desk.
            read(await operator.post(f"/api/incidents/{receipt.incident}/close", json={"code": 1, "note": "안전 확인"}))
            await die_and_come_back(house)
            for desk in (police, fire):
                [over] = await lies_on(desk)
                assert (over["closed"], over["place"], over["position"], over["link"]) == (True, "", None, None)
                assert (await desk.post(f"/api/desk/requests/{over['id']}/arrived")).status_code == 409
            assert (await officer.state())["closed"]
            await officer.close()
        await phone.close()
        assert await house._check(90) == []
    finally:
        kill([*house.postgres()])
        house.kill_server()
