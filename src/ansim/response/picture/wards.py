"""What a guardian sees of a ward through her link, and the ward of herself."""

from __future__ import annotations

from ansim.core.database import Transaction
from ansim.response.picture.labels import Places, Telephones
from ansim.response.picture.model import WardedLink, WardLink
from ansim.response.wards.model import WardRow
from ansim.response.wards.showing import to_guardian, to_her
from ansim.trust.grants.model import Link


async def link_state(tx: Transaction, link: Link, ward: WardRow) -> WardLink | WardedLink:
    """Nothing once the right has ended."""
    shape = WardedLink if link.kind == "ward" else WardLink
    if link.ended_at is not None or link.until_at <= tx.at:
        return shape(grant=link.grant_id, closed=True, until_at=None)
    centre, phone = tx.use(Places).centre(ward.centre).ko, tx.use(Telephones).centre
    if link.kind == "ward":
        return WardedLink(
            grant=link.grant_id,
            closed=False,
            until_at=link.until_at,
            centre=centre,
            centre_phone=phone,
            ward=to_her(ward),
        )
    return WardLink(
        grant=link.grant_id, closed=False, until_at=link.until_at, centre=centre, centre_phone=phone,
        ward=await to_guardian(tx, ward, link.subject),
    )  # fmt: skip
