from ansim.trust.retention.holdings import Impersonal, Line

HOLDINGS: tuple[Line, ...] = (
    Impersonal(table="access_grant", why="accounts and links that may look, never whom they look at"),
    Impersonal(table="camera_view", why="who watched which camera for how long"),
    Impersonal(table="link", why="hashes of secrets, times"),
)
