"""What people keeps, why, for how long, and how it is destroyed."""

from ansim.trust.retention.holdings import Holding, Line

_RETENTION = (
    "until she withdraws, at the latest one year after her last renewal; of a ward 24 hours after the watch over her ended,"
    " and at once when it is replaced"
)

HOLDINGS: tuple[Line, ...] = (
    Holding(
        table="device",
        columns=("tag",),
        by="person",
        key="person",
        why="to know whose tracker sent an SOS",
        law="Location Information Act art. 18(1) (consent)",
        retention=_RETENTION,
    ),
    Holding(
        table="consent",
        columns=("item",),
        by="person",
        key="person",
        why="to show what she agreed to",
        law="Personal Information Protection Act art. 22",
        retention=_RETENTION,
    ),
    Holding(
        table="person",
        columns=("thumbprint", "profile_sealed"),
        by="id",
        key="person",
        destroyed_by="blank",
        why="her phone's key; name and guardians of those whose tracker cannot seal them itself",
        law="Personal Information Protection Act art. 15(1)1, Location Information Act art. 18(1), 19(1)",
        retention=_RETENTION,
    ),
    Holding(
        table="mailbox",
        columns=("sealed",),
        key=None,
        destroyed_by="own",
        why="how a guardian's browser is reached, on its way to the phone that invited her; sealed to that phone alone",
        law="Personal Information Protection Act art. 15(1)1 (the guardian's consent)",
        retention="until that phone has it, at the latest three days after the invitation; then the row is deleted",
    ),
)
