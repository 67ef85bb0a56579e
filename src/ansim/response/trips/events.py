"""What trips state."""

from __future__ import annotations

from ansim.core.events import Fact


class TripStarted(Fact, frozen=True, tag="trip.started"):
    """She is on her way and wants to be watched; her guardians hear of it."""

    trip: str


class TripHeard(Fact, frozen=True, tag="trip.heard"):
    """Her phone was heard, and nothing else has changed. Told to this process only: the next one makes it worthless."""

    trip: str


class TripChanged(Fact, frozen=True, tag="trip.changed"):
    """Something else of it has changed: a step, an answer, its time, its way. Told to this process only, for the screens."""

    trip: str


class TripRides(Fact, frozen=True, tag="trip.rides"):
    """She has named the vehicle that she rides in; her guardians hear of it."""

    trip: str


class TripAsked(Fact, frozen=True, tag="trip.asked"):
    """She is asked whether she is well; her phone is told, also with its screen off."""

    trip: str


class TripUnanswered(Fact, frozen=True, tag="trip.unanswered"):
    """She was asked and did not answer; her guardians hear of it."""

    trip: str


class TripSignalled(Fact, frozen=True, tag="trip.signalled"):
    """She did not answer, or said that she is forced: the trip calls for help."""

    trip: str


class TripEnded(Fact, frozen=True, tag="trip.ended"):
    """She has arrived, ended it, or the case that it became is closed; her guardians hear of it."""

    trip: str
    outcome: str
