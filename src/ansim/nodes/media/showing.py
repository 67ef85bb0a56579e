"""Whoever is shown something, and the rule that nobody sees anything without the centre."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog

from ansim.core.world import World
from ansim.nodes.media.deadline import stop, within
from ansim.nodes.media.ports import Gate, Refused
from ansim.nodes.media.viewer import Admitted, Viewer

GRANT_ENDED, CAMERA_AWAY, LEASE_LOST = 4403, 4404, 4408  # close codes a viewer sees
REMEMBER_REVOKED_S = 600.0  # longer than any token that could still be on its way
REPORT_AGAIN_S, REPORT_LATEST_S = 0.5, 30.0
CLOSE_WITHIN_S = 5.0

log = structlog.get_logger(__name__)


class Showing:
    """Starts without a lease, so closed: `lease` opens it for as long as the centre says."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._admitted: set[Admitted] = set()
        self._revoked: dict[str, float] = {}
        self._leased_until = 0.0
        self._keeper: asyncio.Task[None] | None = None
        self._reports: dict[asyncio.Task[None], str] = {}

    def views(self) -> list[str]:
        """Ids of those that go on, and of those whose end the centre has not heard yet."""
        return [*(one.id for one in self._admitted), *self._reports.values()]

    def lease(self, until: datetime) -> None:
        """The centre is there, and stands behind what it allowed, until then. In the past: every view closes
        now.
        """
        clock = self.world.clock
        self._leased_until = clock.monotonic() + (until - clock.now()).total_seconds()
        if self._keeper is None:
            self._keeper = asyncio.get_running_loop().create_task(self._keep_lease(), name="media lease")
        if not self.leased:
            self._lose_lease()

    @property
    def leased(self) -> bool:
        return self.world.clock.monotonic() < self._leased_until

    async def _keep_lease(self) -> None:
        while True:
            left = self._leased_until - self.world.clock.monotonic()
            if left <= 0:
                self._lose_lease()
                self._keeper = None
                return
            await self.world.clock.sleep(min(left, 1.0))  # the centre may also take its lease back

    def _lose_lease(self) -> None:
        if self._admitted:
            log.warning("media.lease-lost", viewers=len(self._admitted))
        for one in tuple(self._admitted):
            one.end(LEASE_LOST, "lease lost")

    def revoke(self, grant: str, why: str = "revoked") -> int:
        """Ends every view under this grant before it returns, and every later one. Gives how many."""
        now = self.world.clock.monotonic()
        self._revoked = {id: at for id, at in self._revoked.items() if now - at < REMEMBER_REVOKED_S}
        self._revoked[grant] = now
        ending = [one for one in self._admitted if one.grant == grant and not one.ended.is_set()]
        for one in ending:
            one.end(GRANT_ENDED, why)
        return len(ending)

    def _admits(self, one: Admitted) -> bool:
        """Whether it may be shown anything; it is among those who are from here on, ended or not."""
        self._admitted.add(one)
        if not self.leased:
            one.end(LEASE_LOST, "lease lost")
        elif one.grant in self._revoked:
            one.end(GRANT_ENDED, "revoked")
        return not one.ended.is_set()

    def _dismiss(self, viewer: Viewer, gate: Gate, seconds: float) -> None:
        sent, frames = viewer.window.sent_bytes, viewer.frames
        self._dismissed(
            viewer,
            lambda: gate.ended(viewer.view.id, seconds=seconds, bytes=sent, frames=frames, why=viewer.why),
        )

    def _dismissed(self, one: Admitted, end: Callable[[], Awaitable[None]]) -> None:
        """Forget one that has ended, and tell the centre until it has heard."""
        self._admitted.discard(one)
        task = asyncio.get_running_loop().create_task(self._report(one.id, end))
        self._reports[task] = one.id
        task.add_done_callback(self._reports.pop)

    async def _report(self, view: str, end: Callable[[], Awaitable[None]]) -> None:
        pause = REPORT_AGAIN_S
        while True:
            try:
                await end()
                return
            except Refused:
                return  # the centre knows of no such view: it will not know later either
            except Exception as error:  # whatever keeps the centre from writing, the end of a view is not lost
                log.warning("media.end-not-told", view=view, error=type(error).__name__)
            await self.world.clock.sleep(pause)
            pause = min(REPORT_LATEST_S, pause * 2)

    async def close(self) -> None:
        """End every view. What the centre has not heard by then it is told no more."""
        for one in tuple(self._admitted):
            one.end(LEASE_LOST, "node closed")
        if self._keeper is not None:
            await stop(self._keeper)
        await self._let_go()
        if self._reports:
            try:
                await within(self.world.clock, CLOSE_WITHIN_S, _all(set(self._reports)))
            except TimeoutError:
                await stop(*self._reports)

    async def _let_go(self) -> None:
        """Of what was shown, once nobody sees it."""


async def _all(tasks: set[asyncio.Task[None]]) -> None:
    await asyncio.wait(tasks)
