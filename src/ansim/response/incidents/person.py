"""What is known of her: sealed by her phone to this centre, kept under the case key, opened only to those who help."""

from __future__ import annotations

from ansim.city.people.actions import profile_of
from ansim.city.people.contacts import Contacts
from ansim.city.people.sealed import opened
from ansim.core.database import Transaction
from ansim.response.incidents import store
from ansim.response.signals import store as signals
from ansim.response.signals.actions import contacts_context
from ansim.trust.retention.keys import Keys


async def known_of(tx: Transaction, incident: str) -> Contacts | None:
    """What her newest signal that said anything said, else what she left at her home if that is here; None when nothing
    is known or the case is destroyed."""
    row = await signals.latest_contacts(tx, incident)
    if row is None:
        case = await store.get(tx, incident)
        if case is None or case.person is None or case.case_slot is None:
            return None
        return await profile_of(tx, case.person)
    sealed = tx.use(Keys).opened(row["case_slot"], row["contacts"], contacts_context(row["id"]))
    return None if sealed is None else opened(tx, sealed, row["client_id"])
