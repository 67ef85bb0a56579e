from ansim.trust.retention.holdings import Holding, Line

_RESCUE = "Location Information Act art. 15, 16, 29; Personal Information Protection Act art. 15(1)5"

HOLDINGS: tuple[Line, ...] = (
    Holding(
        table="border_told", columns=("sealed", "lent"), by="incident", key="track", destroyed_by="blank", law=_RESCUE,
        why="about where a neighbouring centre was last told that she is, and which of its cameras see her", retention="until the case closes",
    ),
    Holding(
        table="border_case", columns=("sealed",), by="id", key="track", destroyed_by="blank", law=_RESCUE,
        why="about where somebody is whom a neighbouring centre helps near our border",
        retention="until that case closes or she leaves the border, at the latest 12 hours after it came",
    ),
)  # fmt: skip
