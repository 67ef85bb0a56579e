"""Cameras that are found on the network, or at a media server that pulls them already, brought into the register and to the media node."""

from __future__ import annotations

import asyncio
import csv
import json
import os
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from ansim.adapters.cameras.discovery import discover
from ansim.adapters.cameras.onvif import OnvifDevice
from ansim.app.running import database_of, read_note
from ansim.app.settings import Settings
from ansim.app.sources import node_of_its_own
from ansim.city.cameras import store
from ansim.city.cameras.model import Camera
from ansim.city.cameras.register import connect
from ansim.core.errors import Problem
from ansim.core.world import World
from ansim.nodes.media.ports import Relay, Relayed, Unanswered
from ansim.nodes.media.survey import Surveyed, survey, trouble_of, with_account

AT_ONCE = 16
COLUMNS = ("device", "camera", "name", "latitude", "longitude", "azimuth_deg", "view_deg", "range_m")

Places = dict[str, tuple[str, Camera | None]]
"""What is found -> the camera that it is, and its row where the register learns it."""


class Found(NamedTuple):
    """A device or stream, and the camera of the register that it is; `row` where the register learns it from the list of places.
    `what`: a word or two about it, for the report.
    """

    name: str
    service: str
    what: str
    surveyed: Surveyed
    camera: str | None
    row: Camera | None


async def discover_cameras(
    settings: Settings,
    *,
    account: tuple[str, str],
    addresses: Sequence[tuple[str, int]] = (),
    places: Path | None = None,
    seconds: float = 3.0,
    dry_run: bool = False,
    world: World | None = None,
) -> int:
    """Look for devices, sign in to each, see whether its stream delivers, and connect those that have a place.

    The account goes into the media node's file and nowhere else. 0 when every device that was found delivers.
    """
    world = world or World()

    async def look(rows: Places, known: Collection[str]) -> Sequence[Found]:
        turns = asyncio.Semaphore(AT_ONCE)
        services = await discover(world, seconds, addresses)
        return await asyncio.gather(
            *(_look(world, turns, name, service, account, rows, known) for name, service in services.items())
        )

    return await _bring_in(settings, look, "devices", account=account, places=places, dry_run=dry_run)


async def adopt_cameras(
    settings: Settings,
    relay: Relay,
    *,
    account: tuple[str, str],
    places: Path | None = None,
    dry_run: bool = False,
    world: World | None = None,
) -> int:
    """Take from a media server what it pulls already: each stream that delivers, has a place, and is shown to nobody without an account.

    The account goes into the media node's file and nowhere else. 0 when every stream is so; a server whose API answers anybody is none.
    """
    world = world or World()

    async def look(rows: Places, known: Collection[str]) -> Sequence[Found]:
        try:
            if await relay.lets_strangers():
                raise Problem(
                    400, "adopt.open", "This media server's API answers whoever has no account",
                    "Who reaches it sees every camera beside the ledger. Give it an account first.",
                )  # fmt: skip
            streams = await relay.streams()
        except Unanswered as unanswered:
            raise Problem(502, "adopt.unanswered", f"The media server does not answer: {unanswered.reason}") from None
        turns = asyncio.Semaphore(AT_ONCE)
        return await asyncio.gather(*(_try(world, turns, relay, stream, account, rows, known) for stream in streams))

    return await _bring_in(settings, look, "streams", account=account, places=places, dry_run=dry_run)


async def _bring_in(
    settings: Settings,
    look: Callable[[Places, Collection[str]], Awaitable[Sequence[Found]]],
    noun: str,
    *,
    account: tuple[str, str],
    places: Path | None,
    dry_run: bool,
) -> int:
    rows = {} if places is None else await asyncio.to_thread(_places, places, settings.centre)
    if not dry_run and settings.media_secret:
        raise node_of_its_own()
    if not dry_run and settings.cameras is None:
        raise Problem(400, "settings.cameras", "There is no file for what is found", "Set `cameras` in the settings.")
    database = None if dry_run else await database_of(read_note(settings.folder).dsn)
    try:
        known: set[str] = set()
        if database is not None:
            async with database.transaction(readonly=True) as tx:
                known = {camera.id for camera in await store.every(tx)}
        found = await look(rows, known)
        _say(found, noun, dry_run)
        if database is not None:
            ready = [one for one in found if one.camera is not None and not one.surveyed.trouble]
            new = [one.row for one in ready if one.row is not None and one.row.id not in known]
            if ready:
                async with database.transaction() as tx:
                    turning = [
                        one.camera
                        for one in ready
                        if one.camera and one.surveyed.profile and one.surveyed.profile.turns
                    ]
                    await connect(tx, new, turning=turning, count=len(ready), actor="command-line")
                    assert settings.cameras is not None
                    await asyncio.to_thread(_keep, Path(settings.cameras), ready, account)
            print(
                f"{len(ready)} connected, {len(new)} of them new in the register; the media node reads its file at its next start"
            )
    finally:
        if database is not None:
            await database.close()
    return 0 if all(not one.surveyed.trouble for one in found) else 1


async def _look(
    world: World,
    turns: asyncio.Semaphore,
    name: str,
    service: str,
    account: tuple[str, str],
    rows: Places,
    known: Collection[str],
) -> Found:
    async with turns:
        device = OnvifDevice(world, with_account(service, *account))
        try:
            surveyed = await survey(world, device, *account)
        finally:
            await device.close()
    serial = surveyed.information.serial if surveyed.information else ""
    what = f"{surveyed.information.maker} {surveyed.information.model}" if surveyed.information else "unknown"
    camera, row = _place((serial, urlsplit(service).hostname or "", name), rows, known)
    return Found(name, service, what, surveyed, camera, row)


async def _try(
    world: World,
    turns: asyncio.Semaphore,
    relay: Relay,
    stream: Relayed,
    account: tuple[str, str],
    rows: Places,
    known: Collection[str],
) -> Found:
    async with turns:
        try:
            trouble = "open to whoever has no account" if await relay.lets_strangers(stream) else ""
        except Unanswered as unanswered:
            trouble = unanswered.reason
        trouble = trouble or await trouble_of(world, with_account(stream.url, *account))
    what = f"{'pulled' if stream.ready else 'on demand'}, {stream.readers} read it there"
    camera, row = _place((stream.name,), rows, known)
    return Found(stream.name, stream.url, what, Surveyed(stream=stream.url, trouble=trouble), camera, row)


def _place(keys: Sequence[str], rows: Places, known: Collection[str]) -> tuple[str | None, Camera | None]:
    """Which camera it is: the list of places says, by the first of these that it has, else it is called as a camera of the register."""
    for key in keys:
        if key and key in rows:
            camera, row = rows[key]
            return camera if row is not None or camera in known else None, row
    return (keys[-1] if keys[-1] in known else None), None


def _say(found: Sequence[Found], noun: str, dry_run: bool) -> None:
    for one in found:
        surveyed = one.surveyed
        sends = (
            f"{surveyed.profile.codec} {surveyed.profile.width}x{surveyed.profile.height}" if surveyed.profile else "-"
        )
        state = surveyed.trouble or "delivers"
        place = one.camera or ("place not looked up" if dry_run and one.row is None else "no place")
        print(f"  {one.name}  {urlsplit(one.service).netloc}  {one.what}  {sends}  {state}  -> {place}")
    troubled = sum(bool(one.surveyed.trouble) for one in found)
    print(f"{len(found)} {noun}: {len(found) - troubled} deliver, {troubled} do not")
    if dry_run:
        print("dry run: nothing was changed")


def _places(file: Path, centre: str) -> Places:
    """Which device is which camera: by serial number, host, or the name it gives itself. With latitude and longitude the camera may be new."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, csv.Error):
        raise Problem(400, "discover.places", f"{file} cannot be read") from None
    out: Places = {}
    for number, row in enumerate(rows, 2):
        try:
            if unknown := [name for name in row if name not in COLUMNS]:
                raise ValueError(f"there is no column {unknown[0]}; the columns are {', '.join(COLUMNS)}")
            device, camera = (row.get("device") or "").strip(), (row.get("camera") or "").strip()
            if not device or not camera:
                raise ValueError("device and camera must be named")
            out[device] = (camera, _row(row, camera, centre))
        except (ValueError, msgspec.ValidationError) as error:
            raise Problem(400, "discover.places", f"Line {number} does not fit", str(error), field="places") from None
    return out


def _row(row: Mapping[str, str | None], camera: str, centre: str) -> Camera | None:
    told = {name: value.strip() for name, value in row.items() if value and value.strip()}
    if "latitude" not in told and "longitude" not in told:
        return None
    fields: dict[str, Any] = {"azimuth_deg": None, "view_deg": 90.0, "range_m": 60.0}
    fields |= {name: float(told[name]) for name in COLUMNS[3:] if name in told}
    return msgspec.convert({"id": camera, "centre": centre, "name": told.get("name", camera), **fields}, Camera)


def _keep(file: Path, ready: Sequence[Found], account: tuple[str, str]) -> None:
    """Into the media node's own file, which only its user reads; whole, or as it was."""
    known: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    for one in ready:
        assert one.camera is not None
        before = known.get(one.camera)
        rules = {"url": with_account(one.surveyed.stream, *account)}
        if one.surveyed.profile and one.surveyed.profile.turns:
            rules |= {"device": with_account(one.service, *account), "profile": one.surveyed.profile.id}
        known[one.camera] = (before if isinstance(before, dict) else {}) | rules
    beside = file.with_name(f"{file.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump(known, out, ensure_ascii=False, indent=1)
        out.flush()
        os.fsync(out.fileno())
    beside.replace(file)
