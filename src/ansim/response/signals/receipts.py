"""What her phone gets when her call for help is stored, whichever way it came."""

from __future__ import annotations

from datetime import datetime

import msgspec

from ansim.response.signals.model import Receipt


class NamedCentre(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str


class CentreNames(dict[str, str]):
    """Korean names of the centres by id."""

    def named(self, centre: str) -> NamedCentre:
        return NamedCentre(id=centre, name=self.get(centre, centre))


class ReceiptBody(msgspec.Struct, frozen=True, kw_only=True):
    """The answer that means: it is stored. With `signal` and `secret` her phone asks what becomes of it."""

    receipt: str
    secret: str
    signal: str
    incident: str
    centre: NamedCentre
    received_at: datetime


def shown(receipt: Receipt, names: CentreNames) -> ReceiptBody:
    return ReceiptBody(
        receipt=receipt.receipt, secret=receipt.secret, signal=receipt.signal, incident=receipt.incident,
        centre=names.named(receipt.centre), received_at=receipt.received_at,
    )  # fmt: skip
