"""What a machine fetches is pinned by hash, and comes from whichever registry that machine uses."""

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")


def _entries(name: str) -> dict[str, str]:
    """Each package of a lock with the lines that belong to it."""
    text = re.sub(r"\\\n\s*", " ", (ROOT / name).read_text())
    return {line.split("==")[0].split("[")[0]: line for line in text.splitlines() if re.match(r"[a-z0-9]", line)}


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_has_a_version_and_a_hash(name: str) -> None:
    entries = _entries(name)
    assert len(entries) > 50
    for package, line in entries.items():
        assert re.search(r"==\S+", line) and "--hash=sha256:" in line, package


@pytest.mark.parametrize("name", [*LOCKS, "web/package-lock.json"])
def test_no_lock_holds_an_address(name: str) -> None:
    text = (ROOT / name).read_text()
    if name.endswith(".json"):
        # what a package says of its own funding is not where we fetch it from
        text = json.dumps(
            [{key: value for key, value in entry.items() if key != "funding"}
             for entry in json.loads(text)["packages"].values()]
        )  # fmt: skip
    assert "://" not in text


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    asked = {
        "requirements.lock": [*project["project"]["dependencies"], *groups["build"]],
        "requirements-dev.lock": [
            *project["project"]["dependencies"],
            *groups["build"],
            *(entry for entry in groups["dev"] if isinstance(entry, str)),
        ],
    }
    for name, requirements in asked.items():
        names = {re.split(r"[^a-zA-Z0-9._-]", requirement)[0].lower() for requirement in requirements}
        assert names <= _entries(name).keys()


def test_both_locks_agree() -> None:
    runtime, dev = (set(re.findall(r"^([a-z0-9.-]+==\S+)", (ROOT / name).read_text(), re.MULTILINE)) for name in LOCKS)
    assert runtime <= dev
