"""Fragmented MP4 as Media Source Extensions take it: one init segment, then one fragment per picture.

Sources: ISO/IEC 14496-12 (boxes), 14496-15 (sample entries), the ISO BMFF byte stream format of W3C Media Source
Extensions.
"""

from __future__ import annotations

import struct

from ansim.nodes.media.codec import ParameterSets

TIMESCALE = 90_000  # the RTP clock of video, so no time is ever converted
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNDEFINED_LANGUAGE = 0x55C4
_KEY = 0x02000000  # sample_depends_on = 2: on nothing
_DELTA = 0x01010000  # depends on others, is no sync sample
_MOOF = struct.Struct(">I4s I4sII I4s I4sII I4sIQ I4sIIIIIIi I4s")
_MOOF_SIZE = _MOOF.size - 8  # what follows is the header of mdat
_SEQUENCE = struct.Struct(">I")
_TIME = struct.Struct(">Q")
_SEQUENCE_AT, _TIME_AT, _DURATION_AT = 20, 60, 88  # in a fragment of `fragment`
_TFHD_DEFAULT_BASE_IS_MOOF = 0x020000
_TRUN = 0x01000F01  # version 1: signed composition offset, after data offset, duration, size and flags


def _box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _full(kind: bytes, version: int, flags: int, *content: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *content)


def init_segment(parameters: ParameterSets) -> bytes:
    """ftyp and moov for one track. Raises codec.Malformed when the parameter sets cannot be read."""
    picture = parameters.picture()
    width, height = picture.width, picture.height
    entry = _box(
        parameters.entry,
        bytes(6),
        struct.pack(">HHHIIIHHIIIH", 1, 0, 0, 0, 0, 0, width, height, 0x480000, 0x480000, 0, 1),
        bytes(32),
        struct.pack(">HH", 24, 0xFFFF),
        _box(parameters.box, parameters.configuration()),
    )
    stbl = _box(
        b"stbl",
        _full(b"stsd", 0, 0, struct.pack(">I", 1), entry),
        _full(b"stts", 0, 0, bytes(4)),
        _full(b"stsc", 0, 0, bytes(4)),
        _full(b"stsz", 0, 0, bytes(8)),
        _full(b"stco", 0, 0, bytes(4)),
    )
    dinf = _box(b"dinf", _full(b"dref", 0, 0, struct.pack(">I", 1), _full(b"url ", 0, 1)))
    mdia = _box(
        b"mdia",
        _full(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, TIMESCALE, 0, _UNDEFINED_LANGUAGE, 0)),
        _full(b"hdlr", 0, 0, bytes(4), b"vide", bytes(12), b"video\0"),
        _box(b"minf", _full(b"vmhd", 0, 1, bytes(8)), dinf, stbl),
    )
    tkhd = _full(
        b"tkhd",
        0,
        3,
        struct.pack(">IIIIIQHHHH", 0, 0, 1, 0, 0, 0, 0, 0, 0, 0),
        _MATRIX,
        struct.pack(">II", width << 16, height << 16),
    )
    mvhd = _full(
        b"mvhd",
        0,
        0,
        struct.pack(">IIIIIHHQ", 0, 0, 1000, 0, 0x10000, 0x100, 0, 0),
        _MATRIX,
        bytes(24),
        struct.pack(">I", 2),
    )
    mvex = _box(b"mvex", _full(b"trex", 0, 0, struct.pack(">IIIII", 1, 1, 0, 0, 0)))
    return _box(b"ftyp", b"iso5", struct.pack(">I", 1), b"iso5" + parameters.brand + b"mp41") + _box(
        b"moov", mvhd, _box(b"trak", tkhd, mdia), mvex
    )


def fragment(sequence: int, decode_time: int, offset: int, duration: int, key: bool, body: bytes) -> bytes:
    """moof and mdat of one picture. Times in ticks of TIMESCALE; `offset` = presentation minus decode time,
    signed.
    """
    return (
        _MOOF.pack(
            _MOOF_SIZE, b"moof",
            16, b"mfhd", 0, sequence & 0xFFFFFFFF,
            _MOOF_SIZE - 24, b"traf",
            16, b"tfhd", _TFHD_DEFAULT_BASE_IS_MOOF, 1,
            20, b"tfdt", 0x01000000, decode_time,
            36, b"trun", _TRUN, 1, _MOOF_SIZE + 8, duration, len(body), _KEY if key else _DELTA, offset,
            8 + len(body), b"mdat",
        )
        + body
    )  # fmt: skip


class Retiming:
    """Puts groups of fragments behind each other in a file of their own: numbers from 1 on, times from 0 on.

    Inside a group, and from one to the next, times stay as the camera made them; where they do not go on (the camera was
    away, the node was started anew) the clock of arrival tells how long the pause was.
    """

    def __init__(self) -> None:
        self._sequence = 0
        self._began_us: int | None = None
        self._source = self._next = 0

    def place(self, fragments: bytes, arrived_us: int) -> bytes:
        """`arrived_us`: when the first picture of the group arrived, in microseconds of any clock."""
        placed = bytearray(fragments)
        if self._began_us is None:
            self._began_us = arrived_us
        at = 0
        first = _TIME.unpack_from(placed, _TIME_AT)[0]
        clock = (arrived_us - self._began_us) * TIMESCALE // 1_000_000
        goes_on = self._sequence > 0 and 0 <= first - self._source < TIMESCALE and abs(clock - self._next) < TIMESCALE
        shift = (self._next + first - self._source if goes_on else max(clock, self._next)) - first
        while at < len(placed):
            self._sequence += 1
            _SEQUENCE.pack_into(placed, at + _SEQUENCE_AT, self._sequence)
            (time,) = _TIME.unpack_from(placed, at + _TIME_AT)
            _TIME.pack_into(placed, at + _TIME_AT, time + shift)
            self._source = time + _SEQUENCE.unpack_from(placed, at + _DURATION_AT)[0]
            self._next = self._source + shift
            at += _MOOF_SIZE + _SEQUENCE.unpack_from(placed, at + _MOOF_SIZE)[0]
        return bytes(placed)
