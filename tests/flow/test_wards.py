"""A ward's day: her zones, her silence, her daily question; who is told, who answers, and who may see where she was."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from ansim.app.check import wrong
from ansim.core.clock import ManualClock
from ansim.core.database import Database
from ansim.core.database.pool import PoolDriver
from ansim.core.geo import destination
from ansim.response.notify.ports import Notice
from ansim.response.tracking.model import Moved
from ansim.sim.phone import instant, read
from ansim.trust.access.model import Role
from tests.flow.conftest import CENTRE, HOME, House, folder_of, opened
from tests.flow.test_devices import HEARTBEAT, SIGN_IN, moved
from tests.flow.test_devices import line as pendant
from tests.flow.test_trips import running

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

    async def fix(self, at: tuple[float, float] | None = None) -> None:
        """Her pendant says where it is, or that it lives."""
        if at is None:
            await self.house.centre.moves.submit(Moved(PENDANT, "nobody", None))
        else:
            now = self.house.clock.now().timestamp()
            said = {"id": PENDANT, "lat": at[0], "lon": at[1], "accuracy": 10, "timestamp": round(now)}
            assert (await self.official.get("/in/osmand", params=said)).status_code == 200
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
    async with opened(dsn, trackers={"gt06": 0}) as house:
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
    token = town.official.headers["authorization"].removeprefix("Bearer ")
    async with house.socket("/live", token) as console:
        assert (await console.first("state"))["wards"] == {"watched": 1, "alarms": 0, "searches": 0, "unassigned": 0}
        async with pendant(house, "gt06") as gt06:
            await gt06.send(SIGN_IN, moved(house.clock.now(), HOME), HEARTBEAT)
            await gt06.hear()
            await gt06.hear()
            for _ in range(2):
                await house.clock.advance(30)
                await gt06.send(moved(house.clock.now(), AWAY), HEARTBEAT)
                await gt06.hear()
            line = await town.until(id, state="alarm", reason="left")
        assert (await console.first("wards"))["wards"]["alarms"] == 1
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
    await house.clock.leap(11 * 60)
    assert await town.cases() == []
    for _ in range(2):
        await town.fix(HOME)
        await house.clock.advance(30)
    await town.until(id, state="ok")
    assert told(house, FATHER)[-1] == "back"
    assert (await daughter.post("ward-place")).status_code == 409
    assert (await town.acts(id))[-2:] == ["ward.answered", "ward.back"]


async def test_nobody_answers_and_it_becomes_a_case_that_follows_her(town: Town) -> None:
    house = town.house
    id = (await town.enrol("child"))["id"]
    await town.leaves()
    await town.until(id, reason="left")
    await house.clock.leap(3 * 60 + 1)
    await town.until(id, state="alarm")
    [case] = await house.until(town.cases)
    assert (case["kind"], case["trigger"], case["priority"], case["verdict"]) == ("ward", "left", 1, "verified")
    await town.until(id, incident=case["id"])
    other = town.clients["other"]
    taken = read(await other.post(f"/api/incidents/{case['id']}/claim"))
    assert taken["person"]["name"] == "박순자" and taken["position"]["longitude"] == pytest.approx(AWAY[1])
    assert [line["name"] for line in taken["guardians"]] == ["김영희", "John"] and told(house, MOTHER)[-1] == "sos"
    further = destination(*HOME, 90.0, 600.0)
    await house.clock.advance(30)
    await town.fix(further)
    seen = read(await other.get(f"/api/incidents/{case['id']}"))
    assert seen["position"]["longitude"] == pytest.approx(further[1])
    # it does not end while she is looked for: her pendant leads to her
    looking = await town.official.post(f"/api/wards/{id}/end", json={})
    assert (looking.status_code, looking.json()["type"]) == (409, "ward.case")
    # whoever has the case closes it; the watch goes on, and asks nothing for an hour
    read(await other.post(f"/api/incidents/{case['id']}/close", json={"code": 1, "note": "찾았어요"}))
    await town.until(id, state="ok")
    await town.fix(further)
    assert (await town.line(id))["state"] == "ok"
    before = told(house, MOTHER).count("left")
    await house.clock.leap(60 * 60)
    await town.until(id, reason="left")
    assert told(house, MOTHER).count("left") == before + 1
    assert (await town.acts(id))[-1] == "ward.alarm" and await unwell(house) == []


async def test_silence_is_noticed_across_a_restart_and_a_guardian_who_cannot_find_her_calls(
    dsn: str, open_folder: Path
) -> None:
    clock = ManualClock()
    with tempfile.TemporaryDirectory(prefix="ansim-flow.") as folder:
        async with running(dsn, folder, clock) as house:
            town = Town(house, {"official": await house.client("operator"), "other": await house.client("operator")})
            id = (await town.enrol())["id"]
            await town.fix(HOME)
            await clock.leap(29 * 60)
            await town.fix()
            await clock.leap(29 * 60)
            assert (await town.line(id))["state"] == "ok", "a heartbeat is a sign of life"
        # while the centre is away nobody can be heard: that silence is not hers
        await clock.leap(3 * 3600)
        async with running(dsn, folder, clock) as house:
            town = Town(house, {"official": town.official, "other": await house.client("operator")})
            town.official = await house.client("supervisor")
            assert (await town.line(id))["state"] == "ok"
            await clock.leap(30 * 60 + 2)
            await town.until(id, state="silent", reason="silent")
            assert told(house, MOTHER) == ["silent"]
            await town.fix()
            await town.until(id, state="ok")
            assert told(house, MOTHER)[-1] == "back"
            daughter = await town.page(MOTHER)
            assert read(await daughter.post("ward", answer="missing"))["ward"]["alarm"]["reason"] == "missing"
            read(await daughter.post("ward", answer="missing"))
            [case] = await house.until(town.cases)
            assert (case["trigger"], case["priority"], case["signals"]) == ("missing", 1, 1)
            # the case begins with the newest place, and nothing of the day before
            claimed = read(await town.clients["other"].post(f"/api/incidents/{case['id']}/claim"))
            assert len(claimed["track"]) == 1
            close = {"code": 1, "note": "찾았어요"}
            read(await town.clients["other"].post(f"/api/incidents/{case['id']}/close", json=close))
            await town.until(id, state="ok")
            await clock.leap(3600)
            await town.until(id, reason="silent")


async def test_quarantine_is_between_her_and_the_official(town: Town) -> None:
    house = town.house
    id = (await town.enrol("quarantine", silent_after_s=0))["id"]
    assert told(house, OWN) == ["page"]
    her = await town.page(OWN)
    assert "박순자" not in str(await her.open()) and (await her.sees())["asked_at"] is None
    seen = await her.sees()
    until_asked = datetime.fromisoformat(seen["next_check_at"]) - house.clock.now()
    await house.clock.leap(until_asked.total_seconds() + 1)

    async def asked() -> bool:
        return (await town.line(id))["asked_at"] is not None

    await house.until(asked)
    await house.settle()
    assert "check" in told(house, OWN)
    view = read(await her.post("check", answer="well"))["ward"]
    assert view["asked_at"] is None and view["checked_at"] is not None
    # a place that she gives by herself is held against her zones and not kept
    away = {"latitude": AWAY[0], "longitude": AWAY[1], "accuracy_m": 10, "at": instant(house.clock.now())}
    read(await her.post("check", answer="well", position=away))
    await town.until(id, reason="left")
    await house.clock.leap(20 * 60)
    assert told(house, MOTHER) == ["enrolled"] and await town.cases() == []
    read(await town.official.post(f"/api/wards/{id}/in-hand"))
    assert (await town.line(id))["alarm"]["answered_by"] == "official"
    home = away | {"latitude": HOME[0], "longitude": HOME[1]}
    assert read(await her.post("check", answer="well", position=home))["ward"]["called_at"] is None
    await town.until(id, state="ok")
    # the next day's question stays without an answer
    await house.clock.leap(24 * 3600)
    await house.until(asked)
    await house.clock.leap(3601)
    await town.until(id, reason="unchecked")
    assert told(house, MOTHER) == ["enrolled"] and await town.cases() == []
    read(await her.post("check", answer="help"))
    await town.until(id, reason="help")
    assert told(house, MOTHER)[-1] == "help"
    sos = {"id": "sos-of-hers", "position": home}
    first, again = read(await her.post("ward-sos", **sos)), read(await her.post("ward-sos", **sos))
    assert first["receipt"] == again["receipt"]
    [case] = await house.until(town.cases)
    assert (case["trigger"], case["signals"]) == ("button", 1)
    await town.until(id, incident=case["id"])
    fix = home | {"at": instant(house.clock.now())}
    assert read(await her.post("ward-positions", positions=[fix, {"latitude": 91}]))["accepted"] == 1


async def test_two_people_open_her_last_day_and_one_alone_never(town: Town) -> None:
    house, clients = town.house, town.clients
    id = (await town.enrol())["id"]
    way = [destination(*HOME, 0.0, 20.0 * n) for n in range(6)]
    for place in way:
        await town.fix(place)
        await house.clock.advance(70)
    began = house.clock.now() - timedelta(seconds=70 * 6)
    words = {"reason": "새벽에 나가 돌아오지 않음", "reference": "112-2026-8841"}
    ask, leader, second = f"/api/wards/{id}/search", clients["leader"], clients["second"]
    first = read(await leader.post(ask, json=words))
    assert (await clients["other"].post(ask, json=words)).json()["type"] == "search.waits"
    decide = f"/api/searches/{first['id']}"
    for verb in ("approve", "refuse"):
        own = await leader.post(f"{decide}/{verb}")
        assert (own.status_code, own.json()["type"]) == (403, "search.own")
        assert (await clients["other"].post(f"{decide}/{verb}")).status_code == 403
        assert (await second.post(f"/api/searches/none/{verb}")).status_code == 404
    assert (await town.cases(), (await town.line(id))["search"]) == ([], "asked")
    await house.clock.leap(30 * 60 + 1)

    async def expired() -> bool:
        return (await town.line(id))["search"] is None

    await house.until(expired)
    late = await second.post(f"{decide}/approve")
    assert (late.status_code, late.json()["state"]) == (409, "expired")
    again = read(await clients["other"].post(ask, json=words))
    [waiting] = read(await second.get("/api/searches"))["searches"]
    assert waiting["reason"] == words["reason"] and not waiting["mine"]
    approved = read(await second.post(f"/api/searches/{again['id']}/approve"))
    assert datetime.fromisoformat(approved["until_at"]) == house.clock.now() + timedelta(hours=6)
    assert (await second.post(f"/api/searches/{again['id']}/approve")).status_code == 409
    [case] = await house.until(town.cases)
    await town.until(id, incident=case["id"])
    assert (case["trigger"], case["priority"]) == ("missing", 1)
    claimed = read(await clients["other"].post(f"/api/incidents/{case['id']}/claim"))
    assert len(claimed["track"]) == len(way) + 1
    acts = [act for act in await town.acts(id) if act.startswith("search.")]
    assert acts == ["search.asked", "search.expired", "search.asked", "search.viewed", "search.approved"]
    passed = read(await clients["other"].get(f"/api/incidents/{case['id']}/way"))["cameras"]
    near = next(one for one in passed if one["camera"] == "cam-1")
    assert datetime.fromisoformat(near["from_at"]) < began + timedelta(minutes=2)
    clip = {"camera": "cam-1", "from": near["from_at"], "until": near["until_at"], "reason": "경로 확인"}
    there = await clients["other"].post(f"/api/incidents/{case['id']}/clips", json=clip)
    assert there.json()["type"] == "clip.nothing", "allowed, and nothing was recorded in this test"
    early = clip | {
        "from": instant(began - timedelta(hours=20)),
        "until": instant(began - timedelta(hours=20, minutes=-2)),
    }
    refused = await clients["other"].post(f"/api/incidents/{case['id']}/clips", json=early)
    assert (refused.status_code, refused.json()["type"]) == (403, "clip.camera")
    await house.clock.leap(6 * 3600)
    over = await clients["other"].get(f"/api/incidents/{case['id']}/way")
    assert (over.status_code, over.json()["type"]) == (409, "search.none")


async def test_hours_die_when_they_are_a_day_old_and_the_rest_at_the_end(town: Town) -> None:
    house = town.house
    enrolled = read(await town.official.post("/api/wards", json=asked(house)))
    await town.fix(HOME)
    [hour] = await house.rows("SELECT * FROM ward_hour")
    assert len(await house.rows("SELECT 1 FROM fix WHERE incident = $1", hour["id"])) == 1
    await house.clock.leap(24 * 3600 + 1)
    await town.fix(HOME)

    async def one_left() -> bool:
        return hour["id"] not in {row["id"] for row in await house.rows("SELECT id FROM ward_hour")}

    await house.until(one_left)
    assert await house.rows("SELECT 1 FROM fix WHERE incident = $1", hour["id"]) == []
    assert house.centre.keys.erased(hour["track_slot"])
    son, daughter = await town.page(FATHER), await town.page(MOTHER)
    assert not (await son.sees())["may_take_back"] and (await daughter.sees())["may_take_back"]
    refused = await son.post("ward", answer="take-back")
    assert (refused.status_code, refused.json()["type"]) == (403, "ward.consent")
    secret = {"incident": enrolled["ward"]["id"], "secret": enrolled["secret"]}
    record = {"items": [secret]}
    assert read(await daughter.client.post("/api/record", json=record))["entries"] == [], "not while she is watched"
    ended = read(await daughter.post("ward", answer="take-back"))
    assert ended["ward"]["outcome"] == "taken-back" and told(house, MOTHER)[-1] != "ended"
    again = await daughter.post("ward", answer="take-back")
    assert (again.status_code, again.json()["type"]) == (410, "ward.ended")
    await house.settle()
    assert told(house, MOTHER)[-1] == "ended"

    async def forgotten() -> bool:
        [row] = await house.rows("SELECT track_slot, memory, places FROM ward")
        return set(row.values()) == {None} and not await house.rows("SELECT 1 FROM ward_hour")

    await house.until(forgotten)
    acts = {entry["act"] for entry in read(await daughter.client.post("/api/record", json=record))["entries"]}
    assert acts >= {"ward.enrolled", "link.opened", "ward.ended", "track.erased"}
    assert await house.rows("SELECT 1 FROM fix") == [] and await unwell(house) == []
    await town.fix(AWAY)
    assert await house.rows("SELECT 1 FROM fix") == [], "her pendant is nobody's any more"
    await house.clock.leap(24 * 3600 + 1)

    async def nameless() -> bool:
        [row] = await house.rows("SELECT case_slot, w.person, secret, words, profile_sealed FROM ward w, person p")
        return set(row.values()) == {None} and not await house.rows("SELECT 1 FROM device")

    await house.until(nameless)
    assert await house.rows("SELECT 1 FROM guardian_notice") == []


async def test_numbers_and_devices_change_and_the_old_ones_are_forgotten(town: Town) -> None:
    house, other = town.house, "864717003664475"
    id = (await town.enrol())["id"]
    base, mother, father = f"/api/wards/{id}", await town.page(MOTHER), await town.page(FATHER)
    [before] = await house.rows("SELECT slot, profile_sealed FROM person")
    guardians = [
        {"name": "김영희", "relation": "딸", "phone": OWN},
        {"name": "John", "phone": FATHER, "language": "en"},
    ]
    for members, status, field in (
        ({"guardians": [{"name": "김영희", "phone": "none"}]}, 400, "guardians[0].phone"),
        ({"guardians": [{"name": "김영희"}]}, 422, "guardians[0]"),
        ({"guardians": []}, 422, "guardians"),
        ({"devices": []}, 422, "devices"),
        ({"check": {"at": "09:00"}}, 422, "check"),
    ):
        refused = await town.official.patch(base, json=members)
        assert (refused.status_code, refused.json().get("field")) == (status, field), refused.json()
    changed = {"guardians": guardians, "devices": [{"protocol": "gt06", "number": other}]}
    seen = read(await town.official.patch(base, json=changed))
    assert [one["phone"] for one in seen["people"]] == [OWN, FATHER] and seen["devices"] == 1
    await house.settle()
    # whoever is told from now on has a link, whoever is not told any more has none, and the other one notices nothing
    assert told(house, OWN) == ["enrolled"] and told(house, FATHER) == ["enrolled"]
    assert (await mother.client.get(mother.base)).json()["closed"] and (await father.sees())["person"] == "박순자"
    assert {"ward.contacts-changed", "ward.devices-changed"} <= set(await town.acts(id))

    async def destroyed() -> bool:
        return house.centre.keys.erased(before["slot"])

    await house.until(destroyed)
    assert (
        MOTHER not in str(await house.rows("SELECT * FROM guardian_notice"))
        and len(await house.rows("SELECT 1 FROM guardian_notice")) == 2
    ), "hers are gone, with the number that stood in them"
    # she is heard by the new device alone
    await town.fix(HOME)
    assert (await town.line(id))["heard_at"] is None
    await house.centre.moves.submit(Moved(other, "nobody", None))
    await house.settle()
    assert (await town.line(id))["heard_at"] is not None and await unwell(house) == []


async def test_what_cannot_be_is_said_and_who_may_not_is_told_nothing(town: Town) -> None:
    house, clients = town.house, town.clients
    id = (await town.enrol())["id"]
    now = house.clock.now()
    square = {
        "type": "Polygon",
        "coordinates": [[[127.0, 37.0], [127.01, 37.01], [127.01, 37.0], [127.0, 37.01], [127.0, 37.0]]],
    }
    zone = asked(house)["zones"][0]
    for members, status, type, field in (
        ({"ground": {"kind": "order", "reference": "1"}}, 422, "ward.ground", "ground.kind"),
        ({"kind": "quarantine", "ground": {"kind": "order"}}, 422, "ward.ground", "ground.reference"),
        ({"until_at": instant(now + timedelta(days=366))}, 422, "ward.until", "until_at"),
        ({"until_at": instant(now)}, 422, "ward.until", "until_at"),
        ({"guardians": []}, 422, "ward.guardians", "guardians"),
        ({"guardians": [{"name": "김"}]}, 422, "ward.guardians", "guardians[0]"),
        ({"devices": []}, 422, "ward.devices", "devices"),
        ({"check": {"at": "09:00"}}, 422, "ward.check", "check"),
        ({"silent_after_s": 599}, 422, "ward.silence", "silent_after_s"),
        ({"zones": [zone | {"valid_until_at": instant(now)}]}, 422, "ward.zone", "zones[0].valid_until_at"),
        ({"check": {"at": "9:00"}, "phone": OWN}, 400, "request.form", None),
        ({"zones": [zone | {"shape": square}]}, 400, "request.form", None),
        ({"zones": [zone] * 9}, 400, "request.form", None),
        ({"devices": [{"protocol": "gt06", "number": "123"}]}, 400, "request.form", None),
        ({}, 409, "device.taken", "devices[0].number"),
    ):
        answer = await town.official.post("/api/wards", json=asked(house, **members))
        said = answer.json()
        assert (answer.status_code, said["type"]) == (status, type), (members, said)
        assert field is None or said["field"] == field, said
    assert len(await house.rows("SELECT 1 FROM ward")) == 1 == len(await house.rows("SELECT 1 FROM person"))
    base = f"/api/wards/{id}"
    other, leader = clients["other"], clients["leader"]
    for answer in (
        await other.get(base),
        await other.patch(base, json={"silent_after_s": 600}),
        await other.post(f"{base}/in-hand"),
        await other.post(f"{base}/end", json={}),
        await other.post(f"{base}/case"),
        await (await house.client("operator", centre="gyeonggi-suwon")).get(base),
    ):
        assert (answer.status_code, answer.json()["type"]) == (404, "ward.unknown")
    for role in ("auditor", "administrator", "officer"):
        client = await house.client(role)
        assert {(await client.get(path)).status_code for path in ("/api/wards", base, "/api/searches")} == {403}
    assert (await other.get("/api/searches")).status_code == 403
    # the leader hands her over, and whoever had her has her no more
    colleague = await house.account("colleague")
    assert (await leader.patch(base, json={"official": "\0"})).status_code == 400
    for nobody in ("nobody", (await house.account("auditor", Role.AUDITOR)).id):
        refused = await leader.patch(base, json={"official": nobody})
        assert (refused.status_code, refused.json()["field"]) == (422, "official")
    changed = read(await leader.patch(base, json={"official": colleague.id, "silent_after_s": 0, "zones": []}))
    assert changed["official"]["name"] == "colleague" and changed["places"] == [] and changed["silent_after_s"] == 0
    assert (await town.official.get(base)).status_code == 404
    # her account is closed: everybody sees that nobody answers for her, and the leader gives her to somebody else
    administrator = await house.client("administrator")
    read(await administrator.post(f"/api/accounts/{colleague.id}/disable"))
    await house.settle()
    assert (await town.line(id))["official"] is None and (await town.acts(id))[-1] == "ward.unassigned"
    assert read(await leader.get("/api/wards"))["counts"]["unassigned"] == 1
    refused = await leader.patch(base, json={"official": colleague.id})
    assert (refused.status_code, refused.json()["field"]) == (422, "official")
    next_one = await house.account("next")
    assert read(await leader.patch(base, json={"official": next_one.id}))["official"]["name"] == "next"
    assert read(await leader.get("/api/wards"))["counts"]["unassigned"] == 0
    # a link is for whom it is for
    daughter = await town.page(MOTHER)
    for path, body in (
        ("check", {"answer": "well"}),
        ("ward-positions", {"positions": []}),
        ("ward-sos", {"id": "12345678"}),
    ):
        assert (await daughter.post(path, **body)).status_code == 404
    assert (await daughter.post("ward", answer="something")).status_code == 400
    assert (await daughter.post("ward-place")).status_code == 409
    # its end comes by itself
    later = {"until_at": instant(house.clock.now() + timedelta(days=60))}
    read(await leader.patch(base, json=later))
    await house.settle()
    assert (await daughter.client.get(daughter.base)).json()["closed"], "a link that lasts longer has come"
    assert (await (await town.page(MOTHER)).sees())["person"] == "박순자"
    read(await leader.patch(base, json={"until_at": instant(house.clock.now() + timedelta(minutes=5))}))
    await house.clock.leap(5 * 60 + 1)
    await town.until(id, state="ended")
    assert (await leader.patch(base, json={"silent_after_s": 600})).status_code == 410


async def unwell(house: House) -> list[str]:
    """What the check finds of wards and searches."""
    database = Database(await PoolDriver.connect(house.centre.dsn, size=2), house.centre.world)
    try:
        return [line for line in await wrong(database, folder_of(house), CENTRE) if "ward" in line or "search" in line]
    finally:
        await database.close()
