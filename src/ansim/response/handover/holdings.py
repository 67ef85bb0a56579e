from ansim.trust.retention.holdings import Holding, Line

HOLDINGS: tuple[Line, ...] = (
    Holding(
        table="handover", columns=("sealed",), by="incident", key="case",
        why="the receipts with which her phone goes on at the centre that took the case",
        law="Location Information Act art. 15, 16, 29; Personal Information Protection Act art. 15(1)5",
        retention="180 days after the case closed",
    ),
    Holding(
        table="letter_part", columns=("sealed",), key=None, destroyed_by="own",
        why="a part of a case that another centre hands over, until the others have come; sealed to this centre",
        law="Location Information Act art. 15, 16, 29; Personal Information Protection Act art. 15(1)5",
        retention="until the letter is whole, at the latest 10 minutes; then the row is deleted",
    ),
)  # fmt: skip
