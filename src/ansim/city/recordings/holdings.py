"""What recordings keep, and the end of it."""

from ansim.trust.retention.holdings import Files, Impersonal, Line

HOLDINGS: tuple[Line, ...] = (
    Impersonal(table="camera_day", why="ids of cameras, days, numbers of keys"),
    Files(
        place="recordings", key="camera-day",
        why="pictures of public cameras, of the time of an incident or of the whole day, for its investigation",
        law="Personal Information Protection Act art. 25; its standard guideline, art. 41",
        retention="30 days after the day, or as the camera's setting says; a clip for a case is sealed anew under the case key",
    ),
)  # fmt: skip
