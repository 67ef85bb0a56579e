"""Registers of street lights, police boxes, shops and shelters: the national standard's columns as offices write them, or points of GeoJSON.

Every row ends as a place or as a refusal that names its line, field and rule; what was mended is named as well.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import shapely
from shapely.geometry import shape

from ansim.city.cameras.rows import Finding, Municipalities, Refused, Reported, Row, Where, taken
from ansim.city.cameras.sheet import Line, lines
from ansim.city.ways.hours import read as read_hours
from ansim.city.ways.model import Facility, Kind
from ansim.core.errors import Problem

_NAMES = {
    "latitude": ("wgs84위도", "위도", "위도(wgs84)", "latitude", "lat", "y"),
    "longitude": ("wgs84경도", "경도", "경도(wgs84)", "longitude", "lon", "lng", "x"),
    "number": ("관리번호", "보안등관리번호", "번호", "id"),
    "name": (
        "보안등위치명", "관서명", "지구대파출소명", "지구대파출소", "점포명", "상호명", "업소명", "사업장명", "시설명", "명칭", "name",
    ),
    "road": ("소재지도로명주소", "도로명주소", "설치위치(도로명주소)", "주소", "소재지"),
    "lot": ("소재지지번주소", "지번주소", "설치위치(지번주소)"),
    "manager": ("관리기관명", "관리기관", "시군구명"),
    "hours": ("영업시간", "운영시간", "이용시간", "opening_hours", "hours"),
    "running": ("운영여부", "영업상태명", "영업상태"),
}  # fmt: skip
"""What is read, and under which names it stands, without blanks and in small letters."""
_NUMBERED = re.compile(r"(?=.*[^\d])[A-Za-z0-9][A-Za-z0-9_.-]{2,55}")
"""A number that tells of what it is one; 1, 2, 3 are the rows of a file."""
_OTHERS = {"카메라대수": "cameras: ansim import cameras", "안전비상벨관리번호": "emergency bells: ansim import bells"}
"""Columns that only another register has."""
_CLOSED = re.compile(r"n|no|아니오|폐업|휴업|중지|미운영|폐쇄", re.IGNORECASE)


@dataclass(frozen=True)
class Judged(Reported):
    facilities: list[Facility]
    findings: list[Finding]
    rows: int


def judge(content: bytes, kind: Kind, municipalities: Municipalities, where: Where) -> Judged:
    """Raises Problem 422 for what is no register of places."""
    findings: list[Finding] = []
    is_json = content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    rows = list(_points(content, findings) if is_json else _rows(content, findings))
    found: dict[tuple[float, float, str], int] = {}
    places: dict[str, Facility] = {}

    def read(row: Row) -> None:
        one = _facility(row, kind, municipalities, where)
        at = round(one.latitude, 5), round(one.longitude, 5), "" if kind == "light" else one.name
        before = found.setdefault(at, row.line)
        if before != row.line and kind == "light":
            row.repaired("latitude", "pole", f"on the pole of line {before}")
        elif before != row.line or one.id in places:
            why = f"the same place as line {before}" if before != row.line else "its number stands twice"
            raise Refused("latitude", "twice", why)
        else:
            places[one.id] = one

    taken(rows, read)
    return Judged(list(places.values()), sorted(findings, key=lambda one: one.line), len(rows))


def _facility(row: Row, kind: Kind, municipalities: Municipalities, where: Where) -> Facility:
    if _CLOSED.fullmatch(row.cell("running")):
        raise Refused("running", "closed", "its register says that it is closed")
    said = row.texts("name", "road", "lot", "manager")
    latitude, longitude, _ = row.spot((said["road"], said["lot"], said["manager"]), municipalities, where)
    name = said["name"] or said["road"] or said["lot"]
    if not name:
        row.repaired("name", "no-name", "named after its place on the map")
        name = f"{latitude:.5f}, {longitude:.5f}"
    hours = read_hours(row.cell("hours"))
    if row.cell("hours") and hours is None:
        row.repaired("hours", "hours", "not readable: counted as not known")
    number = row.cell("number")
    id = number if _NUMBERED.fullmatch(number) else _made(latitude, longitude, "" if kind == "light" else name)
    return Facility(kind=kind, id=id, name=name[:120], latitude=latitude, longitude=longitude, hours=hours)


def _made(latitude: float, longitude: float, name: str) -> str:
    """An id from what stays when a file comes again."""
    return "p-" + hashlib.sha256(f"{latitude:.5f},{longitude:.5f},{name}".encode()).hexdigest()[:16]


def _rows(content: bytes, findings: list[Finding]) -> Iterator[Row]:
    columns, body = _columns(lines(content))
    return (Row.of(line, columns, findings) for line in body)


def _columns(table: Sequence[Line]) -> tuple[dict[str, int], Sequence[Line]]:
    """Titles above the header are passed over."""
    for at, line in enumerate(table[:20]):
        named = [re.sub(r"[\s\"]", "", cell).lower() for cell in line.cells]
        columns = {
            key: named.index(next(name for name in names if name in named))
            for key, names in _NAMES.items()
            if any(name in named for name in names)
        }
        if "latitude" in columns and "longitude" in columns:
            if other := next((_OTHERS[name] for name in named if name in _OTHERS), None):
                raise Problem(422, "register.other", "This is another register", f"It is one of {other}.")
            return columns, table[at + 1 :]
    raise Problem(
        422,
        "register.columns",
        "This is no register of places",
        "It has columns 위도 and 경도 (or WGS84위도 and WGS84경도).",
    )


def _points(content: bytes, findings: list[Finding]) -> Iterator[Row]:
    """GeoJSON, as OpenStreetMap is exported: a point, or an outline of which the middle counts."""
    try:
        collection = msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"))
    except msgspec.DecodeError as error:
        raise Problem(422, "register.form", "This is not GeoJSON", f"{error}.") from None
    features = collection.get("features") if isinstance(collection, dict) else None
    if not isinstance(features, list):
        raise Problem(422, "register.form", "This is not a FeatureCollection", "GeoJSON (RFC 7946) has one at its top.")

    def reader(feature: Any) -> Callable[[str], str]:
        properties = feature.get("properties") if isinstance(feature, dict) else None
        told = {str(key).lower(): str(value) for key, value in (properties or {}).items() if value is not None}
        try:
            point = shape(feature["geometry"]).representative_point()
            place = {"latitude": repr(point.y), "longitude": repr(point.x)}
        except (AttributeError, KeyError, TypeError, ValueError, IndexError, shapely.errors.ShapelyError):
            place = {}

        def cell(key: str) -> str:
            if key in ("latitude", "longitude"):
                return place.get(key, "")
            return next((told[name] for name in _NAMES[key] if name in told), "").strip()

        return cell

    for number, feature in enumerate(features, 1):
        yield Row(number, True, reader(feature), findings)
