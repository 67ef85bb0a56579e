"""The Merkle tree of RFC 6962 section 2.1, over any store of the hashes of its complete subtrees.

A node is named (level, position): the subtree of the leaves [position * 2**level, (position + 1) * 2**level).
Complete subtrees never change, so they are stored once; every root and proof is made of at most a few dozen of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

Node: TypeAlias = tuple[int, int]
Hashes: TypeAlias = Mapping[Node, bytes]
EMPTY_ROOT = hashlib.sha256().digest()


def join(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def grow(size: int, known: Hashes, leaves: Iterable[bytes]) -> dict[Node, bytes]:
    """The new complete subtrees when leaves are appended to a tree of `size`; `known` holds `cover(0, size)`."""
    made: dict[Node, bytes] = {}
    for position, leaf in enumerate(leaves, start=size):
        level, place, value = 0, position, leaf
        made[0, place] = value
        while place % 2:
            left = made.get((level, place - 1)) or known[level, place - 1]
            level, place, value = level + 1, place // 2, join(left, value)
            made[level, place] = value
    return made


def cover(start: int, end: int) -> list[Node]:
    """The fewest complete subtrees that make up the leaves [start, end), left to right; start as RFC 6962 splits it."""
    found = []
    while start < end:
        level = (end - start).bit_length() - 1
        found.append((level, start >> level))
        start += 1 << level
    return found


def _fold(nodes: Sequence[Node], hashes: Hashes) -> bytes:
    value = hashes[nodes[-1]]
    for node in reversed(nodes[:-1]):
        value = join(hashes[node], value)
    return value


Part: TypeAlias = tuple[int, int]  # leaves [start, end)


def _split(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


def inclusion_parts(position: int, size: int) -> list[Part]:
    """Which parts of the tree an inclusion proof consists of, in the order of RFC 6962 section 2.1.1."""
    if not 0 <= position < size:
        raise ValueError("position outside the tree")
    start, end, parts = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if position < middle:
            parts.append((middle, end))
            end = middle
        else:
            parts.append((start, middle))
            start = middle
    return parts[::-1]


def consistency_parts(old: int, size: int) -> list[Part]:
    """The same for a consistency proof (section 2.1.2). Empty when there is nothing to prove."""
    if not 0 <= old <= size:
        raise ValueError("old size outside the tree")
    if old in (0, size):
        return []
    start, end, whole, parts = 0, size, True, []
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            parts.append((middle, end))
            end = middle
        else:
            parts.append((start, middle))
            start, whole = middle, False
    if not whole:
        parts.append((start, end))
    return parts[::-1]


def nodes_of(parts: Iterable[Part]) -> set[Node]:
    """What must be fetched to fold these parts."""
    return {node for start, end in parts for node in cover(start, end)}


def fold_parts(parts: Iterable[Part], hashes: Hashes) -> list[bytes]:
    return [_fold(cover(start, end), hashes) for start, end in parts]


def root(size: int, hashes: Hashes) -> bytes:
    """The tree head at `size`; `hashes` holds `cover(0, size)`."""
    return _fold(cover(0, size), hashes) if size else EMPTY_ROOT


class Tree:
    """A whole tree in memory: what a verifier builds from an export."""

    def __init__(self) -> None:
        self.size = 0
        self._hashes: dict[Node, bytes] = {}

    def append(self, leaf: bytes) -> None:
        self._hashes |= grow(self.size, self._hashes, [leaf])
        self.size += 1

    def root(self, size: int | None = None) -> bytes:
        return root(self.size if size is None else size, self._hashes)

    def inclusion(self, position: int, size: int) -> list[bytes]:
        return fold_parts(inclusion_parts(position, size), self._hashes)

    def consistency(self, old: int, size: int) -> list[bytes]:
        return fold_parts(consistency_parts(old, size), self._hashes)


def included(leaf: bytes, position: int, size: int, proof: Sequence[bytes], head: bytes) -> bool:
    """Does the proof lead from this leaf to this tree head? (RFC 9162 section 2.1.3.2)"""
    if not 0 <= position < size:
        return False
    first, last, value = position, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if first % 2 or first == last:
            value = join(sibling, value)
            while first % 2 == 0 and first:
                first, last = first >> 1, last >> 1
        else:
            value = join(value, sibling)
        first, last = first >> 1, last >> 1
    return last == 0 and value == head


def consistent(old: int, size: int, old_head: bytes, head: bytes, proof: Sequence[bytes]) -> bool:
    """Is the tree of `old` leaves a beginning of the tree of `size`? (RFC 9162 section 2.1.4.2)"""
    if old > size or old < 0:
        return False
    if old == size:
        return old_head == head and not proof
    if old == 0:
        return old_head == EMPTY_ROOT and not proof
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_head)
    if not path:
        return False
    first, last = old - 1, size - 1
    while first % 2:
        first, last = first >> 1, last >> 1
    was = now = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if first % 2 or first == last:
            was, now = join(sibling, was), join(sibling, now)
            while first % 2 == 0 and first:
                first, last = first >> 1, last >> 1
        else:
            now = join(now, sibling)
        first, last = first >> 1, last >> 1
    return last == 0 and was == old_head and now == head
