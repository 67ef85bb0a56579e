"""What every media server of another maker must do to be pulled from, and what a viewer behind it is still promised. An adapter joins by a
maker in `MAKERS`; a real server joins where an environment variable names it:

    ANSIM_MEDIAMTX="http://127.0.0.1:9997 8554 account password"    ANSIM_GO2RTC="http://127.0.0.1:1984 8554 account password"
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

import pytest

from ansim.adapters.relays.go2rtc import Go2rtc
from ansim.adapters.relays.mediamtx import MediaMtx
from ansim.core.clock import ManualClock
from ansim.core.world import World
from ansim.nodes.media.node import MediaNode
from ansim.nodes.media.ports import Reason, Relay, Source, Unanswered, View
from ansim.nodes.media.survey import trouble_of, with_account
from tests.adapters.relays import ACCOUNT, CAMERA_SECRET, KINDS, Go2rtcServer, MediaMtxServer, Server
from tests.nodes.media.conftest import PASSWORD, eventually

NAMES = ("cam-1", "정문 2")
MAKERS = {**KINDS, "a real MediaMTX": (MediaMtx, "ANSIM_MEDIAMTX"), "a real go2rtc": (Go2rtc, "ANSIM_GO2RTC")}


@dataclass
class Asked:
    relay: Relay
    make: Callable[[tuple[str, str]], Relay]
    account: tuple[str, str]


@pytest.fixture(params=MAKERS)
async def asked(request: pytest.FixtureRequest) -> AsyncIterator[Asked]:
    kind, end = MAKERS[request.param]
    async with AsyncExitStack() as stack:
        if isinstance(end, str):
            if not (named := os.environ.get(end)):
                pytest.skip(f"{end} names no server")
            url, port, *account = named.split()
        else:
            server = await stack.enter_async_context(end(NAMES))
            url, port, account = server.url, str(server.camera.port), list(ACCOUNT)

        def make(account: tuple[str, str]) -> Relay:
            relay = kind(World(), url, account, int(port))
            stack.push_async_callback(relay.close)
            return relay

        own = (account[0], account[1])
        yield Asked(make(own), make, own)


async def test_its_streams_are_named_with_an_address_that_holds_no_account(asked: Asked) -> None:
    streams = await asked.relay.streams()
    assert streams
    for stream in streams:
        assert stream.name and stream.url.startswith("rtsp://") and "@" not in stream.url and stream.readers >= 0


async def test_what_it_names_gives_pictures_to_its_account(asked: Asked) -> None:
    [first, *_] = await asked.relay.streams()
    assert await trouble_of(World(), with_account(first.url, *asked.account)) == ""


async def test_one_that_asks_everybody_for_an_account_lets_no_strangers_in(asked: Asked) -> None:
    [first, *_] = await asked.relay.streams()
    assert not await asked.relay.lets_strangers() and not await asked.relay.lets_strangers(first)


async def test_a_wrong_account_is_said_to_be_one(asked: Asked) -> None:
    with pytest.raises(Unanswered) as unanswered:
        await asked.make((asked.account[0], "another")).streams()
    assert unanswered.value.reason == "sign-in"


# What is known of the far end, because it is ours


@dataclass
class Faked:
    relay: Relay
    server: Server
    clock: ManualClock


@pytest.fixture(params=KINDS)
async def faked(request: pytest.FixtureRequest) -> AsyncIterator[Faked]:
    kind, end = KINDS[request.param]
    clock = ManualClock()
    async with end(NAMES) as server:
        relay = kind(World(clock=clock), server.url, ACCOUNT, server.camera.port)
        yield Faked(relay, server, clock)
        await relay.close()


async def test_nothing_of_where_it_has_its_pictures_from_is_told(faked: Faked) -> None:
    streams = await faked.relay.streams()
    assert [stream.name for stream in streams] == list(NAMES)
    assert CAMERA_SECRET not in str(streams) and "10.0.0.7" not in str(streams)
    assert PASSWORD not in str(streams) + repr(vars(faked.relay))


async def test_an_api_that_answers_anybody_is_seen(faked: Faked) -> None:
    faked.server.open = True
    assert await faked.relay.lets_strangers()


async def test_a_stream_that_is_shown_to_anybody_is_seen(faked: Faked) -> None:
    faked.server.camera.basic = False
    if isinstance(faked.server, Go2rtcServer):  # it asks nobody on its own machine: it must not listen beyond
        faked.server.listens = ":8554"
    [first, *_] = await faked.relay.streams()
    assert await faked.relay.lets_strangers(first)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("500 Broken", "refused"),
        ("302 Found", "refused"),
        ("403 Forbidden", "sign-in"),
        ("200 OK", "malformed"),
        ("endless", "malformed"),
        ("silence", "no-answer"),
        ("offline", "no-connection"),
    ],
)
async def test_whatever_is_wrong_with_it_is_a_word_of_ours(faked: Faked, broken: str, reason: Reason) -> None:
    if broken == "offline":
        await faked.server.__aexit__()
    faked.server.broken = broken
    asking = asyncio.ensure_future(faked.relay.streams())
    if broken == "silence":
        await eventually(lambda: faked.server.asked)
        await faked.clock.advance(10)
    with pytest.raises(Unanswered) as unanswered:
        await asking
    assert unanswered.value.reason == reason
    assert PASSWORD not in repr(unanswered.value) and unanswered.value.__cause__ is None


async def test_nothing_is_ever_written_there(faked: Faked) -> None:
    [first, *_] = await faked.relay.streams()
    await faked.relay.lets_strangers()
    await faked.relay.lets_strangers(first)
    assert faked.server.asked and all(line.startswith("GET ") for line in faked.server.asked)


@pytest.mark.parametrize("kind", [MediaMtx, Go2rtc])
@pytest.mark.parametrize("url", ["ftp://h", "http://", "http://u:secret@h:1", "http://h/page", "http://h:x"])
def test_an_address_that_is_none_is_not_repeated(kind: type[MediaMtx] | type[Go2rtc], url: str) -> None:
    with pytest.raises(ValueError, match="a media server's address is") as refused:
        kind(World(), url, ACCOUNT)
    assert "secret" not in str(refused.value)


async def test_a_list_of_many_pages_is_read_to_its_end() -> None:
    names = tuple(f"cam-{number}" for number in range(1201))
    async with MediaMtxServer(names) as server:
        relay = MediaMtx(World(), server.url, ACCOUNT)
        assert [stream.name for stream in await relay.streams()] == list(names) and len(server.asked) == 3
        await relay.close()


async def test_from_another_machine_go2rtc_is_asked_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansim.adapters.relays.go2rtc.only_here", lambda host: False)
    async with Go2rtcServer(NAMES) as server:
        relay = Go2rtc(World(), server.url, ACCOUNT, server.camera.port)
        [first, second] = await relay.streams()
        assert (first.ready, second.ready) == (True, False), "the second is pulled on demand"
        assert await relay.lets_strangers(first)
        server.camera.basic = True
        assert not await relay.lets_strangers(first)
        await relay.close()


# A viewer of ours, with such a server between node and camera


@dataclass
class Watching:
    node: MediaNode
    server: Server
    clock: ManualClock


@pytest.fixture(params=KINDS)
async def watching(request: pytest.FixtureRequest) -> AsyncIterator[Watching]:
    kind, end = KINDS[request.param]
    clock = ManualClock()
    world = World(clock=clock)
    async with end(NAMES) as server:
        relay = kind(world, server.url, ACCOUNT, server.camera.port)
        [first, *_] = await relay.streams()
        await relay.close()
        node = MediaNode(world)
        node.cameras.add(Source(id="cam-1", url=with_account(first.url, *ACCOUNT)))
        node.lease(clock.now() + timedelta(seconds=15))
        node.prepare(["cam-1"], 3600)
        await eventually(lambda: (health := node.health("cam-1")) and health.age_s is not None)
        yield Watching(node, server, clock)
        await node.close()


def view(watching: Watching, number: int = 1) -> View:
    until = watching.clock.now() + timedelta(minutes=1)
    return View(id=f"v{number}", grant="g1", camera="cam-1", viewer="op", until=until)


async def test_a_revoke_ends_the_picture_while_the_server_goes_on_sending(watching: Watching) -> None:
    viewer = watching.node.admit(view(watching), lambda: None)
    said, picture = await viewer.next(), await viewer.next()
    assert isinstance(said, str) and picture
    watching.node.revoke("g1")
    assert await viewer.next() is None, "not one byte more"
    sent = watching.server.camera._sequence
    await eventually(lambda: watching.server.camera._sequence > sent)
    assert watching.server.readers == 1, "the node is still there, as the only one who ever was"
    assert watching.node.admit(view(watching, 2), lambda: None).ended.is_set()


async def test_a_centre_that_is_silent_ends_it_too(watching: Watching) -> None:
    viewer = watching.node.admit(view(watching), lambda: None)
    await watching.clock.advance(16)
    assert viewer.ended.is_set() and viewer.why == "lease lost"


async def test_viewers_are_one_reader_of_that_server(watching: Watching) -> None:
    viewers = [watching.node.admit(view(watching, number), lambda: None) for number in range(3)]
    assert not any(viewer.ended.is_set() for viewer in viewers) and watching.server.readers == 1


async def test_a_server_that_goes_away_is_lost_and_named_without_its_account(watching: Watching) -> None:
    watching.server.camera.reset()
    watching.server.camera._server.close()  # type: ignore[union-attr]
    await eventually(lambda: (health := watching.node.health("cam-1")) and health.trouble)
    health = watching.node.health("cam-1")
    assert health and PASSWORD not in str(health) and "127.0.0.1" not in str(health)
