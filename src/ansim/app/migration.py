"""Cameras that move here from an old recording system, on the command line of the engineer who moves them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from ansim.app.running import database_of, read_note
from ansim.app.settings import Settings
from ansim.app.sources import RECORDINGS, node_of_its_own, read_sources
from ansim.city.cameras.sheet import lines
from ansim.city.migration import actions, store
from ansim.city.migration.actions import LEASE
from ansim.city.migration.model import (
    WRITTEN_WITHIN,
    Comparison,
    Gap,
    State,
    Stretch,
    caused,
    compare,
    gaps,
    joined,
    largest_ms,
    of_ours,
)
from ansim.city.migration.ports import OldSystem
from ansim.city.migration.store import Moving
from ansim.core.database import Database
from ansim.core.errors import Problem
from ansim.core.world import World
from ansim.nodes.media.continuity import kept

ACTOR = "command-line"
COLUMNS = ("camera", "old", "sessions")
LOOK_BACK = timedelta(days=1)
"""A report names the gaps of so long."""
BEFORE_SWITCH = timedelta(minutes=1)
"""Where nothing was proven before the switch, what was lost around it is looked for from so long before."""


# -- commands ----------------------------------------------------------------------------------------------------------


class Planned(NamedTuple):
    camera: str
    old: str
    single: bool


async def plan(settings: Settings, file: Path, *, dry_run: bool = False, world: World | None = None) -> int:
    """Bring the cameras of this list beside the old system. Nothing is begun while a line of it does not fit."""
    planned, flaws = await asyncio.to_thread(_read_plan, file, settings)
    for line in flaws:
        print(f"  {line}")
    if flaws:
        raise Problem(422, "migration.plan", f"{len(flaws)} lines of {file.name} do not fit", "Nothing was begun.")
    if dry_run:
        print(f"{len(planned)} cameras can go beside; dry run: nothing was changed")
        return 0
    async with _centre(settings, world) as database, database.transaction() as tx:
        new = 0
        for one in planned:
            new += await actions.plan(tx, one.camera, one.old, single=one.single, actor=ACTOR)
    print(f"{new} cameras are beside the old system now, {len(planned) - new} were on their way")
    return 0


async def compare_all(
    settings: Settings, cameras: Sequence[str], old: OldSystem | None, *, seconds: float, world: World | None = None
) -> int:
    """Compare what both recorded in the last `seconds`; 0 when everything is proven."""
    if old is None:
        raise Problem(
            400, "migration.old", "There is nothing to compare with", "Name the old system's report with --old."
        )
    async with _centre(settings, world) as database:
        moving = [one for one in await _chosen(database, cameras) if one.owner == "old"]
        found = {}
        for one in moving:
            now = database.world.clock.now()
            since = max(one.beside_at, now - timedelta(seconds=seconds) - LOOK_BACK)
            ours, theirs = await _both(database.world, settings, one, old, since, now)
            found[one.camera] = compare(
                ours, theirs, beside=one.beside_at, now=now, seconds=seconds, single=one.single
            )  # fmt: skip
        found = of_ours(found)
        for camera, comparison in found.items():
            async with database.transaction() as tx:
                await actions.keep(tx, camera, comparison, actor=ACTOR)
        for one in await _chosen(database, list(found)):
            print(f"  {_line(one, found[one.camera])}")
    proven = sum(comparison.proven for comparison in found.values())
    print(f"{proven} of {len(found)} cameras are proven and can be switched")
    return 0 if proven == len(found) else 1


async def switch(
    settings: Settings,
    cameras: Sequence[str],
    old: OldSystem | None = None,
    *,
    all_ready: bool = False,
    accept_gap: bool = False,
    world: World | None = None,
) -> int:
    """We answer for these cameras from now on. 0 when each of them was switched."""
    if bool(cameras) == all_ready:
        raise Problem(400, "migration.cameras", "Which cameras?", "Name them, or say --all-ready.", field="cameras")
    async with _centre(settings, world) as database:
        chosen = await _chosen(database, cameras)
        if all_ready:
            chosen = [one for one in chosen if one.state == "compared"]

        async def take(one: Moving) -> str:
            if one.owner == "old":
                if not accept_gap:
                    await _still_whole(database.world, settings, one)
                async with database.transaction() as tx:
                    await actions.switch(tx, one.camera, one.epoch, accept_gap=accept_gap, actor=ACTOR)
            stopped = one.single and old is not None and await old.stop(one.old)
            # one session: what was the old system's becomes free only now, and the node is waiting for it
            todo = "; stop the old system's pull of it now" if one.single and not stopped else ""
            return f"ansim answers for it{todo}"

        return await _each(chosen, take, "switched")


async def release(
    settings: Settings, cameras: Sequence[str], old: OldSystem | None = None, *, world: World | None = None
) -> int:
    """The old system's pull of these cameras has been stopped, or is, where it can be told. 0 when each was released."""
    async with _centre(settings, world) as database:
        chosen = await _chosen(database, cameras)
        if not cameras:
            chosen = [one for one in chosen if one.state == "switched"]

        async def let_go(one: Moving) -> str:
            now = database.world.clock.now()
            gap_ms = await _at_switch(database.world, settings, one, old, now)
            if gap_ms is None or one.kept_at is None or now - one.kept_at > LEASE:
                raise Problem(409, "migration.not-kept", f"ansim does not record {one.camera}", f"{one.trouble}.")
            if old is not None:
                await old.stop(one.old)
            async with database.transaction() as tx:
                await actions.release(tx, one.camera, tx.at, gap_ms, actor=ACTOR)
            return "moved " + (f"with a gap of {gap_ms} ms" if gap_ms else "without a gap")

        return await _each(chosen, let_go, "released")


async def back(
    settings: Settings, cameras: Sequence[str], old: OldSystem | None = None, *, world: World | None = None
) -> int:
    """The old system answers for these cameras again. 0 when it does for each."""
    if not cameras:
        raise Problem(400, "migration.cameras", "Which cameras?", "Name those that go back.", field="cameras")
    async with _centre(settings, world) as database:

        async def give(one: Moving) -> str:
            if one.owner == "ansim":
                async with database.transaction() as tx:
                    await actions.give_back(tx, one.camera, one.epoch, actor=ACTOR)
            pulled = old is not None and await old.go_on(one.old)
            return "the old system answers for it" + ("" if pulled else "; see that it pulls it")

        return await _each(await _chosen(database, cameras), give, "went back")


async def _each(chosen: Sequence[Moving], move: Callable[[Moving], Awaitable[str]], done: str) -> int:
    """One camera that cannot be moved keeps no other from it. 0 when all were."""
    failed = 0
    for one in chosen:
        try:
            print(f"  {one.camera}: {await move(one)}")
        except Problem as problem:
            failed += 1
            print(f"  {problem.title}. {problem.detail}".rstrip())
    print(f"{len(chosen) - failed} cameras {done}" + (f", {failed} not" if failed else ""))
    return 1 if failed else 0


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One camera of the report. Gaps of null are not known, or not yet. `gaps`: of ours, since it went beside, of the last day."""

    camera: str
    old: str
    state: State
    owner: str
    epoch: int
    single_session: bool
    beside_since: datetime
    compared_from: datetime | None
    compared_until: datetime | None
    largest_gap_ms: int | None
    largest_gap_of_old_ms: int | None
    switched_at: datetime | None
    released_at: datetime | None
    gap_at_switch_ms: int | None
    largest_gap_since_ms: int | None
    trouble: str
    verdict: str
    gaps: list[Gap]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    centre: str
    at: datetime
    states: dict[str, int]
    cameras: list[Line]


async def made(settings: Settings, old: OldSystem | None = None, *, world: World | None = None) -> Report:
    """Every camera on its way, as it is now. Changes nothing."""
    async with _centre(settings, world) as database:
        moving = await _chosen(database, ())
        now = database.world.clock.now()
        found: dict[str, Comparison] = {}
        for one in moving:
            since = max(one.beside_at, now - LOOK_BACK)
            ours, theirs = await _both(database.world, settings, one, old, since, now)
            missing = gaps(ours, ours[0].start, _told_until(ours, now)) if ours else []
            absent = gaps(theirs, since, theirs[-1].end) if theirs else []  # what it let go of is not away
            missing = [caused(gap, absent) for gap in missing]
            start = ours[0].start if ours else now
            found[one.camera] = Comparison(start=start, end=now, why="", ours=missing, old=absent)
        found = of_ours(found)
        rows = []
        for one in moving:
            gap_ms, missing = one.gap_ms, found[one.camera].ours
            if one.state == "switched":
                gap_ms = await _at_switch(database.world, settings, one, old, now)
            since_switch = [gap for gap in missing if one.switched_at is not None and gap.start > one.switched_at]
            rows.append(
                Line(
                    camera=one.camera, old=one.old, state=one.state, owner=one.owner, epoch=one.epoch,
                    single_session=one.single, beside_since=one.beside_at, compared_from=one.compared_from,
                    compared_until=one.compared_until, largest_gap_ms=one.ours_gap_ms,
                    largest_gap_of_old_ms=one.old_gap_ms, switched_at=one.switched_at, released_at=one.released_at,
                    gap_at_switch_ms=gap_ms,
                    largest_gap_since_ms=None if one.switched_at is None else largest_ms(since_switch),
                    trouble=one.trouble, verdict=_verdict(one, gap_ms), gaps=missing,
                )
            )  # fmt: skip
    states: dict[str, int] = dict(Counter(str(one.state) for one in moving))
    return Report(centre=settings.centre, at=now, states=states, cameras=rows)


async def report(
    settings: Settings, old: OldSystem | None = None, *, as_json: bool = False, world: World | None = None
) -> int:
    """Print it, whole or in a line a camera. 0 when every camera is released and none with a gap."""
    told = await made(settings, old, world=world)
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(told), indent=1).decode())
    else:
        for one in told.cameras:
            print(f"  {one.camera}  {one.state}, epoch {one.epoch} ({one.owner})  {one.verdict}")
        print(_counted(told))
    return 0 if all(one.state == "released" and not one.gap_at_switch_ms for one in told.cameras) else 1


async def status(settings: Settings, *, world: World | None = None) -> int:
    """Print how many cameras are where, and name those that somebody must look at."""
    async with _centre(settings, world) as database:
        moving = await _chosen(database, ())
        late = database.world.clock.now() - LEASE
    for one in moving:
        silent = one.owner == "ansim" and (one.kept_at is None or one.kept_at < late)
        if one.trouble or one.why or silent:
            since = one.kept_at.isoformat(timespec="seconds") if one.kept_at else "the beginning"
            print(
                f"  {one.camera}  {one.state}  {_verdict(one, one.gap_ms)}"
                + (f"; nothing kept since {since}" if silent else "")
            )
    counts = Counter(one.state for one in moving)
    print(f"{len(moving)} cameras: " + (", ".join(f"{number} {state}" for state, number in counts.items()) or "none"))
    return 0


# -- what they share ---------------------------------------------------------------------------------------------------


@asynccontextmanager
async def _centre(settings: Settings, world: World | None) -> AsyncIterator[Database]:
    database = await database_of(read_note(settings.folder).dsn, world)
    try:
        yield database
    finally:
        await database.close()


async def _chosen(database: Database, cameras: Sequence[str]) -> list[Moving]:
    """Those named, or all. Raises Problem for one that is not in the plan."""
    async with database.transaction(readonly=True) as tx:
        every = {one.camera: one for one in await store.every(tx)}
    if unknown := [camera for camera in cameras if camera not in every]:
        raise Problem(
            404, "migration.unknown", f"{unknown[0]} is not in the plan", "Bring it in with `migration plan`."
        )
    return [every[camera] for camera in cameras] if cameras else list(every.values())


async def _both(
    world: World, settings: Settings, one: Moving, old: OldSystem | None, start: datetime, end: datetime
) -> tuple[list[Stretch], list[Stretch]]:
    if settings.media_secret:
        raise node_of_its_own()
    found = await asyncio.to_thread(kept, world.disk, settings.folder / RECORDINGS, one.camera, start, end)
    theirs = [] if old is None else joined(await old.recorded(one.old, start, end))
    return [Stretch(*stretch) for stretch in found.stretches], theirs


def _told_until(ours: Sequence[Stretch], now: datetime) -> datetime:
    """What is not written yet is not missing yet."""
    latest = max((stretch.end for stretch in ours), default=now)
    return latest if latest >= now - WRITTEN_WITHIN else now


async def _still_whole(world: World, settings: Settings, one: Moving) -> None:
    """A proof is of its stretch; what came since must go on from it."""
    if one.compared_until is None:
        return
    now = world.clock.now()
    ours, _ = await _both(world, settings, one, None, one.compared_until - WRITTEN_WITHIN, now)
    missing = gaps(ours, one.compared_until, _told_until(ours, now))
    if missing:
        raise Problem(
            409, "migration.gap", f"{one.camera} has a gap since it was compared",
            f"{largest_ms(missing)} ms at {missing[0].start.isoformat(timespec='seconds')}. Compare it again.",
        )  # fmt: skip


async def _at_switch(world: World, settings: Settings, one: Moving, old: OldSystem | None, now: datetime) -> int | None:
    """The longest that neither recorded, from what was proven before the switch to now, in milliseconds; None while nothing of ours
    has come. Without the old system's own account it is taken to have recorded until the switch."""
    if one.switched_at is None:
        return None
    start = one.compared_until or max(one.beside_at, one.switched_at - BEFORE_SWITCH)
    ours, theirs = await _both(world, settings, one, old, start - WRITTEN_WITHIN, now)
    if not any(stretch.end > one.switched_at for stretch in ours):
        return None
    if one.compared_until is None and not theirs:
        theirs = [Stretch(start, one.switched_at)]
    both = [*ours, *theirs]
    start = max(start, min(stretch.start for stretch in both))
    return largest_ms(gaps(both, start, _told_until(ours, now)))


def _verdict(one: Moving, gap_ms: int | None) -> str:
    """In plain words, for whoever reads the report in a year."""
    stands = (
        "; its picture stands still"
        if one.trouble == "frozen"
        else "; it shows nothing"
        if one.trouble == "dark"
        else ""
    )
    if one.state == "released":
        return (f"moved with a gap of {gap_ms} ms" if gap_ms else "moved without a gap") + stands
    if one.state == "switched":
        if gap_ms is None:
            return f"ansim answers for it and records nothing: {one.trouble or 'no picture yet'}"
        return (f"ansim records it, after a gap of {gap_ms} ms" if gap_ms else "ansim records it, no gap") + (
            f"; the old system can be stopped{stands}"
        )
    if one.state == "back":
        return f"given back to the old system{stands}"
    if one.why == "" and one.compared_from is not None and one.compared_until is not None:
        seconds = (one.compared_until - one.compared_from).total_seconds()
        return f"ready: both recorded {seconds:.0f} s and no picture of ours is missing{stands}"
    if one.single:
        return "the camera gives one session only: it can be switched with a gap"
    return {
        None: "beside the old system, not compared yet" + (f": {one.trouble}" if one.trouble else ""),
        "": "beside the old system",
        "nothing": f"ansim has recorded nothing of it: {one.trouble or 'no picture yet'}",
        "single": "the camera gives one session only: it can be switched with a gap",
        "short": "no gap so far, but not long enough",
        "gaps": f"pictures of ours are missing, up to {one.ours_gap_ms} ms",
        "old-silent": "the old system's report does not tell of it",
    }[one.why] + stands


def _line(one: Moving, comparison: Comparison) -> str:
    cause = {"camera": "the camera was away", "ansim": "ansim was away", "": ""}
    causes = {cause[gap.cause] for gap in comparison.ours if gap.cause}
    return f"{one.camera}: {_verdict(one, None)}" + (f" ({', '.join(sorted(causes))})" if causes else "")


def _counted(told: Report) -> str:
    moved = [one for one in told.cameras if one.state == "released"]
    whole = sum(not one.gap_at_switch_ms for one in moved)
    longest = max((one.gap_at_switch_ms or 0 for one in moved), default=0)
    rest = f", {len(moved) - whole} with one of up to {longest} ms" if whole < len(moved) else ""
    return f"{len(told.cameras)} cameras, {len(moved)} moved: {whole} without a gap{rest}"


def _read_plan(file: Path, settings: Settings) -> tuple[list[Planned], list[str]]:
    if settings.media_secret:
        raise node_of_its_own()
    try:
        rows = lines(file.read_bytes())
    except OSError as error:
        raise Problem(400, "migration.plan", f"{file} cannot be read", f"{error.strerror}.") from None
    head = [cell.lower() for cell in rows[0].cells] if rows else []
    if "camera" not in head or set(head) - set(COLUMNS):
        raise Problem(422, "migration.plan", f"{file.name} has other columns", f"They are {', '.join(COLUMNS)}.")
    always = {source.id for source, _ in read_sources(settings) if source.record == "always"}
    known = {source.id for source, _ in read_sources(settings)}
    planned: dict[str, Planned] = {}
    flaws = []
    for line in rows[1:]:
        cells = dict(zip(head, line.cells, strict=False))
        camera, sessions = cells.get("camera", ""), cells.get("sessions", "") or "2"
        flaw = ""
        if camera not in known:
            flaw = "camera: the media node's file does not have it"
        elif camera not in always:
            flaw = 'camera: it must be recorded all the time: "record": "always"'
        elif camera in planned:
            flaw = "camera: it stands here twice"
        elif not sessions.isdecimal() or int(sessions) < 1:
            flaw = "sessions: a number from 1"
        if flaw:
            flaws.append(f"line {line.number}, {flaw}")
        else:
            planned[camera] = Planned(camera, cells.get("old", "") or camera, sessions == "1")
    return list(planned.values()), flaws
