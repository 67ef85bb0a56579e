"""The way home under watch: told, asked, called for, and forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from ansim.core.geo import destination
from ansim.response.notify.ports import Notice
from ansim.sim.agency import Officer
from ansim.sim.phone import CONTACTS, Phone, Refused, instant, read
from ansim.sim.sealing import base64url, seal
from tests.flow.conftest import HOME, House

pytestmark = pytest.mark.flow

DOOR = destination(*HOME, 0.0, 900.0)
"""Where she lives: nine hundred metres north of where she starts."""


class Walk:
    """Her phone on the way: it does over HTTP what the citizen page does."""

    def __init__(self, house: House, phone: Phone, body: dict[str, Any], begun: dict[str, Any]) -> None:
        self.house, self.phone, self.body = house, phone, body
        self.id, self.secret = begun["trip"], begun["secret"]
        self.begun = begun

    async def ask(self, verb: str, **said: Any) -> dict[str, Any]:
        return await self.phone._post(f"/api/trips/{self.id}/{verb}", {"secret": self.secret, **said})

    async def state(self) -> dict[str, Any]:
        return await self.ask("state")

    async def at(self, north_m: float, east_m: float = 0.0, **more: Any) -> dict[str, Any]:
        """A fix so many metres on her way; the state that her phone then shows."""
        heard = await self.ask("positions", positions=[self.fix(north_m, east_m)], **more)
        assert heard["accepted"] == 1
        return dict(heard["state"])

    def fix(self, north_m: float, east_m: float = 0.0) -> dict[str, Any]:
        latitude, longitude = destination(*destination(*HOME, 0.0, north_m), 90.0, east_m)
        at = instant(self.house.clock.now())
        return {"latitude": latitude, "longitude": longitude, "accuracy_m": 8.0, "source": "web", "at": at}

    async def walk(self, start_m: float, end_m: float, mps: float = 1.4, every_s: float = 5.0) -> dict[str, Any]:
        """North at this pace; backwards where the end is south of the start."""
        step = mps * every_s * (1 if end_m >= start_m else -1)
        at, state = start_m, {}
        while (end_m - at) * step > 0:
            at += step
            await self.house.clock.advance(every_s)
            state = await self.at(at)
        return state

    async def later(self, since_start_s: float) -> None:
        """Until so long after the start."""
        passed = (self.house.clock.now() - datetime.fromisoformat(self.begun["started_at"])).total_seconds()
        await self.house.clock.advance(since_start_s - passed)


async def started(house: House, phone: Phone | None = None, **members: Any) -> Walk:
    phone = phone or await house.phone()
    body = posted(house, phone, **members)
    walk = Walk(house, phone, body, await phone._post("/api/trips", body))
    await house.settle()
    return walk


def posted(house: House, phone: Phone, **members: Any) -> dict[str, Any]:
    """The body of a start: from HOME to her door within a quarter of an hour, on foot."""
    now, id = house.clock.now(), house.centre.world.id()
    body: dict[str, Any] = {
        "id": id, "at": instant(now), "mode": "walk", "promised_at": instant(now + timedelta(minutes=15)),
        "destination": {"latitude": DOOR[0], "longitude": DOOR[1], "label": "집"},
        "position": {"latitude": HOME[0], "longitude": HOME[1], "accuracy_m": 8.0, "at": instant(now)}, "battery": 61,
    }  # fmt: skip
    if phone.credential is not None:
        body |= {"credential": phone.credential, "proof": phone.prove("ansim trip", id, body["at"])}
    if phone.profile is not None and phone.centre_key is not None:
        body["sealed"] = base64url(seal(phone.centre_key, msgspec.json.encode(phone.profile), CONTACTS, id.encode()))
    return body | members


def sms(house: House) -> list[Notice]:
    return [notice for _, notice in house.centre.inboxes["sms"].inbox]


async def until(house: House, walk: Walk, **wanted: Any) -> dict[str, Any]:
    """What her phone shows once it shows this."""

    async def holds() -> dict[str, Any] | None:
        state = await walk.state()
        return state if all(state[name] == value for name, value in wanted.items()) else None

    found: dict[str, Any] = await house.until(holds)
    await house.settle()
    return found


async def guardian(house: House, link: str) -> Officer:
    browser = Officer(house.centre.world, link)
    browser._client = await house.client()
    return browser


async def test_a_way_home_is_told_watched_and_forgotten(house: House) -> None:
    walk = await started(house)
    assert walk.begun["centre"]["id"] == house.centre.settings.centre
    [notice] = sms(house)
    assert notice.occasion == "trip.started" and "김하늘" in notice.text() and "00:02" in notice.text()
    state = await walk.walk(0, 890)
    assert state["state"] == "walking" and state["question"] is None and state["remaining_m"] < 60
    assert [(receipt["who"], receipt["state"]) for receipt in state["receipts"]] == [("어머니", "delivered")] * 2
    arrived = await walk.ask("end", outcome="arrived")
    assert (arrived["state"], arrived["outcome"]) == ("ended", "arrived")
    await house.settle()
    assert sms(house)[-1].text().startswith("[안심] 김하늘님이 도착했어요")
    await forgotten(house, walk.id, "track")
    assert await house.rows("SELECT 1 FROM fix") == []
    [row] = await house.rows("SELECT * FROM trip")
    assert row["memory"] is None and row["track_slot"] is None and row["contacts"] is not None
    await house.clock.leap(24 * 3600 + 1)
    await forgotten(house, walk.id, "case")
    [row] = await house.rows("SELECT * FROM trip")
    kept = {name for name in ("secret", "contacts", "words", "receipt", "person", "case_slot") if row[name] is not None}
    assert kept == set() and await house.rows("SELECT 1 FROM guardian_notice") == []
    assert await house.rows("SELECT 1 FROM incident") == []


async def forgotten(house: House, trip: str, scope: str) -> dict[str, Any]:
    """The certificate of a destruction, and nothing points to the dead key any more."""

    async def holds() -> list[dict[str, Any]]:
        return await house.rows(
            "SELECT d.certificate FROM destruction d JOIN trip t ON t.id = d.subject WHERE d.subject = $1 AND d.scope = $2"
            f" AND d.certified_at IS NOT NULL AND t.{scope}_slot IS NULL",
            trip, scope,
        )  # fmt: skip

    [row] = await house.until(holds)
    return dict(msgspec.json.decode(row["certificate"]))


async def test_late_and_nobody_answers_becomes_a_case_that_knows_her_way(house: House) -> None:
    walk, operator = await started(house), await house.client("operator")
    await walk.walk(0, 300)
    # fifteen minutes were promised: half as long again is more than seven minutes over
    await walk.later(15 * 60 + 450 + 1)
    asked = await until(house, walk, state="asking")
    assert asked["question"]["reason"] == "late" and not asked["question"]["needs_code"]
    await house.clock.advance(60)
    await until(house, walk, state="calling")
    assert [notice.occasion for notice in sms(house)] == ["trip.started", "trip.unanswered"]
    await house.clock.advance(40)
    called = await until(house, walk, state="signalled")
    await house.settle()
    [case] = read(await operator.get("/api/incidents"))["incidents"]
    assert (case["kind"], case["trigger"], case["priority"], case["silent"]) == ("trip", "late", 2, False)
    assert sms(house)[-1].occasion == "sos"
    taken = read(await operator.post(f"/api/incidents/{case['id']}/claim"))
    assert taken["person"]["name"] == "김하늘" and len(taken["track"]) == 1 + 43
    # her phone opens the case's own screen
    called = await until(house, walk, state="signalled")
    signal = called["signal"]
    shown = await walk.phone._post(f"/api/signals/{signal['signal']}/state", {"secret": signal["secret"]})
    assert shown["state"] == "claimed" and signal["incident"] == case["id"]
    # and where she goes now is followed
    await walk.at(320)
    assert len(read(await operator.get(f"/api/incidents/{case['id']}"))["track"]) == 45
    read(await operator.post(f"/api/incidents/{case['id']}/close", json={"code": 2, "note": "늦었어요"}))
    over = await until(house, walk, state="ended")
    assert over["outcome"] == "signalled"
    with pytest.raises(Refused) as refused:
        await walk.at(330)
    assert (refused.value.status, refused.value.type) == (410, "trip.ended")
    await forgotten(house, walk.id, "track")
    assert await house.rows("SELECT 1 FROM fix WHERE incident = $1", walk.id) == []
