"""What a case does when something happens elsewhere in the story."""

from __future__ import annotations

from ansim.core.database import Transaction
from ansim.response.incidents import actions
from ansim.response.signals.events import DuressGiven, SignalCancelled


async def mark_cancel_pending(tx: Transaction, fact: SignalCancelled) -> None:
    """A cancellation asks; the operator decides. The alarm goes on."""
    await actions.mark(tx, fact.incident, "cancel_pending")


async def mark_duress(tx: Transaction, fact: DuressGiven) -> None:
    """She is being forced: the operator sees it, her phone shows what a cancellation shows."""
    await actions.mark(tx, fact.incident, "duress")
