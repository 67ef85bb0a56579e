"""The country's broker lets in whom the hub has appointed, by key and over TLS, and holds each to its own subjects. A real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import nats.errors
import pytest

from ansim.adapters.bus.broker import Broker
from ansim.adapters.bus.nats import NatsBus, _Keyed, user_of
from ansim.app.broker import users
from ansim.app.lan import Certificate
from ansim.app.settings import HubSettings
from ansim.core.errors import Problem, Unavailable
from ansim.trust.signed import PrivateKey, private_text, public_text

A, B = "gyeonggi-seongnam", "gyeonggi-yongin"
KEYS = {name: PrivateKey.generate() for name in (A, B, "hub")}


class Guarded:
    def __init__(self, url: str, ca: Path, another: Path) -> None:
        self.url, self.ca, self.another = url, ca, another

    @asynccontextmanager
    async def bus(self, by: str, *, key: PrivateKey | None = None, ca: Path | None = None) -> AsyncIterator[NatsBus]:
        bus = NatsBus(self.url, by=by, key=key or KEYS[by], ca=str(ca or self.ca), lays_out=by == "hub")
        await bus.start()
        try:
            yield bus
        finally:
            await bus.close()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "hub.key").write_text(private_text(KEYS["hub"]))
    (folder / "hub.key").chmod(0o600)
    settings = HubSettings(
        country="tls://127.0.0.1:4222", key=str(folder / "hub.key"),
        appointed={name: public_text(KEYS[name].public_key()) for name in (A, B)},
    )  # fmt: skip
    for name in ("broker", "another"):
        Certificate(folder / name, ("127.0.0.1",), datetime.now(UTC))
    ca, another = folder / "broker" / "certificate.pem", folder / "another" / "certificate.pem"
    tls = f'tls {{ cert_file: "{ca}", key_file: "{ca.with_name("key.pem")}" }}\n'
    broker = Broker(folder / "store", more=tls + users(settings))
    broker.start()
    yield Guarded(broker.url.replace("nats://", "tls://"), ca, another)
    broker.stop()


async def taken(bus: NatsBus, name: str, id: str, body: bytes = b"a", within_s: float = 30) -> bool:
    """Whether the broker takes it."""
    try:
        async with asyncio.timeout(within_s):
            while True:
                try:
                    await bus.publish(name, id, body)
                except Unavailable:
                    await asyncio.sleep(0.02)
                else:
                    return True
    except TimeoutError:
        return False


async def test_who_is_appointed_writes_as_itself_and_reads_what_is_for_it(guarded: Guarded) -> None:
    heard: dict[str, list[bytes]] = {A: [], B: []}
    news = asyncio.Event()

    def keeper(name: str) -> Callable[[str, bytes], Awaitable[None]]:
        async def deliver(id: str, body: bytes) -> None:
            heard[name].append(body)
            news.set()

        return deliver

    async with guarded.bus("hub") as hub, guarded.bus(A) as a, guarded.bus(B) as b:
        a.subscribe(f"letters.{A}", A, keeper(A))
        b.subscribe(f"letters.{B}", B, keeper(B))
        beats, directories = list[bytes](), list[bytes]()
        hub.listen("beats", beats.append)
        a.listen("directory", directories.append)
        assert await taken(a, f"letters.{B}", "1", b"from a")
        assert await taken(b, f"letters.{A}", "2", b"from b")
        async with asyncio.timeout(30):
            while not (heard[A] and heard[B] and beats and directories):
                a.say("beats", b"beat")
                hub.say("directory", b"directory")
                await asyncio.sleep(0.05)
        assert heard == {A: [b"from b"], B: [b"from a"]}


async def test_nobody_else_is_let_in_and_nobody_trusts_another_broker(guarded: Guarded) -> None:
    async with (
        guarded.bus(A, key=PrivateKey.generate()) as stranger,
        guarded.bus(A, ca=guarded.another) as cheated,
    ):
        refused = await asyncio.gather(*(taken(bus, f"letters.{B}", "3", within_s=1) for bus in (stranger, cheated)))
        assert refused == [False, False]
    with pytest.raises(Problem, match="no certificates"):
        NatsBus(guarded.url, by=A, key=KEYS[A], ca="/nowhere.pem")


async def test_a_centre_speaks_for_no_other_and_reads_no_others_letters(guarded: Guarded) -> None:
    """What the adapter would never ask for: the library, with a centre's own key."""
    violations: list[str] = []

    async def told(error: Exception) -> None:
        violations.append(str(error).lower())

    async def refused(what: str, subject: str) -> None:
        async with asyncio.timeout(10):
            while not any(what in one and f'"{subject.lower()}"' in one for one in violations):
                await asyncio.sleep(0.005)

    async with guarded.bus("hub"):
        mine = _Keyed(KEYS[A])
        await mine.connect(
            guarded.url, tls=NatsBus(guarded.url, ca=str(guarded.ca))._tls, error_cb=told, nkeys_seed_str="",
            inbox_prefix=f"_INBOX_{A}",
        )  # fmt: skip
        ask = msgspec.json.encode(
            {
                "stream_name": "ansim",
                "config": {"name": "thief", "filter_subject": f"ansim.letters.{B}.*", "ack_policy": "none"},
            }
        )
        for subject in (
            f"ansim.letters.{B}.{B}",
            f"ansim-said.beats.{B}",
            "ansim-said.directory.hub",
            "$JS.API.STREAM.DELETE.ansim",
            "$JS.API.STREAM.MSG.GET.ansim",
            f"$JS.API.CONSUMER.CREATE.ansim.thief.ansim.letters.{B}.*",
            f"$JS.API.CONSUMER.MSG.NEXT.ansim.letters-{B}--{B}",
        ):
            await mine.publish(subject, ask)
            await refused("publish", subject)
        for subject in (">", "ansim.>", f"ansim.letters.{B}.*", "ansim-said.beats.*", f"_INBOX_{B}.>", "_INBOX.>"):
            await mine.subscribe(subject, cb=_nothing)
            await refused("subscription", subject)
        # with a name that is its own, and a filter that is not
        allowed = f"$JS.API.CONSUMER.CREATE.ansim.letters-{A}--{A}.ansim.letters.{A}.*"
        answer = await mine.request(allowed, ask.replace(b"thief", f"letters-{A}--{A}".encode()), timeout=5)
        assert b"error" in answer.data, answer.data
        await mine.close()


async def _nothing(message: object) -> None:
    pass


async def test_a_broker_cannot_have_a_letter_signed(guarded: Guarded) -> None:
    """The key that shows a centre to the broker signs its letters, too."""
    keyed = _Keyed(KEYS[A])
    assert keyed._sign("qcSu4_xRQgAAAAAA") and user_of(KEYS[A].public_key()).startswith("U")
    for nonce in ("ansim letter\ngyeonggi-seongnam\nbody", "ansim beat\n", "a b", "", "x" * 65, "12345678\n"):
        with pytest.raises(nats.errors.Error):
            keyed._sign(nonce)
