"""Schemathesis over every route of /openapi.json, by each role: whatever is sent, nothing answers with a 5xx."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from pathlib import Path

import msgspec
import pytest

from ansim.app.server import listen, serving
from tests.flow.conftest import House

pytestmark = [pytest.mark.flow, pytest.mark.slow]

FULL = os.environ.get("ANSIM_FULL") == "1"


ROLES = (
    "operator",
    None,
    *(pytest.param(role, marks=pytest.mark.full) for role in ("auditor", "administrator", "agency")),
)
"""In the short form who may do most, and who may do nothing."""


@pytest.mark.parametrize("role", ROLES)
async def test_no_request_makes_a_5xx(house: House, role: str | None, tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("schemathesis")
    if not program.exists():
        pytest.skip(f"no schemathesis beside {shutil.which('python3')}")
    phone = await house.phone()
    await phone.sos()
    headers = []
    if role is not None:
        client = await house.client(role, agency="112" if role == "agency" else None)
        headers = ["-H", f"Authorization: {client.headers['authorization']}"]
    listener, settings = listen(msgspec.structs.replace(house.centre.settings, port=0))
    async with serving(house.centre, listener):
        process = await asyncio.create_subprocess_exec(
            str(program), "run", f"http://127.0.0.1:{settings.port}/openapi.json", "--checks", "not_a_server_error",
            "--max-examples", "50" if FULL else "3", "--phases", "examples,coverage,fuzzing" if FULL else "examples,fuzzing",
            "--seed", "7", "--no-shrink", "--continue-on-failure", "--suppress-health-check", "all", "--warnings", "off",
            "--generation-database", "none", "--no-color", "--request-timeout", "20", *headers,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=tmp_path,
        )  # fmt: skip
        out, _ = await process.communicate()
    text = out.decode()
    assert process.returncode == 0, text[-6000:]
    # A run that could not read the document would also be quiet.
    tested = re.search(r"Tested: (\d+)", text)
    assert tested and int(tested[1]) >= 60, text[-3000:]
