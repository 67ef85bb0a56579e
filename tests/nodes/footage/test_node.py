"""What phones film, taken apart into pictures and shown to those whom the centre lets in: `response.footage.ports.Screen`."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from datetime import timedelta

import av
import pytest

from ansim.core.clock import ManualClock
from ansim.core.world import World
from ansim.nodes.footage.mp4 import MP4 as Fragments
from ansim.nodes.footage.node import FootageNode
from ansim.nodes.footage.pictures import Apart, Malformed, Picture
from ansim.nodes.footage.webm import WebM
from ansim.nodes.media.ports import View
from ansim.nodes.media.viewer import Viewer
from ansim.response.footage.ports import Screen
from tests.flow.filming import MP4, WEBM, recorded

KINDS = {WEBM: WebM, MP4: Fragments}
PHONE = "phone-1"


def taken_apart(media: str, step: int | None = None) -> tuple[Apart, list[Picture]]:
    """`step`: so many bytes come at once, else the pieces of a browser."""
    one, whole = KINDS[media](), b"".join(recorded(media))
    pieces = recorded(media) if step is None else [whole[at : at + step] for at in range(0, len(whole), step)]
    return one, [picture for piece in pieces for picture in one.feed(piece)]


def decoded(media: str, content: bytes) -> list[int]:
    """Milliseconds at which the pictures stand, as FFmpeg reads them."""
    with av.open(io.BytesIO(content), format="webm" if media == WEBM else "mp4") as container:
        return [round(frame.time * 1000) for frame in container.decode(video=0) if frame.time is not None]


@pytest.mark.parametrize("media", KINDS)
def test_what_is_shown_is_what_was_filmed(media: str) -> None:
    one, pictures = taken_apart(media)
    assert (one.width, one.height) == (160, 120)
    shown = decoded(media, one.init + b"".join(picture.placed(picture.at_ms) for picture in pictures))
    filmed = decoded(media, b"".join(recorded(media)))
    # of the last picture nobody has said how long it lasts
    assert shown == filmed[: len(shown)] and len(filmed) - len(shown) <= 1


@pytest.mark.parametrize("media", KINDS)
@pytest.mark.parametrize("step", [1, 7, 1000, 1 << 20])
def test_it_does_not_matter_in_what_pieces_it_comes(media: str, step: int) -> None:
    one, pictures = taken_apart(media, step)
    other, same = taken_apart(media)
    assert one.init == other.init
    assert [(p.key, p.at_ms, p.placed(5)) for p in pictures] == [(p.key, p.at_ms, p.placed(5)) for p in same]


@pytest.mark.parametrize("media", KINDS)
def test_pictures_follow_each_other_without_a_hole(media: str) -> None:
    _, pictures = taken_apart(media)
    assert pictures[0].key and [p.at_ms for p in pictures[1:]] == [p.until_ms for p in pictures[:-1]]
    assert sum(p.key for p in pictures) == 3


@pytest.mark.parametrize("media", KINDS)
def test_a_picture_stands_where_it_is_placed(media: str) -> None:
    one, pictures = taken_apart(media)
    moved = decoded(media, one.init + b"".join(picture.placed(picture.at_ms + 60_000) for picture in pictures))
    still = decoded(media, one.init + b"".join(picture.placed(picture.at_ms) for picture in pictures))
    assert moved == [at + 60_000 for at in still]


def torn() -> Iterator[bytes]:
    for media in KINDS:
        whole = b"".join(recorded(media))
        for at in range(0, len(whole), 97):
            yield whole[:at] + b"\xff\x00\xff\xff\xff\xff" + whole[at:]
            yield whole[at:]


def test_what_is_torn_is_refused_or_passed_over() -> None:
    """No other exception than Malformed, whatever comes; and what it holds back stays small."""
    for content in torn():
        for kind in KINDS.values():
            try:
                for _ in kind().feed(content):
                    pass
            except Malformed:
                pass


# shown


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def node(clock: ManualClock) -> FootageNode:
    return FootageNode(World(clock=clock))


@pytest.fixture
def screen(node: FootageNode) -> Screen:
    return node


async def viewer(node: FootageNode, grant: str = "grant-1") -> Viewer:
    now = node.world.clock.now()
    node.lease(now + timedelta(seconds=15))
    view = View(id="view", grant=grant, camera=PHONE, viewer="operator", until=now + timedelta(seconds=60))
    return node.admit(view, lambda: None)


async def seen(one: Viewer) -> bytes:
    """What has been sent to it, acknowledged at once, while something waits."""
    content = b""
    while one._texts or one._rest or one._waiting:
        message = await one.next()
        if isinstance(message, memoryview | bytes):
            content += bytes(message)
            one.acknowledge(one.window.sent_bytes)
    return content


@pytest.mark.parametrize("media", KINDS)
async def test_whoever_comes_late_begins_with_the_newest_key_frame(
    node: FootageNode, screen: Screen, media: str
) -> None:
    assert not screen.begin(PHONE, "take-1", media)
    for piece in recorded(media):
        screen.show(PHONE, "take-1", piece, 0.0)
    one = await viewer(node)
    times = decoded(media, await seen(one))
    assert times and times[0] >= 1_900
    await node.close()


@pytest.mark.parametrize("media", KINDS)
async def test_the_next_take_goes_on_where_the_last_one_ended(node: FootageNode, screen: Screen, media: str) -> None:
    one, times = await viewer(node), list[int]()
    assert one.ended.is_set(), "there is nothing to see before she films"
    screen.begin(PHONE, "take-1", media)
    one = await viewer(node)
    for take in ("take-1", "take-2"):
        screen.begin(PHONE, take, media)
        for piece in recorded(media):
            screen.show(PHONE, take, piece, 0.0)
        times += decoded(media, await seen(one))
    assert times == sorted(set(times)), "a player that goes back would show what is over"
    assert max(after - before for before, after in itertools.pairwise(times)) <= 200
    await node.close()


async def test_a_take_that_is_known_goes_on(node: FootageNode, screen: Screen) -> None:
    first, second, *_ = recorded()
    assert not screen.begin(PHONE, "take-1", WEBM)
    screen.show(PHONE, "take-1", first, 0.0)
    assert screen.begin(PHONE, "take-1", WEBM)
    screen.show(PHONE, "take-1", second, 0.0)
    screen.show(PHONE, "take-0", b"of another take", 0.0)
    health = node.health(PHONE)
    assert health is not None and health.state == "live"


async def test_age_counts_from_when_it_was_filmed(node: FootageNode, screen: Screen, clock: ManualClock) -> None:
    assert node.health(PHONE) is None
    screen.begin(PHONE, "take-1", WEBM)
    screen.show(PHONE, "take-1", recorded()[0], 0.4)
    states = []
    for seconds in (0, 2, 6, 30):
        await clock.advance(seconds)
        health = node.health(PHONE)
        assert health is not None
        states.append(health.state)
    assert states == ["live", "late", "stale", "lost"]


async def test_what_cannot_be_read_is_not_shown_as_live(node: FootageNode, screen: Screen) -> None:
    screen.begin(PHONE, "take-1", WEBM)
    screen.show(PHONE, "take-1", b"\x00" * 100, 0.0)
    screen.show(PHONE, "take-1", recorded()[1], 0.0)
    health = node.health(PHONE)
    assert health is not None and health.state == "lost"


async def test_a_revoke_and_the_end_cut_it(node: FootageNode, screen: Screen) -> None:
    screen.begin(PHONE, "take-1", WEBM)
    one = await viewer(node)
    screen.revoke("grant-1", "revoked")
    assert one.ended.is_set() and one.why == "revoked"
    late = await viewer(node)
    assert late.ended.is_set(), "a right that has ended lets nobody in"
    other = await viewer(node, "grant-2")
    assert not other.ended.is_set()
    screen.end(PHONE)
    assert other.ended.is_set() and node.health(PHONE) is None
    await node.close()
