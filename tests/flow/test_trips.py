"""The way home under watch: told, asked, called for, and forgotten."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from ansim.app.centre import Centre
from ansim.app.check import wrong
from ansim.app.http import application
from ansim.app.settings import Settings
from ansim.core.clock import ManualClock
from ansim.core.database import Database
from ansim.core.database.pool import PoolDriver
from ansim.core.geo import destination
from ansim.core.world import World
from ansim.response.notify.ports import HERS, Notice
from ansim.response.trips import calling
from ansim.sim.agency import Officer
from ansim.sim.phone import CONTACTS, Phone, Profile, Refused, instant, read
from ansim.sim.sealing import base64url, seal
from tests.flow.conftest import CENTRE, HER, HOME, House, Socket, folder_of

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

    async def walk(self, start_m: float, end_m: float, mps: float = 1.4, every_s: float = 10.0) -> dict[str, Any]:
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
    """What her guardians were told."""
    return [notice for _, notice in house.centre.inboxes["sms"].inbox if notice.occasion not in HERS]


def hers(house: House, channel: str) -> list[tuple[str, str]]:
    """What came to her own phone: (address, occasion)."""
    return [(to, notice.occasion) for to, notice in house.centre.inboxes[channel].inbox if notice.occasion in HERS]


async def until(house: House, walk: Walk, **wanted: Any) -> dict[str, Any]:
    """What her phone shows once it shows this."""

    async def holds() -> dict[str, Any] | None:
        state = await walk.state()
        return state if all(state[name] == value for name, value in wanted.items()) else None

    found: dict[str, Any] = await house.until(holds)
    await house.settle()
    return found


async def cases(operator: httpx.AsyncClient) -> list[dict[str, Any]]:
    return list(read(await operator.get("/api/incidents"))["incidents"])


async def standing(*walks: Walk, seconds: float = 330.0, every_s: float = 30.0) -> dict[str, Any]:
    """They stand near their start and their phones go on sending; what the last one shows after that time."""
    state: dict[str, Any] = {}
    for _ in range(round(seconds / every_s)):
        await walks[0].house.clock.advance(every_s)
        for walk in walks:
            state = await walk.at(5)
    return state


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
    assert taken["person"]["name"] == "김하늘" and len(taken["track"]) == 1 + 22
    # her phone opens the case's own screen
    called = await until(house, walk, state="signalled")
    signal = called["signal"]
    shown = await walk.phone._post(f"/api/signals/{signal['signal']}/state", {"secret": signal["secret"]})
    assert shown["state"] == "claimed" and signal["incident"] == case["id"]
    # and where she goes now is followed
    await walk.at(320)
    assert len(read(await operator.get(f"/api/incidents/{case['id']}"))["track"]) == 24
    read(await operator.post(f"/api/incidents/{case['id']}/close", json={"code": 2, "note": "늦었어요"}))
    over = await until(house, walk, state="ended")
    assert over["outcome"] == "signalled"
    with pytest.raises(Refused) as refused:
        await walk.at(330)
    assert (refused.value.status, refused.value.type) == (410, "trip.ended")
    await forgotten(house, walk.id, "track")
    assert await house.rows("SELECT 1 FROM fix WHERE incident = $1", walk.id) == []


async def test_whoever_is_there_and_forgot_to_say_so_is_no_case_of_the_second_rank(house: House) -> None:
    near = dict(zip(("latitude", "longitude"), destination(*HOME, 0.0, 800.0), strict=True))
    position = near | {"accuracy_m": 8.0, "at": instant(house.clock.now())}
    walk, operator = await started(house, position=position), await house.client("operator")
    await walk.walk(800, 890)
    for _ in range(4):
        await house.clock.advance(60)
        await walk.at(890)
    await walk.later(15 * 60 + 450 + 1)
    asked = await until(house, walk, state="asking")
    assert asked["question"]["reason"] == "there" and hers(house, "sms")[-1][1] == "trip.there"
    await house.clock.advance(121)
    await until(house, walk, state="calling")
    assert sms(house)[-1].occasion == "trip.unsaid" and "seems" not in sms(house)[-1].text()
    assert (await walk.state())["question"]["reason"] == "there", "she can still say that she has arrived"
    # the trip is not ended for her: nobody knows who stands there with her. It waits longer, and comes behind all else
    await house.clock.advance(9 * 60)
    assert (await walk.state())["state"] == "calling" and await cases(operator) == []
    await house.clock.advance(61)
    await until(house, walk, state="signalled")
    [case] = await cases(operator)
    assert (case["trigger"], case["priority"], case["silent"]) == ("there", 3, False)
    assert [notice.occasion for notice in sms(house)] == ["trip.started", "trip.unsaid", "trip.unsaid"], (
        "not: she asks for help"
    )


# what goes wrong


async def test_taken_away_in_a_car_she_is_asked_for_her_code_and_the_room_is_ready(house: House) -> None:
    walk, operator = await started(house), await house.client("operator")
    await walk.walk(0, 250)
    state: dict[str, Any] = {}
    for second in range(2, 90, 2):
        await house.clock.advance(2)
        state = await walk.at(250 - 12 * second)
        if state["question"] and state["question"]["reason"] == "fast":
            break
    assert state["state"] == "asking" and state["question"]["needs_code"] and second <= 60
    listed = read(await operator.get("/api/trips"))
    assert listed["counts"] == {"watched": 1, "asking": 1, "ready": 1}
    [line] = listed["trips"]
    assert (line["ready"], line["reason"], line["guardians"], line["battery"]) == (True, "fast", 1, 61)
    # no name, and nothing of where: not even of where to
    assert not {"person", "position", "latitude", "destination", "label"} & set(line) and "김하늘" not in str(listed)
    for code in ({}, {"code": "0000"}):
        with pytest.raises(Refused) as refused:
            await walk.ask("answer", question=state["question"]["id"], **code)
        assert (refused.value.status, refused.value.type) == (403, "trip.code")
    assert await cases(operator) == []
    await house.clock.advance(15)
    await until(house, walk, state="calling")
    await house.clock.advance(40)
    await until(house, walk, state="signalled")
    [case] = await cases(operator)
    assert (case["trigger"], case["priority"], case["silent"]) == ("fast", 1, True)
    assert "전화하지 마세요" in sms(house)[1].text()


async def test_with_her_code_a_ride_goes_on(house: House) -> None:
    walk = await started(house)
    await walk.walk(0, 250)
    for second in range(2, 90, 2):
        await house.clock.advance(2)
        state = await walk.at(250 - 12 * second)
        if state["question"] and state["question"]["reason"] == "fast":
            break
    calm = await walk.ask("answer", question=state["question"]["id"], code="2580")
    assert (calm["state"], calm["question"]) == ("walking", None)
    await house.clock.advance(120)
    assert (await walk.state())["state"] in ("walking", "hint")
    [row] = await house.rows("SELECT ready FROM trip")
    assert not row["ready"]


async def test_a_silent_phone_is_called_for_and_one_that_comes_back_is_not(house: House) -> None:
    gone, back = await started(house, background=True), await started(house, background=True)
    operator = await house.client("operator")
    await house.clock.advance(121)
    for walk in (gone, back):
        calling = await until(house, walk, state="calling")
        assert calling["question"]["reason"] == "silent"
    assert [notice.occasion for notice in sms(house)].count("trip.unanswered") == 2
    heard = await back.ask("positions", positions=[], battery=7)
    assert (heard["accepted"], heard["state"]["state"], heard["state"]["battery"]) == (0, "walking", 7)
    await house.clock.advance(60)
    await until(house, gone, state="signalled")
    [case] = await cases(operator)
    assert (case["trigger"], case["priority"]) == ("silent", 2)
    assert (await back.state())["state"] == "walking"


async def test_a_phone_that_promised_nothing_may_be_silent(house: House) -> None:
    walk = await started(house)
    await house.clock.advance(14 * 60)
    assert (await walk.state())["state"] == "walking"


async def test_she_who_stands_still_is_asked_and_may_take_her_time(house: House) -> None:
    walk = await started(house)
    asked = await standing(walk)
    assert asked["question"]["reason"] == "stopped" and asked["state"] == "asking"
    longer = await walk.ask("extend", minutes=10)
    assert longer["question"] is None and longer["state"] == "walking"
    promised = datetime.fromisoformat(walk.begun["promised_at"]) + timedelta(minutes=10)
    assert datetime.fromisoformat(longer["promised_at"]) == promised
    await house.clock.advance(120)
    assert (await walk.state())["state"] in ("walking", "hint")


async def test_a_question_reaches_a_phone_whose_screen_is_off(house: House) -> None:
    browser = {"endpoint": "https://push.example/hers", "keys": {"p256dh": "BPk", "auth": "c2Vj"}}
    profile = Profile(name="김하늘", phone="010-1111-2222", guardians=HER.guardians, push=browser, language="en")
    walk = await started(house, await house.phone(profile=profile))
    await standing(walk)
    await house.settle()
    [(address, occasion)] = hers(house, "push")
    assert msgspec.json.decode(address) == browser and occasion == "trip.asked"
    assert hers(house, "sms") == [], "one way is enough while nobody is alarmed"
    note = house.centre.inboxes["push"].inbox[-1][1]
    assert note.title == "Are you well?" and note.link.endswith("/citizen")
    assert "김하늘" not in note.text(), "it lies on a screen for others to see"

    await house.clock.advance(60)
    state = await until(house, walk, state="calling")
    await house.settle()
    assert hers(house, "push")[1:] == [(address, "trip.called")] and hers(house, "sms") == [
        ("010-1111-2222", "trip.called")
    ]
    assert {one["who"] for one in state["receipts"]} == {"어머니"}, "she is told who knows, not that she was asked"
    told = await house.rows("SELECT details FROM ledger_entry WHERE act = 'person.told' AND incident = $1", walk.id)
    assert len(told) == 3

    await walk.ask("answer", question=state["question"]["id"])
    await walk.ask("end", outcome="ended", code="2580")
    await house.settle()
    assert len(hers(house, "push")) == 2, "what is over asks nothing"


async def test_without_notifications_she_is_asked_by_a_text(house: House) -> None:
    walk = await started(house)
    await standing(walk)
    await house.settle()
    assert hers(house, "sms") == [("010-1111-2222", "trip.asked")] and hers(house, "push") == []


async def test_a_ride_that_she_does_not_explain_is_told_but_calls_nobody(house: House) -> None:
    walk, operator = await started(house), await house.client("operator")
    state = await walk.walk(0, 300, mps=9, every_s=2)
    assert state["question"]["reason"] == "vehicle"
    await house.clock.advance(61)
    await until(house, walk, state="walking")
    assert [notice.occasion for notice in sms(house)] == ["trip.started", "trip.unanswered"]
    await house.clock.advance(300)
    assert await cases(operator) == []


async def test_a_taxi_is_told_to_her_guardian(house: House) -> None:
    walk = await started(house)
    await walk.walk(0, 300, mps=9, every_s=2)
    taxi = await walk.ask("mode", mode="taxi", vehicle={"plate": "12가 3456", "note": "은색"})
    assert (taxi["mode"], taxi["question"]) == ("taxi", None)
    await house.settle()
    assert sms(house)[-1].occasion == "trip.vehicle" and "12가 3456 은색" in sms(house)[-1].text()
    page = await (await guardian(house, sms(house)[0].link)).open()
    assert page["vehicle"] == {"plate": "12가 3456", "note": "은색"} and page["mode"] == "taxi"


# forced, and helped otherwise


async def test_the_code_that_says_she_is_forced_looks_like_the_other(house: House) -> None:
    free, forced = await started(house), await started(house)
    operator, shown = await house.client("operator"), []
    await standing(free, forced)
    for walk, code in ((free, "2580"), (forced, "8520")):
        question = (await walk.state())["question"]["id"]
        body = {"secret": walk.secret, "question": question, "code": code}
        answer = await walk.phone._client.post(f"/api/trips/{walk.id}/answer", json=body)
        shown.append((answer.status_code, without_times(answer.json())))
    assert shown[0] == shown[1] and shown[0][1]["state"] == "walking"
    await house.settle()
    [case] = await cases(operator)
    assert (case["trigger"], case["priority"], case["silent"], case["marks"]) == ("duress", 1, True, ["duress"])
    assert [notice.occasion for notice in sms(house)] == ["trip.started", "trip.started", "sos"]
    # who holds her phone goes on with it, and the room follows
    before = len(await house.rows("SELECT 1 FROM fix WHERE incident = $1", case["id"]))
    states = [without_times(await walk.at(30)) for walk in (free, forced)]
    assert states[0] == states[1]
    assert len(await house.rows("SELECT 1 FROM fix WHERE incident = $1", case["id"])) == before + 1
    ends = [without_times(await walk.ask("end", outcome="ended", code="2580")) for walk in (free, forced)]
    assert ends[0] == ends[1] and ends[0]["outcome"] == "ended"
    for walk in (free, forced):
        with pytest.raises(Refused) as refused:
            await walk.at(40)
        assert refused.value.status == 410
    await house.settle()
    told = await house.rows(
        "SELECT incident FROM guardian_notice WHERE channel = 'sms' AND guardian > 0 ORDER BY queued_at"
    )
    assert [row["incident"] for row in told].count(forced.id) == 1
    # what her phone can read later says the same of both
    records = [await her_record(house, walk) for walk in (free, forced)]
    assert acts(records[0], "trip.") == acts(records[1], "trip.") and "trip.duress" not in acts(records[1], "trip.")
    read(await operator.post(f"/api/incidents/{case['id']}/claim"))
    read(await operator.post(f"/api/incidents/{case['id']}/close", json={"code": 1, "note": "경찰이 만났어요"}))
    await forgotten(house, forced.id, "track")
    [row] = await house.rows("SELECT outcome, pretended FROM trip WHERE id = $1", forced.id)
    assert row == {"outcome": "signalled", "pretended": "ended"}
    assert without_times(await forced.state())["outcome"] == "ended"


async def test_a_forced_end_looks_like_any_end(house: House) -> None:
    free, forced = await started(house), await started(house)
    ends = []
    for walk, code in ((free, "2580"), (forced, "8520")):
        await walk.walk(0, 60)
        ends.append(without_times(await walk.ask("end", outcome="arrived", code=code)))
    assert ends[0] == ends[1] and ends[0]["outcome"] == "arrived"
    await house.settle()
    [case] = await cases(await house.client("operator"))
    assert case["marks"] == ["duress"] and case["trigger"] == "duress"
    assert [notice.occasion for notice in sms(house)] == ["trip.started", "trip.started", "trip.arrived", "sos"]


def without_times(state: dict[str, Any]) -> dict[str, Any]:
    times = ("started_at", "promised_at", "predicted_at", "heard_at", "ended_at", "destroyed_at", "receipts")
    return {name: value for name, value in state.items() if name not in times}


async def her_record(house: House, walk: Walk) -> list[dict[str, Any]]:
    answer = await walk.phone._post("/api/record", {"items": [{"incident": walk.id, "secret": walk.secret}]})
    return list(answer["entries"])


def acts(entries: list[dict[str, Any]], prefix: str = "") -> list[str]:
    return [entry["act"] for entry in entries if entry["act"].startswith(prefix)]


async def test_an_sos_on_the_way_ends_the_trips_questions(house: House) -> None:
    phone, operator = await house.phone(), await house.client("operator")
    walk = await started(house, phone)
    await standing(walk)
    assert (await walk.state())["state"] == "asking"
    receipt = await phone.sos()
    pressed = await until(house, walk, state="signalled")
    assert pressed["question"] is None and pressed["signal"] is None
    await house.clock.advance(3600)
    assert len(await cases(operator)) == 1
    assert await house.rows("SELECT 1 FROM timer WHERE kind = 'trip.due'") == []
    read(await operator.post(f"/api/incidents/{receipt.incident}/claim"))
    read(await operator.post(f"/api/incidents/{receipt.incident}/close", json={"code": 2, "note": "실수"}))
    assert (await until(house, walk, state="ended"))["outcome"] == "signalled"


# the end


async def test_away_from_her_door_the_end_takes_her_code(house: House) -> None:
    walk = await started(house)
    away = await walk.walk(0, 300)
    assert away["end_needs_code"]
    with pytest.raises(Refused) as refused:
        await walk.ask("end", outcome="ended")
    assert (refused.value.status, refused.value.type) == (403, "trip.code")
    assert (await walk.ask("end", outcome="ended", code="2580"))["outcome"] == "ended"
    await house.settle()
    assert sms(house)[-1].occasion == "trip.ended"


async def test_an_old_fix_at_her_door_is_not_enough(house: House) -> None:
    walk = await started(house)
    near = await walk.walk(0, 880, mps=8)
    assert not near["end_needs_code"]
    await house.clock.advance(121)
    assert (await walk.state())["end_needs_code"]


async def test_who_has_no_code_ends_it_as_she_likes(house: House) -> None:
    walk = await started(house, await house.phone(profile=Profile(name="김하늘")))
    assert not (await walk.walk(0, 100))["end_needs_code"]
    assert (await walk.ask("end", outcome="ended"))["state"] == "ended"
    again = await walk.ask("end", outcome="arrived")
    assert again["outcome"] == "ended"


async def test_a_trip_that_nobody_ends_is_over_after_twelve_hours(house: House) -> None:
    walk = await started(house)
    async with house.centre.database.transaction() as tx:
        await tx.execute("UPDATE trip SET promised_at = $1", tx.at - timedelta(hours=12))
    await walk.later(15 * 60)
    assert (await until(house, walk, state="ended"))["outcome"] == "expired"
    await forgotten(house, walk.id, "track")


# guardians


async def test_a_guardians_link_shows_her_way_is_recorded_and_ends(house: House) -> None:
    walk = await started(house)
    await walk.walk(0, 200)
    link = sms(house)[0].link
    browser = await guardian(house, link)
    page = await browser.open()
    assert (page["kind"], page["state"], page["destination"], page["battery"]) == ("trip", "walking", "집", 61)
    assert page["person"]["name"] == "김하늘" and page["position"]["latitude"] > HOME[0] and page["predicted_at"]
    with pytest.raises(Refused) as bound:
        await (await guardian(house, link)).open()
    assert bound.value.status == 409
    await house.settle()
    assert {receipt["state"] for receipt in (await walk.state())["receipts"]} == {"read"}
    await walk.walk(200, 890)
    await walk.ask("end", outcome="arrived")
    await house.settle()
    over = await browser.state()
    assert (over["state"], over["outcome"], over["position"]) == ("ended", "arrived", None)
    await forgotten(house, walk.id, "track")
    found = acts(await her_record(house, walk))
    assert {"trip.started", "link.issued", "link.opened", "link.refused", "guardian.told", "trip.ended"} <= set(found)
    await house.clock.leap(24 * 3600 + 1)

    async def closed() -> bool:
        return bool((await browser.state())["closed"])

    await house.until(closed)
    assert (await browser.state())["person"] is None
    await forgotten(house, walk.id, "case")
    assert "case.erased" in acts(await her_record(house, walk))


async def test_her_record_is_empty_while_she_is_on_her_way_and_for_whoever_guesses(house: House) -> None:
    walk = await started(house)
    assert await her_record(house, walk) == []
    await walk.walk(0, 890, mps=3)
    await walk.ask("end", outcome="arrived")
    walk.secret = "x" * 43
    assert await her_record(house, walk) == []


async def test_a_device_that_she_carries_tells_of_her_way(house: House) -> None:
    """A page is put to sleep in her pocket; a free app of hers goes on."""
    phone, app = await house.phone(), await house.client()
    walk = await started(house, phone)
    assert phone.credential is not None
    proof = phone.prove("ansim device", phone.credential)
    device = (await phone._post("/api/citizen/devices", {"credential": phone.credential, "proof": proof}))["device"]
    await house.clock.advance(60)
    fix = walk.fix(400)
    said = {"id": device, "lat": fix["latitude"], "lon": fix["longitude"], "accuracy": 6, "batt": 17}
    assert (await app.get("/in/osmand", params=said)).status_code == 200
    state = await walk.state()
    assert state["battery"] == 17
    assert state["remaining_m"] == pytest.approx(500, abs=2) and state["heard_at"] > walk.begun["started_at"]
    # another person's device tells nothing of her
    await app.get("/in/osmand", params=said | {"id": "somebody", "lat": DOOR[0], "lon": DOOR[1]})
    assert (await walk.state())["remaining_m"] == state["remaining_m"]


# what is sent twice, badly, or by others


async def test_a_start_that_is_repeated_is_one_trip(house: House) -> None:
    walk = await started(house)
    again = await walk.phone._client.post("/api/trips", json=walk.body)
    assert (again.status_code, again.json()) == (200, walk.begun)
    await house.settle()
    assert len(await house.rows("SELECT 1 FROM trip")) == 1 and len(sms(house)) == 1


async def test_a_call_that_is_interrupted_is_one_signal(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    walk, operator = await started(house), await house.client("operator")
    kept, failures = calling._received, [RuntimeError("the answer got lost")]

    async def loses_one(*arguments: Any) -> None:
        if failures:
            raise failures.pop()
        await kept(*arguments)

    monkeypatch.setattr(calling, "_received", loses_one)
    await walk.later(15 * 60 + 451)
    await until(house, walk, state="asking")
    await house.clock.advance(60)
    await until(house, walk, state="calling")
    await house.clock.advance(40)

    async def known() -> bool:
        await house.clock.advance(1)
        return (await walk.state())["signal"] is not None

    await house.until(known, settled=False)
    assert failures == [] and len(await house.rows("SELECT 1 FROM signal")) == 1
    assert len(await cases(operator)) == 1


async def test_what_is_wrong_in_a_batch_is_named_and_the_rest_is_kept(house: House) -> None:
    walk = await started(house)
    bad = {**walk.fix(10), "latitude": 91}
    heard = await walk.ask("positions", positions=[walk.fix(5), bad, "here", walk.fix(10)])
    assert heard["accepted"] == 2
    assert [(one["index"], one["field"]) for one in heard["rejected"]] == [(1, "latitude"), (2, "position")]


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+09:00", "9999-12-31T23:59:59-09:00"])
async def test_a_clock_at_the_end_of_time_refuses_nothing(house: House, at: str) -> None:
    phone = await house.phone()
    walk = await started(house, phone, at=at)
    heard = await walk.ask("positions", positions=[walk.fix(5) | {"at": at}])
    assert heard["accepted"] == 1
    [row] = await house.rows("SELECT located_at FROM trip")
    assert row["located_at"] == house.clock.now()


SECRET = {"secret": "x" * 43}


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("", {"mode": "rocket"}, 400, "mode"),
        ("", {"destination": {"latitude": 91, "longitude": 0}}, 400, "destination"),
        ("", {"promised_at": "2026-11-21T14:47:30Z"}, 422, "promised_at"),
        ("", {"promised_at": "2026-11-22T14:47:30Z"}, 422, "promised_at"),
        ("", {"promised_at": "soon"}, 400, "promised_at"),
        ("", {"id": "x"}, 400, "id"),
        ("/positions", SECRET | {"positions": [{}] * 501}, 400, "positions"),
        ("/positions", SECRET | {"battery": 101}, 400, "battery"),
        ("/answer", SECRET | {"question": ""}, 400, "question"),
        ("/extend", SECRET | {"minutes": 4}, 400, "minutes"),
        ("/extend", SECRET | {"minutes": 121}, 400, "minutes"),
        ("/mode", SECRET | {"mode": "taxi", "vehicle": {"plate": "1" * 21}}, 400, "vehicle"),
        ("/end", SECRET | {"outcome": "signalled"}, 400, "outcome"),
        ("/state", {"secret": "short"}, 400, "secret"),
    ],
)
async def test_bad_input_is_named(house: House, path: str, body: dict[str, Any], status: int, field: str) -> None:
    phone = await house.phone(enrol=False)
    sent = posted(house, phone) | body if path == "" else body
    answer = await phone._client.post(f"/api/trips/{'none' if path else ''}{path}".rstrip("/"), json=sent)
    assert (answer.status_code, answer.json()["field"].split(".")[0]) == (status, field), answer.text


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        ("positions", {"positions": []}), ("answer", {"question": "q"}), ("extend", {"minutes": 5}),
        ("mode", {"mode": "bus"}), ("end", {"outcome": "ended"}), ("state", {}),
    ],
)  # fmt: skip
async def test_without_its_secret_there_is_no_trip(house: House, verb: str, said: dict[str, Any]) -> None:
    walk = await started(house)
    walk.secret = "x" * 43
    with pytest.raises(Refused) as refused:
        await walk.ask(verb, **said)
    assert (refused.value.status, refused.value.type) == (404, "trip.unknown")


@pytest.mark.parametrize(("verb", "said"), [("extend", {"minutes": 5}), ("mode", {"mode": "bus"})])
async def test_after_the_end_nothing_changes(house: House, verb: str, said: dict[str, Any]) -> None:
    walk = await started(house)
    await walk.ask("end", outcome="ended", code="2580")
    with pytest.raises(Refused) as refused:
        await walk.ask(verb, **said)
    assert (refused.value.status, refused.value.type) == (410, "trip.ended")


async def test_a_trip_is_listed_at_its_centre_and_for_those_who_work_there(house: House) -> None:
    await started(house)
    for role, status in (("operator", 200), ("supervisor", 200), ("auditor", 403), ("administrator", 403)):
        assert (await (await house.client(role)).get("/api/trips")).status_code == status
    elsewhere = await house.client("operator", centre="gyeonggi-gwangju")
    assert read(await elsewhere.get("/api/trips"))["trips"] == []
    assert (await (await house.client()).get("/api/trips")).status_code == 401


async def test_nobody_needs_an_account_to_be_watched_over(house: House) -> None:
    walk = await started(house, await house.phone(enrol=False))
    [row] = await house.rows("SELECT person, verdict FROM trip")
    assert row == {"person": None, "verdict": "none"}
    assert len(sms(house)) == 1 and (await walk.at(10))["state"] == "walking"


async def test_a_proof_for_an_sos_proves_no_trip(house: House) -> None:
    phone = await house.phone()
    body = posted(house, phone)
    body["proof"] = phone.prove("ansim signal", body["id"], body["at"])
    await phone._post("/api/trips", body)
    [row] = await house.rows("SELECT person, verdict FROM trip")
    assert row == {"person": None, "verdict": "forged"}


# pushed


async def test_her_phone_and_the_room_are_told_of_every_step(house: House) -> None:
    token = (await house.client("operator")).headers["authorization"].removeprefix("Bearer ")
    async with house.socket("/live", token) as room:
        assert (await room.first("state"))["trips"] == {"watched": 0, "asking": 0, "ready": 0}
        walk = await started(house)
        phone = Socket(room_app(house), "/live/trip", {})
        phone._says.put_nowait(
            {
                "type": "websocket.receive",
                "text": msgspec.json.encode({"trip": walk.id, "secret": walk.secret}).decode(),
            }
        )

        def shows(state: str) -> Any:
            async def holds() -> bool:
                return any(message["state"] == state for message in phone.heard)

            return holds

        def counts(**wanted: int) -> Any:
            async def holds() -> bool:
                return any(message.get("trips", {}) | wanted == message.get("trips") for message in room.heard)

            return holds

        await house.until(shows("walking"))
        await house.until(counts(watched=1, asking=0))
        await standing(walk)
        await house.until(shows("asking"))
        await house.until(counts(watched=1, asking=1))
        await walk.ask("end", outcome="ended", code="2580")
        await house.until(shows("ended"))
        await phone.leave()


def room_app(house: House) -> Any:
    return house._transport.app


# the house itself


@asynccontextmanager
async def running(dsn: str, folder: str, clock: ManualClock) -> AsyncIterator[House]:
    """A centre on this data folder: started, and stopped again."""
    settings = Settings(data=folder, database=dsn, centre=CENTRE, simulated_channels=True)
    async with Centre(settings, World(clock=clock)) as centre, AsyncExitStack() as stack:
        transport = httpx.ASGITransport(app=application(centre))  # type: ignore[arg-type]
        yield House(centre, clock, transport, stack)


async def moved_to(walk: Walk, house: House) -> None:
    walk.house, walk.phone._client = house, await house.client()


async def test_a_restart_loses_no_question_and_asks_none_twice(dsn: str, open_folder: Path) -> None:
    clock = ManualClock()
    with tempfile.TemporaryDirectory(prefix="ansim-flow.") as folder:
        async with running(dsn, folder, clock) as house:
            asked, quiet = await started(house), await started(house)
            await standing(asked)
            question = (await asked.state())["question"]
            assert question is not None
        await clock.advance(30)
        async with running(dsn, folder, clock) as house:
            for walk in (asked, quiet):
                await moved_to(walk, house)
            state = await asked.state()
            assert state["state"] == "asking" and state["question"] == question
            assert len(await house.rows("SELECT 1 FROM ledger_entry WHERE act = 'trip.asked'")) == 1
        # it is away while the answer is due: she has the whole of the next step
        await clock.advance(600)
        async with running(dsn, folder, clock) as house:
            for walk in (asked, quiet):
                await moved_to(walk, house)
            called = (await until(house, asked, state="calling"))["question"]
            left_s = (datetime.fromisoformat(called["answer_until"]) - clock.now()).total_seconds()
            assert left_s > 0
            await clock.advance(left_s - 2)
            assert (await asked.ask("answer", question=question["id"]))["state"] == "walking"
            # and the other one is asked when her time is over, as if nothing had been
            await quiet.later(15 * 60 + 451)
            assert (await until(house, quiet, state="asking"))["question"]["reason"] == "late"


async def test_the_check_finds_a_trip_that_nobody_looks_after(house: House) -> None:
    one, other = await started(house), await started(house)
    await one.ask("end", outcome="ended", code="2580")
    await forgotten(house, one.id, "track")
    assert await unwell(house) == []
    async with house.centre.database.transaction() as tx:
        await tx.execute("DELETE FROM timer WHERE kind = 'trip.due'")
        await tx.execute(
            "UPDATE trip SET track_slot = 7, ended_at = $2::timestamptz - interval '1 hour' WHERE id = $1",
            one.id,
            tx.at,
        )
    found = await unwell(house)
    assert f"an open trip has no timer that looks after it: {other.id}" in found
    assert f"a trip's track key outlives the trip: {one.id}" in found


async def unwell(house: House) -> list[str]:
    """What the check finds of trips."""
    database = Database(await PoolDriver.connect(house.centre.dsn, size=2), house.centre.world)
    try:
        return [
            line for line in await wrong(database, folder_of(house), CENTRE) if "trip" in line and "right" not in line
        ]
    finally:
        await database.close()
