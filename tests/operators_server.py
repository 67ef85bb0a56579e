"""A PostgreSQL that is not ours."""

import os
import pwd
import socket
import subprocess
from pathlib import Path

ROOT = os.geteuid() == 0


class OperatorsServer:
    """Debian's PostgreSQL started the plain way, on loopback, as an operator would have it."""

    def __init__(self, programs: Path, folder: Path, *options: str) -> None:
        self._programs, self._folder = programs, folder
        account = pwd.getpwnam("nobody") if ROOT else pwd.getpwuid(os.geteuid())
        if ROOT:
            os.chown(folder, account.pw_uid, account.pw_gid)
        self._as = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if ROOT else {}
        self._run("initdb", "-D", folder / "data", "-U", "city", "--auth=trust", "--no-sync", *options)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        listen = f"-c listen_addresses=127.0.0.1 -p {self.port} -k {folder}"
        self._run("pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log", "-o", listen, "start")
        self.dsn = f"postgresql://city@127.0.0.1:{self.port}/postgres"

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self._folder / "data", "-m", "fast", "-w", "stop")

    def _run(self, name: str, *arguments: str | Path) -> None:
        subprocess.run(
            [self._programs / name, *arguments],
            check=True, cwd="/", stdout=subprocess.DEVNULL, **self._as,  # type: ignore[call-overload]
        )  # fmt: skip
