"""WebM as browsers record it, taken apart into pictures while it comes (RFC 8794 EBML, RFC 9559 Matroska).

Every picture leaves as a cluster of its own, with a time of our choosing and with its length: a player takes a picture that comes later than
it had guessed for a hole, and waits for the next key frame. So each is held until the next one comes.
"""

from __future__ import annotations

from collections.abc import Iterator

from ansim.nodes.footage.pictures import Malformed, Picture

LARGEST_ELEMENT = 4 * 1024 * 1024

_HEADER, _SEGMENT, _DESCRIPTION, _TRACKS = 0x1A45DFA3, 0x18538067, 0x1549A966, 0x1654AE6B
_CLUSTER, _TIME, _SIMPLE_BLOCK, _BLOCK_GROUP = 0x1F43B675, 0xE7, 0xA3, 0xA0
_TRACK, _NUMBER, _KIND, _VIDEO, _WIDTH, _HEIGHT = 0xAE, 0xD7, 0x83, 0xE0, 0xB0, 0xBA
_BLOCK, _REFERENCE, _LASTS = 0xA1, 0xFB, 0x9B
_ENTERED = (_SEGMENT, _CLUSTER)  # what they hold is read as it comes: nobody knows yet how long they will be
_UNKNOWN_SEGMENT = bytes.fromhex("1853806701ffffffffffffff")
_UNKNOWN_CLUSTER = bytes.fromhex("1f43b67501ffffffffffffff")
_KEY = 0x80


class WebM:
    """`init`: what a player must have first; empty until it is complete. Raises Malformed for what is no WebM."""

    def __init__(self) -> None:
        self.init = b""
        self.width = self.height = 0
        self._head = b""
        self._buffer = bytearray()
        self._at = 0
        self._video: int | None = None
        self._held: tuple[int, bytes, bool] | None = None
        self._beside: list[Picture] = []

    def feed(self, content: bytes) -> Iterator[Picture]:
        self._buffer += content
        at = 0
        try:
            while (found := _element(self._buffer, at)) is not None:
                id, start, size = found
                if id in _ENTERED:
                    if id == _SEGMENT:
                        self._head += _UNKNOWN_SEGMENT
                    elif not self.init:
                        self.init = self._head
                    at = start
                    continue
                if size is None or size > LARGEST_ELEMENT:
                    raise Malformed("an element of no length or a very great one")
                if start + size > len(self._buffer):
                    break
                body = bytes(self._buffer[start : start + size])
                whole = bytes(self._buffer[at : start + size])
                at = start + size
                yield from self._read(id, whole, body)
        finally:
            del self._buffer[:at]

    def _read(self, id: int, whole: bytes, body: bytes) -> Iterator[Picture]:
        if id in (_HEADER, _DESCRIPTION, _TRACKS) and not self.init:
            if not self._head and id != _HEADER:
                raise Malformed("it does not begin with a header")
            self._head += whole
            if id == _TRACKS:
                self._learn(body)
        elif id == _TIME:
            self._at = int.from_bytes(body, "big")
        elif id == _SIMPLE_BLOCK:
            yield from self._block(body, bool(len(body) > 3 and body[3] & _KEY))
        elif id == _BLOCK_GROUP:
            parts = dict(_children(body))
            yield from self._block(parts.get(_BLOCK, b""), _REFERENCE not in parts)
        elif not self.init and not self._head:
            raise Malformed("it does not begin with a header")

    def _block(self, block: bytes, key: bool) -> Iterator[Picture]:
        """What was held, now that the next one says how long it lasts; sound between them keeps its place."""
        track = _number(block, 0, keep_marker=False)
        if track is None or len(block) < track[1] + 3 or not self.init:
            raise Malformed("a block that is cut off, or before its header")
        number, after = track
        at_ms = self._at + int.from_bytes(block[after : after + 2], "big", signed=True)
        flags = block[after + 2] & ~_KEY & 0xFF
        still = block[:after] + b"\0\0"  # its own time in its cluster
        if number != self._video:
            sound = _whole(_SIMPLE_BLOCK, still + bytes((flags | _KEY,)) + block[after + 3 :])
            one = Picture(key=False, at_ms=at_ms, until_ms=at_ms, placed=lambda to_ms: _cluster(to_ms, sound))
            if self._held is None:
                yield one
            else:
                self._beside.append(one)
            return
        if self._held is not None:
            yield _picture(*self._held, at_ms)
            yield from self._beside
        self._held, self._beside = (at_ms, still + bytes((flags,)) + block[after + 3 :], key), []

    def _learn(self, tracks: bytes) -> None:
        for id, entry in _children(tracks):
            parts = dict(_children(entry)) if id == _TRACK else {}
            if int.from_bytes(parts.get(_KIND, b""), "big") == 1:
                self._video = int.from_bytes(parts.get(_NUMBER, b""), "big")
                seen = dict(_children(parts.get(_VIDEO, b"")))
                self.width = int.from_bytes(seen.get(_WIDTH, b""), "big")
                self.height = int.from_bytes(seen.get(_HEIGHT, b""), "big")


def _picture(at_ms: int, block: bytes, key: bool, until_ms: int) -> Picture:
    lasts = max(1, until_ms - at_ms)
    refers = b"" if key else _whole(_REFERENCE, b"\xff")  # to what was just before it
    group = _whole(_BLOCK_GROUP, _whole(_BLOCK, block) + _whole(_LASTS, lasts.to_bytes(4, "big")) + refers)
    return Picture(key=key, at_ms=at_ms, until_ms=at_ms + lasts, placed=lambda to_ms: _cluster(to_ms, group))


def _cluster(at_ms: int, inside: bytes) -> bytes:
    return _UNKNOWN_CLUSTER + bytes((_TIME, 0x88)) + at_ms.to_bytes(8, "big") + inside


def _whole(id: int, body: bytes) -> bytes:
    """An element of an id of one byte."""
    return bytes((id,)) + _length(len(body)) + body


def _number(content: bytes | bytearray, at: int, *, keep_marker: bool) -> tuple[int, int] | None:
    """A variable-length integer and what comes after it; None when it is not all there."""
    if at >= len(content):
        return None
    length = 9 - content[at].bit_length()
    if length > 8:
        raise Malformed("a number of more than eight bytes")
    if at + length > len(content):
        return None
    value = int.from_bytes(content[at : at + length], "big")
    return (value if keep_marker else value & ((1 << 7 * length) - 1)), at + length


def _element(content: bytes | bytearray, at: int) -> tuple[int, int, int | None] | None:
    """Id, where its body begins, and its size (None: unknown); None when its head is not all there."""
    id = _number(content, at, keep_marker=True)
    size = None if id is None else _number(content, id[1], keep_marker=False)
    if id is None or size is None:
        return None
    unknown = (1 << 7 * (size[1] - id[1])) - 1
    return id[0], size[1], None if size[0] == unknown else size[0]


def _children(content: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while (found := _element(content, at)) is not None:
        id, start, size = found
        if size is None or start + size > len(content):
            raise Malformed("an element that is longer than what holds it")
        yield id, content[start : start + size]
        at = start + size


def _length(size: int) -> bytes:
    return (size | 1 << 56).to_bytes(8, "big")
