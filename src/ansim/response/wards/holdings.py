"""What a ward's watch keeps about her, and the end of each. Her name and guardians are her profile; where she was in the last day
lies with all fixes, hour by hour under keys of its own.
"""

from ansim.trust.retention.holdings import Holding, Impersonal, Line

_CONSENT = (
    "Location Information Act art. 18, 26 (consent of whoever answers for her); Infectious Disease Control Act art. 42"
)

HOLDINGS: tuple[Line, ...] = (
    Holding(
        table="ward", columns=("places", "memory"), by="id", key="track", destroyed_by="blank", law=_CONSENT,
        why="the places where she should be or should not, the newest fix, what is believed of each place",
        retention="until the watch ends",
    ),
    Holding(
        table="ward", columns=("secret", "words"), by="id", key="case", destroyed_by="blank",
        law="Personal Information Protection Act art. 15(1)1", retention="24 hours after the watch ended",
        why="number of the paper that allows it; the secret of her record",
    ),
    Holding(
        table="ward", columns=("person",), key=None, destroyed_by="own",
        law="Personal Information Protection Act art. 15(1)1", retention="24 hours after the watch ended; then blanked",
        why="her pseudonym: whose devices are heard, and whom an SOS is about",
    ),
    Holding(
        table="ward_search", columns=("said",), by="ward", key="case", destroyed_by="blank",
        law="Act on the Protection of and Support for Missing Children art. 9", retention="24 hours after the watch ended",
        why="why her last day was asked for, and the number of the police's case",
    ),
    Impersonal(table="ward_hour", why="ids, hours, numbers of keys"),
)  # fmt: skip
