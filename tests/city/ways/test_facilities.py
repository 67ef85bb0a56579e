"""Registers of lights and places of help as offices write them: every row is a place, or is refused by name."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from ansim.app.imports import import_facilities, municipalities_of
from ansim.app.running import NOTE, Running
from ansim.city.ways.facilities import Judged, judge
from ansim.city.ways.hours import is_open, read
from ansim.city.ways.model import Kind
from ansim.core.errors import Problem

HEADER = "점포명,소재지도로명주소,위도,경도,영업시간,운영여부"
KNOWN = municipalities_of()


def judged(*rows: str, kind: Kind = "shop", header: str = HEADER, encoding: str = "cp949") -> Judged:
    return judge("\r\n".join([header, *rows]).encode(encoding), kind, *KNOWN)


def findings(found: Judged) -> list[tuple[int, str, str]]:
    return [(one.line, one.rule, one.outcome) for one in found.findings]


@pytest.mark.parametrize("encoding", ["cp949", "utf-8-sig", "utf-8"])
def test_a_shop_is_where_its_address_says_with_its_hours(encoding: str) -> None:
    found = judged("별빛가게 (역삼점),서울특별시 강남구 별빛로 1,37.50001,127.05001,24시간,Y", encoding=encoding)
    [shop] = found.facilities
    assert (shop.name, shop.latitude, shop.hours, shop.always, findings(found)) == (
        "별빛가게 (역삼점)",
        37.50001,
        "24/7",
        True,
        [],
    )


def test_what_is_wrong_is_mended_or_refused_by_name() -> None:
    found = judged(
        "가,서울특별시 강남구 별빛로 1,127.05001,37.50001,아무때나,Y",
        "나,서울특별시 강남구 별빛로 2,37.50002,127.05002,,N",
        "다,부산광역시 해운대구 별빛로 3,37.50003,127.05003,,Y",
        "라,서울특별시 강남구 별빛로 4,0,0,,Y",
        "마,서울특별시 강남구 별빛로 5,37.5,127.1,,Y",
        "가,서울특별시 강남구 별빛로 1,37.50001,127.05001,,Y",
        "바,,37.50006,127.05006,09:00~22:00,Y",
    )
    assert findings(found) == [
        (2, "swapped", "repaired"), (2, "hours", "repaired"), (3, "closed", "refused"), (4, "address", "refused"),
        (5, "zero", "refused"), (6, "coarse", "refused"), (7, "twice", "refused"),
    ]  # fmt: skip
    assert [(one.name, one.hours) for one in found.facilities] == [("가", None), ("바", "09:00-22:00")]
    assert not any(one.always for one in found.facilities)


def test_points_of_openstreetmap_are_taken_too() -> None:
    point = {"type": "Point", "coordinates": [127.05, 37.50001]}
    corner = {"type": "Polygon", "coordinates": [[[127.06, 37.5], [127.061, 37.5], [127.061, 37.501], [127.06, 37.5]]]}
    features = [
        {"type": "Feature", "properties": {"name": "별빛파출소", "opening_hours": "24/7"}, "geometry": point},
        {"type": "Feature", "properties": None, "geometry": corner},
        {"type": "Feature", "properties": {}, "geometry": None},
    ]
    content = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    found = judge(content, "police", *KNOWN)
    assert found.facilities[0].name == "별빛파출소" and 127.06 < found.facilities[1].longitude < 127.061
    assert findings(found) == [(2, "no-name", "repaired"), (3, "missing", "refused")]


def test_another_register_is_not_taken_for_this_one() -> None:
    for header in ("위도,경도,카메라대수", "안전비상벨관리번호,WGS84위도,WGS84경도"):
        with pytest.raises(Problem, match=r"register\.other"):
            judged("37.50001,127.05001,1", header=header)
    for content in (b"", b"a,b\n1,2", b"{", b'{"features": 1}', b"\x00\x01"):
        with pytest.raises(Problem, match=r"register\."):
            judge(content, "light", *KNOWN)


@pytest.mark.parametrize(
    ("file", "kind", "places"),
    [
        ("seongnam_securitylight_2018_first500_cp949.csv", "light", 459),
        ("gwanak_std_shelter_2022_cp949.csv", "shelter", 51),
    ],
)
def test_real_registers_come_in_whole(shared: Path, file: str, kind: Kind, places: int) -> None:
    found = judge((shared / "registers" / file).read_bytes(), kind, *KNOWN)
    assert len(found.facilities) == places and found.refused == 0
    assert {one.rule for one in found.findings} <= {"pole"}


@pytest.mark.parametrize(
    ("text", "open_at", "shut_at"),
    [
        ("연중무휴 24시간", "2026-11-22T03:00", None),
        ("9시~22시", "2026-11-23T09:00", "2026-11-23T22:00"),
        ("Mo-Fr 08:00-20:00; Sa,Su 22:00-02:00", "2026-11-23T01:59", "2026-11-24T01:00"),
        ("Mo-Su 10:00-20:00; Tu off", "2026-11-23T12:00", "2026-11-24T12:00"),
    ],
)
def test_hours_are_read_as_they_are_written(text: str, open_at: str, shut_at: str | None) -> None:
    hours = read(text)
    assert hours is not None and is_open(hours, datetime.fromisoformat(open_at + "+09:00"))
    assert shut_at is None or not is_open(hours, datetime.fromisoformat(shut_at + "+09:00"))


def test_hours_that_cannot_be_read_are_not_known() -> None:
    assert [read(text) for text in ("", "daily", "25:00-26:00", "Xx 10:00-11:00", "해 뜰 때")] == [None] * 5


async def test_they_come_in_by_a_command_and_the_same_file_again_changes_nothing(
    dsn: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, report = tmp_path / "shops.csv", tmp_path / "report.csv"
    rows = [f"가게{n},서울특별시 강남구 별빛로 {n},37.5000{n},127.05001,24시간,Y" for n in range(1, 4)]

    async def imported(*lines: str, dry_run: bool = False) -> str:
        file.write_text("\n".join([HEADER, *lines]), encoding="cp949")
        assert (
            await import_facilities(file, folder=tmp_path, kind="shop", sheet=None, dry_run=dry_run, report=report) == 0
        )
        return capsys.readouterr().out

    assert "3 of kind shop; 0 rows repaired, 1 refused" in await imported(*rows, "닫은곳,,37.6,127.1,,N", dry_run=True)
    assert "5,running,closed,refused" in report.read_text(encoding="utf-8-sig")
    note = Running(pid=0, port=1, dsn=dsn, centre="seoul-gangnam", witnesses=[], witness_within_s=300)
    (tmp_path / NOTE).write_bytes(msgspec.json.encode(note))
    assert "3 new, 0 changed, 0 removed" in await imported(*rows)
    assert "0 new, 0 changed, 0 removed, 3 as before" in await imported(*rows)
    assert "0 new, 1 changed, 1 removed, 1 as before" in await imported(rows[0], rows[1].replace("24시간", ""))
