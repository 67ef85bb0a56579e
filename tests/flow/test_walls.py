"""A wall outside incidents: one person's look at blurred pictures, in the ledger camera by camera, and over at once when it is over."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ansim.app.centre import LEASE
from ansim.app.node import application
from ansim.core.world import World
from ansim.nodes.media.node import MediaNode
from ansim.nodes.media.ports import Source
from ansim.nodes.media.watcher import HEAD
from ansim.response.watch.ports import Media
from ansim.sim.cameras import CameraServer
from ansim.sim.phone import read
from ansim.trust.access.actions import sign_out
from ansim.trust.access.model import Actor, Role
from tests.adapters.tethered import joined
from tests.flow.conftest import CENTRE, House, Socket, opened
from tests.flow.test_camera_health import moving

pytestmark = pytest.mark.flow

WALL = {"name": "해든로 저녁", "columns": 2, "cameras": ["cam-1", "cam-2"]}


class Page(Socket):
    """The page that shows a wall."""

    def __init__(self, app: Any, path: str) -> None:
        self.pictures: list[tuple[int, bytes]] = []
        self.reason = ""
        super().__init__(app, path, {})

    async def _hear(self, message: Any) -> None:
        if content := message.get("bytes"):
            self.pictures.append((HEAD.unpack_from(content)[0], content[HEAD.size :]))
            self.say(type="ack", bytes=sum(len(one) + HEAD.size for _, one in self.pictures))
            return
        self.reason = message.get("reason", "")
        await super()._hear(message)

    def say(self, **word: Any) -> None:
        self._says.put_nowait({"type": "websocket.receive", "text": json.dumps(word)})


class Room:
    """An operator with a wall of two cameras that deliver."""

    def __init__(self, house: House, node: MediaNode, pictures: Any) -> None:
        """`pictures`: the application that shows them."""
        self.house, self.node, self._pictures = house, node, pictures

    async def furnish(self) -> None:
        self.operator = await self.house.client("operator")
        self.wall: str = read(await self.operator.post("/api/walls", json=WALL))["id"]

    async def look(self) -> dict[str, Any]:
        right: dict[str, Any] = read(await self.operator.post(f"/api/walls/{self.wall}/rights"))
        return right

    async def token(self, right: str) -> str:
        return str(read(await self.operator.post(f"/api/routine-rights/{right}/tokens"))["token"])

    @asynccontextmanager
    async def page(self, token: str, path: str = "") -> AsyncIterator[Page]:
        page = Page(self._pictures, path or f"/pictures/{self.wall}")
        page.say(token=token)
        yield page
        await page.leave()

    async def shown(self, page: Page) -> None:
        """Until both cameras have been seen."""

        async def seen() -> bool:
            await self.house.clock.advance(0.5)
            return {place for place, _ in page.pictures} == {0, 1}

        await self.house.until(seen, settled=False)

    async def closed(self, page: Page) -> int:
        async def gone() -> int | None:
            return page.code

        code: int = await self.house.until(gone, settled=False)
        return code

    async def written(self, act: str) -> list[dict[str, Any]]:
        rows = await self.house.rows("SELECT * FROM ledger_entry WHERE act = $1 ORDER BY at, id", act)
        return [row | {"details": json.loads(row["details"])} for row in rows]

    async def ended(self, count: int) -> list[dict[str, Any]]:
        async def told() -> list[dict[str, Any]] | None:
            found = await self.written("view.ended")
            return found if len(found) >= count else None

        ends: list[dict[str, Any]] = await self.house.until(told)
        return ends


@pytest.fixture(params=["one process", "two"])
async def room(request: pytest.FixtureRequest, dsn: str, tmp_path: Path) -> AsyncIterator[Room]:
    async with AsyncExitStack() as stack:
        server = CameraServer(World())
        for id in WALL["cameras"]:
            server.add(id, moving)
        await server.start()
        stack.push_async_callback(server.stop)
        sources = [Source(id=id, url=server.url(id), record="incident") for id in WALL["cameras"]]
        if request.param == "two":
            house = await stack.enter_async_context(opened(dsn, media_secret=str(tmp_path / "secret")))
            assert house.centre.remote is not None
            made = joined(house.centre.remote, house.centre.world, tmp_path, sources)
            apart = (await stack.enter_async_context(made)).apart
            room = Room(house, apart.node, application(apart))
        else:
            house = await stack.enter_async_context(opened(dsn))
            for source in sources:
                house.centre.node.cameras.add(source)
            room = Room(house, house.centre.node, house._transport.app)
        await room.furnish()
        yield room


async def test_a_look_is_blurred_and_stands_in_the_ledger_from_its_first_picture_to_its_last(room: Room) -> None:
    right = await room.look()
    [issued] = await room.written("grant.issued")
    assert (issued["object"], issued["purpose"], issued["incident"]) == (right["id"], "routine", None)
    assert issued["details"] == {"count": 2, "kind": "blurred", "role": "operator"}
    async with room.page(await room.token(right["id"])) as page:
        await room.shown(page)
        opened = await room.written("view.opened")
        assert [entry["object"] for entry in opened] == ["cam-1", "cam-2"]
        assert all(entry["purpose"] == "routine" and entry["details"]["kind"] == "blurred" for entry in opened)
        for _, jpeg in page.pictures:
            assert max(Image.open(io.BytesIO(jpeg)).size) <= 64
        assert all(room.node.health(id).recording == "off" for id in WALL["cameras"])  # type: ignore[union-attr]
        read(await room.operator.post(f"/api/routine-rights/{right['id']}/end"))
        assert await room.closed(page) == 4403 and page.reason == "released"
    ends = await room.ended(2)
    for place, entry in enumerate(ends):
        seen = [jpeg for at, jpeg in page.pictures if at == place]
        assert entry["object"] == WALL["cameras"][place] and entry["details"]["frames"] == len(seen) > 0
        assert entry["details"]["bytes"] == sum(len(jpeg) + HEAD.size for jpeg in seen)
        assert entry["details"]["seconds"] > 0 and entry["details"]["why"] == "released"
    [end] = await room.written("grant.ended")
    assert (end["object"], end["details"]["why"]) == (right["id"], "released")


async def test_the_leader_ends_it_and_a_colleague_cannot(room: Room) -> None:
    right = await room.look()
    async with room.page(await room.token(right["id"])) as page:
        await room.shown(page)
        leader, colleague = await room.house.client("supervisor"), await room.house.client("operator")
        assert (await colleague.post(f"/api/routine-rights/{right['id']}/end")).status_code == 404
        assert (await colleague.post(f"/api/routine-rights/{right['id']}/tokens")).status_code == 404
        [told] = read(await leader.get("/api/routine-rights"))["rights"]
        assert (told["id"], told["wall"], told["cameras"]) == (right["id"], room.wall, WALL["cameras"])
        assert "session" not in told and (told["wall_name"], told["holder"]) == (WALL["name"], right["holder"])
        assert told["holder_name"] and (told["ended_at"], told["ended_why"]) == (None, None)
        read(await leader.post(f"/api/routine-rights/{right['id']}/end"))
        assert await room.closed(page) == 4403 and page.reason == "revoked"
    refused = await room.operator.post(f"/api/routine-rights/{right['id']}/tokens")
    assert (refused.status_code, refused.json()["type"]) == (403, "grant.refused")
    assert refused.json()["why"] == "revoked", "she is told why also when her page had lost its socket"
    [entry] = await room.written("view.refused")
    assert (entry["object"], entry["purpose"]) == (room.wall, "routine")
    assert entry["details"] == {"kind": "blurred", "why": "revoked"}
    [over] = read(await leader.get("/api/routine-rights"))["rights"]
    assert (over["id"], over["ended_why"]) == (right["id"], "revoked")
    await room.house.clock.advance(121)
    assert read(await leader.get("/api/routine-rights")) == {"rights": []}


async def test_it_ends_after_an_hour_and_is_never_longer_than_the_session(room: Room) -> None:
    clock, right = room.house.clock, await room.look()
    assert right["until_at"].startswith(f"{clock.now().replace(hour=clock.now().hour + 1):%Y-%m-%dT%H:%M}")
    await clock.advance(3600)

    async def expired() -> bool:
        return [entry["details"]["why"] for entry in await room.written("grant.ended")] == ["expired"]

    await room.house.until(expired)
    assert (await room.operator.post(f"/api/routine-rights/{right['id']}/tokens")).status_code == 403


async def test_signing_out_ends_it(room: Room) -> None:
    right = await room.look()
    async with room.page(await room.token(right["id"])) as page:
        await room.shown(page)
        [row] = await room.house.rows("SELECT holder, session FROM routine_right")
        async with room.house.centre.database.transaction() as tx:
            await sign_out(
                tx,
                Actor(
                    id=row["holder"], name="", role=Role.OPERATOR, centre=CENTRE, session=row["session"],
                    expires_at=room.house.clock.now(),
                ),
            )  # fmt: skip
        assert await room.closed(page) == 4403 and page.reason == "signed-out"


async def test_a_silent_centre_closes_it(room: Room) -> None:
    right = await room.look()
    async with room.page(await room.token(right["id"])) as page:
        await room.shown(page)
        room.house.centre.database.use(Media).lease(room.house.clock.now() - LEASE)
        assert await room.closed(page) == 4408


async def test_a_routine_right_opens_no_stream_and_a_stream_s_token_no_wall(room: Room) -> None:
    right = await room.look()
    token = await room.token(right["id"])
    for path in (f"/media/{room.wall}", "/media/cam-1"):
        async with room.page(token, path) as page:
            assert await room.closed(page) == 4403
        assert not page.pictures and not [one for one in page.heard if one["type"] == "start"]
    refused = await room.operator.post(f"/api/grants/{right['id']}/tokens", json={"camera": "cam-1"})
    assert refused.status_code == 404
    # and the other way: the right of a case is to its cameras, live, and to no wall
    phone = await room.house.phone()
    receipt = await phone.sos()
    await room.house.settle()
    read(await room.operator.post(f"/api/incidents/{receipt.incident}/claim"))
    await room.house.settle()
    grants = read(await room.operator.get(f"/api/grants?incident={receipt.incident}"))["grants"]
    own = next(one for one in grants if one["holder"]["kind"] == "operator")
    sharp = read(await room.operator.post(f"/api/grants/{own['id']}/tokens", json={"camera": own["cameras"][0]}))
    async with room.page(sharp["token"]) as page:
        assert await room.closed(page) == 4403
    assert not page.pictures
    refusals = [entry["details"]["why"] for entry in await room.written("view.refused")]
    assert refusals == ["no-grant", "other-camera", "no-grant"]


async def test_one_person_looks_at_one_wall_at_a_time(room: Room) -> None:
    first = await room.look()
    async with room.page(await room.token(first["id"])) as page:
        await room.shown(page)
        second = await room.look()
        assert second["id"] != first["id"] and await room.closed(page) == 4403 and page.reason == "replaced"


async def test_another_camera_on_the_wall_is_another_right(room: Room) -> None:
    right = await room.look()
    renamed = WALL | {"name": "해든로 밤", "columns": 1}
    assert read(await room.operator.put(f"/api/walls/{room.wall}", json=renamed))["columns"] == 1
    assert (await room.operator.post(f"/api/routine-rights/{right['id']}/tokens")).status_code == 201
    read(await room.operator.put(f"/api/walls/{room.wall}", json=renamed | {"cameras": ["cam-2", "cam-3"]}))
    assert (await room.operator.post(f"/api/routine-rights/{right['id']}/tokens")).status_code == 403
    again = await room.look()
    assert again["cameras"] == ["cam-2", "cam-3"]
    read(await room.operator.delete(f"/api/walls/{room.wall}"))
    assert (await room.operator.post(f"/api/routine-rights/{again['id']}/tokens")).status_code == 403
    assert (await room.operator.post(f"/api/walls/{room.wall}/rights")).status_code == 404
    acts = [row["act"] for row in await room.house.rows("SELECT act FROM ledger_entry WHERE act LIKE 'wall.%'")]
    assert sorted(acts) == ["wall.deleted", "wall.saved", "wall.saved", "wall.saved"]


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"name": "   "}, 422, "name"),
        ({"name": ""}, 400, "name"),
        ({"name": "x" * 61}, 400, "name"),
        ({"columns": 0}, 400, "columns"),
        ({"columns": 11}, 400, "columns"),
        ({"cameras": []}, 400, "cameras"),
        ({"cameras": ["cam-1", "cam-1"]}, 422, "cameras[1]"),
        ({"cameras": ["cam-1", "cam-99"]}, 422, "cameras[1]"),
        ({"cameras": [f"cam-{n}" for n in range(65)]}, 400, "cameras"),
        ({"name": "해든로 저녁"}, 409, "name"),
        ({"name": "a\x00b"}, 400, "name"),
        ({"cameras": ["\x00"]}, 422, "cameras[0]"),
        ({"more": 1}, 400, "body"),
    ],
)
async def test_bad_walls_are_refused_by_field_and_rule(
    room: Room, change: dict[str, Any], status: int, field: str
) -> None:
    refused = await room.operator.post("/api/walls", json=WALL | {"name": "새 벽"} | change)
    assert refused.status_code == status, refused.text
    problem = refused.json()
    assert problem["title"] and (field == "body" or problem["field"] == field)
    assert len(read(await room.operator.get("/api/walls"))["walls"]) == 1


async def test_walls_are_their_centres_and_officers_only_look(room: Room) -> None:
    elsewhere = await room.house.client("operator", centre="gyeonggi-gwangju")
    assert read(await elsewhere.get("/api/walls")) == {"walls": []}
    assert (await elsewhere.put(f"/api/walls/{room.wall}", json=WALL)).status_code == 404
    assert (await elsewhere.post(f"/api/walls/{room.wall}/rights")).status_code == 404
    assert (await elsewhere.post("/api/walls", json=WALL)).json()["field"] == "cameras[0]"
    officer = await room.house.client("officer")
    assert (await officer.post("/api/walls", json=WALL | {"name": "다른"})).status_code == 403
    assert read(await officer.post(f"/api/walls/{room.wall}/rights"))["cameras"] == WALL["cameras"]
    for role in ("auditor", "administrator"):
        assert (await (await room.house.client(role)).post(f"/api/walls/{room.wall}/rights")).status_code == 403
