"""The SQL of the register."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ansim.city.cameras.model import Camera
from ansim.core.database import Transaction


async def every(tx: Transaction) -> list[Camera]:
    rows = await tx.fetch(
        "SELECT id, centre, name, latitude, longitude, azimuth_deg, view_deg, range_m FROM camera WHERE "
        "removed_at IS NULL ORDER BY id"
    )
    return [msgspec.convert(dict(row), Camera) for row in rows]


async def put(tx: Transaction, cameras: Sequence[Camera]) -> None:
    """Register these cameras, or bring them up to date."""
    for camera in cameras:
        await tx.execute(
            "INSERT INTO camera (id, centre, name, latitude, longitude, azimuth_deg, view_deg, range_m, registered_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO UPDATE SET centre = excluded.centre,"
            " name = excluded.name, latitude = excluded.latitude, longitude = excluded.longitude,"
            " azimuth_deg = excluded.azimuth_deg, view_deg = excluded.view_deg, range_m = excluded.range_m, "
            "removed_at = NULL",
            camera.id, camera.centre, camera.name, camera.latitude, camera.longitude, camera.azimuth_deg,
            camera.view_deg,
            camera.range_m, tx.at,
        )  # fmt: skip
