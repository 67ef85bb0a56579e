"""The drill's own centre: a process started from the command line, as an operator would, in a folder of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from ansim.core.launch import free_port
from ansim.core.world import World
from ansim.sim.city import City

CENTRE = "gyeonggi-seongnam"


class House:
    """Settings, cameras and the process. `server` is its address once `start` has returned, `media` that of its pictures.

    apart: the media node is a process of its own, which alone is told where the cameras are.
    database: DSN of an operator's PostgreSQL; the centre starts one of its own without it.
    places: folders outside the centre's own in which `traces` searches too, such as that server's.
    """

    def __init__(
        self,
        city: City,
        *,
        smtp: int,
        sms: int,
        apart: bool = False,
        database: str | None = None,
        places: Sequence[Path] = (),
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ansim-drill."))
        # The database's own user must be able to reach its folder inside; it can read nothing here.
        self.folder.chmod(0o711)
        self.data = self.folder / "data"
        self.log = self.folder / "centre.log"
        self._city = city
        self._smtp, self._sms = smtp, sms
        self._database, self._places = database, places
        self.centre: asyncio.subprocess.Process | None = None
        self.node: asyncio.subprocess.Process | None = None
        """The media node, where it is a process of its own."""
        self.server = self.media = ""
        self._ports = (free_port(), free_port()) if apart else (0, 0)
        self._write_settings()

    async def start(self) -> None:
        await self.start_centre()
        self.media = self.server
        if self._ports[1]:
            self.media = f"http://localhost:{self._ports[1]}"
            await self.start_node()

    async def start_centre(self) -> None:
        note = self.data / "running.json"
        note.unlink(missing_ok=True)
        self.centre = await self._run("centre" if self._ports[1] else "all", "ansim.toml")
        async with asyncio.timeout(120):
            while not note.exists():
                if self.centre.returncode is not None:
                    raise RuntimeError(f"the centre did not start:\n{self.log.read_text()[-2000:]}")
                await asyncio.sleep(0.05)
        self.server = f"http://localhost:{json.loads(note.read_bytes())['port']}"
        async with httpx.AsyncClient() as client:
            (await client.get(f"{self.server}/readyz")).raise_for_status()

    async def start_node(self) -> None:
        """Returns when it shows pictures to whoever may see them."""
        self.node = await self._run("media", "media.toml")
        async with asyncio.timeout(60), httpx.AsyncClient() as client:
            while True:
                if self.node.returncode is not None:
                    raise RuntimeError(f"the media node did not start:\n{self.log.read_text()[-2000:]}")
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get(f"{self.media}/readyz")).status_code == 200:
                        return
                await asyncio.sleep(0.05)

    async def _run(self, role: str, config: str) -> asyncio.subprocess.Process:
        with self.log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable, "-m", "ansim", "run", "--role", role, "--config", str(self.folder / config),
                stdout=log, stderr=log,
            )  # fmt: skip

    async def token(self, role: str, *more: str) -> str:
        """A bearer token, as the command line makes it."""
        return (await self.ansim("token", "--role", role, "--centre", CENTRE, "--data", str(self.data), *more)).strip()

    async def ansim(self, *arguments: str) -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ansim", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        out, err = await process.communicate()
        if process.returncode:
            raise RuntimeError(f"ansim {arguments[0]}: {err.decode()[-500:]}{out.decode()[-500:]}")
        return out.decode()

    async def stop(self) -> None:
        for process in (self.node, self.centre):
            if process is not None and process.returncode is None:
                process.terminate()
                await process.wait()

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def traces(self, markers: dict[str, bytes]) -> dict[str, list[str]]:
        """Files of the centre (database, write-ahead log, keys, recordings, its own log) in which a marker still stands."""
        found: dict[str, list[str]] = {name: [] for name in markers}
        for file in self._files():
            content = file.read_bytes()
            for name, marker in markers.items():
                if marker in content:
                    found[name].append(file.name)
        return found

    def scanned(self) -> int:
        """Bytes that `traces` reads."""
        return sum(file.stat().st_size for file in self._files())

    def _files(self) -> list[Path]:
        # The cluster of a server that runs as its own user may be linked from elsewhere; links are followed.
        links = [link.resolve() for link in self.data.rglob("*") if link.is_symlink() and link.is_dir()]
        inside = (
            file
            for root in (self.data, *links, *self._places)
            for file in root.rglob("*")
            if file.is_file() and not file.is_symlink()
        )
        return sorted({self.log, *(file.resolve() for file in inside)})

    def _write_settings(self) -> None:
        self.data.mkdir()
        cameras = {row["id"]: self._city.cameras.url(row["id"]) for row in self._city.register()}
        self._write("cameras.json", cameras)
        self._write("register.json", [{name: row[name] for name in REGISTERED} for row in self._city.register()])
        self._write("map.json", self._city.map())
        own, pictures = self._ports
        settings = {
            "data": str(self.data), "port": own, "centre": CENTRE,
            "register": str(self.folder / "register.json"), "map": str(self.folder / "map.json"),
            "smtp": f"smtp://127.0.0.1:{self._smtp}", "sms_gateway": f"http://127.0.0.1:{self._sms}/",
        }  # fmt: skip
        if self._database is not None:
            settings["database"] = self._database
        sources: dict[str, Any] = {"cameras": str(self.folder / "cameras.json")}
        if pictures:
            secret = str(self.folder / "media-secret")
            settings |= {"media_secret": secret, "media_origin": f"http://localhost:{pictures}"}
            sources |= {
                "data": str(self.data), "port": pictures, "centre": f"http://127.0.0.1:{own}", "secret": secret,
            }  # fmt: skip
            self._set("media.toml", sources)
        else:
            settings |= sources
        self._set("ansim.toml", settings)

    def _set(self, name: str, settings: dict[str, Any]) -> None:
        lines = (f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
        (self.folder / name).write_text("".join(lines), encoding="utf-8")

    def _write(self, name: str, content: Any) -> None:
        (self.folder / name).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


REGISTERED = ("id", "name", "latitude", "longitude", "azimuth_deg", "view_deg", "range_m")


def new_city(seed: int) -> City:
    return City(seed, World())
