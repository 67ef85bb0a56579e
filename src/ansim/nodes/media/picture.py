"""What a key frame shows, decoded alone."""

from __future__ import annotations

import av
import numpy as np
import numpy.typing as npt

from ansim.nodes.media.ring import Frame

_START = b"\0\0\0\1"


def annex_b(frame: Frame) -> bytes:
    """The key frame as a byte stream of its own (annex B of H.264 and of H.265), parameter sets first."""
    parts = [_START + unit for unit in frame.stream.parameters.units]
    at = 0
    while at + 4 <= len(frame.body):
        length = int.from_bytes(frame.body[at : at + 4], "big")
        parts.append(_START + bytes(frame.body[at + 4 : at + 4 + length]))
        at += 4 + length
    return b"".join(parts)


def decoded(frame: Frame) -> av.VideoFrame:
    """Its planes of 8 bits a sample. Takes a thread's time, not the loop's. Raises ValueError when it cannot be decoded."""
    decoder = av.CodecContext.create(frame.stream.parameters.decoder, "r")
    assert isinstance(decoder, av.VideoCodecContext)
    try:
        pictures = [*decoder.decode(av.Packet(annex_b(frame))), *decoder.decode(None)]
    except av.FFmpegError as error:
        raise ValueError("the key frame cannot be decoded") from error
    if not pictures:
        raise ValueError("the key frame cannot be decoded")
    picture = pictures[0]
    return picture if picture.format.components[0].bits == 8 else picture.reformat(format="yuv420p")


def luma(picture: av.VideoFrame) -> npt.NDArray[np.uint8]:
    """Its brightness, rows by columns."""
    plane = picture.planes[0]
    rows: npt.NDArray[np.uint8] = np.frombuffer(bytes(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: picture.height, : picture.width]
