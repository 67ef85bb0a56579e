"""A country of centres under every fault between them: each case is somebody's and nobody's twice, and a seed is one history. The
control: mistakes that are planted in the shipped hand-over are found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from ansim import flow
from ansim.response.handover import actions as handover
from ansim.response.handover.model import Answer, Withdrawal
from ansim.simulation.server import Server

pytestmark = pytest.mark.slow

CENTRES = 3
SHORT, LONG = (3,), range(1, 4)

Plant = Callable[[pytest.MonkeyPatch], None]
BUGS: dict[str, tuple[Plant, Sequence[int]]] = {}


@pytest.fixture(scope="module")
def land() -> Iterator[Server]:
    with Server(CENTRES) as server:
        yield server


def bug(*seeds: int) -> Callable[[Plant], Plant]:
    """A mistake, and the histories in one of which it shows."""

    def named(plant: Plant) -> Plant:
        BUGS[plant.__name__.replace("_", " ")] = plant, seeds
        return plant

    return named


async def _nothing(*_: Any) -> None: ...


@bug(3, 2)
def an_answer_is_not_read(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(flow.LETTERS, Answer, _nothing)


@bug(2, 1)
def a_withdrawal_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(flow.LETTERS, Withdrawal, _nothing)


@bug(2, 1)
def what_is_covered_is_not_sent_home(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(flow.TIMERS, handover.COVERED, _nothing)


def test_every_case_is_somebodys_and_nobodys_twice(land: Server) -> None:
    """And a seed is one history."""
    [first] = played(land, SHORT)
    assert land.nation(SHORT[0]).trace == first, "the same seed, and another history"


@pytest.mark.full
@pytest.mark.xfail(
    strict=True, reason="a repeat that arrives when its case has gone on to a third centre opens another"
)
def test_every_case_is_somebodys_in_more(land: Server) -> None:
    played(land, LONG)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if not at else pytest.mark.full) for at, name in enumerate(BUGS)]
)
def test_a_planted_mistake_is_found(land: Server, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    plant, seeds = BUGS[name]
    plant(monkeypatch)
    wrong = next((found for seed in seeds if (found := land.nation(seed).wrong)), [])
    print(f"\n{name}: {wrong[:1]}")
    assert wrong, f"histories {seeds} did not see that {name}"


def played(land: Server, seeds: Sequence[int]) -> list[str]:
    outcomes = [land.nation(seed) for seed in seeds]
    faults = sum((outcome.faults for outcome in outcomes), start=Counter[str]())
    hours = sum(outcome.virtual_s for outcome in outcomes) / 3600
    print(f"\n{hours:.2f} virtual hours of {CENTRES} centres; faults: {dict(faults.most_common())}")
    wrong = {outcome.seed: outcome.wrong[:5] for outcome in outcomes if outcome.wrong}
    assert not wrong, f"{len(wrong)} of {len(seeds)} seeds: {wrong}"
    done = sum((outcome.counts for outcome in outcomes), start=Counter[str]())
    for what in ("receipt", "claims", "closes", "goes on"):
        assert done[what], f"too little happened: {done}"
    return [outcome.trace for outcome in outcomes]
