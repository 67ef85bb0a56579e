"""Which cameras a case has turned to her, and where they really look. Kept in memory, and no longer than the case.

What must survive the process does so elsewhere: the ledger knows what was turned, and a durable timer brings it back.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Literal

import msgspec

from ansim.city.cameras.model import Aim, Turned
from ansim.city.cameras.sight import Mode
from ansim.response.watch.ports import Direction

By = Literal["key", "itself"]
State = Literal["sent", "moving", "there", "untold", "refused"]


class Aimed(msgspec.Struct, frozen=True, kw_only=True):
    """One camera that was told to look at her. `sent`: it has not been asked yet; `untold`: it moved, and does not tell where it looks."""

    aim: Aim
    to: Direction
    mode: Mode
    by: By
    at: datetime
    state: State = "sent"
    why: str = ""
    looks: Aim | None = None
    over: bool = False
    """It is told so while it still goes where it was told before."""

    @property
    def rests(self) -> bool:
        return self.state in ("there", "untold", "refused")


class Aims:
    """By incident and camera. `by_itself`: the centre wants its cameras turned without a key."""

    def __init__(self, by_itself: bool = False) -> None:
        self.by_itself = by_itself
        self.moving = asyncio.Event()
        """Some head is on its way; whoever watches them clears it."""
        self._aimed: dict[str, dict[str, Aimed]] = {}
        self._left: dict[str, dict[str, bool]] = {}

    def of(self, incident: str) -> dict[str, Aimed]:
        return dict(self._aimed.get(incident, {}))

    def every(self) -> list[tuple[str, str, Aimed]]:
        return [(incident, camera, one) for incident, of in self._aimed.items() for camera, one in of.items()]

    def get(self, incident: str, camera: str) -> Aimed | None:
        return self._aimed.get(incident, {}).get(camera)

    def put(self, incident: str, camera: str, aimed: Aimed) -> None:
        self._aimed.setdefault(incident, {})[camera] = aimed
        self._left.get(incident, {}).pop(camera, None)
        if aimed.state == "moving":
            self.moving.set()

    def drop(self, incident: str, camera: str) -> None:
        """It has gone back, or is about to."""
        self._aimed.get(incident, {}).pop(camera, None)
        self._left.get(incident, {}).pop(camera, None)

    def leave(self, incident: str, camera: str, *, by_hand: bool) -> None:
        """The operator has turned it herself, or holds its picture: it is left as it is until she asks again."""
        self._aimed.get(incident, {}).pop(camera, None)
        left = self._left.setdefault(incident, {})
        left[camera] = by_hand or left.get(camera, False)

    def left(self, incident: str, camera: str) -> bool:
        return camera in self._left.get(incident, {})

    def others(self, camera: str, incident: str) -> bool:
        """Whether another case follows somebody with it."""
        return any(camera in of for other, of in self._aimed.items() if other != incident)

    def forget(self, incident: str) -> None:
        self._aimed.pop(incident, None)
        self._left.pop(incident, None)

    def told(self, incident: str, camera: str, probability: float | None) -> Turned | None:
        """What an operator is told of it; `probability` as it looks now."""
        if self._left.get(incident, {}).get(camera):
            return Turned(state="hand", follows=False)
        if (one := self.get(incident, camera)) is None:
            return None
        state: Literal["moving", "there", "untold", "refused"] = "moving" if one.state == "sent" else one.state
        return Turned(
            state=state, why=one.why, looks=one.looks, mode=one.mode, follows=True,
            probability=probability,
        )  # fmt: skip
