"""What a media server of another maker pulls already becomes cameras of the register; nobody looks past the ledger through it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from ansim.app.cameras import adopt_cameras
from ansim.app.running import leave_note
from ansim.core.errors import Problem
from ansim.core.world import World
from ansim.nodes.media.ports import Relay
from tests.adapters.relays import ACCOUNT, CAMERA_SECRET, KINDS, Go2rtcServer, Server
from tests.flow.conftest import HOME, House, folder_of

pytestmark = pytest.mark.flow


@dataclass
class Office:
    """An office that runs such a server already: it has cam-1, which the register knows, and one at its gate."""

    relay: Relay
    server: Server


@pytest.fixture(params=KINDS)
async def office(request: pytest.FixtureRequest) -> AsyncIterator[Office]:
    adapter, end = KINDS[request.param]
    async with end(("cam-1", "gate")) as server:
        relay = adapter(World(), server.url, ACCOUNT, server.camera.port)
        yield Office(relay, server)
        await relay.close()


async def adopted(house: House, office: Office, *, dry_run: bool = False, places: Path | None = None) -> int:
    leave_note(house.centre, pid=0)
    settings = msgspec.structs.replace(house.centre.settings, cameras=str(folder_of(house) / "cameras.json"))
    return await adopt_cameras(settings, office.relay, account=ACCOUNT, places=places, dry_run=dry_run)


async def test_its_streams_become_cameras_and_its_account_stays_at_the_node(
    house: House, office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, places = folder_of(house) / "cameras.json", tmp_path / "places.csv"
    before = {"url": "rtsp://old/", "record": "always", "device": "http://head/", "profile": "main"}
    file.write_text(json.dumps({"cam-1": before}))
    places.write_text(f"device,camera,name,latitude,longitude\ngate,cam-7,정문,{HOME[0]},{HOME[1]}\n", "utf-8")
    assert await adopted(house, office, places=places) == 0
    kept = json.loads(file.read_text())
    user, password = ACCOUNT
    address = f"rtsp://{user}:{password}@127.0.0.1:{office.server.camera.port}/cam-1"
    assert kept["cam-1"]["url"].removesuffix("?video") == address
    assert {**kept["cam-1"], "url": "rtsp://old/"} == before, "a head is still turned at the camera itself"
    assert "/gate" in kept["cam-7"]["url"] and file.stat().st_mode & 0o077 == 0
    assert await house.rows("SELECT name FROM camera WHERE id = 'cam-7'") == [{"name": "정문"}]
    [entry] = await house.rows("SELECT act, details FROM ledger_entry WHERE act LIKE 'cameras.%'")
    assert (entry["act"], json.loads(entry["details"])) == ("cameras.connected", {"count": 2, "size": 1})
    said = capsys.readouterr().out
    assert "2 streams: 2 deliver, 0 do not" in said and "2 connected, 1 of them new" in said
    assert password not in said and CAMERA_SECRET not in said + file.read_text()


async def test_a_dry_run_changes_nothing(house: House, office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert await adopted(house, office, dry_run=True) == 0
    assert "nothing was changed" in capsys.readouterr().out
    assert not (folder_of(house) / "cameras.json").exists()


async def test_a_server_that_answers_anybody_is_refused(house: House, office: Office) -> None:
    office.server.open = True
    with pytest.raises(Problem) as refused:
        await adopted(house, office)
    assert (refused.value.status, refused.value.type) == (400, "adopt.open")
    assert not (folder_of(house) / "cameras.json").exists()


async def test_a_stream_that_is_shown_to_anybody_is_left_where_it_is(
    house: House, office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    office.server.camera.basic = False
    if isinstance(office.server, Go2rtcServer):
        office.server.listens = "0.0.0.0:8554"
    assert await adopted(house, office) == 1
    assert "open to whoever has no account" in capsys.readouterr().out
    assert not (folder_of(house) / "cameras.json").exists()


async def test_one_that_is_not_there_is_said_to_be_so(house: House, office: Office) -> None:
    await office.server.__aexit__()
    with pytest.raises(Problem) as refused:
        await adopted(house, office)
    assert refused.value.type == "adopt.unanswered" and "no-connection" in refused.value.title
