"""How a simulated camera codes its pictures. All cameras of one size have the same parameter sets."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Literal

import av
import numpy as np
import numpy.typing as npt
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

Codec = Literal["H264", "H265"]
"""As session descriptions and ONVIF name it."""
FPS = 10
KEY_EVERY = FPS

Planes = npt.NDArray[np.uint8]
"""A picture as YUV 4:2:0 planes one below the other: shape (height * 3 // 2, width)."""

# One slice a picture, nothing held back, and key pictures only where we ask for them.
_OPTIONS: dict[Codec, tuple[str, dict[str, str]]] = {
    "H264": (
        "libx264",
        {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "profile": "main",
            "crf": "25",
            "maxrate": "1200k",
            "bufsize": "1200k",
            "x264-params": "sliced-threads=0:scenecut=0:keyint=1000:min-keyint=1:forced-idr=1",
        },
    ),
    "H265": (
        "libx265",
        {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "crf": "28",
            "forced-idr": "1",
            "x265-params": "pools=none:frame-threads=1:wpp=0:scenecut=0:keyint=1000:min-keyint=1:bframes=0:info=0"
            ":vbv-maxrate=1200:vbv-bufsize=1200:repeat-headers=1:log-level=none",
        },
    ),
}
_SETS: dict[Codec, tuple[int, ...]] = {"H264": (7, 8), "H265": (32, 33, 34)}


def kind(codec: Codec, nal: bytes) -> int:
    return nal[0] & 31 if codec == "H264" else nal[0] >> 1 & 63


class Encoder:
    """`width`, `height`: of what comes out; pictures of another size are scaled."""

    def __init__(self, codec: Codec, width: int, height: int) -> None:
        name, options = _OPTIONS[codec]
        encoder = av.CodecContext.create(name, "w")
        assert isinstance(encoder, VideoCodecContext)
        encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
        encoder.time_base, encoder.framerate = Fraction(1, FPS), Fraction(FPS)
        encoder.thread_count = 1
        encoder.options = options
        encoder.open()
        self.codec, self.width, self.height = codec, width, height
        self._encoder = encoder
        self._since_key = 0

    def encode(self, planes: Planes, key: bool, *, keyless: bool = False) -> tuple[tuple[bytes, ...], bool]:
        """NAL units without start codes, parameter sets before a key picture; and whether it is one. A second without makes one due,
        unless `keyless`; the first is one whatever is asked for.
        """
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p").reformat(self.width, self.height)
        key = self._since_key == 0 or (not keyless and (key or self._since_key % KEY_EVERY == 0))
        self._since_key = 1 if key else self._since_key + 1
        frame.pict_type = PictureType.I if key else PictureType.NONE
        slices = tuple(nal for nal in self._nals(frame) if self._is_slice(nal))
        return ((*parameter_sets(self.codec, self.width, self.height), *slices) if key else slices), key

    def _nals(self, frame: av.VideoFrame) -> list[bytes]:
        return split(b"".join(bytes(packet) for packet in self._encoder.encode(frame)))

    def _is_slice(self, nal: bytes) -> bool:
        of = kind(self.codec, nal)
        return of < 32 if self.codec == "H265" else of not in (6, 7, 8, 9)

    def sets(self) -> tuple[bytes, ...]:
        """The parameter sets that come before a grey picture."""
        frame = av.VideoFrame.from_ndarray(np.full((self.height * 3 // 2, self.width), 128, np.uint8), format="yuv420p")
        frame.pict_type = PictureType.I
        by_kind = {kind(self.codec, nal): nal for nal in self._nals(frame)}
        return tuple(by_kind[one] for one in _SETS[self.codec])


@cache
def parameter_sets(codec: Codec, width: int, height: int) -> tuple[bytes, ...]:
    """Without start codes. They follow from size and options only."""
    return Encoder(codec, width, height).sets()


def split(stream: bytes) -> list[bytes]:
    """NAL units of a byte stream (annex B of H.264 and of H.265)."""
    return [nal.rstrip(b"\0") for nal in stream.split(b"\0\0\1")[1:]]
