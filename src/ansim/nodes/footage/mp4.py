"""Fragmented MP4 as browsers record it, taken apart while it comes (ISO/IEC 14496-12): a fragment is what leaves."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from ansim.nodes.footage.pictures import Malformed, Picture

LARGEST_BOX = 4 * 1024 * 1024

_HEAD = struct.Struct(">I4s")
_WHOLE = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf", b"mvex")
_NOT_SYNC = 0x10000
_VISUAL = 78
"""Bytes of a visual sample entry before the boxes in it; its size stands at 24."""


class MP4:
    """`init`: what a player must have first; empty until it is complete. Raises Malformed for what is no fragmented MP4."""

    def __init__(self) -> None:
        self.init = b""
        self.width = self.height = 0
        self._buffer = bytearray()
        self._head = b""
        self._scales: dict[int, int] = {}
        self._defaults: dict[int, tuple[int, int]] = {}
        self._video: int | None = None
        self._moof: bytes | None = None

    def feed(self, content: bytes) -> Iterator[Picture]:
        self._buffer += content
        while len(self._buffer) >= _HEAD.size:
            size, kind = _HEAD.unpack_from(self._buffer)
            if not _HEAD.size <= size <= LARGEST_BOX:
                raise Malformed("a box of an impossible length")
            if size > len(self._buffer):
                return
            box = bytes(self._buffer[:size])
            del self._buffer[:size]
            if kind in (b"ftyp", b"moov") and not self.init:
                self._head += box
                if kind == b"moov":
                    self._learn(box)
                    self.init = self._head
            elif kind == b"moof":
                self._moof = box
            elif kind == b"mdat" and self._moof is not None and self.init:
                moof, self._moof = self._moof, None
                yield self._picture(moof, box)
            elif not self._head:
                raise Malformed("it does not begin with its type")

    def _learn(self, moov: bytes) -> None:
        track = 0
        for kind, at, end in _boxes(moov):
            if kind == b"tkhd":
                track = _number(moov, at + (20 if moov[at] else 12), 4, end)
            elif kind == b"mdhd":
                self._scales[track] = _number(moov, at + (20 if moov[at] else 12), 4, end)
            elif kind == b"hdlr" and moov[at + 8 : at + 12] == b"vide":
                self._video = track
            elif kind == b"stsd" and track == self._video:
                entry = at + 8 + _HEAD.size
                if end >= entry + _VISUAL:
                    self.width, self.height = _number(moov, entry + 24, 2, end), _number(moov, entry + 26, 2, end)
            elif kind == b"trex":
                self._defaults[_number(moov, at + 4, 4, end)] = (
                    _number(moov, at + 12, 4, end),
                    _number(moov, at + 20, 4, end),
                )
        if self._video is None or not all(self._scales.values()):
            raise Malformed("no track of pictures")

    def _picture(self, moof: bytes, mdat: bytes) -> Picture:
        track, lasts, flags, key, until_ms = 0, 0, 0, False, 0
        at_ms: int | None = None
        times: list[tuple[int, int, int]] = []  # where it stands, how many bytes, of which scale
        for kind, at, end in _boxes(moof):
            if kind == b"tfhd":
                track = _number(moof, at + 4, 4, end)
                lasts, flags = _of_fragment(moof, at, end, *self._defaults.get(track, (0, 0)))
            elif kind == b"tfdt":
                size = 8 if moof[at] else 4
                scale = self._scales.get(track)
                if scale is None:
                    raise Malformed("a fragment of no track")
                times.append((at + 4, size, scale))
                if at_ms is None or track == self._video:
                    at_ms = until_ms = _number(moof, at + 4, size, end) * 1000 // scale
            elif kind == b"trun" and track == self._video and times:
                total, first = _of_run(moof, at, end, lasts, flags)
                key |= not first & _NOT_SYNC
                until_ms += total * 1000 // times[-1][2]
        if at_ms is None:
            raise Malformed("a fragment without its time")
        own = at_ms

        def placed(at_ms: int) -> bytes:
            moved = bytearray(moof)
            for at, size, scale in times:
                time = int.from_bytes(moof[at : at + size], "big") + (at_ms - own) * scale // 1000
                moved[at : at + size] = max(0, time).to_bytes(8, "big")[8 - size :]
            return bytes(moved) + mdat

        return Picture(key=key, at_ms=own, until_ms=max(own, until_ms), placed=placed)


def _of_fragment(moof: bytes, at: int, end: int, lasts: int, flags: int) -> tuple[int, int]:
    """How long a sample of this track lasts, and its flags, unless a run says otherwise."""
    said, after = _number(moof, at + 1, 3, end), at + 8
    for bit, size in ((0x1, 8), (0x2, 4), (0x8, 4), (0x10, 4), (0x20, 4)):
        if not said & bit:
            continue
        if bit == 0x8:
            lasts = _number(moof, after, size, end)
        elif bit == 0x20:
            flags = _number(moof, after, size, end)
        after += size
    return lasts, flags


def _of_run(moof: bytes, at: int, end: int, lasts: int, flags: int) -> tuple[int, int]:
    """How long all samples of a run last together, and the flags of its first."""
    said, count = _number(moof, at + 1, 3, end), _number(moof, at + 4, 4, end)
    after = at + 8 + (4 if said & 0x1 else 0)
    first = _number(moof, after, 4, end) if said & 0x4 else None
    after += 4 if said & 0x4 else 0
    step = sum(4 for bit in (0x100, 0x200, 0x400, 0x800) if said & bit)
    if step and after + count * step > end:
        raise Malformed("a run that is cut off")
    if first is None:
        before = sum(4 for bit in (0x100, 0x200) if said & bit)
        first = _number(moof, after + before, 4, end) if said & 0x400 and count else flags
    total = sum(_number(moof, after + n * step, 4, end) for n in range(count)) if said & 0x100 else count * lasts
    return total, first


def _number(content: bytes, at: int, size: int, end: int) -> int:
    if at + size > end:
        raise Malformed("a box that is cut off")
    return int.from_bytes(content[at : at + size], "big")


def _boxes(content: bytes, at: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Kind, where its content begins and ends, of each box and of those in it, in order."""
    end = len(content) if end is None else end
    while at + _HEAD.size <= end:
        size, kind = _HEAD.unpack_from(content, at)
        if not _HEAD.size <= size <= end - at:
            raise Malformed("a box that is longer than what holds it")
        yield kind, at + _HEAD.size, at + size
        if kind in _WHOLE:
            yield from _boxes(content, at + _HEAD.size, at + size)
        at += size
