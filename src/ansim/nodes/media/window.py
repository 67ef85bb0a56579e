"""How far ahead of a viewer's eyes we may send.

A revoke cannot call back what has left. So the bytes that are out and not yet acknowledged are bounded by
what the viewer takes in the shortest round trip plus a little, which keeps the queues on the way nearly empty
(the model of Cardwell's BBR: delivery rate times shortest round trip).
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

QUEUE_S = 0.030  # what may stand in queues on the way
FIRST, LEAST, MOST = 32 * 1024, 2 * 1024, 512 * 1024  # bytes out
SMALLEST_MESSAGE, LARGEST_MESSAGE = 1024, 16 * 1024


class _Mark(NamedTuple):
    """A message that went out: when, the total with it, and how much had been acknowledged by then."""

    at: float
    total: int
    acknowledged: int


class Window:
    def __init__(self) -> None:
        self.size = FIRST
        self.sent_bytes = 0
        self._acknowledged = 0
        self._marks: deque[_Mark] = deque()
        self._fastest: float | None = None

    def room(self) -> int:
        """Bytes that may go out now, in one message."""
        left = self.size - (self.sent_bytes - self._acknowledged)
        # the first ones are small, to learn how long an empty line takes before we fill it
        return min(left, LARGEST_MESSAGE, max(SMALLEST_MESSAGE, min(self.size // 4, self.sent_bytes)))

    def sent(self, count: int, now: float) -> None:
        self.sent_bytes += count
        self._marks.append(_Mark(now, self.sent_bytes, self._acknowledged))

    def acknowledge(self, total: int, now: float) -> None:
        """The viewer has taken `total` bytes since it came. What it cannot have is not believed."""
        if not self._acknowledged < total <= self.sent_bytes:
            return
        self._acknowledged = total
        mark: _Mark | None = None
        while self._marks and self._marks[0].total <= total:
            mark = self._marks.popleft()
        if mark is None:
            return
        took = max(now - mark.at, 0.0005)
        rate = (total - mark.acknowledged) / took
        if self._fastest is None or took < self._fastest:
            self._fastest = took
        queued = took > self._fastest + QUEUE_S
        if queued and self.size == LEAST:
            self._fastest = took  # with next to nothing out, this is the line and no queue
        fitting = int(rate * (self._fastest + QUEUE_S))
        # without a queue a low rate only says that there was little to send
        self.size = min(MOST, max(LEAST, fitting if queued else max(fitting, self.size)))

    def behind(self, now: float) -> bool:
        """Whether bytes are out that should have been acknowledged by now."""
        return bool(self._marks) and now - self._marks[0].at > (self._fastest or 0.0) + QUEUE_S
