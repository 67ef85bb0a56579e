"""A disk with a volatile write cache whose power can be cut: one file in a FUSE mount, under a loop device and ext4.

What was written is volatile until the device is told to flush. Written to `ctl`:
    cut P   power off: every 4 KiB block that was not flushed survives with probability P; from now on there is no disk
    on      power on again
Run as `python tests/faults/virtual_disk.py BACKING BYTES MOUNTPOINT`; `VirtualDisk` drives it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

BLOCK = 4096
FSCK_FAILED = 4
"""e2fsck's exit status from which on errors were left uncorrected (e2fsck(8))."""


class VirtualDisk:
    """`with VirtualDisk(folder, 512 << 20) as disk:` and everything under `disk.files` is on it."""

    def __init__(self, folder: Path, size: int) -> None:
        self.files = folder / "files"
        self._fuse = folder / "fuse"
        self._backing = folder / "backing"
        self._size = size
        self._loop = ""
        self.checked: list[int] = []
        """What e2fsck returned after each cut."""

    def __enter__(self) -> VirtualDisk:
        for folder in (self.files, self._fuse):
            folder.mkdir()
        command = [sys.executable, __file__, self._backing, str(self._size), self._fuse]
        self._daemon = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self._until(lambda: (self._fuse / "ctl").exists(), "the FUSE mount")
            self._attach()
            run("mkfs.ext4", "-q", "-F", self._loop)
            self._mount()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for command in (["umount", self.files], ["losetup", "-d", self._loop], ["umount", self._fuse]):
            subprocess.run(command, check=False, capture_output=True)
        self._daemon.terminate()
        self._daemon.wait(10)

    def cut(self, survive: float = 0.5) -> None:
        """Power off. What runs on it must be killed before `restore`."""
        (self._fuse / "ctl").write_text(f"cut {survive}")

    def restore(self) -> None:
        """Power on, file system repaired as a booting machine does it, and mounted."""
        self._until(lambda: _ok("umount", self.files), "umount")
        (self._fuse / "ctl").write_text("on")
        # A new loop device: nothing of the old one's cache may be left.
        run("losetup", "-d", self._loop)
        self._attach()
        self.checked.append(subprocess.run(["e2fsck", "-p", self._loop], check=False, capture_output=True).returncode)
        self._mount()

    def _attach(self) -> None:
        self._loop = run("losetup", "-f", "--show", self._fuse / "disk").strip()

    def _mount(self) -> None:
        run("mount", self._loop, self.files)
        self.files.chmod(0o711)

    def _until(self, holds: Any, what: str) -> None:
        give_up = time.monotonic() + 20
        while not holds():
            if time.monotonic() > give_up:
                raise RuntimeError(f"{what} does not come")
            time.sleep(0.05)


def missing() -> str | None:
    """Why there can be no virtual disk here; None when there can."""
    if os.geteuid() != 0:
        return "only root can mount"
    if not os.access("/dev/fuse", os.W_OK) or not os.access("/dev/loop-control", os.W_OK):
        return "no FUSE or loop devices here"
    for program in ("losetup", "mkfs.ext4", "e2fsck", "mount"):
        if shutil.which(program) is None:
            return f"no {program} here"
    try:
        import mfusepy  # noqa: F401
    except ImportError:
        return "mfusepy is not installed"
    except OSError:
        return "no libfuse here (apt-get install fuse3)"
    return None


def run(*command: str | Path) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]}: {done.stderr.strip()}")
    return done.stdout


def _ok(*command: str | Path) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def serve(backing: str, size: int, mountpoint: str) -> None:
    import mfusepy as fuse

    class Disk(fuse.Operations):  # type: ignore[misc]
        use_ns = True

        def __init__(self) -> None:
            self._file = os.open(backing, os.O_RDWR | os.O_CREAT, 0o600)
            os.ftruncate(self._file, size)
            self._volatile: dict[int, bytearray] = {}
            self._lock = threading.Lock()
            self._draw = random.Random(1)
            self._on = True

        def getattr(self, path: str, fh: int | None = None) -> dict[str, int]:
            if path == "/":
                return {"st_mode": 0o40755, "st_nlink": 2}
            if path in ("/disk", "/ctl"):
                return {"st_mode": 0o100600, "st_nlink": 1, "st_size": size if path == "/disk" else 0}
            raise fuse.FuseOSError(errno.ENOENT)

        def readdir(self, path: str, fh: int) -> list[str]:
            return [".", "..", "disk", "ctl"]

        def open(self, path: str, flags: int) -> int:
            return 0

        def truncate(self, path: str, length: int, fh: int | None = None) -> int:
            return 0

        def read(self, path: str, length: int, offset: int, fh: int) -> bytes:
            with self._lock:
                self._check()
                out = bytearray(os.pread(self._file, length, offset).ljust(length, b"\0"))
                for block in range(offset // BLOCK, (offset + length - 1) // BLOCK + 1):
                    content = self._volatile.get(block)
                    if content is not None:
                        first, end = max(offset, block * BLOCK), min(offset + length, (block + 1) * BLOCK)
                        out[first - offset : end - offset] = content[first - block * BLOCK : end - block * BLOCK]
                return bytes(out)

        def write(self, path: str, content: bytes, offset: int, fh: int) -> int:
            if path == "/ctl":
                self._obey(content.decode().split())
                return len(content)
            with self._lock:
                self._check()
                for block in range(offset // BLOCK, (offset + len(content) - 1) // BLOCK + 1):
                    first, end = max(offset, block * BLOCK), min(offset + len(content), (block + 1) * BLOCK)
                    if block not in self._volatile:
                        self._volatile[block] = bytearray(
                            os.pread(self._file, BLOCK, block * BLOCK).ljust(BLOCK, b"\0")
                        )
                    part = content[first - offset : end - offset]
                    self._volatile[block][first - block * BLOCK : end - block * BLOCK] = part
            return len(content)

        def fsync(self, path: str, datasync: int, fh: int) -> int:
            with self._lock:
                self._check()
                self._keep(1.0)
            return 0

        def _keep(self, share: float) -> None:
            for block, content in self._volatile.items():
                if self._draw.random() < share:
                    os.pwrite(self._file, content, block * BLOCK)
            self._volatile.clear()

        def _check(self) -> None:
            if not self._on:
                raise fuse.FuseOSError(errno.EIO)

        def _obey(self, order: list[str]) -> None:
            with self._lock:
                if order[0] == "cut":
                    self._on = False
                    self._keep(float(order[1]))
                else:
                    self._on = True

    with contextlib.suppress(KeyboardInterrupt):
        fuse.FUSE(Disk(), mountpoint, foreground=True, nothreads=False, allow_other=True)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), sys.argv[3])
