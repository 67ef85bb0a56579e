"""Asking another centre to take a case, over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from ansim.city.country.actions import open_or_close
from ansim.city.country.member import Country
from ansim.city.country.model import Duty
from ansim.core.database import Database
from ansim.response.handover import actions
from ansim.response.handover.model import ANSWERED_WITHIN, State
from ansim.response.signals.receipts import CentreNames
from ansim.trust.access.guards import allow
from ansim.trust.access.model import Act, Actor

Db = NamedDependency[Database]
Asking = NamedDependency[Actor]


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which centre, from /api/country; the note is sealed to it."""

    to: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    note: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class ShownHandover(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    to: str
    state: State
    due_at: datetime


class Neighbour(msgspec.Struct, frozen=True, kw_only=True):
    """A centre of the country. `up`: it was heard within the last seconds."""

    id: str
    name: str
    up: bool
    open: int
    unclaimed: int
    operators: int


class CountryShown(msgspec.Struct, frozen=True, kw_only=True):
    """Who else there is; empty for a centre that stands alone. `hub`: whether the hub is heard; `duty`: whether this centre takes its new
    cases."""

    hub: bool
    duty: Duty
    centres: list[Neighbour]


class SetDuty(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """unstaffed: closed; normal: open although the hours say otherwise; null: by the hours of the settings."""

    state: Literal["unstaffed", "normal"] | None


@post("/api/incidents/{incident:str}/handover", status_code=201, guards=[allow(Act.INCIDENT_WORK)])
async def ask(incident: FromPath[str], data: JSONBody[Asked], actor: Asking, database: Db) -> ShownHandover:
    """Ask another centre to take a case of one's own. It stays one's own until it is claimed there; unanswered it comes back by itself.

    409 while help that was asked for from here is on its way.
    """
    async with database.transaction() as tx:
        row = await actions.ask(tx, incident, actor.id, data.to, data.note)
    return ShownHandover(id=row.id, to=row.centre, state=row.state, due_at=row.offered_at + ANSWERED_WITHIN)


@post("/api/incidents/{incident:str}/handover/end", status_code=204, guards=[allow(Act.INCIDENT_WORK)])
async def take_back(incident: FromPath[str], actor: Asking, database: Db) -> None:
    """Keep it after all."""
    async with database.transaction() as tx:
        await actions.take_back(tx, incident, actor.id)


@post("/api/incidents/{incident:str}/handover/reject", status_code=204, guards=[allow(Act.INCIDENT_WORK)])
async def reject(incident: FromPath[str], actor: Asking, database: Db) -> None:
    """Not take what another centre asked this one to take; the alarm is back there."""
    async with database.transaction() as tx:
        await actions.reject(tx, incident, actor.centre, actor.id)


@get("/api/country", guards=[allow(Act.QUEUE_VIEW)])
async def country(actor: Asking, database: Db) -> CountryShown:
    """The other centres: who is there just now, and how busy."""
    known, names = database.use(Country), database.use(CentreNames)
    return CountryShown(
        hub=known.hub_up, duty=known.duty,
        centres=[
            Neighbour(
                id=one.card.centre, name=names.named(one.card.centre).name, up=one.up, open=one.load.open,
                unclaimed=one.load.unclaimed, operators=one.load.operators,
            )
            for one in known.listed
            if one.card.centre != actor.centre
        ],
    )  # fmt: skip


@post("/api/country/duty", status_code=204, guards=[allow(Act.CENTRE_CLOSE)])
async def set_duty(data: JSONBody[SetDuty], actor: Asking, database: Db) -> None:
    """Close this centre by hand, or open it, for twelve hours at the most: its new cases go to a neighbour by the rules of its settings."""
    async with database.transaction() as tx:
        await open_or_close(tx, actor, data.state)


ROUTES = [ask, take_back, reject, country, set_duty]
