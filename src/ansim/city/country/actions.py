"""What a leader decides about the whole centre: whether it takes new cases."""

from __future__ import annotations

from typing import Literal

from ansim.city.country import store
from ansim.city.country.policy import BY_HAND_AT_MOST, ByHand
from ansim.core.database import Transaction
from ansim.trust.access.model import Actor
from ansim.trust.ledger.actions import record

ACTS = {"unstaffed": "centre.closed", "normal": "centre.opened", None: "centre.by-hours"}


async def open_or_close(tx: Transaction, actor: Actor, state: Literal["unstaffed", "normal"] | None) -> None:
    """Closed by hand, or open although its hours say otherwise, for one shift at the most; None: by its hours again."""
    if state is None:
        await store.end_by_hand(tx, actor.centre)
    else:
        await store.set_by_hand(tx, actor.centre, actor.id, ByHand(state=state, until_at=tx.at + BY_HAND_AT_MOST))
    await record(tx, actor=actor.id, act=ACTS[state], object=actor.centre, purpose="operations")
