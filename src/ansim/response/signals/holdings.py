from ansim.trust.retention.holdings import Holding, Line

HOLDINGS: tuple[Line, ...] = (
    Holding(
        table="signal", columns=("contacts", "secret"), by="incident", key="case", destroyed_by="blank",
        why="name, guardians and codes that she sealed to this centre; the secret of her receipt",
        law="Personal Information Protection Act art. 15(1)1, 15(1)5", retention="180 days after the case closed",
    ),
)  # fmt: skip
