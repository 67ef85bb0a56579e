"""Registers of the city, brought in from files; every row that was mended or refused is named."""

from __future__ import annotations

import asyncio
import csv
from pathlib import Path

from ansim.app.running import database_of, read_note
from ansim.city.cameras.national import Finding, Imported, Municipalities, judge
from ansim.city.cameras.register import bring
from ansim.city.cameras.sheet import lines
from ansim.city.places.jurisdictions import Jurisdictions
from ansim.core.errors import Problem

SHOWN = 20


async def import_cameras(file: Path, *, folder: Path, dry_run: bool, report: Path | None) -> int:
    """Read a national register of cameras into the centre that runs on this data folder; with `dry_run` only judge it."""
    imported = await asyncio.to_thread(read_cameras, file)
    if report is not None:
        await asyncio.to_thread(write_report, report, imported.findings)
    _say(imported, report)
    if dry_run:
        print("dry run: nothing was changed")
        return 0
    database = await database_of(read_note(folder).dsn)
    try:
        async with database.transaction() as tx:
            change = await bring(tx, imported.cameras, actor="command-line")
    finally:
        await database.close()
    print(f"register: {change.new} new, {change.changed} changed, {change.removed} removed, {change.same} as before")
    return 0


def read_cameras(file: Path) -> Imported:
    """Raises Problem for a file that cannot be read, or is no register."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Problem(400, "import.file", f"{file} cannot be read", f"{error.strerror}.") from None
    places = Jurisdictions.load()
    municipalities = Municipalities(
        [(one.code, one.name.ko, one.province.ko, _short(one.province.ko)) for one in places.municipalities.values()]
    )

    def where(latitude: float, longitude: float) -> tuple[str | None, str]:
        answer = places.find(latitude, longitude)
        return None if answer.municipality is None else answer.municipality.code, answer.centres[0].id

    return judge(lines(content), municipalities, where)


def write_report(file: Path, findings: list[Finding]) -> None:
    """One line a finding, as CSV with a byte order mark: spreadsheets take it for CP949 without."""
    try:
        with file.open("w", encoding="utf-8-sig", newline="") as out:
            rows = csv.writer(out)
            rows.writerow(("line", "field", "rule", "outcome", "detail"))
            rows.writerows((one.line, one.field, one.rule, one.outcome, one.detail) for one in findings)
    except OSError as error:
        raise Problem(400, "import.report", f"{file} cannot be written", f"{error.strerror}.") from None


def _say(imported: Imported, report: Path | None) -> None:
    print(
        f"{imported.rows} rows: {imported.poles} poles, {len(imported.cameras)} cameras;"
        f" {imported.repaired} rows repaired, {imported.refused} refused"
    )
    # what was refused first: a repaired row is in the register, a refused one is missed
    ordered = sorted(imported.findings, key=lambda one: (one.outcome != "refused", one.line))
    for one in ordered[:SHOWN]:
        print(f"  line {one.line}: {one.outcome}, {one.field}, {one.rule}: {one.detail}")
    if len(ordered) > SHOWN:
        print(f"  … and {len(ordered) - SHOWN} more" + ("" if report else "; --report FILE.csv names them all"))


def _short(province: str) -> str:
    """부산광역시 -> 부산, 경상남도 -> 경남, as addresses shorten it."""
    if len(province) == 4 and province.endswith("도"):
        return province[0] + province[2]
    return province[:2]
