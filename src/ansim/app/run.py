"""A centre in production: serve until told to stop."""

from __future__ import annotations

import asyncio
import os

import structlog

from ansim.app import supervisor
from ansim.app.centre import Centre
from ansim.app.limits import open_many_files
from ansim.app.running import leave_note, take_note_away
from ansim.app.server import listen, serving
from ansim.app.settings import Settings

log = structlog.get_logger()


async def run(settings: Settings, *, until: asyncio.Event) -> int:
    open_many_files()
    listener, settings = listen(settings)
    async with Centre(settings) as centre, serving(centre, listener):
        leave_note(centre, pid=os.getpid())
        log.info("serving", host=settings.host, port=settings.port, centre=settings.centre)
        supervisor.tell("READY=1")
        try:
            await until.wait()
        finally:
            supervisor.tell("STOPPING=1")
            take_note_away(settings.folder)
    return 0
