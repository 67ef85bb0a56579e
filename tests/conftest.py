"""What the tests of every part share: an empty database each, the published vectors, a browser."""

import asyncio
import fcntl
import os
import shutil
import socket
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from ansim.core.postgres import EmbeddedPostgres

if TYPE_CHECKING:
    from playwright.async_api import Browser, Playwright

    from ansim.adapters.bus.broker import Broker

ROOT = Path(__file__).parents[1]
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "/usr/bin/chromium")
WITHOUT_WINDOWS = ("chromium-headless-shell", *CHROMIUM)
"""The first draws the same with half the processor time, but knows no push, no camera and no background sync."""

# The short form draws the same examples every time: what chance finds is for the long one.
settings.register_profile("short", derandomize=True)
settings.load_profile("default" if os.environ.get("ANSIM_FULL") == "1" else "short")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("ANSIM_FULL") == "1":
        return
    for item in items:
        if item.get_closest_marker("full"):
            item.add_marker(pytest.mark.skip(reason="the long form: ./run test --full"))


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """A folder that the database server's own user can reach; as root, pytest's own are closed to it.

    In memory where there is enough: a database for every test is made and dropped ten times as quickly.
    """
    memory = Path("/dev/shm")
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 4 << 30
    place = memory if roomy else Path(tempfile.gettempdir())
    for remains in place.glob("ansim-test.*"):
        # left by a run that was killed: the lock went with it
        with suppress(OSError), (remains / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(remains)
    draft = Path(tempfile.mkdtemp(prefix="ansim-draft.", dir=place))
    draft.chmod(0o711)
    with (draft / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # under its own name only once it is locked: others that start now clear what is not
        folder = draft.rename(place / draft.name.replace("draft", "test"))
        yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(open_folder: Path) -> Iterator[EmbeddedPostgres]:
    """The one server of a test run, with the settings of production but for what would get into each other's way."""
    # a database is dropped under whoever is still in it, and our role may not end the server's own vacuum worker
    settings = (("shared_buffers", "128MB"), ("autovacuum", "off"))
    server = EmbeddedPostgres(open_folder / "postgres", settings=settings)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Broker"]:
    """The one NATS server of a test run; each test has streams of its own."""
    from ansim.adapters.bus.broker import Broker

    broker = Broker(tmp_path_factory.mktemp("broker"))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def debian() -> Path:
    """Debian's programs of PostgreSQL."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("no PostgreSQL of Debian's on this machine (apt-get install postgresql)")
    return found[-1].parent


_numbers = count(1)
_template: list[str] = []


@pytest.fixture
async def empty_dsn(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """The address of a new database without a table in it."""
    name = await _create_database(postgres)
    yield postgres.dsn(name)
    await _drop_database(postgres, name)


@pytest.fixture
async def dsn(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """The address of a new database with the whole schema and no rows."""
    async with _whole_database(postgres) as address:
        yield address


@pytest.fixture
async def another_dsn(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    """As `dsn`, for a second centre."""
    async with _whole_database(postgres) as address:
        yield address


@pytest.fixture
def databases(postgres: EmbeddedPostgres) -> Callable[[], AbstractAsyncContextManager[str]]:
    """As `dsn`, for a test that does not know how many it needs."""
    return lambda: _whole_database(postgres)


@asynccontextmanager
async def _whole_database(postgres: EmbeddedPostgres) -> AsyncIterator[str]:
    if not _template:
        from ansim.core.migrate import migrate

        name = await _create_database(postgres)
        await migrate(postgres.dsn(name))
        _template.append(name)
    name = await _create_database(postgres, template=_template[0])
    yield postgres.dsn(name)
    await _drop_database(postgres, name)


async def _create_database(postgres: EmbeddedPostgres, *, template: str = "template1") -> str:
    name = f"test_{next(_numbers)}"
    # copying files is for large templates slower than the log, but ours is small and a checkpoint costs more
    await _command(postgres, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY wal_log")
    return name


async def _drop_database(postgres: EmbeddedPostgres, name: str) -> None:
    await _command(postgres, f"DROP DATABASE {name} WITH (FORCE)")


async def _command(postgres: EmbeddedPostgres, sql: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(postgres.dsn("postgres"))
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def shared() -> Path:
    """Published vectors, registers, footage and design pictures, where they lie beside the clone."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("no ../shared beside this clone")
    return folder.resolve()


class Chromium:
    """One headless browser for the whole run, in a thread and loop of its own, since tests have a loop each.

    Starting it costs more than most tests; they connect to it and open contexts of their own.
    """

    def __init__(self, program: str) -> None:
        self._program = program
        self._up, self._over = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None
        self._port = 0

    def address(self) -> str:
        """Where it listens; started when it is not running (it may have crashed in an earlier test)."""
        if self._thread is None or not self._thread.is_alive():
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self._port = free.getsockname()[1]
            self._up.clear()
            self._thread = threading.Thread(target=self._run, name="chromium", daemon=True)
            self._thread.start()
            self._up.wait(60)
            if self._failure is not None:
                raise self._failure
        return f"http://127.0.0.1:{self._port}"

    def close(self) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._live())
        except BaseException as failure:
            self._failure = failure
            self._up.set()

    async def _live(self) -> None:
        from playwright.async_api import async_playwright

        arguments = [
            f"--remote-debugging-port={self._port}",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-quic",
            "--no-first-run",
            "--autoplay-policy=no-user-gesture-required",
            # a camera that shows a test picture, for those whom a page allows one
            "--use-fake-device-for-media-stream",
            # two browsers on a machine without a network still hear each other
            "--allow-loopback-in-peer-connection",
            # maps are WebGL, and there is no graphics card
            "--use-angle=swiftshader",
            "--enable-unsafe-swiftshader",
            "--ignore-gpu-blocklist",
        ]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=self._program, args=arguments)
            self._up.set()
            while browser.is_connected() and not self._over.is_set():
                await asyncio.sleep(0.2)
            await browser.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    yield from _started(CHROMIUM)


@pytest.fixture(scope="session")
def chromium_without_windows() -> Iterator[Chromium]:
    yield from _started(WITHOUT_WINDOWS)


def _started(programs: Sequence[str]) -> Iterator[Chromium]:
    pytest.importorskip("playwright.async_api", reason="playwright is not installed")
    # a bare PATH may not name it
    found = next((path for path in map(shutil.which, programs) if path), None)
    if found is None:
        pytest.skip("no Chromium on this machine (apt-get install chromium)")
    chromium = Chromium(found)
    yield chromium
    chromium.close()


@asynccontextmanager
async def connected(chromium: Chromium, driver: "Playwright") -> AsyncIterator["Browser"]:
    address = await asyncio.to_thread(chromium.address)
    browser = await driver.chromium.connect_over_cdp(address)
    kept = list(browser.contexts)
    yield browser
    for context in browser.contexts:
        if context not in kept:
            await context.close()
    await browser.close()


@pytest.fixture
async def browser(chromium: Chromium) -> AsyncIterator["Browser"]:
    """A headless Chromium as users have it; what a test opens in it is closed after it."""
    from playwright.async_api import async_playwright

    async with async_playwright() as driver, connected(chromium, driver) as browser:
        yield browser
