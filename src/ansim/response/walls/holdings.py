from ansim.trust.retention.holdings import Impersonal, Line

HOLDINGS: tuple[Line, ...] = (
    Impersonal(table="wall", why="names of grids and the cameras in them"),
    Impersonal(table="routine_right", why="accounts that may look at a wall, never whom they look at"),
    Impersonal(table="wall_view", why="when somebody looked at a wall"),
)
