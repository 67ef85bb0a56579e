"""Two scouts walk her home: asked for, given to a pair, met by numbers, watched, and forgotten."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from ansim.app import check
from ansim.core.database import Database
from ansim.core.database.pool import PoolDriver
from ansim.core.geo import destination
from ansim.response.notify.ports import Notice
from ansim.sim.agency import Officer
from ansim.sim.phone import CONTACTS, Phone, Refused, instant, read
from ansim.sim.sealing import base64url, seal
from tests.flow.conftest import CENTRE, HOME, House, folder_of

pytestmark = pytest.mark.flow

STOP = destination(*HOME, 180.0, 300.0)
"""The bus stop where they meet, three hundred metres south of her door."""

PAIRS = {
    "near": ("야탑역", destination(*STOP, 90.0, 200.0), ("김나은", "이도윤"), ("010-0000-0001", "010-0000-0002")),
    "edge": ("태재고개", destination(*HOME, 90.0, 3900.0), ("정하준", "한지우"), ("010-0000-0005", "010-0000-0006")),
    "beyond": ("오포", destination(*HOME, 90.0, 4200.0), ("오세아", "윤도현"), ("010-0000-0007", "010-0000-0008")),
    "far": ("서현역", destination(*STOP, 90.0, 1500.0), ("박서연", "최민재"), ("010-0000-0003", "010-0000-0004")),
}


AHEAD = timedelta(minutes=40)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


class Her:
    """Her phone: it does over HTTP what the citizen page does."""

    def __init__(self, house: House, phone: Phone, body: dict[str, Any], begun: dict[str, Any]) -> None:
        self.house, self.phone, self.body = house, phone, body
        self.id, self.secret = begun["escort"], begun["secret"]

    async def state(self) -> dict[str, Any]:
        return await self.phone._post(f"/api/escorts/{self.id}/state", {"secret": self.secret})

    async def say(self, word: str, **more: Any) -> dict[str, Any]:
        return await self.phone._post(f"/api/escorts/{self.id}/say", {"secret": self.secret, "say": word, **more})


class Scout:
    """A scout's browser behind her own link."""

    def __init__(self, client: httpx.AsyncClient, link: str) -> None:
        self.client, self.base = client, "/api/links/" + link.rpartition("/")[2]

    async def open(self) -> dict[str, Any]:
        return read(await self.client.post(f"{self.base}/open"))

    async def sees(self) -> dict[str, Any]:
        return read(await self.client.get(self.base))

    async def say(self, word: str, **more: Any) -> dict[str, Any]:
        return dict(read(await self.client.post(f"{self.base}/escort", json={"say": word, **more}))["escort"])


class Town:
    """The centre with a leader and a dispatcher, and the rota of the evening."""

    def __init__(self, house: House, leader: httpx.AsyncClient, dispatcher: httpx.AsyncClient) -> None:
        self.house, self.leader, self.dispatcher = house, leader, dispatcher
        self.duties: dict[str, str] = {}

    async def plan(self, pair: str, *, leader: httpx.AsyncClient | None = None, **languages: str) -> dict[str, Any]:
        """`languages`: of the scouts, by their names."""
        area, post, names, phones = PAIRS[pair]
        now = self.house.clock.now()
        body = {
            "area": area, "latitude": post[0], "longitude": post[1], "starts_at": instant(now),
            "ends_at": instant(now + timedelta(hours=4)),
            "scouts": [
                {"name": name, "phone": phone, "language": languages.get(name, "ko")}
                for name, phone in zip(names, phones, strict=True)
            ],
        }  # fmt: skip
        made: dict[str, Any] = read(await (leader or self.leader).post("/api/escort-duties", json=body))
        self.duties[pair] = made["id"]
        return made

    async def detail(self, her: Her) -> dict[str, Any]:
        return read(await self.dispatcher.get(f"/api/escorts/{her.id}"))

    async def assign(self, her: Her, pair: str, instead_of: str | None = None) -> httpx.Response:
        body = {"duty": self.duties[pair], "instead_of": instead_of and self.duties[instead_of]}
        answer = await self.dispatcher.post(f"/api/escorts/{her.id}/assign", json=body)
        await self.house.settle()
        return answer

    async def scouts(self, pair: str) -> list[Scout]:
        """Both browsers of a pair, with the links that came by message."""
        found = []
        for phone in PAIRS[pair][3]:
            link = [notice.link for address, notice in texts(self.house) if address == phone][-1]
            found.append(Scout(await self.house.client(), link))
            await found[-1].open()
        return found

    async def marks(self, her: Her) -> list[str]:
        [line] = [one for one in read(await self.dispatcher.get("/api/escorts"))["escorts"] if one["id"] == her.id]
        return list(line["marks"])

    async def marked(self, her: Her, mark: str) -> None:
        async def holds() -> bool:
            return mark in await self.marks(her)

        await self.house.until(holds)
        await self.house.settle()


@pytest.fixture
async def town(house: House) -> Town:
    town = Town(house, await house.client("supervisor"), await house.client("operator"))
    await town.plan("near", 이도윤="en")
    await town.plan("far")
    return town


def texts(house: House) -> list[tuple[str, Notice]]:
    return list(house.centre.inboxes["sms"].inbox)


def told(house: House, phone: str) -> list[str]:
    return [notice.occasion for address, notice in texts(house) if address == phone]


def asked(house: House, phone: Phone, ahead: timedelta = AHEAD, **members: Any) -> dict[str, Any]:
    now, id = house.clock.now(), house.centre.world.id()
    body: dict[str, Any] = {
        "id": id, "at": instant(now), "meet_at": instant(now + ahead),
        "meeting": {"latitude": STOP[0], "longitude": STOP[1], "label": "별빛마을 정류장"},
        "home": {"latitude": HOME[0], "longitude": HOME[1], "label": "별빛로 7"},
    }  # fmt: skip
    if phone.credential is not None:
        body |= {"credential": phone.credential, "proof": phone.prove("ansim escort", id, body["at"])}
    if phone.profile is not None and phone.centre_key is not None:
        body["sealed"] = base64url(seal(phone.centre_key, msgspec.json.encode(phone.profile), CONTACTS, id.encode()))
    return body | members


async def booked(house: House, phone: Phone | None = None, **members: Any) -> Her:
    phone = phone or await house.phone()
    body = asked(house, phone, **members)
    her = Her(house, phone, body, await phone._post("/api/escorts", body))
    await house.settle()
    return her


async def walking(town: Town) -> tuple[Her, list[Scout]]:
    """She has met the near pair."""
    her = await booked(town.house)
    read(await town.assign(her, "near"))
    scouts = await town.scouts("near")
    await town.house.clock.advance(40 * 60)
    await meet(her, scouts[0])
    return her, scouts


async def meet(her: Her, scout: Scout) -> None:
    hers, theirs = (await her.state())["number"], (await scout.sees())["escort"]["number"]
    await her.say("met", code=theirs)
    await scout.say("met", code=hers)


async def until(house: House, her: Her, **wanted: Any) -> dict[str, Any]:
    async def holds() -> dict[str, Any] | None:
        state = await her.state()
        return state if all(state[name] == value for name, value in wanted.items()) else None

    found: dict[str, Any] = await house.until(holds)
    await house.settle()
    return found


async def forgotten(house: House, id: str, scope: str) -> None:
    async def holds() -> list[dict[str, Any]]:
        return await house.rows(
            "SELECT 1 FROM destruction d JOIN escort e ON e.id = d.subject WHERE d.subject = $1 AND d.scope = $2"
            f" AND d.certified_at IS NOT NULL AND e.{scope}_slot IS NULL",
            id, scope,
        )  # fmt: skip

    await house.until(holds)


async def acts(house: House, id: str) -> list[str]:
    rows = await house.rows(
        "SELECT act FROM ledger_entry WHERE incident = $1 AND act LIKE 'escort.%' ORDER BY at, id", id
    )
    return [row["act"].removeprefix("escort.") for row in rows]


async def test_she_is_walked_home_and_nothing_of_it_is_left(town: Town) -> None:
    house = town.house
    her = await booked(house)
    assert (await her.state())["state"] == "booked"
    again = await her.phone._post("/api/escorts", her.body)
    assert (again["escort"], again["secret"], again["centre"]["id"]) == (
        her.id,
        her.secret,
        house.centre.settings.centre,
    )
    detail = await town.detail(her)
    assert detail["name"] == "김하늘" and detail["meeting"]["label"] == "별빛마을 정류장"
    assert [(one["area"], one["free"], one["scouts"]) for one in detail["proposals"]] == [
        ("야탑역", True, ["김나은", "이도윤"]), ("서현역", True, ["박서연", "최민재"]),
    ]  # fmt: skip
    read(await town.assign(her, "near"))
    scouts = await town.scouts("near")
    assert told(house, "010-1111-2222") == ["escort.assigned"] and told(house, "010-0000-0001") == ["escort.offered"]
    seen = (await scouts[0].sees())["escort"]
    assert seen["people"] == ["김하늘"] and seen["meeting"]["label"] == "별빛마을 정류장" and seen["home"] is None
    state = await her.state()
    assert state["people"] == ["김나은", "이도윤"] and state["number"] != seen["number"]
    await house.clock.advance(39 * 60)
    await scouts[0].say("here")
    assert (await her.state())["here_at"] is not None
    await meet(her, scouts[0])
    assert (await her.state())["state"] == "walking"
    # only now do they learn where she lives
    assert (await scouts[1].sees())["escort"]["home"]["label"] == "별빛로 7"
    mine = {"items": [{"incident": her.id, "secret": her.secret}]}
    assert (await her.phone._post("/api/record", mine))["entries"] == []
    await house.clock.advance(5 * 60)
    assert (await scouts[1].say("arrived"))["state"] == "walking"
    assert (await her.say("arrived"))["outcome"] == "arrived"
    await forgotten(house, her.id, "track")
    assert (await scouts[0].sees())["escort"]["people"] == []
    assert await acts(house, her.id) == [
        "booked", "viewed", "assigned", "here", "met", "met", "walking", "home", "home", "ended",
    ]  # fmt: skip
    # who saw her: it opens with the end, roles and no names
    record = (await her.phone._post("/api/record", mine))["entries"]
    looked = [(one["act"], one["actor"]["role"]) for one in record if one["act"] in ("escort.viewed", "link.opened")]
    assert looked == [("escort.viewed", ""), *[("link.opened", "scout")] * 2], "a token has no account that has a role"
    assert any(one["act"] == "track.erased" for one in record) and not any("name" in one["actor"] for one in record)
    await house.clock.leap(24 * 3600 + 1)
    await forgotten(house, her.id, "case")
    [row] = await house.rows("SELECT * FROM escort")
    left = {
        name
        for name in ("secret", "contacts", "words", "receipt", "places", "person", "case_slot")
        if row[name] is not None
    }
    assert left == set() and await house.rows("SELECT 1 FROM guardian_notice") == []
    assert (await scouts[0].sees())["closed"] and (await scouts[0].sees())["escort"] is None


async def test_a_wrong_number_is_refused_and_recorded_and_five_need_another_pair(town: Town) -> None:
    house, her = town.house, await booked(town.house)
    read(await town.assign(her, "near"))
    [scout, _] = await town.scouts("near")
    right = (await scout.sees())["escort"]["number"]
    wrong = "1000" if right != "1000" else "1001"
    for _ in range(5):
        with pytest.raises(Refused) as refused:
            await her.say("met", code=wrong)
        assert (refused.value.status, refused.value.type) == (403, "escort.number")
    assert (await acts(house, her.id)).count("refused") == 5 and "wrong" in await town.marks(her)
    with pytest.raises(Refused) as refused:
        await her.say("met", code=right)
    assert refused.value.type == "escort.locked" and (await her.state())["locked"]
    read(await town.assign(her, "far", instead_of="near"))
    assert told(house, "010-0000-0001")[-1] == "escort.cancelled" and (await scout.sees())["closed"]
    [other, _] = await town.scouts("far")
    await meet(her, other)
    assert (await her.state())["state"] == "walking"


async def test_of_two_dispatchers_at_once_one_wins_and_a_pair_walks_with_one_at_a_time(town: Town) -> None:
    her = await booked(town.house)
    answers = await asyncio.gather(town.assign(her, "near"), town.assign(her, "far"))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    [lost] = [answer.json() for answer in answers if answer.status_code == 409]
    assert lost["type"] == "escort.assigned" and lost["assigned_by"]
    [taken] = [pair for pair, id in town.duties.items() if id == lost["duty"]]
    second = await booked(town.house)
    busy = await town.assign(second, taken)
    assert (busy.status_code, busy.json()["type"]) == (409, "escort.busy")
    # both pairs are spoken for: a third is told so, and when one is free again
    phone = await town.house.phone()
    answer = await phone._client.post("/api/escorts", json=asked(town.house, phone))
    full = answer.json()
    assert (answer.status_code, full["type"], full["field"]) == (409, "escort.full", "meet_at")
    free = datetime.fromisoformat(full["next_at"])
    assert minutes(60) <= free - town.house.clock.now() <= minutes(90)
    again = asked(town.house, phone, meet_at=instant(free))
    assert (await phone._client.post("/api/escorts", json=again)).status_code == 201


@pytest.mark.parametrize(
    ("change", "status", "type", "field"),
    [
        ({"ahead": minutes(29)}, 422, "escort.soon", "meet_at"),
        ({"ahead": timedelta(hours=25)}, 422, "escort.far-ahead", "meet_at"),
        ({"home": {"latitude": HOME[0] + 0.06, "longitude": HOME[1]}}, 422, "escort.far", "home"),
        ({"meeting": {"latitude": HOME[0] + 0.04, "longitude": HOME[1]}}, 409, "escort.full", "meet_at"),
        ({"meet_at": "soon"}, 400, "request.form", "meet_at"),
    ],
)
async def test_what_cannot_be_is_said(town: Town, change: dict[str, Any], status: int, type: str, field: str) -> None:
    phone = await town.house.phone()
    answer = await phone._client.post("/api/escorts", json=asked(town.house, phone, **change))
    said = answer.json()
    assert (answer.status_code, said["type"], said["field"]) == (status, type, field)


async def test_silence_on_the_way_asks_and_no_answer_calls_for_help(town: Town) -> None:
    house = town.house
    her, scouts = await walking(town)
    due = datetime.fromisoformat((await her.state())["expected_at"])
    fix = {"latitude": HOME[0], "longitude": HOME[1], "accuracy_m": 9.0, "at": instant(house.clock.now())}
    await scouts[0].say("more", position=fix)
    await house.clock.advance((due - house.clock.now()).total_seconds() + 601)
    state = await until(house, her, state="asking")
    assert (
        state["asked_until"] and told(house, "010-1111-2222")[-1] == told(house, "010-0000-0002")[-1] == "escort.asked"
    )
    await house.clock.advance(120)
    await until(house, her, state="signalled")
    [case] = read(await town.dispatcher.get("/api/incidents"))["incidents"]
    assert (case["kind"], case["trigger"], case["priority"]) == ("escort", "late", 2)
    taken = read(await town.dispatcher.post(f"/api/incidents/{case['id']}/claim"))
    assert taken["person"]["name"] == "김하늘" and taken["position"]["latitude"] == pytest.approx(HOME[0])
    assert taken["guardians"][0]["name"] == "어머니"
    signal = (await until(house, her, state="signalled"))["signal"]
    assert signal["incident"] == case["id"]
    read(await town.dispatcher.post(f"/api/incidents/{case['id']}/close", json={"code": 2, "note": "늦었어요"}))
    assert (await until(house, her, state="ended"))["outcome"] == "signalled"
    await forgotten(house, her.id, "track")


async def test_sos_is_hers_and_the_scouts(town: Town) -> None:
    _, scouts = await walking(town)
    assert (await scouts[1].say("sos"))["state"] == "signalled"
    await town.house.settle()
    [case] = read(await town.dispatcher.get("/api/incidents"))["incidents"]
    assert (case["kind"], case["trigger"], case["priority"], case["silent"]) == ("escort", "button", 1, True)


async def test_her_own_sos_on_the_way_ends_the_questions(town: Town) -> None:
    her, _ = await walking(town)
    await her.phone.sos()
    state = await until(town.house, her, state="signalled")
    assert state["signal"] is None
    assert len(read(await town.dispatcher.get("/api/incidents"))["incidents"]) == 1


async def test_scouts_who_do_not_come_are_replaced_or_the_escort_is_given_up(town: Town) -> None:
    house, her = town.house, await booked(town.house)
    read(await town.assign(her, "near"))
    await house.clock.advance(45 * 60 + 1)
    await town.marked(her, "scouts-late")
    assert (await her.state())["late"] and told(house, "010-1111-2222")[-1] == "escort.late"
    read(await town.assign(her, "far", instead_of="near"))
    assert await town.marks(her) == [] and told(house, "010-0000-0001")[-1] == "escort.cancelled"
    await house.clock.advance(1)
    await town.marked(her, "scouts-late")
    await house.clock.advance(10 * 60)
    assert (await until(house, her, state="ended"))["outcome"] == "unserved"
    assert (
        told(house, "010-1111-2222")[-1] == "escort.unserved" and told(house, "010-0000-0003")[-1] == "escort.cancelled"
    )


async def test_nobody_gives_it_to_a_pair(town: Town) -> None:
    house, her = town.house, await booked(town.house)
    await house.clock.advance(30 * 60 + 1)
    await town.marked(her, "unassigned")
    assert datetime.fromisoformat((await her.state())["next_at"]) > house.clock.now()
    await house.clock.advance(20 * 60)
    assert (await until(house, her, state="ended"))["outcome"] == "unserved"


async def test_she_does_not_come(town: Town) -> None:
    house, her = town.house, await booked(town.house)
    read(await town.assign(her, "near"))
    [scout, _] = await town.scouts("near")
    await house.clock.advance(40 * 60)
    allowed = datetime.fromisoformat((await scout.say("here"))["no_show_from"])
    with pytest.raises(Refused) as refused:
        await scout.say("no-show")
    assert (refused.value.status, refused.value.type) == (409, "escort.early")
    await house.clock.advance((allowed - house.clock.now()).total_seconds() + 1)
    await town.marked(her, "missing")
    assert told(house, "010-1111-2222")[-1] == "escort.missing"
    assert (await scout.say("no-show"))["outcome"] == "no-show"
    assert (await her.state())["outcome"] == "no-show"


async def test_handed_over_only_when_both_have_met(town: Town) -> None:
    house = town.house
    her, [first, _] = await walking(town)
    assert (await first.say("hand-over"))["handing_over"] and "hand-over" in await town.marks(her)
    read(await town.assign(her, "far", instead_of="near"))
    [second, _] = await town.scouts("far")
    theirs = (await second.sees())["escort"]
    assert theirs["side"] == "incoming" and theirs["number"] and (await first.sees())["escort"]["number"] is None
    await her.say("met", code=theirs["number"])
    # until the new pair has read hers, too, the first one has her
    assert not (await first.sees())["closed"]
    await second.say("met", code=(await her.state())["number"])
    assert (await first.sees())["closed"] and (await second.sees())["escort"]["side"] == "scout"
    assert (await her.state())["people"] == ["박서연", "최민재"]
    assert "handed-over" in await acts(house, her.id)
    await second.say("arrived")
    assert (await her.say("arrived"))["outcome"] == "arrived"


async def test_at_the_border_the_centre_of_the_stop_answers_and_its_pairs_go(town: Town) -> None:
    """The border lies 3,990 m east of her door: a stop on either side of it is answered by the centre whose side it is."""
    house = town.house
    neighbours = Town(
        house, *[await house.client(role, centre="gyeonggi-gwangju") for role in ("supervisor", "operator")]
    )
    await town.plan("edge")
    beyond = await neighbours.plan("beyond")
    home = dict(zip(("latitude", "longitude"), destination(*HOME, 90.0, 1500.0), strict=True))

    def at(east_m: float) -> dict[str, Any]:
        latitude, longitude = destination(*HOME, 90.0, east_m)
        return {"home": home, "meeting": {"latitude": latitude, "longitude": longitude}}

    theirs = await booked(house, **at(4030.0))
    detail = await neighbours.detail(theirs)
    assert [one["area"] for one in detail["proposals"]] == ["오포"], "the nearer pair is not theirs to send"
    assert (await town.dispatcher.get(f"/api/escorts/{theirs.id}")).status_code == 404
    await theirs.say("cancel")

    ours = await booked(house, **at(3960.0))
    assert [one["area"] for one in (await town.detail(ours))["proposals"]] == ["태재고개"]
    assert (await neighbours.dispatcher.get(f"/api/escorts/{ours.id}")).status_code == 404
    read(await town.assign(ours, "edge"))
    [first, _] = await town.scouts("edge")
    await house.clock.advance(40 * 60)
    await meet(ours, first)

    await first.say("hand-over")
    town.duties["beyond"] = beyond["id"]
    read(await town.assign(ours, "beyond", instead_of="edge"))
    phone = await house.phone()
    full = await phone._client.post("/api/escorts", json=asked(house, phone, **at(4030.0)))
    assert (full.status_code, full.json()["type"]) == (409, "escort.full"), "their pair is promised to her"
    [second, _] = await town.scouts("beyond")
    await meet(ours, second)
    assert read(await neighbours.dispatcher.get(f"/api/escorts/{ours.id}"))["state"] == "walking"
    assert (await town.dispatcher.get(f"/api/escorts/{ours.id}")).status_code == 404


async def test_one_word_counts_alone_after_ten_minutes(town: Town) -> None:
    her, [scout, _] = await walking(town)
    await scout.say("arrived")
    assert (await her.state())["home_by_scouts"]
    await town.house.clock.advance(601)
    assert (await until(town.house, her, state="ended"))["outcome"] == "arrived"


async def test_somebody_who_calls_needs_no_app(town: Town) -> None:
    house = town.house
    body = asked(house, await house.phone(enrol=False))
    call = {name: body[name] for name in ("id", "meet_at", "meeting", "home")} | {
        "name": "정하나",
        "phone": "010-5555-6666", "language": "en",
    }  # fmt: skip
    made = read(await town.dispatcher.post("/api/escort-calls", json=call))
    await house.settle()
    assert told(house, "010-5555-6666") == ["escort.booked"]
    body = {"duty": town.duties["near"]}
    read(await town.dispatcher.post(f"/api/escorts/{made['escort']}/assign", json=body))
    await house.settle()
    caller = Scout(await house.client(), texts(house)[0][1].link)
    read_by = {
        address: notice.text().partition(" Open")[0] for address, notice in texts(house) if notice.language == "en"
    }
    meet = instant(house.clock.now() + AHEAD + timedelta(hours=9))[11:16]
    assert read_by == {
        "010-5555-6666": f"[ansim] Two scouts wait for you at {meet}. See the numbers you know each other by.",
        "010-0000-0002": f"[ansim] You walk somebody home at {meet}. See where to meet, and your number.",
    }, "each reads her own language"
    state = (await caller.open())["escort"]
    assert (state["side"], state["people"]) == ("walker", ["김나은", "이도윤"])
    [scout, _] = await town.scouts("near")
    await caller.say("met", code=(await scout.sees())["escort"]["number"])
    assert (await scout.say("met", code=state["number"]))["state"] == "walking"
    with pytest.raises(Refused):
        await caller.say("no-show")
    rows = await house.rows("SELECT act FROM ledger_entry WHERE incident = $1 AND act LIKE '%.told'", made["escort"])
    assert sorted(row["act"] for row in rows) == ["person.told"] * 2 + ["scout.told"] * 2
    receipts = read(await town.dispatcher.get(f"/api/escorts/{made['escort']}"))["receipts"]
    assert [(one["who"], one["state"]) for one in receipts] == [
        (None, "read"), (None, "read"), ("김나은", "read"), ("이도윤", "read"),
    ]  # fmt: skip


async def test_cancelled_before_but_not_on_the_way(town: Town) -> None:
    her = await booked(town.house)
    read(await town.assign(her, "near"))
    assert (await her.say("cancel"))["outcome"] == "cancelled"
    await town.house.settle()
    assert told(town.house, "010-0000-0001")[-1] == "escort.cancelled"
    on_the_way, _ = await walking(town)
    with pytest.raises(Refused) as refused:
        await on_the_way.say("cancel")
    assert (refused.value.status, refused.value.type) == (409, "escort.state")


async def test_the_rota_is_the_leaders_and_its_names_go(town: Town) -> None:
    house = town.house
    her = await booked(house)
    read(await town.assign(her, "near"))
    kept = await town.leader.delete(f"/api/escort-duties/{town.duties['near']}")
    assert (kept.status_code, kept.json()["type"]) == (409, "duty.needed")
    assert (await town.dispatcher.delete(f"/api/escort-duties/{town.duties['far']}")).status_code == 403
    assert (await town.leader.delete(f"/api/escort-duties/{town.duties['far']}")).status_code == 204

    async def gone() -> list[dict[str, Any]]:
        return await house.rows(
            "SELECT 1 FROM escort_duty WHERE id = $1 AND case_slot IS NULL AND scouts IS NULL", town.duties["far"]
        )

    await house.until(gone)
    [left] = read(await town.dispatcher.get("/api/escort-duties"))["duties"]
    assert left["area"] == "야탑역"


async def test_somebody_else_gets_nothing(town: Town) -> None:
    house, her = town.house, await booked(town.house)
    read(await town.assign(her, "near"))
    [scout, _] = await town.scouts("near")
    stranger = Officer(house.centre.world, f"http://localhost/l/{scout.base.rpartition('/')[2]}")
    stranger._client = await house.client()
    assert (await stranger._client.post(f"{scout.base}/open")).status_code == 409
    assert (await stranger._client.post(f"{scout.base}/escort", json={"say": "sos"})).status_code == 404
    with pytest.raises(Refused) as refused:
        await her.phone._post(f"/api/escorts/{her.id}/state", {"secret": "x" * 43})
    assert refused.value.status == 404
    auditor = await house.client("auditor")
    assert (await auditor.get(f"/api/escorts/{her.id}")).status_code == 403


async def test_the_check_reads_the_times_by_the_clock_that_wrote_them(town: Town) -> None:
    """Her call for help is half a minute old by the centre's clock, whatever the database's own says."""
    house, her = town.house, await booked(town.house)
    async with house.centre.database.transaction() as tx:
        await tx.execute("UPDATE escort SET state = 'signalled', signalled_at = $2 WHERE id = $1", her.id, tx.at)

    async def wrong() -> list[str]:
        database = Database(await PoolDriver.connect(house.centre.dsn, size=2), house.centre.world)
        try:
            return [line for line in await check.wrong(database, folder_of(house), CENTRE) if her.id in line]
        finally:
            await database.close()

    await house.clock.advance(30)
    assert await wrong() == []
    await house.clock.advance(31)
    assert await wrong() == [f"an escort called for help and no case has it: {her.id}"]
