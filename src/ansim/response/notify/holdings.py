from ansim.trust.retention.holdings import Holding, Line

HOLDINGS: tuple[Line, ...] = (
    Holding(
        table="guardian_notice", columns=("sealed",), by="incident", key="case",
        why="whom to tell, where, and whether it arrived", law="Personal Information Protection Act art. 15(1)1",
        retention="180 days after the case closed",
    ),
)  # fmt: skip
