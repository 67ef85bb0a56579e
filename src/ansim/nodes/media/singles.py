"""A camera for those whose browser cannot play it: its key frames, made into a stream that every browser plays.

To whoever looks, and to everything on the way, it is a stream like any other, of one picture every few seconds. It costs one
look at each key frame, a thirtieth of transcoding all of it.
"""

from __future__ import annotations

import av

from ansim.nodes.media.encoder import Encoder
from ansim.nodes.media.fmp4 import TIMESCALE, fragment, init_segment
from ansim.nodes.media.ring import Frame, Stream
from ansim.nodes.media.timeline import Timeline

EVERY_S = 0.9
"""Key frames that come faster than this are left out: an encoder that makes nothing but them would cost as much as transcoding."""
OPTIONS = {"preset": "superfast", "profile": "main", "crf": "23"}


class Singles:
    """Of one camera, for as long as somebody needs them. Instants are monotonic seconds of the key frame's arrival."""

    def __init__(self) -> None:
        self.newest: Frame | None = None
        self._interval_s: float | None = None
        self._encoder: Encoder | None = None
        self._stream: Stream | None = None
        self._timeline = Timeline()
        self._sequence = 0

    def lack(self, frame: Frame) -> bool:
        """Whether this key frame is to be the next picture."""
        return self.newest is None or frame.at - self.newest.at >= EVERY_S

    def every_s(self, now: float) -> float:
        """Seconds from picture to picture; before there are two, how long the first one has lasted."""
        if self._interval_s is not None:
            return self._interval_s
        return max(EVERY_S, now - self.newest.at) if self.newest else EVERY_S

    def encode(self, picture: av.VideoFrame, at: float) -> bytes:
        """Takes a thread's time, not the loop's; one at a time, in order. Raises ValueError when it cannot be encoded."""
        width, height = picture.width & ~1, picture.height & ~1
        encoder = self._encoder
        if encoder is None or (encoder.width, encoder.height) != (width, height):
            encoder = self._encoder = Encoder(width, height, key_every=1, options=OPTIONS)
        plain = picture.reformat(width=width, height=height, format="yuv420p")
        plain.pts = round(at * TIMESCALE)
        try:
            [(_, body)] = encoder.encode(plain)
        except av.FFmpegError as error:
            raise ValueError("the key frame cannot be encoded") from error
        return body

    def add(self, body: bytes, at: float) -> Frame:
        """What `encode` gave last is the newest picture."""
        assert self._encoder is not None and self._encoder.parameters is not None
        parameters, stream = self._encoder.parameters, self._stream
        if stream is None or stream.parameters != parameters:
            stream = Stream(parameters, init_segment(parameters), self._encoder.width, self._encoder.height)
            self._stream = stream
        if self.newest is not None:
            self._interval_s = at - self.newest.at
        times = self._timeline.place(round(at * TIMESCALE) & 0xFFFFFFFF)
        assert times is not None  # `lack` saw to it
        self._sequence += 1
        whole = fragment(self._sequence, times.decode, times.offset, times.duration, True, body)
        self.newest = Frame(stream, True, at, whole, memoryview(whole)[-len(body) :])
        return self.newest
