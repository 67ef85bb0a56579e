"""The tether between a centre and a media node that is a process of its own: what a delay, a break and an end of either leave behind."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ansim.app.media import PullerOf
from ansim.app.recording import RecordingsOf
from ansim.app.remote import SILENT_S, NodeAway, RemoteHeads, RemoteNode, RemoteRecordings, node_door
from ansim.app.settings import MediaSettings, Settings, read_secret
from ansim.city.migration.ports import Puller
from ansim.city.recordings.actions import SCOPE, subject_of
from ansim.core.clock import ManualClock
from ansim.core.errors import Problem
from ansim.nodes.media.node import MediaNode
from ansim.nodes.media.ports import Refused, Source, Unanswered, View
from ansim.nodes.media.recordings import Piece
from ansim.nodes.media.showing import GRANT_ENDED
from ansim.nodes.media.tether import NoAnswer
from ansim.trust.retention.keys import Erased, Keys
from tests.adapters.tethered import Joined, joined, remote_of, soon
from tests.flow.conftest import House, opened

SOURCES = [Source(id="cam-1", url="rtsp://127.0.0.1:9/cam-1", record="incident")]
SECOND = Source(id="cam-2", url="rtsp://127.0.0.1:9/cam-2")


class Apart:
    """Both ends, and the house whose record the centre's end writes."""

    def __init__(self, house: House, remote: RemoteNode, pair: Joined) -> None:
        self.house, self.remote, self.pair = house, remote, pair
        self.clock: ManualClock = house.clock
        self.node: MediaNode = pair.apart.node

    def lease(self, seconds: float = 15.0) -> None:
        self.remote.lease(self.clock.now() + timedelta(seconds=seconds))

    async def view(self, id: str, grant: str = "g1") -> None:
        """One that is in the record, as the gate would have written it."""
        async with self.house.centre.database.transaction() as tx:
            await tx.execute(
                "INSERT INTO camera_view (id, grant_id, incident, camera, viewer, opened_at, until_at)"
                " SELECT $1, g.id, g.incident, 'cam-1', 'op', $2, $2 FROM access_grant g LIMIT 1",
                id, tx.at,
            )  # fmt: skip

    def admit(self, id: str, grant: str = "g1") -> Any:
        until = self.clock.now() + timedelta(minutes=10)
        view = View(id=id, grant=grant, camera="cam-1", viewer="op", until=until)
        return self.node.admit(view, lambda: None)

    async def open_views(self) -> list[str]:
        return [
            row["id"] for row in await self.house.rows("SELECT id FROM camera_view WHERE ended_at IS NULL ORDER BY id")
        ]


@pytest.fixture
async def apart(dsn: str, tmp_path: Path) -> AsyncIterator[Apart]:
    async with opened(dsn) as house:
        remote = remote_of(house)
        await remote.start()
        async with joined(remote, house.centre.world, tmp_path / "recordings", SOURCES) as pair:
            yield Apart(house, remote, pair)
        await remote.close()


@pytest.fixture
async def case(apart: Apart) -> Apart:
    """With somebody's right, so that views can be in the record."""
    phone, operator = await apart.house.phone(), await apart.house.client("operator")
    receipt = await phone.sos()
    await apart.house.settle()
    await operator.post(f"/api/incidents/{receipt.incident}/claim")
    await apart.house.settle()
    return apart


# Leases


async def test_a_lease_counts_from_the_sign_of_life_that_it_answers(apart: Apart) -> None:
    apart.lease()
    await soon()
    viewer = apart.admit("v1")
    apart.pair.centre.slow = True
    apart.lease()
    await apart.clock.advance(12)
    apart.pair.centre.let_go()  # a lease that was twelve seconds on its way
    await soon()
    assert not viewer.ended.is_set()
    await apart.clock.advance(3.1)
    assert viewer.ended.is_set(), "it gave no more than it was worth when it was sent"


async def test_without_a_link_views_end_with_the_lease(apart: Apart) -> None:
    apart.lease()
    await soon()
    viewer = apart.admit("v1")
    await apart.pair.part()
    await apart.clock.advance(13)
    assert not viewer.ended.is_set(), "a tether that comes back in time costs nobody her picture"
    await apart.clock.advance(2)
    assert viewer.ended.is_set() and viewer.why == "lease lost"


async def test_a_node_that_comes_back_is_leased_what_is_left(apart: Apart) -> None:
    apart.lease()
    await apart.pair.part()
    await apart.clock.advance(4)
    await apart.pair.join()
    await soon()
    viewer = apart.admit("v1")
    assert not viewer.ended.is_set()
    await apart.clock.advance(11.1)
    assert viewer.ended.is_set()


# What was said while nobody listened


async def test_a_revoke_while_the_link_is_down_is_told_when_it_is_up(apart: Apart) -> None:
    apart.lease()
    await soon()
    viewer, other = apart.admit("v1"), apart.admit("v2", "g2")
    await apart.pair.part()
    apart.remote.revoke("g1")
    await soon()
    assert not viewer.ended.is_set(), "the lease would have ended it"
    await apart.pair.join()
    await soon()
    assert viewer.ended.is_set() and not other.ended.is_set()
    assert apart.admit("v3").ended.is_set()


async def test_cameras_that_were_to_be_ready_are_when_it_is_back(apart: Apart) -> None:
    await apart.pair.part()
    apart.remote.prepare(["cam-1"], 60)
    await apart.pair.join()
    await soon()
    health = apart.node.health("cam-1")
    assert health is not None and health.state != "idle"


async def test_a_camera_that_is_anothers_is_left_to_it(apart: Apart) -> None:
    puller: Puller = PullerOf(apart.remote)
    camera = apart.node.cameras.get("cam-1")
    assert camera is not None
    puller.leave("cam-1")
    puller.leave("unheard-of")
    await soon()
    apart.remote.prepare(["cam-1"])
    await soon()
    assert camera.health().state == "idle"
    puller.connect("cam-1")
    await soon()
    assert camera.health().state != "idle"


# The record


async def test_views_of_a_node_that_died_are_over_when_a_new_one_comes(case: Apart) -> None:
    case.lease()
    await soon()
    for id in ("v1", "v2"):
        await case.view(id)
    lives = case.admit("v1")
    assert await case.open_views() == ["v1", "v2"]
    await case.pair.part()
    await case.pair.join()
    assert await case.open_views() == ["v1"], "the other one belongs to nobody"
    lives.end(GRANT_ENDED, "left")
    case.node.dismiss(lives, case.pair.apart.gate, 12.0)
    await case.house.until(lambda: _none(case), settled=False)
    [row] = await case.house.rows("SELECT seconds FROM camera_view WHERE id = 'v1'")
    assert round(row["seconds"]) == 12


async def test_views_of_a_node_that_stays_away_are_over_with_its_lease(case: Apart) -> None:
    await case.view("v1")
    await case.pair.part()
    await case.clock.advance(14)
    assert await case.open_views() == ["v1"], "somebody may still see something"
    await case.clock.advance(3)
    await case.house.until(lambda: _none(case), settled=False)
    [row] = await case.house.rows("SELECT ended_why FROM camera_view WHERE id = 'v1'")
    assert row["ended_why"] == "node-restarted"
    await case.pair.join()


async def test_an_end_that_could_not_be_told_is_told_later(case: Apart) -> None:
    case.lease()
    await soon()
    await case.view("v1")
    viewer = case.admit("v1")
    await case.pair.part()
    viewer.end(GRANT_ENDED, "left")
    case.node.dismiss(viewer, case.pair.apart.gate, 7.0)
    await case.clock.advance(5)
    await case.pair.join()
    assert await case.open_views() == ["v1"], "the node knows more of it than that it is over"
    await case.clock.advance(31)
    await case.house.until(lambda: _none(case), settled=False)
    [row] = await case.house.rows("SELECT seconds FROM camera_view WHERE id = 'v1'")
    assert round(row["seconds"]) == 7


async def _none(case: Apart) -> bool:
    return not await case.open_views()


# What the centre knows of it


async def test_a_silent_node_is_away_and_says_nothing_of_its_cameras(apart: Apart) -> None:
    assert apart.remote.health("cam-1").state == "idle" and apart.remote.health("unheard-of") is None  # type: ignore[union-attr]
    apart.pair.node.slow = True  # stopped, or behind a line that carries nothing
    await apart.clock.advance(SILENT_S + 1.1)
    health = apart.remote.health("cam-1")
    assert health is not None and (health.state, health.trouble) == ("lost", "the media node is away")
    with pytest.raises(Unanswered, match="no-answer"):
        await RemoteHeads(apart.remote, apart.house.centre.database).status("cam-1")
    with pytest.raises(NodeAway):
        await RemoteRecordings(apart.remote).forget("cam-1", "2026-11-21")
    await apart.pair.part()


async def test_a_second_node_takes_the_place_of_the_first(apart: Apart, tmp_path: Path) -> None:
    async with joined(apart.remote, apart.house.centre.world, tmp_path, [*SOURCES, SECOND]) as second:
        assert set(apart.remote.ids()) == {"cam-1", "cam-2"}
        with pytest.raises(NoAnswer):
            await apart.pair.apart.gate.open("t", "cam-1")
        with pytest.raises(Refused):
            await second.apart.gate.open("t", "cam-1")


# Keys of recordings


async def test_a_days_key_seals_there_what_opens_here_until_it_is_destroyed(apart: Apart) -> None:
    keys, database = apart.pair.apart.keys, apart.house.centre.database
    lent = await keys.of("cam-1", "2026-11-21")
    sealed = lent.seal(b"a street", b"whose")
    async with database.transaction(readonly=True) as tx:
        slot = await tx.fetchval("SELECT slot FROM camera_day WHERE id = $1", subject_of("cam-1", "2026-11-21"))
    assert database.use(Keys).open(slot, sealed, b"whose") == b"a street" == lent.open(sealed, b"whose")
    assert await keys.of("cam-1", "2026-11-21") is lent, "asked for once"
    await database.use(Keys).erase([slot])
    with pytest.raises(Erased):
        database.use(Keys).lend(slot)
    await RecordingsOf(RemoteRecordings(apart.remote)).forget("cam-1", "2026-11-21")
    with pytest.raises(Refused):
        lent.open(sealed, b"whose")


async def test_a_destroyed_day_has_no_key_to_lend(apart: Apart) -> None:
    await apart.pair.apart.keys.of("cam-1", "2026-11-20")
    async with apart.house.centre.database.transaction() as tx:
        await tx.execute("DELETE FROM camera_day")
    rows = await apart.house.rows("SELECT scope FROM destruction")
    assert [row["scope"] for row in rows] == [SCOPE]
    apart.pair.apart.keys.forget("cam-1", "2026-11-20")
    with pytest.raises(Refused, match="destroyed"):
        await apart.pair.apart.keys.of("cam-1", "2026-11-20")


async def test_keys_that_are_held_go_on_serving_while_the_centre_is_away(apart: Apart) -> None:
    lent = await apart.pair.apart.keys.of("cam-1", "2026-11-21")
    await apart.pair.part()
    assert await apart.pair.apart.keys.of("cam-1", "2026-11-21") is lent
    with pytest.raises(NoAnswer):
        await apart.pair.apart.keys.of("cam-1", "2026-11-22")


async def test_a_past_days_key_is_let_go(apart: Apart) -> None:
    past = await apart.pair.apart.keys.of("cam-1", "2026-11-01")
    today = await apart.pair.apart.keys.of("cam-1", "2026-11-21")
    await apart.clock.advance(601)
    assert await apart.pair.apart.keys.of("cam-1", "2026-11-21") is today and today.alive and not past.alive


# A stretch of a recording


async def test_a_stretch_comes_piece_by_piece_and_is_let_go_when_nobody_wants_more(apart: Apart) -> None:
    at, fetched, closed = apart.clock.now(), list[int](), list[str]()

    async def cut(camera: str, start: datetime, end: datetime) -> AsyncGenerator[Piece, None]:
        try:
            for number in range(5):
                fetched.append(number)
                yield Piece(content=bytes([number]) * 100_000, frames=number, start=start, end=end)
        finally:
            closed.append(camera)

    apart.pair.apart.recordings.cut = cut  # type: ignore[method-assign]
    recordings = RemoteRecordings(apart.remote)
    whole = [piece async for piece in recordings.cut("cam-1", at, at + timedelta(seconds=10))]
    assert [piece.content[:1] for piece in whole] == [bytes([number]) for number in range(5)]
    assert (whole[0].start, whole[0].end) == (at, at + timedelta(seconds=10)) and closed == ["cam-1"]
    fetched.clear()
    some = recordings.cut("cam-2", at, at)
    await anext(some)
    assert fetched == [0], "no more on its way than was asked for"
    await some.aclose()
    await soon()
    assert closed == ["cam-1", "cam-2"]
    some = recordings.cut("cam-3", at, at)
    await anext(some)
    await apart.pair.part()
    with pytest.raises(NodeAway):
        await anext(some)
    assert closed == ["cam-1", "cam-2", "cam-3"]


# Who is let in


@pytest.mark.parametrize("header", [None, b"Bearer wrong", b"Bearer "])
async def test_without_the_secret_nobody_is_let_in(apart: Apart, header: bytes | None) -> None:
    for door in (node_door(apart.remote), node_door(None)):
        heard: list[Any] = []

        async def receive() -> Any:
            return {"type": "websocket.connect"}

        async def send(message: Any, heard: list[Any] = heard) -> None:
            heard.append(message)

        headers = [] if header is None else [(b"authorization", header)]
        await door({"type": "websocket", "headers": headers}, receive, send)
        assert [one["type"] for one in heard] == ["websocket.close"]


def test_a_secret_is_ours_alone_and_long(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    with pytest.raises(Problem, match="cannot be read"):
        read_secret(file)
    file.write_text("s" * 43)
    file.chmod(0o644)
    with pytest.raises(Problem, match="Others can read"):
        read_secret(file)
    file.chmod(0o600)
    assert read_secret(file) == "s" * 43
    file.write_text("short")
    with pytest.raises(Problem, match="too short"):
        read_secret(file)


def test_keys_go_over_no_open_line() -> None:
    for centre in ("http://127.0.0.1:8000", "http://localhost:8000", "https://centre.example"):
        MediaSettings(centre=centre, secret="s", cameras="c")
    with pytest.raises(ValueError, match="https"):
        MediaSettings(centre="http://centre.example", secret="s", cameras="c")
    with pytest.raises(ValueError, match="cameras"):
        Settings(media_secret="s", cameras="c")


def test_the_process_of_a_media_node_loads_nothing_of_the_story() -> None:
    """But the words of a centre's policy: settings are read whole, and those are pure."""
    program = (
        "import sys, ansim.app.node; print(*(one for one in sys.modules if one.split('.')[:2] in"
        " (['ansim', 'response'], ['ansim', 'city'], ['ansim', 'flow']) or one == 'asyncpg'))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    words = {f"ansim.city{part}" for part in ("", ".country", ".country.model", ".country.policy")}
    assert set(done.stdout.split()) <= words


def test_what_is_lent_is_in_no_log() -> None:
    from ansim.nodes.media.tether import LentDay

    assert "secret" not in repr(LentDay(secret=b"secret"))


async def test_nobody_waits_for_what_cannot_be_answered_any_more(apart: Apart) -> None:
    apart.pair.centre.slow = True
    asking = asyncio.create_task(apart.pair.apart.gate.open("t", "cam-1"))
    await asyncio.sleep(0.05)
    await apart.pair.part()
    with pytest.raises(NoAnswer):
        await asking
