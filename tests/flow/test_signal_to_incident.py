"""signal -> routed -> incident: she presses, and the centre that answers there has it, once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ansim.sim.phone import Refused, read
from tests.flow.conftest import BOTH, House

pytestmark = pytest.mark.flow


async def queue(client: Any) -> list[dict[str, Any]]:
    return list(read(await client.get("/api/incidents"))["incidents"])


@BOTH
async def test_an_sos_is_stored_once_however_often_it_is_sent(house: House) -> None:
    phone, operator = await house.phone(), await house.client("operator")
    body = phone.message()
    receipts = await asyncio.gather(*(phone.send(body) for _ in range(8)))
    assert len({(r.receipt, r.secret, r.signal, r.incident) for r in receipts}) == 1
    assert len(await house.rows("SELECT id FROM signal")) == 1
    [incident] = await queue(operator)
    assert incident["id"] == receipts[0].incident and incident["signals"] == 1 and incident["state"] == "received"


async def test_repeats_of_one_person_fold_into_one_case(house: House) -> None:
    phone, operator = await house.phone(), await house.client("operator")
    first, second = await phone.sos(), await phone.sos()
    assert first.signal != second.signal and first.incident == second.incident
    [incident] = await queue(operator)
    assert incident["signals"] == 2 and "repeated" in incident["marks"]


async def test_numbers_go_on_beyond_four_digits(house: House) -> None:
    async with house.centre.database.transaction() as tx:
        await tx.fetchval("SELECT setval('incident_number', 9998)")
    client = await house.client()
    for name in ("one", "two", "three"):
        body = {"id": f"a-stranger-{name}", "kind": "sos", "at": "2026-11-21T14:47:00Z"}
        assert (await client.post("/api/signals", json=body)).status_code == 201
    numbers = [row["number"][-5:] for row in await house.rows("SELECT number FROM incident ORDER BY received_at, id")]
    assert numbers == ["-9999", "10000", "10001"]


async def test_two_people_are_two_cases(house: House) -> None:
    one, other, operator = await house.phone(), await house.phone(), await house.client("operator")
    await asyncio.gather(one.sos(), other.sos())
    assert len(await queue(operator)) == 2


async def test_before_the_claim_the_room_sees_a_cell_and_no_name(house: House) -> None:
    phone, operator = await house.phone(), await house.client("operator")
    await phone.sos()
    [incident] = await queue(operator)
    assert incident["position"]["coarse"] and incident["position"]["accuracy_m"] >= 100
    assert incident["place"]["ko"] == "성남시" and incident["cameras_ready"] >= 2 and not incident["detailed"]
    assert "김하늘" not in str(incident) and "person" not in incident


async def test_another_centre_does_not_see_it(house: House) -> None:
    phone, elsewhere = await house.phone(), await house.client("operator", centre="seoul-gangnam")
    receipt = await phone.sos()
    assert await queue(elsewhere) == []
    assert (await elsewhere.get(f"/api/incidents/{receipt.incident}")).status_code == 404
    assert (await elsewhere.post(f"/api/incidents/{receipt.incident}/claim")).status_code == 404


async def test_she_is_routed_by_where_she_is(house: House) -> None:
    visitor = await house.phone(at=(37.5172, 127.0473))  # Gangnam-gu office
    receipt = await visitor.sos()
    [row] = await house.rows("SELECT centre, route FROM incident WHERE id = $1", receipt.incident)
    assert row == {"centre": "seoul-gangnam", "route": "exact"}


async def test_without_a_position_the_default_centre_answers(house: House) -> None:
    phone = await house.phone()
    body = phone.message()
    del body["position"]
    receipt = await phone.send(body)
    [row] = await house.rows("SELECT centre, route FROM incident WHERE id = $1", receipt.incident)
    assert row == {"centre": "gyeonggi-seongnam", "route": "none"}


@pytest.mark.parametrize("spoil", ["credential", "proof", "sealed"])
async def test_a_bad_credential_proof_or_envelope_never_refuses(house: House, spoil: str) -> None:
    phone, operator = await house.phone(), await house.client("operator")
    body = phone.message()
    body[spoil] = body[spoil][:-4] + "AAAA"
    await phone.send(body)
    [incident] = await queue(operator)
    assert ("unverified" in incident["marks"]) == (spoil != "sealed")


async def test_a_stranger_without_anything_is_heard(house: House) -> None:
    client, operator = await house.client(), await house.client("operator")
    answer = await client.post("/api/signals", json={"id": "a-stranger-1", "kind": "sos", "at": "2026-11-21T14:47:00Z"})
    assert answer.status_code == 201
    [incident] = await queue(operator)
    assert incident["verdict"] == "none" and incident["position"] is None and incident["marks"] == ["unverified"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": "short"}, "id"),
        ({"kind": "fire"}, "kind"),
        ({"at": "yesterday"}, "at"),
        ({"at": "2026-11-21T14:47:00"}, "at"),
        ({"battery": 101}, "battery"),
        (
            {"position": {"latitude": False, "longitude": 1, "accuracy_m": 1, "at": "2026-11-21T14:47:00Z"}},
            "position.latitude",
        ),
        (
            {"position": {"latitude": 91, "longitude": 1, "accuracy_m": 1, "at": "2026-11-21T14:47:00Z"}},
            "position.latitude",
        ),
    ],
)
async def test_what_does_not_fit_is_named_and_nothing_is_stored(
    house: House, change: dict[str, Any], field: str
) -> None:
    client = await house.client()
    body = {"id": "a-stranger-1", "kind": "sos", "at": "2026-11-21T14:47:00Z", **change}
    answer = await client.post("/api/signals", json=body)
    assert answer.status_code == 400 and answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["field"] == field and answer.json()["detail"]
    assert await house.rows("SELECT 1 FROM signal") == []


@pytest.mark.parametrize(
    "body", [b"[" * 7000, b'{"id":' * 3000, b"\x00", b"\xff\xfe", b"", b"null", b'"' + b"a" * 300_000]
)
async def test_hostile_bodies_get_a_4xx(house: House, body: bytes) -> None:
    client = await house.client()
    answer = await client.post("/api/signals", content=body, headers={"content-type": "application/json"})
    assert 400 <= answer.status_code < 500, answer.text


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+09:00", "9999-12-31T23:59:59-09:00"])
async def test_a_clock_at_the_end_of_time_refuses_no_sos(house: House, at: str) -> None:
    phone = await house.phone()
    body = phone.message()
    await phone.send(body | {"at": at, "position": body["position"] | {"at": at}})
    [row] = await house.rows("SELECT occurred_at FROM signal")
    assert row["occurred_at"] == house.clock.now()


async def test_a_future_clock_is_not_believed(house: House) -> None:
    phone = await house.phone()
    body = phone.message()
    body["at"] = "2031-01-01T00:00:00Z"
    body.pop("proof")
    receipt = await phone.send(body)
    [row] = await house.rows("SELECT occurred_at, received_at FROM signal WHERE id = $1", receipt.signal)
    assert row["occurred_at"] == row["received_at"]


async def test_an_app_of_osmand_calls_and_is_followed(house: House) -> None:
    app, operator = await house.client(), await house.client("operator")
    answer = await app.get(
        "/in/osmand", params={"id": "48241179", "lat": "37.38", "lon": "127.12", "alarm": "sos", "batt": "34"}
    )
    assert answer.status_code == 200 and len(answer.json()["receipt"]) == 8
    [incident] = await queue(operator)
    moved = await app.get("/in/osmand", params={"id": "48241179", "lat": "37.3805", "lon": "127.1205", "accuracy": "6"})
    assert moved.status_code == 200 and moved.content == b""
    claimed = read(await operator.post(f"/api/incidents/{incident['id']}/claim"))
    assert [round(fix["latitude"], 4) for fix in claimed["track"]] == [37.38, 37.3805]


async def test_an_app_of_owntracks_calls(house: House) -> None:
    app, operator = await house.client(), await house.client("operator")
    message = {"_type": "location", "lat": 37.38, "lon": 127.12, "acc": 9, "tst": 1795272420, "tag": "SOS", "tid": "HN"}
    answer = await app.post("/in/owntracks", json=message, headers={"x-limit-u": "her", "x-limit-d": "phone"})
    assert answer.json() == [] and answer.headers["ansim-receipt"]
    assert len(await queue(operator)) == 1


async def test_a_position_outside_a_case_is_not_kept(house: House) -> None:
    app = await house.client()
    await app.get("/in/osmand", params={"id": "48241179", "lat": "37.38", "lon": "127.12"})
    assert await house.rows("SELECT 1 FROM fix") == []


async def test_one_bad_position_costs_no_good_one(house: House) -> None:
    phone = await house.phone()
    await phone.sos()
    good = phone.receiver.fix()
    answer = await phone.report([good, {**good, "latitude": 91}, good])
    assert answer["accepted"] == 2
    assert answer["rejected"] == [{"index": 1, "field": "latitude", "rule": answer["rejected"][0]["rule"]}]


async def test_the_id_alone_opens_nothing(house: House) -> None:
    phone = await house.phone()
    await phone.sos()
    assert phone.receipt is not None
    stranger = await house.client()
    answer = await stranger.post(f"/api/signals/{phone.signal}/state", json={"secret": "x" * 43})
    assert answer.status_code == 404
    with pytest.raises(Refused):
        read(
            await stranger.post(
                "/api/positions", json={"signal": phone.signal, "secret": "x" * 43, "positions": [phone.receiver.fix()]}
            )
        )
