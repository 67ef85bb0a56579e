"""RTP packets of a camera to its pictures, whatever codec they are of.

Sources: RFC 3550 (RTP), and what RFC 6184 (H.264) and RFC 7798 (H.265) have in common: a packet holds a unit, several, or a
part of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ansim.nodes.media.codec import Codec, ParameterSets

MOST_IN_PICTURE = 8 * 1024 * 1024  # bytes; a picture that never ends is none


class AccessUnit(NamedTuple):
    """One picture as it came; `body`: its slices, each behind its length as 4 bytes (ISO/IEC 14496-15)."""

    timestamp: int  # RTP, 90 kHz, 32 bits
    key: bool
    body: bytes
    parameters: ParameterSets | None  # when they came with this picture or with the description
    leading: bool = False  # refers to what was before the last key frame as well


class Depacketiser:
    """RTP packets in, whole access units out. A picture with a packet missing is never given out, nor what
    refers to it.

    `lost` counts packets that never came, `dropped` pictures left out because of that, `keyless` whole ones since the last that
    could be shown, in which no key frame came.
    """

    def __init__(self, codec: Codec, parameters: ParameterSets | None = None) -> None:
        self.lost = 0
        self.dropped = self.keyless = 0
        self._codec = codec
        # of a packet with the middle of a unit: what its first byte says, and where its content begins
        self._kind, self._middle = codec.mask << codec.shift, codec.fragment << codec.shift
        self._content = 12 + codec.header + 1
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
        self._orphans = True  # until the next one: so do those that lead it

    def push(self, packet: bytes) -> Sequence[AccessUnit]:
        """Take one RTP packet (RFC 3550); mostly gives nothing or one access unit. A packet that is none is
        dropped.
        """
        size = len(packet)
        # nine in ten: the middle of a unit that was cut, next in order, of the same time
        if (
            (fragments := self._fragments)
            and size > (content := self._content)
            and packet[0] == 0x80
            and packet[1] < 0x80
            and packet[12] & self._kind == self._middle
            and packet[content - 1] < 0x40
            and (packet[2] << 8 | packet[3]) == self._sequence + 1
            and packet[4:8] == self._time
            and self._size + size <= MOST_IN_PICTURE
        ):
            self._sequence += 1
            self._size += size
            fragments.append(packet[content:])
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
        codec = self._codec
        kind = packet[start] >> codec.shift & codec.mask
        at = start + codec.header
        if kind == codec.fragment:
            if end - at < 2:
                self._damaged = True
                return
            edge = packet[at]
            if edge & 0x80:
                self._fragments = [codec.whole(packet[start:at], edge & codec.mask)]
            if self._fragments is None:
                self._damaged = True
                return
            self._fragments.append(packet[at + 1 : end])
            if edge & 0x40:
                self._units.append(b"".join(self._fragments))
                self._fragments = None
        elif kind == codec.aggregation:
            while at + 2 <= end:
                length = packet[at] << 8 | packet[at + 1]
                if length < codec.header or at + 2 + length > end:
                    self._damaged = True
                    return
                self._units.append(packet[at + 2 : at + 2 + length])
                at += 2 + length
        elif kind in codec.singles and at <= end:
            self._units.append(packet[start:end])
        else:
            self._damaged = True  # interleaved modes were never agreed on

    def _finish(self) -> Sequence[AccessUnit]:
        codec, units, damaged = self._codec, self._units, self._damaged or self._fragments is not None
        self._units, self._fragments, self._damaged, self._size = [], None, False, 0
        key = leading = told = False
        body: list[bytes] = []
        for unit in units:
            kind = unit[0] >> codec.shift & codec.mask
            if kind in codec.left_out:
                told |= kind in codec.sets
                continue
            key |= kind in codec.keys
            leading |= kind in codec.leading
            body.append(len(unit).to_bytes(4, "big"))
            body.append(unit)
        if told:
            self._parameters = codec.learnt(units, self._parameters)
        if damaged:
            self._resync = True
        if not body:
            return ()
        if damaged or (self._resync and not key) or (leading and self._orphans) or self._parameters is None:
            self.dropped += self._begun
            self.keyless += not key
            return ()
        if key:
            self._orphans = self._resync
        self._resync, self._begun, self.keyless = False, True, 0
        return (AccessUnit(self._timestamp, key, b"".join(body), self._parameters, leading),)
