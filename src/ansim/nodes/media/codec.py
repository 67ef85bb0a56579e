"""What the media node must know of a way of coding video to pass it through untouched.

A codec is one class that fills in `Codec`, with one that fills in `ParameterSets`: h264.py and h265.py.
"""

from __future__ import annotations

import base64
import binascii
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

MOST_IN_PARAMETER_SET, MOST_PICTURE_SETS = 4096, 32


class Malformed(ValueError):
    """A stream that does not follow its own syntax."""


class Bits:
    """Reads a raw byte sequence payload bit by bit; emulation prevention bytes are taken out first."""

    def __init__(self, payload: bytes) -> None:
        clean = payload.replace(b"\0\0\3", b"\0\0")
        self._value = int.from_bytes(clean, "big")
        self._left = len(clean) * 8

    def read(self, count: int) -> int:
        if count > self._left:
            raise Malformed("a parameter set ends too early")
        self._left -= count
        return self._value >> self._left & (1 << count) - 1

    def flag(self) -> bool:
        return self.read(1) == 1

    def unsigned(self) -> int:
        """ue(v): H.264 clause 9.1, H.265 clause 9.2."""
        zeros = 0
        while not self.flag():
            zeros += 1
            if zeros > 32:
                raise Malformed("an Exp-Golomb code is too long")
        return (1 << zeros) - 1 + self.read(zeros)

    def signed(self) -> int:
        """se(v)."""
        code = self.unsigned()
        return (code + 1) // 2 if code & 1 else -(code // 2)


@dataclass(frozen=True)
class Picture:
    """Size in pixels after cropping, and the frame rate if the stream tells one before its first picture."""

    width: int
    height: int
    frames_per_second: float | None

    def __post_init__(self) -> None:
        if not (0 < self.width <= 16384 and 0 < self.height <= 16384):
            raise Malformed("a picture of an impossible size")


class ParameterSets(ABC):
    """What a decoder needs before the first slice. Two equal values can share one init segment."""

    decoder: ClassVar[str]
    """What FFmpeg calls its decoder."""
    entry: ClassVar[bytes]
    box: ClassVar[bytes]
    """The sample entry of ISO/IEC 14496-15, and the box in it that holds `configuration`."""
    brand: ClassVar[bytes]
    """Of ISO/IEC 14496-12, for the file type box."""
    everywhere: ClassVar[bool]
    """Whether every browser plays it."""

    @property
    @abstractmethod
    def units(self) -> tuple[bytes, ...]:
        """Whole units, in the order in which they refer to each other."""

    @property
    @abstractmethod
    def codec(self) -> str:
        """The codec string of RFC 6381, as MediaSource.isTypeSupported wants it. Raises Malformed."""

    @abstractmethod
    def picture(self) -> Picture:
        """Raises Malformed."""

    @abstractmethod
    def configuration(self) -> bytes:
        """The decoder configuration record of ISO/IEC 14496-15. Raises Malformed."""


class Codec(ABC):
    """`shift` and `mask`: where a unit has its kind in its first byte; `header`: bytes before its payload."""

    name: ClassVar[str]
    """In session descriptions and in ONVIF."""
    shift: ClassVar[int]
    mask: ClassVar[int]
    header: ClassVar[int]
    # kinds of what is in a packet: a unit by itself, several, a part of one
    singles: ClassVar[range]
    aggregation: ClassVar[int]
    fragment: ClassVar[int]
    # kinds of units
    keys: ClassVar[frozenset[int]]
    leading: ClassVar[frozenset[int]]
    """Come behind a key frame and refer to what was before it as well."""
    sets: ClassVar[tuple[int, ...]]
    """Parameter sets, in order; of the last kind there may be several."""
    left_out: ClassVar[frozenset[int]]
    """What a browser's decoder does not need: supplementary information, parameter sets (they are in the init segment),
    delimiters, end marks, filler.
    """
    properties: ClassVar[tuple[str, ...]]
    """What the parameter sets are called in a session description."""

    @abstractmethod
    def whole(self, header: bytes, kind: int) -> bytes:
        """The header of a unit that was cut, from the header of the packet with its first part."""

    @abstractmethod
    def parameters(self, units: Sequence[bytes]) -> ParameterSets:
        """Of one unit of each kind in `sets`, in this order, and further ones of the last kind."""

    def kind(self, unit: bytes) -> int:
        return unit[0] >> self.shift & self.mask

    def described(self, form: str) -> ParameterSets | None:
        """From the value of a=fmtp in a session description; None when it does not have them all. Raises Malformed for a
        form that is not read here.
        """
        units: list[bytes] = []
        for name in self.properties:
            if found := re.search(rf"(?:^|[;\s]){name}=([^;\s]+)", form):
                try:
                    units += [base64.b64decode(text + "=" * (-len(text) % 4)) for text in found[1].split(",") if text]
                except binascii.Error:
                    return None
        return self.learnt([unit for unit in units if unit], None)

    def learnt(self, units: Sequence[bytes], known: ParameterSets | None) -> ParameterSets | None:
        """What holds after these units: what came with them, and what was known where nothing came."""
        came = [[unit for unit in units if self.kind(unit) == kind] for kind in self.sets]
        if not any(came):
            return known
        *single, several = came
        if len(several) > MOST_PICTURE_SETS or max(len(unit) for one in came for unit in one) > MOST_IN_PARAMETER_SET:
            return known
        before = known.units if known is not None else ()
        first, rest = before[: len(single)], before[len(single) :]
        if not any(single) and set(several) <= set(rest):
            return known
        heads = [one[-1:] or list(first[at : at + 1]) for at, one in enumerate(single)]
        tail = list(dict.fromkeys(several)) or list(rest)
        if not all(heads) or not tail:
            return known
        changed = self.parameters([*(unit for one in heads for unit in one), *tail])
        return known if changed == known else changed
