"""The HTTP application: every stage's routes behind one door, refusals in one form, nothing personal in a log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog
from litestar import Litestar, asgi
from litestar.datastructures import State
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from ansim.adapters.gateways import routes as desk_routes
from ansim.adapters.lost.server import door as lost_door
from ansim.adapters.trackers import routes as tracker_routes
from ansim.adapters.trackers.aml import Aml
from ansim.app.centre import Centre
from ansim.app.cors import from_other_centres
from ansim.app.mapping import mapping_door, mapping_route
from ansim.app.openapi import document
from ansim.app.pages import pages
from ansim.app.problems import problem
from ansim.app.remote import node_door
from ansim.city.bells import routes as bell_routes
from ansim.city.country.member import Country
from ansim.city.people import routes as people_routes
from ansim.city.places import routes as places_routes
from ansim.city.ways import routes as way_routes
from ansim.nodes.media.socket import media_socket, wall_socket
from ansim.response.bells import routes as press_routes
from ansim.response.borders import routes as border_routes
from ansim.response.escorts import routes as escort_routes
from ansim.response.evidence import routes as evidence_routes
from ansim.response.footage import routes as footage_routes
from ansim.response.handover import routes as handover_routes
from ansim.response.incidents import routes as incident_routes
from ansim.response.picture import routes as picture_routes
from ansim.response.signals import routes as signal_routes
from ansim.response.trips import routes as trip_routes
from ansim.response.walls import routes as wall_routes
from ansim.response.wards import routes as ward_routes
from ansim.response.watch import routes as watch_routes
from ansim.trust.access import routes as access_routes
from ansim.trust.access.guards import actor
from ansim.trust.ledger import routes as ledger_routes

log = structlog.get_logger()

BODY_LIMIT = 128 * 1024


def application(centre: Centre, more: Sequence[ControllerRouterHandler] = ()) -> Litestar:
    """The ASGI application of one process, with `more` routes beside the product's own."""

    def provide(value: Any) -> Provide:
        return Provide(lambda: value, sync_to_thread=False)

    routes: list[ControllerRouterHandler] = [
        *access_routes.ROUTES,
        *ledger_routes.ROUTES,
        *people_routes.ROUTES,
        *places_routes.ROUTES,
        *way_routes.ROUTES,
        *bell_routes.ROUTES,
        *signal_routes.ROUTES,
        *trip_routes.ROUTES,
        *escort_routes.ROUTES,
        *ward_routes.ROUTES,
        *incident_routes.ROUTES,
        *picture_routes.ROUTES,
        *handover_routes.ROUTES,
        *border_routes.ROUTES,
        *evidence_routes.ROUTES,
        *footage_routes.ROUTES,
        *press_routes.ROUTES,
        *watch_routes.ROUTES,
        *wall_routes.ROUTES,
        *desk_routes.ROUTES,
        *tracker_routes.ROUTES,
        *pages(centre, demo=bool(more)),
        *more,
        asgi("/in/osmand", copy_scope=False)(tracker_routes.osmand(centre.database, centre.reception)),
        asgi("/lost", copy_scope=False)(lost_door(centre.lost)),
        asgi("/nodes/media", copy_scope=False)(node_door(centre.remote)),
    ]
    routes.append(
        asgi("/phones", is_mount=True, copy_scope=False)(
            media_socket(centre.footage, centre.gate, lambda: (centre.origin,))
        )
    )
    if centre.pulls:
        routes += [
            asgi("/media", is_mount=True, copy_scope=False)(media_socket(centre.node, centre.gate, centre.viewers)),
            asgi("/pictures", is_mount=True, copy_scope=False)(
                wall_socket(centre.node, centre.wall_gate, lambda: (centre.origin,))
            ),
        ]
    dependencies = {
        "database": provide(centre.database),
        "world": provide(centre.world),
        "keys": provide(centre.keys),
        "intake": provide(centre.intake),
        "listener": provide(centre.listener),
        "lanes": provide(centre.lanes),
        "reception": provide(centre.reception),
        "aml": provide(Aml(centre.settings.aml_key)),
        "live": provide(centre.live),
        "desk": provide(centre.desk),
        "passkeys": provide(centre.passkeys),
        "actor": Provide(actor),
    }
    described = [*routes, mapping_route(lambda: centre.distribution)]
    routes.append(asgi("/api/mapping", copy_scope=False)(mapping_door(lambda: centre.distribution)))
    return Litestar(
        route_handlers=[*routes, document(described, dependencies)],
        dependencies=dependencies,
        state=State({"database": centre.database}),
        exception_handlers={Exception: problem},
        middleware=[from_other_centres(lambda: centre.database.use(Country).origins())],
        request_max_body_size=BODY_LIMIT,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )
