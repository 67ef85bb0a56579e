"""The watch over a trip: what goes wrong is asked about in time, and what a phone's GPS invents is not."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansim.core.geo import destination
from ansim.core.position import Position
from ansim.response.trips import watching
from ansim.response.trips.watching import Alarm, Mode, Plan, Watch

HOME = (37.5665, 126.978)
BEGUN = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
PACE = 1.3
Place = tuple[float, float]


def at(second: float) -> datetime:
    return BEGUN + timedelta(seconds=second)


def plan(mode: Mode = "walk", *, minutes: float = 20, background: bool = True) -> Plan:
    return Plan(*HOME, mode, BEGUN, at(60 * minutes), background)


def fix(place: Place, second: float, accuracy_m: float = 10.0) -> Position:
    """`place` in metres east and north of home."""
    latitude, longitude = destination(*destination(*HOME, 0, place[1]), 90, place[0])
    return Position(latitude=latitude, longitude=longitude, accuracy_m=accuracy_m, at=at(second))


class Trip:
    """A phone that sends what it is told to; what the watch says is written down with its second."""

    def __init__(self, of: Plan | None = None, start: Place = (0.0, 1200.0)) -> None:
        self.plan = of or plan()
        self.second = 0.0
        self.watch = watching.begin(self.plan, fix(start, 0), BEGUN)
        self.said: list[tuple[float, str, str]] = []

    def _say(self, alarms: Iterable[Alarm]) -> None:
        self.said += [(self.second, alarm.reason, alarm.level) for alarm in alarms]

    def take(self, position: Position, now: float) -> None:
        self.second = now
        self.watch = msgspec.msgpack.decode(msgspec.msgpack.encode(self.watch), type=Watch)
        self._say(watching.moved(self.watch, self.plan, position, at(now)))

    def by_road(self, steps: Iterable[tuple[Place, float | None]], every: float = 5) -> None:
        """Fixes with what a map of streets says of them; None where it knows none."""
        for place, left in steps:
            self.second += every
            now = at(self.second)
            self._say(watching.moved(self.watch, self.plan, fix(place, self.second), now, lambda *_, left=left: left))

    def go(
        self, until: float, path: Callable[[float], Place], every: float = 5, noise: random.Random | None = None
    ) -> None:
        """Fixes along `path`, which gets the seconds since this began."""
        begun = self.second
        while self.second + every <= until:
            now = self.second + every
            x, y = path(now - begun)
            if noise is not None:
                x, y = x + noise.gauss(0, 6), y + noise.gauss(0, 6)
            self.take(fix((x, y), now), now)
            self._say(watching.due(self.watch, self.plan, at(now)))

    def wait(self, until: float, *, heartbeat_s: float | None = None) -> None:
        """No fix comes; `due` is asked whenever it wants to be."""
        beat = self.second + (heartbeat_s or 1e9)
        while self.second < until:
            due = (watching.next_due(self.watch, self.plan, at(self.second)) - BEGUN).total_seconds()
            assert due > self.second
            self.second = min(due, beat, until)
            if self.second == beat and heartbeat_s is not None:
                watching.heard(self.watch, at(self.second))
                beat += heartbeat_s
            self._say(watching.due(self.watch, self.plan, at(self.second)))

    def asked(self) -> dict[str, float]:
        """When each kind was first asked about."""
        first: dict[str, float] = {}
        for second, reason, level in self.said:
            if level == "ask":
                first.setdefault(reason, second)
        return first


def homeward(pace: float = PACE, start: float = 1200.0) -> Callable[[float], Place]:
    return lambda second: (0.0, max(0.0, start - pace * second))


def onward(trip: Trip, east: float = 0.0, north: float = 0.0) -> Callable[[float], Place]:
    """From where she is, at this speed."""
    x, y = trip.watch.x, trip.watch.y
    return lambda second: (x + east * second, y + north * second)


def test_a_walk_home_is_left_alone() -> None:
    trip = Trip()
    trip.go(930, homeward(), noise=random.Random(1))
    assert trip.said == []
    assert watching.near_home(trip.watch)
    assert len(msgspec.msgpack.encode(trip.watch)) <= 160


def test_any_street_that_brings_her_nearer_is_fine() -> None:
    """The corridor rule asks here: she is 500 m beside the straight line."""
    trip = Trip()
    trip.go(500, lambda second: (1.0 * second, 1200 - 0.9 * second))
    trip.go(1200, onward(trip, east=-1.0, north=-0.9))
    assert trip.asked() == {}


def test_led_away_on_foot_she_is_asked_within_three_minutes() -> None:
    trip = Trip()
    trip.go(300, homeward())
    trip.go(700, onward(trip, north=PACE))
    assert trip.asked().keys() == {"away"}
    assert 100 < trip.asked()["away"] - 300 <= 180
    [hint] = [second for second, reason, level in trip.said if (reason, level) == ("away", "hint")]
    assert hint < trip.asked()["away"] - 45


def test_taken_away_by_car_she_is_asked_within_a_minute() -> None:
    trip = Trip()
    trip.go(300, homeward())
    trip.go(400, onward(trip, north=12))
    asked = trip.asked()
    assert asked["vehicle"] - 300 <= 40 and asked["fast"] - 300 <= 60


@pytest.mark.parametrize("pace", [16, 25, 35])
@pytest.mark.parametrize("every", [2, 5, 15])
def test_a_car_faster_than_the_cleaner_believes_is_still_seen(pace: float, every: float) -> None:
    trip = Trip()
    trip.go(300, homeward(), every=every)
    trip.go(450, onward(trip, north=pace), every=every)
    asked = trip.asked()
    assert asked["fast"] - 300 <= 60 and asked["vehicle"] - 300 <= 60 and asked["away"] - 300 <= 120


def test_a_car_toward_home_is_asked_about_as_a_taxi_and_never_called_fast() -> None:
    trip = Trip(start=(0.0, 3000.0))
    trip.go(300, homeward(start=3000))
    trip.go(480, onward(trip, north=-12))
    assert trip.asked().keys() == {"vehicle"}


def test_the_taxi_question_comes_once_a_ride() -> None:
    trip = Trip(plan(minutes=90), start=(0.0, 12_000.0))
    trip.go(1500, homeward(pace=7, start=12_000))
    assert [reason for _, reason, level in trip.said if level == "ask"] == ["vehicle"]


def test_a_second_ride_is_asked_about_again() -> None:
    trip = Trip(plan(minutes=90), start=(0.0, 9000.0))
    trip.go(300, homeward(pace=8, start=9000))
    trip.go(1100, onward(trip, north=-PACE))
    trip.go(1300, onward(trip, north=-8))
    assert [second for second, reason, level in trip.said if (reason, level) == ("vehicle", "ask")][1:] == [1120]


@pytest.mark.parametrize("mode", ["bus", "taxi", "car"])
def test_who_said_that_she_rides_may_ride(mode: Mode) -> None:
    trip = Trip(plan(mode, minutes=25), start=(0.0, 9000.0))
    trip.go(500, lambda second: (6.0 * second, 9000 + 0.5 * second))
    trip.go(1400, onward(trip, east=-5, north=-9))
    assert trip.asked() == {}


@pytest.mark.parametrize("mode", ["bus", "taxi", "car"])
def test_a_ride_that_goes_away_from_home_is_asked_about(mode: Mode) -> None:
    trip = Trip(plan(mode, minutes=25), start=(0.0, 9000.0))
    trip.go(200, homeward(pace=10, start=9000))
    trip.go(1000, onward(trip, north=10))
    assert trip.asked().keys() == {"away"}


def test_a_run_for_the_bus_is_no_vehicle() -> None:
    trip = Trip(start=(0.0, 3000.0))
    trip.go(300, homeward(pace=4.2, start=3000))
    assert trip.asked() == {}


def test_two_wrong_places_half_a_minute_apart_are_no_vehicle() -> None:
    """Each is near enough to be believed; from one to the other she would have been driven."""
    trip = Trip()
    for second in range(5, 600, 5):
        off = {300: 50, 320: -50}.get(second, 0)
        trip.take(fix((0, 1200 - PACE * second + off), second), second)
    assert trip.asked() == {}


def test_a_cyclist_is_as_fast_as_a_cyclist() -> None:
    trip = Trip(plan("bicycle"), start=(0.0, 5000.0))
    trip.go(600, homeward(pace=7, start=5000))
    assert trip.asked() == {}


def test_standing_still_for_five_minutes_is_asked_about() -> None:
    trip = Trip()
    trip.go(300, homeward())
    trip.go(700, onward(trip), noise=random.Random(2))
    assert 300 <= trip.asked()["stopped"] - 300 <= 330


def test_one_stray_fix_is_no_step() -> None:
    trip = Trip()
    trip.go(300, homeward())
    place = (trip.watch.x, trip.watch.y)
    trip.go(450, onward(trip))
    trip.take(fix((place[0] + 35, place[1]), 455), 455)
    trip.go(700, lambda second: place)
    assert trip.asked()["stopped"] - 300 <= 310


def test_at_her_door_she_may_stand_be_silent_and_have_no_fix() -> None:
    trip = Trip(plan(minutes=60))
    trip.go(900, homeward())
    trip.go(1800, onward(trip))
    trip.wait(3500)
    assert trip.said == []


def test_late_reminds_at_the_promised_time_and_asks_only_well_after_it() -> None:
    trip = Trip(plan(minutes=20))
    trip.go(600, homeward(pace=1.8))
    trip.go(1200, onward(trip, north=0.05))
    trip.said.clear()
    trip.wait(1900, heartbeat_s=30)
    late = [(second, level) for second, reason, level in trip.said if reason == "late"]
    assert late == [(1800, "ask")]


def test_who_stands_at_her_door_when_she_is_late_is_asked_whether_she_has_arrived() -> None:
    trip = Trip(plan(minutes=20))
    trip.go(900, homeward())
    at_the_door = onward(trip)
    trip.go(960, at_the_door)
    passing = msgspec.msgpack.decode(msgspec.msgpack.encode(trip.watch), type=Watch)
    trip.go(1200, at_the_door)
    assert watching.due(passing, trip.plan, at(1900))[0].reason == "late", "a minute there is no arrival"
    # her phone is put away: nothing newer says otherwise
    trip.wait(2700)
    assert trip.asked() == {"there": 1800}
    # she answers that she has not: she is not asked again before ten minutes, and then so
    watching.answered(trip.watch, trip.plan, at(2700))
    assert not watching.seems_there(trip.watch)
    # watches that were stored before there was this question go on
    old = msgspec.structs.replace(trip.watch, asked=[0] * 7, hinted=[])
    assert old.mute_until("there", "ask") == 0
    old.alarm(said := [], "there", "ask", 10)
    assert len(said) == 1 and old.mute_until("there", "ask") == 610


def test_the_reminder_comes_once_and_again_for_a_new_promise() -> None:
    trip = Trip(plan(minutes=20))
    trip.go(1250, homeward(pace=0.9))
    trip.plan = replace(trip.plan, promised_at=at(1500))
    trip.go(1650, onward(trip, north=-0.1))
    assert [(second, level) for second, reason, level in trip.said if reason == "late"] == [
        (1200, "hint"), (1500, "hint")
    ]  # fmt: skip


def test_a_promise_that_nobody_can_keep_is_not_asked_about_before_it_is_broken() -> None:
    trip = Trip(plan(minutes=5), start=(0.0, 2400.0))
    trip.go(295, homeward(start=2400))
    assert trip.said == []
    trip.go(305, homeward(start=2400 - 295 * PACE))
    assert trip.asked() == {"late": 300}


def test_silence_is_an_event_for_who_declared_a_heartbeat() -> None:
    trip = Trip()
    trip.go(300, homeward())
    trip.wait(500)
    assert [(second - 300, reason, level) for second, reason, level in trip.said] == [
        (60, "silent", "hint"), (120, "silent", "ask")
    ]  # fmt: skip


def test_a_web_page_in_a_pocket_is_not_silent() -> None:
    trip = Trip(plan(background=False))
    trip.go(300, homeward())
    trip.wait(1190)
    assert trip.said == []


def test_without_a_fix_for_ten_minutes_a_living_phone_is_lost_and_not_silent() -> None:
    trip = Trip(plan(minutes=60))
    trip.go(300, homeward())
    trip.wait(1000, heartbeat_s=30)
    assert [(second - 300, reason, level) for second, reason, level in trip.said] == [(600, "lost", "ask")]


def test_an_alarm_mutes_its_kind_for_ten_minutes_and_no_other() -> None:
    trip = Trip(plan(minutes=60))
    trip.go(300, homeward())
    trip.go(1300, onward(trip, north=PACE))
    away = [second for second, reason, level in trip.said if (reason, level) == ("away", "ask")]
    assert len(away) == 2 and away[1] - away[0] == 600
    trip.go(1350, onward(trip, north=12))
    assert "fast" in trip.asked()


def test_who_answers_that_she_is_well_is_measured_from_there() -> None:
    trip = Trip(plan(minutes=60))
    trip.go(300, homeward())
    trip.go(500, onward(trip, north=PACE))
    assert "away" in trip.asked()
    watching.answered(trip.watch, trip.plan, at(500))
    trip.said.clear()
    trip.go(1400, onward(trip, north=-PACE / 2))
    assert trip.said == []
    trip.go(1800, onward(trip, north=PACE))
    assert trip.asked().keys() == {"away"}


def test_a_taxi_that_was_named_is_not_asked_about_again() -> None:
    trip = Trip(plan(minutes=30), start=(0.0, 9000.0))
    trip.go(100, homeward(pace=9, start=9000))
    assert trip.asked().keys() == {"vehicle"}
    trip.plan = replace(trip.plan, mode="taxi")
    watching.answered(trip.watch, trip.plan, at(100))
    trip.said.clear()
    trip.go(900, onward(trip, north=-9))
    assert trip.said == []


def test_what_is_told_of_the_way() -> None:
    trip = Trip()
    trip.go(300, homeward())
    assert watching.remaining_m(trip.watch) == pytest.approx(1200 - 300 * PACE, abs=3)
    predicted = watching.predicted_at(trip.watch, trip.plan, at(300))
    assert predicted is not None and at(1000) < predicted < at(1400)
    nowhere = watching.begin(trip.plan, None, BEGUN)
    assert watching.remaining_m(nowhere) is None and watching.predicted_at(nowhere, trip.plan, BEGUN) is None
    assert not watching.near_home(nowhere)


def test_a_trip_without_any_fix_is_watched_by_time() -> None:
    trip = Trip(plan(background=False))
    trip.watch = watching.begin(trip.plan, None, BEGUN)
    trip.wait(2000)
    assert trip.said == [(1200, "late", "hint"), (1800, "late", "ask")]


def test_by_road_she_may_walk_round_the_river() -> None:
    """Metres by road shrink while the straight line grows."""
    walked = 0.0

    def remaining(latitude: float, longitude: float) -> float:
        return 3000 - walked

    watch, said = watching.begin(plan(), fix((0, 1200), 0), BEGUN, remaining), list[Alarm]()
    predicted = watching.predicted_at(watch, plan(), BEGUN)
    assert predicted is not None and at(3000 / PACE) < predicted < at(3000 / 1.1)
    for second in range(5, 400, 5):
        walked = PACE * second
        said += watching.moved(watch, plan(), fix((0, 1200 + walked), second), at(second), remaining)
    assert said == []


# what a phone's GPS invents


def test_jumps_are_not_believed() -> None:
    trip, noise = Trip(), random.Random(3)
    for second in range(5, 900, 5):
        place = (0.0, 1200 - PACE * second)
        if second % 35 == 0:
            place = (noise.uniform(-3000, 3000), noise.uniform(-3000, 3000))
        trip.take(fix(place, second), second)
    assert trip.said == []


def test_a_wrong_place_for_some_seconds_is_neither_speed_nor_going_away() -> None:
    trip = Trip()
    trip.go(300, homeward())
    away = (trip.watch.x + 20.0, trip.watch.y + 400.0)
    trip.go(330, lambda second: away)
    trip.go(900, homeward(start=1200 - 330 * PACE))
    assert trip.said == []


def test_places_that_do_not_agree_with_each_other_are_no_place() -> None:
    trip = Trip()
    trip.go(300, homeward())
    for second, place in ((305, (2000, 900)), (310, (-2000, 900)), (315, (0, 4000)), (320, (900, -2000))):
        trip.take(fix(place, second), second)
    assert watching.remaining_m(trip.watch) == pytest.approx(1200 - 300 * PACE, abs=3)


def test_one_fix_nearer_home_than_she_was_is_no_measure() -> None:
    trip = Trip(plan(minutes=60))
    trip.go(300, homeward())
    before = trip.watch.y
    trip.take(fix((0, before - 58), 305), 305)
    trip.go(405, lambda second: (0, before + PACE * second))
    trip.go(505, onward(trip))
    assert trip.asked() == {}


def test_one_fix_of_tomorrow_does_not_blind_the_watch() -> None:
    trip = Trip(plan(minutes=60))
    trip.go(300, homeward())
    trip.take(fix((0, 1200 - 305 * PACE), 86_400), 305)
    trip.go(600, onward(trip, north=PACE))
    assert trip.asked().keys() == {"away"}


def test_a_first_fix_from_yesterday_is_no_measure() -> None:
    """Phones begin with the last place they knew: her home."""
    trip = Trip(start=(0.0, 0.0))
    trip.take(fix((0, 1200), 5), 5)
    trip.go(900, homeward())
    assert trip.said == []


@pytest.mark.parametrize("gap_s", [700, 3600, 5 * 3600])
def test_after_a_gap_she_is_where_she_is(gap_s: float) -> None:
    trip = Trip(plan(minutes=600, background=False), start=(0.0, 5000.0))
    trip.go(300, homeward(start=5000))
    trip.second += gap_s
    trip.go(trip.second + 300, lambda second: (0.0, 4900 - PACE * second))
    assert trip.said == []


@pytest.mark.parametrize("wrong_s", [-86_400, -3600, -90, 90, 3600, 86_400])
def test_a_wrong_clock_changes_nothing(wrong_s: float) -> None:
    """Neither does it hide what happens."""
    trip = Trip(plan(minutes=60))

    def send(until: int, path: Callable[[float], Place], begun: int) -> None:
        for second in range(begun + 5, until + 1, 5):
            trip.take(fix(path(second - begun), second + wrong_s), second)

    send(300, homeward(), 0)
    assert trip.said == []
    send(500, onward(trip, north=PACE), 300)
    assert trip.asked().keys() == {"away"}


@pytest.mark.parametrize("wrong_s", [-3600, 3600])
def test_a_clock_that_is_set_on_the_way_is_followed(wrong_s: float) -> None:
    trip = Trip(plan(minutes=60))
    trip.go(300, homeward())
    for second in range(305, 600, 5):
        trip.take(fix((0, 1200 - PACE * second), second + wrong_s), second)
    assert trip.said == []
    before = trip.watch.y
    for second in range(605, 800, 5):
        trip.take(fix((0, before + PACE * (second - 600)), second + wrong_s), second)
    assert trip.asked().keys() == {"away"}


def test_one_fix_with_a_time_to_come_blinds_nobody() -> None:
    """Those after it count at once, so a jump is seen for what it is."""
    trip = Trip(plan(minutes=60))
    trip.go(600, homeward())
    trip.take(fix((0, 1200 - PACE * 605), 605 + 100_000), 605)
    for second in range(610, 665, 5):
        trip.take(fix((0, 1200 - PACE * second), second), second)
        assert trip.watch.y == pytest.approx(1200 - PACE * second, abs=1)
    trip.take(fix((0, 0), 665), 665)
    for second in range(670, 800, 5):
        trip.take(fix((0, 1200 - PACE * second), second), second)
    assert trip.asked() == {}


def test_a_batch_that_is_sent_again_is_no_way_back() -> None:
    trip = Trip(plan(minutes=60))
    sent = [fix((0, 1200 - PACE * second), second) for second in range(0, 500, 5)]
    for position in sent:
        trip.take(position, (position.at - BEGUN).total_seconds())
    for position in sent:
        trip.take(position, 500)
    trip.go(800, lambda second: (0, 1200 - PACE * (495 + second)))
    assert trip.said == []


def test_a_batch_after_a_dead_zone_is_judged_as_if_it_had_come_in_time() -> None:
    trip = Trip(plan(minutes=60, background=False))
    trip.go(300, homeward())
    for second in range(305, 500, 5):
        trip.take(fix((0, 1200 - PACE * 300 + PACE * (second - 300)), second), 500)
    assert "away" in trip.asked()


def test_a_stop_that_is_over_when_the_batch_comes_is_not_asked_about() -> None:
    trip = Trip(plan(minutes=60, background=False))
    trip.go(300, homeward())
    for second in range(305, 1100, 5):
        walked = min(second, 300) + max(0, second - 800)
        trip.take(fix((0, 1200 - PACE * walked), second), 1100)
    assert trip.asked() == {}


def test_a_fix_of_a_radio_mast_shows_life_and_no_place() -> None:
    trip = Trip(plan(minutes=60))
    trip.go(300, homeward())
    for second in range(305, 1200, 15):
        trip.take(fix((0, 2500), second, 2000), second)
        trip.wait(second + 15)
    assert trip.said == [(900, "lost", "ask")]
    assert watching.remaining_m(trip.watch) == pytest.approx(1200 - 300 * PACE, abs=3)


wild = st.floats(-1, 1)
dirt = st.tuples(st.sampled_from(["jump", "back", "ahead", "twice", "vague", "missing"]), wild, wild)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.integers(1, 170).map(lambda step: step * 5), dirt, max_size=30), st.integers(0, 10_000))
def test_dirt_on_an_ordinary_walk_asks_nothing(wrong: dict[int, tuple[str, float, float]], seed: int) -> None:
    """Any fix may be wrong in any way, as long as no four within a minute are."""
    noise = random.Random(seed)
    trip = Trip(plan(minutes=60), start=(0.0, 1200.0))
    recent: list[int] = []
    for second in range(5, 860, 5):
        place, told = (noise.gauss(0, 4), 1200 - PACE * second + noise.gauss(0, 4)), float(second)
        accuracy_m = 10.0
        recent = [one for one in recent if second - one < 60]
        if second in wrong and len(recent) < 2:
            recent.append(second)
            kind, one, other = wrong[second]
            if kind == "jump":
                place = (8000 * one, 8000 * other)
            elif kind == "back":
                told -= 1e5 * abs(one)
            elif kind == "ahead":
                told += 1e5 * abs(one)
            elif kind == "vague":
                place, accuracy_m = (8000 * one, 8000 * other), 500.0
            elif kind == "missing":
                continue
            else:
                trip.take(fix(place, told), second)
        trip.take(fix(place, told, accuracy_m), second)
    assert trip.asked() == {}


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(-90, 90), st.floats(-180, 180), st.floats(0, 1e6), st.floats(-1e9, 1e9), st.floats(0, 4000)
        ),
        max_size=40,
    ),
    st.sampled_from(["walk", "bus", "taxi", "car", "bicycle"]),
)  # fmt: skip
def test_nothing_that_a_phone_may_send_breaks_the_watch_or_makes_it_grow(
    sent: list[tuple[float, float, float, float, float]], mode: Mode
) -> None:
    trip, now = Trip(plan(mode)), 0.0
    for latitude, longitude, accuracy_m, told, later in sent:
        now += later
        position = Position(latitude=latitude, longitude=longitude, accuracy_m=accuracy_m, at=at(told))
        trip.take(position, now)
        watching.due(trip.watch, trip.plan, at(now))
        assert watching.next_due(trip.watch, trip.plan, at(now)) > at(now)
        assert len(msgspec.msgpack.encode(trip.watch)) <= 320


def walked_on(metres: float, step: float = 6.5) -> list[tuple[Place, float | None]]:
    """Homeward by the straight line, and so along a street that is as long again."""
    return [((0.0, 1200 - step * n), 1500 - step * n) for n in range(1, round(metres / step))]


def test_a_street_that_first_leads_elsewhere_is_her_way_home() -> None:
    trip = Trip()
    trip.by_road([((0.0, 1200 + 6.5 * n), 2400 - 6.5 * n) for n in range(1, 100)])
    assert trip.said == []


def test_going_back_along_the_street_is_going_away_though_home_is_nearer() -> None:
    trip = Trip()
    trip.by_road(walked_on(400))
    trip.by_road([((6.5 * n, 800.0 - n), 1100 + 6.5 * n) for n in range(1, 80)])
    assert ("away", "ask") in [alarm[1:] for alarm in trip.said]


@pytest.mark.parametrize("jump", [300.0, None, -300.0])
def test_what_the_map_lacks_is_not_her_going_away(jump: float | None) -> None:
    """A bridge that no map has, a park without paths, and both again and again."""
    trip, steps = Trip(), walked_on(900)
    for first in range(20, len(steps), 40):
        for at_ in range(first, min(first + 20, len(steps))):
            place, left = steps[at_]
            steps[at_] = place, None if jump is None or left is None else left + jump
    trip.by_road(steps)
    assert trip.said == []


def test_what_she_has_gone_away_is_not_forgotten_where_the_map_ends() -> None:
    trip = Trip()
    trip.by_road(walked_on(400))
    trip.by_road([((0.0, 800 + 6.5 * n), 1100 + 6.5 * n if n < 14 else None) for n in range(1, 45)])
    away = [second for second, reason, level in trip.said if (reason, level) == ("away", "ask")]
    # 168 m farther than she has been for half a minute: of these the map saw 85
    assert away and away[0] - 61 * 5 < 5 * 38


def test_along_streets_less_is_enough() -> None:
    """A hundred and fifty metres back: by the straight line that may still be a detour."""
    along, straight = Trip(), Trip()
    along.by_road([*walked_on(400), *(((0.0, 800 + 6.5 * n), 1100 + 6.5 * n) for n in range(1, 24))])
    along.by_road([((0.0, 950.0), 1250.0)] * 6)
    straight.go(300, lambda second: (0.0, 1200 - 1.3 * second))
    straight.go(420, lambda second: (0.0, 810 + 1.3 * second))
    straight.go(480, lambda _: (0.0, 965.0))
    assert [one[1:] for one in along.said] == [("away", "hint"), ("away", "ask")]
    assert [one[1:] for one in straight.said] == [("away", "hint")]
