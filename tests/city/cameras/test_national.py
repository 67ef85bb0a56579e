"""The national register with the dirt that real files have: every row ends as cameras, or as a refusal that is named."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from ansim.app.imports import read_cameras
from ansim.city.cameras.national import NEW, OLD, judge
from ansim.city.cameras.sheet import lines
from ansim.core.errors import Problem
from ansim.core.projection import GRIDS

from .conftest import KNOWN, ROW, judged, only, table, where

REGISTERS = Path(__file__).parents[4] / "shared" / "registers"


def test_a_clean_row_is_a_camera() -> None:
    imported = judged({})
    [camera] = imported.cameras
    assert imported.findings == [] and imported.poles == imported.rows == 1
    assert (camera.latitude, camera.longitude) == (37.500001, 127.050001)
    assert camera.name == "서울특별시 강남구 별빛로 1" and camera.centre == "centre-11680"
    assert camera.azimuth_deg is None and camera.view_deg == 70 and 50 < camera.range_m < 60


def test_the_new_columns_carry_a_number() -> None:
    header = tuple({"위도": "WGS84위도", "경도": "WGS84경도"}.get(name, name) for name in NEW)
    row = {"관리번호": "202630000000800991", "WGS84위도": "37.5", "WGS84경도": "127.05123", "카메라대수": "2"}
    row |= {"WGS84위도": "37.50021"}
    imported = judged(row, header=header)
    assert [camera.id for camera in imported.cameras] == ["202630000000800991-1", "202630000000800991-2"]
    assert imported.findings == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_whatever_an_office_writes_in(encoding: str) -> None:
    imported = judge(lines(table({}).encode(encoding)), KNOWN, where)
    assert imported.cameras[0].name == "서울특별시 강남구 별빛로 1"


def workbook(*rows: list[str]) -> bytes:
    cells = "".join(
        f'<row r="{at}">' + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in row) + "</row>"
        for at, row in enumerate(rows, 1)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = f'<worksheet xmlns="{main}"><dimension ref="A1"/><sheetData>{cells}</sheetData></worksheet>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as parts:
        parts.writestr("xl/worksheets/sheet1.xml", sheet)
    return out.getvalue()


def test_a_workbook_that_is_called_csv_and_lies_about_its_size() -> None:
    imported = judge(lines(workbook(list(OLD), [ROW[name] for name in OLD])), KNOWN, where)
    assert [camera.latitude for camera in imported.cameras] == [37.500001]


@pytest.mark.parametrize(
    ("content", "type"),
    [
        (table({"소재지도로명주소": "서울\ufffd별시"}).encode(), "register.lossy"),
        (b"PK\x03\x04 no workbook", "register.form"),
        (b"\x00\x01\x02", "register.form"),
        (b"", "register.columns"),
        ("점포명,위도,경도\n가게,37.5123,127.0512".encode(), "register.columns"),
    ],
)
def test_what_is_no_register_is_refused_whole(content: bytes, type: str) -> None:
    with pytest.raises(Problem) as refused:
        judge(lines(content), KNOWN, where)
    assert refused.value.type == type and refused.value.status == 422


def test_a_file_without_a_header_has_the_standards_order() -> None:
    body = table({}).partition("\r\n")[2]
    assert len(judge(lines(body.encode()), KNOWN, where).cameras) == 1


def test_a_title_above_and_a_pivot_beside_are_passed_over() -> None:
    head, _, body = table({}).partition("\r\n")
    text = f"CCTV 현황,,\r\n\r\n{head},,행 레이블,합계\r\n{body},,동,12\r\n,,,\r\n"
    imported = judge(lines(text.encode()), KNOWN, where)
    assert len(imported.cameras) == 1 and imported.findings == []


@pytest.mark.parametrize(
    ("change", "field", "rule"),
    [
        ({"위도": "", "경도": ""}, "latitude", "missing"),
        ({"경도": ""}, "longitude", "missing"),
        ({"위도": "0", "경도": "0"}, "latitude", "zero"),
        ({"위도": "02-000-0000"}, "latitude", "number"),
        ({"위도": "nan"}, "latitude", "number"),
        ({"위도": "127.05", "경도": "127.05"}, "longitude", "same"),
        ({"위도": "37.5", "경도": "127.0"}, "latitude", "coarse"),
        ({"위도": "48.858222", "경도": "2.2945"}, "latitude", "outside"),
        ({"위도": "36.100001", "경도": "130.500001"}, "latitude", "outside"),
        ({"위도": "35.100001", "경도": "129.020001"}, "latitude", "address"),
        ({"위도": "545000.1", "경도": "945000.1"}, "latitude", "metres"),
        ({"위도": "545000.1", "경도": "1.1e9"}, "latitude", "outside"),
        ({"위도": "1e400", "경도": "127.05"}, "latitude", "number"),
        ({"카메라대수": "0"}, "count", "range"),
        ({"카메라대수": "-1"}, "count", "range"),
        ({"카메라대수": "9999"}, "count", "range"),
        ({"카메라대수": "1.5"}, "count", "number"),
        ({"카메라대수": "생활방범"}, "count", "number"),
    ],
)
def test_a_row_that_cannot_be_trusted_is_refused_and_named(change: dict[str, str], field: str, rule: str) -> None:
    imported = judged({}, change)
    assert len(imported.cameras) == 1 and imported.refused == 1
    finding = only(imported)
    assert (finding.line, finding.field, finding.rule, finding.outcome) == (3, field, rule, "refused")


@pytest.mark.parametrize(
    ("change", "rule", "place"),
    [
        ({"위도": "127.050001", "경도": "37.500001"}, "swapped", (37.500001, 127.050001)),
        ({"위도": "32.500001"}, "degrees", (37.500001, 127.050001)),
        ({"경도": "129.050001"}, "degrees", (37.500001, 127.050001)),
        ({"위도": "544529.4", "경도": "204423.4"}, "metres", (37.5001, 127.05)),
        ({"카메라대수": ""}, "no-count", (37.500001, 127.050001)),
        ({"소재지도로명주소": ""}, "no-address", (37.500001, 127.050001)),
    ],
)
def test_what_can_be_checked_is_mended_and_named(change: dict[str, str], rule: str, place: tuple[float, float]) -> None:
    imported = judged(change)
    [camera] = imported.cameras
    assert (camera.latitude, camera.longitude) == pytest.approx(place, abs=2e-4)
    assert (only(imported).rule, only(imported).outcome) == (rule, "repaired")


def test_without_an_address_nothing_is_guessed() -> None:
    unknown = {"관리기관명": "", "소재지도로명주소": "별빛로 1"}
    assert only(judged(unknown | {"위도": "32.500001"})).outcome == "refused"
    assert only(judged(unknown | {"위도": "544529.4", "경도": "204423.4"})).rule == "metres"


def test_a_pole_just_across_the_border_stays() -> None:
    assert judged({"위도": "37.542001", "경도": "127.010001"}).findings == []
    assert only(judged({"위도": "37.560001", "경도": "127.010001"})).rule == "address"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("부산광역시 중구청", {"26110"}), ("부산시 중구 별빛로", {"26110"}), ("중구 별빛로", {"26110", "11140"}),
        ("세종특별자치시 별빛로 1", {"36110"}), ("서울 강남구청", {"11680"}), ("서울특별시강남구청", {"11680"}), ("강남구청역 앞", {"11680"}), ("한국도로공사", set()),
    ],
)  # fmt: skip
def test_what_an_address_says(text: str, codes: set[str]) -> None:
    assert KNOWN.named(text) == codes


def test_rows_at_one_place_are_one_pole() -> None:
    imported = judged({"카메라대수": "2"}, {}, {"위도": "37.510001"})
    assert (imported.poles, len(imported.cameras)) == (2, 4)
    assert only(imported).rule == "pole"
    ids = [camera.id for camera in imported.cameras]
    assert len(set(ids)) == 4 and ids == [
        camera.id for camera in judged({"카메라대수": "2"}, {}, {"위도": "37.510001"}).cameras
    ]


def test_a_number_given_twice() -> None:
    header = ("관리번호", *OLD)
    again = judged({"관리번호": "A-1"}, {"관리번호": "A-1"}, header=header)
    assert len(again.cameras) == 1 and (only(again).rule, only(again).outcome) == ("twice", "refused")
    elsewhere = judged({"관리번호": "A-1"}, {"관리번호": "A-1", "위도": "37.510001"}, header=header)
    assert len({camera.id for camera in elsewhere.cameras}) == 2
    assert {finding.rule for finding in elsewhere.findings} == {"number"}


def test_an_address_of_the_network_is_never_stored_nor_reported() -> None:
    imported = judged({"소재지도로명주소": "서울특별시 강남구 별빛로 1 (192.168.10.7)"})
    assert imported.cameras[0].name == "서울특별시 강남구 별빛로 1" and only(imported).rule == "network-address"
    assert "192.168" not in repr(imported)


@pytest.mark.parametrize("address", ["서울특별시 강남구 별빛로 1 (역삼동)", "(역삼동) 서울특별시 강남구 별빛로 1"])
def test_an_address_keeps_both_its_brackets(address: str) -> None:
    assert judged({"소재지도로명주소": address}).cameras[0].name == address


@pytest.mark.parametrize(
    ("direction", "azimuth", "view"),
    [
        ("북동", 45, 70), ("남쪽 방면", 180, 70), ("360도전방면", None, 360), ("", None, 70), ("새마을초소 방면", None, 70), ("12", None, 70),
    ],
)  # fmt: skip
def test_only_the_compass_is_a_direction(direction: str, azimuth: float | None, view: float) -> None:
    [camera] = judged({"촬영방면정보": direction}).cameras
    assert (camera.azimuth_deg, camera.view_deg) == (azimuth, view)


@pytest.mark.parametrize(
    ("direction", "turns"),
    [("회전형", True), ("360도 회전", True), ("PTZ", True), ("스피드 돔", True), ("회전교차로 방면", False), ("회전로 12", False), ("360도전방면", False), ("", False)],
)  # fmt: skip
def test_what_a_row_says_to_turn_turns(direction: str, turns: bool) -> None:
    assert [camera.turns for camera in judged({"촬영방면정보": direction}).cameras] == [turns]
    three = judged({"촬영방면정보": direction, "카메라대수": "3"}).cameras
    assert [camera.turns for camera in three] == [turns, False, False], "a pole has one head"


def test_letters_that_are_none_refuse_their_row_alone() -> None:
    spoilt = (
        table({}, {"위도": "37.510001"}).encode("cp949").replace("별빛로 1".encode("cp949"), b"\xff\xff\x20\x31", 1)
    )
    imported = judge(lines(spoilt), KNOWN, where)
    assert len(imported.cameras) == 1
    assert (only(imported).line, only(imported).rule) == (2, "encoding")


def test_a_line_is_where_its_row_begins() -> None:
    imported = judged({"소재지지번주소": "역삼동\n1-1"}, {"위도": "0"})
    assert only(imported).line == 4


@pytest.mark.parametrize(
    ("epsg", "east_m", "north_m", "latitude", "longitude"),
    [  # computed with PROJ
        (5179, 953898.449, 1952035.979, 37.566535, 126.977969),
        (5179, 1143467.380, 1688281.982, 35.1796, 129.0756),
        (5186, 210628.013, 531192.571, 37.38, 127.12),
        (5187, 206886.273, 287022.723, 35.1796, 129.0756),
        (5181, 198053.629, 451888.916, 37.566535, 126.977969),
    ],
)
def test_metres_are_where_proj_says(
    epsg: int, east_m: float, north_m: float, latitude: float, longitude: float
) -> None:
    [grid] = [one for one in GRIDS if one.epsg == epsg]
    assert grid.degrees(east_m, north_m) == pytest.approx((latitude, longitude), abs=1e-8)


@pytest.mark.parametrize(
    ("name", "rows", "refused"),
    [("gangnam_std_cctv_2019_cp949.csv", 1880, 0), ("busan_cctv_2024_first1000.csv", 1000, 1)],
)
def test_real_registers(name: str, rows: int, refused: int) -> None:
    """Of the thousand poles of Busan one stands in the sea."""
    if not (REGISTERS / name).is_file():
        pytest.skip("the real registers are not on this machine")
    imported = read_cameras(REGISTERS / name)
    assert (imported.rows, imported.refused) == (rows, refused)
    assert len(imported.cameras) >= imported.poles > rows / 2


@pytest.mark.parametrize(
    "name",
    [
        "gwanak_std_bell_2020_bom.csv", "gwanak_std_shelter_2022_cp949.csv",
        "seongnam_securitylight_2018_first500_cp949.csv", "control_centres_20251231.csv",
    ],
)  # fmt: skip
def test_bells_lamps_and_shelters_are_no_cameras(name: str) -> None:
    if not (REGISTERS / name).is_file():
        pytest.skip("the real registers are not on this machine")
    with pytest.raises(Problem):
        read_cameras(REGISTERS / name)
