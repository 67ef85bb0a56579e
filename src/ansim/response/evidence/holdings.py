"""What clips keep, and the end of it."""

from ansim.trust.retention.holdings import Files, Holding, Line

_EVIDENCE = "Personal Information Protection Act art. 18(2)7, 25; Criminal Procedure Act art. 199(2)"
_UNTIL = "180 days after the case closed, or later under a hold"

HOLDINGS: tuple[Line, ...] = (
    Holding(
        table="clip", columns=("sealed",), by="incident", key="case", law=_EVIDENCE,
        why="what a stretch of a recording shows was saved for, by whom, and its hashes", retention=_UNTIL,
    ),
    Files(place="clips", key="case", why="stretches of recordings saved for a case", law=_EVIDENCE, retention=_UNTIL),
)  # fmt: skip
