"""The line between the centre and its media node, in one process and in two, and with a media server of another maker behind it:
response.watch.ports.Media towards the cameras, nodes.media.ports.Gate towards the record."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ansim.app.media import MediaOf
from ansim.core.clock import ManualClock
from ansim.core.world import World
from ansim.nodes.media.node import MediaNode
from ansim.nodes.media.ports import Gate, Refused, Source, View
from ansim.nodes.media.survey import with_account
from ansim.response.watch.ports import Media
from ansim.sim.phone import read
from tests.adapters.relays import ACCOUNT, KINDS
from tests.adapters.tethered import joined, remote_of, soon
from tests.flow.conftest import House, opened

CAMERAS = ("cam-1", "cam-2")
SOURCES = [Source(id=id, url=f"rtsp://127.0.0.1:9/{id}") for id in CAMERAS]
FORMS = ("one process", "two")


@dataclass
class Line:
    """What the centre holds, and what is at the other end of it."""

    media: Media
    node: MediaNode


async def relayed(kind: str) -> list[Source]:
    """The same cameras, as a media server of another maker has them."""
    adapter, end = KINDS[kind]
    async with end(CAMERAS) as server:
        relay = adapter(World(), server.url, ACCOUNT)
        streams = await relay.streams()
        await relay.close()
    return [Source(id=stream.name, url=with_account(stream.url, *ACCOUNT)) for stream in streams]


@pytest.fixture(params=(*FORMS, *(f"behind {kind}" for kind in KINDS)))
async def line(request: pytest.FixtureRequest, dsn: str, tmp_path: Path) -> AsyncIterator[Line]:
    if request.param == "two":
        async with opened(dsn) as house:
            remote = remote_of(house)
            async with joined(remote, house.centre.world, tmp_path, SOURCES) as pair:
                yield Line(MediaOf(remote), pair.apart.node)
        return
    node = MediaNode(World(clock=ManualClock()))
    for source in SOURCES if request.param == "one process" else await relayed(request.param.removeprefix("behind ")):
        node.cameras.add(source)
    yield Line(MediaOf(node), node)
    await node.close()


@pytest.fixture
def node(line: Line) -> MediaNode:
    return line.node


@pytest.fixture
def media(line: Line) -> Media:
    return line.media


def view(number: int, grant: str, node: MediaNode) -> View:
    until = node.world.clock.now() + timedelta(minutes=1)
    return View(id=f"v{number}", grant=grant, camera="cam-1", viewer="op", until=until)


def shortly(node: MediaNode) -> Any:
    return node.world.clock.now() + timedelta(seconds=15)


async def test_it_counts_its_cameras_and_tells_which_may_deliver(media: Media) -> None:
    assert media.total() == 2 and set(media.live()) == set(CAMERAS)
    assert media.delivers(CAMERAS[0]) and not media.delivers("unknown")


async def test_cameras_it_does_not_have_are_passed_over(media: Media) -> None:
    media.prepare(["cam-1", "no such camera"])
    assert media.total() == 2


async def test_revoking_cuts_every_view_of_that_right_and_no_other(media: Media, node: MediaNode) -> None:
    media.lease(shortly(node))
    await soon()
    mine, too, other = (
        node.admit(view(number, grant, node), lambda: None) for number, grant in enumerate(("g1", "g1", "g2"))
    )
    media.revoke("g1", "revoked")
    await soon()
    assert mine.ended.is_set() and too.ended.is_set() and not other.ended.is_set()
    media.revoke("nobody's", "revoked")
    late = node.admit(view(9, "g1", node), lambda: None)
    assert late.ended.is_set(), "the right died while its view was being opened"


async def test_without_a_lease_nothing_is_shown(media: Media, node: MediaNode) -> None:
    viewer = node.admit(view(1, "g1", node), lambda: None)
    assert viewer.ended.is_set(), "before the first lease"
    media.lease(shortly(node))
    await soon()
    open = node.admit(view(2, "g1", node), lambda: None)
    assert not open.ended.is_set()
    clock = node.world.clock
    assert isinstance(clock, ManualClock)
    await clock.advance(14)
    assert not open.ended.is_set()
    await clock.advance(2)
    assert open.ended.is_set()


async def test_a_lease_taken_back_ends_every_view(media: Media, node: MediaNode) -> None:
    media.lease(shortly(node))
    await soon()
    open = node.admit(view(1, "g1", node), lambda: None)
    assert not open.ended.is_set()
    media.lease(node.world.clock.now() - timedelta(seconds=1))
    await soon()
    assert open.ended.is_set()


# The gate


@dataclass
class Guarded:
    """A node and what lets nobody in without the centre, which is asked by the form that is tried."""

    house: House
    gate: Gate
    node: MediaNode


@pytest.fixture(params=FORMS)
async def guarded(request: pytest.FixtureRequest, dsn: str, tmp_path: Path) -> AsyncIterator[Guarded]:
    if request.param == "one process":
        async with opened(dsn) as house:
            yield Guarded(house, house.centre.gate, house.centre.node)
        return
    async with opened(dsn, media_secret=str(tmp_path / "secret")) as house:
        assert house.centre.remote is not None
        async with joined(house.centre.remote, house.centre.world, tmp_path, []) as pair:
            yield Guarded(house, pair.apart.gate, pair.apart.node)


class Watched:
    """An operator's case with a right to its cameras."""

    def __init__(self, guarded: Guarded, operator: Any, incident: str, grant: dict[str, Any]) -> None:
        self.house, self.operator, self.incident, self.grant = guarded.house, operator, incident, grant
        self.gate, self.node = guarded.gate, guarded.node

    async def token(self, camera: int = 0) -> str:
        asked = {"camera": self.grant["cameras"][camera]}
        token: str = read(await self.operator.post(f"/api/grants/{self.grant['id']}/tokens", json=asked))["token"]
        return token

    async def acts(self) -> list[str]:
        rows = await self.house.rows("SELECT act FROM ledger_entry WHERE act LIKE 'view.%' ORDER BY at, id")
        return [row["act"] for row in rows]


@pytest.fixture
async def watched(guarded: Guarded) -> Watched:
    house = guarded.house
    phone, operator = await house.phone(), await house.client("operator")
    receipt = await phone.sos()
    await house.settle()
    read(await operator.post(f"/api/incidents/{receipt.incident}/claim"))
    await house.settle()
    [grant] = [
        one
        for one in read(await operator.get(f"/api/incidents/{receipt.incident}"))["grants"]
        if one["holder"]["kind"] == "operator"
    ]
    return Watched(guarded, operator, receipt.incident, grant)


async def test_a_view_is_in_the_record_before_it_begins(watched: Watched) -> None:
    camera = watched.grant["cameras"][0]
    view = await watched.gate.open(await watched.token(), camera)
    assert await watched.acts() == ["view.opened"]
    assert isinstance(view, View) and (view.grant, view.camera) == (watched.grant["id"], camera)
    assert view.until - watched.house.clock.now() == timedelta(seconds=60) and view.watermark
    await watched.gate.ended(view.id, seconds=1, bytes=2, frames=3, why="left")


async def test_every_refusal_says_why_and_is_recorded(watched: Watched) -> None:
    first, second = watched.grant["cameras"][:2]
    token = await watched.token()
    for given, camera, why in (("", first, "token"), ("x" * 200, first, "token"), (token, second, "other-camera")):
        with pytest.raises(Refused) as refused:
            await watched.gate.open(given, camera)
        assert refused.value.reason == why
    await watched.operator.post(f"/api/grants/{watched.grant['id']}/revoke", json={"reason": "끝"})
    with pytest.raises(Refused) as refused:
        await watched.gate.open(token, first)
    assert refused.value.reason == "revoked"
    assert await watched.acts() == ["view.refused"] * 4
    entries = await watched.house.rows("SELECT object FROM ledger_entry WHERE act = 'view.refused' ORDER BY at, id")
    assert [row["object"] for row in entries] == ["unknown", "unknown", "unknown", first]


async def test_a_token_is_worth_a_minute(watched: Watched) -> None:
    token = await watched.token()
    await watched.house.clock.advance(61)
    with pytest.raises(Refused) as refused:
        await watched.gate.open(token, watched.grant["cameras"][0])
    assert refused.value.reason == "token"


async def test_a_view_goes_on_with_a_new_token(watched: Watched) -> None:
    view = await watched.gate.open(await watched.token(), watched.grant["cameras"][0])
    await watched.house.clock.advance(30)
    until = await watched.gate.renew(view.id, await watched.token())
    assert until - view.until == timedelta(seconds=30)
    assert await watched.acts() == ["view.opened", "view.renewed"]
    await watched.gate.ended(view.id, seconds=1, bytes=2, frames=3, why="left")


async def test_another_cameras_token_does_not_lengthen_it(watched: Watched) -> None:
    view = await watched.gate.open(await watched.token(0), watched.grant["cameras"][0])
    with pytest.raises(Refused):
        await watched.gate.renew(view.id, await watched.token(1))
    assert await watched.acts() == ["view.opened"]
    await watched.gate.ended(view.id, seconds=1, bytes=2, frames=3, why="left")


async def test_what_has_ended_is_not_renewed(watched: Watched) -> None:
    view = await watched.gate.open(await watched.token(), watched.grant["cameras"][0])
    token = await watched.token()
    await watched.gate.ended(view.id, seconds=1, bytes=2, frames=3, why="left")
    with pytest.raises(Refused):
        await watched.gate.renew(view.id, token)
    with pytest.raises(Refused):
        await watched.gate.renew("no such view", token)


async def test_an_end_told_twice_is_one_end(watched: Watched) -> None:
    view = await watched.gate.open(await watched.token(), watched.grant["cameras"][0])
    for seconds in (12.4, 99):
        await watched.gate.ended(view.id, seconds=seconds, bytes=4096, frames=120, why="left")
    assert await watched.acts() == ["view.opened", "view.ended"]
    [row] = await watched.house.rows("SELECT seconds, bytes, frames, ended_why FROM camera_view")
    assert round(row["seconds"], 1) == 12.4 and (row["bytes"], row["frames"], row["ended_why"]) == (4096, 120, "left")
    await watched.gate.ended("no such view", seconds=1, bytes=1, frames=1, why="left")


async def test_a_right_that_ends_is_cut_in_the_same_breath(watched: Watched) -> None:
    node = watched.node
    node.cameras.add(Source(id=watched.grant["cameras"][0], url="rtsp://127.0.0.1:9/x"))
    node.lease(watched.house.clock.now() + timedelta(seconds=15))
    viewer = node.admit(await watched.gate.open(await watched.token(), watched.grant["cameras"][0]), lambda: None)
    assert not viewer.ended.is_set()
    await watched.operator.post(f"/api/grants/{watched.grant['id']}/revoke", json={"reason": "끝"})
    await soon()
    assert viewer.ended.is_set()
    node.dismiss(viewer, watched.gate, 1.0)
