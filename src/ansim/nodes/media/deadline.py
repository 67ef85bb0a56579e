"""A bound on waiting, by the injected clock."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from ansim.core.clock import Clock

Result = TypeVar("Result")


async def within(clock: Clock, seconds: float, work: Coroutine[Any, Any, Result]) -> Result:
    """The result of `work`; TimeoutError when it takes longer than `seconds`, and then it is cancelled."""
    task = asyncio.ensure_future(work)
    alarm = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait((task, alarm), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise TimeoutError
    finally:
        await stop(task, alarm)


async def stop(*tasks: asyncio.Future[Any]) -> None:
    """Cancel and wait until they are gone, so that none outlives its owner. What they raised is theirs."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
