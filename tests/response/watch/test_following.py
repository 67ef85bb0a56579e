"""Pictures that go with her: they stay while they serve, and what is known of her course ends with the case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ansim.city.cameras.model import Camera
from ansim.city.cameras.sight import Sight
from ansim.core.geo import destination
from ansim.core.position import Position
from ansim.response.watch.following import Following

HOME = (37.5, 127.03)
STREET = Sight(
    Camera(
        id=f"c{at}", centre="c", name=str(at), latitude=destination(*HOME, 0, 40 * at)[0], longitude=HOME[1] + 0.0001,
        azimuth_deg=None, view_deg=70, range_m=55, turns=True,
    )
    for at in range(-3, 20)
)  # fmt: skip


def fix(second: int, metres: float | None = None, east_m: float = 0) -> Position:
    latitude, longitude = destination(*destination(*HOME, 0, 1.4 * second if metres is None else metres), 90, east_m)
    at = datetime(2026, 1, 2, tzinfo=UTC) + timedelta(seconds=second)
    return Position(latitude=latitude, longitude=longitude, accuracy_m=8, source="android", at=at)


def four(following: Following, *fixes: Position) -> list[str]:
    found = following.outlook("she", fixes, STREET, count=9, live=set(STREET.cameras))
    return [camera.id for camera in found.cameras[:4]]


def test_a_walker_is_followed_with_few_changes() -> None:
    following, changes, shown = Following(), 0, set(four(Following(), fix(0)))
    for second in range(0, 300, 5):
        now = set(four(following, fix(second)))
        changes += len(now - shown)
        shown = now
    assert 4 <= changes <= 18, "420 m along ten poles in five minutes"
    assert {int(name[1:]) for name in shown} & {10, 11, 12}, "those ahead of her"


def test_somebody_who_stands_sees_no_flicker() -> None:
    following = Following()
    first = four(following, fix(0, 100))
    shaken = [four(following, fix(5 * at, 100 + (-1) ** at * 4, 3 * (-1) ** (at // 2))) for at in range(1, 20)]
    assert sum(set(now) != set(first) for now in shaken) == 0


def test_asking_twice_gives_the_same_pictures() -> None:
    following = Following()
    for second in (0, 5, 10):
        four(following, fix(second))
    assert four(following, fix(15)) == four(following, fix(15)) == four(following, fix(10), fix(15))


def test_where_she_may_be_is_weighed_once_and_anew_with_her_next_step_or_another_map() -> None:
    following, redrawn = Following(), Sight(STREET.cameras.values())
    four(following, fix(0))
    here = following.ahead("she", STREET)
    assert here is not None and following.ahead("she", STREET) is here
    assert following.ahead("she", redrawn) is not here
    four(following, fix(5))
    there = following.ahead("she", STREET)
    assert there is not None and there.north.mean() > here.north.mean()


def test_after_the_case_nothing_of_her_is_kept() -> None:
    following = Following()
    four(following, fix(0))
    following.forget("she")
    assert vars(following) == vars(Following())
