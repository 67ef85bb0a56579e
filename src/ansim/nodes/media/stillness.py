"""Whether the picture behind a stream still moves.

A camera can go on sending, with a clock that runs, while its sensor or its encoder's input stands still. What tells it from
an empty street is noise: no sensor gives the same pixels twice, so a part of a picture that comes again to the bit was
not seen again but sent again. Key frames are compared because they are coded by themselves; part by part, because
cameras write the time into a corner; and with the last minute, because an encoder that steers its rate codes the same picture
now finer, now coarser. Parts without texture (night, a covered lens) say nothing.
"""

from __future__ import annotations

import zlib
from collections import deque
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

LOOK_EVERY_S, LOOK_RARELY_S = 2.0, 60.0
"""While somebody needs the camera, or something came again; and otherwise: decoding costs more than all else that is done here."""
FROZEN_S = 10.0
"""How long nothing may have moved before it is said."""
FEWEST_REPEATS = 4
LOOKS = 30
ROWS, COLUMNS = 9, 16
SAME = 0.75
"""Share of the parts with texture that must come again."""
TEXTURE = 3.0
"""Standard deviation of brightness below which a part says nothing."""
ENOUGH = 0.2
"""Share of all parts that must have texture for a judgement."""


class Parts(NamedTuple):
    """A picture in ROWS by COLUMNS parts: what is in each, and whether it has texture."""

    content: npt.NDArray[np.uint32]
    textured: npt.NDArray[np.bool_]


def parts_of(luma: npt.NDArray[np.uint8]) -> Parts:
    cells = [cell for row in np.array_split(luma, ROWS) for cell in np.array_split(row, COLUMNS, axis=1)]
    return Parts(
        np.array([zlib.crc32(cell.tobytes()) for cell in cells], np.uint32),
        np.array([cell.size > 0 and float(cell.std()) >= TEXTURE for cell in cells]),
    )


def repeats(now: Parts, before: Parts) -> bool:
    both = now.textured & before.textured
    if both.mean() < ENOUGH:
        return False
    return float((now.content == before.content)[both].mean()) >= SAME


class Stillness:
    """What was seen of one camera in the last minute. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._looks: deque[Parts] = deque(maxlen=LOOKS)
        self._asked_at = float("-inf")
        self._moved_at = 0.0
        self._repeats = 0

    def due(self, now: float, needed: bool) -> bool:
        """Whether to look at the key frame of now; true once for each look."""
        if now - self._asked_at < (LOOK_EVERY_S if needed or self._repeats else LOOK_RARELY_S):
            return False
        self._asked_at = now
        return True

    def add(self, parts: Parts, at: float) -> None:
        if any(repeats(parts, before) for before in self._looks):
            self._repeats += 1
        else:
            self._repeats, self._moved_at = 0, at
        self._looks.append(parts)

    def frozen_s(self, now: float) -> float | None:
        """How long the picture has been the same, when that is long enough to say so."""
        still = now - self._moved_at
        return still if self._repeats >= FEWEST_REPEATS and still >= FROZEN_S else None
