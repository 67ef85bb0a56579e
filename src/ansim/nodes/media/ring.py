"""The last seconds of one camera, in whole groups of pictures, so that a viewer starts at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property

from ansim.nodes.media.codec import ParameterSets


@dataclass(frozen=True, eq=False)
class Stream:
    """What every picture until the next change of parameters shares."""

    parameters: ParameterSets
    init: bytes
    width: int
    height: int

    @property
    def codec(self) -> str:
        return self.parameters.codec

    @cached_property
    def family(self) -> str:
        """Codec and profile: the first two parts of its codec string."""
        return family_of(self.codec)

    def plays_on(self, families: Collection[str] | None) -> bool:
        """Whether who plays these families, and what every browser plays, can play it; None: who takes it as it is."""
        return families is None or self.parameters.everywhere or self.family in families


def family_of(codec: str) -> str:
    return ".".join(codec.split(".")[:2])


@dataclass(slots=True, eq=False)
class Frame:
    """One picture, ready to be sent. `at`: monotonic seconds of its arrival; `body`: its slices, each behind
    its length; `leading`: it refers to what was before the last key frame as well.
    """

    stream: Stream
    key: bool
    at: float
    fragment: bytes
    body: memoryview
    leading: bool = False


@dataclass
class Group:
    frames: list[Frame] = field(default_factory=list)
    size: int = 0
    whole: bool = True


class Ring:
    """Holds about `seconds` and never more than `most` bytes; a group that alone is larger keeps its key
    frame only.
    """

    def __init__(self, seconds: float, most: int) -> None:
        self._seconds = seconds
        self._most = most
        self._groups: deque[Group] = deque()
        self.size = 0

    def add(self, frame: Frame) -> None:
        if frame.key:
            self._groups.append(Group())
        elif not self._groups:
            return
        group = self._groups[-1]
        if not group.whole:
            return
        group.frames.append(frame)
        group.size += len(frame.fragment)
        self.size += len(frame.fragment)
        while len(self._groups) > 1 and (
            self.size > self._most or self._groups[1].frames[0].at <= frame.at - self._seconds
        ):
            self.size -= self._groups.popleft().size
        if self.size > self._most:
            # a camera that sends no more key frames: what follows cannot be kept, and a late viewer waits
            key = group.frames[0]
            self._groups[-1] = Group([key], len(key.fragment), whole=False)
            self.size = len(key.fragment)

    def latest(self) -> list[Frame]:
        """From the newest key frame on; empty when there is none or too much came after it."""
        return list(self._groups[-1].frames) if self._groups and self._groups[-1].whole else []

    def frames(self) -> list[Frame]:
        """All of it, from its oldest key frame on."""
        return [frame for group in self._groups for frame in group.frames]

    def clear(self) -> None:
        self._groups.clear()
        self.size = 0

    def frames_per_second(self) -> float:
        frames = self.frames()
        span = frames[-1].at - frames[0].at if frames else 0.0
        return (len(frames) - 1) / span if span > 0 else 0.0

    def bits_per_second(self) -> int:
        if not self._groups:
            return 0
        span = self._groups[-1].frames[-1].at - self._groups[0].frames[0].at
        return int(self.size * 8 / span) if span > 0 else 0

    def key_interval(self) -> float | None:
        """Seconds between the two newest key frames."""
        if len(self._groups) < 2:
            return None
        return self._groups[-1].frames[0].at - self._groups[-2].frames[0].at
