"""What the packaged files hold, and that they hold together."""

import gzip
import json
from importlib.resources import files

import numpy as np
import shapely

from ansim.city.places import register as register_of
from ansim.city.places.borders import Borders
from ansim.city.places.jurisdictions import Jurisdictions


def test_there_are_229_municipalities_and_219_centres(country: Jurisdictions) -> None:
    assert len(country.municipalities) == 229
    assert len(country.centres) == 219
    assert sum(centre.cameras for centre in country.centres.values()) == 711_717


def test_every_municipality_has_a_shape_and_the_other_way_round(country: Jurisdictions, borders: Borders) -> None:
    assert {part.municipality for part in borders.parts} == set(country.municipalities)


def test_the_borders_are_a_valid_coverage(borders: Borders) -> None:
    assert shapely.is_valid(borders.polygons).all()
    assert shapely.coverage_is_valid(borders.polygons)


def test_the_sides_of_every_line_are_where_it_says(borders: Borders) -> None:
    chosen = np.random.default_rng(1).choice(len(borders.ends), 3_000, replace=False)
    (x0, y0, x1, y1), sides = borders.ends[chosen].T, borders.sides[chosen]
    length = np.hypot(x1 - x0, y1 - y0)
    step, land = 1e-7, shapely.coverage_union_all(borders.polygons)
    shapely.prepare(land)
    for side, sign in ((0, 1), (1, -1)):
        x = (x0 + x1) / 2 + sign * step * (y1 - y0) / length
        y = (y0 + y1) / 2 - sign * step * (x1 - x0) / length
        named = sides[:, side] >= 0
        assert shapely.contains_xy(borders.polygons[sides[named, side]], x[named], y[named]).all()
        assert not shapely.contains_xy(land, x[~named], y[~named]).any()


def test_the_file_is_plain_topojson_in_whole_microdegrees() -> None:
    path = files("ansim.city.places") / "boundaries" / "borders.topojson.gz"
    topology = json.loads(gzip.decompress(path.read_bytes()))
    assert topology["type"] == "Topology"
    assert topology["transform"]["scale"] == [1e-6, 1e-6]
    assert len(path.read_bytes()) < 1_000_000


def test_every_municipality_has_one_own_centre_and_every_centre_a_municipality() -> None:
    register = register_of.packaged()
    for centres in register.answering.values():
        assert [centre.kind in ("municipal", "metropolitan") for centre in centres].count(True) == 1
        assert centres[0].kind in ("municipal", "metropolitan")
    answering = {centre.id for centres in register.answering.values() for centre in centres}
    assert answering == set(register.centres)


def test_the_four_metropolitan_centres_stand_alone() -> None:
    register = register_of.packaged()
    for province, centre in (("29", "gwangju"), ("30", "daejeon"), ("36", "sejong"), ("50", "jeju")):
        inside = [code for code in register.municipalities if code.startswith(province)]
        assert inside
        assert all([c.id for c in register.answering[code]] == [centre] for code in inside)


def test_daegu_is_mixed() -> None:
    register = register_of.packaged()
    own = {code: register.answering[code][0].id for code in register.municipalities if code.startswith("27")}
    assert own == {
        **dict.fromkeys(("27110", "27140", "27170", "27200", "27230", "27290"), "daegu"),
        **{"27260": "daegu-suseong", "27710": "daegu-dalseong", "27720": "daegu-gunwi"},
    }


def test_seoul_busan_and_gangwon_have_a_centre_above_which_answers_last() -> None:
    register = register_of.packaged()
    for province, centre in (("11", "seoul"), ("26", "busan"), ("51", "gangwon")):
        for code in (code for code in register.municipalities if code.startswith(province)):
            assert [c.kind for c in register.answering[code]] == ["municipal", "supervising"]
            assert register.answering[code][-1].id == centre


def test_the_list_was_repaired() -> None:
    centres = register_of.packaged().centres
    assert centres["gyeonggi-yeoncheon"].name.ko == "연천군 통합관제센터"
    assert centres["gangwon-yangyang"].cameras == 881


def test_names_are_told_apart() -> None:
    register = register_of.packaged()
    for language in ("ko", "en"):
        names = [getattr(centre.name, language) for centre in register.centres.values()]
        assert len(set(names)) == len(names)
    assert all("\n" not in c.name.ko and c.name.ko == c.name.ko.strip() for c in register.centres.values())
