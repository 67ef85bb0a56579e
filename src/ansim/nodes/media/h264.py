"""What must be known of H.264 to pass it through untouched: parameter sets, key frames, RTP packets.

Sources: ITU-T H.264 clauses 7.3 and 7.4 and annex E (syntax), RFC 6184 (RTP payload: single NAL unit, STAP-A,
FU-A).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

MOST_IN_PICTURE = 8 * 1024 * 1024  # bytes; a picture that never ends is none
MOST_IN_PARAMETER_SET, MOST_PICTURE_SETS = 4096, 32
SLICE_IDR = 5
SPS = 7
PPS = 8
STAP_A = 24
FU_A = 28
# what a browser's decoder does not need: supplementary information, parameter sets (they are in the init
# segment), delimiters, end marks, filler
LEFT_OUT = frozenset({6, SPS, PPS, 9, 10, 11, 12})
CHROMA_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})


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
        """ue(v), clause 9.1."""
        zeros = 0
        while not self.flag():
            zeros += 1
            if zeros > 32:
                raise Malformed("an Exp-Golomb code is too long")
        return (1 << zeros) - 1 + self.read(zeros)

    def signed(self) -> int:
        """se(v), clause 9.1.1."""
        code = self.unsigned()
        return (code + 1) // 2 if code & 1 else -(code // 2)


@dataclass(frozen=True)
class Picture:
    """A sequence parameter set's size in pixels after cropping, and its frame rate if it tells one."""

    width: int
    height: int
    frames_per_second: float | None


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
    if not (0 < width <= 16384 and 0 < height <= 16384):
        raise Malformed("a picture of an impossible size")
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


@dataclass(frozen=True)
class ParameterSets:
    """What a decoder needs before the first slice. Two equal values can share one init segment."""

    sps: bytes
    pps: tuple[bytes, ...]

    @property
    def codec(self) -> str:
        """The codec string of RFC 6381, as MediaSource.isTypeSupported wants it."""
        return "avc1." + self.sps[1:4].hex()


class AccessUnit(NamedTuple):
    """One picture as it came; `body`: its slices, each behind its length as 4 bytes (ISO/IEC 14496-15)."""

    timestamp: int  # RTP, 90 kHz, 32 bits
    key: bool
    body: bytes
    parameters: ParameterSets | None  # when they came with this picture or with the description


class Depacketiser:
    """RTP packets in, whole access units out. A picture with a packet missing is never given out, nor what
    refers to it.

    `lost` counts packets that never came, `dropped` pictures left out because of that, `keyless` whole ones since the last that
    could be shown, in which no key frame came.
    """

    def __init__(self, parameters: ParameterSets | None = None) -> None:
        self.lost = 0
        self.dropped = self.keyless = 0
        self._parameters = parameters
        self._sequence = self._restart = -1
        self._timestamp = 0
        self._time = b""  # the same, as it is sent
        self._units: list[bytes] = []
        self._size = 0
        self._fragments: list[bytes] | None = None
        self._damaged = False
        self._begun = False
        self._resync = True  # until a key frame: everything refers to something we have not seen

    def push(self, packet: bytes) -> Sequence[AccessUnit]:
        """Take one RTP packet (RFC 3550); mostly gives nothing or one access unit. A packet that is none is
        dropped.
        """
        size = len(packet)
        # nine in ten: the middle of a unit that was cut, next in order, of the same time (RFC 6184 5.8)
        if (
            (fragments := self._fragments)
            and size > 14
            and packet[0] == 0x80
            and packet[1] < 0x80
            and packet[12] & 31 == FU_A
            and packet[13] < 0x40
            and (packet[2] << 8 | packet[3]) == self._sequence + 1
            and packet[4:8] == self._time
            and self._size + size <= MOST_IN_PICTURE
        ):
            self._sequence += 1
            self._size += size
            fragments.append(packet[14:])
            return ()
        if size < 13 or packet[0] & 0xC0 != 0x80:
            return ()
        start = 12 + (packet[0] & 15) * 4
        if packet[0] & 0x10:
            if size < start + 4:
                return ()
            start += 4 + int.from_bytes(packet[start + 2 : start + 4], "big") * 4
        if packet[0] & 0x20:
            size -= packet[-1]
        if start >= size:
            return ()
        sequence = packet[2] << 8 | packet[3]
        ready: Sequence[AccessUnit] = ()
        timestamp = int.from_bytes(packet[4:8], "big")
        gap = (sequence - self._sequence - 1) & 0xFFFF if self._sequence >= 0 else 0
        if gap >= 0x8000:
            # TCP keeps order, so the camera sent it twice, or counts anew if the next one follows (RFC 3550 A.1)
            expected, self._restart = self._restart, sequence + 1 & 0xFFFF
            if gap == 0xFFFF or sequence != expected:
                return ()
            gap = 1
        self._sequence = sequence
        if timestamp != self._timestamp:
            # some cameras never set the marker: a new time ends the picture as well
            if self._units or self._fragments:
                self._damaged |= gap > 0
                ready = self._finish()
            self._timestamp = timestamp
        self._time = packet[4:8]
        if gap:
            self.lost += gap
            self._damaged = True
        self._size += size
        if self._size > MOST_IN_PICTURE:
            self._units, self._fragments, self._damaged = [], None, True
        else:
            self._take(packet, start, size)
        if packet[1] & 0x80:
            return [*ready, *self._finish()] if ready else self._finish()
        return ready

    def _take(self, packet: bytes, start: int, end: int) -> None:
        kind = packet[start] & 31
        if kind == FU_A:
            if end - start < 3:
                self._damaged = True
                return
            header = packet[start + 1]
            if header & 0x80:
                self._fragments = [bytes((packet[start] & 0xE0 | header & 31,))]
            if self._fragments is None:
                self._damaged = True
                return
            self._fragments.append(packet[start + 2 : end])
            if header & 0x40:
                self._units.append(b"".join(self._fragments))
                self._fragments = None
        elif kind == STAP_A:
            at = start + 1
            while at + 2 <= end:
                length = packet[at] << 8 | packet[at + 1]
                if not length or at + 2 + length > end:
                    self._damaged = True
                    return
                self._units.append(packet[at + 2 : at + 2 + length])
                at += 2 + length
        elif 0 < kind < STAP_A:
            self._units.append(packet[start:end])
        else:
            self._damaged = True  # interleaved modes were never agreed on

    def _finish(self) -> Sequence[AccessUnit]:
        units, damaged = self._units, self._damaged or self._fragments is not None
        self._units, self._fragments, self._damaged, self._size = [], None, False, 0
        key = False
        body: list[bytes] = []
        for unit in units:
            kind = unit[0] & 31
            if kind in LEFT_OUT:
                continue
            key |= kind == SLICE_IDR
            body.append(len(unit).to_bytes(4, "big"))
            body.append(unit)
        self._learn(units)
        if damaged:
            self._resync = True
        if not body:
            return ()
        if damaged or (self._resync and not key) or self._parameters is None:
            self.dropped += self._begun
            self.keyless += not key
            return ()
        self._resync, self._begun, self.keyless = False, True, 0
        return (AccessUnit(self._timestamp, key, b"".join(body), self._parameters),)

    def _learn(self, units: list[bytes]) -> None:
        sps = next((unit for unit in reversed(units) if unit[0] & 31 == SPS), None)
        pps = tuple(dict.fromkeys(unit for unit in units if unit[0] & 31 == PPS))
        if sps is None and not pps:
            return
        if len(pps) > MOST_PICTURE_SETS or max(map(len, (*pps, sps or b""))) > MOST_IN_PARAMETER_SET:
            return
        known = self._parameters
        if sps is None:
            if known is not None and not set(pps) <= set(known.pps):
                self._parameters = ParameterSets(known.sps, pps)
        elif pps or known is not None:
            changed = ParameterSets(sps, pps or (known.pps if known else ()))
            if changed != known:
                self._parameters = changed
