"""H.265: its parameter sets, its key frames, and how packets carry it.

Sources: ITU-T H.265 clauses 7.3 and 7.4 (syntax), RFC 7798 (RTP payload: single NAL unit, AP, FU), ISO/IEC 14496-15
clause 8 (hvcC) and annex E (codec string).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ansim.nodes.media import codec
from ansim.nodes.media.codec import Bits, Malformed, Picture

VPS, SPS, PPS = 32, 33, 34
SUBSAMPLED = {0: (1, 1), 1: (2, 2), 2: (2, 1), 3: (1, 1)}
"""By chroma_format_idc: pixels to a sample of colour, across and down (table 6-1)."""


class Told(NamedTuple):
    """What a sequence parameter set says up to its bit depths. Its frame rate is far behind that, and the times of the
    pictures tell it with the second one.
    """

    space: int
    tier: int
    profile: int
    compatible: int  # 32 flags
    constraints: bytes  # 48 flags
    level: int
    layers: int
    nested: bool
    chroma: int
    luma_bits: int
    chroma_bits: int
    picture: Picture


@dataclass(frozen=True)
class ParameterSets(codec.ParameterSets):
    decoder = "hevc"
    entry, box, brand = b"hvc1", b"hvcC", b"iso6"
    everywhere = False

    vps: bytes
    sps: bytes
    pps: tuple[bytes, ...]

    @property
    def units(self) -> tuple[bytes, ...]:
        return (self.vps, self.sps, *self.pps)

    @property
    def codec(self) -> str:
        said = sequence_of(self.sps)
        space = " ABC"[said.space].strip()
        compatible = int(f"{said.compatible:032b}"[::-1], 2)
        parts = ["hvc1", f"{space}{said.profile}", f"{compatible:X}", f"{'LH'[said.tier]}{said.level}"]
        return ".".join([*parts, *(f"{byte:X}" for byte in said.constraints.rstrip(b"\0"))])

    def picture(self) -> Picture:
        return sequence_of(self.sps).picture

    def configuration(self) -> bytes:
        said = sequence_of(self.sps)
        record = struct.pack(
            ">BBI6sBHBBBBHBB",
            1,
            said.space << 6 | said.tier << 5 | said.profile,
            said.compatible,
            said.constraints,
            said.level,
            0xF000,  # no promise of slices that can be decoded side by side
            0xFC,
            0xFC | said.chroma,
            0xF8 | said.luma_bits - 8,
            0xF8 | said.chroma_bits - 8,
            0,  # an average rate that is not told
            said.layers << 3 | said.nested << 2 | 3,  # lengths of 4 bytes
            3,
        )
        arrays = []
        for kind, units in ((VPS, (self.vps,)), (SPS, (self.sps,)), (PPS, self.pps)):
            arrays.append(struct.pack(">BH", 0x80 | kind, len(units)))  # complete: none come with the pictures
            arrays += [struct.pack(">H", len(unit)) + unit for unit in units]
        return record + b"".join(arrays)


class H265(codec.Codec):
    name = "H265"
    shift, mask, header = 1, 63, 2
    singles, aggregation, fragment = range(48), 48, 49  # AP, FU
    keys = frozenset(range(16, 24))  # random access: BLA, IDR, CRA
    leading = frozenset({8, 9})  # RASL
    sets = (VPS, SPS, PPS)
    left_out = frozenset(range(32, 64))  # all that are no slices
    properties = ("sprop-vps", "sprop-sps", "sprop-pps")

    def whole(self, header: bytes, kind: int) -> bytes:
        return bytes((header[0] & 0x81 | kind << 1, header[1]))

    def parameters(self, units: Sequence[bytes]) -> ParameterSets:
        return ParameterSets(units[0], units[1], tuple(units[2:]))

    def described(self, form: str) -> codec.ParameterSets | None:
        # what is sent in another order carries a number in each packet (RFC 7798 4.4)
        if re.search(r"sprop-max-don-diff=0*[1-9]", form):
            raise Malformed("sends its pictures in another order than they are decoded in")
        return super().described(form)


def sequence_of(sps: bytes) -> Told:
    """Read a sequence parameter set (a whole NAL unit, header included). Raises Malformed."""
    if len(sps) < 4 or sps[0] >> 1 & 63 != SPS:
        raise Malformed("not a sequence parameter set")
    bits = Bits(sps[2:])
    bits.read(4)  # which video parameter set
    layers = bits.read(3) + 1
    nested = bits.flag()
    space, tier, profile = bits.read(2), bits.read(1), bits.read(5)
    compatible, constraints = bits.read(32), bits.read(48).to_bytes(6, "big")
    level = bits.read(8)
    _skip_layers(bits, layers)
    bits.unsigned()  # its id
    chroma = bits.unsigned()
    if chroma not in SUBSAMPLED:
        raise Malformed("a colour format that there is not")
    across, down = SUBSAMPLED[0 if chroma == 3 and bits.flag() else chroma]
    width, height = bits.unsigned(), bits.unsigned()
    if bits.flag():
        left, right, top, bottom = (bits.unsigned() for _ in range(4))
        width -= across * (left + right)
        height -= down * (top + bottom)
    luma_bits, chroma_bits = bits.unsigned() + 8, bits.unsigned() + 8
    if max(luma_bits, chroma_bits) > 16 or layers > 7:
        raise Malformed("a depth or a number of layers that there is not")
    return Told(
        space, tier, profile, compatible, constraints, level, layers, nested, chroma, luma_bits, chroma_bits,
        Picture(width, height, None),
    )  # fmt: skip


def _skip_layers(bits: Bits, layers: int) -> None:
    """The profiles and levels of the temporal layers below the highest (clause 7.3.3)."""
    if layers == 1:
        return
    told = [(bits.flag(), bits.flag()) for _ in range(layers - 1)]
    bits.read(2 * (9 - layers))
    for profile, level in told:
        bits.read(88 * profile + 8 * level)
