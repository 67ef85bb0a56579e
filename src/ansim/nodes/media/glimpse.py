"""A picture in which nobody can be recognised: what a wall shows outside incidents.

It is not a filter over a sharp picture but a smaller one: every pixel is the mean of a block, and what was in the block is not in the bytes, so nothing can bring it back.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import av
from PIL import Image

LONGER_SIDE = 64
"""Pixels. Over a view of 3 m, which is closer than cameras over streets look, that is 21 to a metre: less than the 25 at which a person is merely detected
(EN 62676-4; recognising takes 125, identifying 250). A face is 3 of them wide, a character of a number plate less than 2."""
QUALITY = 70
EVERY_S = 3.5
"""How much newer a key frame must be to be the next one: with key frames every 1, 2 or 4 s that is every 4 s."""


@dataclass(frozen=True, slots=True)
class Glimpse:
    """`at`: monotonic seconds of the key frame's arrival; `jpeg`: about a kilobyte."""

    at: float
    jpeg: bytes


def blurred(picture: av.VideoFrame) -> bytes:
    """Takes a thread's time, not the loop's."""
    scale = LONGER_SIDE / max(picture.width, picture.height)
    width, height = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    small = picture.reformat(width=width, height=height, format="rgb24", interpolation="AREA")
    file = io.BytesIO()
    Image.fromarray(small.to_ndarray()).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()
