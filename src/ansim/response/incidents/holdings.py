"""What a case keeps about persons, and the end of each."""

from ansim.trust.retention.holdings import Holding, Impersonal, Line

_RESCUE = "Location Information Act art. 15, 16, 29; Personal Information Protection Act art. 15(1)5"

HOLDINGS: tuple[Line, ...] = (
    Holding(
        table="timeline", columns=("sealed",), by="incident", key="case", law=_RESCUE,
        why="what was done and said for her", retention="180 days after the case closed, or later under a hold",
    ),
    Holding(
        table="message", columns=("sealed",), by="incident", key="case", law=_RESCUE,
        why="words between her and the operator", retention="180 days after the case closed, or later under a hold",
    ),
    Impersonal(table="incident", why="times, states, codes and pseudonyms; a municipality is the only place it names"),
    Impersonal(table="procedure_step", why="steps of the standard procedure and who ticked them"),
)  # fmt: skip
