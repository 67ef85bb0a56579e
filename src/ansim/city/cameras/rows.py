"""A row of a public register, and where it stands: coordinates as they really are written, checked against the address.

Nothing is guessed that cannot be checked: a place must be where the row's own address says.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from ansim.city.cameras.sheet import Line
from ansim.core.projection import GRIDS

SOUTH, NORTH, WEST, EAST = 32.9, 38.7, 124.0, 132.0
NEAR_ENOUGH_M = 500.0
"""About every two-hundredth real pole stands just across the border of its address's municipality."""

_ADDRESS = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?(?![\d.])")
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


class Reported:
    """What reading a file found, with a line for every row that was not as it should be."""

    findings: list[Finding]
    rows: int

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


class Refused(Exception):
    def __init__(self, field: str, rule: str, detail: str) -> None:
        self.finding = (field, rule, detail)


@dataclass(frozen=True)
class Row:
    """One row of a register, read by what its columns mean; what is mended in it is written down with its line."""

    line: int
    sound: bool
    cell: Callable[[str], str]
    """What stands in a column; nothing where there is none."""
    findings: list[Finding]

    @classmethod
    def of(cls, line: Line, columns: Mapping[str, int], findings: list[Finding]) -> Row:
        def cell(key: str) -> str:
            at = columns.get(key)
            return line.cells[at] if at is not None and at < len(line.cells) else ""

        return cls(line.number, line.sound, cell, findings)

    def repaired(self, field: str, rule: str, detail: str) -> None:
        self.findings.append(Finding(self.line, field, rule, "repaired", detail))

    def number(self, usable: re.Pattern[str]) -> str:
        """What the register calls it, where that can name it; else nothing."""
        number = self.cell("number")
        if not number or usable.fullmatch(number):
            return number
        self.repaired("number", "number", "not usable as an identifier; the place stands for it")
        return ""

    def texts(self, *keys: str) -> dict[str, str]:
        """Addresses and offices, without the network's addresses that stand in them."""
        found = {}
        for key in keys:
            found[key] = _whole(_ADDRESS.sub("", self.cell(key)).strip(" ,-/()"))
            if _ADDRESS.search(self.cell(key)):
                self.repaired(key, "network-address", "an address of the network was taken out")
                found[key] = re.sub(" +", " ", found[key])
        return found

    def spot(self, named: Iterable[str], municipalities: Municipalities, where: Where) -> tuple[float, float, str]:
        """Latitude, longitude and the centre that answers there; `named` are the texts that say in which municipality it should be, the
        surest first. Raises Refused."""
        expected: set[str] = set()
        for text in named:
            expected = expected or municipalities.named(text)
        north, east, mended = _place(self.cell("latitude"), self.cell("longitude"), expected, where)
        code, centre = where(north, east)
        if code is None:
            raise Refused("latitude", "outside", "in no municipality of the country, nor near one")
        if expected and code not in expected and not _just_across(north, east, expected, where):
            raise Refused("latitude", "address", "not in the municipality that the row's address or manager names")
        if mended is not None:
            self.repaired("latitude", *mended)
        return north, east, centre


T = TypeVar("T")


def taken(rows: Iterable[Row], read: Callable[[Row], T]) -> list[T]:
    """What `read` makes of each row. One that it refuses, or whose bytes are no letters, is written down and left out."""
    found = []
    for row in rows:
        try:
            if not row.sound:
                raise Refused("row", "encoding", "bytes that are no letters")
            found.append(read(row))
        except Refused as refused:
            field, rule, detail = refused.finding
            row.findings.append(Finding(row.line, field, rule, "refused", detail))
    return found


def _whole(text: str) -> str:
    """With the bracket that was taken off its end or its beginning."""
    missing = text.count("(") - text.count(")")
    return f"{text})" if missing > 0 else f"({text}" if missing < 0 else text


def figure(text: str) -> float | None:
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
    """Where a row stands, and how that was mended (rule, detail). Raises Refused."""
    if not lat or not lon:
        raise Refused("latitude" if not lat else "longitude", "missing", "no coordinate")
    latitude, longitude = figure(lat), figure(lon)
    if latitude is None or longitude is None:
        raise Refused(
            "latitude" if latitude is None else "longitude", "number", "not a number; are the columns shifted?"
        )
    if latitude == 0 or longitude == 0:
        raise Refused("latitude", "zero", "0 stands where a coordinate should")
    if latitude == longitude:
        raise Refused("longitude", "same", "latitude and longitude are the same number")
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
        raise Refused("latitude", "coarse", "cut off after so few decimals that it may be kilometres away")
    if found is None or (found[2] is None and expected and where(found[0], found[1])[0] not in expected):
        mended = _typed_wrong(latitude, longitude, expected, where)
        if mended is not None and (found is None or not _just_across(latitude, longitude, expected, where)):
            return mended
    if found is None:
        raise Refused("latitude", "outside", "not in this country")
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
        raise Refused("latitude", "metres", "metres of a grid that leads to no place its address names")
    raise Refused("latitude", "metres", "metres of a grid, and no address tells of which")


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
