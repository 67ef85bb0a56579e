"""Turns a camera's clock, which jumps and wraps, into one that only goes forward."""

from __future__ import annotations

from typing import NamedTuple

from ansim.nodes.media.fmp4 import TIMESCALE

JUMP = 10 * TIMESCALE  # a step larger than this is a camera setting its clock, not a pause
USUAL = TIMESCALE // 25


class Times(NamedTuple):
    """Ticks of fmp4.TIMESCALE."""

    decode: int
    offset: int
    duration: int


class Timeline:
    def __init__(self) -> None:
        self._timestamp: int | None = None
        self._present = 0
        self._decode = -1
        self._interval = USUAL

    def expect(self, frames_per_second: float | None) -> None:
        """What the camera says of its rate, for the pictures before its own times tell."""
        if frames_per_second and 1 <= frames_per_second <= 240:
            self._interval = round(TIMESCALE / frames_per_second)

    def place(self, timestamp: int) -> Times | None:
        """Times of the picture with this RTP timestamp; None when its time has not advanced, so that it is
        not new.
        """
        if self._timestamp is not None:
            step = (timestamp - self._timestamp + 0x8000_0000) % 0x1_0000_0000 - 0x8000_0000
            if step == 0:
                return None
            if abs(step) > JUMP:
                step = self._interval
            elif step > 0:
                self._interval = step
            self._present += step
        self._timestamp = timestamp
        # pictures out of presentation order (B frames) keep a decode time that only rises
        self._decode = max(self._decode + 1, self._present)
        return Times(self._decode, self._present - self._decode, self._interval)
