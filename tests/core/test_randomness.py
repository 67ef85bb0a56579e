"""Keys, nonces and ids: never the same bytes for two, whoever asks, and none left behind."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansim.core import randomness
from ansim.core.randomness import SystemRandom

ours = SystemRandom()


def test_no_bytes_are_handed_out_twice() -> None:
    assert len({ours.randbytes(12) for _ in range(10_000)}) == 10_000
    assert len({ours.getrandbits(62) for _ in range(10_000)}) == 10_000


def test_threads_share_no_bytes() -> None:
    with ThreadPoolExecutor(4) as pool:
        made = [key for keys in pool.map(lambda _: [ours.randbytes(16) for _ in range(5000)], range(4)) for key in keys]
    assert len(set(made)) == len(made) == 20_000


FORKED = """
import os
from ansim.core.randomness import SystemRandom
ours = SystemRandom()
ours.randbytes(1)
read, write = os.pipe()
if os.fork() == 0:
    os.write(write, ours.randbytes(32))
    os._exit(0)
print(os.read(read, 32).hex(), ours.randbytes(32).hex())
"""


def test_a_forked_child_has_bytes_of_its_own() -> None:
    done = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, check=True)
    child, parent = done.stdout.split()
    assert len(child) == len(parent) == 64 and child != parent


def test_what_was_handed_out_is_wiped_from_the_page() -> None:
    taken = ours.randbytes(32)
    assert taken not in bytes(randomness._page._bytes)


@pytest.mark.parametrize("length", [0, 1, 4096, 4097, 100_000])
def test_any_length_can_be_had(length: int) -> None:
    assert len(ours.randbytes(length)) == length


@pytest.mark.parametrize("bits", [1, 7, 8, 62, 128])
def test_bits_fill_their_range_and_no_more(bits: int) -> None:
    drawn = [ours.getrandbits(bits) for _ in range(2000)]
    assert max(drawn).bit_length() == bits and 0 <= min(drawn) < 2**bits // 2 + 1


def test_numbers_are_even() -> None:
    """Each bit of a byte comes up half of the time: 6 standard deviations of 80,000 draws."""
    drawn = ours.randbytes(80_000)
    for bit in range(8):
        assert abs(sum(byte >> bit & 1 for byte in drawn) - 40_000) < 6 * 142
