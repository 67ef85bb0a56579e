"""Ids and secrets: in order, unlike each other, and the same again for the same seed."""

from __future__ import annotations

import random
import re
from uuid import UUID

from ansim.core.clock import ManualClock
from ansim.core.world import World


def test_ids_are_uuids_of_version_7_and_tell_their_millisecond() -> None:
    clock = ManualClock()
    made = World(clock=clock).id()
    assert re.fullmatch("[0-9a-f]{32}", made)
    parsed = UUID(made)
    assert parsed.version == 7 and parsed.variant == "specified in RFC 4122"
    assert parsed.int >> 80 == int(clock.now().timestamp() * 1000)


def test_ids_of_one_process_sort_in_the_order_they_were_made() -> None:
    """More than fit into one millisecond's counter, while the clock stands still."""
    world = World(clock=ManualClock())
    made = [world.id() for _ in range(10_000)]
    assert made == sorted(made) and len(set(made)) == len(made)


async def test_ids_go_on_when_the_wall_clock_goes_back() -> None:
    clock = ManualClock()
    world = World(clock=clock)
    before = world.id()
    clock.jump(-3600)
    after = [world.id() for _ in range(100)]
    assert [before, *after] == sorted([before, *after])
    clock.jump(7200)
    assert world.id() > after[-1]


def test_two_processes_do_not_make_the_same_id() -> None:
    clock = ManualClock()
    one, other = World(clock=clock), World(clock=clock)
    assert {one.id() for _ in range(1000)}.isdisjoint(other.id() for _ in range(1000))


def test_the_same_seed_makes_the_same_world() -> None:
    one, other = (World(clock=ManualClock(), random=random.Random(7)) for _ in range(2))
    assert [(one.id(), one.secret(), one.token_bytes(5)) for _ in range(9)] == [
        (other.id(), other.secret(), other.token_bytes(5)) for _ in range(9)
    ]


def test_secrets_are_256_bits_in_43_letters_of_a_url() -> None:
    world = World()
    made = {world.secret() for _ in range(100)}
    assert len(made) == 100 and all(re.fullmatch("[A-Za-z0-9_-]{43}", one) for one in made)
