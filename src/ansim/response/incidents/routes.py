"""What was destroyed of a case, over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import PathParameter

from ansim.core.database import Database
from ansim.core.errors import not_found
from ansim.response.incidents import store as incidents
from ansim.trust.access.guards import allow
from ansim.trust.access.model import Act, Actor, Role
from ansim.trust.retention import store
from ansim.trust.retention.certificate import Certificate, decode


class ShownDestruction(msgspec.Struct, frozen=True, kw_only=True):
    """One destruction, how far it is, and its certificate once there is one."""

    id: str
    scope: str
    due_at: datetime
    ordered_at: datetime | None
    erased_at: datetime | None
    certified_at: datetime | None
    certificate: Certificate | None


class Certificates(msgspec.Struct, frozen=True, kw_only=True):
    destructions: list[ShownDestruction]


@get("/api/certificates/{incident:str}", guards=[allow(Act.CERTIFICATE_VIEW)])
async def certificates(
    incident: Annotated[str, PathParameter(pattern=r"^[A-Za-z0-9:._/@+-]{1,128}$")],
    actor: NamedDependency[Actor],
    database: NamedDependency[Database],
) -> Certificates:
    """Everything that was or will be destroyed of an incident: for the centres that see it, and for the auditor."""
    async with database.transaction(readonly=True) as tx:
        found = await store.of_subject(tx, incident)
        if actor.role is Role.AUDITOR:
            known = bool(found) or await incidents.get(tx, incident) is not None
        else:
            known = await incidents.seen_by(tx, actor.centre, incident) is not None
    if not known:
        raise not_found("incident")
    return Certificates(
        destructions=[
            ShownDestruction(
                id=one.id,
                scope=one.scope,
                due_at=one.due_at,
                ordered_at=one.ordered_at,
                erased_at=one.erased_at,
                certified_at=one.certified_at,
                certificate=None if one.certificate is None else decode(one.certificate.encode()),
            )
            for one in found
        ]
    )


ROUTES = [certificates]
