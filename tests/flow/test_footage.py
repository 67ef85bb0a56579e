"""Her own phone's camera: kept piece by piece, shown live to whoever has the case, and destroyed with it."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from ansim.core.errors import Unavailable
from ansim.nodes.media.ports import Refused as NoView
from ansim.response.footage import actions
from ansim.response.footage.actions import Room
from ansim.response.footage.model import LARGEST_PIECE
from ansim.response.incidents.model import CASE_RETENTION
from ansim.sim.phone import Phone, read
from tests.flow.conftest import House
from tests.flow.filming import MP4, Camera, filming, recorded
from tests.flow.test_claim_to_close import detail, officer, operators_grant, pressed
from tests.flow.test_second_channel import sent

pytestmark = pytest.mark.flow


def of(phone: Phone) -> dict[str, str]:
    assert phone.receipt is not None and phone.signal is not None
    return {"signal": phone.signal, "secret": phone.receipt.secret}


async def film(camera: Camera, take: str = "take-0001", **how: Any) -> bytes:
    """A whole take; what it was."""
    pieces = recorded(**how)
    await camera.begin(take, how.get("media", "video/webm;codecs=vp8"))
    for number, piece in enumerate(pieces):
        assert await camera.keep(number, piece) == number + 1
    await camera.end(take)
    return b"".join(pieces)


async def listed(client: httpx.AsyncClient, incident: str) -> list[dict[str, Any]]:
    takes: list[dict[str, Any]] = read(await client.get(f"/api/incidents/{incident}/takes"))["takes"]
    return takes


async def acts(house: House, incident: str) -> list[str]:
    rows = await house.rows("SELECT act FROM ledger_entry WHERE incident = $1 ORDER BY id", incident)
    return [row["act"] for row in rows]


# kept


@pytest.mark.parametrize("media", ["video/webm;codecs=vp8", MP4])
async def test_what_she_films_is_kept_with_its_hash_and_can_be_taken_out(house: House, media: str) -> None:
    phone, operator, id = await pressed(house)
    async with filming(house, **of(phone)) as camera:
        whole = await film(camera, media=media)
    await house.settle()
    [take] = await listed(operator, id)
    assert take["bytes"] == len(whole) and take["sha256"] == hashlib.sha256(whole).hexdigest() and take["ended_at"]
    answer = await operator.get(f"/api/takes/{take['id']}")
    assert answer.content == whole and answer.headers["content-type"] == media.partition(";")[0]
    assert re.fullmatch(r'attachment; filename="SN-.+-phone-.+\.(webm|mp4)"', answer.headers["content-disposition"])
    entries = await house.rows("SELECT act, sealed_hash FROM ledger_entry WHERE act LIKE 'take.%' ORDER BY id")
    assert [entry["act"] for entry in entries] == ["take.began", "take.ended", "take.downloaded"]
    assert {entry["sealed_hash"] for entry in entries[1:]} == {take["sha256"]}


async def test_only_whoever_may_take_evidence_out_gets_it(house: House) -> None:
    phone, operator, id = await pressed(house)
    async with filming(house, **of(phone)) as camera:
        await film(camera)
    [take] = await listed(operator, id)
    paths = (f"/api/incidents/{id}/takes", f"/api/takes/{take['id']}")
    assert [(await (await house.client("operator")).get(path)).status_code for path in paths] == [404, 404]
    assert [(await (await house.client("auditor")).get(path)).status_code for path in paths] == [403, 403]
    assert [(await (await house.client()).get(path)).status_code for path in paths] == [401, 401]
    read(await operator.post(f"/api/incidents/{id}/close", json={"code": 2}))
    assert [(await operator.get(path)).status_code for path in paths] == [404, 404]
    assert [(await (await house.client("supervisor")).get(path)).status_code for path in paths] == [200, 200]


async def test_nothing_of_it_lies_in_the_clear(house: House) -> None:
    phone, _, _ = await pressed(house)
    async with filming(house, **of(phone)) as camera:
        await film(camera)
    rows = await house.rows("SELECT sealed FROM take_piece")
    assert rows and not any(b"webm" in bytes(row["sealed"]) for row in rows)


async def test_after_a_cut_it_goes_on_and_nothing_is_kept_twice(house: House) -> None:
    phone, operator, id = await pressed(house)
    pieces = recorded()
    async with filming(house, **of(phone)) as camera:
        assert await camera.begin() == 0
        assert await camera.keep(0, pieces[0]) == 1
        camera.send(1, pieces[1])  # it is stored, and the word that says so is lost
        assert (await camera.heard())["next"] == 2
    async with filming(house, **of(phone)) as camera:
        assert await camera.begin() == 2
        assert await camera.keep(1, pieces[1]) == 2
        assert await camera.keep(0, b"something else") == 2
        for number in range(2, len(pieces)):
            await camera.keep(number, pieces[number])
        await camera.end()
    [take] = await listed(operator, id)
    assert (await operator.get(f"/api/takes/{take['id']}")).content == b"".join(pieces)


async def test_a_piece_that_is_missing_is_asked_for(house: House) -> None:
    phone, *_ = await pressed(house)
    async with filming(house, **of(phone)) as camera:
        await camera.begin()
        camera.send(1, b"the second")
        assert await camera.refused() == ("take.order", 4409)


async def test_the_end_of_the_case_ends_it(house: House) -> None:
    phone, operator, id = await pressed(house)
    pieces = recorded()
    async with filming(house, **of(phone)) as camera:
        await camera.begin()
        await camera.keep(0, pieces[0])
        read(await operator.post(f"/api/incidents/{id}/close", json={"code": 2}))
        await house.settle()
        camera.send(1, pieces[1])
        assert await camera.refused() == ("take.ended", 4410)
    leader = await house.client("supervisor")
    [take] = await listed(leader, id)
    assert take["sha256"] == hashlib.sha256(pieces[0]).hexdigest()
    async with filming(house, **of(phone)) as camera:
        camera.say(take="take-0002", media="video/webm;codecs=vp8")
        assert await camera.refused() == ("case.closed", 4410)


async def test_it_dies_with_the_key_of_the_case(house: House) -> None:
    phone, operator, id = await pressed(house)
    async with filming(house, **of(phone)) as camera:
        await film(camera)
    read(await operator.post(f"/api/incidents/{id}/close", json={"code": 2}))
    await house.settle()
    leader = await house.client("supervisor")
    [take] = await listed(leader, id)
    await house.clock.leap((CASE_RETENTION + timedelta(minutes=1)).total_seconds())

    async def certified() -> Any:
        found = read(await (await house.client("auditor")).get(f"/api/certificates/{id}"))["destructions"]
        return [one for one in found if one["scope"] == "case" and one["certificate"]]

    [destruction] = await house.until(certified)
    await house.settle()
    assert destruction["certificate"]["statement"]["rows"]["take_piece"] == len(recorded())
    assert not await house.rows("SELECT * FROM take") and not await house.rows("SELECT * FROM take_piece")
    leader = await house.client("supervisor")
    assert (await leader.get(f"/api/takes/{take['id']}")).status_code == 404
    assert {"take.began", "take.ended"} <= set(await acts(house, id)), "that there was one stays in the ledger"


# refused


@pytest.mark.parametrize(
    ("word", "why", "code"),
    [
        ({"take": "take-0001", "media": "image/gif"}, "take.media", 4415),
        ({"take": "take-0001", "media": "video/webm;codecs=<script>"}, "take.media", 4415),
        ({"take": "short", "media": "video/webm"}, "take.form", 4400),
        ({"media": "video/webm"}, "take.form", 4400),
        ({"take": "take-0001", "media": "video/webm", "more": 1}, "take.form", 4400),
    ],
)
async def test_what_is_no_film_is_refused(house: House, word: dict[str, Any], why: str, code: int) -> None:
    phone, *_ = await pressed(house)
    async with filming(house, **of(phone)) as camera:
        camera.say(**word)
        assert await camera.refused() == (why, code)


@pytest.mark.parametrize("first", [{}, {"signal": "a" * 32, "secret": "x" * 43}, {"token": "t" * 43}, {"secret": 5}])
async def test_a_stranger_films_nothing(house: House, first: dict[str, Any]) -> None:
    await pressed(house)
    async with filming(house, ready=False, **first) as camera:
        why, code = await camera.refused()
    assert (why, code) in (("take.form", 4400), ("signal.unknown", 4404), ("link.unknown", 4404))


async def test_what_is_too_large_is_refused(house: House) -> None:
    phone, *_ = await pressed(house)
    async with filming(house, **of(phone)) as camera:
        await camera.begin()
        camera.send(0, b"x" * (LARGEST_PIECE + 1))
        assert await camera.refused() == ("take.large", 4413)


@pytest.mark.parametrize("message", [b"", b"short", b"\0" * 8])
async def test_half_a_piece_is_refused(house: House, message: bytes) -> None:
    phone, *_ = await pressed(house)
    async with filming(house, **of(phone)) as camera:
        await camera.begin()
        camera.send_raw(message)
        assert await camera.refused() == ("take.form", 4400)


async def test_without_room_no_phone_begins_to_film_and_an_sos_is_heard(house: House) -> None:
    phone, *_ = await pressed(house)
    house.centre.database.provide(Room, Room(1024))
    async with filming(house, **of(phone)) as camera:
        camera.say(take="take-0001", media="video/webm;codecs=vp8")
        assert await camera.refused() == ("take.room", 4507)
    assert (await (await house.phone()).sos()).incident


async def test_while_nothing_can_be_stored_nothing_is_acknowledged(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, operator, id = await pressed(house)
    pieces = recorded()

    async def full(*_: Any) -> int:
        raise Unavailable

    async with filming(house, **of(phone)) as camera:
        await camera.begin()
        await camera.keep(0, pieces[0])
        with monkeypatch.context() as patch:
            patch.setattr(actions, "keep", full)
            camera.send(1, pieces[1])
            assert await camera.refused() == ("not-received", 4503)
    async with filming(house, **of(phone)) as camera:
        assert await camera.begin() == 1
        await camera.keep(1, pieces[1])
        await camera.end()
    [take] = await listed(operator, id)
    assert take["bytes"] == len(pieces[0]) + len(pieces[1])


async def test_what_no_player_could_read_is_kept_and_not_shown(house: House) -> None:
    """It may be evidence all the same; whoever looks sees that nothing comes."""
    phone, operator, id = await pressed(house)
    async with filming(house, **of(phone)) as camera:
        await camera.begin()
        await camera.keep(0, b"\x1a\x45\xdf\xa3" + b"\xff" * 64)
        await camera.keep(1, b"\0" * 64)
        health = house.centre.footage.health((await listed(operator, id))[0]["camera"])
        assert health is not None and health.state == "lost"
        await camera.end()
    [take] = await listed(operator, id)
    assert take["bytes"] == 68 + 64


# seen


async def test_whoever_has_the_case_may_see_it_and_each_look_is_in_the_ledger_first(house: House) -> None:
    phone, operator, id = await pressed(house)
    async with filming(house, **of(phone)) as camera:
        await camera.begin()
        await camera.keep(0, recorded()[0])
        await house.settle()
        seen = await detail(operator, id)
        [take] = seen["takes"]
        grant = operators_grant(seen)
        assert take["camera"] in grant["cameras"]
        token = read(await operator.post(f"/api/grants/{grant['id']}/tokens", json={"camera": take["camera"]}))
        assert token["url"] == f"/phones/{take['camera']}"
        view = await house.centre.gate.open(token["token"], take["camera"])
        [entry] = await house.rows("SELECT actor, object FROM ledger_entry WHERE act = 'view.opened'")
        assert (entry["actor"], entry["object"]) == (view.viewer, take["camera"])
        assert (await phone.state())["cameras"] == 0, "her own phone is no camera that sees her"
        read(await operator.post(f"/api/grants/{grant['id']}/revoke", json={"reason": "끝"}))
        with pytest.raises(NoView):
            await house.centre.gate.open(token["token"], take["camera"])


async def test_rights_that_come_later_include_it(house: House) -> None:
    phone, operator, id = await pressed(house)
    async with filming(house, **of(phone)) as camera:
        await camera.begin()
        [take] = await listed(operator, id)
        _, _, browser = await officer(house, operator, id)
        await browser.open()
        await house.settle()
        [grant] = [one for one in (await detail(operator, id))["grants"] if one["holder"]["kind"] == "officer"]
        assert take["camera"] in grant["cameras"]


async def test_the_link_films_too_in_the_browser_that_opened_it(house: House) -> None:
    _, operator, id, browser = await sent(house)
    token = browser.path.rpartition("/")[2]
    await browser.open()
    async with filming(house, ready=False, token=token) as camera:
        assert await camera.refused() == ("link.unknown", 4404)
    async with filming(house, token=token, cookies=dict(browser.client.cookies)) as camera:
        whole = await film(camera)
    [take] = await listed(operator, id)
    assert take["bytes"] == len(whole) and take["camera"].startswith("phone-")
    read(await operator.post(f"/api/incidents/{id}/channel", json={}))
    async with filming(house, ready=False, token=token, cookies=dict(browser.client.cookies)) as camera:
        assert await camera.refused() == ("link.ended", 4410)


async def test_a_picture_is_shown_as_old_as_it_is(house: House) -> None:
    phone, operator, id = await pressed(house)
    async with filming(house, **of(phone)) as camera:
        await camera.begin()
        camera.send(0, recorded()[0], age_ms=7_000)
        await camera.heard()
        [take] = await listed(operator, id)
        health = house.centre.footage.health(take["camera"])
        assert health is not None and health.state == "stale" and health.age_s == 7.0
