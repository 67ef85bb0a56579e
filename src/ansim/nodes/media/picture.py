"""What a key frame shows, decoded alone."""

from __future__ import annotations

import av
import numpy as np
import numpy.typing as npt

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


def decoded(frame: Frame) -> av.VideoFrame:
    """Takes a thread's time, not the loop's. Raises ValueError when it cannot be decoded."""
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    try:
        pictures = [*decoder.decode(av.Packet(annex_b(frame))), *decoder.decode(None)]
    except av.FFmpegError as error:
        raise ValueError("the key frame cannot be decoded") from error
    if not pictures:
        raise ValueError("the key frame cannot be decoded")
    return pictures[0]


def luma(picture: av.VideoFrame) -> npt.NDArray[np.uint8]:
    """Its brightness, rows by columns."""
    plane = picture.planes[0]
    rows: npt.NDArray[np.uint8] = np.frombuffer(bytes(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: picture.height, : picture.width]
