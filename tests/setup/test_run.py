"""`./run` says what is missing on a machine, and two of them at once do not disturb each other."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEEDED = ("sh", "dirname", "cat", "cmp", "find", "sha256sum", "sort", "cut", "sed", "id")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The script in a folder without an environment, on a machine with hardly a command."""
    clone = tmp_path / "clone"
    clone.mkdir()
    for name in ("run", "pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        shutil.copy2(ROOT / name, clone)
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in NEEDED:
        found = shutil.which(name)
        assert found is not None
        (programs / name).symlink_to(found)
    return clone


def _run(clone: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(clone.parent / "bin"), "HOME": str(clone.parent)}
    return subprocess.run([clone / "run", *words], capture_output=True, text=True, env=environment, check=False)


def _python(clone: Path, text: str) -> None:
    program = clone.parent / "bin" / "python3"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)


def test_without_words_it_tells_how_it_is_used(clone: Path) -> None:
    done = _run(clone)
    assert done.returncode == 0
    for words in ("./run demo", "./run test", "./run check", "./run ansim"):
        assert words in done.stdout


def test_an_unknown_word_is_a_mistake(clone: Path) -> None:
    assert _run(clone, "tset").returncode == 2


def test_no_python_is_said(clone: Path) -> None:
    done = _run(clone, "test")
    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr


def test_an_old_python_is_said_with_its_version(clone: Path) -> None:
    _python(clone, 'case "$2" in *sys.exit*) exit 1;; *) echo 3.9.2;; esac')
    done = _run(clone, "test")
    assert done.returncode == 1
    assert "Found only: python3 (3.9.2)" in done.stderr


def test_a_missing_venv_module_is_named_with_the_command_that_brings_it(clone: Path) -> None:
    _python(clone, f'case "$2" in *ensurepip*) exit 1;; esac\nexec {sys.executable} "$@"')
    done = _run(clone, "test")
    assert done.returncode == 1
    assert f"apt-get install python3.{sys.version_info.minor}-venv" in done.stderr
    assert not (clone / ".venv").exists()


@pytest.mark.full
def test_two_at_once_set_up_once_and_both_work(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    names = (
        "run",
        "pyproject.toml",
        "requirements.lock",
        "requirements-dev.lock",
        "README.md",
        "LICENSE",
        "src",
    )
    clone.mkdir()
    for name in names:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        copy(source, clone / name)
    shutil.rmtree(clone / "src/ansim/static", ignore_errors=True)
    environment = dict(os.environ)
    both = [
        subprocess.Popen(
            [clone / "run", "ansim", "--help"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
        )
        for _ in range(2)
    ]  # fmt: skip
    told = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert sorted("Installing ansim" in stderr for _, stderr in told) == [False, True]
    third = subprocess.run([clone / "run", "ansim", "--help"], capture_output=True, text=True, check=True)
    assert third.stderr == ""
