"""The port to whatever holds the day keys (a TPM, an HSM, two people), and the form that keeps them in files of ours.

Every slot of the key file is wrapped by the key of a day. A copy of the key file (a backup, a stolen disk) is worth
nothing once the day keys it needs are destroyed.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ansim.core.world import World
from ansim.trust.retention.slots import ERASED, SlotFile


class NoDayKey(Exception):
    """The key of that day was destroyed, or never existed."""


class MasterDamaged(Exception):
    """The master key is not readable, not private, or not the one that the day keys are wrapped by."""


class Master(Protocol):
    def key(self, day: int, *, make: bool = False) -> bytes:
        """The 256-bit key of a day (days since 1970-01-01 UTC). `make`: create it; durable when this returns.

        Raises NoDayKey.
        """

    def days(self) -> list[int]:
        """The days whose keys exist, ascending."""

    def destroy(self, day: int) -> None:
        """Gone for ever, durably, when this returns."""

    def make_durable(self) -> None:
        """The owner has started: whatever can be read is on stable storage when this returns."""

    def close(self) -> None: ...


class FileMaster:
    """Day keys in `folder/days`, wrapped by a 256-bit key in `folder/master`; both readable by their owner only.

    Good for one machine whose disk is the trust boundary. Keep `folder` out of the database's backups, and its own
    copies no longer than the backup life of the keys.
    """

    def __init__(self, world: World, folder: Path) -> None:
        self._world = world
        self._folder = folder
        key = self._read_master(folder)
        identity = hashlib.sha256(b"ansim master key" + key).digest()[:16]
        self._master = AESGCM(key)
        self._slots = SlotFile(world, folder / "days", identity=identity)
        if self._slots.identity != identity:
            raise MasterDamaged("master: the day keys belong to another master key")
        self._cache: dict[int, bytes] = {}
        self._slot_of: dict[int, int] = {}
        self._find_days()

    def _find_days(self) -> None:
        for slot in range(1, self._slots.next):
            content = self._slots.read(slot)
            day = int.from_bytes(content[60:], "little")
            try:
                self._cache[day] = self._master.decrypt(content[:12], content[12:60], self._context(day))
                self._slot_of[day] = slot
            except InvalidTag:
                # Destroyed, or torn by a crash before anything was acknowledged under it.
                continue

    def _read_master(self, folder: Path) -> bytes:
        path = folder / "master"
        if path.exists() and path.stat().st_mode & 0o077:
            raise MasterDamaged(f"{path.name}: others than its owner may read it; chmod 600 it")
        file = self._world.disk.open(path)
        try:
            content = file.pread(65, 0)
            key = content[:32]
            if len(content) == 64 and content[32:] == hashlib.sha256(key).digest():
                return key
            if self._world.disk.exists(folder / "days"):
                raise MasterDamaged(f"{path.name}: damaged; restore it from its own copy")
            # New, or a crash tore it before it was ever used.
            key = self._world.token_bytes(32)
            file.pwrite(key + hashlib.sha256(key).digest(), 0)
            file.flush()
            return key
        finally:
            file.close()

    def _context(self, day: int) -> bytes:
        return b"ansim day key" + self._slots.identity + day.to_bytes(4, "little")

    def key(self, day: int, *, make: bool = False) -> bytes:
        if day not in self._cache:
            # The owner of the file may have begun a new day since we looked.
            self._slots.refresh()
            self._find_days()
        if day not in self._cache:
            if not make:
                raise NoDayKey(day)
            key, nonce = self._world.token_bytes(32), self._world.token_bytes(12)
            wrapped = self._master.encrypt(nonce, key, self._context(day))
            slot = self._slots.next
            self._slots.write(slot, nonce + wrapped + day.to_bytes(4, "little"))
            self._slots.flush()
            self._slot_of[day], self._cache[day] = slot, key
        return self._cache[day]

    def make_durable(self) -> None:
        file = self._world.disk.open(self._folder / "master")
        try:
            file.pwrite(file.pread(64, 0), 0)
            file.flush()
        finally:
            file.close()
        self._slots.make_durable(slots=True)

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
