"""The country, loaded once."""

import pytest

from ansim.city.places import borders as borders_of
from ansim.city.places.borders import Borders
from ansim.city.places.jurisdictions import Jurisdictions


@pytest.fixture(scope="session")
def country() -> Jurisdictions:
    return Jurisdictions.load()


@pytest.fixture(scope="session")
def borders() -> Borders:
    return borders_of.read(borders_of.packaged())
