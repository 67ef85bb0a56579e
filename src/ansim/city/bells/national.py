"""The national standard register of emergency bells (전국안전비상벨표준데이터): rows as they really are, judged one by one.

Every row ends as a bell or as a refusal that names its line, field and rule; what was mended is named as well.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from ansim.city.bells.model import Bell, Kind
from ansim.city.cameras.rows import Finding, Municipalities, Reported, Row, Where, figure, taken
from ansim.city.cameras.sheet import Line
from ansim.core.errors import Problem

STANDARD = (
    "안전비상벨관리번호", "설치목적", "설치장소유형", "설치위치", "소재지도로명주소", "소재지지번주소", "WGS84위도", "WGS84경도",
    "연계방식", "경찰연계유무", "경비업체연계유무", "관리사무소연계유무", "부가기능", "안전비상벨설치연도", "최종점검일자",
    "최종점검결과구분", "관리기관명", "관리기관전화번호", "데이터기준일자",
)  # fmt: skip

_NAMES = {
    "number": ("안전비상벨관리번호", "비상벨관리번호", "관리번호"),
    "purpose": ("설치목적", "설치목적구분"),
    "site": ("설치장소유형", "설치장소"),
    "place": ("설치위치", "설치위치명"),
    "road": ("소재지도로명주소", "도로명주소"),
    "lot": ("소재지지번주소", "지번주소", "주소"),
    "latitude": ("wgs84위도", "위도", "latitude"),
    "longitude": ("wgs84경도", "경도", "longitude"),
    "link": ("연계방식",),
    "manager": ("관리기관명", "관리기관"),
}
"""What the importer reads, and under which names it stands, without blanks and in small letters."""
_TELLING = ("안전비상벨관리번호", "비상벨관리번호", "연계방식")
"""Without any of these it is a register of something else: of cameras, lamps, shops."""
_KINDS: tuple[tuple[Kind, str], ...] = (
    ("locker", "택배"), ("restroom", "화장실"), ("parking", "주차"), ("shelter", r"쉼터|대피|부스|지킴이집|정류"),
)  # fmt: skip
"""Words of the kind of place; of its name only where the register does not tell the kind: parks have resting places, too."""
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,50}")


@dataclass(frozen=True)
class ImportedBells(Reported):
    bells: list[Bell]
    findings: list[Finding]
    rows: int


@dataclass
class _Row:
    line: int
    code: str
    bell: Bell


def judge(table: list[Line], municipalities: Municipalities, where: Where) -> ImportedBells:
    """Raises Problem 422 when no columns tell where bells are."""
    columns, body = _columns(table)
    findings: list[Finding] = []
    lines = (Row.of(line, columns, findings) for line in body)
    rows = taken(lines, lambda row: _row(row, municipalities, where))
    bells = list(_identified(rows, findings))
    return ImportedBells(bells, sorted(findings, key=lambda one: one.line), len(body))


def _columns(table: list[Line]) -> tuple[dict[str, int], list[Line]]:
    """Which column holds what. Titles above the header are passed over; without a header the standard's order counts."""
    for at, line in enumerate(table[:20]):
        named = [re.sub(r"\s", "", cell).lower() for cell in line.cells]
        columns = {key: named.index(next(n for n in names if n in named)) for key, names in _NAMES.items() if any(n in named for n in names)}  # fmt: skip
        if {"latitude", "longitude"} <= set(columns) and any(name in named for name in _TELLING):
            return columns, table[at + 1 :]
    for first in (0, 1):  # a running number may stand before all
        position = {name.lower(): at + first for at, name in enumerate(STANDARD)}
        columns = {key: position[n] for key, names in _NAMES.items() for n in names if n in position}
        if (
            table
            and len(table[0].cells) == len(STANDARD) + first
            and figure(table[0].cells[columns["latitude"]])
            and figure(table[0].cells[columns["longitude"]])
        ):
            return columns, table
    raise Problem(
        422, "register.columns", "This is no register of emergency bells",
        "It has columns WGS84위도 and WGS84경도, and 안전비상벨관리번호 or 연계방식.",
    )  # fmt: skip


def _row(row: Row, municipalities: Municipalities, where: Where) -> _Row:
    said = row.texts("place", "road", "lot", "manager")
    named = (said["road"], said["lot"], said["place"], said["manager"])
    latitude, longitude, centre = row.spot(named, municipalities, where)
    number = row.number(_IDENTIFIER)
    address = said["road"] or said["lot"]
    name = said["place"] or address
    if not name:
        row.repaired("place", "no-address", "named after its place on the map")
        name = f"{latitude:.5f}, {longitude:.5f}"
    site = row.cell("site")
    told = site if site not in ("", "기타") else name
    kind: Kind = next((kind for kind, words in _KINDS if re.search(words, told)), "pole")
    bell = Bell(
        id="unnamed", centre=centre, number=number, kind=kind, name=name[:110], address=address[:150],
        purpose=row.cell("purpose")[:60], latitude=latitude, longitude=longitude, two_way="단방향" not in row.cell("link"),
    )  # fmt: skip
    return _Row(row.line, where(latitude, longitude)[0] or "", bell)


def _identified(rows: Iterable[_Row], findings: list[Finding]) -> Iterable[Bell]:
    """A bell's id is its municipality and its number where that is one bell's alone, else its place: both stay the same when the
    register comes again."""
    numbered: defaultdict[tuple[str, str], list[_Row]] = defaultdict(list)
    unnumbered: list[_Row] = []
    for row in rows:
        (numbered[row.code, row.bell.number] if row.bell.number else unnumbered).append(row)
    for (code, number), alike in numbered.items():
        places = {(round(one.bell.latitude, 5), round(one.bell.longitude, 5)) for one in alike}
        if len(places) > 1:
            for one in alike:
                findings.append(
                    Finding(
                        one.line, "number", "number", "repaired", "stands at several places; the place stands for it"
                    )
                )
            unnumbered += alike
            continue
        first, *others = alike
        yield _with_id(first, f"{code}-{number}")
        for one in others:
            detail = f"the same number and place as line {first.line}"
            findings.append(Finding(one.line, "number", "twice", "refused", detail))
    taken: dict[str, int] = {}
    for row in unnumbered:
        place = f"{row.bell.latitude:.5f},{row.bell.longitude:.5f}"
        id = f"{row.code}-p-{hashlib.sha256(place.encode()).hexdigest()[:16]}"
        if id in taken:
            detail = f"no number of its own, at the place of line {taken[id]}"
            findings.append(Finding(row.line, "latitude", "twice", "refused", detail))
            continue
        taken[id] = row.line
        yield _with_id(row, id)


def _with_id(row: _Row, id: str) -> Bell:
    return msgspec.structs.replace(row.bell, id=id)
