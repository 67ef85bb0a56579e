"""The fast answers are the slow ones: every point against plain geometry, most of them hard by a border."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from ansim.city.places.borders import Borders
from ansim.city.places.jurisdictions import Jurisdictions
from ansim.city.places.plane import distances

Points = NDArray[np.float64]  # (n, 2) longitude, latitude


def border_heavy(borders: Borders, count: int, seed: int) -> Points:
    """Points across the country, along borders and coasts: 100 m off, a metre off, and exactly on."""
    rng = np.random.default_rng(seed)
    land = (borders.sides >= 0).all(axis=1)
    shares = (count // 5, count // 5, count // 5, count // 5, count - 4 * (count // 5))
    made = [rng.uniform(borders.ends[:, :2].min(axis=0) - 0.05, borders.ends[:, :2].max(axis=0) + 0.05, (shares[0], 2))]
    for share, lines, metres in zip(
        shares[1:],
        (borders.ends[land], borders.ends, borders.ends[land], borders.ends),
        (100, 100, 1, 0),
        strict=True,
    ):
        line = lines[rng.integers(0, len(lines), share)]
        along = rng.choice([0.0, 1.0, 0.5], share) if metres == 0 else rng.random(share)
        on = line[:, :2] + along[:, None] * (line[:, 2:] - line[:, :2])
        made.append(on + rng.normal(0, metres / 111_195 + 1e-300, (share, 2)))
    return np.concatenate(made)


def plainly(borders: Borders, points: Points) -> NDArray[np.int64]:
    """The smallest part that covers each point, by an STRtree; -1 for none."""
    point, part = shapely.STRtree(borders.polygons).query(shapely.points(points), predicate="intersects")
    found = np.full(len(points), len(borders.parts))
    np.minimum.at(found, point, part)
    return np.where(found == len(borders.parts), -1, found)


def check_exact(country: Jurisdictions, borders: Borders, count: int, seed: int) -> None:
    points = border_heavy(borders, count, seed)
    truth = plainly(borders, points)
    assert 0.05 < (truth < 0).mean() < 0.6, "the set must hold both land and sea"
    located = country.find_many(points[:, 1], points[:, 0])
    assert np.array_equal(np.where(located.nearest, -1, located.part), truth)
    for (longitude, latitude), part in zip(points.tolist(), truth.tolist(), strict=True):
        answer = country.find(latitude, longitude)
        assert (answer.source == "exact") == (part >= 0), (latitude, longitude)
        if part >= 0:
            assert answer.municipality is not None
            assert answer.municipality.code == borders.parts[part].municipality, (latitude, longitude)
            assert answer.place == country.place_of(part), (latitude, longitude)


def test_every_answer_is_the_exact_one(country: Jurisdictions, borders: Borders) -> None:
    check_exact(country, borders, 20_000, seed=20261122)


@pytest.mark.full
def test_every_answer_is_the_exact_one_at_length(country: Jurisdictions, borders: Borders) -> None:
    check_exact(country, borders, 100_000, seed=1)


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        (36.5169, 128.4275), (36.5185, 128.4254), (36.9149, 126.9253), (36.9050, 126.9215),  # own part not listed
        (37.0634, 126.7548), (37.2365, 126.7561), (35.1312, 129.1121), (36.1093, 129.4451),  # listed foot too far
    ],
)  # fmt: skip
def test_behind_a_border_that_its_cell_does_not_list(
    country: Jurisdictions, borders: Borders, latitude: float, longitude: float
) -> None:
    """Rare places, found by search: a cell lists a far line, and a nearer one outside the list lies between."""
    middle = np.array([longitude, latitude])
    around = np.random.default_rng(4).uniform(middle - 0.0006, middle + 0.0006, (400, 2))
    truth = plainly(borders, around)
    for (east, north), part in zip(around.tolist(), truth.tolist(), strict=True):
        answer = country.find(north, east)
        assert (answer.source == "exact") == (part >= 0), (north, east)
        assert part < 0 or answer.place == country.place_of(part), (north, east)
    located = country.find_many(around[:, 1], around[:, 0])
    assert np.array_equal(np.where(located.nearest, -1, located.part), truth)


def test_single_and_batch_agree_on_the_nearest(country: Jurisdictions, borders: Borders) -> None:
    points = border_heavy(borders, 4_000, seed=7)
    located = country.find_many(points[:, 1], points[:, 0])
    assert located.nearest.any()
    for index in np.flatnonzero(located.nearest | (located.part < 0)).tolist():
        answer = country.find(points[index, 1], points[index, 0])
        assert answer.source == ("nearest" if located.nearest[index] else "default")
        if located.nearest[index]:
            assert answer.place == country.place_of(int(located.part[index]))


def test_the_distance_to_the_border_and_the_neighbours_are_those_of_all_lines(
    country: Jurisdictions, borders: Borders
) -> None:
    """Against every line of the country, without raster or cells."""
    points = border_heavy(borders, 150, seed=3)
    alike = [(part.municipality, part.zone) for part in borders.parts]
    truth = plainly(borders, points)
    told = 0
    for (longitude, latitude), part in zip(points.tolist(), truth.tolist(), strict=True):
        if part < 0:
            continue
        answer = country.find_circle(latitude, longitude, 450.0)
        west, south, east, north = (borders.ends - [longitude, latitude, longitude, latitude]).T
        lines = (np.minimum(west, east) < 0.01) & (np.maximum(west, east) > -0.01)
        lines &= (np.minimum(south, north) < 0.01) & (np.maximum(south, north) > -0.01)
        there = np.hstack([borders.ends, borders.sides])[lines].tolist()
        near = [
            (m, side)
            for m, _, (*_, right, left) in distances(there, latitude, longitude)
            if m <= 500 and right >= 0 and left >= 0
            for side in (int(right), int(left))
            if alike[side] != alike[part]
        ]
        assert answer.distance_to_border_m == (min(near)[0] if near else None)
        first = {country.centres_of(side)[0] for _, side in near} - set(answer.centres)
        assert set(answer.neighbours) == first
        told += bool(first)
    assert told > 20


Row = dict[str, str]


def poles(path: Path, encoding: str, latitude: str, longitude: str) -> tuple[list[Row], Points]:
    with path.open(encoding=encoding, newline="") as file:
        rows = [row for row in csv.DictReader(file) if row[latitude] and row[longitude]]
    return rows, np.array([(float(row[longitude]), float(row[latitude])) for row in rows])


def gangnam(row: Row) -> str:
    return "강남구"


def busan(row: Row) -> str:
    return row["관리기관명"].replace("부산광역시 ", "").removesuffix("청")


@pytest.mark.parametrize(
    ("file", "encoding", "columns", "of", "exact", "answered"),
    [
        ("gangnam_std_cctv_2019_cp949.csv", "cp949", ("위도", "경도"), gangnam, 0.995, 1.0),
        ("busan_cctv_2024_first1000.csv", "utf-8", ("WGS84위도", "WGS84경도"), busan, 0.985, 0.99),
    ],
)
def test_real_poles_belong_to_who_put_them_there(
    country: Jurisdictions,
    shared: Path,
    file: str,
    encoding: str,
    columns: tuple[str, str],
    of: Callable[[Row], str],
    exact: float,
    answered: float,
) -> None:
    """About 0.5 % of the poles stand in a neighbour's polygon and 0.5 % in none; the band tells the rest."""
    rows, points = poles(shared / "registers" / file, encoding, *columns)
    assert len(rows) > 500
    right = told = 0
    for row, (longitude, latitude) in zip(rows, points.tolist(), strict=True):
        answer = country.find_circle(latitude, longitude, 50)
        owner = answer.municipality is not None and answer.municipality.name.ko == of(row)
        right += owner
        told += owner or any(of(row) in centre.name.ko for centre in (*answer.centres, *answer.neighbours))
    assert right / len(rows) >= exact
    assert told / len(rows) >= answered
