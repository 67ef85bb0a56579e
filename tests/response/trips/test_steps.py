"""The steps of a trip: from a question to a call, and where the guess that she has arrived leads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ansim.response.trips.model import TripRow, alarmed, lapsed, left_again
from ansim.response.trips.watching import Alarm

BEGUN = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
LATE, THERE, AWAY = Alarm("late", "ask"), Alarm("there", "ask"), Alarm("away", "ask")


def at(seconds: float) -> datetime:
    return BEGUN + timedelta(seconds=seconds)


def trip(**members: Any) -> TripRow:
    row: dict[str, Any] = {
        "id": "t", "client_id": "c", "centre": "x", "person": None, "verdict": "none", "subject_tag": "", "secret_hash": b"",
        "track_slot": 1, "case_slot": 2, "secret": None, "contacts": None, "words": None, "receipt": None, "memory": None,
        "mode": "walk", "background": False, "coded": True, "guardians": 1, "state": "walking", "started_at": BEGUN,
        "promised_at": at(900),
    }  # fmt: skip
    return TripRow(**row | members)


def steps(of: TripRow, until: float) -> list[tuple[float, str]]:
    """What the clock does with it when nobody speaks."""
    found = []
    while of.step_at is not None and of.step_at <= at(until):
        when = of.step_at
        of = lapsed(of, when)
        found.append(((when - BEGUN).total_seconds(), of.state))
    return found


def test_who_seems_to_be_there_has_longer_than_who_is_late_and_is_not_forgotten() -> None:
    assert steps(alarmed(trip(), [LATE], at(0), "q"), 3600) == [(60, "calling"), (100, "signalled")]
    assert steps(alarmed(trip(), [THERE], at(0), "q"), 3600) == [(120, "calling"), (720, "signalled")]


def test_who_went_away_on_this_way_is_late_wherever_she_stands_now() -> None:
    asked = alarmed(trip(grave_at=at(-600)), [THERE], at(0), "q")
    assert (asked.reason, asked.step_at) == ("late", at(60))


def test_whatever_else_is_odd_takes_the_place_of_the_guess_with_its_own_short_times() -> None:
    waiting = lapsed(alarmed(trip(), [THERE], at(0), "first"), at(120))
    assert (waiting.state, waiting.step_at) == ("calling", at(720))
    led = left_again(waiting, at(200), "second")
    assert (led.state, led.reason, led.question, led.step_at) == ("asking", "late", "second", at(260))
    taken = alarmed(waiting, [AWAY], at(200), "third")
    assert (taken.state, taken.reason, taken.needs_code, taken.step_at) == ("asking", "away", True, at(230))
    # and no other question becomes the guess
    late = alarmed(trip(), [LATE], at(0), "q")
    assert alarmed(late, [THERE], at(30), "other") == late and left_again(late, at(30), "other") == late
    assert alarmed(waiting, [THERE], at(700), "again") == waiting
