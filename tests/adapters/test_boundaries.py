"""What whoever knows the boundaries must do (response.routing.ports.Boundaries): there is always somebody who answers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansim.app.places import CountryBoundaries, Streets, country
from ansim.city.places.areas import Areas
from ansim.core.clock import ManualClock
from ansim.core.position import Position
from ansim.response.routing.ports import Boundaries

DEFAULT = "gyeonggi-seongnam"
AT = datetime(2026, 11, 21, 14, 47, tzinfo=UTC)
ROAD = {
    "type": "Feature",
    "properties": {"kind": "road", "name": {"ko": "별빛로", "en": "Byeolbit-ro"}},
    "geometry": {"type": "LineString", "coordinates": [[127.119, 37.38], [127.121, 37.38]]},
}


def boundaries() -> Boundaries:
    return CountryBoundaries(Areas(country(DEFAULT)), DEFAULT, ManualClock(AT))


def at(latitude: float, longitude: float, accuracy_m: float = 10) -> Position:
    return Position(latitude=latitude, longitude=longitude, accuracy_m=accuracy_m, at=AT)


def test_inside_the_country_its_own_centre_answers() -> None:
    assert boundaries().answer(at(37.5172, 127.0473)) == ("seoul-gangnam", "11680", "exact")


def test_without_a_position_the_default_answers_and_says_so() -> None:
    assert boundaries().answer(None) == (DEFAULT, None, "none")


def test_far_outside_the_default_answers_and_says_so() -> None:
    assert boundaries().answer(at(0, 0)) == (DEFAULT, None, "default")


def test_walking_into_the_sea_the_shore_answers_until_it_is_far() -> None:
    """Haeundae beach, southwards in steps of 40 m."""
    walked = [boundaries().answer(at(35.160 - step * 0.00036, 129.160)) for step in range(60)]
    routes = [route for _, _, route in walked]
    assert list(dict.fromkeys(routes)) == ["exact", "nearest", "default"]
    assert 5 <= routes.count("nearest") <= 9, "300 m"
    beach = walked[0]
    assert beach[0].startswith("busan")
    assert {answer[:2] for answer in walked if answer[2] != "default"} == {beach[:2]}


@settings(max_examples=200, deadline=None)
@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(0, 1_000_000))
def test_somebody_always_answers(latitude: float, longitude: float, accuracy_m: float) -> None:
    found = boundaries()
    centre, _, route = found.answer(at(latitude, longitude, accuracy_m))
    assert found.neighbours(centre) and route in ("exact", "nearest", "default")


@settings(max_examples=100, deadline=None)
@given(st.floats(37.4, 37.7), st.floats(126.8, 127.2))
def test_the_same_place_is_answered_the_same(latitude: float, longitude: float) -> None:
    assert boundaries().answer(at(latitude, longitude)) == boundaries().answer(at(latitude, longitude))


def test_every_centre_has_others_that_take_over_and_is_not_its_own() -> None:
    found = country(DEFAULT)
    for centre in found.centres:
        neighbours = boundaries().neighbours(centre)
        assert neighbours and centre not in neighbours and len(set(neighbours)) == len(neighbours)
        assert set(neighbours) <= set(found.centres)


@pytest.fixture
def named() -> CountryBoundaries:
    return CountryBoundaries(Areas(country(DEFAULT)), DEFAULT, ManualClock(AT), Streets({"features": [ROAD]}))


def test_a_place_has_the_street_only_near_it(named: CountryBoundaries) -> None:
    assert named.place(at(37.3802, 127.12), None).ko.endswith("별빛로")
    assert named.place(at(37.3802, 127.12), None).en.startswith("Byeolbit-ro")
    assert "별빛로" not in named.place(at(37.39, 127.12), None).ko


def test_without_a_position_the_place_is_the_municipality_or_unknown(named: CountryBoundaries) -> None:
    code = named.answer(at(37.5172, 127.0473))[1]
    assert named.place(None, code).ko == "강남구"
    assert named.place(None, None).en == "place not known" == named.place(None, "99999").en


def test_a_centre_nobody_knows_is_called_by_its_id(named: CountryBoundaries) -> None:
    assert named.centre("mars").ko == "mars" and named.centre("seoul-gangnam").ko != "seoul-gangnam"
