"""Every vector of PIDF-LO: parsed to shapes, a bad part is absent, a bad document is refused."""

from __future__ import annotations

import pytest

from ansim.adapters.lost.document import parse
from ansim.adapters.lost.pidf import read_presence
from ansim.city.places.shapes import circle
from ansim.core.errors import Problem

from .conftest import SHARED

FOLDER = SHARED / "pidf-lo"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="no ../shared/vectors/pidf-lo beside this checkout")

CIRCLE, POINT = (48.123, 14.456, 24.0), (12.345, 67.89, 0.0)
VERDICTS: dict[str, list[tuple[float, float, float] | None]] = {
    "civic-circle__location": [CIRCLE],
    "invalid-pidf-lo__invalid-full-1": [],
    "invalid-pidf-lo__invalid-part-1": [],
    "invalid-pidf-lo__invalid-part-2": [],
    "multiple-locations__valid": [POINT, CIRCLE],
    "rfc5491__point-example": [(-34.407, 150.883, 0.0)],
    "simple-circle-with-altitude__valid-circle": [CIRCLE],
    "simple-circle__invalid-tuple": [CIRCLE],
    "simple-circle__valid-circle": [CIRCLE],
    "simple-civic__valid-civic-address": [None],
    "simple-point__valid-point": [POINT],
    "wifi-location__location": [(48.197457, 14.482596, 270.0)],
}


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.xml")), ids=lambda file: file.stem)
def test_each_vector(file) -> None:  # type: ignore[no-untyped-def]
    if file.stem == "invalid-pidf-lo__invalid-full-2":
        with pytest.raises(Problem) as refused:
            read_presence(parse(file.read_bytes()))
        assert refused.value.status == 400
        return
    presence = read_presence(parse(file.read_bytes()))
    assert presence.entity
    around = [None if one.shape is None else circle(one.shape) for one in presence.places]
    assert [one and (one.latitude, one.longitude, one.radius_m) for one in around] == VERDICTS[file.stem]
    if file.stem == "civic-circle__location":
        [place] = presence.places
        assert place.method == "GPS" and dict(place.civic or {})["A1"] == "Wien"
    if file.stem == "wifi-location__location":
        assert presence.places[0].confidence == 85 and presence.places[0].at is not None
