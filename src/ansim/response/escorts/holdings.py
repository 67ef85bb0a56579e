"""What an escort keeps about her and about the scouts, and the end of each."""

from ansim.trust.retention.holdings import Holding, Line

_ASKED = "Personal Information Protection Act art. 15(1)4 (what she asked for)"

HOLDINGS: tuple[Line, ...] = (
    Holding(
        table="escort", columns=("places",), by="id", key="track", destroyed_by="blank",
        law="Location Information Act art. 18, 19 (consent: she books each herself)",
        why="where they meet, where she lives, and where they were last heard", retention="until the escort ends",
    ),
    Holding(
        table="escort", columns=("secret", "contacts", "words", "receipt"), by="id", key="case", destroyed_by="blank",
        law=_ASKED, retention="24 hours after the escort ended",
        why="her name and phone number, the scouts', what the places are called, the numbers they know each other by",
    ),
    Holding(
        table="escort", columns=("person",), key=None, destroyed_by="own", law=_ASKED,
        retention="24 hours after the escort ended; then blanked",
        why="her pseudonym: an SOS on the way ends the escort's questions",
    ),
    Holding(
        table="escort_duty", columns=("scouts",), by="id", key="case", destroyed_by="blank",
        law="Personal Information Protection Act art. 15(1)4 (their work)", retention="24 hours after the duty ended",
        why="names and phone numbers of the two scouts on duty",
    ),
)  # fmt: skip
