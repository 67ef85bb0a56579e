"""Those who press anywhere in a country, as a phone's page does it, and those who answer in its centres."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec

from ansim.app.centre import Centre
from ansim.app.mapping import MappedCentre, Where, answer
from ansim.city.places.distribution import Distribution
from ansim.core.database import Transaction
from ansim.core.errors import Problem
from ansim.core.geo import destination
from ansim.core.position import Position
from ansim.response.handover import actions as handover
from ansim.response.handover.model import Moved
from ansim.response.incidents import store as incident_store
from ansim.response.incidents.model import IncidentRow
from ansim.response.picture import assemble
from ansim.response.picture.model import PhoneState
from ansim.response.picture.routes import phone as picture
from ansim.response.signals.model import Arrival, Receipt
from ansim.response.watch import actions as watch
from ansim.simulation.house import House
from ansim.simulation.network import Lost
from ansim.simulation.people import Surroundings, cancel, move, sealed_to, work
from ansim.trust import sealing
from ansim.trust.access.model import Actor, Role

UNREACHABLE_S = 10.0
"""Her page tells the next centre when the one that has the case cannot be reached for so long."""
WALKS_M = 250.0
Place = tuple[float, float]


@dataclass
class Land:
    """What phones can reach."""

    houses: Mapping[str, House]
    """by the address under which it is reached"""
    asked: Callable[[], Distribution | None]
    """The hub; None while it cannot be asked."""


@dataclass
class Call:
    """One press, and what her phone was told of it."""

    id: str
    person: str | None
    known: bool
    """Whether it says who she is and whom to tell."""
    inside: bool
    """Whether a centre of the country answers where she is: beyond it, of two centres that heard her neither knows of the other."""
    received: list[tuple[str, Receipt]] = field(default_factory=list)
    """each receipt, and the centre that gave it"""
    at: str = ""
    """the address where her phone goes on"""
    secret: str = ""
    followed: list[str] = field(default_factory=list)
    """The centres through which the case went, as her phone was told."""


def address(centre: str) -> str:
    return f"http://{centre}.example"


async def caller(
    land: Land, around: Surroundings, call: Call, spot: Place, presses_at: float, follows_s: float
) -> None:
    """Ask who answers there; press, send until somebody has it, and follow the case to wherever it goes."""
    draw, clock = around.draw, around.clock
    await clock.sleep(presses_at * draw.random())
    mapping = await _mapped(land, around, spot)
    await clock.sleep(max(0.0, presses_at - clock.monotonic()))
    base = Arrival(
        source="app", client_id=call.id, kind="sos", trigger="button", silent=draw.random() < 0.2,
        occurred_at=clock.now(), position=_there(around, spot), battery=draw.randrange(101), person=call.person,
        verdict="verified" if call.person else "none", contacts=None,
    )  # fmt: skip
    around.told.sent[call.id] = call.person
    await _deliver(land, around, call, mapping, base)
    until, silent_since = clock.monotonic() + follows_s, None
    while clock.monotonic() < until:
        await clock.sleep(draw.uniform(1.0, 8.0))
        spot = destination(*spot, draw.uniform(0, 360), draw.uniform(0, WALKS_M) if draw.random() < 0.3 else 5.0)
        try:
            state = await _next(land, around, call, spot)
            silent_since = None
        except Lost:
            silent_since = silent_since or clock.monotonic()
            if clock.monotonic() - silent_since > UNREACHABLE_S:
                silent_since = None
                around.say("tells the next", call.id)
                elsewhere = [one for one in await _mapped(land, around, spot) if one.uri != call.at]
                await _deliver(land, around, call, elsewhere or mapping, base)
            continue
        except Problem:
            continue
        if state is not None and state.state == "closed" and state.moved is None:
            return


async def follow(land: Land, around: Surroundings, call: Call) -> PhoneState | None:
    """What her phone shows now, at the centre where the case is; None where it is not known where it asks."""
    while True:
        try:
            state = await land.houses[call.at].network.ask(_state(call.id, call.secret))
        except Problem:
            return None
        if state.moved is None:
            return state
        _goes_on(around, call, state.moved)


async def _next(land: Land, around: Surroundings, call: Call, spot: Place) -> PhoneState | None:
    what, network = around.draw.random(), land.houses[call.at].network
    if what < 0.3:
        await network.ask(move(call.id, call.secret, _there(around, spot)))
    elif what < 0.36:
        around.say("takes back", call.id)
        await network.ask(cancel(call.id, call.secret, around.draw.choice(("2580", "8520", "0000"))))
    else:
        state = await network.ask(_state(call.id, call.secret))
        if state.moved is not None:
            _goes_on(around, call, state.moved)
        return state
    return None


def _goes_on(around: Surroundings, call: Call, moved: Moved) -> None:
    call.at, call.secret = moved.uri, moved.receipt.secret
    call.followed.append(moved.uri)
    around.say("goes on", call.id, moved.uri)


def _state(id: str, secret: str) -> Callable[[Centre], Awaitable[PhoneState]]:
    async def asked(centre: Centre) -> PhoneState:
        shown: PhoneState = await picture.phone_state.fn(id, picture.Own(secret=secret), centre.database)
        return shown

    return asked


async def _mapped(land: Land, around: Surroundings, spot: Place) -> list[MappedCentre]:
    """Asked of the hub, or of the centre whose page she has; and again until somebody says it."""
    where, own = Where(latitude=spot[0], longitude=spot[1], accuracy_m=20.0), land.houses[address(around.centre)]

    async def asked(centre: Centre) -> list[MappedCentre]:
        return answer(centre.distribution, where).centres

    while True:
        with suppress(Lost, Problem):
            hub = land.asked() if around.draw.random() < 0.5 else None
            told = answer(hub, where).centres if hub is not None else await own.network.ask(asked)
            if told:
                return told
        await around.clock.sleep(around.draw.uniform(0.5, 5.0))


async def _deliver(land: Land, around: Surroundings, call: Call, mapping: list[MappedCentre], base: Arrival) -> None:
    """One server after the other, each with what is sealed to it, until one has it."""
    failures = 0
    while True:
        server = mapping[failures % len(mapping)]
        sealed = sealed_to(sealing.public_from_jwk(server.key), call.id) if call.known else None
        sent = msgspec.structs.replace(base, contacts=sealed)
        try:
            receipt = await land.houses[server.uri].network.ask(lambda centre, sent=sent: centre.intake.submit(sent))  # type: ignore[misc]
        except Lost:
            pass
        except Problem as problem:
            if problem.status != 503:
                around.told.refused.append(f"{call.id} was refused: {problem.type}")
        else:
            around.say("receipt", call.id, server.id, receipt.receipt, receipt.new)
            call.received.append((server.id, receipt))
            call.at, call.secret = server.uri, receipt.secret
            return
        failures += 1
        await around.clock.sleep(min(0.4 * 2 ** (failures // len(mapping)), 8.0) * (0.5 + around.draw.random()))


def _there(around: Surroundings, spot: Place) -> Position:
    return Position(
        latitude=spot[0], longitude=spot[1], accuracy_m=round(around.draw.uniform(4, 40), 1), at=around.clock.now()
    )


async def answerer(around: Surroundings, name: str, others: list[str], attentive: Callable[[], float]) -> None:
    """An operator of a centre among others: what `people.operator` does, and gives cases to others, takes them back, or declines."""
    while True:
        await around.clock.sleep(around.draw.uniform(0.5, 5.0) * around.pace)
        if around.draw.random() >= attentive():
            continue
        with suppress(Lost, Problem):
            queue = await around.act(lambda tx: incident_store.open_of(tx, around.centre))
            mine = [incident for incident in queue if incident.open and incident.owner in (None, name)]
            if mine:
                await _answers(around, name, others, around.draw.choice(mine))


async def _answers(around: Surroundings, name: str, others: list[str], incident: IncidentRow) -> None:
    id, what = incident.id, around.draw.random()
    if incident.owner is None and what < 0.1 and "handed_over" in incident.marks:
        await around.act(lambda tx: handover.reject(tx, id, incident.centre, name))
        around.say("declines", name, id)
    elif incident.owner is not None and what < 0.15 and others:
        to = around.draw.choice(others)
        await around.act(lambda tx: handover.ask(tx, id, name, to, "경계를 넘음"))
        around.say("hands over", name, id, to)
    elif incident.owner is not None and what < 0.2:
        await around.act(lambda tx: handover.take_back(tx, id, name))
        around.say("takes back a hand-over", name, id)
    else:
        await work(around, name, incident)


async def claims_everything(around: Surroundings, name: str, now: Callable[[], bool]) -> None:
    """At the end of the storm somebody takes whatever still waits."""
    while True:
        await around.clock.sleep(around.draw.uniform(0.5, 2.0))
        if not now():
            continue
        with suppress(Lost, Problem):
            for incident in await around.act(lambda tx: incident_store.open_of(tx, around.centre)):
                if incident.open and incident.owner is None:
                    await around.act(lambda tx, id=incident.id: watch.claim(tx, id, around.centre, name))  # type: ignore[misc]


async def curious(around: Surroundings, seen: list[str]) -> None:
    """An operator who opens what is not hers."""
    actor = Actor(
        id=f"{around.centre}-curious", name="curious", role=Role.OPERATOR, centre=around.centre, session="simulated",
        expires_at=around.clock.now() + timedelta(days=1),
    )  # fmt: skip

    async def look(tx: Transaction) -> None:
        for row in await incident_store.open_of(tx, around.centre):
            if (await assemble.one(tx, row.id, actor)).detailed:
                seen.append(f"somebody without a right saw {row.id} in {around.centre}")

    while True:
        await around.clock.sleep(around.draw.uniform(20.0, 60.0))
        with suppress(Lost, Problem):
            await around.act(look)
            around.say("looks", around.centre)
