"""What the routes of every audience share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, WebSocket
from litestar.di import NamedDependency

from ansim.city.cameras.register import Register
from ansim.core.database import Database
from ansim.core.errors import Problem, not_found
from ansim.response.footage.model import is_handset
from ansim.trust.access.model import Actor, Site
from ansim.trust.grants import actions as grants
from ansim.trust.grants import store as grant_store

Http = Request[Any, Any, Any]
Socket = WebSocket[Any, Any, Any]
Db = NamedDependency[Database]
Asking = NamedDependency[Actor]
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


class OneCamera(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    camera: Annotated[str, msgspec.Meta(max_length=64)]


class ShownToken(msgspec.Struct, frozen=True, kw_only=True):
    token: str
    url: str
    expires_at: datetime


async def shown_token(database: Database, grant: str, camera: str, viewer: str) -> ShownToken:
    """Make a token for whoever holds this right, or refuse, and write down which it was. Raises Problem 403, 404."""
    refusal: Problem
    async with database.transaction() as tx:
        found = await grant_store.grant(tx, grant)
        if found is None:
            raise not_found("grant")
        why = found.allows(camera, tx.at)
        if why is None:
            token, expires_at = await grants.token_for(tx, found, camera, viewer)
            where = f"/phones/{camera}" if is_handset(camera) else f"{tx.use(Site).media}/media/{camera}"
            return ShownToken(token=token, url=where, expires_at=expires_at)
        named = camera if camera in tx.use(Register).sight.cameras else "unknown"
        await grants.refuse_view(tx, viewer=viewer, camera=named, why=why, grant=found)
        refusal = Problem(403, "grant.refused", "No right to this picture", f"The reason is: {why}.")
    raise refusal
