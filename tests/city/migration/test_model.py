"""What two recordings of one camera say about each other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ansim.city.migration.model import Comparison, Stretch, compare, gaps, joined, largest_ms, of_ours

BEGAN = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def kept(*pairs: tuple[float, float]) -> list[Stretch]:
    return [Stretch(at(start), at(end)) for start, end in pairs]


def compared(
    ours: list[Stretch], old: list[Stretch], now: float = 600, seconds: float = 300, single: bool = False
) -> Comparison:
    return compare(ours, old, beside=BEGAN, now=at(now), seconds=seconds, single=single)


def test_stretches_that_meet_or_overlap_are_one() -> None:
    assert joined(kept((10, 20), (0, 5), (4, 10))) == kept((0, 20))
    assert joined(kept((0, 5), (6, 7)), timedelta(seconds=1)) == kept((0, 7))


def test_what_is_missing_is_named_at_both_ends_too() -> None:
    found = gaps(kept((2, 4), (5, 8)), at(0), at(10))
    assert [(gap.start, gap.seconds) for gap in found] == [(at(0), 2), (at(4), 1), (at(8), 2)]
    assert largest_ms(found) == 2000 and gaps(kept((-1, 11)), at(0), at(10)) == []
    assert largest_ms(gaps([], at(0), at(10))) == 10_000


def test_two_whole_recordings_are_proven_over_the_stretch_that_is_asked_for() -> None:
    found = compared(kept((0, 596)), kept((-1000, 600)))
    assert found.proven and (found.start, found.end) == (at(296), at(596)), "what is still in memory is not missing"


def test_a_recording_that_has_stopped_is_not_proven_by_what_it_had() -> None:
    found = compared(kept((0, 580)), kept((0, 600)))
    assert found.why == "gaps" and largest_ms(found.ours) == 20_000


def test_a_gap_of_ours_refutes_and_one_of_the_old_system_does_not() -> None:
    assert compared(kept((0, 400), (400.1, 600)), kept((0, 600))).why == "gaps"
    found = compared(kept((0, 600)), kept((0, 400), (430, 600)))
    assert found.proven and largest_ms(found.old) == 30_000


def test_a_gap_that_both_have_is_the_cameras() -> None:
    found = compared(kept((0, 400), (410.5, 600)), kept((0, 400), (410, 600)))
    assert found.proven and [gap.cause for gap in found.ours] == ["camera"]
    longer = compared(kept((0, 400), (414, 600)), kept((0, 400), (410, 600)))
    assert longer.why == "gaps", "the camera was back, and we were not"


def test_a_short_gap_is_not_excused_by_one_nearby() -> None:
    assert compared(kept((0, 400), (400.4, 600)), kept((0, 399.4), (399.8, 600))).why == "gaps"


@pytest.mark.parametrize(
    ("ours", "old", "single", "why"),
    [
        (kept(), kept((0, 600)), False, "nothing"),
        (kept(), kept((0, 600)), True, "single"),
        (kept((0, 600)), [], False, "old-silent"),
        (kept((400, 600)), kept((0, 600)), False, "short"),
        (kept((400, 600)), kept((0, 300)), False, "short"),
    ],
)
def test_why_nothing_is_proven_is_said(ours: list[Stretch], old: list[Stretch], single: bool, why: str) -> None:
    found = compared(ours, old, single=single)
    assert found.why == why and not found.proven and found.seconds >= 0


def test_a_report_that_ends_early_proves_only_what_it_tells_of() -> None:
    found = compared(kept((0, 600)), kept((0, 400)))
    assert found.proven and found.end == at(400)


def test_what_most_cameras_miss_at_once_is_ours() -> None:
    whole, torn = compared(kept((0, 600)), kept((0, 600))), compared(kept((0, 400), (402, 600)), kept((0, 600)))
    many = of_ours({f"cam-{n}": torn for n in range(4)} | {"cam-5": whole})
    assert {gap.cause for one in many.values() for gap in one.ours} == {"ansim"}
    few = of_ours({"cam-1": torn} | {f"cam-{n}": whole for n in range(2, 6)})
    assert [gap.cause for gap in few["cam-1"].ours] == [""]
    assert many["cam-1"].why == "gaps", "whoever's it is, it is missing"
