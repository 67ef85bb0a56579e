"""Which protocols of devices are heard, and where: off until they are named."""

import socket
from pathlib import Path

import pytest

from ansim.adapters.trackers.protocols import PROTOCOLS
from ansim.adapters.trackers.reception import Reception
from ansim.adapters.trackers.server import Devices
from ansim.app.settings import read_settings
from ansim.core.errors import Problem
from ansim.core.world import World


def doors(folder: Path, text: str) -> dict[str, int]:
    file = folder / "ansim.toml"
    file.write_text(text)
    return read_settings(file).doors


def test_none_is_open_by_itself(tmp_path: Path) -> None:
    assert doors(tmp_path, "") == {}


def test_a_named_one_has_its_makers_port_or_another(tmp_path: Path) -> None:
    assert doors(tmp_path, "[trackers]\ngt06 = true\nh02 = 15013\nwatch = false\njt808 = 0") == {
        "gt06": 5023, "h02": 15013, "jt808": 0
    }  # fmt: skip
    assert {name: one.port for name, one in PROTOCOLS.items()} == {
        "h02": 5013, "gt06": 5023, "watch": 5093, "gps103": 5001, "jt808": 5015
    }  # fmt: skip


@pytest.mark.parametrize("line", ["morse = true", "h02 = 70000", 'h02 = "open"'])
def test_what_does_not_fit_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(Problem) as refused:
        doors(tmp_path, f"[trackers]\n{line}")
    assert refused.value.type == "settings.value" and "trackers" in refused.value.detail


async def test_a_port_that_is_taken_is_said(reception: Reception) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Problem) as refused:
            await Devices(World(), reception, "127.0.0.1", {"h02": port}).start()
    assert refused.value.type == "settings.trackers" and str(port) in refused.value.title


@pytest.fixture
def reception() -> Reception:
    """Nobody calls here."""
    return Reception(database=None, intake=None, move=None, lanes=None)  # type: ignore[arg-type]
