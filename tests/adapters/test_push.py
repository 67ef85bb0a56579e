"""Web push against a push service on loopback that opens what it gets, with the keys of the browser."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from ansim.adapters.channels.push import WebPush, is_public
from ansim.adapters.channels.webpush import LARGEST, encrypt
from ansim.core.clock import ManualClock
from ansim.core.world import World
from ansim.response.notify.ports import Notice, NotSent
from tests.adapters.loopback import PushService, certificate
from tests.adapters.test_channels import notice

KEY = ec.derive_private_key(7, ec.SECP256R1())
CONTACT = "mailto:duty@centre.example"
CLOCK = ManualClock()


def b64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Sender:
    """The channel, with the names it looks up and the answers it is given."""

    def __init__(
        self, *addresses: str, inside: bool = False, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.addresses: Sequence[str] = addresses
        self.asked: list[tuple[str, int]] = []
        self.requests: list[httpx.Request] = []
        self.client = httpx.AsyncClient(transport=transport or httpx.MockTransport(self._answer), trust_env=False)
        self.channel = WebPush(
            World(clock=CLOCK), KEY, CONTACT, self.client, inside=inside, resolve=self._resolve, timeout_s=3
        )

    async def _resolve(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        return self.addresses

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(201)

    async def to(self, endpoint: str, words: Notice | None = None) -> str:
        try:
            return await self.channel.send(PushService().subscription(endpoint), words or notice())
        finally:
            await self.channel.close()


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with PushService() as service:
        yield service


async def send(service: PushService, words: Notice | None = None, timeout_s: float = 3) -> str:
    channel = WebPush(
        World(clock=CLOCK), KEY, CONTACT, httpx.AsyncClient(trust_env=False), inside=True, timeout_s=timeout_s
    )
    try:
        return await channel.send(service.subscription(), words or notice())
    finally:
        await channel.close()


def test_the_published_vector_of_rfc_8291() -> None:
    made = encrypt(
        b"When I grow up, I want to be a watermelon",
        b64("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        b64("BTBZMqHH6r4Tts7J_aSIgg"),
        salt=b64("DGv6ra1nlYgDCS1FRnbzlw"),
        ephemeral=ec.derive_private_key(
            int.from_bytes(b64("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big"), ec.SECP256R1()
        ),
    )
    assert made == b64(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
        "7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_the_longest_that_fits_a_push() -> None:
    service = PushService()
    keys = json.loads(service.subscription())["keys"]
    browser, auth = b64(keys["p256dh"]), b64(keys["auth"])
    body = encrypt(b"x" * LARGEST, browser, auth, salt=bytes(16))
    assert len(body) == 4096 and service.opened(body) == b"x" * LARGEST
    with pytest.raises(ValueError):
        encrypt(b"x" * (LARGEST + 1), browser, auth, salt=bytes(16))


async def test_only_the_browser_reads_it(service: PushService) -> None:
    assert await send(service) == "sent"
    [shown] = service.shown()
    assert shown == {
        "title": "[안심] 도움 요청",
        "body": "김하늘님이 도움을 요청했어요(22:41, 성남시). 눌러서 위치를 보세요.",
        "silent": False,
        "url": notice().link,
    }
    [call] = service.calls
    assert "김하늘".encode() not in call.body and notice().link.encode() not in call.body
    assert notice().link not in call.line and notice().link not in str(call.headers)


async def test_in_quiet_mode_nobody_beside_her_learns_what_it_is(service: PushService) -> None:
    await send(service, notice(silent=True))
    [shown] = service.shown()
    words = f"{shown['title']} {shown['body']}"
    for telling in ("SOS", "경찰", "관제", "도움", "요청", "위치", "안심", "112", "22:41", "성남시"):
        assert telling not in words
    assert shown["silent"] is True and shown["url"] == notice().link


async def test_each_is_sealed_anew(service: PushService) -> None:
    await send(service)
    await send(service)
    first, second = (call.body for call in service.calls)
    assert first[:16] != second[:16] and first[21:86] != second[21:86]


async def test_it_says_how_urgent_it_is_and_how_long_it_keeps(service: PushService) -> None:
    await send(service, notice(9))
    headers = service.calls[0].headers
    assert headers["urgency"] == "high" and int(headers["ttl"]) == 86_400
    assert headers["topic"] == notice(9).id and len(headers["topic"]) <= 32
    assert headers["content-encoding"] == "aes128gcm"


async def test_it_proves_who_sends(service: PushService) -> None:
    await send(service)
    scheme, _, rest = service.calls[0].headers["authorization"].partition(" ")
    assert scheme == "vapid"
    given = dict(part.strip().split("=", 1) for part in rest.split(","))
    public = KEY.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    assert b64(given["k"]) == public
    numbers = {"kty": "EC", "crv": "P-256"}
    for name, half in (("x", public[1:33]), ("y", public[33:])):
        numbers[name] = base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    token = jwt.decode(given["t"], ECKey.import_key(numbers), algorithms=["ES256"])
    assert token.claims["aud"] == f"http://127.0.0.1:{service.port}" and token.claims["sub"] == CONTACT
    assert 0 < token.claims["exp"] - CLOCK.now().timestamp() <= 24 * 3600


@pytest.mark.parametrize(
    ("status", "final"),
    [(404, True), (410, True), (413, True), (400, True), (403, True), (429, False), (500, False), (503, False)],
)
async def test_what_the_service_answers(service: PushService, status: int, final: bool) -> None:
    service.status = status
    with pytest.raises(NotSent, match=f"push service answered {status}") as caught:
        await send(service)
    assert caught.value.final is final


async def test_a_redirect_leads_nowhere(service: PushService) -> None:
    service.status, service.headers = 307, f"location: http://127.0.0.1:{service.port}/inside\r\n"
    with pytest.raises(NotSent) as caught:
        await send(service)
    assert len(service.calls) == 1 and not caught.value.final


async def test_an_endless_answer_is_not_read(service: PushService) -> None:
    service.endless = True
    assert await send(service) == "sent"


async def test_a_service_that_says_nothing_is_left(service: PushService) -> None:
    service.status = 0
    with pytest.raises(NotSent) as caught:
        await send(service, timeout_s=0.2)
    assert not caught.value.final


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::a00:1", "2002:7f00:1::",
    ],
)  # fmt: skip
async def test_nothing_inside_is_reached(address: str) -> None:
    assert not is_public(address)
    sender = Sender(address)
    with pytest.raises(NotSent) as caught:
        await sender.to("https://push.example/x")
    assert caught.value.final and sender.requests == []
    assert address not in str(caught.value) and "push.example" not in str(caught.value)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"])
async def test_the_open_network_is_reached(address: str) -> None:
    sender = Sender(address)
    assert await sender.to("https://push.example:8443/x") == "sent"
    [request] = sender.requests
    assert request.url.host == address and request.url.port == 8443 and request.url.path == "/x"
    assert request.headers["host"] == "push.example:8443" and request.extensions["sni_hostname"] == "push.example"


async def test_one_address_inside_spoils_all() -> None:
    sender = Sender("93.184.215.14", "10.0.0.1")
    with pytest.raises(NotSent):
        await sender.to("https://push.example/x")


async def test_a_name_is_looked_up_once() -> None:
    """Looked up again by whoever connects, it could be another address by then."""
    sender = Sender("93.184.215.14")
    await sender.to("https://push.example/x")
    assert sender.asked == [("push.example", 443)]


@pytest.mark.parametrize("endpoint", ["http://push.example/x", "https://who:what@push.example/x"])
async def test_no_push_service_looks_like_this(endpoint: str) -> None:
    sender = Sender("93.184.215.14")
    with pytest.raises(NotSent) as caught:
        await sender.to(endpoint)
    assert caught.value.final and sender.asked == []


async def test_a_name_that_nobody_knows() -> None:
    class Unknown(Sender):
        async def _resolve(self, host: str, port: int) -> Sequence[str]:
            raise OSError(f"{host}: not known")

    with pytest.raises(NotSent) as caught:
        await Unknown().to("https://push.example/x")
    assert not caught.value.final and "push.example" not in str(caught.value)


@pytest.mark.parametrize("spoilt", ["p256dh", "auth"])
async def test_keys_that_are_none(spoilt: str) -> None:
    subscription = json.loads(PushService().subscription("https://push.example/x"))
    for bad in ("AAAA", "A" * 128, "-", ""):
        sender = Sender("93.184.215.14")
        subscription["keys"][spoilt] = bad
        with pytest.raises(NotSent) as caught:
            await sender.channel.send(json.dumps(subscription), notice())
        assert caught.value.final and sender.requests == []
        await sender.channel.close()


async def test_the_certificate_is_that_of_the_name(tmp_path: Path) -> None:
    ours, other = certificate(tmp_path, "push.example"), certificate(tmp_path, "other.example")
    for presented, passes in ((ours, True), (other, False)):
        async with PushService(tls=presented.server()) as service:
            transport = httpx.AsyncHTTPTransport(verify=presented.client())
            sender = Sender("127.0.0.1", inside=True, transport=transport)
            endpoint = f"https://push.example:{service.port}/x"
            if passes:
                assert await sender.to(endpoint) == "sent"
                assert len(service.calls) == 1
            else:
                with pytest.raises(NotSent):
                    await sender.to(endpoint)
                assert service.calls == []
