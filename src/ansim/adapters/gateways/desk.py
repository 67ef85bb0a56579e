"""The desk of an agency that has no system of its own: a person accepts, rejects, sends a unit, on a page of ours.

What the agency was told lies sealed in our database until the case closes; what it answers is the state of the dispatch
and nowhere else. So the desk finds after a restart what lay on it before, and never says other than the operator sees.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import msgspec

from ansim.core.database import Committed, Database, Row, Transaction
from ansim.core.position import Position
from ansim.response.dispatch.events import DispatchAnswered, DispatchRequested, DispatchUnanswered
from ansim.response.dispatch.ports import Ask, NoAnswer
from ansim.trust.access.events import AccountDisabled, SessionEnded
from ansim.trust.retention.keys import Erased, Keys

KEPT = timedelta(days=1)
"""How long a request whose case is over stays on the desk: its number and how it ended, nothing of hers."""


class DeskRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request as the agency sees it. `place` is empty, `position` and `link` are null once it is over."""

    id: str
    agency: str
    reference: str
    number: str
    centre: str
    kind: str
    silent: bool
    place: str
    position: Position | None
    at: datetime
    state: str
    unit: str | None
    eta_s: int | None
    reason: str | None
    link: str | None
    closed: bool


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the agency may know only as long as it helps."""

    place: str
    position: Position | None
    link: str | None = None


class Desk:
    """Tells those who look at a desk that something on it has changed. `reachable` can be switched off to show what
    then happens."""

    def __init__(self) -> None:
        self.reachable = True
        self._changed = asyncio.Event()

    def changed(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def next_change(self) -> asyncio.Event:
        """Set at the next change."""
        return self._changed

    def hear(self, committed: Committed) -> None:
        """An answer may also come from elsewhere: the clock, another page, the operator on the telephone. And whoever may not
        look any more is to be sent away at once.
        """
        spoken = (DispatchRequested, DispatchAnswered, DispatchUnanswered, SessionEnded, AccountDisabled)
        if any(isinstance(stated.fact, spoken) for stated in committed.facts):
            self.changed()


class DeskGateway:
    """The line of one agency to its desk."""

    def __init__(self, desk: Desk, database: Database) -> None:
        self._desk = desk
        self._database = database

    async def ask(self, ask: Ask) -> str:
        self._insist()
        async with self._database.transaction() as tx:
            await tx.execute("DELETE FROM desk_request WHERE closed_at < $1", tx.at - KEPT)
            seq = await tx.fetchval("SELECT seq FROM desk_request WHERE id = $1", ask.id)
            if seq is None:
                sealed = await _seal(tx, ask.id, _Told(place=ask.place, position=ask.position))
                seq = await tx.fetchval(
                    "INSERT INTO desk_request (id, incident, agency, number, centre, kind, silent, sealed, closed_at)"
                    " SELECT id, incident, $2, $3, $4, $5, $6, $7, $8 FROM dispatch WHERE id = $1 RETURNING seq",
                    ask.id, ask.agency, ask.number, ask.centre, ask.kind, ask.silent, sealed,
                    None if sealed else tx.at,
                )  # fmt: skip
            tx.after_commit(self._desk.changed)
        return _reference(ask.agency, seq)

    async def hand_link(self, id: str, url: str) -> None:
        self._insist()
        async with self._database.transaction() as tx:
            row = await tx.fetchrow(f"{_ROWS} WHERE r.id = $1 FOR UPDATE OF r", id)
            told = None if row is None else _open(tx, row)
            if told is None:
                return
            sealed = await _seal(tx, id, msgspec.structs.replace(told, link=url))
            await tx.execute("UPDATE desk_request SET sealed = $2 WHERE id = $1", id, sealed)
            tx.after_commit(self._desk.changed)

    async def closed(self, id: str, why: str) -> None:
        self._insist()
        async with self._database.transaction() as tx:
            await forget(tx, id)
            await tx.execute("UPDATE desk_request SET closed_at = coalesce(closed_at, $2) WHERE id = $1", id, tx.at)
            tx.after_commit(self._desk.changed)

    def up(self) -> bool:
        return self._desk.reachable

    def _insist(self) -> None:
        if not self._desk.reachable:
            raise NoAnswer("the line is down")


async def of(tx: Transaction, agency: str | None) -> list[DeskRequest]:
    """What lies on the desk of this agency (None: on all), in the order in which it came."""
    rows = await tx.fetch(f"{_ROWS} WHERE $1::text IS NULL OR r.agency = $1 ORDER BY r.seq", agency)
    return [_request(tx, row) for row in rows]


async def by_id(tx: Transaction, id: str) -> DeskRequest | None:
    row = await tx.fetchrow(f"{_ROWS} WHERE r.id = $1", id)
    return None if row is None else _request(tx, row)


async def forget(tx: Transaction, id: str) -> None:
    """The agency has nothing more to do there: where she is and the way to see her go."""
    await tx.execute("UPDATE desk_request SET sealed = NULL WHERE id = $1", id)


_ROWS = (
    "SELECT r.*, i.track_slot, i.closed_at IS NOT NULL AS over, d.state, d.unit, d.eta_s, d.reason,"
    " d.requested_at AS at FROM desk_request r JOIN dispatch d ON d.id = r.id JOIN incident i ON i.id = r.incident"
)


def _request(tx: Transaction, row: Row) -> DeskRequest:
    told = _open(tx, row) or _Told(place="", position=None)
    own = {name: row[name] for name in ("id", "agency", "number", "centre", "kind", "silent", "at")}
    answered = {name: row[name] for name in ("state", "unit", "eta_s", "reason")}
    return DeskRequest(
        **own,
        **answered,
        reference=_reference(row["agency"], row["seq"]),
        place=told.place,
        position=told.position,
        link=told.link,
        closed=row["over"] or row["closed_at"] is not None,
    )


def _reference(agency: str, seq: int) -> str:
    return f"{agency}-{seq:04d}"


def _context(id: str) -> bytes:
    return f"desk/{id}".encode()


async def _seal(tx: Transaction, id: str, told: _Told) -> bytes | None:
    """None when the case is over: then there is nothing to be kept."""
    slot = await tx.fetchval(
        "SELECT i.track_slot FROM dispatch d JOIN incident i ON i.id = d.incident WHERE d.id = $1", id
    )
    try:
        return None if slot is None else tx.use(Keys).seal(slot, msgspec.json.encode(told), _context(id))
    except Erased:
        return None


def _open(tx: Transaction, row: Row) -> _Told | None:
    # The case may be over before its key is dead and the agency has heard of it.
    if row["over"]:
        return None
    content = tx.use(Keys).opened(row["track_slot"], row["sealed"], _context(row["id"]))
    return None if content is None else msgspec.json.decode(content, type=_Told)
