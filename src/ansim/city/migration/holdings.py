from ansim.trust.retention.holdings import Impersonal, Line

HOLDINGS: tuple[Line, ...] = (
    Impersonal(table="camera_migration", why="ids of cameras, how they are recorded, and when"),
    Impersonal(table="recording_epoch", why="which system answers for a camera's recording, and since when"),
)
