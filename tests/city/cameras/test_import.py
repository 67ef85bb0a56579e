"""A register comes in once, and again without doubles; the centre that runs knows it; the ledger says who brought it."""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import msgspec
import pytest

from ansim.app.imports import import_cameras
from ansim.app.running import NOTE, Running
from ansim.city.cameras.events import CamerasImported
from ansim.city.cameras.model import Camera
from ansim.city.cameras.register import Change, Register, bring, follow
from ansim.cli import parser_of_all
from ansim.core.database import Database
from ansim.core.errors import Problem

from .conftest import judged, table

POLE = {"카메라대수": "3"}


async def brought(database: Database, *rows: dict[str, str]) -> Change:
    async with database.transaction() as tx:
        return await bring(tx, judged(*rows).cameras, actor="command-line")


async def registered(database: Database) -> dict[str, Camera]:
    register = Register()
    await register.load(database)
    return register.sight.cameras


async def test_the_same_file_again_changes_nothing(database: Database) -> None:
    assert await brought(database, POLE, {"위도": "37.510001"}) == Change(new=4, changed=0, removed=0, same=0)
    assert await brought(database, POLE, {"위도": "37.510001"}) == Change(new=0, changed=0, removed=0, same=4)
    assert len(await registered(database)) == 4


async def test_a_newer_file_is_followed(database: Database) -> None:
    await brought(database, POLE, {"위도": "37.510001"})
    change = await brought(database, {"카메라대수": "2", "소재지도로명주소": "서울특별시 강남구 달빛로 2"})
    assert change == Change(new=0, changed=2, removed=1, same=0)
    cameras = await registered(database)
    # the pole that the newer file does not name stays: a file is one municipality's
    assert len(cameras) == 3 and sum("달빛로" in camera.name for camera in cameras.values()) == 2
    assert (await brought(database, POLE)).new == 1


async def test_a_direction_that_somebody_measured_stays(database: Database) -> None:
    await brought(database, {})
    async with database.transaction() as tx:
        await tx.execute("UPDATE camera SET azimuth_deg = 123.4, view_deg = 55.5")
    assert await brought(database, {}) == Change(new=0, changed=0, removed=0, same=1)
    assert (await brought(database, {"카메라화소수": "400"})).changed == 1
    [camera] = (await registered(database)).values()
    assert (camera.azimuth_deg, camera.view_deg) == pytest.approx((123.4, 55.5), abs=1e-4)
    await brought(database, {"촬영방면정보": "북"})
    [camera] = (await registered(database)).values()
    assert (camera.azimuth_deg, camera.view_deg) == (0, 70)


async def test_the_ledger_says_who_brought_how_many(database: Database) -> None:
    await brought(database, POLE)
    async with database.transaction() as tx:
        [entry] = await tx.fetch("SELECT actor, object, details FROM ledger_entry WHERE act = 'cameras.imported'")
        told = await tx.fetchval("SELECT count(*) FROM outbox WHERE name = 'cameras.imported'")
    assert entry["actor"] == "command-line" and '"count"' in str(entry["details"]).replace("'", '"')
    assert told == 1


async def test_a_centre_that_runs_reads_it_again(database: Database) -> None:
    await brought(database, POLE)
    assert len(database.use(Register).sight) == 0
    async with database.transaction() as tx:
        await follow(tx, CamerasImported(count=3))
    assert len(database.use(Register).sight) == 3


def parsed(*words: str) -> argparse.Namespace:
    return parser_of_all().parse_args(["import", "cameras", *words])


async def test_a_dry_run_needs_no_centre_and_names_every_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, report = tmp_path / "register.csv", tmp_path / "report.csv"
    file.write_bytes(table({}, {"위도": "0"}, {"위도": "127.060001", "경도": "37.500001"}).encode("cp949"))
    assert (
        await parsed(str(file), "--dry-run", "--report", str(report), "--data", str(tmp_path)).command(
            parsed(str(file), "--dry-run", "--report", str(report), "--data", str(tmp_path))
        )
        == 0
    )
    said = capsys.readouterr().out
    assert "3 rows: 2 poles, 2 cameras; 1 rows repaired, 1 refused" in said and "nothing was changed" in said
    with report.open(encoding="utf-8-sig", newline="") as rows:
        found = [(row["line"], row["field"], row["rule"], row["outcome"]) for row in csv.DictReader(rows)]
    assert found == [("3", "latitude", "zero", "refused"), ("4", "latitude", "swapped", "repaired")]


async def test_it_comes_into_the_centre_that_runs(
    dsn: str, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note = Running(pid=0, port=1, dsn=dsn, centre="seoul-gangnam", witnesses=[], witness_within_s=300)
    (tmp_path / NOTE).write_bytes(msgspec.json.encode(note))
    file = tmp_path / "register.csv"
    file.write_text(table({}), encoding="utf-8-sig")
    for said in ("1 new", "1 as before"):
        assert await import_cameras(file, folder=tmp_path, dry_run=False, report=None) == 0
        assert said in capsys.readouterr().out
    [camera] = (await registered(database)).values()
    assert camera.centre == "seoul-gangnam"


async def test_without_a_file_or_a_centre_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"import\.file"):
        await import_cameras(tmp_path / "none.csv", folder=tmp_path, dry_run=True, report=None)
    (tmp_path / "register.csv").write_text(table({}), encoding="utf-8")
    with pytest.raises(Problem, match="not-running"):
        await import_cameras(tmp_path / "register.csv", folder=tmp_path, dry_run=False, report=None)
