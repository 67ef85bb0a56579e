"""Every setting is explained, used, and a mistaken one is refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ansim.app.settings import (
    HubSettings,
    MediaSettings,
    Settings,
    read_hub_settings,
    read_media_settings,
    read_settings,
)
from ansim.core.errors import Problem
from reference.code import field_docs

SOURCE = Path(__file__).parents[2] / "src" / "ansim"
KINDS = [(kind, name) for kind in (Settings, MediaSettings, HubSettings) for name in kind.__struct_fields__]


@pytest.mark.parametrize(("kind", "name"), KINDS)
def test_a_setting_is_explained(kind: type, name: str) -> None:
    assert field_docs(kind)[name]


@pytest.mark.parametrize(("kind", "name"), KINDS)
def test_a_setting_does_something(kind: type, name: str) -> None:
    asked = "self.data" if name == "data" else f"settings.{name}"
    assert [file for file in (SOURCE / "app").glob("*.py") if asked in file.read_text(encoding="utf-8")]


@pytest.mark.parametrize(("role", "settings"), [("centre", ""), ("all", 'media_secret = "/nowhere/secret"')])
def test_a_role_and_settings_that_do_not_fit_are_told(tmp_path: Path, role: str, settings: str) -> None:
    file = tmp_path / "city.toml"
    file.write_text(settings)
    command = [sys.executable, "-m", "ansim", "run", "--role", role, "--config", file]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "media_secret" in done.stderr


@pytest.mark.parametrize("read", [read_settings, read_media_settings, read_hub_settings])
def test_an_unknown_setting_is_named(tmp_path: Path, read: Callable[[Path], object]) -> None:
    file = tmp_path / "city.toml"
    file.write_text('prot = 8000\nsecret = "s"\ncameras = "c"\n')
    with pytest.raises(Problem) as refused:
        read(file)
    assert "unknown field" in refused.value.detail
