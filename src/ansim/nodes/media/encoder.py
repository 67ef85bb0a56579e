"""H.264 that is made here, where nothing can be passed through: masked clips, and single pictures of what a browser cannot play.

It takes a thread's time: some half of a core's for every second of 720p.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

import av

from ansim.nodes.media.codec import ParameterSets
from ansim.nodes.media.fmp4 import TIMESCALE
from ansim.nodes.media.h264 import H264

_CODEC = H264()


class Encoder:
    """`parameters`: of what has come out so far; None before the first picture."""

    def __init__(self, width: int, height: int, *, key_every: int, options: Mapping[str, str]) -> None:
        """Even sizes. `key_every`: pictures from key frame to key frame."""
        self.parameters: ParameterSets | None = None
        self.width, self.height = width, height
        encoder = av.VideoCodecContext.create("libx264", "w")
        encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
        encoder.time_base, encoder.framerate = Fraction(1, TIMESCALE), Fraction(25)
        encoder.gop_size = key_every
        encoder.thread_count = 1
        encoder.options = {"tune": "zerolatency", "x264-params": "bframes=0:sliced-threads=0", **options}
        self._encoder = encoder

    def encode(self, picture: av.VideoFrame | None) -> list[tuple[bool, bytes]]:
        """Of each picture that comes out whether it is a key frame, and its slices, each behind its length; None: the last ones.
        `picture` is yuv420p, and its `pts` rises.
        """
        return [self._taken(bytes(packet)) for packet in self._encoder.encode(picture)]

    def _taken(self, packet: bytes) -> tuple[bool, bytes]:
        units = [unit for unit in re.split(b"\0\0\0?\1", packet) if unit]
        self.parameters = _CODEC.learnt(units, self.parameters)
        kept = [unit for unit in units if _CODEC.kind(unit) not in _CODEC.left_out]
        key = any(_CODEC.kind(unit) in _CODEC.keys for unit in kept)
        return key, b"".join(len(unit).to_bytes(4, "big") + unit for unit in kept)
