"""Cameras on the network become cameras of the register; their account goes to the media node and nowhere else."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np
import pytest

from ansim.app.cameras import discover_cameras
from ansim.app.running import leave_note
from ansim.core.errors import Problem
from ansim.core.world import World
from ansim.sim.cameras import HEIGHT, WIDTH, CameraServer
from ansim.sim.coding import Planes
from ansim.sim.onvif import OnvifServer
from tests.flow.conftest import HOME, House, folder_of

pytestmark = pytest.mark.flow


def grey(at: datetime) -> Planes:
    return np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)


class Network:
    """cam-1 is in the register already, new-7 is not; both turn."""

    def __init__(self) -> None:
        self.cameras = CameraServer(World())
        for id in ("cam-1", "new-7"):
            self.cameras.add(id, grey)
        self.onvif = OnvifServer(World(), self.cameras, turning=frozenset({"cam-1", "new-7"}))


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    network = Network()
    await network.cameras.start()
    await network.onvif.start()
    yield network
    await network.onvif.stop()
    await network.cameras.stop()


async def found(house: House, network: Network, *, dry_run: bool = False, places: Path | None = None) -> int:
    leave_note(house.centre, pid=0)
    settings = msgspec.structs.replace(house.centre.settings, cameras=str(folder_of(house) / "cameras.json"))
    return await discover_cameras(
        settings, account=network.cameras.account, addresses=[("127.0.0.1", network.onvif.discovery_port)],
        places=places, seconds=0.3, dry_run=dry_run,
    )  # fmt: skip


async def ledger(house: House) -> list[dict[str, object]]:
    return await house.rows("SELECT * FROM ledger_entry WHERE act LIKE 'cameras.%'")


async def test_a_dry_run_says_what_it_would_find_and_changes_nothing(
    house: House, network: Network, capsys: pytest.CaptureFixture[str]
) -> None:
    network.cameras.fault("new-7", "refuse")
    assert await found(house, network, dry_run=True) == 1
    said = capsys.readouterr().out
    assert "cam-1" in said and "delivers" in said and "new-7" in said and "sign-in" in said
    assert "2 devices: 1 deliver, 1 do not" in said and "nothing was changed" in said
    assert not (folder_of(house) / "cameras.json").exists() and not await ledger(house)


async def test_what_is_found_is_connected_and_its_account_stays_at_the_node(
    house: House, network: Network, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, places = folder_of(house) / "cameras.json", tmp_path / "places.csv"
    file.write_text(json.dumps({"cam-1": {"url": "rtsp://old/", "record": "always"}, "cam-2": "rtsp://h/2"}))
    places.write_text(f"device,camera,name,latitude,longitude\nnew-7,cam-7,별빛로 7,{HOME[0]},{HOME[1]}\n", "utf-8")
    assert await found(house, network, places=places) == 0
    user, password = network.cameras.account
    kept = json.loads(file.read_text())
    assert kept["cam-2"] == "rtsp://h/2"
    assert kept["cam-1"] == {
        "url": f"rtsp://{user}:{password}@127.0.0.1:{network.cameras.port}/cam-1", "record": "always", "profile": "main",
        "device": f"http://{user}:{password}@127.0.0.1:{network.onvif.port}/cam-1/onvif/device_service",
    }  # fmt: skip
    assert kept["cam-7"]["url"].endswith("/new-7") and file.stat().st_mode & 0o077 == 0
    [row] = await house.rows("SELECT name, azimuth_deg FROM camera WHERE id = 'cam-7'")
    assert row == {"name": "별빛로 7", "azimuth_deg": None}
    turning = await house.rows("SELECT id FROM camera WHERE turns ORDER BY id")
    assert [one["id"] for one in turning] == ["cam-1", "cam-7"], "their devices say so"
    [entry] = await ledger(house)
    assert (entry["act"], entry["actor"]) == ("cameras.connected", "command-line")
    assert json.loads(str(entry["details"])) == {"count": 2, "size": 1}

    # the register in memory follows
    async def known() -> bool:
        await house.clock.advance(6)
        return "cam-7" in house.centre.register.sight.cameras

    await house.until(known)
    said = capsys.readouterr().out
    assert password not in said and password not in str(await house.rows("SELECT * FROM outbox"))
    for table in await house.rows(
        "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'"
    ):
        assert password not in str(await house.rows(f'SELECT * FROM "{table["name"]}"')), table["name"]


async def test_a_device_without_a_place_is_not_connected(
    house: House, network: Network, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await found(house, network) == 0
    assert set(json.loads((folder_of(house) / "cameras.json").read_text())) == {"cam-1"}
    assert "no place" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("device,camera\n,cam-7\n", "must be named"),
        ("device,camera,latitude,longitude\nnew-7,cam-7,137,0\n", "latitude"),
        ("device,camera,colour\nnew-7,cam-7,red\n", "colour"),
        ("device,camera,latitude\nnew-7,cam-7,north\n", "north"),
    ],
)
async def test_a_list_of_places_that_does_not_fit_is_refused(
    house: House, network: Network, tmp_path: Path, text: str, why: str
) -> None:
    (tmp_path / "places.csv").write_text(text, "utf-8")
    with pytest.raises(Problem) as refused:
        await found(house, network, places=tmp_path / "places.csv")
    assert refused.value.status == 400 and why in refused.value.detail and "ine 2" in refused.value.title
