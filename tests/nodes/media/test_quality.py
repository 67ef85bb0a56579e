"""Whether a picture shows anything, judged on the simulated city's streets."""

from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image, ImageFilter

from ansim.core.world import World
from ansim.nodes.media.quality import HOLDS, Judgement, Quality, quality_of
from ansim.sim.cameras import HEIGHT
from ansim.sim.city import City


@pytest.fixture(scope="module")
def street() -> np.ndarray:
    city = City(7, World())
    return city.picture("bd-0001", datetime.now(UTC))[:HEIGHT].copy()


def out_of_focus(picture: np.ndarray, radius: float) -> np.ndarray:
    return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(radius)))


def test_a_street_at_night_is_neither_dark_nor_blurred(street: np.ndarray) -> None:
    assert quality_of(street) == Quality(dark=False, blurred=False)
    assert quality_of(np.kron(street, np.ones((2, 2), np.uint8))) == Quality(False, False), "nor enlarged"


@pytest.mark.parametrize("radius", [2, 3, 4, 6])
def test_out_of_focus_is_blurred_also_with_noise(street: np.ndarray, radius: float) -> None:
    noise = np.random.default_rng(7).integers(-2, 3, street.shape)
    blurred = (out_of_focus(street, radius).astype(np.int16) + noise).clip(16, 235).astype(np.uint8)
    assert quality_of(blurred) == Quality(dark=False, blurred=True)


def test_without_light_it_is_dark_and_one_lamp_ends_that(street: np.ndarray) -> None:
    night = (16 + (street - 16.0) * 0.1).astype(np.uint8)
    assert quality_of(night) == Quality(dark=True, blurred=False)
    night[20:60, 300:400] = 200
    assert not quality_of(night).dark


def test_fog_and_tiny_pictures_say_nothing() -> None:
    assert quality_of(np.full((360, 640), 140, np.uint8)) == Quality(False, False)
    assert quality_of(np.zeros((2, 2), np.uint8)) == Quality(False, False)


def test_one_look_is_none() -> None:
    judgement = Judgement()
    for _ in range(HOLDS - 1):
        judgement.add(Quality(dark=True, blurred=False))
    assert not judgement.dark
    judgement.add(Quality(dark=True, blurred=False))
    assert judgement.dark and not judgement.blurred
    judgement.add(Quality(dark=False, blurred=False))
    assert not judgement.dark, "and the first good one ends it"
