"""What every bus must do (core.bus.Bus). An adapter joins by a maker in `MAKERS`."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ansim.adapters.bus.memory import MemoryBus
from ansim.core.bus import Bus

MAKERS = {"memory": MemoryBus}


@pytest.fixture(params=MAKERS)
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    bus: Bus = MAKERS[request.param]()
    await bus.start()
    yield bus
    await bus.close()


class Listener:
    def __init__(self, *, fails: int = 0) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self._fails = fails

    async def __call__(self, id: str, body: bytes) -> None:
        if self._fails:
            self._fails -= 1
            raise OSError("not now")
        self.heard.append((id, body))


async def carry(bus: Bus, name: str, id: str, body: bytes) -> None:
    """As the outbox does: again, until the bus has accepted it."""
    for _ in range(5):
        try:
            return await bus.publish(name, id, body)
        except OSError:
            continue
    raise AssertionError("never accepted")


async def test_every_subscriber_of_a_name_hears_and_no_other(bus: Bus) -> None:
    first, second, other = Listener(), Listener(), Listener()
    bus.subscribe("incident.opened", "notify.tell", first)
    bus.subscribe("incident.opened", "watch.prepare", second)
    bus.subscribe("incident.closed", "notify.tell", other)
    await bus.publish("incident.opened", "f1", b"{}")
    assert first.heard == second.heard == [("f1", b"{}")] and not other.heard


async def test_what_nobody_listens_to_is_accepted(bus: Bus) -> None:
    await bus.publish("incident.noted", "f1", b"{}")


async def test_a_failing_subscriber_gets_it_again_and_keeps_it_from_nobody(bus: Bus) -> None:
    weak, sound = Listener(fails=2), Listener()
    bus.subscribe("incident.opened", "weak", weak)
    bus.subscribe("incident.opened", "sound", sound)
    await carry(bus, "incident.opened", "f1", b"{}")
    assert weak.heard == [("f1", b"{}")]
    assert set(sound.heard) == {("f1", b"{}")}


async def test_the_same_subscriber_again_takes_its_own_place(bus: Bus) -> None:
    before, after = Listener(), Listener()
    bus.subscribe("incident.opened", "notify.tell", before)
    bus.subscribe("incident.opened", "notify.tell", after)
    await bus.publish("incident.opened", "f1", b"{}")
    assert len(before.heard) + len(after.heard) == 1
