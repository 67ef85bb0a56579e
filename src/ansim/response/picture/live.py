"""Pushing what changed to everybody who may see it, after it is durable.

A subscriber that reconnects gets the whole state first, so nothing is missed and nothing needs to be kept for
those away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Protocol

import msgspec
import structlog

from ansim.core.database import Committed, Database, Transaction
from ansim.core.errors import Problem, Unavailable
from ansim.core.events import Fact
from ansim.core.position import Position
from ansim.response.borders.events import BorderChanged
from ansim.response.dispatch.actions import Lines
from ansim.response.dispatch.events import UnitMoved
from ansim.response.dispatch.ports import Gateways
from ansim.response.escorts import store as escorts
from ansim.response.escorts.model import EscortCounts
from ansim.response.incidents.model import IncidentRow
from ansim.response.picture import assemble, store
from ansim.response.picture.covers import covers
from ansim.response.picture.model import SightLine
from ansim.response.signals import store as signals
from ansim.response.tracking.actions import opened
from ansim.response.tracking.events import PersonMoved
from ansim.response.trips import store as trips
from ansim.response.trips.events import TripHeard
from ansim.response.trips.model import TripCounts
from ansim.response.trips.showing import state as trip_state
from ansim.response.wards import store as wards
from ansim.response.wards.events import WardHeard
from ansim.response.watch.actions import followed
from ansim.response.watch.ports import Media
from ansim.trust.access import sessions
from ansim.trust.access.events import AccountDisabled, SessionEnded
from ansim.trust.access.model import Actor, Site
from ansim.trust.grants import actions as grants

log = structlog.get_logger()
encode = msgspec.json.Encoder().encode
SLOW = 256
"""Messages that may wait for one browser; beyond that it is cut off and starts again with the whole state."""

Send = Callable[[bytes], Awaitable[None]]


def standing(here: Database | Transaction) -> dict[str, Any]:
    """Which agencies' lines stand, how many cameras deliver, and who takes whose new cases."""
    media = here.use(Media)
    return {
        "agencies": here.use(Lines).standing(here.use(Gateways), here.world.clock.now()),
        "cameras": {"live": len(media.live()), "total": media.total()},
        "covers": covers(here),
    }


class Subscriber(Protocol):
    """Somebody at the other end of a socket. Renderers return None for what she may not see."""

    async def everything(self, tx: Transaction) -> bytes | None: ...
    async def incident(self, tx: Transaction, row: IncidentRow, fixes: dict[str, Position]) -> bytes | None: ...
    async def moved(self, tx: Transaction, row: IncidentRow, fixes: dict[str, Position]) -> bytes | None: ...
    async def trips(self, tx: Transaction, ids: Collection[str], stepped: bool) -> bytes | None:
        """What is new to her when these trips or escorts have changed; `stepped` unless their phones were only heard."""

    async def wards(self, tx: Transaction, ids: Collection[str], stepped: bool) -> bytes | None:
        """The same for wards."""

    def ends_with(self, fact: Fact) -> bool:
        """Whether this fact ends her right to the socket itself."""


class Operator:
    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self._counts = TripCounts(), EscortCounts()

    async def everything(self, tx: Transaction) -> bytes | None:
        incidents = await assemble.queue(tx, self.actor)
        borders = await assemble.borders(tx) if self._of_site(tx) else []
        counts = {**await self._count(tx), "wards": await wards.counts(tx, self.actor.centre)}
        return encode({"type": "state", "incidents": incidents, "borders": borders, **counts, **standing(tx)})

    async def incident(self, tx: Transaction, row: IncidentRow, fixes: dict[str, Position]) -> bytes | None:
        if self.actor.centre != row.centre and self.actor.centre not in row.escalated_to:
            return None
        return encode({"type": "incident", "incident": await assemble.seen(tx, row, self.actor, fixes=fixes)})

    async def moved(self, tx: Transaction, row: IncidentRow, fixes: dict[str, Position]) -> bytes | None:
        position = fixes.get(row.id)
        if position is None or not assemble.sees_detail(row, self.actor):
            return None
        outlook = followed(tx, row, [position])
        return encode(
            {
                "type": "position", "incident": row.id, "position": position,
                "cameras": outlook.cameras, "sight": SightLine.of(outlook),
            }
        )  # fmt: skip

    async def trips(self, tx: Transaction, ids: Collection[str], stepped: bool) -> bytes | None:
        if not stepped:
            return None
        before, on_their_way = self._counts, await self._count(tx)
        return None if self._counts == before else encode({"type": "trips", **on_their_way})

    async def wards(self, tx: Transaction, ids: Collection[str], stepped: bool) -> bytes | None:
        if not stepped:
            return None
        return encode({"type": "wards", "wards": await wards.counts(tx, self.actor.centre)})

    async def borders(self, tx: Transaction) -> bytes | None:
        if not self._of_site(tx):
            return None
        return encode({"type": "borders", "borders": await assemble.borders(tx)})

    def _of_site(self, tx: Transaction) -> bool:
        return self.actor.centre == tx.use(Site).centre

    async def _count(self, tx: Transaction) -> dict[str, TripCounts | EscortCounts]:
        centre = self.actor.centre
        self._counts = await trips.counts(tx, centre), await escorts.counts(tx, centre)
        return {"trips": self._counts[0], "escorts": self._counts[1]}

    def ends_with(self, fact: Fact) -> bool:
        if isinstance(fact, AccountDisabled):
            return fact.account == self.actor.id
        return isinstance(fact, SessionEnded) and fact.session == self.actor.session


class Phone:
    """The phone that sent a signal, known by its secret."""

    def __init__(self, client_id: str, secret_hash: bytes, incident: str) -> None:
        self._key = (client_id, secret_hash)
        self._incident = incident

    async def everything(self, tx: Transaction) -> bytes | None:
        signal = await signals.by_client_id(tx, *self._key)
        return None if signal is None else encode(await assemble.phone_state(tx, signal))

    async def incident(self, tx: Transaction, row: IncidentRow, fixes: dict[str, Position]) -> bytes | None:
        return await self.everything(tx) if row.id == self._incident else None

    async def moved(self, tx: Transaction, row: IncidentRow, fixes: dict[str, Position]) -> bytes | None:
        return None

    async def trips(self, tx: Transaction, ids: Collection[str], stepped: bool) -> bytes | None:
        return None

    wards = trips

    def ends_with(self, fact: Fact) -> bool:
        return False


class Walker:
    """The phone that started a trip."""

    def __init__(self, trip: str) -> None:
        self._trip = trip

    async def everything(self, tx: Transaction) -> bytes | None:
        trip = await trips.get(tx, self._trip)
        return None if trip is None else encode(await trip_state(tx, trip))

    async def incident(self, tx: Transaction, row: IncidentRow, fixes: dict[str, Position]) -> bytes | None:
        return None

    moved = incident

    async def trips(self, tx: Transaction, ids: Collection[str], stepped: bool) -> bytes | None:
        return await self.everything(tx) if self._trip in ids else None

    async def wards(self, tx: Transaction, ids: Collection[str], stepped: bool) -> bytes | None:
        return None

    def ends_with(self, fact: Fact) -> bool:
        return False


class LinkHolder:
    def __init__(self, secret: str, browser: str, incident: str) -> None:
        self._secret, self._browser, self._incident = secret, browser, incident

    async def everything(self, tx: Transaction) -> bytes | None:
        link = await grants.bound_link(tx, self._secret, self._browser)
        return None if link is None else encode(await assemble.link_state(tx, link))

    async def incident(self, tx: Transaction, row: IncidentRow, fixes: dict[str, Position]) -> bytes | None:
        return await self.everything(tx) if row.id == self._incident else None

    moved = incident

    async def trips(self, tx: Transaction, ids: Collection[str], stepped: bool) -> bytes | None:
        return await self.everything(tx) if self._incident in ids else None

    wards = trips

    def ends_with(self, fact: Fact) -> bool:
        return False


class Subscription:
    def __init__(self, subscriber: Subscriber) -> None:
        self.subscriber = subscriber
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue(SLOW)

    def put(self, message: bytes) -> None:
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            self.end()

    def end(self) -> None:
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(None)

    async def next(self) -> bytes | None:
        """The next message; None when the socket is to be closed."""
        return await self._queue.get()


class Live:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._subscriptions: list[Subscription] = []
        self._changed: dict[str, None] = {}
        self._moved: dict[str, None] = {}
        self._trips: set[str] = set()
        self._stepped = False
        self._wards: set[str] = set()
        self._alarmed = False
        self._bordered = False
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        database.on_commit.append(self._committed)

    async def start(self) -> None:
        parts = {"live": self._run(), "ping": self._ping(), "sessions": self._look_after_sessions()}
        self._tasks = [asyncio.create_task(part, name=name) for name, part in parts.items()]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for subscription in self._subscriptions:
            subscription.end()

    async def subscribe(self, subscriber: Subscriber) -> Subscription:
        """From now on she gets changes; the whole state comes first. Raises Problem 404 when there is nothing for
        her.
        """
        subscription = Subscription(subscriber)
        # First the place in the list, then the state: a change in between is pushed once more, never lost.
        self._subscriptions.append(subscription)
        try:
            async with self._database.transaction() as tx:
                state = await subscriber.everything(tx)
            if state is None:
                raise Problem(404, "live.unknown", "Nothing here for you")
        except BaseException:
            self._subscriptions.remove(subscription)
            raise
        subscription.put(state)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)

    def status(self, message: dict[str, Any]) -> None:
        """Tell every operator something that belongs to no incident."""
        encoded = encode(message)
        for subscription in self._subscriptions:
            if isinstance(subscription.subscriber, Operator):
                subscription.put(encoded)

    def _committed(self, committed: Committed) -> None:
        for fact in (*(stated.fact for stated in committed.facts), *committed.mentioned):
            if isinstance(fact, AccountDisabled | SessionEnded):
                for subscription in self._subscriptions:
                    if subscription.subscriber.ends_with(fact):
                        subscription.end()
            if (way := getattr(fact, "trip", None) or getattr(fact, "escort", None)) is not None:
                self._trips.add(way)
                self._stepped |= not isinstance(fact, TripHeard)
                self._wake.set()
            if (ward := getattr(fact, "ward", None)) is not None:
                self._wards.add(ward)
                self._alarmed |= not isinstance(fact, WardHeard)
                self._wake.set()
            if isinstance(fact, BorderChanged):
                self._bordered = True
                self._wake.set()
            incident = getattr(fact, "incident", None)
            if incident is None:
                continue
            (self._moved if isinstance(fact, PersonMoved | UnitMoved) else self._changed)[incident] = None
            if isinstance(fact, UnitMoved):
                self._changed[incident] = None
            self._wake.set()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            changed, moved = self._changed, self._moved
            self._changed, self._moved = {}, {}
            trips, stepped, self._trips, self._stepped = self._trips, self._stepped, set(), False
            bordered, self._bordered = self._bordered, False
            warded, alarmed, self._wards, self._alarmed = self._wards, self._alarmed, set(), False
            try:
                await self._push(list(changed), [id for id in moved if id not in changed])
                # A notice or a link may be of a trip as well as of a case.
                await self._push_ways({*trips, *changed}, stepped, lambda one: one.trips)
                await self._push_ways(warded, alarmed, lambda one: one.wards)
                if bordered:
                    await self._push_borders()
            except Problem:
                # The database is away: everybody gets the whole state when it is back.
                for subscription in list(self._subscriptions):
                    subscription.end()
            except Exception:
                log.exception("live push failed")

    async def _push(self, changed: list[str], moved: list[str]) -> None:
        if not self._subscriptions:
            return
        async with self._database.transaction(readonly=True) as tx:
            found = await store.with_newest_fix(tx, [*changed, *moved])
            rows = {row.id: row for row, _ in found}
            await self._write_down(list(rows.values()))
            fixes = {
                row.id: position
                for row, sealed in found
                if sealed is not None and row.track_slot is not None
                and (position := opened(tx, row.id, row.track_slot, sealed)) is not None
            }  # fmt: skip
            for id in [*changed, *moved]:
                if (row := rows.get(id)) is None:
                    continue
                for subscription in list(self._subscriptions):
                    render = subscription.subscriber.moved if id in moved else subscription.subscriber.incident
                    message = await render(tx, row, fixes)
                    if message is not None:
                        subscription.put(message)

    async def _push_ways(
        self, ids: Collection[str], stepped: bool, of: Callable[[Subscriber], Callable[..., Awaitable[bytes | None]]]
    ) -> None:
        if not ids or not self._subscriptions:
            return
        async with self._database.transaction(readonly=True) as tx:
            for subscription in list(self._subscriptions):
                message = await of(subscription.subscriber)(tx, ids, stepped)
                if message is not None:
                    subscription.put(message)

    async def _push_borders(self) -> None:
        async with self._database.transaction(readonly=True) as tx:
            for subscription in list(self._subscriptions):
                operator = subscription.subscriber
                if isinstance(operator, Operator) and (message := await operator.borders(tx)) is not None:
                    subscription.put(message)

    async def _write_down(self, rows: list[IncidentRow]) -> None:
        """Who is shown a case that is not hers is in the ledger before it leaves."""
        operators = (one.subscriber for one in self._subscriptions if isinstance(one.subscriber, Operator))
        # One of each: the same leader may sit before two screens.
        readers = {operator.actor.id: operator.actor for operator in operators}
        if any(assemble.oversees(row, actor) for actor in readers.values() for row in rows):
            async with self._database.transaction() as tx:
                for _, actor in sorted(readers.items()):
                    await assemble.write_down(tx, rows, actor)

    async def _ping(self) -> None:
        clock, told = self._database.world.clock, None
        while True:
            await clock.sleep(1.0)
            self.status({"type": "ping", "at": clock.now()})
            if (status := standing(self._database)) != told:
                told = status
                self.status({"type": "status", **status})

    async def _look_after_sessions(self) -> None:
        clock = self._database.world.clock
        while True:
            await clock.sleep(sessions.ALIVE_EVERY_S)
            operators = [
                (one, one.subscriber.actor) for one in self._subscriptions if isinstance(one.subscriber, Operator)
            ]
            if not operators:
                continue
            try:
                async with self._database.transaction() as tx:
                    over = [one for one, actor in operators if not await sessions.alive(tx, actor)]
            except Unavailable:
                continue
            for subscription in over:
                subscription.end()
