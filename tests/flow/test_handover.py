"""Two centres and the hub between them: a case is somebody's at every moment of its way, and nobody's twice.

Told over the bus in memory and over a real broker.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ansim.adapters.bus.memory import MemoryBus
from ansim.adapters.bus.nats import NatsBus
from ansim.city.cameras.model import Camera
from ansim.city.cameras.register import register
from ansim.city.country.hub import Beats
from ansim.city.country.member import Country
from ansim.city.country.model import Directory, Duty
from ansim.city.country.policy import Rule
from ansim.core.bus import Bus
from ansim.core.clock import ManualClock
from ansim.core.errors import Unavailable
from ansim.core.world import World
from ansim.nodes.media.ports import Refused
from ansim.response.handover import store
from ansim.response.handover.letters import Post
from ansim.response.handover.model import HOME_AGAIN, Withdrawal
from ansim.response.handover.reading import withdrawn
from ansim.response.watch.gate import written_abroad
from ansim.sim.phone import Guardian, Profile, instant
from ansim.trust.grants.model import Token
from ansim.trust.signed import PrivateKey, private_text, public_text
from tests.flow.conftest import CENTRE, HER, HOME, House, opened, placed

YONGIN = "gyeonggi-yongin"
IN_YONGIN = (37.2411, 127.1776)
AT_BORDER = (37.3431, 127.10)
"""In Seongnam, 37 m from Yongin."""


HERS = msgspec.structs.replace(HER, name="이바다")
NAMES = count()
MEMORY = pytest.mark.parametrize("land", ["memory"], indirect=True)


@dataclass
class Land:
    """Seongnam, Yongin, and the hub that knows both."""

    seongnam: House
    yongin: House
    clock: ManualClock
    hub: Beats

    async def acquainted(self) -> None:
        """Until each centre knows that the other is there."""
        for house, other in ((self.seongnam, YONGIN), (self.yongin, CENTRE)):
            country = house.centre.database.use(Country)

            async def knows(country: Country = country, other: str = other) -> bool:
                await self.clock.advance(1.0)
                return country.up(other)

            await house.until(knows)

    def step(self, phone: Any, seconds_ago: int) -> dict[str, Any]:
        """Where she was then, south towards the border."""
        fix = phone.receiver.fix()
        at = self.clock.now() - timedelta(seconds=seconds_ago)
        return fix | {"latitude": fix["latitude"] - (1500 - seconds_ago) * 1e-6, "at": instant(at)}

    async def says(self, house: House, state: str, covered_by: str | None) -> None:
        """Until the hub and the other centre have heard how that one is."""
        other = self.yongin if house is self.seongnam else self.seongnam
        here = house.centre.settings.centre

        async def heard() -> bool:
            await self.clock.advance(1.0)
            known = {one.card.centre: one for one in other.centre.database.use(Country).listed}
            duty = house.centre.database.use(Country).duty
            return known[here].duty == duty and (duty.state, duty.covered_by) == (state, covered_by)

        await house.until(heard)

    async def open_cases(self, house: House) -> list[dict[str, Any]]:
        await house.settle()
        return await house.rows("SELECT * FROM incident WHERE closed_at IS NULL")


@pytest.fixture(params=["memory", "nats"])
async def land(request: pytest.FixtureRequest, dsn: str, another_dsn: str, tmp_path: Path) -> AsyncIterator[Land]:
    shared = MemoryBus()
    stream = f"land-{next(NAMES)}"

    def bus() -> Bus:
        return shared if request.param == "memory" else NatsBus(request.getfixturevalue("broker").url, stream=stream)

    clock, hub_key = ManualClock(), PrivateKey.generate()
    keys = {CENTRE: PrivateKey.generate(), YONGIN: PrivateKey.generate()}
    for name, key in keys.items():
        (tmp_path / name).write_text(private_text(key))
        (tmp_path / name).chmod(0o600)
    async with AsyncExitStack() as stack:
        hub_bus = bus()
        hub = Beats(
            World(clock=clock),
            hub_bus,
            hub_key,
            {name: key.public_key() for name, key in keys.items()},
            tmp_path / "directory",
        )
        await hub_bus.start()
        await hub.start()
        stack.push_async_callback(hub_bus.close)
        stack.push_async_callback(hub.close)
        houses = [
            await stack.enter_async_context(
                opened(
                    address,
                    clock=clock,
                    country=bus(),
                    centre=name,
                    hub_key=public_text(hub_key.public_key()),
                    country_key=str(tmp_path / name),
                    rollover=(Rule(to=(YONGIN if name == CENTRE else CENTRE,)),),
                    rollover_from=(YONGIN if name == CENTRE else CENTRE,),
                    origin=f"http://{name}.example",
                )
            )
            for name, address in ((CENTRE, dsn), (YONGIN, another_dsn))
        ]
        land = Land(*houses, clock, hub)
        await land.acquainted()
        yield land


@MEMORY
async def test_an_sos_that_came_to_the_wrong_centre_is_with_the_right_one_before_anybody_is_alarmed(land: Land) -> None:
    """An old mapping, or a centre that was silent for a moment."""
    phone = await land.seongnam.phone(at=IN_YONGIN)
    await phone.sos()
    right = await land.yongin.client("operator", centre=YONGIN)
    wrong = await land.seongnam.client("operator")

    async def there() -> Any:
        return (await right.get("/api/incidents")).json()["incidents"]

    moved = await land.seongnam.until(lambda: moved_of(phone))
    [case] = await land.yongin.until(there)
    assert case["centre"]["id"] == YONGIN and "handed_over" in case["marks"]
    assert (await wrong.get("/api/incidents")).json()["incidents"] == [], "nobody here was alarmed"
    [written] = await land.seongnam.rows(
        "SELECT h.offered_at = i.received_at AS at_once FROM handover h JOIN incident i ON i.id = h.incident"
    )
    assert written["at_once"], "the letter is in the transaction of the call itself"
    told = await land.yongin.rows("SELECT count(*) AS n FROM guardian_notice")
    assert told[0]["n"] > 0 and not await land.seongnam.rows("SELECT 1 FROM guardian_notice"), "guardians hear once"

    # Her phone goes on there, with the same press.
    assert moved["uri"] == f"http://{YONGIN}.example"
    anybody = await land.yongin.client()
    answer = await anybody.post(f"/api/signals/{phone.signal}/state", json={"secret": moved["receipt"]["secret"]})
    assert answer.json()["state"] == "received" and answer.json()["moved"] is None
    detail = (await right.post(f"/api/incidents/{case['id']}/claim")).json()
    assert detail["person"]["name"] == "김하늘", "what she sealed to the one is open to the other"


async def moved_of(phone: Any) -> Any:
    return (await phone.state())["moved"]


@MEMORY
async def test_a_phone_is_told_who_answers_and_who_covers_while_that_one_is_away(land: Land) -> None:
    """And a page of one centre may speak to another, no other page may."""
    anybody = await land.seongnam.client()
    at_yongin = {"latitude": IN_YONGIN[0], "longitude": IN_YONGIN[1]}

    async def told(place: dict[str, float]) -> list[str]:
        answer = (await anybody.post("/api/mapping", json=place)).json()
        return [one["uri"] for one in answer["centres"]]

    assert (await told(at_yongin))[0] == f"http://{YONGIN}.example"
    before = land.hub
    anew = Beats(before._world, MemoryBus(), before._signing, before._appointed, before._kept)
    await anew.start()
    await anew.close()
    assert anew.card(YONGIN) == before.card(YONGIN) and not anew.up(YONGIN), "a hub knows who they are when it starts"
    land.hub._beats.pop(YONGIN)
    land.seongnam.centre.database.use(Country).learn(land.hub.directory())
    assert (await told(at_yongin))[0] == f"http://{CENTRE}.example"
    await land.acquainted()
    page, ask = f"http://{YONGIN}.example", {"access-control-request-method": "POST"}
    for origin, path, may in (
        (page, "/api/signals", True), ("http://elsewhere.example", "/api/signals", False), (page, "/api/incidents", False)
    ):  # fmt: skip
        answer = await anybody.options(path, headers={"origin": origin, **ask})
        assert (answer.headers.get("access-control-allow-origin") == origin) is may
        assert "access-control-allow-credentials" not in answer.headers
    shown = await anybody.get("/citizen")
    assert f"{page} " in shown.headers["content-security-policy"].replace(";", " ")
    assert page not in (await anybody.get("/console")).headers["content-security-policy"]


@MEMORY
async def test_where_the_right_centre_is_away_whoever_got_it_has_it_at_once(land: Land) -> None:
    """And gives it back when that is there, though nobody knew how it is reached when she pressed."""
    await land.clock.leap(10)  # nobody beats while the clock leaps, so the hub says that everybody is silent
    land.hub._beats.pop(YONGIN)
    land.hub._cards.pop(YONGIN)
    country = land.seongnam.centre.database.use(Country)
    country.learn(land.hub.directory())
    phone = await land.seongnam.phone(at=IN_YONGIN)
    await phone.sos()
    operator = await land.seongnam.client("operator")

    async def here() -> Any:
        return (await operator.get("/api/incidents")).json()["incidents"]

    [case] = await land.seongnam.until(here)
    assert case["centre"]["id"] == YONGIN and "covered" in case["marks"]
    told = await land.seongnam.rows("SELECT count(*) AS n FROM guardian_notice GROUP BY guardian, channel")
    assert told and {one["n"] for one in told} == {1}, "each is told once on each way"
    assert (await operator.post(f"/api/incidents/{case['id']}/claim")).status_code == 200
    await (await land.seongnam.phone(at=IN_YONGIN)).sos()
    assert [one["state"] for one in await land.open_cases(land.seongnam)] == ["claimed", "received"]

    await land.acquainted()
    await land.clock.advance(HOME_AGAIN.total_seconds())

    async def gone() -> bool:
        return [one["id"] for one in await land.open_cases(land.seongnam)] == [case["id"]]

    await land.seongnam.until(gone)
    assert len(await land.open_cases(land.yongin)) == 1, "what was claimed stays"


@MEMORY
async def test_one_press_that_reached_both_is_one_case(land: Land) -> None:
    """The right centre stored it and its answer was lost; her phone went to the next."""
    phone = await land.yongin.phone(at=IN_YONGIN)
    body = phone.message()
    await phone.send(body)
    assert (await (await land.seongnam.client()).post("/api/signals", json=body)).status_code == 201

    async def folded() -> bool:
        return await land.open_cases(land.seongnam) == []

    await land.seongnam.until(folded)
    assert len(await land.open_cases(land.yongin)) == 1


async def test_a_case_is_handed_over_at_the_border_and_is_hers_until_it_is_claimed_there(land: Land) -> None:
    phone = await land.seongnam.phone()
    receipt = await phone.sos()
    lee, park = await land.seongnam.client("operator"), await land.yongin.client("operator", centre=YONGIN)
    incident = f"/api/incidents/{receipt.incident}"
    assert (await lee.post(f"{incident}/claim")).status_code == 200
    # An hour of steps, and words: more than one message of the broker carries.
    steps = [[land.step(phone, 1500 - n) for n in range(start, start + 500)] for start in (0, 500, 1000)]
    for fixes in steps:
        assert (await phone.report(fixes))["accepted"] == 500
    await phone.say("누가 따라와요")
    await lee.post(f"{incident}/messages", json={"text": "탄천 쪽으로 걸으세요"})

    # Asked and not answered: it stays, and leaves nothing behind there.
    whom = (await lee.get("/api/colleagues", params={"incident": receipt.incident})).json()["colleagues"]
    assert [(one["id"], one["role"]) for one in whom][-1] == (YONGIN, "centre")
    asked = await lee.post(f"{incident}/handover", json={"to": YONGIN, "note": "탄천을 건넜어요"})
    assert asked.status_code == 201, asked.text
    again = await lee.post(f"{incident}/handover", json={"to": YONGIN})
    assert again.status_code == 409

    async def there() -> Any:
        return (await park.get("/api/incidents")).json()["incidents"]

    async def coming() -> Any:
        return [one for one in await there() if one["coming"]]

    [case] = await land.yongin.until(coming)
    assert case["coming"]["to"]["id"] == CENTRE
    [mine] = (await lee.get("/api/incidents")).json()["incidents"]
    assert mine["offer"]["to"]["id"] == YONGIN and mine["offer"]["centre"]
    await land.clock.advance(31)
    await land.seongnam.until(lambda: ended(land.seongnam, "lapsed"))

    async def gone() -> bool:
        return await land.open_cases(land.yongin) == []

    await land.yongin.until(gone)
    [kept] = await land.open_cases(land.seongnam)
    assert kept["owner"] is not None and kept["state"] == "claimed"
    assert (await park.post(f"/api/incidents/{case['id']}/claim")).status_code in (404, 409)

    # Asked again and claimed: it is theirs, ours ends, and nothing of her way is left here.
    await land.acquainted()
    assert (await lee.post(f"{incident}/handover", json={"to": YONGIN})).status_code == 201

    async def back() -> Any:
        return [one for one in await there() if one["state"] == "received"]

    [case] = await land.yongin.until(back)
    await phone.say("다리를 건넜어요")
    await phone.report()
    detail = (await park.post(f"/api/incidents/{case['id']}/claim")).json()
    assert detail["person"]["name"] == "김하늘" and detail["position"] is not None
    await land.seongnam.until(lambda: ended(land.seongnam, "accepted"))
    await land.seongnam.until(lambda: destroyed(land.seongnam))
    moved = (await phone.state())["moved"]
    assert moved["receipt"]["centre"]["id"] == YONGIN

    # The whole of it went: her way, what was said, also while it was being asked, and what was done for her and by which centre.
    async def whole() -> Any:
        seen = (await park.get(f"/api/incidents/{case['id']}")).json()
        return seen if [one["text"] for one in seen["messages"]][-1:] == ["다리를 건넜어요"] else None

    seen = await land.yongin.until(whole)
    assert [(one["from"], one["text"]) for one in seen["messages"]] == [
        ("person", "누가 따라와요"), ("operator", "탄천 쪽으로 걸으세요"), ("person", "다리를 건넜어요")
    ]  # fmt: skip
    claims = [line["actor"] for line in seen["timeline"] if line["act"] == "incident.claimed"]
    assert claims[0] == f"centre:{CENTRE}" and len(claims) == 2
    [kept] = await land.yongin.rows("SELECT count(*) AS n FROM fix WHERE incident = $1", case["id"])
    assert kept["n"] >= 1502
    assert not await land.yongin.rows("SELECT 1 FROM letter_part"), "no part is left"
    state = await (await land.yongin.client()).post(
        f"/api/signals/{phone.signal}/state", json={"secret": moved["receipt"]["secret"]}
    )
    assert len(state.json()["messages"]) == 3, "she reads on where she was"

    # Who saw her, she may read when it is over: until then somebody else may hold her phone.
    assert await phone.record() == []
    closed = await park.post(f"/api/incidents/{case['id']}/close", json={"code": 1, "note": "만났어요"})
    assert closed.status_code == 200
    await land.seongnam.until(lambda: over(land.seongnam))
    await land.clock.advance(2)
    await land.seongnam.until(lambda: placed(land.seongnam))
    acts = {entry["act"] for entry in await phone.record()}
    assert {"handover.offered", "handover.accepted"} <= acts


@dataclass
class Breaking:
    """The process that carries a letter dies: before anybody had it (`lost`), or after, so that it comes again (`twice`)."""

    carried: Any
    at: int = 0
    how: str = ""
    letters: int = 0

    async def publish(self, name: str, id: str, body: bytes) -> None:
        now = False
        if name.startswith("letters."):
            self.letters += 1
            now = self.letters == self.at
        if now and self.how == "lost":
            raise Unavailable
        await self.carried(name, id, body)
        if now:
            raise Unavailable


@MEMORY
async def test_a_hand_over_that_breaks_off_anywhere_leaves_one_holder(
    land: Land, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Offer, answer and rest, each lost or come twice; a crash between the call's intake and its hand-over; a withdrawal that overtakes."""
    lee, park = await land.seongnam.client("operator"), await land.yongin.client("operator", centre=YONGIN)
    bus: Any = land.seongnam.centre.membership.bus  # type: ignore[union-attr]
    breaking = Breaking(bus.publish)
    monkeypatch.setattr(bus, "publish", breaking.publish)

    async def until(holds: Any) -> Any:
        async with asyncio.timeout(60):
            while not (found := await holds()):
                await land.clock.advance(0.05)  # whoever failed tries again
                await asyncio.sleep(0.01)
        return found

    async def there() -> Any:
        return [one for one in (await park.get("/api/incidents")).json()["incidents"] if one["state"] == "received"]

    async def left() -> bool:
        return not await land.seongnam.rows("SELECT 1 FROM incident WHERE closed_at IS NULL")

    async def whole() -> bool:
        rows = await land.yongin.rows(
            "SELECT i.id FROM incident i JOIN message m ON m.incident = i.id WHERE i.closed_at IS NULL"
        )
        return len(rows) == 2

    async def pressed() -> None:
        await land.acquainted()
        phone = await land.seongnam.phone()
        incident = f"/api/incidents/{(await phone.sos()).incident}"
        await lee.post(f"{incident}/claim")
        await phone.say("누가 따라와요")
        breaking.letters = 0
        assert (await lee.post(f"{incident}/handover", json={"to": YONGIN})).status_code == 201
        await phone.say("다리를 건넜어요")

    async def handed() -> None:
        [case] = await until(there)
        assert (await park.post(f"/api/incidents/{case['id']}/claim")).status_code == 200
        await until(left)
        await until(whole)
        assert len(await land.yongin.rows("SELECT 1 FROM incident WHERE closed_at IS NULL")) == 1
        await park.post(f"/api/incidents/{case['id']}/close", json={"code": 2})

    for breaking.how in ("lost", "twice"):
        for breaking.at in (1, 2, 3):
            await pressed()
            await handed()
    breaking.at = 0

    begin, crashes = store.begin, ["once"]

    async def crashing(*arguments: Any) -> bool:
        if crashes:
            crashes.clear()
            raise Unavailable
        return await begin(*arguments)

    monkeypatch.setattr(store, "begin", crashing)
    await pressed()
    await handed()
    assert not crashes

    # A withdrawal that overtakes its offer waits for it, as long as that may come.
    at, database = land.clock.now(), land.yongin.centre.database
    with pytest.raises(Unavailable):
        await withdrawn(database, CENTRE, Withdrawal(id="not-here-yet", at=at))
    await withdrawn(database, CENTRE, Withdrawal(id="never-came", at=at - timedelta(seconds=31)))


@MEMORY
async def test_what_nobody_claims_is_a_neighbours_too_and_whoever_claims_it_has_it(land: Land) -> None:
    phone = await land.seongnam.phone()
    await phone.sos()
    park = await land.yongin.client("operator", centre=YONGIN)
    await land.clock.advance(41)
    await land.acquainted()

    async def there() -> Any:
        return (await park.get("/api/incidents")).json()["incidents"]

    [case] = await land.yongin.until(there)
    assert len(await land.open_cases(land.seongnam)) == 1, "it is in both queues"
    assert (await park.post(f"/api/incidents/{case['id']}/claim")).status_code == 200
    await land.seongnam.until(lambda: ended(land.seongnam, "accepted"))
    assert await land.open_cases(land.seongnam) == []
    assert (await phone.state())["moved"]["receipt"]["centre"]["id"] == YONGIN


@MEMORY
async def test_a_rejected_case_is_the_senders_and_a_dispatched_one_stays(land: Land) -> None:
    phone = await land.seongnam.phone()
    receipt = await phone.sos()
    lee, park = await land.seongnam.client("operator"), await land.yongin.client("operator", centre=YONGIN)
    incident = f"/api/incidents/{receipt.incident}"
    await lee.post(f"{incident}/claim")
    for body, field in (({"to": "atlantis"}, "to"), ({"to": ""}, "to"), ({"to": YONGIN, "note": "x" * 3000}, "note")):
        refused = await lee.post(f"{incident}/handover", json=body)
        assert refused.status_code in (400, 422) and refused.json()["field"] == field
    assert (await park.post(f"{incident}/handover", json={"to": CENTRE})).status_code == 404
    await lee.post(f"{incident}/handover", json={"to": YONGIN})

    async def there() -> Any:
        return (await park.get("/api/incidents")).json()["incidents"]

    [case] = await land.yongin.until(there)
    assert (await park.post(f"/api/incidents/{case['id']}/handover/reject")).status_code == 204
    await land.seongnam.until(lambda: ended(land.seongnam, "rejected"))
    assert len(await land.open_cases(land.seongnam)) == 1 and await land.open_cases(land.yongin) == []

    async def noise() -> bool:
        return bool(await land.yongin.rows("SELECT 1 FROM incident WHERE case_slot IS NULL AND track_slot IS NULL"))

    await land.yongin.until(noise)  # names and words, too: it was never theirs
    assert (await lee.post(f"{incident}/dispatches", json={"agency": "112"})).status_code == 201
    refused = await lee.post(f"{incident}/handover", json={"to": YONGIN})
    assert refused.status_code == 409 and refused.json()["type"].endswith("handover.dispatched")


@MEMORY
async def test_far_from_home_whose_centre_is_down_her_guardians_hear_and_nobody_else_can_read_who_they_are(
    land: Land,
) -> None:
    phone = await land.seongnam.phone()  # enrolled there
    sealed_to_home = phone.centre_key
    land.hub._beats.pop(CENTRE)
    land.yongin.centre.database.use(Country).learn(land.hub.directory())

    # In Yongin she seals to Yongin: what home has said of her once is enough.
    phone.receiver._where = lambda: IN_YONGIN
    phone._client = await land.yongin.client()
    phone.centre_key = (await phone.mapping())["centres"][0]["key"]
    assert phone.centre_key != sealed_to_home
    await phone.sos()
    park = await land.yongin.client("operator", centre=YONGIN)
    [case] = await land.open_cases(land.yongin)
    assert case["person"] is not None and case["marks"] == [], "known by her credential, without asking home"
    sent = land.yongin.centre.inboxes["sms"].inbox

    async def heard() -> bool:
        return any(address == "010-3333-4444" for address, _ in sent)

    await land.yongin.until(heard)
    assert (await park.post(f"/api/incidents/{case['id']}/claim")).json()["person"]["name"] == "김하늘"

    # What she sealed to another centre is noise to this one, which helps her all the same.
    other = await land.seongnam.phone(
        profile=Profile(name="이바다", guardians=[Guardian(name="언니", phone="010-5555-6666")])
    )
    other.receiver._where = lambda: IN_YONGIN
    other.centre_key, other._client = sealed_to_home, await land.yongin.client()
    receipt = await other.sos()
    blind = (await park.post(f"/api/incidents/{receipt.incident}/claim")).json()
    assert blind["state"] == "claimed" and "이바다" not in str(blind) and blind["guardians"] == []
    await land.yongin.settle()
    assert not [address for address, _ in sent if address == "010-5555-6666"]


@MEMORY
async def test_at_the_border_both_centres_know_and_nobody_is_alarmed_twice(land: Land) -> None:
    """The neighbour sees about where she is and who has her, as long as she is near it; it may offer help; its copy is destroyed."""
    where = [AT_BORDER]
    phone = await land.seongnam.phone()
    phone.receiver._where = lambda: where[0]
    receipt = await phone.sos()
    lee, park = await land.seongnam.client("operator"), await land.yongin.client("operator", centre=YONGIN)
    token = park.headers["authorization"].removeprefix("Bearer ")

    async def told() -> Any:
        return (await park.get("/api/borders")).json()["borders"]

    [case] = await land.yongin.until(told)
    assert case["centre"]["id"] == CENTRE and case["claimed"] is False
    assert (case["position"]["latitude"], case["position"]["longitude"]) == (37.343, 127.1), "a cell, no more"
    assert "하늘" not in str(case) and "010" not in str(case)
    assert (await park.get("/api/incidents")).json()["incidents"] == [], "no alarm at the neighbour"
    assert not await land.yongin.rows("SELECT 1 FROM guardian_notice")

    async def moved() -> bool:
        return any(one["claimed"] and one["position"]["longitude"] == 127.099 for one in await told())

    # Claimed, and she goes along the border: both are told to the neighbour, and pushed to its consoles.
    async with land.yongin.socket("/live", token) as console:
        assert [one["id"] for one in (await console.first("state"))["borders"]] == [case["id"]]
        await lee.post(f"/api/incidents/{receipt.incident}/claim")
        where[0] = (AT_BORDER[0] + 0.0002, AT_BORDER[1] - 0.0012)
        await phone.report()
        await land.yongin.until(moved)
        assert (await console.first("borders"))["borders"]

    # What it would do is said to whoever has her, who decides.
    for wish in ("help", "take"):
        assert (await park.post(f"/api/borders/{case['id']}/wish", json={"wish": wish})).status_code == 204
    assert (await park.post(f"/api/borders/{case['id']}/wish", json={"wish": "seize"})).json()["field"] == "wish"
    assert (await lee.post(f"/api/borders/{case['id']}/wish", json={"wish": "help"})).status_code == 404

    async def mine() -> Any:
        return (await lee.get(f"/api/incidents/{receipt.incident}")).json()

    async def wished() -> bool:
        return any(one["wish"] == "take" for one in (await mine())["beyond"])

    await land.seongnam.until(wished)
    assert {"border.told", "border.help", "border.take"} <= {line["act"] for line in (await mine())["timeline"]}

    # Away from the border: nothing is shown there any more, and what was stored is noise.
    where[0] = (AT_BORDER[0] + 0.02, AT_BORDER[1])
    await phone.report()

    async def forgotten() -> bool:
        return bool(
            await land.yongin.rows(
                "SELECT 1 FROM border_case WHERE ended_at IS NOT NULL AND slot IS NULL AND sealed IS NULL"
            )
        )

    await land.yongin.until(forgotten)
    assert await told() == [] and (await mine())["beyond"] == []

    # Near it again, and closed: the same. Each use stands in both ledgers, under her tag.
    where[0] = AT_BORDER
    await phone.report()
    await land.yongin.until(told)
    await lee.post(f"/api/incidents/{receipt.incident}/close", json={"code": 2})
    await land.yongin.until(lambda: gone(told))
    [tag] = {row["subject_tag"] for row in await land.seongnam.rows("SELECT subject_tag FROM incident")}
    for house, acts in (
        (land.seongnam, {"border.told", "border.left", "border.help"}),
        (land.yongin, {"border.came", "border.moved", "border.over", "border.take", "track.erased"}),
    ):
        await house.until(lambda house=house, acts=acts: written(house, tag, acts))  # type: ignore[misc]


@MEMORY
async def test_a_neighbours_cameras_are_lent_for_her_case_and_no_longer(land: Land) -> None:
    """Its right, its node, its switch; who looks is in both ledgers."""
    seeing = Camera(
        id="cam-south", centre=YONGIN, name="탄천 남쪽", latitude=AT_BORDER[0] - 0.0005, longitude=AT_BORDER[1],
        azimuth_deg=0.0, view_deg=80, range_m=120,
    )  # fmt: skip
    async with land.yongin.centre.database.transaction() as tx:
        await register(tx, [seeing], actor="test")
    await land.yongin.settle()
    phone = await land.seongnam.phone(at=AT_BORDER)
    receipt = await phone.sos()
    lee, park = await land.seongnam.client("operator"), await land.yongin.client("operator", centre=YONGIN)
    incident = f"/api/incidents/{receipt.incident}"

    async def borders() -> Any:
        return (await park.get("/api/borders")).json()["borders"]

    [border] = await land.yongin.until(borders)
    assert border["lends"] and not await land.yongin.rows("SELECT 1 FROM access_grant"), "nobody has claimed her yet"
    await lee.post(f"{incident}/claim")

    async def lent() -> Any:
        return (await lee.get(incident)).json()["borrowed"]

    async def nothing() -> bool:
        return await lent() == []

    async def token(camera: str = "cam-south") -> Any:
        return await lee.post(f"{incident}/borrowed", json={"centre": YONGIN, "camera": camera})

    [borrowed] = await land.seongnam.until(lent)
    assert borrowed["centre"]["id"] == YONGIN and borrowed["origin"] == f"http://{YONGIN}.example"
    assert [one["id"] for one in borrowed["cameras"]] == ["cam-south"]
    assert (await token("cam-1")).status_code == 403
    assert (await park.post(f"{incident}/borrowed", json={"centre": YONGIN, "camera": "cam-south"})).status_code == 404
    csp = (await lee.get("/console")).headers["content-security-policy"]
    assert f"ws://{YONGIN}.example" in csp and f"http://{CENTRE}.example" in land.yongin.centre.viewers()

    # A picture from the neighbour's own node; renewed, and its end told.
    gate, asked = land.yongin.centre.gate, (await token()).json()
    assert asked["url"] == f"http://{YONGIN}.example/media/cam-south"
    view = await gate.open(asked["token"], "cam-south")
    assert view.viewer.startswith(f"centre:{CENTRE}/") and view.watermark.startswith("성남시")
    await gate.renew(view.id, (await token()).json()["token"])
    await gate.ended(view.id, seconds=3, bytes=1, frames=1, why="left")
    [tag] = {row["subject_tag"] for row in await land.seongnam.rows("SELECT subject_tag FROM incident")}
    at_both = {"view.opened", "view.ended"}
    for house, acts in (
        (land.seongnam, {"border.lent", "border.viewed", *at_both}), (land.yongin, {"grant.issued", "view.renewed", *at_both})
    ):  # fmt: skip
        await house.until(lambda house=house, acts=acts: written(house, tag, acts))  # type: ignore[misc]

    # No other camera, no right of somebody else, nobody else's name, and nothing that is not signed.
    key = land.seongnam.centre.database.use(Post).signing
    at = land.clock.now().timestamp() + 30
    for bad in (
        written_abroad(key, CENTRE, Token(borrowed["grant"], "cam-south", f"centre:{YONGIN}/x", at, "1")),
        written_abroad(key, CENTRE, Token(borrowed["grant"], "cam-south", "somebody", at, "1")),
        written_abroad(key, CENTRE, Token(borrowed["grant"], "cam-1", f"centre:{CENTRE}/x", at, "1")),
        written_abroad(key, CENTRE, Token(borrowed["grant"], "cam-south", f"centre:{CENTRE}/x", at + 3600, "1")),
        written_abroad(PrivateKey.generate(), CENTRE, Token(borrowed["grant"], "cam-south", f"centre:{CENTRE}/x", at, "1")),
        "centre.none",
    ):  # fmt: skip
        with pytest.raises(Refused):
            await gate.open(bad, "cam-1" if "cam-1" in bad else "cam-south")

    # Taken back there, and lent again; over with the case.
    held = (await token()).json()["token"]
    assert (await park.post(f"/api/borders/{border['id']}/lend", json={"lends": False})).status_code == 204
    with pytest.raises(Refused):
        await gate.open(held, "cam-south")
    await land.seongnam.until(nothing)
    assert (await token()).status_code == 403
    assert (await park.post(f"/api/borders/{border['id']}/lend", json={"lends": True})).status_code == 204
    await land.seongnam.until(lent)
    held = (await token()).json()["token"]
    await gate.open(held, "cam-south")
    await lee.post(f"{incident}/close", json={"code": 2})

    async def ended() -> bool:
        return not await land.yongin.rows("SELECT 1 FROM access_grant WHERE ended_at IS NULL")

    await land.yongin.until(ended)
    with pytest.raises(Refused):
        await gate.open(held, "cam-south")


async def gone(told: Any) -> bool:
    return await told() == []


async def written(house: House, tag: str, acts: set[str]) -> bool:
    rows = await house.rows("SELECT act FROM ledger_entry WHERE subject_tag = $1", tag)
    return acts <= {row["act"] for row in rows}


@MEMORY
async def test_two_calls_of_hers_on_both_sides_of_a_border_are_one_case(land: Land) -> None:
    """She pressed in Seongnam, and once more, with another id, at the other centre."""
    phone = await land.seongnam.phone(at=AT_BORDER)
    await phone.sos()
    phone.receiver._where = lambda: (AT_BORDER[0] - 0.0006, AT_BORDER[1])
    assert (await (await land.yongin.client()).post("/api/signals", json=phone.message())).status_code == 201

    async def one() -> bool:
        return len(await land.open_cases(land.seongnam)) + len(await land.open_cases(land.yongin)) == 1

    await land.seongnam.until(one)
    [kept] = await land.open_cases(land.seongnam)
    assert kept["signals"] == 2, "whoever had it first has both calls"


@MEMORY
async def test_a_closed_centres_new_cases_are_with_the_neighbour_that_has_agreed_and_with_nobody_twice(
    land: Land,
) -> None:
    """And where that one cannot, they stay at home, with the alarm."""
    leader = await land.seongnam.client("supervisor")
    park = await land.yongin.client("operator", centre=YONGIN)
    lee = await land.seongnam.client("operator")
    assert (await lee.post("/api/country/duty", json={"state": "unstaffed"})).status_code == 403, "its leader decides"
    assert (await leader.post("/api/country/duty", json={"state": "shut"})).status_code == 400
    assert (await leader.post("/api/country/duty", json={"state": "unstaffed"})).status_code == 204
    await land.says(land.seongnam, "unstaffed", YONGIN)
    for asking, part in ((lee, "own"), (park, "ours")):
        [line] = (await asking.get("/api/centre")).json()["covers"]
        assert (line["part"], line["why"], line["by"]["en"]) == (part, "unstaffed", "Yongin Centre")

    phone = await land.seongnam.phone()
    await phone.sos()
    moved = await land.seongnam.until(lambda: moved_of(phone))
    assert moved["receipt"]["centre"]["id"] == YONGIN
    [case] = await land.open_cases(land.yongin)
    assert (case["centre"], "handed_over" in case["marks"]) == (YONGIN, True)
    assert await land.open_cases(land.seongnam) == []
    assert (await lee.get("/api/incidents")).json()["incidents"] == [], "nobody there was alarmed"
    assert await land.yongin.rows("SELECT 1 FROM guardian_notice"), "her guardians hear"
    assert not await land.seongnam.rows("SELECT 1 FROM guardian_notice"), "once"
    detail = (await park.post(f"/api/incidents/{case['id']}/claim")).json()
    assert detail["person"]["name"] == "김하늘"

    # Whoever comes to the neighbour at once stays there, and both closed at once pass nothing to and fro.
    direct = await land.yongin.phone(at=HOME, profile=HERS)
    await direct.sos()
    assert len(await land.open_cases(land.yongin)) == 2 and await land.open_cases(land.seongnam) == []
    chief = await land.yongin.client("supervisor", centre=YONGIN)
    await chief.post("/api/country/duty", json={"state": "unstaffed"})
    await land.says(land.yongin, "unstaffed", None)
    await land.says(land.seongnam, "unstaffed", None)
    at_home = await land.seongnam.phone(profile=HERS)
    await at_home.sos()
    [kept] = await land.open_cases(land.seongnam)
    assert kept["centre"] == CENTRE and kept["unclaimed_since"] is not None

    # The neighbour has closed, and we have not heard that yet: it refuses, and the case is ours a moment later.
    land.seongnam.centre.database.use(Country).covers = (YONGIN,)
    late = await land.seongnam.phone(enrol=False)
    await late.sos()

    async def two() -> bool:
        return [one["centre"] for one in await land.open_cases(land.seongnam)] == [CENTRE, CENTRE]

    await land.seongnam.until(two)
    assert len(await land.open_cases(land.yongin)) == 2
    assert {row["state"] for row in await land.seongnam.rows("SELECT state FROM handover WHERE why = 'overflow'")} == {
        "accepted",
        "rejected",
    }
    assert (await lee.post(f"/api/incidents/{kept['id']}/claim")).status_code == 200

    # Open again: what is pressed here is here.
    await leader.post("/api/country/duty", json={"state": None})
    await land.says(land.seongnam, "normal", None)
    shown = (await lee.get("/api/country")).json()
    assert shown["duty"]["state"] == "normal" and shown["duty"]["takes_from"] == [YONGIN]
    acts = await land.seongnam.rows("SELECT act FROM ledger_entry WHERE act LIKE 'centre.%' ORDER BY at")
    assert [one["act"] for one in acts] == ["centre.closed", "centre.by-hours"]


@MEMORY
async def test_a_word_that_crosses_another_loses_no_case(land: Land) -> None:
    """The neighbour sends a case home in the moment in which home closes and sends its cases to the neighbour."""
    home = land.seongnam.centre.database.use(Country)
    leader = await land.seongnam.client("supervisor")
    await leader.post("/api/country/duty", json={"state": "unstaffed"})
    while home.covers != (YONGIN,):
        await land.clock.advance(0.25)
    # the neighbour has not heard it yet
    neighbour = land.yongin.centre.database.use(Country)
    neighbour.learn(Directory(centres=[msgspec.structs.replace(one, duty=Duty()) for one in neighbour.listed]))
    phone = await land.yongin.phone(at=HOME)
    await phone.sos()

    async def settled() -> bool:
        await land.clock.advance(0.25)
        one, other = await land.open_cases(land.seongnam), await land.open_cases(land.yongin)
        return not one and [case["centre"] for case in other] == [YONGIN]

    await land.yongin.until(settled)
    await land.clock.advance(5)
    assert await settled()
    assert len(await land.yongin.rows("SELECT DISTINCT guardian, channel FROM guardian_notice")) == len(
        await land.yongin.rows("SELECT 1 FROM guardian_notice")
    )


async def over(house: House) -> bool:
    return bool(await house.rows("SELECT 1 FROM ledger_entry WHERE act = 'incident.closed'"))


async def ended(house: House, state: str) -> bool:
    return bool(await house.rows("SELECT 1 FROM handover WHERE state = $1", state))


async def destroyed(house: House) -> bool:
    return bool(await house.rows("SELECT 1 FROM incident WHERE close_code = 6 AND destroyed_at IS NOT NULL"))
