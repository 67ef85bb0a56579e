"""A centre in a process of its own, clients that send until they have a receipt, and the proof at the end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil

from ansim.app.running import read_note
from ansim.core.launch import free_port
from ansim.core.world import World
from ansim.sim.phone import Phone, Receiver
from ansim.trust.retention.keys import Keys, Unreadable
from ansim.trust.retention.master import FileMaster

SERVE = Path(__file__).with_name("serve.py")
START_S = 90.0
HOME = (37.38, 127.12)
AGAIN = 0.1
"""How often a phone sends once more what it has a receipt for, as one that was switched off in between."""


@dataclass
class Promises:
    """What the clients did and were told."""

    tried: set[str] = field(default_factory=set)
    receipts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    heard: list[tuple[float, float]] = field(default_factory=list)
    """Of every receipt: when its request was sent, and when it came (monotonic seconds)."""
    errors: Counter[str] = field(default_factory=Counter)


class House:
    """`folder` holds its settings and its log, `data` (`folder/centre` without one) everything it must not lose.
    `database`: an operator's server by its DSN; without one the centre starts its own."""

    def __init__(
        self, folder: Path, *, data: Path | None = None, mistake: str = "-", database: str | None = None
    ) -> None:
        self.folder = folder
        self.data = data or folder / "centre"
        self.port = free_port()
        self.promises = Promises()
        self._mistake = mistake
        self._server: subprocess.Popen[bytes] | None = None
        self._settings = folder / "settings.toml"
        lines = {"data": str(self.data), "port": self.port} | ({"database": database} if database else {})
        self._settings.write_text("".join(f"{name} = {value!r}\n" for name, value in lines.items()))
        self._stopping = asyncio.Event()

    # -- its processes

    def start(self) -> None:
        with (self.folder / "server.log").open("ab") as log:
            self._server = subprocess.Popen(
                [sys.executable, SERVE, self._mistake, self._settings],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def kill_server(self) -> None:
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None

    def stop_server(self) -> None:
        """As an operator does."""
        if self._server is not None:
            self._server.send_signal(signal.SIGTERM)
            self._server.wait(60)
            self._server = None

    @property
    def alive(self) -> bool:
        return self._server is not None and self._server.poll() is None

    @property
    def server_pid(self) -> int:
        assert self._server is not None
        return self._server.pid

    def postgres(self) -> list[psutil.Process]:
        """The embedded server's processes, the postmaster first."""
        cluster = self.data / "postgres" / "cluster"
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError, psutil.Error):
            master = psutil.Process(int((cluster / "postmaster.pid").read_text().split()[0]))
            # The number may belong to a stranger by now.
            if Path(master.cwd()).samefile(cluster):
                return [master, *master.children()]
        return []

    # -- its clients

    @contextlib.asynccontextmanager
    async def clients(self, count: int, *, enrolled: int = 2, pause_s: float = 0.03) -> AsyncIterator[None]:
        """So many phones that press again and again, some of them of people the centre knows."""
        self._stopping.clear()
        phones = [Phone(World(), self.url, Receiver(World(), random.Random(n), lambda: HOME)) for n in range(count)]
        for phone in phones[:enrolled]:
            await phone.enrol()
        tasks = [asyncio.create_task(self._press(phone, pause_s)) for phone in phones]
        try:
            yield
        finally:
            self._stopping.set()
            await asyncio.gather(*tasks)
            for phone in phones:
                await phone.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _press(self, phone: Phone, pause_s: float) -> None:
        draw = random.Random(self.port)
        async with httpx.AsyncClient(base_url=self.url, timeout=8.0) as client:
            while not self._stopping.is_set():
                body = phone.message()
                self.promises.tried.add(body["id"])
                await self._until_received(client, body)
                if draw.random() < AGAIN:
                    await self._until_received(client, body)
                await asyncio.sleep(pause_s)

    async def _until_received(self, client: httpx.AsyncClient, body: dict[str, Any]) -> None:
        """The same id until there is a receipt."""
        promises = self.promises
        while not self._stopping.is_set():
            sent = time.monotonic()
            try:
                answer = await client.post("/api/signals", json=body)
            except httpx.HTTPError as error:
                promises.errors[type(error).__name__] += 1
                await asyncio.sleep(0.1)
                continue
            if answer.status_code in (200, 201):
                promises.receipts.setdefault(body["id"], []).append(answer.json())
                promises.heard.append((sent, time.monotonic()))
                return
            promises.errors[str(answer.status_code)] += 1
            await asyncio.sleep(0.02)

    async def answers(self, since: float, *, within_s: float = START_S) -> float:
        """Wait for a receipt whose request was sent after `since`; seconds from then to it."""
        give_up = time.monotonic() + within_s
        while time.monotonic() < give_up:
            for sent, came in reversed(self.promises.heard[-50:]):
                if sent > since:
                    return came - since
            await asyncio.sleep(0.005)
        raise AssertionError(f"no receipt for {within_s} s; errors {self.promises.errors}; {self._log()}")

    async def ready(self) -> None:
        give_up = time.monotonic() + START_S
        async with httpx.AsyncClient(base_url=self.url, timeout=2.0) as client:
            while self.alive and time.monotonic() < give_up:
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get("/api/citizen/terms")).status_code == 200:
                        return
                await asyncio.sleep(0.05)
        raise AssertionError(f"the centre does not come up: {self._log()}")

    def _log(self) -> str:
        return (self.folder / "server.log").read_text(encoding="utf-8", errors="replace")[-3000:]

    # -- the proof

    async def broken(self, *, settle_s: float = 90.0) -> list[str]:
        """Every promise that was not kept, one line each; the centre runs and has had time to finish."""
        promises = self.promises
        connection = await asyncpg.connect(read_note(self.data).dsn)
        try:
            rows = await connection.fetch(
                "SELECT s.*, i.id AS case, i.case_slot, (SELECT count(*) FROM ledger_entry e WHERE e.object = s.id"
                " AND e.act = 'signal.received') AS entries FROM signal s LEFT JOIN incident i ON i.id = s.incident"
            )
        finally:
            await connection.close()
        stored: dict[str, list[Mapping[str, Any]]] = {}
        for row in rows:
            stored.setdefault(row["client_id"], []).append(row)
        wrong = [f"lost: {id}" for id in promises.receipts if id not in stored]
        wrong += [f"doubled: {id}" for id, found in stored.items() if len(found) > 1]
        wrong += [f"from nowhere: {id}" for id in stored if id not in promises.tried]
        wrong += [f"half: {row['client_id']} without a case" for row in rows if row["case"] is None]
        wrong += [
            f"half: {row['client_id']} is {row['entries']} times in the ledger" for row in rows if row["entries"] != 1
        ]
        wrong += self._receipts(stored)
        return wrong + await self._check(settle_s)

    def _receipts(self, stored: Mapping[str, list[Mapping[str, Any]]]) -> list[str]:
        """What each phone was told is what is stored, and what it sealed opens."""
        folder, world, wrong = self.data / "keys", World(), []
        keys = Keys(world, folder, FileMaster(world, folder), readonly=True)
        try:
            for id, receipts in self.promises.receipts.items():
                for row in stored.get(id, [])[:1]:
                    told = {(receipt["receipt"], receipt["signal"], receipt["incident"]) for receipt in receipts}
                    if told != {(row["receipt"], row["id"], row["incident"])}:
                        wrong.append(f"another receipt: {id}")
                    try:
                        context = f"secret/{row['id']}".encode()
                        secret = keys.open(row["case_slot"], bytes(row["secret"]), context).decode()
                    except Unreadable as error:
                        wrong.append(f"unreadable: {id}: {error}")
                    else:
                        if {receipt["secret"] for receipt in receipts} != {secret}:
                            wrong.append(f"another secret: {id}")
        finally:
            keys.close()
        return wrong

    async def _check(self, settle_s: float) -> list[str]:
        """`ansim check`; what it finds while facts are still on their way is not wrong yet."""
        give_up = time.monotonic() + settle_s
        while True:
            done = await asyncio.to_thread(
                subprocess.run, [sys.executable, "-m", "ansim", "check", "--data", str(self.data)],
                capture_output=True, text=True, cwd="/", check=False,
            )  # fmt: skip
            if done.returncode == 0:
                return []
            if time.monotonic() > give_up:
                return [f"check: {line}" for line in (done.stdout + done.stderr[-500:]).splitlines()[:8]]
            await asyncio.sleep(2.0)


async def first_start(folder: Path) -> None:
    """A centre that has run once and was stopped: its cluster is made, and its tables are on the disk."""
    house = House(folder)
    house.start()
    await house.ready()
    await asyncio.to_thread(house.stop_server)


def kill(processes: list[psutil.Process]) -> None:
    """All at once, as when the kernel ends a group for its memory."""
    for one in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(one.pid, signal.SIGSTOP)
    for one in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(one.pid, signal.SIGKILL)
