"""What a trip keeps about her, and the end of each."""

from ansim.trust.retention.holdings import Holding, Line

_CONSENT = "Location Information Act art. 18, 19 (consent: she starts every trip herself)"

HOLDINGS: tuple[Line, ...] = (
    Holding(
        table="trip", columns=("memory",), by="id", key="track", destroyed_by="blank", law=_CONSENT,
        why="where she wants to go, and what the watch remembers of her way", retention="until the trip ends",
    ),
    Holding(
        table="trip", columns=("secret", "contacts", "words", "receipt"), by="id", key="case", destroyed_by="blank",
        law="Personal Information Protection Act art. 15(1)1", retention="24 hours after the trip ended",
        why="name, guardians and codes that she sealed to this centre; what she calls her destination, and her vehicle",
    ),
    Holding(
        table="trip", columns=("person",), key=None, destroyed_by="own",
        law="Personal Information Protection Act art. 15(1)1", retention="24 hours after the trip ended; then blanked",
        why="her pseudonym: an SOS on her way ends the trip's questions",
    ),
)  # fmt: skip
