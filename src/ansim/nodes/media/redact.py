"""A clip made anew for handing out: places masked, and who took it written into every picture.

It takes a thread's time, some half of a core's for every second of 720p.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

import av
import msgspec
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from ansim.nodes.media.encoder import Encoder
from ansim.nodes.media.fmp4 import TIMESCALE, fragment, init_segment

KEY_EVERY = 50  # pictures: two seconds at the usual 25
OPTIONS = {"preset": "veryfast", "crf": "23"}
_MASK, _BAND = 60, 16  # brightness of what is masked, and of the band with the words

Planes = npt.NDArray[np.uint8]


class Region(msgspec.Struct, frozen=True, kw_only=True):
    """What is masked: shares of the picture's width and height, from its upper left; all the time, or between two instants
    in seconds from the beginning.
    """

    x: float
    y: float
    width: float
    height: float
    from_s: float = 0.0
    until_s: float = float("inf")


class Remade(msgspec.Struct, frozen=True, kw_only=True):
    """An init segment (`frames` 0) or a group of pictures; seconds from the beginning."""

    content: bytes
    frames: int
    start_s: float
    end_s: float


class _Stream:
    """Pieces as a file that is read once, from its beginning to its end."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = b""

    def read(self, size: int) -> bytes:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._rest = piece
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


def redact(pieces: Iterable[bytes], regions: Sequence[Region], words: str) -> Iterator[Remade]:
    """Blocking. `words` in ASCII stand on a band below every picture. Raises ValueError for what is no video."""
    try:
        with av.open(_Stream(pieces), "r", format="mp4") as source:
            yield from _remade(source, regions, words)
    except av.FFmpegError as error:
        raise ValueError("the clip cannot be decoded") from error


def _remade(source: av.container.InputContainer, regions: Sequence[Region], words: str) -> Iterator[Remade]:
    encoder, band = None, None
    times: list[int] = []
    units: list[tuple[bool, bytes]] = []
    for frame in source.decode(video=0):
        planes: Planes = frame.reformat(format="yuv420p").to_ndarray().astype(np.uint8, copy=False)
        width, height = frame.width & ~1, frame.height & ~1
        if encoder is None:
            encoder = Encoder(width, height, key_every=KEY_EVERY, options=OPTIONS)
            band = _words(words, width, height)
        time_s = float(frame.time or 0.0)
        for region in regions:
            if region.from_s <= time_s < region.until_s:
                _cover(planes, region, frame.width, frame.height)
        assert band is not None
        _burn(planes, band, frame.height)
        picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        picture.pts = max(round(time_s * TIMESCALE), times[-1] + 1 if times else 0)
        picture.time_base = Fraction(1, TIMESCALE)
        times.append(picture.pts)
        units += encoder.encode(picture)
    if encoder is None:
        raise ValueError("the clip has no picture")
    units += encoder.encode(None)
    assert encoder.parameters is not None and len(units) == len(times)
    yield Remade(content=init_segment(encoder.parameters), frames=0, start_s=0.0, end_s=0.0)
    yield from _groups(units, times)


def _groups(units: list[tuple[bool, bytes]], times: list[int]) -> Iterator[Remade]:
    starts = [at for at, (key, _) in enumerate(units) if key]
    usual = times[-1] - times[-2] if len(times) > 1 else TIMESCALE // 25
    for first, after in zip(starts, [*starts[1:], len(units)], strict=True):
        content = []
        for at in range(first, after):
            duration = times[at + 1] - times[at] if at + 1 < len(times) else usual
            content.append(fragment(at + 1, times[at], 0, duration, units[at][0], units[at][1]))
        end = times[after] if after < len(times) else times[-1] + usual
        yield Remade(
            content=b"".join(content), frames=after - first, start_s=times[first] / TIMESCALE, end_s=end / TIMESCALE
        )


def _cover(planes: Planes, region: Region, width: int, height: int) -> None:
    """Filled, not blurred: what is blurred can be guessed. Rounded out to whole samples of colour."""
    left, top = int(region.x * width) & ~1, int(region.y * height) & ~1
    right = min(width, -2 * (-int(np.ceil((region.x + region.width) * width)) // 2))
    below = min(height, -2 * (-int(np.ceil((region.y + region.height) * height)) // 2))
    planes[top:below, left:right] = _MASK
    for plane in _colour(planes, width, height):
        plane[top // 2 : below // 2, left // 2 : right // 2] = 128


def _colour(planes: Planes, width: int, height: int) -> list[Planes]:
    flat = planes.reshape(-1)
    size = (width // 2) * (height // 2)
    start = width * height
    return [flat[start + at * size : start + (at + 1) * size].reshape(height // 2, width // 2) for at in (0, 1)]


def _words(words: str, width: int, height: int) -> Planes:
    """A band as wide as the picture, with the words on it: brightness only."""
    size = max(10, height // 26)
    font = ImageFont.load_default(size=size)
    while size > 6 and font.getlength(words) > width - 8:  # all of it is legible, or it is worth nothing
        size -= 1
        font = ImageFont.load_default(size=size)
    image = Image.new("L", (width, (size * 3 // 2 + 1) & ~1), 0)
    ImageDraw.Draw(image).text((4, size // 5), words, fill=255, font=font)
    shown = np.asarray(image, np.uint16)
    return (_BAND + shown * (235 - _BAND) // 255).astype(np.uint8)


def _burn(planes: Planes, band: Planes, height: int) -> None:
    rows, width = band.shape
    planes[height - rows : height, :width] = band
    for plane in _colour(planes, planes.shape[1], height):
        plane[(height - rows) // 2 :] = 128
