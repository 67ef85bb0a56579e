"""The national register of emergency bells with the dirt that registers have: every row ends as a bell, or as a refusal that is named."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from ansim.app.imports import read_bells
from ansim.city.bells.national import STANDARD, ImportedBells, judge
from ansim.city.bells.register import Bells
from ansim.city.cameras.model import Camera
from ansim.city.cameras.rows import Municipalities
from ansim.city.cameras.sheet import lines
from ansim.city.cameras.sight import Sight
from ansim.core.errors import Problem

REGISTER = Path(__file__).parents[4] / "shared" / "registers" / "gwanak_std_bell_2020_bom.csv"
KNOWN = Municipalities([("11680", "강남구", "서울특별시", "서울"), ("26110", "중구", "부산광역시", "부산")])
ROW = dict.fromkeys(STANDARD, "") | {
    "안전비상벨관리번호": "G-1", "설치목적": "방범용", "설치장소유형": "공원", "설치위치": "별빛공원 (정문)",
    "소재지도로명주소": "서울특별시 강남구 별빛로 1", "WGS84위도": "37.500001", "WGS84경도": "127.050001", "연계방식": "양방향",
    "관리기관명": "강남구청",
}  # fmt: skip


def where(latitude: float, longitude: float) -> tuple[str | None, str]:
    if 37.45 <= latitude <= 37.54 and 127.0 <= longitude <= 127.12:
        return "11680", "centre-11680"
    return (
        ("26110", "centre-26110") if 35.08 <= latitude <= 35.13 and 129.0 <= longitude <= 129.05 else (None, "nobody")
    )


def judged(*rows: dict[str, str], header: bool = True, encoding: str = "utf-8-sig") -> ImportedBells:
    out = io.StringIO()
    table = csv.writer(out)
    if header:
        table.writerow(STANDARD)
    table.writerows([[(ROW | row)[name] for name in STANDARD] for row in rows])
    return judge(lines(out.getvalue().encode(encoding)), KNOWN, where)


def told(imported: ImportedBells) -> list[tuple[str, str, str]]:
    return [(one.field, one.rule, one.outcome) for one in imported.findings]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp949"])
@pytest.mark.parametrize("header", [True, False])
def test_a_clean_row_is_a_bell(header: bool, encoding: str) -> None:
    imported = judged({}, header=header, encoding=encoding)
    [bell] = imported.bells
    assert imported.findings == []
    assert (bell.id, bell.number, bell.kind, bell.centre) == ("11680-G-1", "G-1", "pole", "centre-11680")
    assert (bell.name, bell.address, bell.purpose) == ("별빛공원 (정문)", "서울특별시 강남구 별빛로 1", "방범용")
    assert (bell.latitude, bell.longitude, bell.two_way) == (37.500001, 127.050001, True)


def test_what_it_hangs_on_and_whether_one_can_speak() -> None:
    rows = [
        {"안전비상벨관리번호": f"K-{at}", "설치위치": name, "설치장소유형": site, "연계방식": link}
        for at, (name, site, link) in enumerate(
            [
                ("공중화장실 안", "기타", "단방향"),
                ("안심택배함", "기타", ""),
                ("버스 쉼터", "기타", "양방향"),
                ("1층", "주차장", ""),
                ("숲속쉼터", "공원", ""),
            ]
        )
    ]
    bells = judged(*rows).bells
    assert [bell.kind for bell in bells] == ["restroom", "locker", "shelter", "parking", "pole"]
    assert [bell.two_way for bell in bells] == [False, True, True, True, True]


@pytest.mark.parametrize(
    ("row", "finding"),
    [
        ({"WGS84위도": "127.050001", "WGS84경도": "37.500001"}, ("latitude", "swapped", "repaired")),
        ({"WGS84위도": "32.500001"}, ("latitude", "degrees", "repaired")),
        ({"안전비상벨관리번호": "벨 1호"}, ("number", "number", "repaired")),
        ({"설치위치": "별빛공원 192.168.10.7"}, ("place", "network-address", "repaired")),
        ({"WGS84위도": "0", "WGS84경도": "0"}, ("latitude", "zero", "refused")),
        ({"WGS84경도": ""}, ("longitude", "missing", "refused")),
        ({"WGS84위도": "37.5", "WGS84경도": "127.0"}, ("latitude", "coarse", "refused")),
        ({"WGS84위도": "공원"}, ("latitude", "number", "refused")),
        ({"WGS84위도": "35.100001", "WGS84경도": "129.030001"}, ("latitude", "address", "refused")),
        ({"WGS84위도": "37.0001", "WGS84경도": "131.9001", "소재지도로명주소": "", "관리기관명": "", "설치위치": "섬"}, ("latitude", "outside", "refused")),
    ],
)  # fmt: skip
def test_dirt_is_mended_where_it_can_be_checked_and_named_always(
    row: dict[str, str], finding: tuple[str, str, str]
) -> None:
    imported = judged({"안전비상벨관리번호": "G-0", "WGS84위도": "37.510001"}, row)
    assert told(imported) == [finding]
    assert imported.findings[0].line == 3
    assert len(imported.bells) == (2 if finding[2] == "repaired" else 1)
    assert all("192.168" not in bell.name for bell in imported.bells)


def test_numbers_that_come_twice() -> None:
    elsewhere = {"WGS84위도": "37.510001"}
    again = judged({}, {})
    assert told(again) == [("number", "twice", "refused")] and len(again.bells) == 1
    apart = judged({}, elsewhere)
    assert told(apart) == [("number", "number", "repaired")] * 2
    assert len({bell.id for bell in apart.bells}) == 2 and all("-p-" in bell.id for bell in apart.bells)
    assert [bell.id for bell in judged({}, elsewhere).bells] == [bell.id for bell in apart.bells]
    beside = judged({}, {"안전비상벨관리번호": "G-2"})
    assert beside.findings == [] and len(beside.bells) == 2, "two bells may hang on one pole"


def test_another_register_is_none_of_bells() -> None:
    with pytest.raises(Problem) as refused:
        judge(lines("관리번호,위도,경도,카메라대수\n1,37.5001,127.0501,2\n".encode()), KNOWN, where)
    assert (refused.value.status, refused.value.type) == (422, "register.columns")


def test_a_bells_own_cameras() -> None:
    """Those on its pole, and those of its number also where one of the two was measured badly; not the neighbour's."""

    def camera(id: str, north_m: float) -> Camera:
        return Camera(
            id=id, centre="c", name=id, latitude=37.5 + north_m / 111_195, longitude=127.05, azimuth_deg=None, view_deg=70, range_m=50
        )  # fmt: skip

    [bell] = judged({"WGS84위도": "37.500000001", "WGS84경도": "127.050000001"}).bells
    sight = Sight(
        (camera("far-1", 16), camera("near-1", 14), camera("near-2", 3), camera("G-1-2", 50), camera("G-1-3", 70))
    )
    bells = Bells()
    assert bells.cameras(bell, sight) == ["G-1-2", "near-2", "near-1"]


def test_the_real_register() -> None:
    if not REGISTER.is_file():
        pytest.skip("the published registers are not beside this checkout")
    imported = read_bells(REGISTER)
    assert (imported.rows, len(imported.bells), imported.refused) == (988, 988, 0)
    assert len({bell.id for bell in imported.bells}) == 988 and all(bell.id.startswith("11") for bell in imported.bells)
    assert {bell.kind for bell in imported.bells} == {"pole", "restroom", "parking"}
