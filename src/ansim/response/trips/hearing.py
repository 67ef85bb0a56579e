"""What phones say on the way, in groups: every fix is judged by the watch and kept with what the watch then remembers."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from ansim.city.ways.register import Network
from ansim.core.database import Database, Transaction
from ansim.core.errors import Problem, not_found
from ansim.core.position import Position
from ansim.core.writer import GroupWriter
from ansim.response.tracking import actions as tracking
from ansim.response.trips import store, watching
from ansim.response.trips.actions import Kept, is_over, located, open_memory, over, settle
from ansim.response.trips.model import TripRow, TripState, alarmed, heard_again, left_again
from ansim.response.trips.showing import states


@dataclass(frozen=True)
class Words:
    """One message of a phone. Without a position it is a heartbeat."""

    trip: str
    secret_hash: bytes
    positions: Sequence[Position]
    battery: int | None


class Listener(GroupWriter[Words, TripState]):
    """What trips' phones say, hundreds of them in one transaction."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, hear)


async def hear(tx: Transaction, said: Sequence[Words]) -> Sequence[TripState | Problem]:
    """Each answered with what its phone is to show. After the end nothing is taken."""
    held = await store.locked(tx, [words.trip for words in said])
    kept: dict[str, Kept] = {}
    refused: list[Problem | None] = []
    for words in said:
        trip = held.get(words.trip)
        if trip is None or not hmac.compare_digest(trip.secret_hash, words.secret_hash):
            refused.append(not_found("trip"))
        elif is_over(trip):
            refused.append(over())
        else:
            one = kept.setdefault(trip.id, Kept(trip, open_memory(tx, trip).memory))
            _hear(tx, one, words.positions, words.battery)
            refused.append(None)
    await _pass_on(tx, [words for words, problem in zip(said, refused, strict=True) if problem is None], held)
    for one in kept.values():
        await settle(tx, held[one.trip.id], one)
    shown = await states(tx, list(kept.values()))
    return [problem or shown[words.trip] for words, problem in zip(said, refused, strict=True)]


async def carried(tx: Transaction, fixes: Sequence[tuple[str, Position, int | None]]) -> None:
    """Fixes of devices that persons carry, with their batteries: they tell of her way as her phone does, and go on where a page is
    put to sleep."""
    by_person: dict[str, list[Position]] = {}
    batteries: dict[str, int | None] = {}
    for person, position, battery in fixes:
        by_person.setdefault(person, []).append(position)
        batteries[person] = battery
    for trip in await store.open_by_person(tx, by_person):
        if trip.person is not None and trip.watched:
            kept = open_memory(tx, trip)
            _hear(tx, kept, by_person[trip.person], batteries[trip.person])
            await settle(tx, trip, kept)


def _hear(tx: Transaction, kept: Kept, positions: Sequence[Position], battery: int | None) -> None:
    alarms: list[watching.Alarm] = []
    remaining = tx.use(Network).toward(kept.memory.latitude, kept.memory.longitude) if positions else None
    for position in positions:
        alarms += watching.moved(kept.watch, kept.plan, position, tx.at, remaining)
        located(tx, kept, position)
    if not positions:
        watching.heard(kept.watch, tx.at)
    heard = msgspec.structs.replace(
        kept.trip, heard_at=tx.at, battery=kept.trip.battery if battery is None else battery
    )
    kept.trip = alarmed(heard_again(heard, located=bool(positions)), alarms, tx.at, tx.world.id())
    if not watching.near_home(kept.watch):
        kept.trip = left_again(kept.trip, tx.at, tx.world.id())
    slot = kept.trip.track_slot
    assert slot is not None
    tracking.lay(tx, [(kept.trip.id, slot, position) for position in positions])


async def _pass_on(tx: Transaction, said: Sequence[Words], held: dict[str, TripRow]) -> None:
    """Once help was called whoever has the case follows her by what her trip says."""
    cases = {words.trip: incident for words in said if words.positions and (incident := held[words.trip].incident)}
    if not cases:
        return
    slots = await store.open_cases(tx, list(cases.values()))
    tracking.keep(
        tx,
        [
            (incident, slots[incident], position)
            for words in said
            if (incident := cases.get(words.trip)) in slots
            for position in words.positions
        ],
    )
