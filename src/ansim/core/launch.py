"""Starting a server that must not outlive us."""

from __future__ import annotations

import socket

LAUNCH = """
exec 3<&0 </dev/null
( { read -r _ <&3 || kill -INT $$; } & )
exec 3<&-
exec "$@"
"""
"""For `/bin/sh -c LAUNCH sh PROGRAM …` with a pipe on its standard input.

The server becomes the process we started (exec); beside it a small shell waits on a pipe that only we hold
open. End of file means that we died: it asks for a fast, clean shutdown. A line means: nothing to do now.
PR_SET_PDEATHSIG would not do: it fires when the *thread* that started the server ends.
"""


def free_port() -> int:
    """A port of loopback that nobody has just now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
