"""Whoever gets our pages, by the network or in a package, gets the notices of those whose work is in them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import httpx
import pytest

from ansim.app.static import STATIC
from reference.api import unstarted

ROOT = Path(__file__).parents[2]
NAMED = {
    "lucide-static": "ISC License",
    "pretendard-gov": "SIL OPEN FONT LICENSE Version 1.1",
    "preact": "Copyright (c) 2015-present Jason Miller",
    "maplibre-gl": "MapLibre contributors",
    "murmurhash-js": "Copyright (c) 2011 Gary Court",
}
"""Packages, and words of their notices: a file of its own, one in a folder, one that stands in the README only."""


@pytest.fixture
def text() -> str:
    file = STATIC / "licenses.txt"
    if not file.is_file():
        pytest.skip("the pages are not built: ./run builds them")
    return file.read_text(encoding="utf-8")


def test_every_package_that_is_packed_is_named_with_its_notice(text: str) -> None:
    for name, words in NAMED.items():
        assert f"\n  {name} " in text and words in text, name
    direct = json.loads((ROOT / "web" / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert not [name for name in direct if f"\n  {name} " not in text]
    assert "axe-core" not in text, "what only tests use is not packed"


def test_what_they_depend_on_is_named_too(text: str) -> None:
    locked = json.loads((ROOT / "web" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    packed = {
        path.removeprefix("node_modules/")
        for path, one in locked.items()
        if path and not one.get("dev") and not one.get("optional") and not one.get("peer")
    }
    assert packed and not [name for name in packed if f"\n  {name} " not in text]


async def test_anybody_can_read_them(text: str) -> None:
    transport = httpx.ASGITransport(app=unstarted())  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.get("/licenses")
    assert answer.status_code == 200 and answer.text == text
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_the_wheel_has_them(text: str, tmp_path: Path) -> None:
    wheel = pytest.importorskip("hatchling.builders.wheel", reason="hatchling is not installed")
    [made] = list(wheel.WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"]))
    with zipfile.ZipFile(made) as content:
        assert content.read("ansim/static/licenses.txt").decode() == text
        assert [name for name in content.namelist() if name.endswith("licenses/LICENSE")], "and our own"
