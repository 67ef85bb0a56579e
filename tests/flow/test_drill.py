"""The whole story from a command line, against a centre that is a process of its own; and a story that breaks."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansim.drill.story import STEPS
from tests.operators_server import OperatorsServer

pytestmark = [pytest.mark.flow, pytest.mark.slow]

REFUSING_GATEWAY = """
from ansim.cli import main
from ansim.drill.inbox import Inbox

async def refuse(self, reader, writer):
    await reader.readuntil(b"\\r\\n\\r\\n")
    writer.write(b"HTTP/1.1 503 Service Unavailable\\r\\ncontent-length: 0\\r\\nconnection: close\\r\\n\\r\\n")
    await writer.drain()
    writer.close()

Inbox._gateway = refuse
main()
"""


def _drill(report: Path, *more: str, program: tuple[str, ...] = ("-m", "ansim")) -> tuple[int, str, dict[str, Any]]:
    """Exit status, what it printed, its report."""
    done = subprocess.run(
        [sys.executable, *program, "drill", "--json", report, *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=400,
        check=False,
    )
    return done.returncode, done.stdout, json.loads(report.read_bytes()) if report.exists() else {}


def test_every_step_happens(tmp_path: Path) -> None:
    _whole(*_drill(tmp_path / "report.json"))


def test_a_step_that_does_not_happen_is_named(tmp_path: Path) -> None:
    status, said, report = _drill(tmp_path / "report.json", program=("-c", REFUSING_GATEWAY))
    assert status == 1, said
    assert report["missing"] == "guardians told" and not report["ok"]
    assert [step["step"] for step in report["steps"]] == list(STEPS[: STEPS.index("guardians told")])
    assert "MISSING: guardians told" in said


@pytest.fixture
def operators(debian: Path, open_folder: Path) -> Iterator[tuple[OperatorsServer, Path]]:
    folder = Path(tempfile.mkdtemp(dir=open_folder))
    server = OperatorsServer(debian, folder, "--data-checksums")
    yield server, folder
    server.stop()
    shutil.rmtree(folder)


def test_with_the_media_node_apart_and_on_an_operators_database(
    operators: tuple[OperatorsServer, Path], tmp_path: Path
) -> None:
    server, folder = operators
    _whole(*_drill(tmp_path / "report.json", "--media-apart", "--database", server.dsn, "--search", str(folder)))


def _whole(status: int, said: str, report: dict[str, Any]) -> None:
    assert status == 0, said
    assert report["ok"] and report["missing"] is None
    assert [step["step"] for step in report["steps"]] == list(STEPS)
    assert all(step["proof"] and step["took_ms"] >= 0 for step in report["steps"])
