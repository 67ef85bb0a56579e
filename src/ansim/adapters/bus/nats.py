"""The bus between processes: NATS JetStream.

What `publish` accepted is in the broker's file store and survives the end of any process, the broker's included. A broker that loses
power may lose what it took in the last moments, unless its `sync_interval` is `always` (`broker.py` sets that): so nothing travels here whose
only copy it would be. A message is kept until every subscriber that has ever joined has had it, and never longer than a day.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import nats
import nats.errors
import nats.js.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, RetentionPolicy, StorageType, StreamConfig

from ansim.core.bus import Delivery, Hearing
from ansim.core.errors import Unavailable

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

log = structlog.get_logger()


class NatsBus:
    """`core.bus.Bus` on a broker at `url`: nats://[user:password@]host[:port], tls:// with TLS.

    `stream` names what belongs together on a broker that others use, too.
    """

    def __init__(self, url: str, *, stream: str = "ansim") -> None:
        self._url = url
        self._stream = stream
        self._client = Client()
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
                self._subject(name), body, timeout=ANSWER_WITHIN_S, headers={"Nats-Msg-Id": f"{name}/{id}", "Id": id}
            )

    def subscribe(self, name: str, subscriber: str, deliver: Delivery) -> None:
        if self._jetstream is None:
            self._waiting.append((name, subscriber, deliver))
        else:
            self._join(name, subscriber, deliver)

    def say(self, name: str, body: bytes) -> None:
        if self._client.is_connected:
            self._run(self._client.publish(f"{self._stream}-said.{name}", body), "said")

    def listen(self, name: str, hear: Hearing) -> None:
        self._listeners.append((name, hear))
        if self._client.is_connected:
            self._run(self._hear(name, hear), "listen")

    async def _connect(self) -> None:
        while not self._client.is_connected:
            try:
                await self._client.connect(
                    self._url, connect_timeout=2, max_reconnect_attempts=-1, reconnect_time_wait=RECONNECT_S,
                    ping_interval=5, max_outstanding_pings=2, pending_size=0, error_cb=_told, allow_reconnect=True,
                )  # fmt: skip
            except AWAY:
                await asyncio.sleep(AGAIN_S)
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
        await jetstream.add_stream(
            StreamConfig(
                name=self._stream,
                subjects=[f"{self._stream}.>"],
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

        await self._client.subscribe(f"{self._stream}-said.{name}", cb=told)

    def _join(self, name: str, subscriber: str, deliver: Delivery) -> None:
        joined = asyncio.Event()
        self._joining.append(joined)
        self._run(self._deliver(name, subscriber, deliver, joined), f"bus {name} {subscriber}")

    async def _deliver(self, name: str, subscriber: str, deliver: Delivery, joined: asyncio.Event) -> None:
        durable = f"{name}--{subscriber}".replace(".", "-")
        config = ConsumerConfig(ack_policy=AckPolicy.EXPLICIT, ack_wait=TAKEN_WITHIN_S, max_ack_pending=AT_ONCE * 4)
        assert self._jetstream is not None
        while not self._closing.is_set():
            try:
                await self._lay_out(self._jetstream)  # again, after a broker that came back without what it knew
                fetching = await self._jetstream.pull_subscribe(
                    self._subject(name), durable=durable, stream=self._stream, config=config
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

    def _subject(self, name: str) -> str:
        return f"{self._stream}.{name}"

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


async def _told(error: Exception) -> None:
    """Losing the broker is normal; the client comes back by itself."""
