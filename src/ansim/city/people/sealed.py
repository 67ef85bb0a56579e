"""What a phone sealed to this centre about its person, opened here and nowhere else."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from ansim.city.people.contacts import Contacts, read_contacts
from ansim.core.database import Transaction
from ansim.trust import sealing

INFO = b"ansim contacts"
"""HPKE's info for what a phone seals to a centre; the client id of its signal or trip is the associated data."""


@dataclass(frozen=True)
class CentreKey:
    """The key to which phones seal what only the answering centre may read."""

    private: sealing.PrivateKey


def from_text(sealed: str | None) -> bytes | None:
    """Base64url to bytes. What is not that is dropped: contacts never stand in the way of an SOS."""
    if not sealed:
        return None
    try:
        return base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
    except (binascii.Error, ValueError):
        return None


def opened(tx: Transaction, sealed: bytes, client_id: str) -> Contacts | None:
    """Contacts that do not open or make no sense are as none: they never stand in the way of an SOS."""
    try:
        return read_contacts(sealing.open(tx.use(CentreKey).private, sealed, INFO, client_id.encode()))
    except (ValueError, sealing.NotForUs):
        return None
