"""Writes docs/reference. With --check it writes nothing, names what is out of date, and ends with 1.

.venv/bin/python tools/reference
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from reference import api, commands, facts, flow, holdings, schema, settings  # noqa: E402

PAGES: dict[str, Callable[[], str]] = {
    "api": api.page,
    "commands": commands.page,
    "facts": facts.page,
    "flow": flow.page,
    "holdings": holdings.page,
    "schema": schema.page,
    "settings": settings.page,
}
FOLDER = ROOT / "docs" / "reference"


def main(words: list[str]) -> int:
    written = {f"{name}.md": make() for name, make in PAGES.items()}
    if words == ["--check"]:
        stale = [name for name, text in written.items() if _standing(name) != text]
        stale += [file.name for file in FOLDER.glob("*.md") if file.name not in written]
        if stale:
            print(
                f"docs/reference is out of date: {', '.join(sorted(stale))}. Write it: .venv/bin/python tools/reference"
            )
        return 1 if stale else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in written.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


def _standing(name: str) -> str | None:
    file = FOLDER / name
    return file.read_text(encoding="utf-8") if file.is_file() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
