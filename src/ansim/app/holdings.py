"""Every stage's account of the personal data it keeps, in one list that a test holds against the live schema."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from ansim.trust.retention.holdings import Impersonal, Line, collect

STAGES = (
    "trust.access", "trust.grants", "city.people", "city.places", "city.country", "city.cameras", "city.ways", "city.bells", "response.signals",
    "response.tracking", "city.recordings", "city.migration", "response.incidents", "response.evidence",
    "response.footage", "response.bells", "response.notify",
    "response.dispatch", "response.handover", "response.borders", "response.walls", "response.trips", "response.escorts", "response.wards", "adapters.gateways",
)  # fmt: skip

CORE: tuple[Line, ...] = (
    Impersonal(table="outbox", why="facts carry ids and ciphertext only"),
    Impersonal(table="inbox", why="ids of facts and names of reactions"),
    Impersonal(table="timer", why="ids and times"),
    Impersonal(table="migration", why="names of files"),
)


def holdings() -> tuple[Line, ...]:
    return collect(
        CORE,
        *(
            import_module(f"ansim.{stage}.holdings").HOLDINGS
            for stage in STAGES
            if find_spec(f"ansim.{stage}.holdings")
        ),
    )
