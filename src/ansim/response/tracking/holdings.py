from ansim.trust.retention.holdings import Holding, Line

HOLDINGS: tuple[Line, ...] = (
    Holding(
        table="fix", columns=("sealed",), by="incident", key="track", why="to find her while she needs help",
        law="Location Information Act art. 15, 16, 29", retention="until the case closes",
    ),
)  # fmt: skip
