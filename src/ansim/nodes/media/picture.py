"""A still picture of a camera: its newest key frame, decoded alone."""

from __future__ import annotations

from fractions import Fraction

import av

from ansim.nodes.media.ring import Frame

_START = b"\0\0\0\1"


def annex_b(frame: Frame) -> bytes:
    """The key frame as a byte stream of its own (H.264 annex B), parameter sets first."""
    parts = [_START + unit for unit in (frame.stream.parameters.sps, *frame.stream.parameters.pps)]
    at = 0
    while at + 4 <= len(frame.body):
        length = int.from_bytes(frame.body[at : at + 4], "big")
        parts.append(_START + bytes(frame.body[at + 4 : at + 4 + length]))
        at += 4 + length
    return b"".join(parts)


def decode(frame: Frame) -> av.VideoFrame:
    """Raises ValueError when the camera's key frame cannot be decoded."""
    decoder = av.CodecContext.create("h264", "r")
    try:
        pictures = [*decoder.decode(av.Packet(annex_b(frame))), *decoder.decode(None)]
    except av.FFmpegError as error:
        raise ValueError("the key frame cannot be decoded") from error
    if not pictures:
        raise ValueError("the key frame cannot be decoded")
    return pictures[0]


def jpeg(frame: Frame, width: int) -> bytes:
    """A JPEG at most `width` pixels wide. Takes a thread's time, not the loop's. Raises ValueError."""
    picture = decode(frame)
    wide = min(width, picture.width) // 2 * 2
    high = max(2, round(picture.height * wide / picture.width) // 2 * 2)
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = wide, high, "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    scaled = picture.reformat(width=wide, height=high, format="yuvj420p")
    scaled.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(scaled), *encoder.encode(None)])
