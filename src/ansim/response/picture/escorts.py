"""What a scout sees of an escort through her link, and so does whoever asked for one by telephone."""

from __future__ import annotations

from ansim.core.database import Transaction
from ansim.response.escorts.model import EscortRow
from ansim.response.escorts.showing import view
from ansim.response.escorts.telling import side_of
from ansim.response.picture.labels import Places, Telephones
from ansim.response.picture.model import EscortLink
from ansim.trust.grants.model import Link


async def link_state(tx: Transaction, link: Link, escort: EscortRow) -> EscortLink:
    """Nothing once the right has ended; a scout whose escort is over sees only how it ended."""
    if link.ended_at is not None or link.until_at <= tx.at:
        return EscortLink(grant=link.grant_id, closed=True, until_at=None)
    return EscortLink(
        grant=link.grant_id, closed=False, until_at=link.until_at, centre=tx.use(Places).centre(escort.centre).ko,
        centre_phone=tx.use(Telephones).centre,
        escort=await view(tx, escort, side_of(escort, link.kind, order_of(link))),
    )  # fmt: skip


def order_of(link: Link) -> int:
    return int(link.subject.rpartition("-")[2])
