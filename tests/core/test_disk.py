"""The real disk behind its port."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from ansim.core.disk import RealDisk


def test_what_was_written_is_read_back_where_it_was_put(tmp_path: Path) -> None:
    file = RealDisk().open(tmp_path / "keys")
    file.pwrite(b"hello", 0)
    file.pwrite(b"J", 0)
    file.pwrite(b"!", 9)
    assert file.pread(10, 0) == b"Jello\0\0\0\0!" and file.size() == 10
    assert file.pread(5, 8) == b"\0!" and file.pread(5, 100) == b""
    file.flush()
    file.close()
    file.close()
    again = RealDisk().open(tmp_path / "keys", create=False)
    assert again.pread(5, 0) == b"Jello"
    again.close()


def test_opening_what_is_not_there(tmp_path: Path) -> None:
    disk = RealDisk()
    assert not disk.exists(tmp_path / "none")
    with pytest.raises(FileNotFoundError):
        disk.open(tmp_path / "none", create=False)
    assert not disk.exists(tmp_path / "none")
    disk.open(tmp_path / "none").close()
    assert disk.exists(tmp_path / "none")


def test_nobody_else_reads_it(tmp_path: Path) -> None:
    RealDisk().open(tmp_path / "keys").close()
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o600


def test_a_write_that_was_cut_short_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda descriptor, content, at: whole(descriptor, content[:3], at))
    file = RealDisk().open(tmp_path / "keys")
    file.pwrite(b"0123456789", 5)
    assert file.pread(10, 5) == b"0123456789"
    file.close()


def test_the_name_of_a_new_file_survives_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[str] = []

    def seen(real: Any) -> Any:
        def flush(descriptor: int) -> None:
            flushed.append(os.readlink(f"/proc/self/fd/{descriptor}"))
            real(descriptor)

        return flush

    monkeypatch.setattr(os, "fsync", seen(os.fsync))
    monkeypatch.setattr(os, "fdatasync", seen(os.fdatasync))
    file = RealDisk().open(tmp_path / "keys")
    assert flushed == [str(tmp_path)]
    file.flush()
    assert flushed == [str(tmp_path), str(tmp_path / "keys")]
    file.close()
    RealDisk().open(tmp_path / "keys").close()
    assert len(flushed) == 2, "an old file's name is there already"
