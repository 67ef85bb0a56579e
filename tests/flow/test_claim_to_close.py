"""incident -> watched -> dispatched -> followed -> closed -> destroyed, and what must hold at every step."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from ansim.nodes.media.ports import Refused as NoView
from ansim.response.notify.ports import NotSent
from ansim.sim.agency import Officer
from ansim.sim.phone import Phone, Refused, read
from ansim.trust.verify import verify
from tests.flow.conftest import BOTH, House

pytestmark = pytest.mark.flow


async def detail(client: httpx.AsyncClient, incident: str) -> dict[str, Any]:
    return read(await client.get(f"/api/incidents/{incident}"))


async def pressed(house: House) -> tuple[Phone, httpx.AsyncClient, str]:
    """She has pressed, an operator has claimed, and everything that follows at once has happened."""
    phone, operator = await house.phone(), await house.client("operator")
    receipt = await phone.sos()
    await house.settle()
    read(await operator.post(f"/api/incidents/{receipt.incident}/claim"))
    await house.settle()
    return phone, operator, receipt.incident


def operators_grant(incident: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(grant for grant in incident["grants"] if grant["holder"]["kind"] == "operator")
    return found


async def officer(
    house: House, operator: httpx.AsyncClient, incident: str
) -> tuple[httpx.AsyncClient, dict[str, Any], Officer]:
    """112 was asked and has accepted; its officer's browser."""
    desk = await house.client("agency", agency="112")
    read(await operator.post(f"/api/incidents/{incident}/dispatches", json={"agency": "112"}))
    await house.settle()
    [request] = read(await desk.get("/api/desk/requests"))["requests"]
    read(await desk.post(f"/api/desk/requests/{request['id']}/accept"))
    await house.settle()
    [request] = read(await desk.get("/api/desk/requests"))["requests"]
    browser = Officer(house.centre.world, request["link"])
    browser._client = await house.client()
    return desk, request, browser


# claim


async def test_of_those_who_press_at_once_one_gets_it_and_the_others_hear_who(house: House) -> None:
    phone = await house.phone()
    receipt = await phone.sos()
    rivals = [await house.client("operator") for _ in range(5)]
    answers = await asyncio.gather(*(rival.post(f"/api/incidents/{receipt.incident}/claim") for rival in rivals))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    [row] = await house.rows("SELECT owner FROM incident")
    assert {answer.json()["claimed_by"] for answer in answers if answer.status_code == 409} <= {row["owner"], None}
    winner = next(answer.json() for answer in answers if answer.status_code == 200)
    assert winner["owner"]["id"] == row["owner"]


async def test_with_the_claim_come_her_name_her_place_and_the_right_to_cameras(house: House) -> None:
    _, operator, id = await pressed(house)
    seen = await detail(operator, id)
    assert seen["person"] == {"name": "김하늘", "phone": "010-1111-2222", "note": "천식이 있어요", "battery": 34}
    assert not seen["position"]["coarse"] and seen["position"]["accuracy_m"] == 9
    assert [camera["id"] for camera in seen["cameras"]][:3] and "cam-5" not in str(seen["cameras"])
    assert operators_grant(seen)["cameras"] == [camera["id"] for camera in seen["cameras"]]
    assert [step["step"] for step in seen["procedure"]][:2] == ["locate", "contact"]


async def test_the_answer_to_the_claim_opens_the_pictures(house: House) -> None:
    phone, operator, colleague = await house.phone(), await house.client("operator"), await house.client("operator")
    id = (await phone.sos()).incident
    await house.settle()
    taken = read(await operator.post(f"/api/incidents/{id}/claim"))
    # nothing has settled since: the right was there at the commit of the claim
    grant = operators_grant(taken)
    assert grant["cameras"] and list(taken["tokens"]) == grant["cameras"]
    for camera, token in taken["tokens"].items():
        view = await house.centre.gate.open(token, camera)
        assert (view.camera, view.grant, view.viewer) == (camera, grant["id"], taken["owner"]["id"])
    opened = await house.rows("SELECT actor FROM ledger_entry WHERE act = 'view.opened' AND incident = $1", id)
    assert [row["actor"] for row in opened] == [taken["owner"]["id"]] * len(grant["cameras"])
    late = await colleague.post(f"/api/incidents/{id}/claim")
    assert late.status_code == 409 and "tokens" not in late.json()
    # they are a minute's, and the right's: what ends it ends them
    await house.clock.leap(61)
    with pytest.raises(NoView):
        await house.centre.gate.open(taken["tokens"][grant["cameras"][0]], grant["cameras"][0])
    assert "tokens" not in await detail(operator, id)


async def test_a_colleague_still_sees_no_name(house: House) -> None:
    _, _, id = await pressed(house)
    colleague = await house.client("operator")
    seen = await detail(colleague, id)
    assert not seen["detailed"] and seen["position"]["coarse"] and seen["owner"] and "김하늘" not in str(seen)


async def test_the_leader_of_the_centre_sees_the_case(house: House) -> None:
    _, _, id = await pressed(house)
    assert (await detail(await house.client("supervisor"), id))["detailed"]


@pytest.mark.parametrize("role", ["auditor", "administrator"])
async def test_who_audits_or_hands_out_accounts_sees_no_incident(house: House, role: str) -> None:
    _, _, id = await pressed(house)
    assert (await (await house.client(role)).get(f"/api/incidents/{id}")).status_code == 403


# escalation


async def test_while_nobody_claims_the_leader_and_then_the_neighbours_are_called(house: House) -> None:
    phone, neighbour = await house.phone(), await house.client("operator", centre="gyeonggi-gwangju")
    receipt = await phone.sos()
    await house.settle()

    async def level() -> int:
        [row] = await house.rows("SELECT escalation FROM incident WHERE id = $1", receipt.incident)
        return int(row["escalation"])

    await house.clock.advance(19.5)
    assert await level() == 0

    async def leader_called() -> bool:
        return await level() == 1

    await house.clock.advance(1)
    await house.until(leader_called)
    assert read(await neighbour.get("/api/incidents"))["incidents"] == []

    async def neighbours_called() -> bool:
        return await level() == 2

    await house.clock.advance(20)
    await house.until(neighbours_called)
    [row] = await house.rows("SELECT escalated_to FROM incident")
    assert "gyeonggi-gwangju" in row["escalated_to"]
    [seen] = read(await neighbour.get("/api/incidents"))["incidents"]
    assert seen["id"] == receipt.incident
    assert (await neighbour.post(f"/api/incidents/{receipt.incident}/claim")).status_code == 200


async def test_a_release_starts_the_clock_again_and_takes_the_right_back(house: House) -> None:
    _, operator, id = await pressed(house)
    await house.clock.leap(100)
    released = read(await operator.post(f"/api/incidents/{id}/release"))
    assert released["state"] == "received" and released["escalation"]["level"] == 0 and not released["detailed"]
    await house.settle()
    [grant] = await house.rows("SELECT ended_why FROM access_grant WHERE holder_kind = 'operator'")
    assert grant["ended_why"] == "released"


# her phone


async def test_a_cancellation_asks_and_the_operator_decides(house: House) -> None:
    phone, operator, id = await pressed(house)
    with pytest.raises(Refused) as wrong:
        await phone.cancel("0000")
    assert wrong.value.status == 403 and wrong.value.type == "cancel.code"
    assert await phone.cancel("2580") == {"state": "cancelled"}
    await house.settle()
    seen = await detail(operator, id)
    assert "cancel_pending" in seen["marks"] and seen["state"] == "claimed"
    assert (await phone.state())["state"] == "cancelled"


async def test_the_duress_code_looks_the_same_and_is_not(house: House) -> None:
    one, operator = await house.phone(), await house.client("operator")
    forced = await house.phone()
    for phone in (one, forced):
        await phone.sos()
    answers = []
    for phone, code in ((one, "2580"), (forced, "8520")):
        assert phone.receipt is not None
        answer = await phone._client.post(
            f"/api/signals/{phone.signal}/cancel", json={"secret": phone.receipt.secret, "code": code}
        )
        answers.append((answer.status_code, answer.content, {k: v for k, v in answer.headers.items() if k != "date"}))
    assert answers[0] == answers[1]
    await house.settle()
    states = [
        {k: v for k, v in (await phone.state()).items() if k not in ("received_at", "receipts")}
        for phone in (one, forced)
    ]
    assert states[0] == states[1]
    assert one.receipt and forced.receipt
    marks = {i["id"]: i["marks"] for i in read(await operator.get("/api/incidents"))["incidents"]}
    assert marks[one.receipt.incident] == ["cancel_pending"] and marks[forced.receipt.incident] == ["duress"]


async def test_words_go_both_ways_and_nobody_else_reads_them(house: House) -> None:
    phone, operator, id = await pressed(house)
    await phone.say("뒤에 남자가 따라와요")
    await operator.post(f"/api/incidents/{id}/messages", json={"text": "가까운 편의점으로 가세요"})
    assert [line["text"] for line in (await detail(operator, id))["messages"]] == [
        "뒤에 남자가 따라와요",
        "가까운 편의점으로 가세요",
    ]
    assert [line["from"] for line in (await phone.state())["messages"]] == ["person", "operator"]
    colleague = await house.client("operator")
    assert (await colleague.post(f"/api/incidents/{id}/messages", json={"text": "나"})).status_code == 404
    assert "messages" not in await detail(colleague, id)


# guardians


async def test_her_guardian_is_told_on_every_way_and_opens_one_link(house: House) -> None:
    phone, operator, id = await pressed(house)
    sms, mail = house.centre.inboxes["sms"].inbox, house.centre.inboxes["mail"].inbox
    assert [address for address, _ in sms] == ["010-3333-4444"] and [address for address, _ in mail] == [
        "mother@example.org"
    ]
    text = sms[0][1].text()
    assert "김하늘" in text and "성남시" in text and "37.38" not in text and "전화하지 마세요" in text
    guardian = Officer(house.centre.world, sms[0][1].link)
    guardian._client = await house.client()
    state = await guardian.open()
    assert (
        state["kind"] == "guardian"
        and state["position"]
        and state["cameras"] == []
        and "guardian.do-not-call" in state["instructions"]
    )
    assert state["person"] == {"name": "김하늘", "note": ""}
    await house.settle()
    [line] = (await detail(operator, id))["guardians"]
    assert {(r["channel"], r["state"]) for r in line["receipts"]} == {("sms", "read"), ("mail", "read")}
    with pytest.raises(Refused) as refused:
        await guardian.watch_token("cam-1")
    assert refused.value.status == 403
    assert {receipt["state"] for receipt in (await phone.state())["receipts"]} == {"read"}


async def test_a_channel_that_fails_is_seen_to_fail(house: House) -> None:
    house.centre.inboxes["sms"].fail = NotSent("no such number", final=True)
    _, operator, id = await pressed(house)
    [line] = (await detail(operator, id))["guardians"]
    assert {(r["channel"], r["state"], r["reason"]) for r in line["receipts"]} == {
        ("sms", "failed", "no such number"),
        ("mail", "delivered", None),
    }


async def test_fetching_the_page_of_a_link_binds_nothing(house: House) -> None:
    await pressed(house)
    link = house.centre.inboxes["sms"].inbox[0][1].link
    messenger = await house.client()
    await messenger.get(link)
    guardian = Officer(house.centre.world, link)
    guardian._client = await house.client()
    assert (await guardian.open())["position"]


# watched


async def test_a_token_is_for_one_camera_of_the_right_and_refusals_are_recorded(house: House) -> None:
    _, operator, id = await pressed(house)
    grant = operators_grant(await detail(operator, id))
    token = read(await operator.post(f"/api/grants/{grant['id']}/tokens", json={"camera": grant["cameras"][0]}))
    assert token["url"] == f"/media/{grant['cameras'][0]}"
    refused = await operator.post(f"/api/grants/{grant['id']}/tokens", json={"camera": "cam-5"})
    assert refused.status_code == 403 and refused.json()["type"] == "grant.refused"
    colleague = await house.client("operator")
    assert (
        await colleague.post(f"/api/grants/{grant['id']}/tokens", json={"camera": grant["cameras"][0]})
    ).status_code == 404
    acts = await house.rows("SELECT act, object FROM ledger_entry WHERE act LIKE 'view.%'")
    assert acts == [{"act": "view.refused", "object": "cam-5"}]


async def test_a_right_ends_at_its_time_unless_it_is_extended(house: House) -> None:
    _, operator, id = await pressed(house)
    grant = operators_grant(await detail(operator, id))["id"]
    await house.clock.leap(29 * 60)
    read(await operator.post(f"/api/grants/{grant}/extend", json={"reason": "아직 이동 중"}))
    await house.clock.leap(5 * 60)
    assert operators_grant(await detail(operator, id))["ended_at"] is None

    async def ended() -> bool:
        return operators_grant(await detail(operator, id))["ended_why"] == "expired"

    await house.clock.leap(6 * 60)
    await house.until(ended)
    assert (await operator.post(f"/api/grants/{grant}/extend", json={"reason": "더"})).status_code == 409


async def test_a_revoked_right_stays_dead(house: House) -> None:
    _, operator, id = await pressed(house)
    grant = operators_grant(await detail(operator, id))
    assert (await operator.post(f"/api/grants/{grant['id']}/revoke", json={"reason": "끝"})).status_code == 204
    answer = await operator.post(f"/api/grants/{grant['id']}/tokens", json={"camera": grant["cameras"][0]})
    assert answer.status_code == 403 and "revoked" in answer.json()["detail"]


async def test_the_right_follows_her(house: House) -> None:
    phone, operator, id = await pressed(house)
    fix = phone.receiver.fix()
    await phone.report([{**fix, "latitude": 37.4, "longitude": 127.14}])

    async def widened() -> bool:
        return "cam-5" in operators_grant(await detail(operator, id))["cameras"]

    await house.until(widened)
    seen = await detail(operator, id)
    assert seen["cameras"][0]["id"] == "cam-5" and len(seen["track"]) == 2


# dispatched


@BOTH
async def test_112_is_asked_accepts_and_its_officer_sees_for_as_long_as_it_takes(house: House) -> None:
    _, operator, id = await pressed(house)
    desk, request, browser = await officer(house, operator, id)
    assert request["silent"] and request["place"] and request["position"]
    state = await browser.open()
    assert (
        state["kind"] == "officer"
        and state["position"]
        and state["cameras"]
        and state["person"]["note"] == "천식이 있어요"
    )
    assert (await browser.watch_token(state["cameras"][0]["id"]))["token"]
    stranger = Officer(house.centre.world, request["link"])
    stranger._client = await house.client()
    with pytest.raises(Refused) as refused:
        await stranger.open()
    assert (refused.value.status, refused.value.type) == (409, "link.bound")
    [link] = [link for link in (await detail(operator, id))["links"] if link["kind"] == "officer"]
    assert link["refused"] == 1 and link["opened_at"]
    read(await desk.post(f"/api/desk/requests/{request['id']}/unit", json={"call_sign": "순찰 12호", "eta_s": 110}))
    await browser.arrived()
    seen = await detail(operator, id)
    assert (
        seen["arrived_at"]
        and [d["state"] for d in seen["dispatches"]] == ["arrived"]
        and seen["dispatches"][0]["unit"] == "순찰 12호"
    )


async def test_a_refusal_is_seen_and_can_be_asked_again(house: House) -> None:
    _, operator, id = await pressed(house)
    desk = await house.client("agency", agency="112")
    read(await operator.post(f"/api/incidents/{id}/dispatches", json={"agency": "112"}))
    assert (await operator.post(f"/api/incidents/{id}/dispatches", json={"agency": "112"})).status_code == 409
    await house.settle()
    [request] = read(await desk.get("/api/desk/requests"))["requests"]
    read(await desk.post(f"/api/desk/requests/{request['id']}/reject", json={"reason": "관할이 아님"}))
    [refused] = (await detail(operator, id))["dispatches"]
    assert refused["state"] == "refused" and refused["reason"] == "관할이 아님"
    assert (await operator.post(f"/api/incidents/{id}/dispatches", json={"agency": "112"})).status_code == 201


async def test_no_answer_for_thirty_seconds_leads_to_the_telephone(house: House) -> None:
    _, operator, id = await pressed(house)
    house.centre.desk.reachable = True
    asked = read(await operator.post(f"/api/incidents/{id}/dispatches", json={"agency": "119"}))["dispatch"]
    await house.settle()

    async def unanswered() -> bool:
        return (await detail(operator, id))["dispatches"][0]["state"] == "no_answer"

    await house.clock.advance(31)
    await house.until(unanswered)
    answer = await operator.post(
        f"/api/incidents/{id}/dispatches/{asked}/phone", json={"number": "119", "note": "전화로 요청"}
    )
    assert answer.status_code == 204
    assert (await detail(operator, id))["dispatches"][0]["phone"] == "119"
    late = await house.client("agency", agency="119")
    assert read(await late.post(f"/api/desk/requests/{asked}/accept"))["state"] == "acknowledged"


async def test_a_dead_line_is_said_at_once(house: House) -> None:
    _, operator, id = await pressed(house)
    house.centre.desk.reachable = False
    read(await operator.post(f"/api/incidents/{id}/dispatches", json={"agency": "112"}))

    async def unanswered() -> bool:
        return (await detail(operator, id))["dispatches"][0]["state"] == "no_answer"

    await house.until(unanswered)


async def test_a_desk_sees_its_own_requests_only(house: House) -> None:
    _, operator, id = await pressed(house)
    read(await operator.post(f"/api/incidents/{id}/dispatches", json={"agency": "112"}))
    await house.settle()
    fire = await house.client("agency", agency="119")
    assert read(await fire.get("/api/desk/requests"))["requests"] == []


# closed, destroyed


@BOTH
async def test_closing_ends_everything_and_the_record_stays(house: House) -> None:
    phone, operator, id = await pressed(house)
    desk, request, browser = await officer(house, operator, id)
    await browser.open()
    guardian = Officer(house.centre.world, house.centre.inboxes["sms"].inbox[0][1].link)
    guardian._client = await house.client()
    await guardian.open()
    assert (await operator.post(f"/api/incidents/{id}/close", json={"code": 1})).status_code == 422
    closed = read(await operator.post(f"/api/incidents/{id}/close", json={"code": 1, "note": "안전 확인"}))
    assert closed["state"] == "closed"

    async def destroyed() -> bool:
        return bool((await house.rows("SELECT destroyed_at FROM incident"))[0]["destroyed_at"])

    await house.until(destroyed)
    for link in (browser, guardian):
        state = await link.state()
        assert state["closed"] and state["position"] is None and state["person"] is None and state["track"] == []
    assert {g["ended_why"] for g in await house.rows("SELECT ended_why FROM access_grant")} == {"closed"}
    assert await house.rows("SELECT 1 FROM fix") == []
    assert (await house.rows("SELECT track_slot FROM incident")) == [{"track_slot": None}]
    with pytest.raises(Refused) as refused:
        await phone.report()
    assert refused.value.status == 410
    assert (await phone.state())["destroyed_at"]
    auditor, elsewhere = await house.client("auditor"), await house.client("operator", centre="gyeonggi-gwangju")
    assert (await elsewhere.get(f"/api/certificates/{id}")).status_code == 404, "another centre's case"
    assert (await operator.get("/api/certificates/none")).status_code == 404
    answer = read(await auditor.get(f"/api/certificates/{id}"))
    assert read(await operator.get(f"/api/certificates/{id}")) == answer
    certificate = next(d["certificate"] for d in answer["destructions"] if d["scope"] == "track")
    assert verify(json.dumps(certificate).encode()).exit_code == 0
    certificate["statement"]["rows"] = {"fix": 0}
    assert verify(json.dumps(certificate).encode()).exit_code == 1
    entries = await phone.record()
    assert {"incident.claimed", "grant.issued", "incident.closed", "track.erased"} <= {
        entry["act"] for entry in entries
    }
    assert "37.38" not in str(entries) and "김하늘" not in str(entries)
    [over] = read(await desk.get("/api/desk/requests"))["requests"]
    assert over["id"] == request["id"] and over["closed"]
    assert (over["place"], over["position"], over["link"]) == ("", None, None)


async def test_a_closed_case_stays_closed_and_a_new_press_is_a_new_one(house: House) -> None:
    phone, operator, id = await pressed(house)
    read(await operator.post(f"/api/incidents/{id}/close", json={"code": 2}))
    for act in ("claim", "release", "confirm"):
        assert (await operator.post(f"/api/incidents/{id}/{act}")).status_code == 409
    receipt = await phone.sos()
    assert receipt.incident != id


async def test_names_and_words_die_at_the_retention(house: House) -> None:
    phone, operator, id = await pressed(house)
    await phone.say("뒤에 남자가 따라와요")
    read(await operator.post(f"/api/incidents/{id}/close", json={"code": 1, "note": "안전 확인"}))
    await house.settle()
    assert "김하늘" in str(await detail(operator, id))

    async def forgotten() -> bool:
        return (await house.rows("SELECT case_slot FROM incident"))[0]["case_slot"] is None

    await house.clock.leap(180 * 86_400 + 60)
    await house.until(forgotten)
    assert (
        await house.rows(
            "SELECT 1 FROM message UNION ALL SELECT 1 FROM timeline UNION ALL SELECT 1 FROM guardian_notice"
        )
        == []
    )
    assert await house.rows("SELECT contacts, secret FROM signal") == [{"contacts": None, "secret": None}]
