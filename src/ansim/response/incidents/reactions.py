"""What a case does when something happens elsewhere in the story."""

from __future__ import annotations

from ansim.core.database import Transaction
from ansim.response.escorts import actions as escorts
from ansim.response.incidents import actions, store
from ansim.response.incidents.events import IncidentClosed, IncidentOpened, IncidentRepeated
from ansim.response.signals.events import DuressGiven, SignalCancelled
from ansim.response.trips import actions as trips
from ansim.response.wards import actions as wards


async def mark_cancel_pending(tx: Transaction, fact: SignalCancelled) -> None:
    """A cancellation asks; the operator decides. The alarm goes on."""
    await actions.mark(tx, fact.incident, "cancel_pending")


async def mark_duress(tx: Transaction, fact: DuressGiven) -> None:
    """She is being forced: the operator sees it, her phone shows what a cancellation shows."""
    await actions.mark(tx, fact.incident, "duress")


async def join_trip(tx: Transaction, fact: IncidentOpened | IncidentRepeated) -> None:
    """Whoever has the case looks after her now: her trip, her escort or the watch over a ward asks nothing more."""
    case = await store.get(tx, fact.incident)
    if case is not None and case.open and case.person is not None:
        await trips.joined(tx, case.person, case.id)
        await escorts.joined(tx, case.person, case.id)
        await wards.joined(tx, case.person, case.id)


async def end_trip(tx: Transaction, fact: IncidentClosed) -> None:
    """The trip or escort that led here is over with the case; the watch over a ward goes on."""
    await trips.end_with_case(tx, fact.incident)
    await escorts.end_with_case(tx, fact.incident)
    await wards.end_with_case(tx, fact.incident)
