"""From a point or a circle to who answers."""

from functools import partial
from math import inf, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansim.city.places.jurisdictions import Jurisdictions
from ansim.city.places.model import NEAREST_M
from ansim.core.errors import Problem
from ansim.core.geo import destination

CITY_HALL = (37.4200, 127.1267)  # Seongnam
GANGNAM = (37.4979, 127.0276)  # its station stands on the border with Seocho
SINDORIM = (37.5088, 126.8912)  # in Guro
SONGDO = (37.3894, 126.6448)
BUSAN_HARBOUR = (35.1040, 129.0430)
INCHEON_HARBOUR = (37.4560, 126.6000)
YEONGDO_BRIDGE = (35.0950, 129.0360)
JINDO_BRIDGE = (34.5690, 126.3050)
INCHEON_BRIDGE = (37.4130, 126.5600)  # its middle, kilometres from land
OPEN_SEA = (36.0, 125.0)
TOKYO = (35.68, 139.76)

LANDMARKS = [
    (CITY_HALL, "41130", "성남시 중원구", ["gyeonggi-seongnam"]),
    ((37.5172, 127.0473), "11680", "강남구", ["seoul-gangnam", "seoul"]),
    ((36.3504, 127.3845), "30170", "서구", ["daejeon"]),
    ((33.4996, 126.5312), "50110", "제주시", ["jeju"]),
    ((36.4800, 127.2890), "36110", "세종시", ["sejong"]),
    (SONGDO, "28185", "연수구", ["incheon-ifez", "incheon-yeonsu"]),
    ((37.4180, 126.6780), "28185", "연수구", ["incheon-yeonsu", "incheon-ifez"]),
    ((37.4845, 130.9057), "47940", "울릉군", ["gyeongbuk-ulleung"]),
    ((37.2426, 131.8668), "47940", "울릉군", ["gyeongbuk-ulleung"]),
    ((35.1796, 129.0756), "26470", "연제구", ["busan-yeonje", "busan"]),
    ((37.8813, 127.7300), "51110", "춘천시", ["gangwon-chuncheon", "gangwon"]),
    ((35.8714, 128.6014), "27110", "중구", ["daegu"]),
    ((35.8581, 128.6306), "27260", "수성구", ["daegu-suseong"]),
]


@pytest.mark.parametrize(("point", "code", "place", "centres"), LANDMARKS)
def test_landmarks(
    country: Jurisdictions, point: tuple[float, float], code: str, place: str, centres: list[str]
) -> None:
    answer = country.find(*point)
    assert answer.municipality is not None
    assert answer.municipality.code == code
    assert answer.place.ko == place == country.place_name(*point).ko
    assert [centre.id for centre in answer.centres] == centres
    assert (answer.source, answer.outside_m, answer.warning) == ("exact", 0.0, None)


def test_a_district_is_named_after_its_city(country: Jurisdictions) -> None:
    assert country.place_name(37.3838, 127.1230).ko == "성남시 분당구"
    assert country.place_name(37.3838, 127.1230).en == "Bundang-gu, Seongnam-si"


def test_near_a_border_the_other_side_is_told_too(country: Jurisdictions) -> None:
    answer = country.find(*GANGNAM)
    assert answer.municipality is not None
    assert answer.municipality.code == "11650"
    assert [centre.id for centre in answer.neighbours] == ["seoul-gangnam"]
    assert answer.distance_to_border_m is not None
    assert answer.distance_to_border_m < 50


def test_a_wider_circle_tells_more_neighbours_nearest_first(country: Jurisdictions) -> None:
    assert country.find_circle(*CITY_HALL, 10).neighbours == ()
    wide = country.find_circle(*SINDORIM, 1_500)
    assert [centre.id for centre in wide.neighbours] == ["seoul-yeongdeungpo", "seoul-yangcheon"]
    coarse = country.find_circle(*SINDORIM, 1_000_000)
    assert set(wide.neighbours) <= set(coarse.neighbours)
    assert len(coarse.neighbours) < 10, "a coarse position does not alert half a province"


def test_a_district_border_inside_a_city_alerts_nobody(country: Jurisdictions) -> None:
    on_the_way = [country.find_circle(37.40 + step / 1000, 127.126, 60) for step in range(25)]
    assert {answer.place.ko for answer in on_the_way} == {"성남시 분당구", "성남시 중원구"}
    assert all(answer.neighbours == () for answer in on_the_way)
    assert all(answer.distance_to_border_m is None for answer in on_the_way)


def test_a_metropolis_with_one_centre_has_borders_but_no_neighbours(country: Jurisdictions) -> None:
    # from Jung-gu to Dong-gu of Daejeon
    answers = [country.find(36.33, 127.42 + step / 2000) for step in range(60)]
    near = [answer for answer in answers if answer.distance_to_border_m is not None]
    assert near
    assert all(answer.neighbours == () for answer in near)


@pytest.mark.parametrize(
    ("point", "code"),
    [
        (BUSAN_HARBOUR, "26110"),
        (INCHEON_HARBOUR, "28110"),
        (YEONGDO_BRIDGE, "26200"),
        (JINDO_BRIDGE, "46900"),
    ],
)
def test_bridges_and_harbours_belong_to_the_nearest(
    country: Jurisdictions, point: tuple[float, float], code: str
) -> None:
    answer = country.find(*point)
    assert answer.municipality is not None
    assert (answer.municipality.code, answer.source, answer.warning) == (code, "nearest", None)
    assert 0 < answer.outside_m <= NEAREST_M


def test_the_middle_of_a_long_bridge_is_answered_with_a_warning(country: Jurisdictions) -> None:
    answer = country.find(*INCHEON_BRIDGE)
    assert [centre.id for centre in answer.centres] == ["incheon-jung", "incheon-ifez"]
    assert (answer.source, answer.warning) == ("default", "outside")


@pytest.mark.parametrize("point", [OPEN_SEA, TOKYO, (0.0, 0.0), (-90.0, 180.0), (90.0, -180.0)])
def test_there_is_an_answer_everywhere_with_a_warning(country: Jurisdictions, point: tuple[float, float]) -> None:
    answer = country.find_circle(*point, 30)
    assert (answer.source, answer.warning, answer.municipality) == ("default", "outside", None)
    assert answer.centres
    assert answer.outside_m > NEAREST_M
    assert answer.place.ko == "관할 밖"


def test_a_centre_can_be_named_for_what_is_nobodys() -> None:
    country = Jurisdictions.load(default="seoul")
    assert [c.id for c in country.find(*TOKYO).centres] == ["seoul", "gyeongbuk-ulleung"]
    assert [c.id for c in country.find(*CITY_HALL).centres] == ["gyeonggi-seongnam"]
    with pytest.raises(KeyError):
        Jurisdictions.load(default="atlantis")


def test_from_land_to_sea_the_answer_goes_from_exact_over_nearest_to_default(country: Jurisdictions) -> None:
    start = (37.4845, 130.9057)  # Ulleung's port, and out to sea
    walked = [(step, country.find(*destination(*start, 135, step))) for step in range(0, 3_000, 10)]
    sources = [answer.source for _, answer in walked]
    assert sources == sorted(sources, key=["exact", "nearest", "default"].index)
    assert set(sources) == {"exact", "nearest", "default"}
    assert all((answer.outside_m <= NEAREST_M) == (answer.source != "default") for _, answer in walked)
    assert {answer.centres[0].id for _, answer in walked} == {"gyeongbuk-ulleung"}


def test_distance_to_the_shore_is_the_distance_walked(country: Jurisdictions) -> None:
    start = (37.2426, 131.8668)
    away = [country.find(*destination(*start, 90, step)).outside_m for step in range(3_000, 50_000, 5_000)]
    steps = np.diff(away)
    assert np.allclose(steps, 5_000, rtol=0.02)


BAD: list[tuple[Any, Any, Any, str]] = [
    (nan, 127.0, 0, "latitude"),
    (37.4, inf, 0, "longitude"),
    (90.1, 127.0, 0, "latitude"),
    (37.4, -180.5, 0, "longitude"),
    ("37.4", 127.0, 0, "latitude"),
    (None, 127.0, 0, "latitude"),
    (37.4, [127.0], 0, "longitude"),
    (True, 127.0, 0, "latitude"),
    (37.4, 127.0, -1, "accuracy_m"),
    (37.4, 127.0, nan, "accuracy_m"),
    (37.4, 127.0, inf, "accuracy_m"),
    (37.4, 127.0, None, "accuracy_m"),
    (np.array([37.4, 37.5]), 127.0, 0, "latitude"),
]


@pytest.mark.parametrize(("latitude", "longitude", "accuracy_m", "field"), BAD)
def test_what_is_no_coordinate_names_the_field(
    country: Jurisdictions, latitude: Any, longitude: Any, accuracy_m: Any, field: str
) -> None:
    with pytest.raises(Problem) as refused:
        country.find_circle(latitude, longitude, accuracy_m)
    assert (refused.value.status, refused.value.field) == (400, field)
    if field != "accuracy_m":
        with pytest.raises(Problem) as refused:
            country.find(latitude, longitude)
        assert refused.value.field == field


anything = st.one_of(
    st.none(), st.booleans(), st.text(max_size=8), st.binary(max_size=8), st.complex_numbers(), st.decimals(),
    st.lists(st.floats(), max_size=3), st.floats(), st.integers(),
)  # fmt: skip
latitudes, longitudes = st.floats(-90, 90), st.floats(-180, 180)
korea = st.tuples(st.floats(33, 38.7), st.floats(124.5, 132))


@settings(deadline=None)
@given(latitude=st.one_of(anything, latitudes), longitude=st.one_of(anything, longitudes), accuracy_m=anything)
def test_anything_gets_an_answer_or_a_problem(
    country: Jurisdictions, latitude: Any, longitude: Any, accuracy_m: Any
) -> None:
    circle = partial(country.find_circle, accuracy_m=accuracy_m)
    for ask in (country.find, circle):
        try:
            answer = ask(latitude, longitude)
        except Problem as problem:
            assert problem.status == 400
            assert problem.field in ("latitude", "longitude", "accuracy_m")
        else:
            assert answer.centres


@settings(deadline=None)
@given(point=korea, accuracy_m=st.floats(0, 5_000))
def test_a_circle_never_changes_who_answers(
    country: Jurisdictions, point: tuple[float, float], accuracy_m: float
) -> None:
    narrow, wide = country.find(*point), country.find_circle(*point, accuracy_m)
    assert (narrow.centres, narrow.source, narrow.place) == (wide.centres, wide.source, wide.place)
    assert set(narrow.neighbours) <= set(wide.neighbours)
    assert not set(wide.neighbours) & set(wide.centres)
    assert country.find_circle(*point, accuracy_m) == wide


@pytest.mark.parametrize(
    ("latitudes", "longitudes", "field"),
    [
        (["37"], ["127"], "latitudes"),
        ([37.0], [127.0, 128.0], "longitudes"),
        ([[37.0]], [[127.0]], "latitudes"),
        ([[37.0], [1.0, 2.0]], [127.0], "latitudes"),
        ([nan], [127.0], "latitudes"),
        ([37.0], [181.0], "longitudes"),
        ([True], [127.0], "latitudes"),
        (None, [127.0], "latitudes"),
    ],
)
def test_a_bad_batch_names_the_field(country: Jurisdictions, latitudes: Any, longitudes: Any, field: str) -> None:
    with pytest.raises(Problem) as refused:
        country.find_many(latitudes, longitudes)
    assert refused.value.field == field


def test_an_empty_batch_is_empty(country: Jurisdictions) -> None:
    assert len(country.find_many([], []).part) == 0
