"""A place in words (RFC 5139): which municipality an address lies in, as far as it names one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ansim.city.places.register import Register

Civic = Mapping[str, str]
"""Elements of a civicAddress by name: country, A1 (시도), A2, A3 (시군구), A4 (읍면동), RD, HNO, PC …"""

AREAS = ("A1", "A2", "A3", "A4", "A5", "A6")
_COUNTRIES = ("kr", "kor")
_SHORT = {"충청북도": "충북", "충청남도": "충남", "전라북도": "전북", "전북특별자치도": "전북", "전라남도": "전남", "경상북도": "경북", "경상남도": "경남"}  # fmt: skip

Verdict = Literal["valid", "invalid", "unchecked"]


@dataclass(frozen=True)
class Placed:
    """`municipality` is None where the address names none, or several could be meant; `verdicts` say of each element what it was worth."""

    municipality: str | None
    district: str | None
    verdicts: dict[str, Verdict]


class Gazetteer:
    """The names of provinces, municipalities and their districts, Korean, English and by legal code."""

    def __init__(self, register: Register, districts_of: Mapping[str, str]) -> None:
        """`districts_of`: the municipality of each district, by code."""
        self._names: dict[str, set[str]] = {}
        self._provinces: dict[str, set[str]] = {}
        self._districts: dict[str, set[str]] = {}
        self._of = dict(districts_of)
        for code, one in register.municipalities.items():
            self._put(self._names, code, code, one.name.ko, one.name.en)
            province = one.province.ko
            short = _SHORT.get(province, province[:2])
            self._put(self._provinces, code, province, f"{province[:2]}도", short, one.province.en, code[:2])
        for code in districts_of:
            name = register.districts[code]
            whole = register.municipalities[districts_of[code]].name
            self._put(self._districts, code, code, name.ko, name.en, f"{whole.ko}{name.ko}")

    def find(self, civic: Civic) -> Placed:
        """Every named area must agree; a road or a number is not looked at: borders do not know streets."""
        verdicts: dict[str, Verdict] = dict.fromkeys(civic, "unchecked")
        country = civic.get("country", "")
        if country:
            verdicts["country"] = "valid" if _plain(country) in _COUNTRIES else "invalid"
            if verdicts["country"] == "invalid":
                return Placed(None, None, verdicts)
        within: set[str] | None = None
        named: set[str] | None = None
        district: set[str] = set()
        for field in AREAS:
            name = _plain(civic.get(field, ""))
            if not name:
                continue
            if name in self._provinces:
                within = self._provinces[name] if within is None else within & self._provinces[name]
            elif name in self._names:
                named = self._names[name] if named is None else named & self._names[name]
            elif name in self._districts:
                district = self._districts[name]
            elif field in ("A1", "A2", "A3"):
                verdicts[field] = "invalid"
                continue
            else:
                continue
            verdicts[field] = "valid"
        return self._agreed(within, named, district, verdicts)

    def _agreed(
        self, within: set[str] | None, named: set[str] | None, district: set[str], verdicts: dict[str, Verdict]
    ) -> Placed:
        whole = {self._of[code] for code in district}
        found = named if named is not None else (whole or within or set())
        for other in (within, whole or None):
            if other is not None:
                found = found & other
        if len(found) != 1:
            return Placed(None, None, verdicts)
        municipality = next(iter(found))
        inside = [code for code in district if self._of[code] == municipality]
        return Placed(municipality, inside[0] if len(inside) == 1 else None, verdicts)

    def _put(self, names: dict[str, set[str]], code: str, *called: str) -> None:
        for name in called:
            names.setdefault(_plain(name), set()).add(code)


def _plain(name: str) -> str:
    return "".join(name.split()).casefold().replace("-", "")


def covers(area: Civic, asked: Civic) -> bool:
    """Whether an address lies in an area that was given in words: all that the area says, the address says too."""
    return bool(area) and all(_plain(asked.get(field, "")) == _plain(value) for field, value in area.items())
