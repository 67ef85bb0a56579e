"""The packaged tables: municipalities, districts and the centres that answer for them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files
from typing import cast

from ansim.city.places.borders import Part
from ansim.city.places.model import Centre, Kind, Municipality, Name

_ORDER: dict[Kind, int] = {"municipal": 0, "metropolitan": 0, "zone": 1, "supervising": 2}


def _rows(name: str) -> list[dict[str, str]]:
    text = (files(__package__) / "boundaries" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _name(row: dict[str, str]) -> Name:
    return Name(ko=row["ko"], en=row["en"])


@dataclass(frozen=True)
class Register:
    """`answering[code]` are a municipality's centres, its own first, then a zone's, then those above it."""

    municipalities: dict[str, Municipality]
    districts: dict[str, Name]
    centres: dict[str, Centre]
    answering: dict[str, tuple[Centre, ...]]

    def centres_of(self, part: Part) -> tuple[Centre, ...]:
        """The centres of a part: inside a zone its centre comes first."""
        centres = self.answering[part.municipality]
        if not part.zone:
            return centres
        return tuple(sorted(centres, key=lambda centre: centre.kind != "zone"))

    def place_of(self, part: Part) -> Name:
        municipality = self.municipalities[part.municipality].name
        if not part.district:
            return municipality
        district = self.districts[part.district]
        return Name(ko=f"{municipality.ko} {district.ko}", en=f"{district.en}, {municipality.en}")


def packaged() -> Register:
    provinces = {row["code"]: _name(row) for row in _rows("provinces.csv")}
    municipalities = {
        row["code"]: Municipality(code=row["code"], name=_name(row), province=provinces[row["code"][:2]])
        for row in _rows("municipalities.csv")
    }
    centres: dict[str, Centre] = {}
    answering: dict[str, list[Centre]] = {code: [] for code in municipalities}
    for row in _rows("centres.csv"):
        kind = cast(Kind, row["kind"])
        centre = Centre(id=row["id"], name=_name(row), kind=kind, cameras=int(row["cameras"]))
        centres[centre.id] = centre
        for code in row["answers"].split():
            answering[code].append(centre)
    return Register(
        municipalities=municipalities,
        districts={row["code"]: _name(row) for row in _rows("districts.csv")},
        centres=centres,
        answering={
            code: tuple(sorted(of, key=lambda centre: (_ORDER[centre.kind], centre.id)))
            for code, of in answering.items()
        },
    )
