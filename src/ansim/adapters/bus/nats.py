"""The bus between processes: NATS JetStream.

What `publish` accepted is in the broker's file store and survives the end of any process, the broker's included. A broker that loses
power may lose what it took in the last moments, unless its `sync_interval` is `always` (`broker.py` sets that): so nothing travels here whose
only copy it would be. A message is kept until every subscriber that has ever joined has had it, and never longer than a day.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import nats
import nats.errors
import nats.js.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, RetentionPolicy, StorageType, StreamConfig

from ansim.core.bus import Delivery, Hearing
from ansim.core.errors import Problem, Unavailable
from ansim.trust.signed import PrivateKey, PublicKey

KEPT_S = 86_400.0
"""A message that a subscriber has not fetched in a day is let go: its sender has long acted without an answer."""
ANSWER_WITHIN_S = 2.0
"""The broker says within this that it has a message."""
TAKEN_WITHIN_S = 30.0
"""A delivery that has not ended by then is made again, perhaps to another process of that subscriber."""
ASK_FOR_S = 5.0
AGAIN_S = 0.5
RECONNECT_S = 1
AT_ONCE = 64

AWAY = (OSError, nats.errors.Error, nats.js.errors.Error, asyncio.TimeoutError)

NONCE = re.compile(r"[A-Za-z0-9_-]{8,64}")
"""What a broker may have signed. It has no space and no line, with which everything that centres sign for each other begins: whoever runs
the broker cannot have a letter signed."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Names:
    """What things are called on the broker, for one who speaks there: `by` is the last word of whatever it says, so that the broker can hold
    it to that."""

    stream: str
    by: str

    def published(self, name: str) -> str:
        return f"{self.stream}.{name}.{self.by}"

    def subscribed(self, name: str) -> str:
        return f"{self.stream}.{name}.*"

    def said(self, name: str) -> str:
        return f"{self.stream}-said.{name}.{self.by}"

    def heard(self, name: str) -> str:
        return f"{self.stream}-said.{name}.*"

    def consumer(self, name: str, subscriber: str) -> str:
        return f"{name}--{subscriber}".replace(".", "-")

    @property
    def inbox(self) -> str:
        return f"_INBOX_{self.by}"

    def permissions(
        self, *, publishes: Sequence[str] = (), subscribes: Sequence[tuple[str, str]] = (), says: Sequence[str] = (),
        hears: Sequence[str] = (), lays_out: bool = False
    ) -> tuple[list[str], list[str]]:  # fmt: skip
        """The subjects on which it may publish, and those to which it may subscribe, for exactly that and no more."""
        stream, api = self.stream, "$JS.API"
        out = [*map(self.published, publishes), *map(self.said, says), f"{api}.STREAM.INFO.{stream}"]
        for name, subscriber in subscribes:
            consumer = self.consumer(name, subscriber)
            out += [
                f"{api}.CONSUMER.INFO.{stream}.{consumer}",
                f"{api}.CONSUMER.CREATE.{stream}.{consumer}.{self.subscribed(name)}",
                f"{api}.CONSUMER.MSG.NEXT.{stream}.{consumer}",
                f"$JS.ACK.{stream}.{consumer}.>",
            ]
        if lays_out:
            out.append(f"{api}.STREAM.CREATE.{stream}")
        return out, [*map(self.heard, hears), f"{self.inbox}.>"]


def user_of(key: PublicKey) -> str:
    """A key as a broker writes it: an nkey of a user."""
    content = bytes([20 << 3]) + key.public_bytes_raw()
    return base64.b32encode(content + binascii.crc_hqx(content, 0).to_bytes(2, "little")).decode().rstrip("=")


class _Keyed(Client):
    """Signs with the key that a centre has anyway; the library's own way wants a seed in a form of its own, and a package to read it."""

    def __init__(self, key: PrivateKey) -> None:
        super().__init__()
        self._key = key

    def _setup_nkeys_connect(self) -> None:
        self._public_nkey = user_of(self._key.public_key())
        self._signature_cb = self._sign

    def _sign(self, nonce: str) -> bytes:
        if not NONCE.fullmatch(nonce):
            raise nats.errors.Error("a nonce that is none")
        return base64.b64encode(self._key.sign(nonce.encode()))


class NatsBus:
    """`core.bus.Bus` on a broker at `url`: nats://[user:password@]host[:port], tls:// with TLS; a broker that asks for it is shown `key`.

    `stream` names what belongs together on a broker that others use, too, and `by` who speaks. `ca` is a file of those who vouch for the
    broker, where the system's do not. Without `lays_out` somebody else makes the stream: the hub, of a country.
    """

    def __init__(
        self, url: str, *, stream: str = "ansim", by: str = "anybody", key: PrivateKey | None = None, ca: str | None = None,
        lays_out: bool = True
    ) -> None:  # fmt: skip
        self._url = url
        self._names = Names(stream, by)
        self._lays_out = lays_out
        self._client = Client() if key is None else _Keyed(key)
        self._seed = None if key is None else ""  # `_Keyed` is asked, whatever it says
        self._tls = _trusting(ca)
        self._said: str | None = None
        self._jetstream: JetStreamContext | None = None
        self._listeners: list[tuple[str, Hearing]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._joining: list[asyncio.Event] = []
        self._waiting: list[tuple[str, str, Delivery]] = []
        self._closing = asyncio.Event()

    async def start(self) -> None:
        self._run(self._connect(), "bus")

    async def close(self) -> None:
        # The library takes a cancellation for silence while it fetches: its loops are told by this.
        self._closing.set()
        for task in self._tasks:
            task.cancel()
        await self._client.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def publish(self, name: str, id: str, body: bytes) -> None:
        jetstream = self._jetstream
        if jetstream is None or not self._client.is_connected:
            raise Unavailable
        # Whoever has asked to be told is there before the first message leaves, or it would not be kept for him.
        for joined in self._joining:
            await joined.wait()
        with _unavailable():
            await jetstream.publish(
                self._names.published(name),
                body,
                timeout=ANSWER_WITHIN_S,
                headers={"Nats-Msg-Id": f"{name}/{id}", "Id": id},
            )

    def subscribe(self, name: str, subscriber: str, deliver: Delivery) -> None:
        if self._jetstream is None:
            self._waiting.append((name, subscriber, deliver))
        else:
            self._join(name, subscriber, deliver)

    def say(self, name: str, body: bytes) -> None:
        if self._client.is_connected:
            self._run(self._client.publish(self._names.said(name), body), "said")

    def listen(self, name: str, hear: Hearing) -> None:
        self._listeners.append((name, hear))
        if self._client.is_connected:
            self._run(self._hear(name, hear), "listen")

    async def _connect(self) -> None:
        while not self._client.is_connected:
            try:
                await self._client.connect(
                    self._url, connect_timeout=2, max_reconnect_attempts=-1, reconnect_time_wait=RECONNECT_S,
                    ping_interval=5, max_outstanding_pings=2, pending_size=0, error_cb=self._told, allow_reconnect=True,
                    reconnected_cb=self._back, tls=self._tls, inbox_prefix=self._names.inbox, nkeys_seed_str=self._seed,
                )  # fmt: skip
            except AWAY as error:
                await self._told(error)
                await asyncio.sleep(AGAIN_S)
        self._said = None
        for name, hear in self._listeners:
            await self._hear(name, hear)
        jetstream = self._client.jetstream(timeout=ANSWER_WITHIN_S)
        while True:
            try:
                await self._lay_out(jetstream)
                break
            except AWAY:
                await asyncio.sleep(AGAIN_S)
        self._jetstream = jetstream
        for waiting in self._waiting:
            self._join(*waiting)

    async def _lay_out(self, jetstream: JetStreamContext) -> None:
        stream = self._names.stream
        if not self._lays_out:
            await jetstream.stream_info(stream)
            return
        await jetstream.add_stream(
            StreamConfig(
                name=stream,
                subjects=[f"{stream}.>"],
                retention=RetentionPolicy.INTEREST,
                storage=StorageType.FILE,
                max_age=KEPT_S,
            )
        )

    async def _hear(self, name: str, hear: Hearing) -> None:
        async def told(message: Msg) -> None:
            try:
                hear(message.data)
            except Exception:
                log.exception("said and not understood", name=name)

        await self._client.subscribe(self._names.heard(name), cb=told)

    def _join(self, name: str, subscriber: str, deliver: Delivery) -> None:
        joined = asyncio.Event()
        self._joining.append(joined)
        self._run(self._deliver(name, subscriber, deliver, joined), f"bus {name} {subscriber}")

    async def _deliver(self, name: str, subscriber: str, deliver: Delivery, joined: asyncio.Event) -> None:
        durable = self._names.consumer(name, subscriber)
        config = ConsumerConfig(ack_policy=AckPolicy.EXPLICIT, ack_wait=TAKEN_WITHIN_S, max_ack_pending=AT_ONCE * 4)
        assert self._jetstream is not None
        while not self._closing.is_set():
            try:
                await self._lay_out(self._jetstream)  # again, after a broker that came back without what it knew
                fetching = await self._jetstream.pull_subscribe(
                    self._names.subscribed(name), durable=durable, stream=self._names.stream, config=config
                )
                joined.set()
                while not self._closing.is_set():
                    try:
                        messages = await fetching.fetch(AT_ONCE, timeout=ASK_FOR_S)
                    except nats.errors.TimeoutError:
                        continue
                    for message in messages:
                        self._run(_take(message, deliver), "delivery")
            except AWAY as error:
                if self._closing.is_set():
                    return
                log.warning("bus away", name=name, why=type(error).__name__)
                await asyncio.sleep(AGAIN_S)

    async def _back(self) -> None:
        """A broker that came back may have forgotten what was laid out."""
        self._said = None
        if self._lays_out and self._jetstream is not None:
            with suppress(*AWAY):
                await self._lay_out(self._jetstream)

    async def _told(self, error: Exception) -> None:
        """Losing the broker is normal; the client comes back by itself. What it is refused is said once: it may be refused for ever."""
        why = f"{type(error).__name__}: {error}"
        if isinstance(error, (ssl.SSLError, nats.errors.Error)) and why != self._said:
            self._said = why
            log.warning("bus", why=why)

    def _run(self, work: object, name: str) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work, name=name)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _take(message: Msg, deliver: Delivery) -> None:
    try:
        await deliver((message.headers or {})["Id"], message.data)
    except Unavailable:
        await _answer(message, again=True)
    except Exception:
        log.exception("fact not delivered yet")
        await _answer(message, again=True)
    else:
        await _answer(message, again=False)


async def _answer(message: Msg, *, again: bool) -> None:
    with suppress(nats.errors.Error):  # then the broker will deliver it again
        await (message.nak(delay=AGAIN_S) if again else message.ack())


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except AWAY:
        raise Unavailable from None


def _trusting(ca: str | None) -> ssl.SSLContext | None:
    """None: the system's."""
    try:
        return None if ca is None else ssl.create_default_context(cafile=ca)
    except OSError:
        raise Problem(400, "settings.country_ca", f"There are no certificates in {ca}") from None
