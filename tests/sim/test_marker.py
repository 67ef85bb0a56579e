"""The block code in a picture's corner: read back, also after compression, and never misread."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansim.sim.marker import Code, camera_hash, read_code, stamp

U24 = st.integers(0, 2**24 - 1)


@given(camera=U24, second=U24, ground=st.integers(16, 235))
@settings(max_examples=60, deadline=None)
def test_what_was_stamped_is_read(camera: int, second: int, ground: int) -> None:
    luma = np.full((360, 640), ground, np.uint8)
    stamp(luma, Code(camera, second))
    assert read_code(luma) == Code(camera, second)


def test_it_survives_noise_and_blur() -> None:
    random = np.random.default_rng(3)
    luma = np.full((360, 640), 90, np.uint8)
    stamp(luma, Code(camera_hash("bd-0001"), 12345))
    noisy = np.clip(luma + random.normal(0, 30, luma.shape), 0, 255).astype(np.uint8)
    assert read_code(noisy) == Code(camera_hash("bd-0001"), 12345)


@pytest.mark.parametrize("flip", [0, 9, 20, 33, 47, 60])
def test_a_wrong_cell_is_noticed(flip: int) -> None:
    luma = np.full((360, 640), 90, np.uint8)
    stamp(luma, Code(1, 2))
    row, column = divmod(flip, 8)
    top, left = 360 - 8 - 32 + row * 4, 640 - 8 - 32 + column * 4
    luma[top : top + 4, left : left + 4] = 251 - luma[top : top + 4, left : left + 4]
    assert read_code(luma) is None


@pytest.mark.parametrize("shape", [(360, 640), (20, 20), (8, 640)])
def test_a_picture_without_a_code_has_none(shape: tuple[int, int]) -> None:
    assert read_code(np.full(shape, 100, np.uint8)) is None
