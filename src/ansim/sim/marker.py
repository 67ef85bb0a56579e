"""A small block code burnt into a corner of every picture: whose picture it is and of which second.

Whoever decodes a stream can prove with it that the picture is that camera's and of now: an old or another
camera's
picture carries another code. 8 x 8 cells: one row of sync, 24 bits of the camera's name hash, 24 bits of the
Unix
second, 8 bits of CRC (polynomial 0x07). The cells are black or white and larger than what compression smears.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Plane8 = npt.NDArray[np.uint8]

CELL_PX = 4
MARGIN_PX = 8
SYNC = 0b10110010
SIDE_PX = 8 * CELL_PX


class Code(NamedTuple):
    """What a picture says of itself. `camera` as by `camera_hash`; `second` is Unix time modulo 2**24."""

    camera: int
    second: int


def camera_hash(camera: str) -> int:
    """24 bits that stand for a camera's id in its pictures."""
    return int.from_bytes(sha256(camera.encode()).digest()[:3])


def cells(code: Code) -> Plane8:
    """The 8 x 8 pattern, 1 for white."""
    body = bytes([SYNC]) + code.camera.to_bytes(3) + code.second.to_bytes(3)
    return np.unpackbits(np.frombuffer(body + bytes([_crc8(body)]), np.uint8)).reshape(8, 8)


def stamp(luma: Plane8, code: Code) -> None:
    """Draw the code into the lower right corner of a luma plane (height, width), with a dark rim."""
    height, width = luma.shape
    top, left = height - MARGIN_PX - SIDE_PX, width - MARGIN_PX - SIDE_PX
    luma[top - CELL_PX : top + SIDE_PX + CELL_PX, left - CELL_PX : left + SIDE_PX + CELL_PX] = 16
    luma[top : top + SIDE_PX, left : left + SIDE_PX] = np.kron(
        16 + 219 * cells(code), np.ones((CELL_PX, CELL_PX), np.uint8)
    )


def read_code(frame: Any) -> Code | None:
    """The code in a decoded picture: a PyAV video frame or its luma plane (height, width). None when
    unreadable."""
    luma: Plane8 = frame if isinstance(frame, np.ndarray) else frame.to_ndarray(format="gray")
    height, width = luma.shape
    top, left = height - MARGIN_PX - SIDE_PX, width - MARGIN_PX - SIDE_PX
    if top < 0 or left < 0:
        return None
    square = luma[top : top + SIDE_PX, left : left + SIDE_PX].astype(np.float32)
    # Only the middle of each cell: its rim is where compression rings.
    inner = square.reshape(8, CELL_PX, 8, CELL_PX)[:, 1:-1, :, 1:-1].mean(axis=(1, 3))
    body = np.packbits(inner > 125).tobytes()
    if body[0] != SYNC or _crc8(body[:7]) != body[7]:
        return None
    return Code(camera=int.from_bytes(body[1:4]), second=int.from_bytes(body[4:7]))


def _crc8(octets: bytes) -> int:
    crc = 0
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = (crc << 1) ^ (0x107 if crc & 0x80 else 0)
    return crc
