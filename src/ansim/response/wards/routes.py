"""Wards over HTTP: what the official, an operator and the leader do. Guardians and wards speak through their links."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from ansim.core.database import Database, Transaction
from ansim.response.wards import actions, searching, showing
from ansim.response.wards.model import (
    SearchLine,
    SearchPost,
    WardDetail,
    WardEnrolled,
    WardPatch,
    WardPost,
    WardRow,
    Wards,
)
from ansim.trust.access.guards import allow
from ansim.trust.access.model import Act, Actor

Http = Request[Any, Any, Any]
Db = NamedDependency[Database]
Asking = NamedDependency[Actor]


class WardEnd(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`taken-back`: whoever consented has said so, by telephone or at the counter."""

    taken_back: bool = False


class Searches(msgspec.Struct, frozen=True, kw_only=True):
    searches: list[SearchLine]


@post("/api/wards", status_code=201, guards=[allow(Act.WARD_WORK)])
async def enrol_ward(data: JSONBody[WardPost], actor: Asking, database: Db) -> Response[WardEnrolled]:
    """Watch over a child, somebody with dementia or somebody under quarantine. Whoever enrols her answers for her. The same id again gets the same answer (200)."""
    async with database.transaction() as tx:
        ward, new = await actions.enrol(tx, data, actor)
        answer = WardEnrolled(ward=await showing.detail(tx, ward, actor), secret=actions.secret_of(tx, ward))
    return Response(answer, status_code=201 if new else 200)


@get("/api/wards", guards=[allow(Act.WARD_WORK)])
async def list_wards(actor: Asking, database: Db) -> Wards:
    """The wards of this centre, those with an alarm first. No name and no place."""
    async with database.transaction(readonly=True) as tx:
        return await showing.listed(tx, actor)


@get("/api/wards/{ward:str}", guards=[allow(Act.WARD_WORK)])
async def one_ward(ward: FromPath[str], actor: Asking, database: Db) -> WardDetail:
    """Who she is, whom to ring, her zones, and in words where she is; for the official who answers for her and the leader. That it was
    read is in the ledger.
    """
    async with database.transaction() as tx:
        row = await actions.own(tx, ward, actor)
        return await _shown(tx, row, actor)


@patch("/api/wards/{ward:str}", guards=[allow(Act.WARD_WORK)])
async def change_ward(ward: FromPath[str], data: JSONBody[WardPatch], actor: Asking, database: Db) -> WardDetail:
    """Change her zones, her daily question, what counts as silence, until when, who is told, by what she is heard, or who answers
    for her. What a new number or device replaces is destroyed.
    """
    async with database.transaction() as tx:
        row = await actions.own(tx, ward, actor)
        row = await actions.change(tx, row, data, actor.id)
        return await _shown(tx, row, actor)


@post("/api/wards/{ward:str}/in-hand", status_code=200, guards=[allow(Act.WARD_WORK)])
async def ward_in_hand(ward: FromPath[str], actor: Asking, database: Db) -> WardDetail:
    """The official looks after it: nothing more is asked for an hour, or until she is back."""
    async with database.transaction() as tx:
        row = await actions.own(tx, ward, actor)
        row = await actions.in_hand(tx, row, actor.id, actor.id)
        return await _shown(tx, row, actor)


@post("/api/wards/{ward:str}/case", status_code=200, guards=[allow(Act.WARD_WORK)])
async def ward_case(ward: FromPath[str], actor: Asking, database: Db) -> WardDetail:
    """Make a case of her alarm now; without one she is missing."""
    async with database.transaction() as tx:
        row = await actions.own(tx, ward, actor)
        row = await actions.call_for_help(tx, row, row.alarm or "missing", actor.id)
        return await _shown(tx, row, actor)


@post("/api/wards/{ward:str}/end", status_code=200, guards=[allow(Act.WARD_WORK)])
async def end_ward(ward: FromPath[str], data: JSONBody[WardEnd], actor: Asking, database: Db) -> WardDetail:
    """End the watch over her. Where she was is destroyed at once, her name a day later."""
    async with database.transaction() as tx:
        row = await actions.own(tx, ward, actor)
        row = await actions.close(tx, row, "taken-back" if data.taken_back else "ended", actor=actor.id)
        return await _shown(tx, row, actor)


@post("/api/wards/{ward:str}/search", status_code=201, guards=[allow(Act.WARD_WORK)])
async def ask_search(ward: FromPath[str], data: JSONBody[SearchPost], actor: Asking, database: Db) -> SearchLine:
    """Ask for the last day of a missing ward. A second person, a leader, decides within half an hour."""
    async with database.transaction() as tx:
        search = await searching.ask(tx, await actions.of_centre(tx, ward, actor), data, actor)
        return await searching.one(tx, search.id, actor)


@get("/api/searches", guards=[allow(Act.WARD_SEARCH)])
async def list_searches(actor: Asking, database: Db) -> Searches:
    """The searches of this centre that wait for a second person, and those under way. Who read why is in the ledger."""
    async with database.transaction() as tx:
        return Searches(searches=await searching.listed(tx, actor))


@post("/api/searches/{search:str}/approve", status_code=200, guards=[allow(Act.WARD_SEARCH)])
async def approve_search(search: FromPath[str], actor: Asking, database: Db) -> SearchLine:
    """The second person's word: her last day goes into a case, and recordings along her way may be opened for six hours. Never for whoever asked (403)."""
    async with database.transaction() as tx:
        await searching.approve(tx, search, actor)
        return await searching.one(tx, search, actor)


@post("/api/searches/{search:str}/refuse", status_code=200, guards=[allow(Act.WARD_SEARCH)])
async def refuse_search(search: FromPath[str], actor: Asking, database: Db) -> SearchLine:
    """The second person says no."""
    async with database.transaction() as tx:
        await searching.refuse(tx, search, actor)
        return await searching.one(tx, search, actor)


async def _shown(tx: Transaction, ward: WardRow, actor: Actor) -> WardDetail:
    """Her name and her guardians are in every such answer: that somebody has them is in the ledger first."""
    await actions.said(tx, ward, "ward.viewed", actor.id)
    return await showing.detail(tx, ward, actor)


ROUTES = [
    enrol_ward, list_wards, one_ward, change_ward, ward_in_hand, ward_case, end_ward, ask_search, list_searches,
    approve_search, refuse_search,
]  # fmt: skip
