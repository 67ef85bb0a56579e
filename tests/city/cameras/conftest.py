"""A small country with two cities, and registers as their offices might write them. Every place is invented but its name."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ansim.city.cameras.national import OLD, Imported, judge
from ansim.city.cameras.register import Register
from ansim.city.cameras.rows import Finding, Municipalities
from ansim.city.cameras.sheet import lines
from ansim.core.database import Database
from ansim.core.database.pool import PoolDriver
from ansim.core.world import World

KNOWN = Municipalities(
    [
        ("11680", "강남구", "서울특별시", "서울"),
        ("26110", "중구", "부산광역시", "부산"),
        ("11140", "중구", "서울특별시", "서울"),
        ("36110", "세종시", "세종특별자치시", "세종"),
    ]
)
AREAS = {
    "11680": (37.45, 37.54, 127.00, 127.12), "11140": (37.54, 37.58, 126.96, 127.02),
    "26110": (35.08, 35.13, 129.00, 129.05), "36110": (36.4, 36.7, 127.1, 127.4),
}  # fmt: skip
ROW = {
    "관리기관명": "서울특별시 강남구청", "소재지도로명주소": "서울특별시 강남구 별빛로 1", "소재지지번주소": "", "설치목적구분": "생활방범",
    "카메라대수": "1", "카메라화소수": "200", "촬영방면정보": "", "보관일수": "30", "설치연월": "2018-09",
    "관리기관전화번호": "02-000-0000", "위도": "37.500001", "경도": "127.050001", "데이터기준일자": "2026-01-02",
}  # fmt: skip


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    database = Database(await PoolDriver.connect(dsn), World())
    database.provide(Register, Register())
    yield database
    await database.close()


def where(latitude: float, longitude: float) -> tuple[str | None, str]:
    for code, (south, north, west, east) in AREAS.items():
        if south <= latitude <= north and west <= longitude <= east:
            return code, f"centre-{code}"
    return None, "centre-default"


def table(*rows: dict[str, str], header: tuple[str, ...] = OLD) -> str:
    quoted = [[f'"{(ROW | row).get(name, "")}"' for name in header] for row in rows]
    return "\r\n".join(",".join(row) for row in [[*header], *quoted])


def judged(*rows: dict[str, str], header: tuple[str, ...] = OLD) -> Imported:
    return judge(lines(table(*rows, header=header).encode()), KNOWN, where)


def only(imported: Imported) -> Finding:
    [finding] = imported.findings
    return finding
