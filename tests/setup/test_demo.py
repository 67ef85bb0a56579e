"""The demo as a stranger meets it: one command in a terminal, a city that lives, and nothing left after Ctrl-C."""

from __future__ import annotations

import hashlib
import os
import pty
import re
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

pytestmark = pytest.mark.slow

START_WITHIN_S, STOP_WITHIN_S = 240, 60


class Terminal:
    """A demo in a terminal of its own."""

    def __init__(self, folder: Path, *more: str) -> None:
        self._ours, theirs = pty.openpty()
        os.set_blocking(self._ours, False)
        self.said = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ansim", "demo", "--no-browser", "--http", "localhost:0", *more],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env={**os.environ, "TMPDIR": str(folder)},
        )
        os.close(theirs)

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def until(self, pattern: str, within_s: float) -> re.Match[str]:
        give_up = time.monotonic() + within_s
        while not (found := re.search(pattern, self.said)):
            assert time.monotonic() < give_up and self.process.poll() is None, self.said
            time.sleep(0.05)
            self._listen()
        return found

    def family(self) -> list[psutil.Process]:
        """The demo and everything it has started."""
        demo = psutil.Process(self.process.pid)
        return [demo, *demo.children(recursive=True)]

    def interrupt(self) -> int:
        """Ctrl-C; the exit status."""
        self.process.send_signal(signal.SIGINT)
        give_up = time.monotonic() + STOP_WITHIN_S
        while self.process.poll() is None and time.monotonic() < give_up:
            time.sleep(0.05)
            self._listen()
        return self.process.wait(0)

    def close(self) -> None:
        if self.process.poll() is None:
            for one in self.family():
                one.kill()
        self.process.wait()
        os.close(self._ours)

    def _listen(self) -> None:
        with suppress(OSError):  # nothing said just now, or the terminal's other end is closed
            self.said += os.read(self._ours, 1 << 16).decode(errors="replace")


@pytest.fixture
def terminal(open_folder: Path, request: pytest.FixtureRequest) -> Iterator[Terminal]:
    """`request.param`: more words of the command."""
    folder = Path(tempfile.mkdtemp(dir=open_folder))
    folder.chmod(0o711)
    terminal = Terminal(folder, *getattr(request, "param", ()))
    yield terminal
    terminal.close()
    assert not list(folder.glob("ansim-demo.*"))
    folder.rmdir()


def test_a_city_lives_until_ctrl_c(terminal: Terminal) -> None:
    address = terminal.until(r"(http://localhost:\d+)/demo", START_WITHIN_S)[1]
    with httpx.Client(base_url=address, timeout=30) as stranger:
        assert "안심 ansim" in stranger.get("/demo").text
        for page in ("/citizen", "/signin", "/console", "/desk", "/ledger"):
            assert stranger.get(page).status_code == 200, page
        assert stranger.post("/demo/sos").json()["receipt"]
        assert stranger.post("/demo/trouble", json={"what": "pendant"}).json()["ok"]
        told: set[str] = set()
        give_up = time.monotonic() + 30
        while not told >= {"sms", "mail"}:
            assert time.monotonic() < give_up, told
            told = {message["channel"] for message in stranger.get("/demo/inbox").json()["messages"]}
    terminal.type("s\n")
    terminal.until(r"receipt", 30)
    family = terminal.family()
    assert any("postgres" in one.name() for one in family) and len(family) > 2
    assert terminal.interrupt() == 0, terminal.said
    _, living = psutil.wait_procs(family, timeout=10)
    assert not living


@pytest.mark.parametrize("terminal", [("--https",)], indirect=True)
def test_a_phone_on_the_same_network_opens_it(terminal: Terminal) -> None:
    """The address, its certificate and a code to scan; the browser's warning is explained, in both languages."""
    address = terminal.until(r"scan with a phone on the same network: (https://[\d.]+:\d+)/citizen", START_WITHIN_S)[1]
    printed = terminal.until(r"SHA-256 ([0-9A-F:]{47})\s+([0-9A-F:]{47})", 10)
    terminal.until(r"this demo|all of this demo", 10)
    assert "▀" in terminal.said and "고급" in terminal.said and "Advanced" in terminal.said
    host, _, port = address.removeprefix("https://").partition(":")
    pem = ssl.get_server_certificate((host, int(port)))
    shown = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper()
    assert shown == (printed[1] + printed[2]).replace(":", "")
    trusting = ssl.create_default_context(cadata=pem)
    with httpx.Client(base_url=address, timeout=30, verify=trusting) as phone:
        assert phone.get("/citizen").status_code == 200
        place = phone.get("/demo/place").json()
        centres = phone.post("/api/mapping", json={key: place[key] for key in ("latitude", "longitude")}).json()
        assert centres["centres"][0]["uri"] == address
        assert phone.post("/demo/sos").json()["receipt"]  # the city's own phone has its way in, too
        path = phone.post("/demo/signin", json={"who": "operator"}).json()["path"]
        answer = phone.post("/api/signin/code", json={"code": path.partition("#")[2]})
        assert answer.status_code == 200 and "secure" in answer.headers["set-cookie"].lower()
    with pytest.raises(InvalidStatus) as refused:
        connect(f"{address.replace('https', 'wss')}/live", ssl=trusting, origin=Origin("https://elsewhere.example"))
    assert refused.value.response.status_code == 403
    assert terminal.interrupt() == 0, terminal.said
