"""The steps of an alarm, and when the clock has something to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from ansim.response.wards.model import (
    MUTED,
    Check,
    Reason,
    WardRow,
    answered,
    called,
    freed,
    missed_at,
    next_question,
    next_step,
    raised,
    silent_at,
)

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def ward(**members: Any) -> WardRow:
    same: dict[str, Any] = {
        "id": "w", "client_id": "w", "centre": "c", "kind": "dementia", "ground": "own", "person": "p", "subject_tag": "t",
        "secret_hash": b"", "track_slot": 1, "case_slot": 2, "secret": None, "words": None, "official": "o",
        "enrolled_by": "o", "enrolled_at": NOW, "devices": 1, "guardians": 1, "own_page": True, "places": b"", "memory": b"",
        "zones": 1, "until_at": NOW + timedelta(days=30), "silent_after_s": 1800, "check_at": "09:00",
        "check_grace_s": 3600, "heard_at": NOW,
    }  # fmt: skip
    return WardRow(**same | members)


@pytest.mark.parametrize(
    ("kind", "reason", "step"),
    [
        ("child", "left", 3), ("dementia", "entered", 3), ("dementia", "silent", 10), ("child", "unchecked", 10),
        ("quarantine", "left", None), ("quarantine", "unchecked", None), ("quarantine", "silent", None),
        ("quarantine", "help", 10),
    ],
)  # fmt: skip
def test_how_long_somebody_has_to_answer(kind: str, reason: Reason, step: int | None) -> None:
    alarm = raised(ward(kind=kind), reason, NOW)
    assert alarm.step_at == (None if step is None else NOW + minutes(step))


def test_only_what_is_graver_replaces_an_alarm_and_an_answer_holds_for_its_hour() -> None:
    silent = raised(ward(), "silent", NOW)
    assert raised(silent, "unchecked", NOW) is silent and raised(silent, "silent", NOW) is silent
    left = raised(answered(silent, "guardian-1", NOW), "left", NOW)
    assert left.alarm == "left" and left.answered_by is None and left.step_at
    held = answered(left, "guardian-1", NOW)
    assert held.step_at is None and held.muted_until_at == NOW + MUTED and raised(held, "left", NOW) is held
    assert held.shown_alarm is not None and held.shown_alarm.answered_by == "guardian"


def test_once_help_is_called_nothing_is_asked_and_after_the_case_nothing_for_an_hour() -> None:
    help_ = called(raised(ward(), "left", NOW), "left", NOW)
    assert raised(help_, "missing", NOW) is help_ and answered(help_, "o", NOW) is help_
    free = freed(msgspec.structs.replace(help_, incident="i"), NOW)
    assert free.alarm is None and free.incident is None and free.signalled_at is None
    assert raised(free, "left", NOW + minutes(59)) is free and raised(free, "help", NOW).alarm == "help"
    assert raised(free, "left", NOW + minutes(60)).alarm == "left"


def test_silence_counts_from_when_we_could_hear() -> None:
    deaf_until = NOW + minutes(120)
    assert silent_at(ward(), NOW) == NOW + minutes(30)
    assert silent_at(ward(), deaf_until) == deaf_until + minutes(30)
    assert silent_at(ward(silent_after_s=0), NOW) is None
    asked = ward(asked_at=NOW)
    assert missed_at(asked, NOW) == NOW + minutes(60) and missed_at(asked, deaf_until) == deaf_until + minutes(10)


def test_the_clock_never_waits_for_what_has_been_said() -> None:
    assert next_step(ward(ask_at=NOW + minutes(20)), NOW) == NOW + minutes(20)
    assert next_step(ward(), NOW) == NOW + minutes(30)
    left = raised(ward(), "left", NOW)
    assert next_step(left, NOW) == NOW + minutes(3)
    assert next_step(answered(left, "o", NOW), NOW) == NOW + MUTED
    assert next_step(called(left, "left", NOW), NOW) is None, "it does not end while she is looked for"
    assert next_step(freed(called(left, "left", NOW), NOW), NOW) == NOW + MUTED
    assert next_step(ward(ended_at=NOW, outcome="ended"), NOW) is None


def test_she_is_asked_at_her_hour_of_the_day() -> None:
    assert next_question(Check(at="09:00"), NOW) == datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
    assert next_question(Check(at="12:30"), NOW) == NOW + minutes(30)
    assert next_question(Check(at="12:00"), NOW) == NOW + timedelta(days=1)
