"""What the protocols of devices have in common: bytes to frames, frames to reports."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from ansim.adapters.trackers.report import CALLS, Kind, Report
from ansim.core.position import Position

if TYPE_CHECKING:  # settings know the protocols, and a media node that reads its own must not load the story
    from ansim.response.signals.model import Source

READ = 4096
"""So much is taken from a device at once."""


_FILL = "".join(map(chr, range(33)))


class Cut(EOFError):
    """The frame ends before what it should say."""


UNREADABLE = (Cut, ValueError, LookupError, ArithmeticError)
"""What reading raises where a frame does not say what it should."""


class Cursor:
    """Reads a frame from left to right; numbers are big-endian. `end` is where its content ends by what it says of itself;
    reading goes on behind it, for lengths are not to be relied upon. Raises Cut at the end of the bytes."""

    __slots__ = ("_at", "_bytes", "_end")

    def __init__(self, frame: bytes, start: int = 0, end: int | None = None) -> None:
        self._bytes = frame
        self._at = start
        self._end = len(frame) if end is None else end

    @property
    def left(self) -> int:
        return max(0, self._end - self._at)

    def take(self, count: int) -> bytes:
        at = self._at
        if count < 0 or at + count > len(self._bytes):
            raise Cut
        self._at = at + count
        return self._bytes[at : self._at]

    def skip(self, count: int) -> None:
        self.take(count)

    def part(self, count: int) -> Cursor:
        """The next bytes as a frame of their own; as many as there are."""
        taken = self._bytes[self._at : min(self._at + count, self._end)]
        self._at += len(taken)
        return Cursor(taken)

    def peek(self, count: int) -> bytes:
        return self._bytes[self._at : min(self._at + count, self._end)]

    def u8(self) -> int:
        return self.take(1)[0]

    def u16(self) -> int:
        return int.from_bytes(self.take(2))

    def u24(self) -> int:
        return int.from_bytes(self.take(3))

    def u32(self) -> int:
        return int.from_bytes(self.take(4))

    def i8(self) -> int:
        return int.from_bytes(self.take(1), signed=True)

    def i16(self) -> int:
        return int.from_bytes(self.take(2), signed=True)

    def i32(self) -> int:
        return int.from_bytes(self.take(4), signed=True)

    def hex(self, count: int) -> str:
        return self.take(count).hex()

    def bcd(self, count: int) -> int:
        """A number in two decimal digits a byte. Raises ValueError where they are none."""
        return int(self.take(count).hex())

    def text(self, count: int, encoding: str = "ascii") -> str:
        """Without what fills it up at either end."""
        return self.take(count).decode(encoding, "replace").strip(_FILL)


class Draft:
    """A report that is being read: what it holds when the frame breaks off is what it says."""

    __slots__ = (
        "accuracy_m", "alarms", "at", "battery", "device", "fixed", "heading_deg", "kind", "latitude", "longitude",
        "speed_mps", "values", "whole",
    )  # fmt: skip

    def __init__(self, device: str, kind: Kind | None = None) -> None:
        self.device = device
        self.kind = kind
        self.at: datetime | None = None
        self.latitude: float | None = None
        self.longitude: float | None = None
        self.fixed = True
        self.accuracy_m: float | None = None
        self.speed_mps: float | None = None
        self.heading_deg: float | None = None
        self.battery: int | None = None
        self.alarms: list[str] = []
        self.values: dict[str, object] = {}
        self.whole = True

    def alarm(self, name: str | None) -> None:
        if name and name not in self.alarms:
            self.alarms.append(name)

    def level(self, per_cent: float | None) -> None:
        """The battery, as far as it is a share."""
        if per_cent is not None and 0 <= per_cent <= 100:
            self.battery = round(per_cent)
            self.values["batteryLevel"] = per_cent

    def report(self, now: datetime, checksum: bool | None = None, reply: bytes = b"") -> Report:
        position, sos = self._position(now), not CALLS.isdisjoint(self.alarms)
        empty = not (self.values or self.alarms or self.whole)
        kind: Kind = "sos" if sos else self.kind or (
            "position" if position is not None else "nothing" if empty else "status"
        )  # fmt: skip
        return Report(
            self.device, sos, position, self.at or now, self.battery, kind=kind, fixed=self.fixed,
            alarms=tuple(self.alarms), values=self.values, stated=self.at is not None, checksum=checksum,
            whole=self.whole, reply=reply,
        )  # fmt: skip

    def _position(self, now: datetime) -> Position | None:
        latitude, longitude = self.latitude, self.longitude
        if latitude is None or longitude is None or not (abs(latitude) <= 90 and abs(longitude) <= 180):
            return None
        speed, heading, accuracy = self.speed_mps, self.heading_deg, self.accuracy_m
        return Position(
            latitude=latitude, longitude=longitude, source="device", at=self.at or now,
            accuracy_m=accuracy if accuracy is not None and 0 <= accuracy <= 1_000_000 else 30.0,
            heading_deg=heading if heading is not None and 0 <= heading <= 360 else None,
            speed_mps=speed if speed is not None and 0 <= speed <= 400 else None,
        )  # fmt: skip


class Protocol(ABC):
    """One device's end of a line, from the first byte to the last. Nothing that arrives raises."""

    name: ClassVar[Source]
    port: ClassVar[int]
    """The one its makers use."""
    text: ClassVar[bool]
    """Whether its frames can be read by eye."""
    longest: ClassVar[int] = 1024
    """Bytes that a frame may have; what is longer is no frame."""

    def __init__(self, model: str = "") -> None:
        self.model = model.upper()
        """The maker's name for the device, where it is known: some models use a byte in a way of their own."""
        self.device = ""
        """Its number, once it has said it."""
        self._rest = bytearray()

    def feed(self, received: bytes) -> Iterator[bytes]:
        """The frames that are whole now. Half of one waits for the rest; what is none is dropped."""
        self._rest += received
        while (frame := self._next(self._rest)) is not None:
            yield frame
        if len(self._rest) > self.longest:
            del self._rest[: -self.longest // 2]

    def read(self, frame: bytes, now: datetime) -> list[Report]:
        """What a frame means: nothing, one report, or those of a batch. The last one has the reply."""
        drafts: list[Draft] = []
        reply = b""
        try:
            self._read(frame, drafts)
        except UNREADABLE:
            if drafts:
                drafts[-1].whole = False
        with suppress(*UNREADABLE):
            reply = self._reply(frame, now)
        if reply and not drafts:
            drafts.append(Draft(self.device, "nothing"))
        checksum, last = self._checksum(frame), len(drafts) - 1
        return [draft.report(now, checksum, reply if n == last else b"") for n, draft in enumerate(drafts)]

    @abstractmethod
    def _next(self, rest: bytearray) -> bytes | None:
        """Take the next frame off `rest`, with whatever stands before it; None when it is not whole yet."""

    @abstractmethod
    def _read(self, frame: bytes, drafts: list[Draft]) -> None:
        """Add a draft for each report and fill it from left to right; what raises leaves it as far as it came."""

    @abstractmethod
    def _reply(self, frame: bytes, now: datetime) -> bytes:
        """What the device waits for after this frame; empty for most."""

    def _checksum(self, frame: bytes) -> bool | None:
        return None


def date(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """An instant of UTC; two digits of a year are of this century. Raises ValueError where there is none such.

    Sixty seconds and more roll over, as some devices count."""
    if not (0 <= hour < 60 and 0 <= minute < 100 and 0 <= second < 100):
        raise ValueError
    whole = datetime(year + 2000 if year < 100 else year, month, day, tzinfo=UTC)
    return whole + timedelta(hours=hour, minutes=minute, seconds=second)


def degrees(value: str) -> float:
    """ddmm.mmmm, dddmm.mmmm or mm.mmmm. Raises ValueError."""
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    whole = math.floor(number / 100)
    return whole + (number - whole * 100) / 60


def to_next(rest: bytearray, marks: bytes) -> None:
    """Drop what stands before the first of these bytes."""
    found = [at for mark in marks if (at := rest.find(mark)) >= 0]
    del rest[: min(found, default=len(rest))]
