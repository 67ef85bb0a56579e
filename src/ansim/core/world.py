"""Everything outside the code that the code may touch, in one value that is passed in."""

from __future__ import annotations

import base64
import random
from dataclasses import dataclass, field

from ansim.core.clock import Clock, SystemClock
from ansim.core.disk import Disk, RealDisk
from ansim.core.randomness import SystemRandom


@dataclass(frozen=True)
class World:
    clock: Clock = field(default_factory=SystemClock)
    random: random.Random = field(default_factory=SystemRandom)
    disk: Disk = field(default_factory=RealDisk)

    _last: list[int] = field(default_factory=lambda: [0], repr=False, compare=False)

    def id(self) -> str:
        """A new identifier: UUID version 7 (RFC 9562) as 32 lowercase hex digits. Those of one process sort in the
        order they were made: 12 bits count within a millisecond (section 6.2, method 1)."""
        tick = max(int(self.clock.now().timestamp() * 1000) << 12, self._last[0] + 1)
        self._last[0] = tick
        value = (tick >> 12) << 80 | 0x7 << 76 | (tick & 0xFFF) << 64
        return f"{value | 0b10 << 62 | self.random.getrandbits(62):032x}"

    def secret(self) -> str:
        """A bearer secret: 256 random bits as 43 URL-safe characters."""
        return base64.urlsafe_b64encode(self.token_bytes(32)).rstrip(b"=").decode()

    def token_bytes(self, length: int) -> bytes:
        return self.random.randbytes(length)
