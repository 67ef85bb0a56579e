"""What is known of her: sealed by her phone to this centre, kept under the case key, opened only to those who help."""

from __future__ import annotations

from dataclasses import dataclass

from ansim.city.people.actions import profile_of
from ansim.city.people.contacts import Contacts, read_contacts
from ansim.core.database import Transaction
from ansim.response.incidents import store
from ansim.response.signals import store as signals
from ansim.response.signals.actions import contacts_context
from ansim.trust import sealing
from ansim.trust.retention.keys import Erased, Keys

INFO = b"ansim contacts"
"""HPKE's info for what a phone seals to a centre; the signal's client id is the associated data."""


@dataclass(frozen=True)
class CentreKey:
    """The key to which phones seal what only the answering centre may read."""

    private: sealing.PrivateKey


async def known_of(tx: Transaction, incident: str) -> Contacts | None:
    """What her newest signal that said anything said, else what she left at her home if that is here; None when nothing
    is known or the case is destroyed."""
    row = await signals.latest_contacts(tx, incident)
    if row is None:
        case = await store.get(tx, incident)
        if case is None or case.person is None or case.case_slot is None:
            return None
        return await profile_of(tx, case.person)
    if row["case_slot"] is None:
        return None
    try:
        sealed = tx.use(Keys).open(row["case_slot"], bytes(row["contacts"]), contacts_context(row["id"]))
    except Erased:
        return None
    return _read(tx, sealed, row["client_id"])


def _read(tx: Transaction, sealed: bytes, client_id: str) -> Contacts | None:
    """Contacts that do not open or make no sense are as none: they never stand in the way of an SOS."""
    try:
        return read_contacts(sealing.open(tx.use(CentreKey).private, sealed, INFO, client_id.encode()))
    except (ValueError, sealing.NotForUs):
        return None
