"""Clips over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.response import Stream

from ansim.core.database import Database
from ansim.response.evidence import actions
from ansim.response.evidence.actions import Clip, Stills
from ansim.response.evidence.ports import Mask
from ansim.trust.access.guards import allow
from ansim.trust.access.model import Act, Actor

Db = NamedDependency[Database]
Asking = NamedDependency[Actor]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class Cutting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to save, and why, in words; the words are sealed under the case key."""

    camera: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    start: Instant = msgspec.field(name="from")
    end: Instant = msgspec.field(name="until")
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=400)]


class HandingOut(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who else is in the picture and must not be recognised, and for whom it is made, in words."""

    masks: Annotated[list[Mask], msgspec.Meta(max_length=32)] = []
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=400)]


@post("/api/incidents/{incident:str}/clips", status_code=201, guards=[allow(Act.INCIDENT_WORK)])
async def save_clip(incident: FromPath[str], data: JSONBody[Cutting], actor: Asking, database: Db) -> Clip:
    """Keep a stretch of what a camera recorded, at most ten minutes, as it is: rounded out to key frames, sealed under the
    case key, signed. For whoever has the case, and for the centre's leader.
    """
    return await actions.save(database, incident, actor, data.camera, data.start, data.end, data.reason)


@get("/api/incidents/{incident:str}/clips", guards=[allow(Act.INCIDENT_WORK)])
async def list_clips(incident: FromPath[str], actor: Asking, database: Db) -> dict[str, list[Clip]]:
    """What was saved for a case."""
    async with database.transaction(readonly=True) as tx:
        return {"clips": await actions.clips(tx, incident, actor)}


@post("/api/clips/{clip:str}/masked", status_code=201, guards=[allow(Act.INCIDENT_WORK)])
async def hand_out_clip(clip: FromPath[str], data: JSONBody[HandingOut], actor: Asking, database: Db) -> Clip:
    """Make a clip of at most two minutes anew for somebody outside: places masked, and the case, the clip, who made it and when
    written into every picture. It is a clip of the case like the other, signed as what it is.
    """
    return await actions.hand_out(database, clip, actor, data.masks, data.reason)


@get("/api/clips/{clip:str}/stills", guards=[allow(Act.INCIDENT_WORK)])
async def list_stills(clip: FromPath[str], actor: Asking, database: Db) -> Stills:
    """At which seconds of a clip there are pictures that can be seen one by one, before places in it are masked."""
    async with database.transaction(readonly=True) as tx:
        return await actions.stills(tx, clip, actor)


@get("/api/clips/{clip:str}/stills/{number:int}", media_type="image/jpeg", guards=[allow(Act.INCIDENT_WORK)])
async def clip_still(clip: FromPath[str], number: FromPath[int], actor: Asking, database: Db) -> Response[bytes]:
    """One of them, the first is 0. It is in the ledger as seen before it is opened."""
    picture = await actions.still(database, clip, number, actor)
    return Response(picture, media_type="image/jpeg", headers={"cache-control": "no-store"})


@get("/api/clips/{clip:str}", guards=[allow(Act.INCIDENT_WORK)])
async def download_clip(clip: FromPath[str], actor: Asking, database: Db) -> Stream:
    """The clip as one MP4 file with its manifest in it, for `ansim verify`. Each download is in the ledger and in the file."""
    taken = await actions.download(database, clip, actor)
    return Stream(
        taken.pieces,
        media_type="video/mp4",
        headers={"content-disposition": f'attachment; filename="{taken.name}"', "content-length": str(taken.size)},
    )


ROUTES = [save_clip, list_clips, hand_out_clip, list_stills, clip_still, download_clip]
