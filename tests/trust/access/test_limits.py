"""Lanes: a first SOS is never refused; everything else is re-ordered or shed from the right."""

from hypothesis import given, settings
from hypothesis import strategies as some

from ansim.trust.access.limits import PER_ADDRESS, PER_IDENTITY, Admitted, Lane, Lanes, Refused


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def lanes(time: Time | None = None, load: float = 0.0, remembered: int = 1000) -> Lanes:
    return Lanes(time or Time(), load=lambda: load, remembered=remembered)


STEP = some.tuples(
    some.sampled_from(Lane),
    some.sampled_from("abcd"),
    some.sampled_from("xy"),
    some.floats(0, 5),
    some.floats(0, 1),
)


@settings(deadline=None)
@given(some.lists(STEP, max_size=200))
def test_no_sos_is_ever_refused(steps: list[tuple[Lane, str, str, float, float]]) -> None:
    time, load = Time(), [0.0]
    limits = Lanes(time, load=lambda: load[0], remembered=3)
    for lane, identity, address, pause, load[0] in steps:
        time.now += pause
        answer = limits.admit(lane, identity, address)
        assert lane is not Lane.SOS or isinstance(answer, Admitted)


def test_a_first_sos_goes_before_a_flood() -> None:
    limits = lanes(load=1.0)
    ranks = [limits.admit(Lane.SOS, "flooder", "10.0.0.1") for _ in range(200)]
    last = ranks[-1]
    assert isinstance(last, Admitted) and last.rank == 3
    assert limits.admit(Lane.SOS, "honest", "10.0.0.2") == Admitted(lane=Lane.SOS, rank=0)
    # Behind the flooder's own address an honest one still goes before her.
    assert limits.admit(Lane.SOS, "honest two", "10.0.0.1") == Admitted(lane=Lane.SOS, rank=1)


def test_a_bucket_empties_and_fills_again() -> None:
    time = Time()
    limits = lanes(time)
    rate = PER_IDENTITY[Lane.POSITION]
    for _ in range(int(rate.burst)):
        assert isinstance(limits.admit(Lane.POSITION, "a", "x"), Admitted)
    refused = limits.admit(Lane.POSITION, "a", "x")
    assert isinstance(refused, Refused) and 0 < refused.retry_after_s <= 1 / rate.per_s
    assert isinstance(limits.admit(Lane.POSITION, "b", "x"), Admitted)
    time.now += refused.retry_after_s
    assert isinstance(limits.admit(Lane.POSITION, "a", "x"), Admitted)
    assert isinstance(limits.admit(Lane.POSITION, "a", "x"), Refused)


def test_lanes_are_shed_from_the_right() -> None:
    for load, kept in ((0.0, 6), (0.76, 5), (0.81, 4), (0.86, 3), (0.91, 2), (0.96, 1), (1.0, 1)):
        limits = lanes(load=load)
        admitted = [lane for lane in Lane if isinstance(limits.admit(lane, "a", "x"), Admitted)]
        assert admitted == list(Lane)[:kept], load


def test_invented_identities_cost_bounded_memory() -> None:
    limits = lanes(remembered=50)
    for number in range(500):
        limits.admit(Lane.POSITION, f"invented {number}", "x")
    assert len(limits._identity._kept) == 50


def test_an_address_is_allowed_a_crowd() -> None:
    for lane in Lane:
        assert PER_ADDRESS[lane].burst >= 3 * PER_IDENTITY[lane].burst
