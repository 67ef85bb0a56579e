"""Who takes a centre's new cases while it does not: by its own rules, and only whoever has agreed and can."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from ansim.app.settings import Settings
from ansim.city.country.model import Card, Duty, Listed, Load
from ansim.city.country.policy import ByHand, Policy, Rule, closing
from ansim.core.clock import KOREA

ANYANG, GUNPO, UIWANG = "gyeonggi-anyang", "gyeonggi-gunpo", "gyeonggi-uiwang"
NIGHT = datetime(2026, 11, 21, 23, 0, tzinfo=KOREA)  # a Saturday
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=KOREA)
POLICY = Policy(
    centre=ANYANG, rules=(Rule(to=(GUNPO, UIWANG), when=("unstaffed",)), Rule(to=(UIWANG,), when=("overloaded",))),
    unstaffed=("22:00-06:00",), waiting=6, wait_s=60.0,
)  # fmt: skip


def listed(centre: str, *, heard_ago_s: float | None = 0.5, duty: Duty | None = None) -> Listed:
    card = Card(centre=centre, origin=f"https://{centre}.example", sealing={}, issuer="")
    return Listed(card=card, key="", load=Load(), duty=duty or Duty(takes_from=(ANYANG,)), heard_ago_s=heard_ago_s)


def test_hours_go_over_midnight_and_name_the_day_on_which_they_begin() -> None:
    assert closing(("22:00-06:00",), NIGHT) == datetime(2026, 11, 22, 6, tzinfo=KOREA)
    assert closing(("22:00-06:00",), NIGHT.astimezone(UTC)) == closing(("22:00-06:00",), NIGHT)
    assert closing(("22:00-06:00",), datetime(2026, 11, 22, 5, 59, tzinfo=KOREA)) is not None
    assert closing(("22:00-06:00",), datetime(2026, 11, 22, 6, 0, tzinfo=KOREA)) is None
    assert closing(("fri 22:00-06:00",), NIGHT) is None and closing(("fri,sat 22:00-06:00",), NIGHT) is not None
    assert closing(("sat 22:00-06:00",), datetime(2026, 11, 22, 3, tzinfo=KOREA)), "Saturday's night ends on Sunday"
    assert closing(("sat,sun 00:00-24:00",), NOON) == datetime(2026, 11, 22, tzinfo=KOREA)


def test_it_is_closed_by_its_hours_or_by_hand_and_overloaded_until_half_is_left() -> None:
    calm, until = Load(), datetime(2026, 11, 22, 6, tzinfo=KOREA)
    assert POLICY.state("normal", calm, NIGHT, None) == ("unstaffed", until)
    late = ByHand(state="normal", until_at=datetime(2026, 11, 22, 2, tzinfo=KOREA))
    assert POLICY.state("normal", calm, NIGHT, late)[0] == "normal", "its leader stays longer"
    over = ByHand(state="normal", until_at=NIGHT)
    assert POLICY.state("normal", calm, NIGHT, over)[0] == "unstaffed", "for one shift, not for ever"
    shut = ByHand(state="unstaffed", until_at=until)
    assert POLICY.state("normal", calm, NOON, shut) == ("unstaffed", until)
    for load, before, now in (
        (Load(unclaimed=5), "normal", "normal"), (Load(unclaimed=6), "normal", "overloaded"),
        (Load(unclaimed=3), "overloaded", "overloaded"), (Load(unclaimed=2), "overloaded", "normal"),
        (Load(unclaimed=1, waiting_s=61), "normal", "overloaded"), (Load(unclaimed=1, waiting_s=31), "overloaded", "overloaded"),
        (Load(unclaimed=0, waiting_s=0), "overloaded", "normal"),
    ):  # fmt: skip
        assert POLICY.state(before, load, NOON, None)[0] == now, (load, before)  # type: ignore[arg-type]


def test_it_goes_in_order_to_whoever_has_agreed_is_there_and_can() -> None:
    both = [listed(UIWANG), listed(GUNPO)]
    assert POLICY.covers("unstaffed", NIGHT, both) == (GUNPO, UIWANG)
    assert POLICY.covers("overloaded", NOON, both) == (UIWANG,)
    assert POLICY.covers("normal", NOON, both) == ()
    for gunpo in (
        listed(GUNPO, duty=Duty()),
        listed(GUNPO, heard_ago_s=9.0),
        listed(GUNPO, heard_ago_s=None),
        listed(GUNPO, duty=Duty(state="unstaffed", covered_by=ANYANG, takes_from=(ANYANG,))),
        listed(GUNPO, duty=Duty(state="overloaded", takes_from=(ANYANG,))),
    ):
        assert POLICY.covers("unstaffed", NIGHT, [gunpo, listed(UIWANG)]) == (UIWANG,), gunpo.duty
    by_day = Policy(centre=ANYANG, rules=(Rule(to=(GUNPO,), hours=("09:00-18:00",)),))
    assert by_day.covers("unstaffed", NIGHT, both) == () and by_day.covers("unstaffed", NOON, both) == (GUNPO,)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"unstaffed": ["25:00-06:00"]}, "unstaffed"),
        ({"rollover": [{"to": []}]}, "to"),
        ({"rollover": [{"to": [GUNPO], "when": ["full"]}]}, "when"),
        ({"rollover": [{"to": [GUNPO]}]}, "needs country"),
        ({"overloaded_waiting": 0}, "overloaded_waiting"),
    ],
)
def test_a_rule_that_does_not_fit_is_told(more: dict[str, object], why: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=why):
        msgspec.convert(more, Settings)
