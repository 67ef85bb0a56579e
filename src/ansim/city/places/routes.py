"""The ground of an operator's map, as far as borders make one."""

from __future__ import annotations

from litestar import get
from litestar.di import NamedDependency

from ansim.city.places.jurisdictions import Jurisdictions
from ansim.city.places.outlines import Outlines
from ansim.core.database import Database
from ansim.trust.access.guards import allow
from ansim.trust.access.model import Act, Actor


@get("/api/map/borders", guards=[allow(Act.CENTRE_VIEW)], sync_to_thread=True)  # a tenth of a second of geometry
def borders(actor: NamedDependency[Actor], database: NamedDependency[Database]) -> Outlines:
    """GeoJSON of the borders in and around the asking centre's area.

    By centre, never by position: an address with the corners of a map tells where somebody is.
    """
    return database.use(Jurisdictions).outlines(actor.centre)


ROUTES = [borders]
