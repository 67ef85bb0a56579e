"""Every setting is explained, used, and a mistaken one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansim.app.settings import Settings, read_settings
from ansim.core.errors import Problem
from reference.code import field_docs

SOURCE = Path(__file__).parents[2] / "src" / "ansim"
NAMES = Settings.__struct_fields__


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_is_explained(name: str) -> None:
    assert field_docs(Settings)[name]


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_does_something(name: str) -> None:
    asked = "self.data" if name == "data" else f"settings.{name}"
    assert [file for file in (SOURCE / "app").glob("*.py") if asked in file.read_text(encoding="utf-8")]


def test_an_unknown_setting_is_named(tmp_path: Path) -> None:
    file = tmp_path / "city.toml"
    file.write_text("prot = 8000\n")
    with pytest.raises(Problem) as refused:
        read_settings(file)
    assert "prot" in refused.value.detail
