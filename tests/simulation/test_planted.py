"""The control of the simulation: each of these mistakes, patched into the shipped code, is found within a few seeds."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ansim import flow
from ansim.core import outbox
from ansim.core.database import Transaction
from ansim.core.outbox import Outbox
from ansim.core.timers import Timers
from ansim.core.writer import GroupWriter
from ansim.response.signals import actions as signals
from ansim.simulation.server import Server
from ansim.simulation.weather import Weather
from ansim.trust.retention.keys import Keys, Slot

pytestmark = pytest.mark.slow

SEEDS = 25
UNPLANTED = 25 if os.environ.get("ANSIM_FULL") == "1" else 8
STORM = Weather(
    loss=0.1, twice=0.2, leg_s=0.02, straggler=0.05, statement_s=0.004, away=0.03, unanswered=0.08, crash_every_s=7.0,
    power=0.7, partition_every_s=30.0, flush_fails=0.03, attentive=0.6,
)  # fmt: skip

ALONE = replace(STORM, attentive=0.1, unanswered=0.25, crash_every_s=20.0)
"""Hardly anybody looks and much is never answered: what only the clock does must be done."""

WATCHED = replace(STORM, watched=4)

Patch = pytest.MonkeyPatch
Plant = Callable[[Patch], None]
BUGS: dict[str, tuple[Plant, Weather, int]] = {}


def bug(weather: Weather, first: int = 0) -> Callable[[Plant], Plant]:
    """A mistake, the weather in which it shows, and the seed from which it is looked for."""

    def named(plant: Plant) -> Plant:
        BUGS[plant.__name__.replace("_", " ")] = plant, weather, first
        return plant

    return named


@bug(STORM)
def the_receipt_goes_out_before_the_commit(patch: Patch) -> None:
    async def write(self: Any, group: list[tuple[Any, asyncio.Future[Any]]]) -> None:
        async with self._database.transaction() as tx:
            results = await self._apply(tx, [item for item, _ in group])
            for (_, answer), result in zip(group, results, strict=True):
                if not answer.done():
                    answer.set_result(result)
            await asyncio.sleep(0.01)

    patch.setattr(GroupWriter, "_write", write)


@bug(STORM)
def a_signal_that_is_known_is_not_recognised(patch: Patch) -> None:
    async def known(tx: Transaction, arrivals: Sequence[Any]) -> dict[Any, Any]:
        return {}

    patch.setattr(signals, "known", known)


@bug(STORM)
def reactions_do_not_remember_what_they_have_done(patch: Patch) -> None:
    async def first_time(tx: Transaction, reaction: str, fact: str) -> bool:
        return True

    patch.setattr(outbox, "_first_time", first_time)


@bug(STORM)
def timers_are_not_armed_again_after_a_restart(patch: Patch) -> None:
    async def start(self: Any) -> None:
        self._tasks = [asyncio.create_task(self._run())]

    patch.setattr(Timers, "start", start)


@bug(ALONE)
def a_timer_whose_commit_got_no_answer_is_forgotten(patch: Patch) -> None:
    async def sweep(self: Any) -> None: ...

    patch.setattr(Timers, "_sweep", sweep)


@bug(STORM)
def facts_left_behind_by_a_crash_stay_behind(patch: Patch) -> None:
    async def sweep(self: Any) -> None: ...

    patch.setattr(Outbox, "_sweep", sweep)


@bug(STORM)
def keys_are_not_flushed_before_their_rows_are_seen(patch: Patch) -> None:
    async def flush(self: Any) -> None: ...

    patch.setattr(Keys, "flush", flush)


@bug(STORM, first=36)
def a_key_is_called_dead_before_its_erasure_is_on_the_disk(patch: Patch) -> None:
    async def erase(self: Any, slots: Iterable[Slot]) -> None:
        for slot in slots:
            self._cache.pop(slot, None)
            self._write(slot, bytes(60) + b"\xff" * 4)

    patch.setattr(Keys, "erase", erase)


@bug(STORM)
def rights_do_not_end_with_the_case(patch: Patch) -> None:
    patch.setattr(flow, "FLOW", tuple(step for step in flow.FLOW if step.name != "watch.end_with_case"))


@bug(STORM)
def the_track_is_not_destroyed_with_the_case(patch: Patch) -> None:
    patch.setattr(flow, "FLOW", tuple(step for step in flow.FLOW if step.name != "incidents.destroy_with_case"))


@bug(STORM)
def nobody_presses_beyond_the_leader(patch: Patch) -> None:
    from ansim.response.incidents import actions

    beyond = actions.next_escalation
    patch.setattr(actions, "next_escalation", lambda level, since: None if level else beyond(level, since))


@bug(WATCHED)
def nobody_looks_after_a_trip_whose_phone_says_nothing(patch: Patch) -> None:
    from ansim.response.trips import watching

    patch.setattr(watching, "next_due", lambda watch, plan, now: now + timedelta(hours=12))


def found(server: Server, weather: Weather, seeds: Iterable[int]) -> str | None:
    """In which seed, and what."""
    for seed in seeds:
        if wrong := server.history(seed, weather).wrong:
            return f"{seed}: {wrong[0]}"
    return None


@pytest.mark.parametrize("name", BUGS)
def test_it_is_found(server: Server, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    plant, weather, first = BUGS[name]
    plant(monkeypatch)
    how = found(server, weather, range(first, first + SEEDS))
    print(f"\n{name}: {how}")
    assert how is not None, f"{SEEDS} seeds did not see that {name}"


@pytest.mark.parametrize("weather", [STORM, ALONE], ids=["storm", "alone"])
def test_nothing_is_found_where_nothing_is_planted(server: Server, weather: Weather) -> None:
    assert found(server, weather, range(UNPLANTED)) is None
