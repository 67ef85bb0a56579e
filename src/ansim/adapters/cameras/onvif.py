"""Cameras by ONVIF, through onveef.

The word that goes over the network is a digest, by WS-UsernameToken or HTTP; where a camera takes the password itself only, it is not signed in to. Certificates of cameras are
their own, so they prove nothing and are not checked. `onvif-zeep-async`, the other client, installs a module that others install too (`onvif`), and stays
out of the environment.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit, urlunsplit

from onveef import parsers
from onveef.aclient import AsyncOnvifClient
from onveef.exceptions import (
    OnvifAuthError,
    OnvifCapabilityMissingError,
    OnvifError,
    OnvifFaultError,
    OnvifOperationNotSupportedError,
    OnvifTimeoutError,
)
from onveef.transport import OnvifEndpoint

from ansim.core.world import World
from ansim.nodes.media.deadline import within
from ansim.nodes.media.ports import Aim, HeadStatus, Information, Preset, Profile, Reason, Unanswered
from ansim.nodes.media.rtsp import Address

ANSWER_WITHIN_S = 8.0
ANSWER_BYTES = 1 << 20
TOLD = 200
"""Letters that are taken of what a device calls itself."""

Result = TypeVar("Result")


class _Malformed(OnvifError):
    """XML that is none: onveef takes it for an empty answer."""


class _Client(AsyncOnvifClient):
    async def call(self, **asked: Any) -> str:
        answer = await super().call(**asked)
        if parsers.parse_xml(answer) is None:
            raise _Malformed
        return answer


class OnvifDevice:
    """`url` is http[s]://[account:password@]host[:port]/onvif/device_service."""

    def __init__(self, world: World, url: str) -> None:
        """Raises ValueError, without repeating the address: it may hold a password."""
        self._clock = world.clock
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host = None
        if not host or parts.scheme not in ("http", "https") or any(character in url for character in "\r\n \t"):
            raise ValueError("a device's address is http://[account:password@]host[:port]/onvif/device_service")
        bare = f"[{host}]" if ":" in host else host
        clean = urlunsplit((parts.scheme, f"{bare}:{port}" if port else bare, parts.path, parts.query, ""))
        self._client = _Client(
            endpoint=OnvifEndpoint(clean),
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            timeout_s=60,  # the world's clock ends it first
            verify_tls=False,
            http_auth="digest",
            retries=0,
            max_response_bytes=ANSWER_BYTES,
        )
        self._known = False

    def __repr__(self) -> str:
        return "OnvifDevice()"

    async def close(self) -> None:
        await self._client.aclose()

    async def information(self) -> Information:
        told = await self._ask(self._client.get_device_information())
        if not told:
            raise Unanswered("malformed")
        maker, model, firmware, serial = (
            told.get(name, "")[:TOLD] for name in ("Manufacturer", "Model", "FirmwareVersion", "SerialNumber")
        )
        return Information(maker=maker, model=model, firmware=firmware, serial=serial)

    async def profiles(self) -> list[Profile]:
        return [
            _profile(told) for told in await self._ask(self._of_service(self._client.get_profiles)) if told["token"]
        ]

    async def stream(self, profile: str) -> str:
        url = await self._ask(self._of_service(self._client.get_stream_uri, profile_token=profile))
        try:
            return Address.parse(url).url
        except ValueError:
            raise Unanswered("malformed") from None

    async def presets(self, profile: str) -> list[Preset]:
        told = await self._ask(self._of_service(self._client.ptz_get_presets, profile_token=profile))
        return [Preset(id=one["token"], name=(one.get("name") or one["token"])[:TOLD]) for one in told if one["token"]]

    async def go(self, profile: str, to: str | Aim) -> None:
        if isinstance(to, Aim):
            aim = {"pan": to.pan, "tilt": to.tilt, "zoom": to.zoom}
            await self._ask(self._of_service(self._client.ptz_absolute_move, profile_token=profile, **aim))
        else:
            await self._ask(self._of_service(self._client.ptz_goto_preset, profile_token=profile, preset_token=to))

    async def status(self, profile: str) -> HeadStatus:
        told = await self._ask(self._of_service(self._client.ptz_get_status, profile_token=profile))
        aim = None
        if "pan" in told and "tilt" in told:
            # what is a hair outside its own space is at its edge
            pan, tilt = (max(-1.0, min(1.0, told[axis])) for axis in ("pan", "tilt"))
            aim = Aim(pan=pan, tilt=tilt, zoom=max(0.0, min(1.0, told.get("zoom", 0.0))))
        return HeadStatus(aim=aim, moving="MOVING" in told.get("move_status", {}).values())

    async def _of_service(self, call: Any, **arguments: Any) -> Any:
        """Calls behind the device service need to know where their own is: asked once, and by ourselves, so that what goes
        wrong there is said.
        """
        if not self._known:
            services = await self._client.discover_services()
            self._client.set_endpoint(OnvifEndpoint(self._client.endpoint.device_xaddr, services=services))
            self._known = True
        return await call(**arguments)

    async def _ask(self, asking: Coroutine[Any, Any, Result]) -> Result:
        """What a camera answers may name its account: nothing of it goes on but our word for what happened."""
        try:
            return await within(self._clock, ANSWER_WITHIN_S, asking)
        except TimeoutError:
            reason: Reason = "no-answer"
        except OnvifError as error:
            reason = next((word for kind, word in _REASONS if isinstance(error, kind)), "no-connection")
        except Exception:  # a camera's nonsense that the client did not expect
            reason = "malformed"
        raise Unanswered(reason)


_REASONS: tuple[tuple[type[OnvifError], Reason], ...] = (
    (OnvifAuthError, "sign-in"),
    (_Malformed, "malformed"),
    (OnvifTimeoutError, "no-answer"),
    (OnvifCapabilityMissingError, "unsupported"),
    (OnvifOperationNotSupportedError, "unsupported"),
    (OnvifFaultError, "refused"),
)


def _profile(told: dict[str, Any]) -> Profile:
    encoder = told.get("video_encoder", {})
    return Profile(
        id=told["token"],
        codec=str(encoder.get("encoding", "")).upper().replace(".", ""),
        width=encoder.get("width", 0),
        height=encoder.get("height", 0),
        fps=encoder.get("fps_limit") or 0,
        turns="ptz" in told,
    )
