"""Everybody who speaks to the centre. They act on what they were answered, and know nothing else."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from ansim.adapters.gateways import desk
from ansim.app.centre import Centre
from ansim.city.people.sealed import INFO, CentreKey
from ansim.core.clock import Clock
from ansim.core.database import Transaction
from ansim.core.errors import Problem
from ansim.core.position import Position
from ansim.response.dispatch import actions as dispatch
from ansim.response.incidents import actions as incidents
from ansim.response.incidents import store as incident_store
from ansim.response.incidents.model import IncidentRow
from ansim.response.picture.routes import phone as picture
from ansim.response.signals.model import Arrival, Receipt
from ansim.response.watch import actions as watch
from ansim.simulation.network import Lost, Network
from ansim.trust import sealing

CENTRE = "gyeonggi-seongnam"
HOME = (37.38, 127.12)
CONTACTS = {
    "name": "김하늘",
    "guardians": [
        {"name": "어머니", "relation": "어머니", "phone": "010-3333-4444", "mail": "mother@example.org"},
        {"name": "이모", "relation": "이모", "mail": "aunt@example.org"},
    ],
    "codes": {"cancel": "2580", "duress": "8520"},
}
NOTICES = 3
"""Guardians times their ways to be reached."""
_SOMEWHERE: Any = SimpleNamespace(client=None)
Answer = TypeVar("Answer")


@dataclass
class Told:
    """What the phones were told: the promises that must be kept."""

    sent: dict[str, str | None] = field(default_factory=dict)
    """client id -> person, of every signal that was sent at all"""
    receipts: dict[str, list[Receipt]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)


@dataclass
class Surroundings:
    network: Network
    clock: Clock
    draw: random.Random
    told: Told
    say: Callable[..., None]
    pace: float = 1.0
    """So many times longer than usual they take over what they do, in a history that lasts longer."""
    centre: str = CENTRE
    home: tuple[float, float] = HOME
    """Latitude and longitude around which they are."""

    async def act(self, act: Callable[[Transaction], Awaitable[Answer]]) -> Answer:
        """Ask the centre for one action."""

        async def serve(centre: Centre) -> Answer:
            async with centre.database.transaction() as tx:
                return await act(tx)

        return await self.network.ask(serve)

    def position(self) -> Position:
        return Position(
            latitude=self.home[0] + self.draw.uniform(-0.002, 0.002),
            longitude=self.home[1] + self.draw.uniform(-0.002, 0.002),
            accuracy_m=round(self.draw.uniform(4, 40), 1),
            at=self.clock.now(),
        )


async def phone(around: Surroundings, number: int, person: str | None, presses_at: float) -> None:
    """Press once, send until there is a receipt, then be followed; sometimes take it back, sometimes send it again."""
    draw, told = around.draw, around.told
    await around.clock.sleep(presses_at)
    id = f"signal-{number:04d}"
    told.sent[id] = person
    known = draw.random() < 0.5
    base = Arrival(
        source="app", client_id=id, kind="sos", trigger="button", silent=draw.random() < 0.2,
        occurred_at=around.clock.now(), position=around.position() if draw.random() < 0.8 else None,
        battery=draw.randrange(101), person=person, verdict="verified" if person else "none", contacts=None,
    )  # fmt: skip

    async def send(centre: Centre) -> Receipt:
        sealed = contacts(centre, id) if known else None
        return await centre.intake.submit(msgspec.structs.replace(base, contacts=sealed))

    receipt = await _until_received(around, id, send)
    while draw.random() < 0.6:
        await around.clock.sleep(draw.uniform(0.5, 4.0))
        what = draw.random()
        try:
            if what < 0.6:
                await around.network.ask(move(id, receipt.secret, around.position()))
            elif what < 0.8:
                await around.network.ask(cancel(id, receipt.secret, draw.choice(("2580", "8520", "0000"))))
            else:
                await _until_received(around, id, send)
        except (Lost, Problem):
            continue


def contacts(centre: Centre, id: str) -> bytes:
    return sealed_to(centre.database.use(CentreKey).private.public_key(), id)


def sealed_to(public: EllipticCurvePublicKey, id: str) -> bytes:
    return sealing.seal(public, msgspec.json.encode(CONTACTS), INFO, id.encode())


def move(id: str, secret: str, position: Position) -> Callable[[Centre], Awaitable[Any]]:
    fixes = picture.Fixes(signal=id, secret=secret, positions=[msgspec.to_builtins(position)])
    return lambda centre: picture.positions.fn(fixes, _SOMEWHERE, centre.database, centre.lanes)


def cancel(id: str, secret: str, code: str) -> Callable[[Centre], Awaitable[Any]]:
    said = picture.Code(secret=secret, code=code)
    return lambda centre: picture.cancel.fn(id, said, _SOMEWHERE, centre.database, centre.lanes)


async def _until_received(around: Surroundings, id: str, send: Callable[[Centre], Awaitable[Receipt]]) -> Receipt:
    pause = 0.2
    while True:
        try:
            receipt = await around.network.ask(send)
        except Lost:
            pass
        except Problem as problem:
            if problem.status != 503:
                around.told.refused.append(f"{id} was refused: {problem.type}")
        else:
            around.told.receipts.setdefault(id, []).append(receipt)
            around.say("receipt", id, receipt.receipt, receipt.incident, receipt.new)
            return receipt
        await around.clock.sleep(pause * (0.5 + around.draw.random()))
        pause = min(pause * 2, 5.0)


async def insisted(around: Surroundings, id: str, ask: Callable[[Centre], Awaitable[Answer]]) -> Answer:
    """Ask until it is answered. Raises the Problem with which it was refused."""
    pause = 0.2
    while True:
        try:
            return await around.network.ask(ask)
        except Lost:
            pass
        except Problem as problem:
            if problem.status not in (409, 503):
                around.told.refused.append(f"{id} was refused: {problem.type}")
                raise
        await around.clock.sleep(pause * (0.5 + around.draw.random()))
        pause = min(pause * 2, 5.0)


async def operator(around: Surroundings, name: str, attentive: Callable[[], float]) -> None:
    """Look at the queue; claim, confirm, ask for help, give back, close. Every step may be lost or done twice."""
    while True:
        await around.clock.sleep(around.draw.uniform(0.5, 3.0) * around.pace)
        if around.draw.random() >= attentive():
            continue
        try:
            queue = await around.act(lambda tx: incident_store.open_of(tx, around.centre))
            open = [incident for incident in queue if incident.open and incident.owner in (None, name)]
            if open:
                await work(around, name, around.draw.choice(open))
        except (Lost, Problem):
            continue


async def work(around: Surroundings, name: str, incident: IncidentRow) -> None:
    id, what = incident.id, around.draw.random()
    if incident.owner is None:
        around.say("claims", name, id)
        await around.act(lambda tx: watch.claim(tx, id, around.centre, name))
    elif what < 0.25:
        await around.act(lambda tx: incidents.confirm(tx, id, name))
    elif what < 0.5:
        agency = around.draw.choice(("112", "119"))
        await around.act(lambda tx: dispatch.request(tx, id, name, agency))
    elif what < 0.6:
        await around.act(lambda tx: incidents.release(tx, id, name))
    elif what < 0.7:
        await around.act(lambda tx: incidents.note(tx, id, name, "전화 받지 않음"))
    else:
        code = around.draw.randrange(1, 6)
        around.say("closes", name, id, code)
        await around.act(lambda tx: incidents.close(tx, id, name, code, "확인함"))


async def agency(around: Surroundings) -> None:
    """112 and 119: take requests from the desk and move them on."""
    steps = {
        "requested": ("acknowledged", "refused"),
        "acknowledged": ("en_route",),
        "en_route": ("arrived",),
        "arrived": ("completed",),
    }
    while True:
        await around.clock.sleep(around.draw.uniform(0.5, 4.0) * around.pace)
        with suppress(Lost, Problem):
            on_desk = await around.act(lambda tx: desk.of(tx, None))
            waiting = [one for one in on_desk if one.state in steps and not one.closed]
            if waiting:
                request = around.draw.choice(waiting)
                await _answer(around, request.id, around.draw.choice(steps[request.state]))


async def _answer(around: Surroundings, id: str, state: str) -> None:
    around.say("answers", id, state)
    await around.act(lambda tx: dispatch.answered(tx, id, state, unit="순찰 12"))
