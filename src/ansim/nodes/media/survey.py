"""What a device is, which of its streams is the right one, and whether that really delivers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from urllib.parse import quote

import msgspec

from ansim.core.world import World
from ansim.nodes.media.deadline import stop, within
from ansim.nodes.media.depacketiser import Depacketiser
from ansim.nodes.media.ports import Device, Information, Profile, Unanswered
from ansim.nodes.media.rtsp import CODECS, Address, CameraError, NoVideo, Session, SignInRefused

DELIVERS_WITHIN_S = 12.0
"""As long as the slowest camera may take to its first key frame."""
ASKS_WITHIN_S = 5.0
WIDEST, HIGHEST = 1280, 720
"""What nine tiles can show: a larger stream is only taken where there is no other."""


class Surveyed(msgspec.Struct, frozen=True, kw_only=True):
    """A device as it was found. `trouble` is empty when its stream delivers; `stream` has no account."""

    information: Information | None = None
    profile: Profile | None = None
    stream: str = ""
    trouble: str = ""


def choose(profiles: Sequence[Profile]) -> Profile | None:
    """The largest stream that a wall can show, else the smallest one; of the codec that the most browsers play."""
    for codec in CODECS:
        fit = [one for one in profiles if one.codec == codec.name]
        small = [one for one in fit if one.width <= WIDEST and one.height <= HIGHEST]
        if small:
            return max(small, key=lambda one: one.width * one.height)
        if fit:
            return min(fit, key=lambda one: one.width * one.height)
    return None


async def survey(world: World, device: Device, user: str, password: str) -> Surveyed:
    found = Surveyed()
    try:
        found = msgspec.structs.replace(found, information=await device.information())
        profiles = await device.profiles()
        profile = choose(profiles)
        if profile is None:
            codecs = ", ".join(sorted({one.codec or "unnamed" for one in profiles})) or "nothing"
            return msgspec.structs.replace(found, trouble=f"no H.264 or H.265 stream, but {codecs}")
        stream = await device.stream(profile.id)
        found = msgspec.structs.replace(found, profile=profile, stream=stream)
    except Unanswered as unanswered:
        return msgspec.structs.replace(found, trouble=unanswered.reason)
    return msgspec.structs.replace(found, trouble=await trouble_of(world, with_account(stream, user, password)))


async def trouble_of(world: World, url: str) -> str:
    """Why no picture comes from this address, in words without it; empty when one comes."""
    try:
        await within(world.clock, DELIVERS_WITHIN_S, _key_frame(world, Address.parse(url)))
    except CameraError as error:
        return str(error)
    except TimeoutError:
        return "no key frame in time"
    return ""


async def asks_for_account(world: World, url: str) -> bool:
    """Whether it refuses to say what is at this address, which has no account, to whoever has none. Raises Unanswered."""
    session = Session(world, Address.parse(url), lambda packet: None)
    try:
        await within(world.clock, ASKS_WITHIN_S, session.describe())
    except SignInRefused:
        return True
    except NoVideo:
        return False
    except TimeoutError:
        raise Unanswered("no-answer") from None
    except CameraError:
        raise Unanswered("no-connection") from None
    finally:
        session.close()
    return False


def with_account(url: str, user: str, password: str) -> str:
    """For this node's own file; nowhere else."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{rest}" if user else url


async def _key_frame(world: World, address: Address) -> None:
    seen = asyncio.Event()
    depacketiser: Depacketiser | None = None

    def packet(packet: bytes) -> None:
        if depacketiser is not None and any(unit.key for unit in depacketiser.push(packet)):
            seen.set()

    session = Session(world, address, packet)
    try:
        track = await session.describe()
        depacketiser = Depacketiser(track.codec, track.parameters)
        await session.play(track)
        waiting = [asyncio.ensure_future(one) for one in (seen.wait(), session.wait_lost())]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await stop(*waiting)
        if not seen.is_set():
            raise CameraError("the camera closed the connection")
    finally:
        session.close()
