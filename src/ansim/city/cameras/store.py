"""The SQL of the register and of the map under it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
import shapely

from ansim.city.cameras.calibration import Calibration
from ansim.city.cameras.map import Layer, Shapes
from ansim.city.cameras.model import Camera
from ansim.core.database import Transaction


async def every(tx: Transaction) -> list[Camera]:
    rows = await tx.fetch(
        "SELECT id, centre, name, latitude, longitude, azimuth_deg, view_deg, range_m, turns, azimuth_source FROM camera"
        " WHERE removed_at IS NULL ORDER BY id"
    )
    return [msgspec.convert(dict(row), Camera) for row in rows]


async def put_many(tx: Transaction, cameras: Sequence[Camera]) -> None:
    """As `put`, in one statement. A direction that is known stays where these say none, and what turns goes on turning:
    a register has neither."""
    columns = [list(column) for column in zip(*(msgspec.structs.astuple(camera) for camera in cameras), strict=True)]
    if columns:
        await tx.execute(
            "INSERT INTO camera (id, centre, name, latitude, longitude, azimuth_deg, view_deg, range_m, turns,"
            " azimuth_source, registered_at) SELECT *, $11::timestamptz FROM unnest($1::text[], $2::text[], $3::text[],"
            " $4::float8[], $5::float8[], $6::float4[], $7::float4[], $8::float4[], $9::boolean[], $10::text[])"
            " ON CONFLICT (id) DO UPDATE SET centre = excluded.centre,"
            " name = excluded.name, latitude = excluded.latitude, longitude = excluded.longitude,"
            " azimuth_deg = coalesce(excluded.azimuth_deg, camera.azimuth_deg),"
            " azimuth_source = CASE WHEN excluded.azimuth_deg IS NULL AND camera.azimuth_deg IS NOT NULL"
            " THEN camera.azimuth_source ELSE excluded.azimuth_source END,"
            " view_deg = CASE WHEN excluded.azimuth_deg IS NULL AND camera.azimuth_deg IS NOT NULL"
            " THEN camera.view_deg ELSE excluded.view_deg END, range_m = excluded.range_m,"
            " turns = excluded.turns OR camera.turns, removed_at = NULL",
            *columns, tx.at,
        )  # fmt: skip


async def remove(tx: Transaction, ids: Sequence[str]) -> None:
    await tx.execute("UPDATE camera SET removed_at = $2 WHERE id = ANY($1::text[])", list(ids), tx.at)


async def set_turning(tx: Transaction, ids: Sequence[str]) -> int:
    """These turn; of how many that was not known."""
    rows = await tx.fetch(
        "UPDATE camera SET turns = true WHERE id = ANY($1::text[]) AND NOT turns RETURNING id", list(ids)
    )
    return len(rows)


async def put(tx: Transaction, cameras: Sequence[Camera]) -> None:
    """Register these cameras, or bring them up to date."""
    for camera in cameras:
        await tx.execute(
            "INSERT INTO camera (id, centre, name, latitude, longitude, azimuth_deg, view_deg, range_m, turns,"
            " azimuth_source, registered_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
            " ON CONFLICT (id) DO UPDATE SET centre = excluded.centre,"
            " name = excluded.name, latitude = excluded.latitude, longitude = excluded.longitude,"
            " azimuth_deg = excluded.azimuth_deg, view_deg = excluded.view_deg, range_m = excluded.range_m, "
            "turns = excluded.turns, azimuth_source = excluded.azimuth_source, removed_at = NULL",
            camera.id, camera.centre, camera.name, camera.latitude, camera.longitude, camera.azimuth_deg,
            camera.view_deg, camera.range_m, camera.turns, camera.azimuth_source, tx.at,
        )  # fmt: skip


_HANGS = ", ".join(field for field in Calibration.__struct_fields__)


async def calibrations(tx: Transaction) -> dict[str, Calibration]:
    rows = await tx.fetch(f"SELECT camera, {_HANGS} FROM camera_calibration")
    return {row["camera"]: Calibration(**{name: row[name] for name in Calibration.__struct_fields__}) for row in rows}


async def calibrated(tx: Transaction) -> dict[str, tuple[datetime, str | None]]:
    """When each was, and by whom: the name, where it is known."""
    rows = await tx.fetch(
        "SELECT c.camera, c.calibrated_at, coalesce(a.name, c.calibrated_by) AS name FROM camera_calibration c"
        " LEFT JOIN account a ON a.id = c.calibrated_by"
    )
    return {row["camera"]: (row["calibrated_at"], row["name"]) for row in rows}


async def put_calibration(tx: Transaction, camera: str, calibration: Calibration, by: str) -> None:
    """In the place of what was known of this head; the camera is one that turns, whatever its register says."""
    values = msgspec.structs.astuple(calibration)
    numbers = [f"${n}" for n in range(1, len(values) + 4)]
    await tx.execute(
        f"INSERT INTO camera_calibration (camera, calibrated_at, calibrated_by, {_HANGS}) VALUES ({', '.join(numbers)})"
        " ON CONFLICT (camera) DO UPDATE SET calibrated_at = excluded.calibrated_at,"
        " calibrated_by = excluded.calibrated_by, "
        + ", ".join(f"{name} = excluded.{name}" for name in Calibration.__struct_fields__),
        camera, tx.at, by, *values,
    )  # fmt: skip
    await tx.execute("UPDATE camera SET turns = true WHERE id = $1", camera)


async def layers(tx: Transaction) -> list[tuple[Layer, Shapes]]:
    """Everything imported of the map, sheet by sheet."""
    rows = await tx.fetch("SELECT layer, shapes FROM map_layer ORDER BY sheet, layer")
    return [(row["layer"], shapely.get_parts(shapely.from_wkb(bytes(row["shapes"])))) for row in rows]


async def sheet(tx: Transaction, sheet: str) -> dict[Layer, bytes]:
    rows = await tx.fetch("SELECT layer, shapes FROM map_layer WHERE sheet = $1", sheet)
    return {row["layer"]: bytes(row["shapes"]) for row in rows}


async def put_sheet(tx: Transaction, sheet: str, layers: Mapping[Layer, Shapes]) -> None:
    """In the place of what was known of this sheet."""
    await tx.execute("DELETE FROM map_layer WHERE sheet = $1", sheet)
    for layer, shapes in layers.items():
        await tx.execute(
            "INSERT INTO map_layer (sheet, layer, shapes, count, imported_at) VALUES ($1, $2, $3, $4, $5)",
            sheet, layer, shapely.to_wkb(shapely.geometrycollections(shapes)), len(shapes), tx.at,
        )  # fmt: skip
