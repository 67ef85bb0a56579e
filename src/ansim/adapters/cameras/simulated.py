"""A camera that only exists here: it answers, turns in its time, and fails as it is told."""

from __future__ import annotations

from ansim.core.world import World
from ansim.nodes.media.ports import Aim, HeadStatus, Information, Preset, Profile, Reason, Unanswered

SPEED = 0.5
"""Of the generic space in a second."""
HOME = Aim(pan=0, tilt=0, zoom=0)


class SimulatedDevice:
    """`stream` is the address it gives; `trouble` what it answers instead of everything."""

    def __init__(self, world: World, stream: str, presets: dict[str, tuple[str, Aim]] | None = None) -> None:
        self.trouble: Reason | None = None
        self._clock = world.clock
        self._stream = stream
        self._presets = {"1": ("정위치", HOME)} if presets is None else presets
        self._from = self._to = HOME
        self._began = self._ends = self._clock.monotonic()

    async def close(self) -> None:
        pass

    async def information(self) -> Information:
        self._answers()
        return Information(maker="ansim", model="simulated", firmware="1.0", serial=self._stream.rpartition("/")[2])

    async def profiles(self) -> list[Profile]:
        self._answers()
        return [Profile(id="main", codec="H264", width=640, height=360, fps=10, turns=bool(self._presets))]

    async def stream(self, profile: str) -> str:
        self._answers(profile)
        return self._stream

    async def presets(self, profile: str) -> list[Preset]:
        self._turns(profile)
        return [Preset(id=id, name=name) for id, (name, _) in self._presets.items()]

    async def go(self, profile: str, to: str | Aim) -> None:
        self._turns(profile)
        if isinstance(to, str):
            if to not in self._presets:
                raise Unanswered("refused")
            to = self._presets[to][1]
        now = self._clock.monotonic()
        self._from, self._to, self._began = self._aim(now), to, now
        before = self._from
        way = max(abs(to.pan - before.pan), abs(to.tilt - before.tilt), abs(to.zoom - before.zoom))
        self._ends = now + way / SPEED

    async def status(self, profile: str) -> HeadStatus:
        self._turns(profile)
        now = self._clock.monotonic()
        return HeadStatus(aim=self._aim(now), moving=now < self._ends)

    def _aim(self, now: float) -> Aim:
        if now >= self._ends:
            return self._to
        share, a, b = (now - self._began) / (self._ends - self._began), self._from, self._to
        return Aim(
            pan=a.pan + (b.pan - a.pan) * share, tilt=a.tilt + (b.tilt - a.tilt) * share,
            zoom=a.zoom + (b.zoom - a.zoom) * share,
        )  # fmt: skip

    def _answers(self, profile: str = "main") -> None:
        if self.trouble is not None:
            raise Unanswered(self.trouble)
        if profile != "main":
            raise Unanswered("refused")

    def _turns(self, profile: str) -> None:
        self._answers(profile)
        if not self._presets:
            raise Unanswered("unsupported")
