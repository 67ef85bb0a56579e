"""An operator sends her a link: position, words and camera without an app, and nothing of it outlives the case."""

from __future__ import annotations

import httpx
import pytest

from ansim.response.notify.ports import Notice, NotSent
from ansim.sim.phone import Phone, Refused, read
from tests.flow.conftest import House
from tests.flow.test_claim_to_close import detail, pressed

pytestmark = pytest.mark.flow


def texts(house: House, number: str) -> list[Notice]:
    """What has come to this telephone."""
    return [notice for address, notice in house.centre.inboxes["sms"].inbox if address == number]


class Browser:
    """Whoever opens the link."""

    def __init__(self, client: httpx.AsyncClient, link: str) -> None:
        self.client = client
        self.path = f"/api/links/{link.rpartition('/')[2]}"

    async def open(self) -> dict[str, object]:
        return read(await self.client.post(f"{self.path}/open"))

    async def agree(self) -> None:
        read(await self.client.post(f"{self.path}/agree"))

    async def state(self) -> dict[str, object]:
        return read(await self.client.get(self.path))

    async def moves(self, *fixes: object) -> dict[str, object]:
        return read(await self.client.post(f"{self.path}/positions", json={"positions": list(fixes)}))

    async def says(self, text: str) -> None:
        read(await self.client.post(f"{self.path}/messages", json={"text": text}))


async def sent(house: House, number: str | None = None) -> tuple[Phone, httpx.AsyncClient, str, Browser]:
    """A claimed case, and a link on its way."""
    phone, operator, id = await pressed(house)
    read(await operator.post(f"/api/incidents/{id}/channel", json={} if number is None else {"number": number}))
    await house.settle()
    [*_, notice] = texts(house, number or "010-1111-2222")
    return phone, operator, id, Browser(await house.client(), notice.link)


async def test_a_link_by_sms_brings_her_position_and_her_words(house: House) -> None:
    phone, operator, id, browser = await sent(house)
    said = (await detail(operator, id))["channel"]
    assert said["number"] == "010-1111-2222" and said["state"] == "delivered" and said["opened_at"] is None
    await browser.open()
    await house.settle()
    said = (await detail(operator, id))["channel"]
    assert said["opened_at"] and said["state"] == "read"
    await browser.agree()
    await house.clock.leap(5)
    there = phone.receiver.fix() | {"latitude": 37.39}
    assert await browser.moves(there, {"latitude": 137.0}) == {
        "accepted": 1,
        "rejected": [{"index": 1, "field": "latitude", "rule": "Expected `float` <= 90.0"}],
    }
    seen = await detail(operator, id)
    assert seen["position"]["latitude"] == 37.39
    await browser.moves(there)
    seen = await detail(operator, id)
    assert [line["act"] for line in seen["timeline"]].count("channel.moved") == 1, "told once, not with every step"
    await browser.says("문 뒤에 있어요")
    read(await operator.post(f"/api/incidents/{id}/messages", json={"text": "경찰이 가요"}))
    messages = (await detail(operator, id))["messages"]
    assert [(one["from"], one["text"]) for one in messages] == [
        ("person", "문 뒤에 있어요"),
        ("operator", "경찰이 가요"),
    ]
    state = await browser.state()
    assert [one["text"] for one in state["messages"]] == ["문 뒤에 있어요", "경찰이 가요"]
    # it is one conversation: her own page has it, too
    assert [one["text"] for one in (await phone.state())["messages"]] == ["문 뒤에 있어요", "경찰이 가요"]


async def test_what_was_said_before_it_was_sent_is_not_behind_it(house: House) -> None:
    """Whoever has that telephone may be somebody else."""
    phone, operator, id = await pressed(house)
    await phone.say("집 앞이에요")
    await house.clock.leap(1)
    read(await operator.post(f"/api/incidents/{id}/channel", json={"number": "010-5555-6666"}))
    await house.settle()
    browser = Browser(await house.client(), texts(house, "010-5555-6666")[0].link)
    state = await browser.open()
    assert state["messages"] == []
    told = str(state)
    for hers in ("김하늘", "집 앞", "37.3", "어머니", "천식"):
        assert hers not in told
    assert state["position"] is None and state["person"] is None and state["cameras"] == []


async def test_in_a_quiet_case_the_text_says_nothing_of_help(house: House) -> None:
    await sent(house)
    [notice] = texts(house, "010-1111-2222")
    text = notice.text()
    assert notice.link in text and not [word for word in ("안심", "관제", "SOS", "112", "경찰") if word in text]
    loud = await house.phone(enrol=False)
    receipt = await loud.sos(silent=False)
    operator = await house.client("operator")
    read(await operator.post(f"/api/incidents/{receipt.incident}/claim"))
    read(await operator.post(f"/api/incidents/{receipt.incident}/channel", json={"number": "010-7777-8888"}))
    await house.settle()
    assert "관제센터" in texts(house, "010-7777-8888")[0].text()


async def test_a_second_browser_is_refused_and_a_new_link_ends_the_old(house: House) -> None:
    _, operator, id, first = await sent(house)
    await first.open()
    second = Browser(await house.client(), first.path)
    with pytest.raises(Refused, match="409"):
        await second.open()
    assert (await detail(operator, id))["channel"]["refused"] == 1
    with pytest.raises(Refused, match="404"):
        await second.says("나예요")
    read(await operator.post(f"/api/incidents/{id}/channel", json={}))
    await house.settle()
    with pytest.raises(Refused, match="410"):
        await first.says("아직")
    assert (await first.state())["closed"]
    third = Browser(second.client, texts(house, "010-1111-2222")[-1].link)
    assert not (await third.open())["closed"]


async def test_it_dies_with_the_case(house: House) -> None:
    phone, operator, id, browser = await sent(house)
    await browser.open()
    read(await operator.post(f"/api/incidents/{id}/close", json={"code": 2}))
    await house.settle()
    for act in (browser.moves(phone.receiver.fix()), browser.says("끝?")):
        with pytest.raises(Refused, match="410"):
            await act
    state = await browser.state()
    assert state["closed"] and state["messages"] == [] and state["centre"] is None


@pytest.mark.parametrize("number", ["전화", "", "0" * 30, 5])
async def test_a_number_that_is_none_is_refused(house: House, number: object) -> None:
    _, operator, id = await pressed(house)
    answer = await operator.post(f"/api/incidents/{id}/channel", json={"number": number})
    assert answer.status_code == 400 and answer.json()["field"] == "number"


async def test_without_any_number_the_operator_is_asked_for_one(house: House) -> None:
    phone = await house.phone(enrol=False)
    phone.profile = None
    operator = await house.client("operator")
    receipt = await phone.sos()
    assert (await operator.post(f"/api/incidents/{receipt.incident}/channel", json={})).status_code == 404
    read(await operator.post(f"/api/incidents/{receipt.incident}/claim"))
    answer = await operator.post(f"/api/incidents/{receipt.incident}/channel", json={})
    assert answer.status_code == 422 and answer.json()["type"] == "channel.number"


async def test_an_sms_that_cannot_be_sent_is_said_to_be(house: House) -> None:
    house.centre.inboxes["sms"].fail = NotSent("gateway answered 422", final=True)
    _, operator, id = await pressed(house)
    read(await operator.post(f"/api/incidents/{id}/channel", json={"number": "010-9"}))
    await house.settle()
    said = (await detail(operator, id))["channel"]
    assert said["state"] == "failed" and said["reason"] == "gateway answered 422"


async def test_the_ledger_knows_of_it_and_no_number_stands_there(house: House) -> None:
    _, _, id, browser = await sent(house, "010-5555-6666")
    await browser.open()
    await browser.agree()
    acts = [row["act"] for row in await house.rows("SELECT act FROM ledger_entry WHERE incident = $1 ORDER BY id", id)]
    assert {"channel.sent", "link.issued", "person.told", "link.opened", "channel.agreed"} <= set(acts)
    written = str(await house.rows("SELECT * FROM ledger_entry"))
    assert "5555-6666" not in written and "55556666" not in written


async def test_a_guardian_is_no_part_of_it(house: House) -> None:
    """The place of her own notice is not a guardian's: nobody's list shows it."""
    phone, operator, id, _ = await sent(house)
    assert [one["name"] for one in (await detail(operator, id))["guardians"]] == ["어머니"]
    assert {one["who"] for one in (await phone.state())["receipts"]} == {"어머니"}
