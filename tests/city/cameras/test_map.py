"""A city's map comes in layer by layer; every feature that was mended or refused is named, and cameras are judged by it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import shapely

from ansim.app.imports import import_map
from ansim.app.running import NOTE, Running
from ansim.city.cameras import store
from ansim.city.cameras.events import MapImported
from ansim.city.cameras.map import Sheet, read
from ansim.city.cameras.register import Register, draw, lay
from ansim.core.database import Database
from ansim.core.errors import Problem

SQUARE = [[127.0, 37.5], [127.001, 37.5], [127.001, 37.501], [127.0, 37.501], [127.0, 37.5]]


def feature(kind: str | None, type: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    told = properties if kind is None else {"kind": kind, **properties}
    return {"type": "Feature", "properties": told, "geometry": {"type": type, "coordinates": coordinates}}


def collection(*features: Any, **more: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features, **more}).encode()


BUILDING = feature("building", "Polygon", [SQUARE])
ROAD = feature("road", "LineString", [[127.0, 37.5], [127.002, 37.5]], width_m=8)


def flaws(sheet: Sheet) -> list[tuple[int, str, str]]:
    return [(flaw.feature, flaw.rule, flaw.outcome) for flaw in sheet.flaws]


def test_features_say_what_they_are() -> None:
    sheet = read(
        collection(BUILDING, ROAD, feature("entrance", "Point", [127.0005, 37.5]), feature("park", "Polygon", [SQUARE]))
    )
    assert {layer: len(shapes) for layer, shapes in sheet.layers.items()} == {
        "roads": 1,
        "entrances": 1,
        "footprints": 1,
        "paths": 1,
    }
    assert (sheet.features, sheet.passed_over, sheet.flaws) == (4, 1, [])


def test_a_line_is_as_wide_as_it_says() -> None:
    [road] = read(collection(ROAD)).layers["roads"]
    metres = shapely.transform(road, lambda at: at * (111_195 * 0.7934, 111_195))
    assert metres.area == pytest.approx(177 * 8, rel=0.05)


@pytest.mark.parametrize(("name", "layer"), [("TL_SPRD_RW", "roads"), ("TL_SPBD_BULD", "footprints")])
def test_the_national_map_is_known_by_its_name(name: str, layer: str) -> None:
    assert list(read(collection(feature(None, "Polygon", [SQUARE]), name=name)).layers) == [layer]


def test_another_map_is_told_what_it_is() -> None:
    content = collection(feature(None, "Polygon", [SQUARE]))
    with pytest.raises(Problem, match=r"map\.layer"):
        read(content)
    assert list(read(content, "footprints").layers) == ["footprints"]


def test_what_is_wrong_is_mended_or_refused_by_name() -> None:
    bow = [[127.0, 37.5], [127.001, 37.501], [127.001, 37.5], [127.0, 37.501], [127.0, 37.5]]
    sheet = read(
        collection(
            feature("building", "Polygon", [bow]),
            feature("building", "Polygon", [[[y, x] for x, y in SQUARE]]),
            feature("building", "Polygon", [[[x + 20, y] for x, y in SQUARE]]),
            feature("road", "LineString", [[127.0, 37.5], [127.002, 37.5]]),
            feature("entrance", "Polygon", [SQUARE]),
            {"type": "Feature", "properties": {"kind": "building"}, "geometry": None},
            {
                "type": "Feature",
                "properties": {"kind": "building"},
                "geometry": {"type": "Polygon", "coordinates": "x"},
            },
        )
    )
    assert flaws(sheet) == [
        (1, "crossing", "repaired"), (2, "swapped", "repaired"), (3, "outside", "refused"), (4, "width", "repaired"),
        (5, "geometry", "refused"), (6, "geometry", "refused"), (7, "geometry", "refused"),
    ]  # fmt: skip
    assert (sheet.repaired, sheet.refused) == (3, 4)


def test_what_is_walked_along_is_a_line_and_no_motorway() -> None:
    line = [[127.0, 37.5], [127.002, 37.5]]
    motorway = feature("road", "LineString", line, ROAD_BT=30, ROA_CLS_SE="1")
    sheet = read(collection(feature("path", "MultiLineString", [line]), motorway, feature("path", "Polygon", [SQUARE])))
    assert {layer: len(shapes) for layer, shapes in sheet.layers.items()} == {"roads": 1, "paths": 1}
    assert flaws(sheet) == [(3, "geometry", "refused")]
    with_width, without = (
        read(collection(motorway)),
        read(collection(feature("path", "LineString", line, highway="motorway"))),
    )
    assert (
        list(with_width.layers) == ["roads"] and without.layers == {} and flaws(without) == [(1, "motorway", "refused")]
    )


def test_metres_of_a_plane_grid_become_degrees() -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::5186"}}
    sheet = read(collection(feature("entrance", "Point", [203000.0, 545000.0]), crs=crs))
    [door] = sheet.layers["entrances"]
    assert (door.x, door.y) == pytest.approx((127.034, 37.504), abs=0.001)
    with pytest.raises(Problem, match=r"map\.crs"):
        read(collection(ROAD, crs={"type": "name", "properties": {"name": "EPSG:3857"}}))


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"features": 3}', b"\x00", b"PK\x03\x04"])
def test_what_is_no_map_is_a_problem(content: bytes) -> None:
    with pytest.raises(Problem, match=r"map\.form"):
        read(content)


async def test_the_same_sheet_again_changes_nothing_and_another_edition_replaces_it(database: Database) -> None:
    async def laid(*features: dict[str, Any]) -> bool:
        async with database.transaction() as tx:
            return await lay(tx, "gangnam", read(collection(*features)).layers, actor="test")

    assert await laid(BUILDING, ROAD) and not await laid(BUILDING, ROAD)
    assert await laid(ROAD)
    async with database.transaction() as tx:
        assert [layer for layer, _ in await store.layers(tx)] == ["paths", "roads"]
        entries = await tx.fetch("SELECT actor FROM ledger_entry WHERE act = 'map.imported'")
    assert len(entries) == 2


async def test_a_centre_that_runs_judges_by_the_new_map(database: Database) -> None:
    async with database.transaction() as tx:
        await lay(tx, "gangnam", read(collection(BUILDING)).layers, actor="test")
    assert database.use(Register).sight.ground is None
    await draw(database, MapImported(count=1))
    assert database.use(Register).sight.ground is not None


async def test_it_comes_in_by_a_command_that_can_be_tried_first(
    dsn: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, report = tmp_path / "map.geojson", tmp_path / "report.csv"
    file.write_bytes(collection(BUILDING, feature("road", "Point", [127.0, 37.5])))

    async def imported(*, dry_run: bool) -> str:
        assert await import_map(file, folder=tmp_path, layer=None, sheet=None, dry_run=dry_run, report=report) == 0
        return capsys.readouterr().out

    said = await imported(dry_run=True)
    assert "2 features: 1 footprints; 0 repaired, 1 refused" in said and "nothing was changed" in said
    with report.open(encoding="utf-8-sig", newline="") as rows:
        assert [(row["feature"], row["rule"]) for row in csv.DictReader(rows)] == [("2", "geometry")]
    note = Running(pid=0, port=1, dsn=dsn, centre="seoul-gangnam", witnesses=[], witness_within_s=300)
    (tmp_path / NOTE).write_bytes(msgspec.json.encode(note))
    assert "is laid" in await imported(dry_run=False)
    assert "as before" in await imported(dry_run=False)
