"""What a process tells whoever started it: that it serves, that it stops (sd_notify(3)). Without somebody who wants to know, nothing."""

from __future__ import annotations

import os
import socket
from typing import Literal


def tell(state: Literal["READY=1", "STOPPING=1"]) -> None:
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
            told.connect("\0" + address[1:] if address.startswith("@") else address)
            told.sendall(state.encode())
