"""Whom a centre escalates to, and the lines its console draws."""

import msgspec
import pytest

from ansim.city.places.jurisdictions import Jurisdictions


def ids(country: Jurisdictions, centre: str) -> list[str]:
    return [neighbour.id for neighbour in country.neighbours(centre)]


def test_every_centre_has_a_neighbour_and_never_itself(country: Jurisdictions) -> None:
    for centre in country.centres:
        assert ids(country, centre)
        assert centre not in ids(country, centre)


def test_the_longest_border_comes_first(country: Jurisdictions) -> None:
    assert ids(country, "gyeonggi-seongnam")[0] == "gyeonggi-gwangju"
    assert {"seoul-gangnam", "seoul-seocho", "seoul-songpa"} <= set(ids(country, "gyeonggi-seongnam"))


def test_a_border_is_common_to_both(country: Jurisdictions) -> None:
    for centre in country.centres.values():
        if centre.kind in ("municipal", "metropolitan") and len(ids(country, centre.id)) > 1:
            assert all(centre.id in ids(country, other) for other in ids(country, centre.id))


def test_an_island_asks_the_nearest(country: Jurisdictions) -> None:
    assert ids(country, "gyeongbuk-ulleung") == ["gyeongbuk-uljin"]
    assert ids(country, "jeju") == ["jeonnam-wando"]


def test_a_centre_above_others_asks_those_below(country: Jurisdictions) -> None:
    assert len(ids(country, "seoul")) == 25
    assert len(ids(country, "gangwon")) == 18


def test_an_unknown_centre_has_none(country: Jurisdictions) -> None:
    with pytest.raises(KeyError):
        country.neighbours("atlantis")


def test_outlines_are_geojson_lines_around_the_centre(country: Jurisdictions) -> None:
    collection = msgspec.json.decode(msgspec.json.encode(country.outlines("gyeonggi-seongnam")))
    assert collection["type"] == "FeatureCollection"
    features = collection["features"]
    assert {feature["type"] for feature in features} == {"Feature"}
    assert {feature["geometry"]["type"] for feature in features} == {"MultiLineString"}
    between = [feature["properties"]["municipalities"] for feature in features]
    assert ["11680", "41130"] in between
    assert not any("50110" in pair for pair in between), "Jeju is far"
    assert not any(len(pair) == 2 and pair[0] == pair[1] for pair in between), "no district borders"
    for feature in features:
        for line in feature["geometry"]["coordinates"]:
            assert len(line) >= 2
            assert all(124 < longitude < 132 and 33 < latitude < 39 for longitude, latitude in line)


def test_outlines_of_the_coast_say_so(country: Jurisdictions) -> None:
    kinds = {f.properties.kind: len(f.properties.municipalities) for f in country.outlines("jeju").features}
    assert kinds == {"border": 2, "coast": 1}


def test_an_unknown_centre_has_no_outlines(country: Jurisdictions) -> None:
    assert country.outlines("atlantis").features == []
