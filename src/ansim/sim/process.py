"""The city as a process of its own, so that drawing never keeps a centre waiting: `python -m ansim.sim.process`.

It speaks JSON lines. First it says {"ready": {"cameras": {id: source}, "register": […], "map": {…}, "facilities": […],
"ward": {"latitude", "longitude"}}}; then it answers each
line on its standard input with one line: {"do": "where"} -> {"latitude", "longitude"}; {"do": "sos"} lets her press;
{"do": "serve", "server": …, "tokens": {role: token}, "notes": folder, "pendant": [port, number]} brings the units that a desk sends, the
people who are watched on their way home, a caller who wants to be walked, and an old lady with a pendant;
{"do": "trouble", "what": "taken"|"silent"|"strays"|"pendant"} lets something happen to one of these. It ends with its standard input.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any, get_args

import httpx

from ansim.core.world import World
from ansim.sim.agency import Desk, Units
from ansim.sim.bookings import Bookings
from ansim.sim.city import City
from ansim.sim.homeward import Homeward, Trouble
from ansim.sim.pendant import Pendant
from ansim.sim.phone import Codes, Guardian, Phone, Profile, Receiver, Refused


class Stage:
    def __init__(self, city: City) -> None:
        self._city = city
        self._server = ""
        self._homeward: Homeward | None = None
        self._pendant: Pendant | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    async def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        match order.get("do"):
            case "where":
                latitude, longitude = self._city.place_of_her()
                return {"latitude": latitude, "longitude": longitude}
            case "serve":
                self._serve(order)
                return {"ok": True}
            case "sos":
                return await self._press()
            case "trouble":
                return {"ok": self._trouble(order["what"])}
            case _:
                return {"error": "where, serve, sos or trouble"}

    def _serve(self, order: dict[str, Any]) -> None:
        self._server = order["server"]
        self._start(self._bring_units(order["tokens"]["agency"]))
        self._homeward = Homeward(self._city, self._server, Path(order["notes"]) / "phones.json")
        for walk in self._homeward.walks:
            self._start(walk.live())
        dispatcher, leader = (self._signed_in(order["tokens"][role]) for role in ("operator", "supervisor"))
        self._start(Bookings(self._city, dispatcher, leader).live())
        port, number = order["pendant"]
        self._pendant = Pendant(self._city.world, port, number, self._city.place_of_elder)
        self._start(self._pendant.live())

    def _trouble(self, what: str) -> bool:
        assert self._homeward is not None and self._pendant is not None, "nobody is served yet"
        if what in get_args(Trouble):
            return self._homeward.trouble(what)  # type: ignore[arg-type]
        if what == "pendant":
            self._pendant.press()
        else:
            self._city.stray()
        return True

    def _signed_in(self, token: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self._server, headers={"authorization": f"Bearer {token}"})

    async def _press(self) -> dict[str, Any]:
        profile = Profile(
            name="김하늘", phone="010-0000-1111", note="천식이 있어요. 흡입기를 갖고 있어요.",
            guardians=[Guardian(name="어머니", relation="어머니", phone="010-0000-2222", mail="mother@example.org")],
            codes=Codes(cancel="2580", duress="8520"),
        )  # fmt: skip
        world = self._city.world
        phone = Phone(world, self._server, Receiver(world, world.random, self._city.place_of_her), profile)
        await phone.enrol()
        receipt = await phone.sos()
        self._start(phone.keep_reporting())
        return {"receipt": receipt.receipt}

    async def _bring_units(self, token: str) -> None:
        """Every unit that a desk names sets out, is seen by the cameras it passes, and reports where it is."""
        async with self._signed_in(token) as client:
            while True:
                try:
                    await Units(self._city.world, Desk(self._city.world, client), self._city).run()
                except (httpx.HTTPError, Refused):
                    await self._city.world.clock.sleep(1.0)

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def main(seed: int) -> None:
    city = City(seed, World())
    await city.start()
    stage = Stage(city)
    register = city.register()
    say(
        {
            "ready": {
                "cameras": {row["id"]: city.source(row["id"]) for row in register},
                "register": register,
                "map": city.map(),
                "facilities": city.facilities(),
                "ward": city.elders_home(),
            }
        }
    )
    reader = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    try:
        while line := await reader.readline():
            try:
                say(await stage.obey(json.loads(line)))
            except Exception as error:  # a demo goes on after whatever one order met
                say({"error": type(error).__name__})
    finally:
        await city.stop()


def say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message, ensure_ascii=False) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=7)
    asyncio.run(main(parser.parse_args().seed))
