"""What films of her phone keep, and the end of it."""

from ansim.trust.retention.holdings import Holding, Impersonal, Line

HOLDINGS: tuple[Line, ...] = (
    Holding(
        table="take_piece", columns=("sealed",), by="incident", key="case",
        why="what her own phone saw, where no camera does",
        law="Location Information Act art. 29; Personal Information Protection Act art. 15(1)1, 15(1)5",
        retention="180 days after the case closed, or later under a hold",
    ),
    Impersonal(table="take", why="times, sizes and a hash; goes with its pieces"),
)  # fmt: skip
