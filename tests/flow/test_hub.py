"""A hub by itself: it says who answers where and at which door, by what centres say of themselves; and it holds nobody's case."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from lxml import etree

from ansim.adapters.bus.memory import MemoryBus
from ansim.app.check import wrong_in_hub
from ansim.app.hub import Hub, application
from ansim.app.imports import import_boundaries
from ansim.app.running import Running, write_note
from ansim.app.settings import HubSettings
from ansim.city.country.history import KEPT, History
from ansim.city.country.model import BEATS, Beat, Card, Duty, Load, Pace
from ansim.city.places.survey import Said
from ansim.core.clock import ManualClock
from ansim.core.errors import Problem
from ansim.core.world import World
from ansim.trust.access.actions import issue_token
from ansim.trust.access.model import Role
from ansim.trust.signed import PrivateKey, public_text, sign

pytestmark = pytest.mark.flow

SEONGNAM, YONGIN, SEOUL = "gyeonggi-seongnam", "gyeonggi-yongin", "seoul"
IN_SEONGNAM = {"latitude": 37.38, "longitude": 127.12, "accuracy_m": 8}
KEYS = {name: PrivateKey.generate() for name in (SEONGNAM, YONGIN, SEOUL)}
CALM, OPEN = Load(), Duty()
L = "{urn:ietf:params:xml:ns:lost1}"


class Land:
    def __init__(self, hub: Hub, clock: ManualClock, bus: MemoryBus, asking: httpx.AsyncClient) -> None:
        self.hub, self.clock, self._bus, self._asking = hub, clock, bus, asking
        self._count = 0

    def beat(self, *centres: str, key: PrivateKey | None = None, load: Load = CALM, duty: Duty = OPEN) -> None:
        """As each centre does every second."""
        self._count += 1
        for name in centres:
            card = Card(
                centre=name,
                origin=f"https://{name}.example",
                sealing={"kty": "EC", "crv": "P-256", "x": name, "y": name},
                issuer="",
            )
            beat = Beat(card=card, load=load, duty=duty, began=1.0, count=self._count)
            self._bus.say(BEATS, sign(key or KEYS[name], name, "beat", msgspec.json.encode(beat)))

    async def doors(self, where: dict[str, float] = IN_SEONGNAM) -> list[str]:
        answer = await self._asking.post("/api/mapping", json=where)
        return [
            one["uri"].removeprefix("https://").removesuffix(".example") for one in answer.json().get("centres", [])
        ]

    async def get(self, path: str, token: str = "") -> httpx.Response:
        return await self._asking.get(path, headers={"authorization": f"Bearer {token}"} if token else {})

    async def options(self, path: str, headers: dict[str, str]) -> httpx.Response:
        return await self._asking.options(path, headers=headers)

    async def post(self, path: str, content: str) -> httpx.Response:
        return await self._asking.post(path, content=content)


@pytest.fixture
async def land(dsn: str, tmp_path: Path) -> AsyncIterator[Land]:
    clock, bus = ManualClock(), MemoryBus()
    settings = HubSettings(
        country="nats://127.0.0.1:1", appointed={name: public_text(key.public_key()) for name, key in KEYS.items()},
        data=str(tmp_path / "hub"), database=dsn, name="hub.ansim.example",
    )  # fmt: skip
    async with Hub(settings, World(clock=clock), country=bus) as hub:
        transport = httpx.ASGITransport(app=application(hub))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as asking:
            yield Land(hub, clock, bus, asking)


async def test_the_doors_that_are_open_and_who_covers_for_the_silent(
    land: Land, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (await land.get("/readyz")).status_code == 503 and (await land.get("/healthz")).status_code == 200
    nobody = await land.post("/api/mapping", json.dumps(IN_SEONGNAM))
    assert nobody.status_code == 503 and nobody.json()["retry_after_s"] == 3, "nobody has been heard yet"
    land.beat(SEONGNAM, YONGIN)
    assert (await land.doors())[:2] == [SEONGNAM, YONGIN] and (await land.get("/readyz")).json() == {
        "status": "ok",
        "centres": 2,
    }
    land.beat(SEOUL, key=PrivateKey.generate())
    assert SEOUL not in await land.doors(), "whoever signs with a key that was not appointed is not heard"
    for _ in range(4):
        await land.clock.advance(1)
        land.beat(YONGIN)
    assert await land.doors() == [YONGIN, SEONGNAM], (
        "the silent one is asked last: it may only have lost its line to the hub"
    )
    ask = (
        '<findService xmlns="urn:ietf:params:xml:ns:lost1"><location id="a" profile="geodetic-2d"><Point xmlns="http://www.opengis.net/gml">'
        "<pos>37.38 127.12</pos></Point></location><service>urn:service:sos</service></findService>"
    )
    xml = etree.fromstring((await land.post("/lost", ask)).content)
    assert [one.text for one in xml.iter(L + "uri")] == [f"https://{name}.example" for name in (YONGIN, SEONGNAM)]
    assert [json.loads(one.text or "")["x"] for one in xml.iter("{urn:ansim:params:xml:ns:key1}key")] == [
        YONGIN,
        SEONGNAM,
    ]
    assert 'ansim_lost_answers_total{asked="findService",outcome="answered"}' in (await land.get("/metrics")).text
    police = await land.post("/api/mapping", json.dumps({**IN_SEONGNAM, "service": "urn:service:sos.police"}))
    assert police.json()["uris"] == ["tel:112"]
    elsewhere = {"origin": f"https://{YONGIN}.example"}
    asked = await land.options("/api/mapping", {**elsewhere, "access-control-request-method": "POST"})
    assert asked.status_code == 204 and asked.headers["access-control-allow-origin"] == elsewhere["origin"], (
        "pages of centres ask here"
    )
    wrong = await land.post("/api/mapping", json.dumps({"latitude": 91, "longitude": 0}))
    assert wrong.status_code == 400 and wrong.headers["content-type"] == "application/problem+json"
    assert (await land.post("/lost", "<!DOCTYPE a><a/>")).status_code == 400
    assert (await land.get("/api/incidents")).status_code == 404, "a hub has no cases"


async def test_whoever_watches_over_the_country_sees_who_needs_a_hand_and_how_it_was(land: Land) -> None:
    async with land.hub.database.transaction() as tx:
        token = await issue_token(tx, role=Role.AUDITOR, centre="hub", ttl_s=86_400, actor="test")
    for path in ("/api/nation", "/api/nation/history", "/api/nation/map"):
        assert (await land.get(path)).status_code == 401, "how busy a small town is, is nobody else's to know"

    async def centre(id: str) -> dict[str, Any]:
        told = (await land.get("/api/nation", token)).json()["centres"]
        return next(one for one in told if one["id"] == id)

    assert (await centre(SEOUL))["state"] == "unknown"
    closed = Duty(state="unstaffed", covered_by=YONGIN)
    busy = Load(open=7, unclaimed=2, waiting_s=47.5, operators=3, hour=Pace(median_s=8.0, p90_s=31.0))
    for _ in range(90):
        land.beat(SEONGNAM, duty=closed)
        land.beat(YONGIN, load=busy)
        await land.clock.advance(1)
    seongnam = await centre(SEONGNAM)
    assert (seongnam["state"], seongnam["covered_by"]) == ("unstaffed", YONGIN)
    assert seongnam["state_at"] == seongnam["covered_at"] is not None
    assert (await centre(YONGIN))["load"]["hour"] == {"median_s": 8.0, "p90_s": 31.0}
    land.beat(SEONGNAM)
    for _ in range(70):
        land.beat(SEONGNAM, load=Load(open=1, unclaimed=1, waiting_s=9))
        await land.clock.advance(1)
    silent = await centre(YONGIN)
    assert (silent["state"], silent["covered_by"], silent["up"]) == ("silent", SEONGNAM, False)
    assert (await centre(SEONGNAM))["state"] == "normal"

    told = (await land.get("/api/nation/history?hours=24", token)).json()
    was = {one["id"]: one for one in told["centres"]}
    assert [one["state"] for one in was[YONGIN]["states"]] == ["normal", "silent"]
    assert [one["state"] for one in was[SEONGNAM]["states"]] == ["unstaffed", "normal"]
    assert max(one["open"] for one in was[YONGIN]["busy"]) == 7 and {
        one["waited_s"] for one in was[YONGIN]["busy"]
    } == {40}
    assert was[SEONGNAM]["busy"] == [], "one case in a small town is one person: it is not kept"
    assert SEOUL not in was
    wrong = await land.get("/api/nation/history?hours=1000", token)
    assert wrong.status_code == 400 and wrong.json()["field"] == "hours"

    sketch = (await land.get("/api/nation/map", token)).json()
    assert len(sketch["centres"]) == 219 and sum(bool(one["path"]) for one in sketch["centres"]) == 216

    # The hub is away for a while: nobody knows how they were. And what is older than eight days is gone.
    again = History(land.hub.database, land.hub._seen)
    await land.hub.history.close()
    await land.clock.leap(3600)
    await again.start()
    states = [one.state for one in next(one for one in (await again.told(24)).centres if one.id == SEONGNAM).states]
    assert states == ["unstaffed", "normal", "unknown"]
    await land.clock.leap(9 * 86_400)
    await land.clock.advance(61)
    async with land.hub.database.transaction() as tx:
        assert await tx.fetchval("SELECT count(*) FROM centre_load WHERE from_at < $1", tx.at - KEPT) == 0
        assert await tx.fetchval("SELECT count(*) FROM centre_state WHERE centre = $1", SEONGNAM) <= 2
    await again.close()


async def test_boundaries_are_imported_beside_a_running_hub(land: Land, tmp_path: Path) -> None:
    folder = land.hub.settings.folder
    write_note(folder, Running(pid=0, port=0, dsn=land.hub.dsn, centre="hub", witnesses=[], witness_within_s=300.0))
    ring = [[127.11, 37.37], [127.13, 37.37], [127.13, 37.39], [127.11, 37.39], [127.11, 37.37]]
    area = {
        "type": "Feature",
        "properties": {"centre": YONGIN, "name": "새 구역"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    file = tmp_path / "new.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [area]}), encoding="utf-8")
    land.beat(SEONGNAM, YONGIN)
    assert (await land.doors())[0] == SEONGNAM
    await import_boundaries(file, folder=folder, said=Said(), sheet=None, dry_run=False, report=None)
    for _ in range(200):
        await land.clock.advance(0.1)
        await land.hub.outbox.drained()
        if land.hub.areas.boundaries:
            break
    land.beat(SEONGNAM, YONGIN)
    assert (await land.doors())[0] == YONGIN
    async with land.hub.database.transaction() as tx:
        assert await tx.fetchval("SELECT count(*) FROM ledger_entry WHERE act = 'boundaries.imported'") == 1
        await tx.execute("INSERT INTO timer (kind, subject, due_at) VALUES ('trip.due', '1', '2026-01-01')")
    await land.clock.advance(60)
    [found] = await wrong_in_hub(land.hub.database, folder)
    assert found.startswith("a timer has not fired"), "and nothing else: nobody's case has ever come here"


def test_a_hub_loads_nothing_of_the_story_and_says_what_does_not_fit(tmp_path: Path) -> None:
    program = "import sys, ansim.app.hub; print([one for one in sys.modules if one.split('.')[:2] in (['ansim', 'response'], ['ansim', 'flow'])])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    with pytest.raises(ValueError, match="public key"):
        HubSettings(country="nats://a", appointed={"x": "no key"})


async def test_an_unknown_default_is_told_before_anything_runs(dsn: str, tmp_path: Path) -> None:
    settings = HubSettings(country="nats://a", appointed={}, default="mars", data=str(tmp_path), database=dsn)
    with pytest.raises(Problem, match="mars"):
        async with Hub(settings, World(clock=ManualClock()), country=MemoryBus()):
            pass
