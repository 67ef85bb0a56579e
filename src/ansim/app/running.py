"""A note in the data folder about the process that runs there, for the commands that talk to its database."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ansim.core.database import Database
from ansim.core.database.pool import PoolDriver
from ansim.core.errors import Problem
from ansim.core.world import World

if TYPE_CHECKING:
    from ansim.app.centre import Centre

NOTE = "running.json"


class Running(msgspec.Struct, frozen=True, kw_only=True):
    pid: int
    port: int
    dsn: str
    centre: str
    witnesses: list[str]
    """Keys of those who must sign the ledger's checkpoints, each within `witness_within_s`."""
    witness_within_s: float


def leave_note(centre: Centre, *, pid: int) -> None:
    """`pid`: of the process that serves; 0 when it is not to be found by it."""
    settings, sequencer = centre.settings, centre.sequencer
    running = Running(
        pid=pid, port=settings.port, dsn=centre.dsn, centre=settings.centre,
        witnesses=[witness.verifier.text() for witness in sequencer.witnesses],
        witness_within_s=sequencer.witness_within_s,
    )  # fmt: skip
    write_note(settings.folder, running)


def write_note(folder: Path, running: Running) -> None:
    file = folder / NOTE
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as note:
        note.write(msgspec.json.encode(running))


def take_note_away(folder: Path) -> None:
    (folder / NOTE).unlink(missing_ok=True)


def read_note(folder: Path) -> Running:
    try:
        return msgspec.json.decode((folder / NOTE).read_bytes(), type=Running)
    except (FileNotFoundError, msgspec.MsgspecError):
        raise Problem(
            400, "not-running", "No centre is running there", f"Start it first; its data folder is {folder}."
        ) from None


async def database_of(dsn: str, world: World | None = None) -> Database:
    """The database of a running centre, without its keys: good for accounts, tokens and checks."""
    return Database(await PoolDriver.connect(dsn, size=2), world or World())
