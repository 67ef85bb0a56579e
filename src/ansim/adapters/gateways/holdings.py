from ansim.trust.retention.holdings import Holding, Line

HOLDINGS: tuple[Line, ...] = (
    Holding(
        table="desk_request",
        columns=("sealed",),
        why="where she is and the way to see her, for the agency that was asked to help",
        law="Location Information Act art. 15, 16, 29",
        retention="until the agency has refused or completed it, at the latest until the case closes",
        key="track",
        by="incident",
        destroyed_by="blank",
    ),
)
