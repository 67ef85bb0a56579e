"""Registers and maps of the city, brought in from files; everything that was mended or refused is named."""

from __future__ import annotations

import asyncio
import csv
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from ansim.app.running import database_of, read_note
from ansim.city.bells.national import ImportedBells
from ansim.city.bells.national import judge as judge_bells
from ansim.city.bells.register import bring as bring_bells
from ansim.city.cameras.map import Layer, Sheet
from ansim.city.cameras.map import read as read_map
from ansim.city.cameras.national import Imported, judge
from ansim.city.cameras.register import bring, lay
from ansim.city.cameras.rows import Finding, Municipalities, Reported, Where
from ansim.city.cameras.sheet import lines
from ansim.city.places.actions import bring as bring_boundaries
from ansim.city.places.jurisdictions import Jurisdictions
from ansim.city.places.survey import Said
from ansim.city.places.survey import judge as judge_boundaries
from ansim.city.ways.facilities import judge as judge_facilities
from ansim.city.ways.model import Kind
from ansim.city.ways.register import bring as bring_facilities
from ansim.core.database import Transaction
from ansim.core.errors import Problem
from ansim.core.world import World

SHOWN = 20


class Flawed(Protocol):
    """What was wrong with a feature, and what became of it."""

    @property
    def feature(self) -> int: ...
    @property
    def rule(self) -> str: ...
    @property
    def outcome(self) -> str: ...
    @property
    def detail(self) -> str: ...


async def import_cameras(file: Path, *, folder: Path, dry_run: bool, report: Path | None) -> int:
    """Read a national register of cameras into the centre that runs on this data folder; with `dry_run` only judge it."""
    imported = await asyncio.to_thread(read_cameras, file)
    await _say(imported, f"{imported.poles} poles, {len(imported.cameras)} cameras", report)
    if dry_run:
        return _only_judged()
    async with _register(folder) as tx:
        change = await bring(tx, imported.cameras, actor="command-line")
    print(f"register: {change.new} new, {change.changed} changed, {change.removed} removed, {change.same} as before")
    return 0


async def import_bells(file: Path, *, folder: Path, dry_run: bool, report: Path | None) -> int:
    """Read a national register of emergency bells into the centre that runs on this data folder; with `dry_run` only judge it."""
    imported = await asyncio.to_thread(read_bells, file)
    await _say(imported, f"{len(imported.bells)} bells", report)
    if dry_run:
        return _only_judged()
    async with _register(folder) as tx:
        change = await bring_bells(tx, imported.bells, actor="command-line")
    print(f"register: {change.new} new, {change.changed} changed, {change.same} as before")
    return 0


def read_bells(file: Path) -> ImportedBells:
    """Raises Problem for a file that cannot be read, or is no register of bells."""
    return judge_bells(lines(_content(file)), *municipalities_of())


async def import_map(
    file: Path, *, folder: Path, layer: Layer | None, sheet: str | None, dry_run: bool, report: Path | None
) -> int:
    """Read roads, entrances or buildings into the map of the centre that runs on this data folder, in the place of what
    was known of this sheet; with `dry_run` only judge them."""
    found = await asyncio.to_thread(_read_map, file, layer)
    layers = ", ".join(f"{len(shapes)} {layer}" for layer, shapes in found.layers.items())
    await _say_features(
        f"{layers or 'nothing of use'}; {found.repaired} repaired, {found.refused} refused, {found.passed_over} of other kinds",
        found.features, found.flaws, report,
    )  # fmt: skip
    if dry_run:
        return _only_judged()
    if not found.layers:
        raise Problem(422, "map.empty", "There is nothing in this file that can be laid into the map")
    async with _register(folder) as tx:
        changed = await lay(tx, sheet or file.stem[:60], found.layers, actor="command-line")
    print(
        f"map: sheet {sheet or file.stem[:60]} is "
        + ("laid; cameras are judged by it from now on" if changed else "as before")
    )
    return 0


async def import_facilities(
    file: Path, *, folder: Path, kind: Kind, sheet: str | None, dry_run: bool, report: Path | None
) -> int:
    """Read street lights or places of help into the centre that runs on this data folder, in the place of what was known of
    this sheet; with `dry_run` only judge them."""
    judged = await asyncio.to_thread(lambda: judge_facilities(_content(file), kind, *municipalities_of()))
    await _say(judged, f"{len(judged.facilities)} of kind {kind}", report)
    if dry_run:
        return _only_judged()
    if not judged.facilities:
        raise Problem(422, "facilities.empty", "There is nothing in this file that can be used")
    async with _register(folder) as tx:
        change = await bring_facilities(tx, kind, sheet or file.stem[:60], judged.facilities, actor="command-line")
    print(f"{kind}: {change.new} new, {change.changed} changed, {change.removed} removed, {change.same} as before")
    return 0


async def import_boundaries(
    file: Path, *, folder: Path, said: Said, sheet: str | None, dry_run: bool, report: Path | None
) -> int:
    """Read who answers where into the centre, or the hub, that runs on this data folder, in the place of what was known of this sheet; with
    `dry_run` only judge it."""
    survey = await asyncio.to_thread(
        lambda: judge_boundaries(_beside(file), Jurisdictions.load(), said, World().clock.now())
    )
    named = Counter(flaw.rule for flaw in survey.flaws if flaw.outcome == "kept")
    await _say_features(
        f"{len(survey.boundaries)} boundaries; {survey.repaired} repaired, {survey.refused} refused;"
        f" {named['overlap']} overlaps, {named['gap']} gaps",
        survey.features, survey.flaws, report,
    )  # fmt: skip
    if dry_run:
        return _only_judged()
    if not survey.boundaries:
        raise Problem(422, "boundaries.empty", "There is nothing in this file that can be used")
    name = sheet or file.stem[:60]
    async with _register(folder) as tx:
        change = await bring_boundaries(tx, name, survey.boundaries, actor="command-line")
    print(f"boundaries: sheet {name}: {change.new} new, {change.removed} removed, {change.same} as before")
    return 0


def _beside(file: Path) -> dict[str, bytes]:
    """A file, and what belongs to it where it is a shapefile."""
    ending = file.suffix.lower()
    found = {ending: _content(file)}
    if ending == ".shp":
        for other in (".dbf", ".prj", ".cpg"):
            one = next(
                (path for path in (file.with_suffix(other), file.with_suffix(other.upper())) if path.is_file()), None
            )
            if one is not None:
                found[other] = _content(one)
    return found


async def _say_features(found: str, features: int, flaws: Sequence[Flawed], report: Path | None) -> None:
    """What a file of features holds, and what was wrong with them."""
    if report is not None:
        rows = [(flaw.feature, flaw.rule, flaw.outcome, flaw.detail) for flaw in flaws]
        await asyncio.to_thread(_write, report, ("feature", "rule", "outcome", "detail"), rows)
    print(f"{features} features: {found}")
    _name(
        [(f"feature {flaw.feature}: {flaw.outcome}, {flaw.rule}: {flaw.detail}", flaw.outcome) for flaw in flaws],
        report,
    )


def _read_map(file: Path, layer: Layer | None) -> Sheet:
    return read_map(_content(file), layer)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Problem(400, "import.file", f"{file} cannot be read", f"{error.strerror}.") from None


def read_cameras(file: Path) -> Imported:
    """Raises Problem for a file that cannot be read, or is no register."""
    content = _content(file)
    return judge(lines(content), *municipalities_of())


def municipalities_of() -> tuple[Municipalities, Where]:
    """What addresses say, and where places are."""
    places = Jurisdictions.load()
    municipalities = Municipalities(
        [(one.code, one.name.ko, one.province.ko, _short(one.province.ko)) for one in places.municipalities.values()]
    )

    def where(latitude: float, longitude: float) -> tuple[str | None, str]:
        answer = places.find(latitude, longitude)
        return None if answer.municipality is None else answer.municipality.code, answer.centres[0].id

    return municipalities, where


def write_report(file: Path, findings: list[Finding]) -> None:
    """One line a finding."""
    rows = [(one.line, one.field, one.rule, one.outcome, one.detail) for one in findings]
    _write(file, ("line", "field", "rule", "outcome", "detail"), rows)


def _write(file: Path, header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    """As CSV with a byte order mark: spreadsheets take it for CP949 without."""
    try:
        with file.open("w", encoding="utf-8-sig", newline="") as out:
            lines = csv.writer(out)
            lines.writerow(header)
            lines.writerows(rows)
    except OSError as error:
        raise Problem(400, "import.report", f"{file} cannot be written", f"{error.strerror}.") from None


def _only_judged() -> int:
    print("dry run: nothing was changed")
    return 0


@asynccontextmanager
async def _register(folder: Path) -> AsyncIterator[Transaction]:
    """A transaction at the centre that runs on this data folder."""
    database = await database_of(read_note(folder).dsn)
    try:
        async with database.transaction() as tx:
            yield tx
    finally:
        await database.close()


async def _say(judged: Reported, found: str, report: Path | None) -> None:
    """What the file holds, and what was wrong with it: all of it in the report, the worst of it here."""
    if report is not None:
        await asyncio.to_thread(write_report, report, judged.findings)
    print(f"{judged.rows} rows: {found}; {judged.repaired} rows repaired, {judged.refused} refused")
    lines = sorted(judged.findings, key=lambda one: one.line)
    _name(
        [(f"line {one.line}: {one.outcome}, {one.field}, {one.rule}: {one.detail}", one.outcome) for one in lines],
        report,
    )


def _name(found: list[tuple[str, str]], report: Path | None) -> None:
    """The first of what was found, what was refused before the rest: a repaired row is in the register, a refused one
    is missed."""
    ordered = sorted(found, key=lambda one: one[1] != "refused")
    for line, _ in ordered[:SHOWN]:
        print(f"  {line}")
    if len(ordered) > SHOWN:
        print(f"  … and {len(ordered) - SHOWN} more" + ("" if report else "; --report FILE.csv names them all"))


def _short(province: str) -> str:
    """부산광역시 -> 부산, 경상남도 -> 경남, as addresses shorten it."""
    if len(province) == 4 and province.endswith("도"):
        return province[0] + province[2]
    return province[:2]
