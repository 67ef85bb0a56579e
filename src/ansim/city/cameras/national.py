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
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from ansim.city.cameras.model import Camera
from ansim.city.cameras.projection import GRIDS
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
SOUTH, NORTH, WEST, EAST = 32.9, 38.7, 124.0, 132.0
NEAR_ENOUGH_M = 500.0
"""About every two-hundredth real pole stands just across the border of its address's municipality."""

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
_ADDRESS = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?(?![\d.])")
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,55}")
Where = Callable[[float, float], tuple[str | None, str]]
"""Latitude, longitude -> the municipality's code (None: in none, nor near one), and the id of the centre that answers."""


@dataclass(frozen=True)
class Finding:
    """What was wrong with a row, and what became of it. Never holds what stood in the field: it may be an address of
    the network, or a person's name."""

    line: int
    field: str
    rule: str
    outcome: Literal["repaired", "refused"]
    detail: str


@dataclass(frozen=True)
class Imported:
    cameras: list[Camera]
    findings: list[Finding]
    rows: int
    poles: int

    @property
    def refused(self) -> int:
        return len({finding.line for finding in self.findings if finding.outcome == "refused"})

    @property
    def repaired(self) -> int:
        return len({finding.line for finding in self.findings if finding.outcome == "repaired"})


class Municipalities:
    """What addresses and managers say; made of (code, name, province, the province's short name)."""

    def __init__(self, known: Iterable[tuple[str, str, str, str]]) -> None:
        self._named: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
        self._inside: defaultdict[str, set[str]] = defaultdict(set)
        self._provinces: dict[str, str] = {}
        for code, name, province, short in known:
            self._named[name].add((code, province))
            self._inside[province].add(code)
            self._provinces |= {
                form: province for form in (province, f"{province}청", short, f"{short}시", f"{short}시청")
            }

    def named(self, text: str) -> set[str]:
        """The codes of the municipalities that this text can mean: 서울특별시 강남구 …, 부산시 동구청, 성남시분당구청."""
        words = [part for word in text.split()[:3] for part in self._apart(word)]
        found = {one for word in words for name in _names(word) for one in self._named.get(name, ())}
        provinces = {self._provinces[word] for word in words if word in self._provinces}
        codes = {code for code, province in found if not provinces or province in provinces}
        if not codes and len(provinces) == 1:
            # Sejong is a province of one municipality, which its addresses leave out
            inside = self._inside[next(iter(provinces))]
            return inside if len(inside) == 1 else set()
        return codes

    def _apart(self, word: str) -> list[str]:
        """서울특별시강남구청 -> 서울특별시, 강남구청."""
        for province in self._inside:
            if word.startswith(province) and word not in self._provinces:
                return [province, word.removeprefix(province)]
        return [word]


def _names(word: str) -> set[str]:
    """What a word may begin with. Offices run the words together (성남시분당구청); two letters (중구) are too few to tell
    that from a road."""
    return {word, word.removesuffix("청"), *(word[:end] for end in range(3, min(len(word), 6)))}


class _Refused(Exception):
    def __init__(self, field: str, rule: str, detail: str) -> None:
        self.finding = (field, rule, detail)


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
    rows: list[_Row] = []
    for line in body:
        try:
            rows.append(_row(line, columns, municipalities, where, findings))
        except _Refused as refused:
            findings.append(Finding(line.number, refused.finding[0], refused.finding[1], "refused", refused.finding[2]))
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
            if all(_number(table[0].cells[columns[key]]) for key in _NEEDED):
                return columns, table
    raise Problem(
        422, "register.columns", "This is no register of cameras",
        "It has columns 위도 and 경도 (or WGS84위도 and WGS84경도), and 카메라대수.",
    )  # fmt: skip


def _row(
    line: Line, columns: dict[str, int], municipalities: Municipalities, where: Where, findings: list[Finding]
) -> _Row:
    def cell(key: str) -> str:
        at = columns.get(key)
        return line.cells[at] if at is not None and at < len(line.cells) else ""

    def repaired(field: str, rule: str, detail: str) -> None:
        findings.append(Finding(line.number, field, rule, "repaired", detail))

    if not line.sound:
        raise _Refused("row", "encoding", "bytes that are no letters")
    texts = {key: _ADDRESS.sub("", cell(key)).strip(" ,-/()") for key in ("road", "lot", "manager")}
    for key, text in texts.items():
        if _ADDRESS.search(cell(key)):
            repaired(key, "network-address", "an address of the network was taken out")
            texts[key] = re.sub(" +", " ", text)
    expected: set[str] = set()
    for text in texts.values():
        expected = expected or municipalities.named(text)
    latitude, longitude, mended = _place(cell("latitude"), cell("longitude"), expected, where)
    code, centre = where(latitude, longitude)
    if code is None:
        raise _Refused("latitude", "outside", "in no municipality of the country, nor near one")
    if expected and code not in expected and not _just_across(latitude, longitude, expected, where):
        raise _Refused("latitude", "address", "not in the municipality that the row's address or manager names")
    if mended is not None:
        repaired("latitude", *mended)
    count = _count(cell("count"), repaired)
    number = cell("number")
    if number and not _IDENTIFIER.fullmatch(number):
        repaired("number", "number", "not usable as an identifier; the place stands for it")
        number = ""
    name = texts["road"] or texts["lot"]
    if not name:
        repaired("road", "no-address", "named after its place on the map")
        name = f"{latitude:.5f}, {longitude:.5f}"
    return _Row(
        line.number, number, name[:110], latitude, longitude, centre, count, _pixels(cell("pixels")), cell("direction")
    )


def _number(text: str) -> float | None:
    try:
        number = float(text.replace(",", ".") if text.count(",") == 1 and "." not in text else text.replace(",", ""))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _in_country(latitude: float, longitude: float) -> bool:
    return SOUTH <= latitude <= NORTH and WEST <= longitude <= EAST


def _decimals(text: str) -> int:
    return len(text.partition(".")[2].rstrip("0"))


def _place(lat: str, lon: str, expected: set[str], where: Where) -> tuple[float, float, tuple[str, str] | None]:
    """Where a row stands, and how that was mended (rule, detail). Raises _Refused."""
    if not lat or not lon:
        raise _Refused("latitude" if not lat else "longitude", "missing", "no coordinate")
    latitude, longitude = _number(lat), _number(lon)
    if latitude is None or longitude is None:
        raise _Refused(
            "latitude" if latitude is None else "longitude", "number", "not a number; are the columns shifted?"
        )
    if latitude == 0 or longitude == 0:
        raise _Refused("latitude", "zero", "0 stands where a coordinate should")
    if latitude == longitude:
        raise _Refused("longitude", "same", "latitude and longitude are the same number")
    found: tuple[float, float, tuple[str, str] | None] | None = None
    if _in_country(latitude, longitude):
        found = latitude, longitude, None
    elif _in_country(longitude, latitude):
        found = longitude, latitude, ("swapped", "latitude and longitude were exchanged")
    elif all(1000 < abs(one) < 3_000_000 for one in (latitude, longitude)):
        found = _from_metres(latitude, longitude, expected, where)
    if (
        found is not None
        and found[2] is None
        and (min(_decimals(lat), _decimals(lon)) < 2 or max(_decimals(lat), _decimals(lon)) < 3)
    ):
        raise _Refused("latitude", "coarse", "cut off after so few decimals that it may be kilometres away")
    if found is None or (found[2] is None and expected and where(found[0], found[1])[0] not in expected):
        mended = _typed_wrong(latitude, longitude, expected, where)
        if mended is not None and (found is None or not _just_across(latitude, longitude, expected, where)):
            return mended
    if found is None:
        raise _Refused("latitude", "outside", "not in this country")
    return found


def _from_metres(
    one: float, other: float, expected: set[str], where: Where
) -> tuple[float, float, tuple[str, str]] | None:
    """Metres of a plane grid: believed only where they lead into the municipality that the row names."""
    for grid in GRIDS:
        for east, north in ((one, other), (other, one)):
            latitude, longitude = grid.degrees(east, north)
            if _in_country(latitude, longitude) and where(latitude, longitude)[0] in expected:
                return latitude, longitude, ("metres", f"metres of EPSG:{grid.epsg} stood in the columns of degrees")
    if expected:
        raise _Refused("latitude", "metres", "metres of a grid that leads to no place its address names")
    raise _Refused("latitude", "metres", "metres of a grid, and no address tells of which")


def _typed_wrong(
    latitude: float, longitude: float, expected: set[str], where: Where
) -> tuple[float, float, tuple[str, str]] | None:
    """One wrong digit of the whole degrees, when exactly one right one leads to where the address says."""
    if not expected:
        return None
    candidates = [(degree + latitude % 1, longitude) for degree in range(33, 39) if degree != int(latitude)]
    candidates += [(latitude, degree + longitude % 1) for degree in range(124, 132) if degree != int(longitude)]
    fits = [at for at in candidates if _in_country(*at) and where(*at)[0] in expected]
    if len(fits) != 1:
        return None
    return *fits[0], ("degrees", "a digit of the whole degrees was wrong; its address tells which")


def _just_across(latitude: float, longitude: float, expected: set[str], where: Where) -> bool:
    north = NEAR_ENOUGH_M / 111_320
    east = north / math.cos(math.radians(latitude))
    turns = (math.radians(45 * turn) for turn in range(8))
    return any(
        where(latitude + part * north * math.cos(turn), longitude + part * east * math.sin(turn))[0] in expected
        for turn in turns
        for part in (0.2, 0.6, 1.0)
    )


def _count(text: str, repaired: Callable[[str, str, str], None]) -> int:
    if not text:
        repaired("count", "no-count", "counted as one camera")
        return 1
    number = _number(text.removesuffix("대"))
    if number is None or number != int(number):
        raise _Refused("count", "number", "not a whole number; are the columns shifted?")
    if not 1 <= number <= MOST_ON_A_POLE:
        raise _Refused("count", "range", f"not between 1 and {MOST_ON_A_POLE}")
    return int(number)


def _pixels(text: str) -> float:
    """Ten thousands of pixels, as the register counts; full HD where it says nothing that can be."""
    number = _number(text.removesuffix("만").removesuffix("만화소"))
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
