"""What every channel must do (response.notify.ports.Channel). An adapter joins by a maker in `MAKERS`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, get_args

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ansim.adapters.channels.mail import SmtpMail
from ansim.adapters.channels.push import WebPush
from ansim.adapters.channels.simulated import SimulatedChannel
from ansim.adapters.channels.sms import HttpSms
from ansim.core.world import World
from ansim.response.notify.ports import Channel, ChannelName, Notice, NotSent
from tests.adapters.loopback import HttpServer, MailServer, PushService


@dataclass
class Line:
    """A channel and its far end. `refuse(final)` makes that end say no, for good or for now; `take` ends it."""

    channel: Channel
    address: str
    arrived: Callable[[], list[str]]
    refuse: Callable[[bool], None]
    take: Callable[[], None]


@asynccontextmanager
async def simulated() -> AsyncIterator[Line]:
    channel = SimulatedChannel("sms")

    def refuse(final: bool) -> None:
        channel.fail = NotSent("refused", final=final)

    def take() -> None:
        channel.fail = None

    yield Line(channel, "010-3333-4444", lambda: [notice.text() for _, notice in channel.inbox], refuse, take)


@asynccontextmanager
async def mail() -> AsyncIterator[Line]:
    async with MailServer() as server:

        def refuse(final: bool) -> None:
            server.answers["RCPT"] = "550 no <mother@example.org> here" if final else "451 later, mother@example.org"

        yield Line(
            SmtpMail(f"smtp://127.0.0.1:{server.port}", "ansim@centre.example", timeout_s=5),
            "mother@example.org",
            lambda: [letter.message.get_content() for letter in server.letters],
            refuse,
            server.answers.clear,
        )


@asynccontextmanager
async def sms() -> AsyncIterator[Line]:
    async with HttpServer(200) as server:
        channel = HttpSms(f"http://127.0.0.1:{server.port}/send", "secret")

        def answer(status: int) -> None:
            server.status = status

        yield Line(
            channel,
            "010-3333-4444",
            lambda: [httpx.Response(200, content=call.body).json()["text"] for call in server.calls],
            lambda final: answer(422 if final else 503),
            lambda: (server.calls.clear(), answer(202))[1],
        )
        await channel.close()


@asynccontextmanager
async def push() -> AsyncIterator[Line]:
    async with PushService() as service:
        key = ec.generate_private_key(ec.SECP256R1())
        client = httpx.AsyncClient(trust_env=False)
        channel = WebPush(World(), key, "mailto:duty@centre.example", client, inside=True)

        def answer(status: int) -> None:
            service.status = status

        yield Line(
            channel,
            service.subscription(),
            lambda: [f"{shown['body']} {shown['url']}" for shown in service.shown()],
            lambda final: answer(410 if final else 503),
            lambda: (service.calls.clear(), answer(201))[1],
        )
        await channel.close()


MAKERS: dict[str, Any] = {"simulated": simulated, "mail": mail, "sms": sms, "push": push}


@pytest.fixture(params=MAKERS)
async def line(request: pytest.FixtureRequest) -> AsyncIterator[Line]:
    async with MAKERS[request.param]() as line:
        yield line


def notice(number: int = 1, *, silent: bool = False, person: str = "김하늘") -> Notice:
    link = f"https://centre.example/l/{number:043d}"
    return Notice(id=f"{number:032x}", person=person, place="성남시", link=link, silent=silent, at="22:41")


async def refused(line: Line, address: str | None = None) -> NotSent:
    with pytest.raises(NotSent) as caught:
        await line.channel.send(line.address if address is None else address, notice())
    return caught.value


async def test_it_has_a_name_that_receipts_know(line: Line) -> None:
    assert line.channel.name in get_args(ChannelName)


async def test_it_carries_who_and_the_way_to_her(line: Line) -> None:
    assert await line.channel.send(line.address, notice(7)) in ("sent", "delivered")
    [arrived] = line.arrived()
    assert "김하늘" in arrived and notice(7).link in arrived


async def test_many_at_once_arrive_each(line: Line) -> None:
    await asyncio.gather(*(line.channel.send(line.address, notice(number)) for number in range(5)))
    arrived = line.arrived()
    assert all(any(notice(number).link in one for one in arrived) for number in range(5)) and len(arrived) == 5


async def test_a_dead_address_is_final(line: Line) -> None:
    line.refuse(True)
    assert (await refused(line)).final


async def test_what_may_pass_is_not_final_and_passes(line: Line) -> None:
    line.refuse(False)
    assert not (await refused(line)).final
    line.take()
    await line.channel.send(line.address, notice(2))
    assert len(line.arrived()) == 1


@pytest.mark.parametrize("final", [True, False])
async def test_no_refusal_tells_where_she_lives(line: Line, final: bool) -> None:
    line.refuse(final)
    said = str(await refused(line))
    assert said and len(said) <= 80
    told = notice()
    for secret in (line.address, "mother", "3333", "secret", "127.0.0.1", told.person, told.link):
        assert secret not in said


ODD = ["", " ", "\x00", "가나다@예시.kr", "a@b.example\r\nBcc: c@d.example", "a@b.example, c@d.example", "<>", "(", "@"]
ODD += ["\U0001f6a8" * 3, "x" * 70_000, "{}", "[]", "[" * 5000, '{"endpoint": "http://[", "keys": {}}', "null", "+82"]


@pytest.mark.parametrize("address", ODD, ids=range(len(ODD)))
async def test_whatever_the_address_is_it_is_sent_or_not_sent(line: Line, address: str) -> None:
    """An errand that meets any other error tries again for ever, and logs it."""
    try:
        assert await line.channel.send(address, notice()) in ("sent", "delivered")
    except NotSent as error:
        assert error.final and (not address.strip() or address not in str(error))


@pytest.mark.parametrize("person", ["", "a\r\nBcc: c@d.example", "\U0001f6a8" * 80, "<b>&", "\x00"])
async def test_whatever_her_name_is_it_is_sent(line: Line, person: str) -> None:
    await line.channel.send(line.address, notice(3, person=person))
    [arrived] = line.arrived()
    assert notice(3).link in arrived
