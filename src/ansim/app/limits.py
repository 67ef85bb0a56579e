"""What this process asks of the system that it runs on."""

from __future__ import annotations

import resource


def open_many_files() -> None:
    """Two files and a connection for each camera that is recorded; the usual limit is for a program, not a server."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
