"""The operating system's random bytes, fetched by the page."""

from __future__ import annotations

import os
import random
import threading

_PAGE = 4096


class _Page:
    """Random bytes that nobody has had yet. What is handed out is wiped here, and a forked child fetches its own."""

    def __init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        self._lock = threading.Lock()
        self._bytes = bytearray(_PAGE)
        self._used = _PAGE

    def take(self, length: int) -> bytes:
        with self._lock:
            if self._used + length > _PAGE:
                self._bytes[:] = os.urandom(_PAGE)
                self._used = 0
            start, end = self._used, self._used + length
            self._used = end
            taken = bytes(self._bytes[start:end])
            self._bytes[start:end] = bytes(length)
            return taken


_page = _Page()
# with a lock of its own too: another thread of the parent may have held that one
os.register_at_fork(after_in_child=_page.begin_anew)


class SystemRandom(random.SystemRandom):
    """As the standard library's, which makes a system call for every key, nonce and id: thirteen for one SOS."""

    def randbytes(self, n: int) -> bytes:
        return _page.take(n) if n <= _PAGE else os.urandom(n)

    def getrandbits(self, k: int) -> int:
        if k < 0:
            raise ValueError("number of bits must be non-negative")
        length = (k + 7) // 8
        return int.from_bytes(self.randbytes(length)) >> (length * 8 - k)
