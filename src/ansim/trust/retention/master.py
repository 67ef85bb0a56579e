"""The port to whatever holds the day keys (a TPM, an HSM, two people), and the form that keeps them in files of ours.

Every slot of the key file is wrapped by the key of a day. A copy of the key file (a backup, a stolen disk) is worth
nothing once the day keys it needs are destroyed.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ansim.core.world import World
from ansim.trust.retention.slots import EMPTY, ERASED, SlotFile


class NoDayKey(Exception):
    """The key of that day was destroyed, or never existed."""


class MasterDamaged(Exception):
    """The master key, or a day key under it, cannot be read."""


class Master(Protocol):
    def key(self, day: int, *, make: bool = False) -> bytes:
        """The 256-bit key of a day (days since 1970-01-01 UTC). `make`: create it; durable when this returns.

        Raises NoDayKey.
        """

    def days(self) -> list[int]:
        """The days whose keys exist, ascending."""

    def destroy(self, day: int) -> None:
        """Gone for ever, durably, when this returns."""

    def close(self) -> None: ...


class FileMaster:
    """Day keys in `folder/days`, wrapped by a 256-bit key in `folder/master`; both readable by their owner only.

    Good for one machine whose disk is the trust boundary. Keep `folder` out of the database's backups, and its own
    copies no longer than the backup life of the keys.
    """

    def __init__(self, world: World, folder: Path) -> None:
        self._world = world
        self._master = AESGCM(self._read_master(world, folder / "master"))
        self._slots = SlotFile(world, folder / "days")
        self._slot_of: dict[int, int] = {}
        self._cache: dict[int, bytes] = {}
        self._find_days()

    def _find_days(self) -> None:
        for slot in range(1, self._slots.next):
            content = self._slots.read(slot)
            if content not in (EMPTY, ERASED):
                self._slot_of[struct.unpack_from("<I", content, 60)[0]] = slot

    @staticmethod
    def _read_master(world: World, path: Path) -> bytes:
        if path.exists() and path.stat().st_mode & 0o077:
            raise MasterDamaged(f"{path.name}: others than its owner may read it; chmod 600 it")
        file = world.disk.open(path)
        try:
            key = file.pread(33, 0)
            if len(key) == 32 and any(key):
                return key
            if any(key):
                raise MasterDamaged(f"{path.name}: must be 32 bytes")
            key = world.token_bytes(32)
            file.pwrite(key, 0)
            file.flush()
            return key
        finally:
            file.close()

    def _context(self, day: int) -> bytes:
        return b"ansim day key" + self._slots.identity + struct.pack("<I", day)

    def key(self, day: int, *, make: bool = False) -> bytes:
        if day in self._cache:
            return self._cache[day]
        if day not in self._slot_of:
            # The owner of the file may have begun a new day since we looked.
            self._slots.refresh()
            self._find_days()
        slot = self._slot_of.get(day)
        if slot is None:
            if not make:
                raise NoDayKey(day)
            key, nonce = self._world.token_bytes(32), self._world.token_bytes(12)
            slot = self._slots.next
            wrapped = self._master.encrypt(nonce, key, self._context(day))
            self._slots.write(slot, nonce + wrapped + struct.pack("<I", day))
            self._slots.flush()
            self._slot_of[day] = slot
        else:
            content = self._slots.read(slot)
            try:
                key = self._master.decrypt(content[:12], content[12:60], self._context(day))
            except InvalidTag:
                raise MasterDamaged(f"the key of day {day} does not open") from None
        self._cache[day] = key
        return key

    def days(self) -> list[int]:
        return sorted(self._slot_of)

    def destroy(self, day: int) -> None:
        slot = self._slot_of.get(day)
        if slot is None:
            return
        self._slots.write(slot, ERASED)
        self._slots.flush()
        del self._slot_of[day]
        self._cache.pop(day, None)

    def close(self) -> None:
        self._slots.close()
