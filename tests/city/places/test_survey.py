"""A file of boundaries: every area becomes a boundary or a named refusal, and what does not fit beside its neighbours is named."""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ansim.city.places.areas import Areas
from ansim.city.places.jurisdictions import Jurisdictions
from ansim.city.places.survey import Said, Survey, judge
from ansim.core.errors import Problem
from ansim.core.projection import GRIDS

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def square(west: float, south: float, wide: float = 0.02, high: float = 0.02) -> list[list[float]]:
    return [[west, south], [west + wide, south], [west + wide, south + high], [west, south + high], [west, south]]


def feature(ring: list[list[float]], **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def survey(country: Jurisdictions, *features: dict[str, Any], said: Said | None = None) -> Survey:
    file = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    return judge({".geojson": file}, country, said or Said(), NOW)


def rules(found: Survey) -> list[tuple[int, str, str]]:
    return [(flaw.feature, flaw.rule, flaw.outcome) for flaw in found.flaws]


def test_who_answers_is_the_centre_named_or_the_municipality_s_or_whoever_is_behind_an_address(
    country: Jurisdictions,
) -> None:
    found = survey(
        country,
        feature(square(127.00, 37.0), SIG_CD="41135", SIG_KOR_NM="성남시 분당구"),
        feature(square(127.04, 37.0), code="4211000000", name="춘천시"),
        feature(square(127.08, 37.0), centre="gyeonggi-new", name_ko="새 센터", name_en="New Centre"),
        feature(square(127.12, 37.0), service="urn:service:sos.police", uri="sip:police@example.kr tel:112", number="112", name="경찰",
                civic={"A1": "경기도"}, valid_from="2026-07-01", valid_to="2027-01-01T00:00:00+09:00"),
    )  # fmt: skip
    [district, renamed, new, police] = sorted(found.boundaries, key=lambda one: one.shape.bounds)
    assert (district.centre, district.municipality, district.name.ko) == ("gyeonggi-seongnam", "41130", "성남시 분당구")
    assert renamed.municipality == "51110" and rules(found) == [(2, "code", "repaired")]
    assert Areas(country, found.boundaries).centres["gyeonggi-new"].name.en == "New Centre"
    assert (new.centre, new.uris) == ("gyeonggi-new", ()) and (police.centre, police.uris) == (
        None,
        ("sip:police@example.kr", "tel:112"),
    )
    assert police.valid_from == datetime(2026, 6, 30, 15, tzinfo=UTC), "a day begins at midnight in Seoul"
    assert {
        one.id
        for one in survey(country, feature(square(127.0, 37.0), SIG_CD="41135", SIG_KOR_NM="성남시 분당구")).boundaries
    } == {district.id}


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"name": "x"}, "centre"),
        ({"name": "x", "centre": "Big Centre"}, "centre"),
        ({"centre": "gyeonggi-hanam"}, "name"),
        ({"name": "x", "uri": "call me"}, "uri"),
        ({"name": "x", "uri": "tel:1", "centre": "a"}, "uri"),
        ({"name": "x", "uri": "tel:1", "service": "police"}, "service"),
        ({"name": "x", "uri": "tel:1", "number": "one"}, "number"),
        ({"name": "x", "uri": "tel:1", "civic": "here"}, "civic"),
        ({"name": "x", "uri": "tel:1", "valid_from": "soon"}, "valid_from"),
        ({"name": "x", "uri": "tel:1", "valid_from": "0001-01-01"}, "valid_from"),
        ({"name": "x", "uri": "tel:1", "valid_from": "2027-01-01", "valid_to": "2026-01-01"}, "valid_to"),
    ],
)
def test_what_a_feature_says_wrong_is_named(country: Jurisdictions, wrong: dict[str, Any], rule: str) -> None:
    found = survey(country, feature(square(127.0, 37.0), **wrong))
    assert rules(found) == [(1, rule, "refused")] and not found.boundaries


def test_rings_that_mean_nothing_are_refused_and_small_folds_repaired(country: Jurisdictions) -> None:
    crossed = [[127.0, 37.0], [127.02, 37.02], [127.02, 37.0], [127.0, 37.02], [127.0, 37.0]]
    folded = [[127.1, 37.0], [127.12, 37.0], [127.12, 37.02], [127.1101, 37.02], [127.1099, 37.0201], [127.1099, 37.02], [127.1101, 37.0201],
              [127.1, 37.02], [127.1, 37.0]]  # fmt: skip
    found = survey(
        country,
        feature(crossed, centre="a", name="crossed"),
        feature(folded, centre="a", name="folded"),
        feature([[200_000, 500_000], [201_000, 500_000], [201_000, 501_000], [200_000, 500_000]], centre="a", name="metres"),
        {"type": "Feature", "properties": {"name": "x", "centre": "a"}, "geometry": {"type": "Point", "coordinates": [127, 37]}},
        {"type": "Feature", "properties": None, "geometry": None},
        feature([[127.0, 37.0], [127.00001, 37.0], [127.00001, 37.00001], [127.0, 37.0]], centre="a", name="speck"),
    )  # fmt: skip
    assert rules(found) == [
        (1, "ring", "refused"), (2, "ring", "repaired"), (3, "coordinates", "refused"), (4, "geometry", "refused"),
        (5, "geometry", "refused"), (6, "geometry", "refused"),
    ]  # fmt: skip
    assert [one.name.ko for one in found.boundaries] == ["folded"] and found.boundaries[0].shape.is_valid


def test_overlaps_gaps_parents_and_doubles(country: Jurisdictions) -> None:
    found = survey(
        country,
        feature(square(127.00, 37.0, 0.04), centre="a", name="parent"),
        feature(square(127.00, 37.0), centre="a", name="west"),
        feature(square(127.02, 37.0), centre="b", name="east"),
        feature(square(127.0395, 37.0), centre="c", name="over the east"),
        feature(square(127.0602, 37.0), centre="d", name="beyond a gap"),
        feature(square(127.00, 37.0), centre="e", name="again"),
        feature(square(127.00, 37.0), centre="f", name="later", valid_from="2030-01-01"),
        feature(square(127.00, 37.0), uri="tel:112", name="police", service="urn:service:sos.police"),
    )
    assert rules(found) == [
        (1, "parent", "refused"), (3, "overlap", "kept"), (4, "gap", "kept"), (6, "twice", "refused"), (7, "twice", "refused"),
    ]  # fmt: skip
    [overlap] = [flaw.detail for flaw in found.flaws if flaw.rule == "overlap"]
    assert re.search(r"with feature 4 \(over the east\): 9\d,\d{3} m2", overlap), overlap
    assert "between over the east, beyond a gap" in next(flaw.detail for flaw in found.flaws if flaw.rule == "gap")


def test_a_boundary_that_ends_where_the_next_begins_is_no_overlap(country: Jurisdictions) -> None:
    found = survey(
        country,
        feature(square(127.0, 37.0), centre="a", name="before", valid_to="2026-07-01"),
        feature(square(127.0, 37.0), centre="b", name="after", valid_from="2026-07-01"),
    )
    assert not found.flaws and len(found.boundaries) == 2
    laid = Areas(country, found.boundaries)
    change = datetime(2026, 6, 30, 15, tzinfo=UTC)
    assert [
        laid.find_circle(37.01, 127.01, 10, at).centres[0].id for at in (change - timedelta(seconds=1), change)
    ] == ["a", "b"]


def shapefile(grid: int, east_m: float, north_m: float, table: list[tuple[str, str]]) -> dict[str, bytes]:
    """One square kilometre with a hole, as offices write it: metres, clockwise, names in CP949."""
    outer = [(0, 0), (0, 1000), (1000, 1000), (1000, 0), (0, 0)]
    hole = [(400, 400), (600, 400), (600, 600), (400, 600), (400, 400)]
    points = [(east_m + x, north_m + y) for x, y in (*outer, *hole)]
    box = struct.pack("<4d", east_m, north_m, east_m + 1000, north_m + 1000)
    record = (
        struct.pack("<i", 5)
        + box
        + struct.pack("<iiii", 2, len(points), 0, len(outer))
        + b"".join(struct.pack("<2d", *one) for one in points)
    )
    body = struct.pack(">ii", 1, len(record) // 2) + record
    head = (
        struct.pack(">i5ii", 9994, 0, 0, 0, 0, 0, (100 + len(body)) // 2)
        + struct.pack("<ii", 1000, 5)
        + box
        + bytes(32)
    )
    fields = b"".join(name.encode().ljust(11, b"\0") + b"C" + bytes(4) + bytes([60]) + bytes(15) for name, _ in table)
    row = b" " + b"".join(value.encode("cp949").ljust(60) for _, value in table)
    dbf = (
        struct.pack("<BBBBIHH", 3, 126, 11, 23, 1, 32 + len(fields) + 1, len(row))
        + bytes(20)
        + fields
        + b"\r"
        + row
        + b"\x1a"
    )
    of = next(one for one in GRIDS if one.epsg == grid)
    prj = (
        f'PROJCS["Korea",GEOGCS["GCS"],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",{of.east_m:.1f}],'
        f'PARAMETER["False_Northing",{of.north_m:.1f}],PARAMETER["Central_Meridian",{of.longitude}],PARAMETER["Scale_Factor",{of.scale}],'
        'PARAMETER["Latitude_Of_Origin",38.0],UNIT["Meter",1.0]]'
    )
    return {".shp": head + body, ".dbf": dbf, ".prj": prj.encode()}


@pytest.mark.parametrize(("grid", "at"), [(5179, (967_000.0, 1_930_000.0)), (5186, (210_000.0, 530_000.0))])
def test_a_shapefile_in_metres_with_korean_names(country: Jurisdictions, grid: int, at: tuple[float, float]) -> None:
    files = shapefile(grid, *at, [("SIG_CD", "41135"), ("SIG_KOR_NM", "성남시 분당구")])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for ending, content in files.items():
            archive.writestr(f"경계/TL_SCCO_SIG{ending}", content)
    for given in (files, {".zip": packed.getvalue()}):
        found = judge(given, country, Said(), NOW)
        [one] = found.boundaries
        assert not found.flaws and one.name.ko == "성남시 분당구" and len(one.shape.interiors) == 1
        latitude, longitude = next(of for of in GRIDS if of.epsg == grid).degrees(at[0] + 500, at[1] + 100)
        laid = Areas(country, found.boundaries)
        assert laid.find_circle(latitude, longitude, 5, NOW).place.ko == "성남시 분당구"


@pytest.mark.parametrize(
    "files",
    [
        {".geojson": b"{"},
        {".geojson": b"[]"},
        {".geojson": b'{"features": 4}'},
        {".geojson": b"[" * 100_000},
        {".geojson": b'{"features": [], "crs": {"properties": {"name": "EPSG:2097"}}}'},
        {".shp": b"not one"},
        {".shp": b"\0\0\x27\x0a" + bytes(96), ".prj": b""},
        {".zip": b"PK\x03\x04 broken"},
        {".shp": shapefile(5179, 1e6, 2e6, [("NAME", "x")])[".shp"][:150], ".prj": b'GEOGCS["WGS"]'},
        {**shapefile(5179, 1e6, 2e6, [("NAME", "x")]), ".dbf": b"\x03short"},
        {**shapefile(5179, 1e6, 2e6, [("NAME", "x")]), ".prj": b'PROJCS["x",PARAMETER["False_Easting",4]]'},
    ],
)
def test_a_file_that_is_none_is_refused_and_says_why(country: Jurisdictions, files: dict[str, bytes]) -> None:
    with pytest.raises(Problem) as refused:
        judge(files, country, Said(), NOW)
    assert refused.value.status == 422 and refused.value.detail


def test_what_the_command_says_holds_where_the_file_says_nothing(country: Jurisdictions) -> None:
    said = Said(service="urn:service:sos.fire", valid_from="2027-01-01")
    own = feature(square(127.0, 37.0), uri="tel:119", name="own", service="urn:service:sos.mountain")
    found = survey(country, own, feature(square(127.1, 37.0), uri="tel:119", name="plain"), said=said)
    assert {one.service for one in found.boundaries} == {"urn:service:sos.fire", "urn:service:sos.mountain"}
    assert all(one.valid_from == datetime(2026, 12, 31, 15, tzinfo=UTC) for one in found.boundaries)
