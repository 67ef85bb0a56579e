"""THE STORY, as one table: (trip ->) signal -> routed -> incident -> watched -> dispatched -> followed -> closed -> destroyed.

Read it from top to bottom. A fact on the left has been stated by a committed action; what is on the right answers it.
A Reaction runs in a transaction of its own, exactly once. An Errand talks to somebody outside, at least once.
"""

from __future__ import annotations

from collections.abc import Sequence

from ansim.city.bells import faults
from ansim.city.bells import register as bell_register
from ansim.city.bells.events import BellFaultsChanged, BellsChanged
from ansim.city.cameras import register as cameras
from ansim.city.cameras.events import CamerasImported, MapImported
from ansim.city.migration import actions as migration
from ansim.city.migration.events import RecordingGivenBack, RecordingTaken
from ansim.city.people import actions as people
from ansim.city.people import mailbox
from ansim.city.places import actions as places
from ansim.city.places.events import BoundariesImported
from ansim.city.recordings import actions as recordings
from ansim.city.ways import register as streets
from ansim.city.ways.events import FacilitiesImported
from ansim.core.database import Transaction
from ansim.core.errors import Problem
from ansim.core.outbox import Errand, Reaction
from ansim.core.timers import TimerReaction
from ansim.response.bells import actions as bells
from ansim.response.borders import actions as borders
from ansim.response.borders import lending
from ansim.response.borders import reading as at_border
from ansim.response.borders.model import Lending, Lent, Sighting, SightingOver, Viewed, Wished
from ansim.response.dispatch import actions as dispatch
from ansim.response.dispatch.events import DispatchAnswered, DispatchRequested
from ansim.response.escorts import actions as escorts
from ansim.response.escorts import calling as escort_calling
from ansim.response.escorts.events import EscortSignalled
from ansim.response.evidence import actions as evidence
from ansim.response.footage import actions as footage
from ansim.response.handover import actions as handover
from ansim.response.handover import letters, reading
from ansim.response.handover.events import HandoverEnded, HandoverOffered, LetterWritten
from ansim.response.handover.model import Answer, Offer, Over, Rest, Withdrawal
from ansim.response.incidents import actions as incidents
from ansim.response.incidents import destruction, guardians, passing
from ansim.response.incidents import reactions as case
from ansim.response.incidents import store as incident_store
from ansim.response.incidents.events import (
    IncidentClaimed,
    IncidentClosed,
    IncidentEscalated,
    IncidentOpened,
    IncidentReleased,
    IncidentRepeated,
)
from ansim.response.notify import actions as notify
from ansim.response.notify.events import NoticeQueued
from ansim.response.routing import actions as routing
from ansim.response.signals import actions as signals
from ansim.response.signals.events import DuressGiven, SignalCancelled
from ansim.response.signals.model import Arrival, Receipt
from ansim.response.tracking import actions as tracking
from ansim.response.tracking.events import PersonMoved
from ansim.response.tracking.model import Moved
from ansim.response.trips import actions as trips
from ansim.response.trips import calling, hearing, herself
from ansim.response.trips import guardians as companions
from ansim.response.trips.events import TripAsked, TripEnded, TripRides, TripSignalled, TripStarted, TripUnanswered
from ansim.response.walls import actions as walls
from ansim.response.walls.events import RoutineEnded
from ansim.response.wards import actions as wards
from ansim.response.wards import calling as ward_calling
from ansim.response.wards import hearing as ward_hearing
from ansim.response.wards import searching
from ansim.response.wards.events import SearchApproved, WardSignalled
from ansim.response.watch import actions as watch
from ansim.response.watch import aiming, turning
from ansim.response.watch.events import CameraAimed, CameraReturns
from ansim.trust.access import actions as access
from ansim.trust.access.events import AccountDisabled, SessionEnded
from ansim.trust.grants import actions as grants
from ansim.trust.grants.events import GrantEnded, GrantIssued, LinkOpened, ViewChanged
from ansim.trust.retention import actions as retention
from ansim.trust.retention.events import DestructionCertified
from ansim.trust.retention.keys import Keys


async def accept(tx: Transaction, arrivals: Sequence[Arrival]) -> Sequence[Receipt | Problem]:
    """signal -> routed -> incident: a group of arrivals in one transaction, each answered with its receipt. Where another centre
    answers for her place, the letter that takes the case there is written in the same one.

    A signal that is known already gets the receipt it had; two with the same id in one group are one.
    """
    receipts = await signals.known(tx, arrivals)
    fresh = {(a.source, a.client_id): a for a in arrivals if (a.source, a.client_id) not in receipts}
    if fresh:
        placed = await incidents.place(tx, routing.route(tx, list(fresh.values())))
        tx.use(Keys).begin_flush()  # while the rest is sealed
        fixes = [
            (o.incident, o.track_slot, fix) for o in placed for fix in (*o.arrival.track, o.arrival.position) if fix
        ]
        tracking.keep(tx, fixes)
        for one, receipt in zip(placed, signals.store_placed(tx, placed), strict=True):
            receipts[one.arrival.source, one.arrival.client_id] = receipt
        await handover.send_home(tx, placed)
        # Keys before ciphertext: the rows may only become visible when what opens them is safe.
        await tx.use(Keys).flush()
    return [receipts[a.source, a.client_id] for a in arrivals]


async def follow(tx: Transaction, moved: Sequence[Moved]) -> Sequence[None]:
    """A group of devices' fixes in one transaction. Each goes where whoever carries that device is watched: into the open
    case, or her trip; and where she is a ward, there. Where there is none of them it goes nowhere, and is not kept. A heartbeat
    has no position: a ward was heard.
    """
    carriers = await people.persons_of_devices(tx, {one.device for one in moved})
    fixes = [
        (carriers.get(one.device, one.caller), one.position, one.battery) for one in moved if one.position is not None
    ]
    cases = await incident_store.open_by_person(tx, list({person for person, _, _ in fixes}))
    tracking.keep(
        tx,
        [
            (cases[person]["id"], cases[person]["track_slot"], position)
            for person, position, _ in fixes
            if person in cases and cases[person]["track_slot"] is not None
        ],
    )
    await hearing.carried(tx, [fix for fix in fixes if fix[0] not in cases])
    await ward_hearing.carried(tx, [(carriers[one.device], one.position) for one in moved if one.device in carriers])
    return [None] * len(moved)


FLOW: tuple[Reaction | Errand, ...] = (
    # before it all: who answers where
    Errand(BoundariesImported, places.draw),
    # which cameras there are, and what stands between them
    Reaction(CamerasImported, cameras.follow),
    Errand(MapImported, cameras.draw),
    # and the streets between them, with what is along these
    Errand(MapImported, streets.lay_out),
    Errand(FacilitiesImported, streets.look_around),
    Errand(BellsChanged, streets.look_around),
    Errand(BellFaultsChanged, streets.mind_faults),
    Reaction(BellsChanged, bell_register.follow),
    # and who answers for a camera's recording, while it moves here from another system
    Errand(RecordingTaken, migration.taken),
    Errand(RecordingGivenBack, migration.given_back),
    # and whoever looks at a wall of them, until she leaves
    Reaction(SessionEnded, walls.end_with_session),
    Reaction(AccountDisabled, walls.end_with_account),
    Errand(RoutineEnded, walls.cut),
    # on the way home: she is asked, her guardians hear, and without an answer it becomes a signal
    Reaction(TripStarted, companions.tell_started),
    Reaction(TripRides, companions.tell_rides),
    Reaction(TripAsked, herself.ask),
    Reaction(TripUnanswered, companions.tell_unanswered),
    Reaction(TripUnanswered, herself.warn),
    Errand(TripSignalled, calling.call),
    Reaction(TripEnded, companions.tell_ended),
    # and where two scouts walk with her, a pressed SOS or an unanswered question does, too
    Errand(EscortSignalled, escort_calling.call),
    # and whoever somebody else answers for: nobody answers, or nobody finds her
    Errand(WardSignalled, ward_calling.call),
    Reaction(AccountDisabled, wards.without_official),
    Errand(SearchApproved, ward_calling.search),
    # signal: she may take it back, or be made to
    Reaction(SignalCancelled, case.mark_cancel_pending),
    Reaction(DuressGiven, case.mark_duress),
    # routed: where another centre answers for her place, it gets the case (`accept` wrote to it); while it is silent, it is ours
    Reaction(IncidentOpened, handover.cover_for_silent),
    Errand(LetterWritten, letters.carry, noted=False),
    # and at a border, the centre beyond it hears about where she is, and who has it (`PASSING`: with her first fix)
    Reaction(IncidentEscalated, borders.tell),
    Reaction(IncidentClaimed, borders.tell),
    Reaction(IncidentReleased, borders.tell),
    Reaction(HandoverOffered, borders.tell),
    Reaction(HandoverEnded, borders.tell),
    # incident: on her way nothing is asked any more, and guardians hear
    Reaction(IncidentOpened, case.join_trip),
    Reaction(IncidentRepeated, case.join_trip),
    Reaction(IncidentOpened, guardians.tell_guardians),
    Errand(NoticeQueued, notify.tell),
    Reaction(LinkOpened, guardians.mark_read),
    # and where nobody claims it, the nearest neighbour is asked; whoever claims what came from a centre tells that
    Reaction(IncidentEscalated, handover.widen),
    Reaction(IncidentClaimed, handover.end_with_claim),
    # watched: the right came in the claim's own transaction (`watch.claim`) and goes with it; what was turned goes back
    Reaction(IncidentReleased, watch.end_with_release),
    Errand(GrantEnded, watch.cut),
    # and with it what her own phone films
    Reaction(GrantIssued, footage.include),
    Errand(GrantEnded, footage.cut),
    # and whoever spoke through the bell that called, speaks no longer than she may see
    Reaction(GrantEnded, bells.end_with_right),
    Errand(CameraAimed, aiming.drive),
    Errand(CameraReturns, turning.turn_back),
    # and whoever looks through a camera that was lent to a neighbour is in its ledger, too
    Reaction(ViewChanged, lending.tell_view),
    # dispatched: the agency is asked, answers, and its officer gets a way to see
    Errand(DispatchRequested, dispatch.ask),
    Errand(DispatchAnswered, dispatch.give_link),
    # closed: rights end, cameras go back, agencies hear
    Reaction(IncidentClosed, handover.end_with_case),
    Reaction(IncidentClosed, borders.tell),
    Reaction(IncidentClosed, watch.end_with_case),
    Reaction(IncidentClosed, turning.return_with_case),
    Reaction(IncidentClosed, footage.end_with_case),
    Errand(IncidentClosed, dispatch.tell_closed),
    # and the trip or escort that led here is over; a ward is watched on
    Reaction(IncidentClosed, case.end_trip),
    # destroyed: the track's key dies at once, the case's key at its retention
    Reaction(IncidentClosed, destruction.destroy_with_case),
    Reaction(DestructionCertified, destruction.forget),
    Reaction(DestructionCertified, trips.forget),
    Reaction(DestructionCertified, escorts.forget),
    Reaction(DestructionCertified, wards.forget),
    Reaction(DestructionCertified, footage.forget),
    Reaction(DestructionCertified, borders.forget),
    Errand(DestructionCertified, evidence.take_files_away),
    # and each camera's day at its own
    Reaction(DestructionCertified, recordings.forget),
    Errand(DestructionCertified, recordings.take_files_away),
)

PASSING: tuple[Errand, ...] = (
    # followed: her first fix and every step she takes make the cameras near her ready, and bring them under live rights
    Errand(PersonMoved, watch.widen_for_move),
    # and what was turned to her goes with her
    Errand(PersonMoved, aiming.follow),
    # and who is told of it beyond a border
    Errand(PersonMoved, borders.follow),
)

TIMERS: dict[str, TimerReaction] = {
    faults.SILENCE: faults.silence,
    trips.DUE: trips.due,
    escorts.DUE: escorts.due,
    wards.DUE: wards.due,
    searching.UNANSWERED: searching.lapse,
    incidents.UNCLAIMED: incidents.escalate,
    guardians.UNREAD: guardians.tell_again,
    passing.UNANSWERED: passing.lapse,
    handover.UNANSWERED: handover.due,
    letters.PARTS: letters.forget_parts,
    handover.COVERED: handover.home_again,
    grants.EXPIRY: grants.expire,
    walls.EXPIRY: walls.expire,
    turning.RETURN: turning.due,
    dispatch.UNANSWERED: dispatch.no_answer,
    retention.DUE: retention.due,
    access.FORGET: access.forget_account,
    mailbox.EXPIRY: mailbox.expire,
}

LETTERS: dict[type, letters.Reading] = {
    # handed over: what another centre writes, and who answers it
    Offer: reading.offered,
    Answer: reading.answered,
    Withdrawal: reading.withdrawn,
    Rest: reading.rest,
    Over: reading.over,
    # at a border: what a neighbour has there, and what one would do for ours
    Sighting: at_border.sighted,
    SightingOver: at_border.sighting_over,
    Wished: at_border.wished,
    # and its cameras that see her, for this case
    Lent: at_border.lent,
    Lending: at_border.lends,
    Viewed: at_border.viewed,
}
