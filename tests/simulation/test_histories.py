"""Signal to destruction under every weather: no promise is broken in any history, and a seed is one history."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import pytest

from ansim.simulation.server import Server

pytestmark = pytest.mark.slow

SHORT, LONG = (*range(10), 20, 34), range(2000)
"""In the short form some are watched over on their way home (2 and 20), and one lasts an evening."""
REPLAYED = 2, 11


def test_no_promise_is_broken(server: Server) -> None:
    played(server, SHORT)


@pytest.mark.full
def test_no_promise_is_broken_in_many_more(server: Server) -> None:
    played(server, [seed for seed in LONG if seed not in SHORT])


def played(server: Server, seeds: Sequence[int]) -> None:
    outcomes = [server.history(seed) for seed in seeds]
    wrong = {outcome.seed: outcome.wrong[:5] for outcome in outcomes if outcome.wrong}
    assert not wrong, f"{len(wrong)} of {len(seeds)} seeds: {wrong}"
    done = sum((outcome.counts for outcome in outcomes), start=type(outcomes[0].counts)())
    for what in ("receipt", "claims", "crash", "power cut"):
        assert done[what] >= len(seeds) / 2, f"too little happened: {done}"
    assert done["closes"] >= len(seeds) / 4, f"too little ended: {done}"
    for what in ("sets out", "arrives", "looks", "enrolled", "assigns", "home"):
        assert done[what], f"nobody was watched over: {done}"


@pytest.mark.parametrize("seed", REPLAYED)
def test_a_seed_is_one_history(server: Server, seed: int) -> None:
    first, second = server.history(seed), server.history(seed)
    assert first.trace == second.trace and first.counts == second.counts


def test_a_history_is_the_same_in_another_process() -> None:
    """Nothing in it may depend on the order of a set, which differs from process to process."""
    program = "from ansim.simulation.server import Server\nwith Server() as server: print(server.history(11).trace)"
    traces = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": hash_seed, "PATH": "/usr/bin:/bin"},
            capture_output=True, text=True, check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }  # fmt: skip
    assert len(traces) == 1
