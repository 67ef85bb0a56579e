"""The cameras' other side: ONVIF as devices speak it (device, media and PTZ service, WS-Discovery), for all of them on
one HTTP port, http://host:port/<camera id>/onvif/<service>.

Sources: ONVIF Core, Media and PTZ Service Specifications, WS-Security UsernameToken Profile 1.1 (password digest),
WS-Discovery 2005/04.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
import socket
import struct
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from ansim.core.world import World
from ansim.sim.cameras import HEIGHT, WIDTH, CameraServer
from ansim.sim.coding import FPS
from ansim.sim.faults import ELSEWHERE, LATE_S

MAX_HEAD, MAX_BODY = 16 * 1024, 64 * 1024
SIGNED_WITHIN = timedelta(minutes=5)
GROUP, DISCOVERY_PORT = "239.255.255.250", 3702
MAKER, MODEL = "ansim", "simulated dome"
SPACE = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/PositionGenericSpace"
NAMES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tptz": "http://www.onvif.org/ver20/ptz/wsdl",
    "tt": "http://www.onvif.org/ver10/schema",
    "ter": "http://www.onvif.org/ver10/error",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "d": "http://schemas.xmlsoap.org/ws/2005/04/discovery",
    "dn": "http://www.onvif.org/ver10/network/wsdl",
}
Place = tuple[float, float, float]
"""Pan and tilt from -1 to 1, zoom from 0 to 1, as ONVIF's generic spaces have them."""
HOME: Place = (0.0, 0.0, 0.0)
PRESETS: dict[str, tuple[str, Place]] = {"1": ("정위치", HOME)}


class Head:
    """What turns. A movement takes time: SPEED of the generic space in a second, the slowest axis counts."""

    SPEED = 0.5

    def __init__(self, clock: Callable[[], float], presets: Mapping[str, tuple[str, Place]] = PRESETS) -> None:
        self._clock = clock
        self._from = self._to = HOME
        self._began = self._ends = clock()
        self.presets = dict(presets)

    def go(self, to: Place) -> None:
        self._from, self._to, self._began = self.place, to, self._clock()
        self._ends = self._began + max(abs(b - a) for a, b in zip(self._from, to, strict=True)) / self.SPEED

    @property
    def moving(self) -> bool:
        return self._clock() < self._ends

    @property
    def place(self) -> Place:
        if not self.moving:
            return self._to
        share = (self._clock() - self._began) / (self._ends - self._began)
        pan, tilt, zoom = (a + (b - a) * share for a, b in zip(self._from, self._to, strict=True))
        return pan, tilt, zoom


class _Fault(Exception):
    """A SOAP fault with this subcode, as ONVIF names it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class OnvifServer:
    """Answers for every camera of `cameras`; those in `turning` have a head. `port` 0: any free one."""

    world: World
    cameras: CameraServer
    turning: frozenset[str] = frozenset()
    presets: Mapping[str, tuple[str, Place]] = field(default_factory=lambda: PRESETS)
    host: str = "127.0.0.1"
    port: int = 0
    discovery_port: int = 0
    """Where WS-Discovery listens as well as in its group; the standard's is 3702."""
    heads: dict[str, Head] = field(default_factory=dict)
    _seen: deque[str] = field(default_factory=lambda: deque(maxlen=4096))
    _listener: asyncio.Server | None = None
    _discovery: asyncio.DatagramTransport | None = None
    _talks: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> None:
        self.heads = {id: Head(self.world.clock.monotonic, self.presets) for id in self.turning}
        self._listener = await asyncio.start_server(self._serve, self.host, self.port, limit=MAX_HEAD)
        self.port = self._listener.sockets[0].getsockname()[1]
        loop = asyncio.get_running_loop()
        self._discovery, _ = await loop.create_datagram_endpoint(lambda: _Discovery(self), sock=self._group())
        self.discovery_port = self._discovery.get_extra_info("sockname")[1]

    async def stop(self) -> None:
        if self._discovery is not None:
            self._discovery.close()
        if self._listener is not None:
            self._listener.close()
            for talk in self._talks:
                talk.cancel()
            await asyncio.gather(*self._talks, return_exceptions=True)
            await self._listener.wait_closed()

    def _group(self) -> socket.socket:
        listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("", self.discovery_port))
        membership = struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton(self.host))
        with suppress(OSError):  # a machine without multicast: it can still be asked by its address
            listening.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        listening.setblocking(False)
        return listening

    def address(self, camera: str, service: str = "device_service", *, told: bool = False) -> str:
        """Where a service is; `told`: as the camera itself says it."""
        wrong = told and self.cameras.fault_of(camera) == "address"
        return f"http://{ELSEWHERE if wrong else self.host}:{self.port}/{camera}/onvif/{service}"

    def matches(self, probe: bytes) -> list[bytes]:
        """What every camera answers to a WS-Discovery Probe; nothing to anything else."""
        try:
            request = ElementTree.fromstring(probe)
        except ElementTree.ParseError:
            return []
        asked = request.find(".//a:MessageID", NAMES)
        if request.find(".//d:Probe", NAMES) is None or asked is None:
            return []
        return [
            _envelope(
                f"<d:ProbeMatches><d:ProbeMatch><a:EndpointReference><a:Address>urn:uuid:{_serial(camera)}</a:Address>"
                f"</a:EndpointReference><d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types>"
                f"<d:Scopes>{' '.join(_scopes(camera))}</d:Scopes><d:XAddrs>{self.address(camera, told=True)}</d:XAddrs>"
                "<d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches>",
                head=f"<a:RelatesTo>{escape(asked.text or '')}</a:RelatesTo>",
            ).encode()
            for camera in self.cameras.ids
            if self.cameras.fault_of(camera) not in ("offline", "stall")
        ]

    # -- HTTP

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        try:
            while await self._exchange(reader, writer):
                pass
        except (OSError, EOFError, asyncio.LimitOverrunError, ValueError, asyncio.CancelledError):
            pass  # not HTTP, gone, or stopped in the middle of it: a camera closes
        finally:
            self._talks.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        length = next((line.partition(":")[2] for line in head[1:] if line.lower().startswith("content-length:")), "0")
        if int(length) > MAX_BODY:
            return False
        body = await reader.readexactly(int(length))
        camera, _, rest = unquote(urlsplit(target).path).strip("/").partition("/")
        known = camera in self.cameras.ids and rest.startswith("onvif/")
        fault = self.cameras.fault_of(camera) if known else None
        if fault == "offline":
            writer.transport.abort()
            return False
        if fault == "stall":
            await self.world.clock.sleep(3600)
        if method != "POST" or not known:
            status, text = ("405 Method Not Allowed", "") if known else ("404 Not Found", "")
        else:
            status, text = self._answer(camera, body)
        content = text.encode()
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Type: application/soap+xml; charset=utf-8\r\n"
            f"Content-Length: {len(content)}\r\n\r\n".encode()
            + content
        )
        await writer.drain()
        return True

    def _answer(self, camera: str, body: bytes) -> tuple[str, str]:
        try:
            request = ElementTree.fromstring(body)
            asked = next(iter(request.find("s:Body", NAMES)))  # type: ignore[arg-type]
        except (ElementTree.ParseError, TypeError, StopIteration):
            return "400 Bad Request", _fault("ter:WellFormed")
        operation = asked.tag.rpartition("}")[2]
        try:
            if operation != "GetSystemDateAndTime" and not self._admits(camera, request):
                raise _Fault("ter:NotAuthorized")
            answer = _OPERATIONS.get(operation)
            if answer is None:
                raise _Fault("ter:ActionNotSupported")
            inner = answer(self, camera, asked)
        except _Fault as fault:
            return ("400 Bad Request" if fault.code != "ter:ActionNotSupported" else "500 Internal Server Error"), (
                _fault(fault.code)
            )
        text = _envelope(inner)
        if self.cameras.fault_of(camera) == "malformed":
            # as ipycam's: the prefix is used, and declared nowhere
            text = re.sub(r' xmlns:(trt|tptz|tds)="[^"]*"', "", text)
        return "200 OK", text

    def _admits(self, camera: str, request: ElementTree.Element) -> bool:
        """UsernameToken with a password digest over a fresh nonce, made within minutes of the camera's own clock."""
        if self.cameras.fault_of(camera) == "refuse":
            return False
        given = {element.tag.rpartition("}")[2]: (element.text or "").strip() for element in request.iter()}
        user, password = self.cameras.account
        try:
            nonce = base64.b64decode(given["Nonce"], validate=True)
            created = datetime.fromisoformat(given["Created"])
        except (KeyError, ValueError):
            return False
        if created.tzinfo is None or abs(created - self.now(camera)) > SIGNED_WITHIN or given["Nonce"] in self._seen:
            return False
        digest = hashlib.sha1(nonce + given["Created"].encode() + password.encode(), usedforsecurity=False).digest()
        right = hmac.compare_digest(base64.b64encode(digest), given.get("Password", "").encode())
        if right and given.get("Username") == user:
            self._seen.append(given["Nonce"])
            return True
        return False

    def now(self, camera: str) -> datetime:
        late = LATE_S if self.cameras.fault_of(camera) == "clock" else 0.0
        return self.world.clock.now() - timedelta(seconds=late)

    def head(self, camera: str) -> Head:
        if camera not in self.heads:
            raise _Fault("ter:NoPTZProfile")
        return self.heads[camera]


class _Discovery(asyncio.DatagramProtocol):
    def __init__(self, server: OnvifServer) -> None:
        self._server = server
        self._transport: asyncio.DatagramTransport | None = None
        self._answers: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, probe: bytes, sender: tuple[str, int]) -> None:
        if matches := self._server.matches(probe):
            task = asyncio.ensure_future(self._answer(matches, sender))
            self._answers.add(task)
            task.add_done_callback(self._answers.discard)

    async def _answer(self, matches: list[bytes], sender: tuple[str, int]) -> None:
        """One after the other: cameras do not all answer in one moment, and who asks can take only so much at once."""
        for match in matches:
            if self._transport is None or self._transport.is_closing():
                return
            self._transport.sendto(match, sender)
            await self._server.world.clock.sleep(0)


# -- what a device answers


def _clock(server: OnvifServer, camera: str, _: ElementTree.Element) -> str:
    at = server.now(camera).astimezone(UTC)
    return (
        "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType>"
        "<tt:DaylightSavings>false</tt:DaylightSavings><tt:UTCDateTime>"
        f"<tt:Time><tt:Hour>{at.hour}</tt:Hour><tt:Minute>{at.minute}</tt:Minute><tt:Second>{at.second}</tt:Second></tt:Time>"
        f"<tt:Date><tt:Year>{at.year}</tt:Year><tt:Month>{at.month}</tt:Month><tt:Day>{at.day}</tt:Day></tt:Date>"
        "</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
    )


def _information(server: OnvifServer, camera: str, _: ElementTree.Element) -> str:
    return (
        f"<tds:GetDeviceInformationResponse><tds:Manufacturer>{MAKER}</tds:Manufacturer><tds:Model>{MODEL}</tds:Model>"
        f"<tds:FirmwareVersion>1.0</tds:FirmwareVersion><tds:SerialNumber>{_serial(camera)}</tds:SerialNumber>"
        "<tds:HardwareId>sim</tds:HardwareId></tds:GetDeviceInformationResponse>"
    )


def _services(server: OnvifServer, camera: str, _: ElementTree.Element) -> str:
    offered = ["tds", "trt", *(["tptz"] if camera in server.heads else [])]
    paths = {"tds": "device_service", "trt": "media_service", "tptz": "ptz_service"}
    return "".join(
        (
            "<tds:GetServicesResponse>",
            *(
                f"<tds:Service><tds:Namespace>{NAMES[one]}</tds:Namespace>"
                f"<tds:XAddr>{server.address(camera, paths[one], told=True)}</tds:XAddr>"
                "<tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>"
                for one in offered
            ),
            "</tds:GetServicesResponse>",
        )
    )


def _profiles(server: OnvifServer, camera: str, _: ElementTree.Element) -> str:
    main = "H265" if server.cameras.fault_of(camera) == "h265" else "H264"
    turns = (
        '<tt:PTZConfiguration token="ptz"><tt:Name>ptz</tt:Name><tt:NodeToken>head</tt:NodeToken></tt:PTZConfiguration>'
    )
    return "".join(
        (
            "<trt:GetProfilesResponse>",
            *(
                f'<trt:Profiles token="{token}" fixed="true"><tt:Name>{token}</tt:Name>'
                f'<tt:VideoEncoderConfiguration token="{token}"><tt:Name>{token}</tt:Name><tt:Encoding>{codec}</tt:Encoding>'
                f"<tt:Resolution><tt:Width>{WIDTH}</tt:Width><tt:Height>{HEIGHT}</tt:Height></tt:Resolution>"
                f"<tt:RateControl><tt:FrameRateLimit>{FPS}</tt:FrameRateLimit></tt:RateControl>"
                f"</tt:VideoEncoderConfiguration>{turns if camera in server.heads else ''}</trt:Profiles>"
                for token, codec in (("main", main), ("second", "H264"))
            ),
            "</trt:GetProfilesResponse>",
        )
    )


def _stream(server: OnvifServer, camera: str, asked: ElementTree.Element) -> str:
    profile = asked.findtext(".//trt:ProfileToken", "", NAMES)
    if profile not in ("main", "second"):
        raise _Fault("ter:NoProfile")
    host = ELSEWHERE if server.cameras.fault_of(camera) == "address" else server.cameras.host
    path = camera if profile == "main" else f"{camera}/second"
    return (
        f"<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>rtsp://{host}:{server.cameras.port}/{path}</tt:Uri>"
        "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect></trt:MediaUri></trt:GetStreamUriResponse>"
    )


def _presets(server: OnvifServer, camera: str, _: ElementTree.Element) -> str:
    return "".join(
        (
            "<tptz:GetPresetsResponse>",
            *(
                f'<tptz:Preset token="{token}"><tt:Name>{escape(name)}</tt:Name>{_position(place)}</tptz:Preset>'
                for token, (name, place) in server.head(camera).presets.items()
            ),
            "</tptz:GetPresetsResponse>",
        )
    )


def _go_to_preset(server: OnvifServer, camera: str, asked: ElementTree.Element) -> str:
    head = server.head(camera)
    found = head.presets.get(asked.findtext(".//tptz:PresetToken", "", NAMES))
    if found is None:
        raise _Fault("ter:NoToken")
    head.go(found[1])
    return "<tptz:GotoPresetResponse/>"


def _set_preset(server: OnvifServer, camera: str, asked: ElementTree.Element) -> str:
    head = server.head(camera)
    token = asked.findtext(".//tptz:PresetToken", "", NAMES) or str(len(head.presets) + 1)
    head.presets[token] = (asked.findtext(".//tptz:PresetName", "", NAMES) or token, head.place)
    return f"<tptz:SetPresetResponse><tptz:PresetToken>{token}</tptz:PresetToken></tptz:SetPresetResponse>"


def _go(server: OnvifServer, camera: str, asked: ElementTree.Element) -> str:
    head = server.head(camera)
    pan, tilt, zoom = head.place
    both, depth = asked.find(".//tt:PanTilt", NAMES), asked.find(".//tt:Zoom", NAMES)
    try:
        if both is not None:
            pan, tilt = float(both.attrib["x"]), float(both.attrib["y"])
        if depth is not None:
            zoom = float(depth.attrib["x"])
    except (KeyError, ValueError):
        raise _Fault("ter:InvalidPosition") from None
    if not (-1 <= pan <= 1 and -1 <= tilt <= 1 and 0 <= zoom <= 1):
        raise _Fault("ter:InvalidPosition")
    head.go((pan, tilt, zoom))
    return "<tptz:AbsoluteMoveResponse/>"


def _status(server: OnvifServer, camera: str, _: ElementTree.Element) -> str:
    head = server.head(camera)
    word = "MOVING" if head.moving else "IDLE"
    place = _position(head.place).replace("PTZPosition", "Position")
    return (
        f"<tptz:GetStatusResponse><tptz:PTZStatus>{place}<tt:MoveStatus><tt:PanTilt>{word}</tt:PanTilt><tt:Zoom>{word}</tt:Zoom>"
        f"</tt:MoveStatus><tt:UtcTime>{server.now(camera):%Y-%m-%dT%H:%M:%SZ}</tt:UtcTime></tptz:PTZStatus>"
        "</tptz:GetStatusResponse>"
    )


_OPERATIONS: dict[str, Callable[[OnvifServer, str, ElementTree.Element], str]] = {
    "GetSystemDateAndTime": _clock,
    "GetDeviceInformation": _information,
    "GetServices": _services,
    "GetProfiles": _profiles,
    "GetStreamUri": _stream,
    "GetPresets": _presets,
    "GotoPreset": _go_to_preset,
    "SetPreset": _set_preset,
    "AbsoluteMove": _go,
    "GetStatus": _status,
}


def _position(place: Place) -> str:
    pan, tilt, zoom = place
    return (
        f'<tt:PTZPosition><tt:PanTilt x="{pan:.4f}" y="{tilt:.4f}" space="{SPACE}"/><tt:Zoom x="{zoom:.4f}"/>'
        "</tt:PTZPosition>"
    )


def _serial(camera: str) -> str:
    digest = hashlib.sha256(camera.encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"


def _scopes(camera: str) -> list[str]:
    return [f"onvif://www.onvif.org/{one}" for one in ("Profile/Streaming", "type/ptz", f"name/{camera}")]


def _envelope(inner: str, head: str = "") -> str:
    names = " ".join(f'xmlns:{prefix}="{address}"' for prefix, address in NAMES.items())
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope {names}><s:Header>{head}</s:Header>'
        f"<s:Body>{inner}</s:Body></s:Envelope>"
    )


def _fault(code: str) -> str:
    return _envelope(
        f"<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>{code}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en">{code.partition(":")[2]}</s:Text></s:Reason></s:Fault>'
    )
