"""Recorded ways (GeoLife), each with a stay zone around its first fix: whoever left is noticed soon, and nobody who did not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ansim.core.geo import distance_m
from ansim.core.position import Position
from ansim.response.wards import zones
from ansim.response.wards.zones import Circle, Zone

LARGEST = 60_000
"""Bytes of a recording: the short ones are enough, and quick."""


def read(file: Path) -> list[Position]:
    found = []
    for line in file.read_text(encoding="ascii").splitlines()[6:]:
        latitude, longitude, *_, day, clock = line.split(",")
        at = datetime.strptime(f"{day} {clock}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        found.append(Position(latitude=float(latitude), longitude=float(longitude), accuracy_m=10, at=at))
    return found


@pytest.mark.parametrize("radius_m", [100.0, 200.0, 500.0])
def test_every_departure_is_noticed_and_none_is_invented(shared: Path, radius_m: float) -> None:
    files = [file for file in sorted((shared / "traces" / "geolife").glob("*.plt")) if file.stat().st_size < LARGEST]
    assert len(files) > 10
    late: list[float] = []
    for way in map(read, files):
        zone = Zone(
            name="집", rule="stay",
            shape=Circle(latitude=way[0].latitude, longitude=way[0].longitude, radius_m=radius_m),
        )  # fmt: skip
        memory, gone, noticed, outside = zones.begin([zone]), None, None, 0
        for fix in way:
            away = distance_m(way[0].latitude, way[0].longitude, fix.latitude, fix.longitude) - radius_m
            outside = outside + 1 if away > zones.MARGIN_M else 0
            gone = gone or (fix.at if outside == 3 else None)
            zones.moved(memory, [zone], fix, fix.at)
            if noticed is None and zones.breached(memory, [zone], fix.at) is not None:
                noticed = fix.at
        assert (gone is None) == (noticed is None)
        if gone is not None and noticed is not None:
            late.append((noticed - gone).total_seconds())
    assert sorted(late)[len(late) // 2] <= 30 and max(late) <= 180
