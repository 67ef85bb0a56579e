"""Cameras that turn. Their accounts are here, so every move goes through here."""

from __future__ import annotations

from collections.abc import Callable

from ansim.nodes.media.ports import Aim, Device, HeadStatus, Preset, Source, Unanswered


class Heads:
    """`make` gives the device at an address; it raises ValueError for one that is none."""

    def __init__(self, make: Callable[[str], Device]) -> None:
        self._make = make
        self._heads: dict[str, tuple[Device, str]] = {}

    def add(self, source: Source) -> None:
        """A camera without a device does not turn."""
        if source.device:
            self._heads[source.id] = (self._make(source.device), source.profile)

    def turns(self, camera: str) -> bool:
        return camera in self._heads

    async def presets(self, camera: str) -> list[Preset]:
        device, profile = self._head(camera)
        return await device.presets(profile)

    async def status(self, camera: str) -> HeadStatus:
        device, profile = self._head(camera)
        return await device.status(profile)

    async def go(self, camera: str, to: str | Aim) -> None:
        device, profile = self._head(camera)
        await device.go(profile, to)

    async def close(self) -> None:
        for device, _ in self._heads.values():
            await device.close()

    def _head(self, camera: str) -> tuple[Device, str]:
        """Raises Unanswered."""
        if camera not in self._heads:
            raise Unanswered("unsupported")
        return self._heads[camera]
