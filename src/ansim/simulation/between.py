"""What must hold between the centres of a country once all is well again: each case is somebody's, and nobody's twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ansim.core.database import Database
from ansim.response.handover.model import ANSWERED_WITHIN
from ansim.response.incidents.model import HANDED_OVER
from ansim.simulation.callers import Call

LETTERS = timedelta(seconds=5)
"""Longer than a letter takes where nothing fails, with the answer to it."""
ON_ITS_WAY = ("requested", "acknowledged", "en_route")


@dataclass(frozen=True)
class Case:
    """A case as one centre has it, with everything that must agree with what another has."""

    site: str
    id: str
    row: Mapping[str, Any]
    twice: bool
    """Its timeline says that another centre has it, too."""
    asked: frozenset[str]
    """The agencies whose help is on its way."""
    told: int

    @property
    def open(self) -> bool:
        return self.row["closed_at"] is None

    @property
    def went(self) -> bool:
        return bool(self.row["close_code"] == HANDED_OVER)


@dataclass
class Standing:
    """What a centre's database says."""

    site: str
    at: datetime
    cases: dict[str, Case]
    presses: dict[str, list[str]]
    """client id -> the cases that it is, or was, part of here"""
    handovers: list[Mapping[str, Any]]


async def standing(site: str, database: Database) -> Standing:
    async with database.transaction(readonly=True) as tx:
        twice = {
            row["incident"] for row in await tx.fetch("SELECT incident FROM timeline WHERE act = 'handover.twice'")
        }
        asked: dict[str, set[str]] = {}
        for row in await tx.fetch("SELECT incident, agency, state FROM dispatch"):
            if row["state"] in ON_ITS_WAY:
                asked.setdefault(row["incident"], set()).add(row["agency"])
        told = {
            row["incident"]: row["n"]
            for row in await tx.fetch("SELECT incident, count(*) AS n FROM guardian_notice GROUP BY incident")
        }
        cases = {
            row["id"]: Case(
                site, row["id"], row, row["id"] in twice, frozenset(asked.get(row["id"], ())), told.get(row["id"], 0)
            )
            for row in await tx.fetch("SELECT * FROM incident ORDER BY id")
        }
        presses: dict[str, list[str]] = {}
        for row in await tx.fetch("SELECT client_id, incident FROM signal ORDER BY id"):
            presses.setdefault(row["client_id"], []).append(row["incident"])
        return Standing(site, tx.at, cases, presses, await tx.fetch("SELECT * FROM handover ORDER BY id"))


def unwell(centres: Sequence[Standing], there: Sequence[str]) -> list[str]:
    """While nobody looks: what waits for an answer has one, and what was covered is home. `there`: the centres of the country."""
    wrong = []
    by_id: dict[str, dict[str, Mapping[str, Any]]] = {}
    ages: dict[str, timedelta] = {}
    for one in centres:
        for row in one.handovers:
            by_id.setdefault(row["id"], {})[row["way"]] = row
            if row["way"] == "out":
                ages[row["id"]] = (
                    one.at - row["offered_at"]
                )  # by the clock that wrote it: clocks may differ by more than the limit
        wrong += [
            f"{case.id} is covered in {one.site}, and {case.row['centre']} that answers for it is there"
            for case in one.cases.values()
            if case.open and case.row["state"] == "received" and case.row["centre"] != one.site
            and case.row["centre"] in there
        ]  # fmt: skip
    for id, ways in by_id.items():
        out, came = ways.get("out"), ways.get("in")
        if out is None:
            wrong.append(f"hand-over {id} came to a centre and nobody sent it")
            continue
        limit = LETTERS if out["why"] == "place" else ANSWERED_WITHIN + LETTERS
        if out["state"] == "offered" and out["centre"] in there and ages[id] > limit:
            wrong.append(f"hand-over {id} ({out['why']}) to {out['centre']} waits for its answer")
        if came is not None and came["state"] == "offered" and out["state"] != "offered":
            wrong.append(f"hand-over {id} is {out['state']}, and {out['centre']} does not know")
    return wrong


def doubled(centres: Sequence[Standing], calls: Sequence[Call]) -> list[str]:
    """Everybody who was told that help knows has one case, in one centre; where two have it, both say so."""
    wrong = []
    for call in calls:
        if not call.received:
            continue
        cases = {
            (one.site, id): one.cases[id] for one in centres for id in one.presses.get(call.id, ())
        }  # fmt: skip
        kept = [case for case in cases.values() if not case.went]
        if not kept:
            wrong.append(f"{call.id} was acknowledged and is nobody's: {_told(cases.values())}")
        elif not call.inside:
            continue
        elif len(kept) > 1 and not all(case.twice for case in kept if case.open):
            wrong.append(f"{call.id} is a case {len(kept)} times: {_told(cases.values())}")
        elif len(kept) > 1 and not any(case.twice for case in kept):
            wrong.append(f"{call.id} was a case {len(kept)} times: {_told(cases.values())}")
        on_their_way = [agency for case in kept for agency in case.asked]
        if len(on_their_way) != len(set(on_their_way)) and not all(case.twice for case in kept):
            wrong.append(f"help is on its way twice for {call.id}: {_told(cases.values())}")
        if call.known and kept and not any(case.told for case in cases.values()):
            wrong.append(f"nobody told the guardians of {call.id}: {_told(cases.values())}")
    return wrong


def _told(cases: Any) -> str:
    return ", ".join(
        f"{case.site} {case.id} {case.row['state']}{'' if case.row['close_code'] is None else case.row['close_code']}"
        f"{' twice' if case.twice else ''}"
        for case in cases
    )
