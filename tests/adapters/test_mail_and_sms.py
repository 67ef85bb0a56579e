"""Mail against a mail server on loopback, SMS against a gateway: what each answer means, and that nothing is sent twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansim.adapters.channels.mail import SmtpMail
from ansim.adapters.channels.sms import HttpSms
from ansim.response.notify.ports import NotSent
from tests.adapters.loopback import HttpServer, MailServer, certificate
from tests.adapters.test_channels import notice

HER = "mother@example.org"


def mail(server: MailServer, *, scheme: str = "smtp", user: str = "", timeout_s: float = 5) -> SmtpMail:
    return SmtpMail(f"{scheme}://{user}127.0.0.1:{server.port}", "ansim@centre.example", timeout_s=timeout_s)


async def test_a_letter_as_it_arrives() -> None:
    async with MailServer() as server:
        await mail(server).send(HER, notice(5))
    [letter] = server.letters
    assert (letter.sender, letter.to) == ("ansim@centre.example", [HER])
    assert letter.message["to"] == HER and letter.message["from"] == "ansim@centre.example"
    assert letter.message["message-id"] == f"<{notice(5).id}@centre.example>"
    assert letter.message.get_content().strip() == notice(5).text()


async def test_one_address_is_one_letter() -> None:
    async with MailServer() as server:
        with pytest.raises(NotSent):
            await mail(server).send("a@b.example,c@d.example", notice())
    assert server.letters == []


async def test_without_starttls_it_goes_as_it_is() -> None:
    async with MailServer() as server:
        await mail(server).send(HER, notice())
    assert "STARTTLS" not in server.heard and len(server.letters) == 1


async def test_starttls_where_it_is_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trusted = certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted.chain))
    async with MailServer(trusted.server()) as server:
        await SmtpMail(f"smtp://localhost:{server.port}", "ansim@centre.example").send(HER, notice())
    assert server.heard[:3] == ["EHLO", "STARTTLS", "EHLO"] and len(server.letters) == 1


async def test_a_server_that_is_not_who_it_says_gets_nothing(tmp_path: Path) -> None:
    async with MailServer(certificate(tmp_path, "localhost").server()) as server:
        with pytest.raises(NotSent) as caught:
            await mail(server).send(HER, notice())
    assert "MAIL" not in server.heard and server.letters == [] and not caught.value.final


@pytest.mark.parametrize("verb", ["CONNECT", "MAIL", "RCPT", "DATA", "END"])
@pytest.mark.parametrize(("code", "final"), [(451, False), (550, True)])
async def test_a_no_at_any_step(verb: str, code: int, final: bool) -> None:
    async with MailServer() as server:
        server.answers[verb] = f"{code} no, {HER}"
        with pytest.raises(NotSent) as caught:
            await mail(server).send(HER, notice())
    assert (str(caught.value), caught.value.final) == (f"server answered {code}", final)
    assert server.letters == []


async def test_a_wrong_password_is_not_tried_again(tmp_path: Path) -> None:
    async with MailServer() as server:
        server.answers["EHLO"] = "250-loopback\r\n250 AUTH PLAIN"
        server.answers["AUTH"] = "535 no"
        with pytest.raises(NotSent) as caught:
            await mail(server, user="who:what@").send(HER, notice())
    assert caught.value.final and "what" not in str(caught.value) and "MAIL" not in server.heard


async def test_a_server_that_says_nothing_or_is_away() -> None:
    async with MailServer() as server:
        server.hangs = True
        with pytest.raises(NotSent) as caught:
            await mail(server, timeout_s=0.2).send(HER, notice())
    assert not caught.value.final
    with pytest.raises(NotSent) as caught:
        await mail(server).send(HER, notice())
    assert not caught.value.final and str(server.port) not in str(caught.value)


async def test_a_message_as_the_gateway_gets_it() -> None:
    async with HttpServer(200) as server:
        channel = HttpSms(f"http://127.0.0.1:{server.port}/send", "secret")
        await channel.send("010-3333-4444", notice(6))
        await channel.send("010-3333-4444", notice(6))
        await channel.close()
    first, again = server.calls
    assert first.line == "POST /send HTTP/1.1" and first.headers["authorization"] == "Bearer secret"
    assert json.loads(first.body) == {"to": "010-3333-4444", "text": notice(6).text()}
    assert first.headers["idempotency-key"] == again.headers["idempotency-key"] == notice(6).id


@pytest.mark.parametrize(
    ("status", "final"),
    [(200, None), (202, None), (204, None), (301, False), (400, True), (401, False), (404, True), (410, True),
     (422, True), (429, False), (500, False), (503, False)],
)  # fmt: skip
async def test_what_the_gateway_answers(status: int, final: bool | None) -> None:
    async with HttpServer(status) as server:
        channel = HttpSms(f"http://127.0.0.1:{server.port}/send")
        if final is None:
            assert await channel.send("010-3333-4444", notice()) == "sent"
        else:
            with pytest.raises(NotSent) as caught:
                await channel.send("010-3333-4444", notice())
            assert (str(caught.value), caught.value.final) == (f"gateway answered {status}", final)
        await channel.close()
    assert len(server.calls) == 1


async def test_a_gateway_that_says_nothing_or_is_away() -> None:
    async with HttpServer(0) as server:
        channel = HttpSms(f"http://127.0.0.1:{server.port}/send", timeout_s=0.2)
        with pytest.raises(NotSent) as caught:
            await channel.send("010-3333-4444", notice())
        await channel.close()
    assert not caught.value.final and str(caught.value) == "ReadTimeout"
    channel = HttpSms(f"http://127.0.0.1:{server.port}/send")
    with pytest.raises(NotSent) as caught:
        await channel.send("010-3333-4444", notice())
    await channel.close()
    assert not caught.value.final and str(caught.value) == "ConnectError"
