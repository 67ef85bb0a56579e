"""The media node's own file: where its cameras are, and by which rules each is recorded. Nothing else reads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Protocol

import msgspec

from ansim.core.errors import Problem
from ansim.nodes.media.ports import Record, Source

RECORDINGS = "recordings"
"""Folder in the data folder."""


class Rules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A camera of the file `cameras` with rules of its own."""

    url: str
    device: str = ""
    profile: str = ""
    record: Record | None = None
    recording_days: Annotated[int, msgspec.Meta(ge=1, le=366)] | None = None


class WithCameras(Protocol):
    """The settings of a process that pulls cameras."""

    @property
    def cameras(self) -> str | None: ...
    @property
    def record(self) -> Record: ...
    @property
    def recording_days(self) -> int | None: ...


def node_of_its_own() -> Problem:
    """For a command that works on the media node's files, called with the settings of a centre that has none."""
    return Problem(
        400, "settings.media_secret", "The cameras' file and the recordings are those of the media node",
        "On one machine let both have the same `data`, and name here a file of settings with that `data` and the node's `cameras`.",
    )  # fmt: skip


def read_sources(settings: WithCameras) -> list[tuple[Source, int | None]]:
    """What the file `cameras` says: each camera, and how many days its recordings are kept. Raises Problem naming the camera."""
    if settings.cameras is None:
        return []
    try:
        said_of = json.loads(Path(settings.cameras).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise Problem(400, "settings.cameras", f"{settings.cameras} cannot be read", field="cameras") from None
    found = []
    for id, said in said_of.items():
        try:
            rules = msgspec.convert({"url": said} if isinstance(said, str) else said, Rules)
        except msgspec.ValidationError as error:
            raise Problem(400, "settings.cameras", f"The camera {id} does not fit", str(error), field=id) from None
        record = rules.record or settings.record
        source = Source(id=id, url=rules.url, device=rules.device, profile=rules.profile, record=record)
        found.append((source, rules.recording_days or settings.recording_days))
    return found
