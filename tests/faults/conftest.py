from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder(open_folder: Path) -> Iterator[Path]:
    """An empty folder that the database server's own user can reach."""
    path = Path(tempfile.mkdtemp(dir=open_folder, prefix="faults."))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)
