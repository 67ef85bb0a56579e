"""The national standard register of CCTV: rows as they really are, judged one by one.

Both column sets are read (the one of 13 columns, and the one of 18 that replaced it). One row is a pole with some
cameras, or one camera of a pole. Every row ends as cameras or as a refusal that names its line, field and rule; what was
mended is named as well. Nothing is guessed that cannot be checked: a place must be where the row's own address says.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from ansim.city.cameras.model import Camera
from ansim.city.cameras.rows import Finding, Municipalities, Refused, Reported, Row, Where, figure, taken
from ansim.city.cameras.sheet import Line
from ansim.core.errors import Problem

OLD = (
    "관리기관명", "소재지도로명주소", "소재지지번주소", "설치목적구분", "카메라대수", "카메라화소수", "촬영방면정보",
    "보관일수", "설치연월", "관리기관전화번호", "위도", "경도", "데이터기준일자",
)  # fmt: skip
NEW = ("개방자치단체코드", "관리번호", *OLD, "데이터갱신구분", "데이터갱신시점", "최종수정시점")

_NAMES = {
    "number": ("관리번호",),
    "manager": ("관리기관명", "관리기관"),
    "road": ("소재지도로명주소", "도로명주소", "설치위치(도로명주소)"),
    "lot": ("소재지지번주소", "지번주소", "설치위치(지번주소)", "주소"),
    "count": ("카메라대수", "카메라대수(대)"),
    "pixels": ("카메라화소수", "화소수"),
    "direction": ("촬영방면정보", "촬영방면"),
    "latitude": ("wgs84위도", "위도", "위도(wgs84)", "latitude"),
    "longitude": ("wgs84경도", "경도", "경도(wgs84)", "longitude"),
}
"""What the importer reads, and under which names it stands, without blanks and in small letters."""
_NEEDED = ("latitude", "longitude", "count")
"""Without a number of cameras it is a register of something else: of bells, lamps, shelters."""

MOST_ON_A_POLE = 64
_LENS_DEG = 70.0
_FULL_HD = 200.0
_PIXELS_PER_M = 25.0
"""A person can be told from a bush (IEC 62676-4 calls 25 pixels a metre *detect*)."""
_COMPASS = {"북": 0, "북동": 45, "동": 90, "남동": 135, "남": 180, "남서": 225, "서": 270, "북서": 315,
            "동북": 45, "동남": 135, "서남": 225, "서북": 315}  # fmt: skip
_TURNS = re.compile(
    r"회전(?!\s*(?:교차|로|길))|ptz|팬\s*틸트|pan\s*[-/]?\s*tilt|스피드\s*돔|speed\s*dome", re.IGNORECASE
)
"""Words for a head. "360" is none of them: it is written of poles with several lenses."""
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,55}")


@dataclass(frozen=True)
class Imported(Reported):
    cameras: list[Camera]
    findings: list[Finding]
    rows: int
    poles: int


@dataclass
class _Row:
    line: int
    number: str
    name: str
    latitude: float
    longitude: float
    centre: str
    count: int
    pixels: float
    direction: str


def judge(table: list[Line], municipalities: Municipalities, where: Where) -> Imported:
    """Raises Problem 422 when no columns tell where cameras are, and how many."""
    columns, body = _columns(table)
    findings: list[Finding] = []
    lines = (Row.of(line, columns, findings) for line in body)
    rows = taken(lines, lambda row: _row(row, municipalities, where))
    poles = _poles(rows, findings)
    cameras = [camera for id, pole in poles.items() for camera in _cameras(id, pole)]
    return Imported(cameras, sorted(findings, key=lambda one: one.line), len(body), len(poles))


def _columns(table: list[Line]) -> tuple[dict[str, int], list[Line]]:
    """Which column holds what. Titles above the header are passed over; without a header the standard's order counts."""
    for at, line in enumerate(table[:20]):
        named = [re.sub(r"\s", "", cell).lower() for cell in line.cells]
        # the first of two: what is glued to the right of a register is not the register
        columns = {key: named.index(next(n for n in names if n in named)) for key, names in _NAMES.items() if any(n in named for n in names)}  # fmt: skip
        if all(key in columns for key in _NEEDED):
            return columns, table[at + 1 :]
    for standard in (NEW, OLD):
        if table and len(table[0].cells) == len(standard):
            position = {name: at for at, name in enumerate(standard)}
            columns = {key: position[n] for key, names in _NAMES.items() for n in names if n in position}
            if all(figure(table[0].cells[columns[key]]) for key in _NEEDED):
                return columns, table
    raise Problem(
        422, "register.columns", "This is no register of cameras",
        "It has columns 위도 and 경도 (or WGS84위도 and WGS84경도), and 카메라대수.",
    )  # fmt: skip


def _row(row: Row, municipalities: Municipalities, where: Where) -> _Row:
    said = row.texts("road", "lot", "manager")
    latitude, longitude, centre = row.spot(said.values(), municipalities, where)
    count = _count(row)
    number = row.number(_IDENTIFIER)
    name = said["road"] or said["lot"]
    if not name:
        row.repaired("road", "no-address", "named after its place on the map")
        name = f"{latitude:.5f}, {longitude:.5f}"
    return _Row(
        row.line, number, name[:110], latitude, longitude, centre, count, _pixels(row.cell("pixels")),
        row.cell("direction"),
    )  # fmt: skip


def _count(row: Row) -> int:
    text = row.cell("count")
    if not text:
        row.repaired("count", "no-count", "counted as one camera")
        return 1
    number = figure(text.removesuffix("대"))
    if number is None or number != int(number):
        raise Refused("count", "number", "not a whole number; are the columns shifted?")
    if not 1 <= number <= MOST_ON_A_POLE:
        raise Refused("count", "range", f"not between 1 and {MOST_ON_A_POLE}")
    return int(number)


def _pixels(text: str) -> float:
    """Ten thousands of pixels, as the register counts; full HD where it says nothing that can be."""
    number = figure(text.removesuffix("만").removesuffix("만화소"))
    return number if number is not None and 10 <= number <= 5000 else _FULL_HD


def _poles(rows: Iterable[_Row], findings: list[Finding]) -> dict[str, list[_Row]]:
    """Rows that stand at one place (to a metre) are one pole. Its id is the register's number where that is one pole's
    alone, else its place: both stay the same when the register comes again."""
    places: defaultdict[tuple[float, float], list[_Row]] = defaultdict(list)
    numbers: defaultdict[str, set[tuple[float, float]]] = defaultdict(set)
    first: dict[tuple[str, tuple[float, float]], int] = {}
    for row in rows:
        place = round(row.latitude, 5), round(row.longitude, 5)
        if row.number:
            before = first.setdefault((row.number, place), row.line)
            if before != row.line:
                findings.append(
                    Finding(row.line, "number", "twice", "refused", f"the same number and place as line {before}")
                )
                continue
            numbers[row.number].add(place)
        if place in places:
            findings.append(
                Finding(row.line, "latitude", "pole", "repaired", f"on the pole of line {places[place][0].line}")
            )
        places[place].append(row)
    poles: dict[str, list[_Row]] = {}
    for place, pole in places.items():
        number = pole[0].number
        if number and len(numbers[number]) > 1:
            findings.append(
                Finding(
                    pole[0].line, "number", "number", "repaired", "stands at several places; the place stands for it"
                )
            )
            number = ""
        poles[number or "p-" + hashlib.sha256(f"{place[0]:.5f},{place[1]:.5f}".encode()).hexdigest()[:16]] = pole
    return poles


def _cameras(id: str, pole: list[_Row]) -> Iterable[Camera]:
    total = min(sum(row.count for row in pole), MOST_ON_A_POLE)
    lenses = [(row, n) for row in pole for n in range(row.count)][:total]
    for at, (row, n) in enumerate(lenses, 1):
        azimuth = _azimuth(row.direction)
        # "all round" is what a pole of several lenses sees; alone it is one that turns or a fisheye
        view = 360.0 if azimuth is None and total == 1 and "360" in row.direction else _LENS_DEG
        width = math.sqrt(row.pixels * 10_000 * 16 / 9)
        reach = width / (_PIXELS_PER_M * 2 * math.tan(math.radians(_LENS_DEG / 2)))
        yield Camera(
            id=f"{id}-{at}", centre=row.centre, name=row.name if total == 1 else f"{row.name} · {at}",
            latitude=row.latitude, longitude=row.longitude, azimuth_deg=azimuth, view_deg=view,
            range_m=round(min(100.0, max(15.0, reach)), 1),
            # a row of several cameras that says so has one head among them
            turns=n == 0 and _TURNS.search(row.direction) is not None,
        )  # fmt: skip


def _azimuth(direction: str) -> float | None:
    """Only the points of the compass are directions; names of roads and serial numbers are not."""
    word = re.sub(r"\s", "", direction)
    for ending in ("방면", "방향", "쪽", "측", "향"):
        word = word.removesuffix(ending)
    found = _COMPASS.get(word)
    return None if found is None else float(found)
