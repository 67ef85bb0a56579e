"""H.264: its parameter sets, its key frames, and how packets carry it.

Sources: ITU-T H.264 clauses 7.3 and 7.4 and annex E (syntax), RFC 6184 (RTP payload: single NAL unit, STAP-A,
FU-A), ISO/IEC 14496-15 clause 5 (avcC).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from ansim.nodes.media import codec
from ansim.nodes.media.codec import Bits, Malformed, Picture

SLICE_IDR = 5
SEI = 6
SPS = 7
PPS = 8
CHROMA_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})


@dataclass(frozen=True)
class ParameterSets(codec.ParameterSets):
    decoder = "h264"
    entry, box, brand = b"avc1", b"avcC", b"avc1"
    everywhere = True

    sps: bytes
    pps: tuple[bytes, ...]

    @property
    def units(self) -> tuple[bytes, ...]:
        return (self.sps, *self.pps)

    @property
    def codec(self) -> str:
        return "avc1." + self.sps[1:4].hex()

    def picture(self) -> Picture:
        return picture_of(self.sps)

    def configuration(self) -> bytes:
        return b"".join(
            (
                bytes((1, self.sps[1], self.sps[2], self.sps[3], 0xFF, 0xE1)),
                struct.pack(">H", len(self.sps)) + self.sps,
                bytes((len(self.pps),)),
                *(struct.pack(">H", len(pps)) + pps for pps in self.pps),
            )
        )


class H264(codec.Codec):
    name = "H264"
    shift, mask, header = 0, 31, 1
    singles, aggregation, fragment = range(1, 24), 24, 28  # STAP-A, FU-A
    keys = frozenset({SLICE_IDR})
    leading = frozenset[int]()
    sets = (SPS, PPS)
    left_out = frozenset({SEI, SPS, PPS, 9, 10, 11, 12})
    properties = ("sprop-parameter-sets",)

    def whole(self, header: bytes, kind: int) -> bytes:
        return bytes((header[0] & 0xE0 | kind,))

    def parameters(self, units: Sequence[bytes]) -> ParameterSets:
        return ParameterSets(units[0], tuple(units[1:]))


def picture_of(sps: bytes) -> Picture:
    """Read a sequence parameter set (a whole NAL unit, header included). Raises Malformed."""
    if len(sps) < 4 or sps[0] & 31 != SPS:
        raise Malformed("not a sequence parameter set")
    bits = Bits(sps[1:])
    profile = bits.read(8)
    bits.read(16)
    bits.unsigned()  # its id
    chroma = 1
    separate_planes = False
    if profile in CHROMA_PROFILES:
        chroma = bits.unsigned()
        if chroma == 3:
            separate_planes = bits.flag()
        bits.unsigned()
        bits.unsigned()
        bits.flag()
        if bits.flag():
            for index in range(12 if chroma == 3 else 8):
                if bits.flag():
                    _skip_scaling_list(bits, 16 if index < 6 else 64)
    bits.unsigned()
    order = bits.unsigned()
    if order == 0:
        bits.unsigned()
    elif order == 1:
        bits.flag()
        bits.signed()
        bits.signed()
        for _ in range(min(bits.unsigned(), 255)):
            bits.signed()
    bits.unsigned()
    bits.flag()
    width = (bits.unsigned() + 1) * 16
    map_units = bits.unsigned() + 1
    frames_only = bits.flag()
    height = map_units * 16 * (1 if frames_only else 2)
    if not frames_only:
        bits.flag()
    bits.flag()
    if bits.flag():
        left, right, top, bottom = (bits.unsigned() for _ in range(4))
        subsampled = 0 if separate_planes else chroma
        step_x = 2 if subsampled in (1, 2) else 1
        step_y = (2 if subsampled == 1 else 1) * (1 if frames_only else 2)
        width -= step_x * (left + right)
        height -= step_y * (top + bottom)
    return Picture(width, height, _frame_rate(bits) if bits.flag() else None)


def _skip_scaling_list(bits: Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


def _frame_rate(bits: Bits) -> float | None:
    """The part of the VUI (annex E.1.1) up to the timing."""
    if bits.flag() and bits.read(8) == 255:
        bits.read(32)
    if bits.flag():
        bits.flag()
    if bits.flag():
        bits.read(4)
        if bits.flag():
            bits.read(24)
    if bits.flag():
        bits.unsigned()
        bits.unsigned()
    if not bits.flag():
        return None
    units, scale = bits.read(32), bits.read(32)
    return scale / (2 * units) if units and scale else None
