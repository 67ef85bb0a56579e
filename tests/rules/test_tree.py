"""What is committed stands by itself: it names no registry's address and no machine's folders."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = (
    "src",
    "web",
    "tests",
    "docs",
    "tools",
    "deploy",
    ".ci",
    "run",
    "pyproject.toml",
    "README.md",
    "CONTRIBUTING.md",
)
LEFT_OUT = {"node_modules", "static", "__pycache__"}
TEXT = {
    ".py",
    ".sql",
    ".ts",
    ".tsx",
    ".css",
    ".html",
    ".md",
    ".toml",
    ".json",
    ".lock",
    ".sh",
    ".csv",
    ".yaml",
    ".conf",
    ".service",
    "",
}

# written apart, so that this file does not break its own rule
ADDRESSES = [
    "pypi" + ".org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "npm" + "js.com",
    "deb." + "debian.org",
]
FOLDERS = re.compile("/" + r"(work|root|home/\w+)/" + r"[a-z.]")


def _files() -> Iterator[Path]:
    for name in OURS:
        top = ROOT / name
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.is_file() and path.suffix in TEXT and not LEFT_OUT & set(path.relative_to(ROOT).parts):
                yield path


def _where(found: "re.Pattern[str]") -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in _files()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if found.search(line)
    ]


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_registry_is_named(address: str) -> None:
    assert not _where(re.compile(re.escape(address), re.IGNORECASE))


def test_no_folder_of_one_machine_is_named() -> None:
    assert not _where(FOLDERS)
