"""A witness on this machine: for tests, the demonstration, and two centres that witness each other."""

from __future__ import annotations

import asyncio
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ansim.core.world import World
from ansim.trust.ledger.checkpoint import BadNote, Head, Verifier, cosign, open_note, read
from ansim.trust.ledger.merkle import consistent
from ansim.trust.ledger.ports import WitnessRefused

_RECORD = struct.Struct("<II")  # length, CRC-32


class _Seen(msgspec.Struct, frozen=True, array_like=True):
    origin: str
    size: int
    root: bytes


def _kept_key(world: World, path: Path) -> Ed25519PrivateKey:
    file = world.disk.open(path)
    try:
        if file.size() != 32:
            file.pwrite(world.token_bytes(32), 0)
            file.flush()
        return Ed25519PrivateKey.from_private_bytes(file.pread(32, 0))
    finally:
        file.close()


class SimulatedWitness:
    """Keeps what it signed in a file, one record after the other; a torn last record was never answered for."""

    def __init__(
        self,
        world: World,
        path: Path,
        name: str,
        logs: Sequence[Verifier],
        *,
        private: Ed25519PrivateKey | None = None,
    ) -> None:
        """Without a `private` key it makes one and keeps it beside `path`."""
        private = private or _kept_key(world, path.with_name(path.name + ".key"))
        self.verifier = Verifier(name, private.public_key(), cosigner=True)
        self._world = world
        self._private = private
        self._logs = {log.name: log for log in logs}
        self._file = world.disk.open(path)
        self._seen: dict[str, _Seen] = {}
        self._end = 0
        self._storing = asyncio.Lock()
        self._read()

    def close(self) -> None:
        self._file.close()

    def _read(self) -> None:
        while True:
            head = self._file.pread(_RECORD.size, self._end)
            if len(head) < _RECORD.size:
                return
            length, crc = _RECORD.unpack(head)
            body = self._file.pread(length, self._end + _RECORD.size)
            if not length or len(body) < length or zlib.crc32(body) != crc:
                return
            seen = msgspec.json.decode(body, type=_Seen)
            self._seen[seen.origin] = seen
            self._end += _RECORD.size + length

    async def add_checkpoint(self, old: int, proof: Sequence[bytes], note: str) -> str:
        async with self._storing:
            head = self._admit(old, proof, note)
            body = msgspec.json.encode(_Seen(*head))
            self._file.pwrite(_RECORD.pack(len(body), zlib.crc32(body)) + body, self._end)
            await asyncio.to_thread(self._file.flush)
            self._end += _RECORD.size + len(body)
            self._seen[head.origin] = _Seen(*head)
        at = int(self._world.clock.now().timestamp())
        return cosign(head, self.verifier.name, self._private, at)

    def _admit(self, old: int, proof: Sequence[bytes], note: str) -> Head:
        try:
            origin = read(note)[0].origin
        except BadNote:
            raise WitnessRefused(400) from None
        if origin not in self._logs:
            raise WitnessRefused(404)
        try:
            head = open_note(note, by=self._logs[origin])
        except BadNote:
            raise WitnessRefused(403) from None
        if not 0 <= old <= head.size or len(proof) > 63:
            raise WitnessRefused(400)
        seen = self._seen.get(origin)
        if old != (seen.size if seen else 0):
            raise WitnessRefused(409, seen.size if seen else 0)
        if seen is None:
            if proof:
                raise WitnessRefused(422)
        elif old == head.size:
            if head.root != seen.root:
                raise WitnessRefused(409, seen.size)
        elif not consistent(old, head.size, seen.root, head.root, proof):
            raise WitnessRefused(422)
        return head
