"""Which pictures follow her: her course, and the cameras shown for it. Kept in memory, and no longer than the case."""

from __future__ import annotations

from collections.abc import Container, Sequence

from ansim.city.cameras.model import Outlook
from ansim.city.cameras.sight import TOGETHER, Course, Sight, Spread
from ansim.core.position import Position


class Following:
    """By incident. After a restart it begins anew with the newest fix."""

    def __init__(self) -> None:
        self._courses: dict[str, Course] = {}
        self._ahead: dict[str, tuple[Sight, Spread]] = {}
        self._shown: dict[str, list[str]] = {}

    def outlook(
        self, incident: str, fixes: Sequence[Position], sight: Sight, *, count: int, live: Container[str]
    ) -> Outlook:
        """What the cameras can do for her in the next seconds; `fixes` are her newest, oldest first, at least one.

        Whoever asks twice between two fixes gets the same pictures."""
        course = self._courses.get(incident)
        moved = course is None
        if course is None:
            course = self._courses[incident] = Course(fixes[0])
        for fix in fixes:
            moved |= course.take(fix)
        if moved:
            self._ahead.pop(incident, None)
        spread = self.ahead(incident, sight)
        found = sight.rank(fixes[-1], count=count, live=live, keep=self._shown.get(incident, ()), spread=spread)
        if moved or incident not in self._shown:
            self._shown[incident] = [camera.id for camera in found.cameras[:TOGETHER]]
        return found

    def ahead(self, incident: str, sight: Sight) -> Spread | None:
        """Where she may be in the next seconds; None while nothing is known of her."""
        course = self._courses.get(incident)
        if course is None:
            return None
        drawn, spread = self._ahead.get(incident, (None, None))
        if drawn is not sight or spread is None:  # she has moved, or the map has changed
            spread = sight.outdoors(course.ahead())
            self._ahead[incident] = sight, spread
        return spread

    def forget(self, incident: str) -> None:
        self._courses.pop(incident, None)
        self._ahead.pop(incident, None)
        self._shown.pop(incident, None)
