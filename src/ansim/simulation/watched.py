"""What must hold at the end of every history for those who were watched over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from ansim.core.database import Transaction
from ansim.response.escorts.model import ANSWER as ESCORT_ANSWER
from ansim.response.escorts.model import EscortRow, next_step
from ansim.response.trips import watching
from ansim.response.trips.actions import open_memory
from ansim.response.trips.model import ANSWER, CALL, TripRow
from ansim.response.wards.model import STEP, STEP_PLACED
from ansim.simulation.homeward import Watched
from ansim.trust.retention.keys import Keys, Unreadable

LATE = timedelta(seconds=5)
ROUNDED = timedelta(microseconds=1)
CALMS = frozenset({"trip.answered", "trip.calmed", "trip.extended", "trip.mode-changed"})
FORCED = frozenset({"duress", "sos"})
"""She called for help herself: nothing was asked before."""


async def unkept(tx: Transaction, keys: Keys, watched: Watched) -> list[str]:
    wrong = list(watched.seen)
    acts = await _acts(tx)
    wrong += await _trips(tx, keys, watched, acts)
    wrong += await _wards(tx, watched, acts)
    return wrong + await _escorts(tx, watched, acts)


async def _acts(tx: Transaction) -> dict[str, list[Mapping[str, Any]]]:
    rows = await tx.fetch(
        "SELECT incident, act, at, details->>'why' AS why FROM ledger_entry WHERE act ~ '^(trip|ward|escort)[.]'"
        " ORDER BY at, id"
    )
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["incident"], []).append(row)
    return found


async def _trips(
    tx: Transaction, keys: Keys, watched: Watched, acts: Mapping[str, list[Mapping[str, Any]]]
) -> list[str]:
    dead = {
        row["subject"]: row
        for row in await tx.fetch("SELECT subject, slots, certificate FROM destruction WHERE scope = 'track'")
    }
    calls = {
        row["client_id"]: row["n"]
        for row in await tx.fetch(
            "SELECT client_id, greatest(1, count(*) FILTER (WHERE went = 0)) AS n FROM signal WHERE source = 'trip' GROUP BY client_id"
        )
    }
    trips = {row["client_id"]: TripRow(**row) for row in await tx.fetch("SELECT * FROM trip ORDER BY id")}
    wrong = [f"{id} is watched and nobody set out" for id in trips if id not in watched.trips]
    for id, told in watched.trips.items():
        if (trip := trips.get(id)) is None:
            wrong.append(f"{id} was told that it is watched, and is lost")
            continue
        wrong += [f"{id}: {line}" for line in _told(keys, trip, told)]
        wrong += [f"{id}: {line}" for line in _destroyed(keys, trip, dead.get(trip.id))]
        wrong += [f"{id}: {line}" for line in _steps(acts.get(trip.id, []))]
        wrong += [f"{id}: {line}" for line in _missed(tx, trip)]
        if id in watched.arrived and trip.open and trip.state != "signalled":
            wrong.append(f"{id}: her end was acknowledged, and she is watched on")
        own = any(row["act"] == "trip.signalled" and row["why"] != "sos" for row in acts.get(trip.id, []))
        if calls.get(id, 0) > 1 or (own and not calls.get(id) and trip.open):
            wrong.append(f"{id}: help was called {calls.get(id, 0)} times")
    return wrong


def _told(keys: Keys, trip: TripRow, told: Iterable[tuple[str, str]]) -> Iterable[str]:
    """One trip however often it was asked for, with the secret that opens it."""
    for id, secret in told:
        if id != trip.id:
            yield "its phone was told of another trip than is stored"
        elif trip.case_slot is not None and trip.secret is not None:
            try:
                stored = keys.open(trip.case_slot, bytes(trip.secret), f"trip secret/{trip.id}".encode()).decode()
            except Unreadable as error:
                yield f"cannot be read: {error}"
            else:
                if stored != secret:
                    yield "its phone was told another secret than is stored"


def _destroyed(keys: Keys, trip: TripRow, dead: Mapping[str, Any] | None) -> Iterable[str]:
    """Ended: where she was cannot be opened any more, and a certificate says so. Open: it can."""
    if trip.open:
        if trip.track_slot is None or keys.erased(trip.track_slot):
            yield "it is open and its track key is dead"
    elif dead is None or dead["certificate"] is None or trip.track_slot is not None:
        yield "it has ended and where she was is not destroyed"
    elif not all(keys.erased(slot) for slot in dead["slots"]):
        yield "it has a certificate and its track key lives"


def _steps(acts: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """Asked, then called when nobody answered, then help: in this order, none early, none twice."""
    asked = called = None
    once: set[str] = set()
    for row in acts:
        act, at, why = row["act"], row["at"], row["why"]
        if act in ("trip.started", "trip.signalled", "trip.ended"):
            if act in once:
                yield f"{act} twice"
            once.add(act)
        if act == "trip.asked":
            due = at + ANSWER.get(why, timedelta(0))
            asked = due if asked is None else min(asked, due)
        elif act == "trip.called":
            if asked is None or at < asked - ROUNDED:
                yield "guardians were told before she could answer"
            called = at
        elif act == "trip.signalled" and why not in FORCED and (called is None or at < called + CALL - ROUNDED):
            yield "help was called before the call was over"
        elif act in CALMS:
            asked = called = None


def _missed(tx: Transaction, trip: TripRow) -> Iterable[str]:
    """What time alone shows was asked, and whoever waited for an answer has gone on."""
    if not trip.watched or not trip.open:
        return
    if trip.step_at is not None and trip.step_at < tx.at - LATE:
        yield f"it is {trip.state} since {trip.step_at:%H:%M:%S}, and nothing follows"
    kept = open_memory(tx, trip)
    for alarm in watching.due(kept.watch, kept.plan, tx.at - LATE):
        if alarm.level == "ask" and not trip.asked:
            yield f"it is {alarm.reason}, and she was not asked"


async def _wards(tx: Transaction, watched: Watched, acts: Mapping[str, list[Mapping[str, Any]]]) -> list[str]:
    """An alarm that nobody answers becomes a case when its step is over, and not before."""
    wrong = _one_each("ward", watched.wards, await tx.fetch("SELECT id, client_id FROM ward"))
    late = await tx.fetch(
        "SELECT id, alarm FROM ward WHERE ended_at IS NULL AND signalled_at IS NULL AND step_at < $1", tx.at - LATE
    )
    wrong += [f"ward {row['id']} has an alarm ({row['alarm']}), and nothing follows" for row in late]
    for id in sorted({id for told in watched.wards.values() for id in told}):
        since = None
        for row in acts.get(id, []):
            if row["act"] == "ward.alarm":
                since = row["at"] + (STEP_PLACED if row["why"] in ("left", "entered") else STEP)
            elif row["act"] == "ward.signalled" and row["why"] != "sos":
                if since is None or row["at"] < since - ROUNDED:
                    wrong.append(f"ward {id}: help was called before anybody could answer")
                since = None
    return wrong


async def _escorts(tx: Transaction, watched: Watched, acts: Mapping[str, list[Mapping[str, Any]]]) -> list[str]:
    rows = [EscortRow(**row) for row in await tx.fetch("SELECT * FROM escort ORDER BY id")]
    wrong = _one_each("escort", watched.escorts, [{"id": row.id, "client_id": row.client_id} for row in rows])
    for row in rows:
        step = next_step(row)
        if row.open and step is not None and step < tx.at - LATE:
            wrong.append(f"escort {row.id} is {row.state} since {step:%H:%M:%S}, and nothing follows")
        if not row.open and row.places is not None and row.track_slot is not None:
            wrong.append(f"escort {row.id} has ended and its places are not destroyed")
        asked = None
        for act in acts.get(row.id, []):
            if act["act"] == "escort.asked":
                asked = act["at"]
            late = act["act"] == "escort.signalled" and act["why"] == "late"
            if late and (asked is None or act["at"] < asked + ESCORT_ANSWER - ROUNDED):
                wrong.append(f"escort {row.id}: help was called before anybody could answer")
    return wrong


def _one_each(what: str, told: Mapping[str, set[str]], rows: Iterable[Mapping[str, Any]]) -> list[str]:
    stored = {row["client_id"]: row["id"] for row in rows}
    wrong = [f"{id} was taken and nobody asked for it" for id in stored if id not in told]
    return wrong + [
        f"{what} {id} was told otherwise than is stored" for id, ids in told.items() if ids != {stored.get(id)}
    ]
