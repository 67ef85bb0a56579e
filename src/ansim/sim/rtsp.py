"""RTSP 1.0 over TCP (RFC 2326) with digest sign-in (RFC 2617), H.264 (RFC 6184) and H.265 (RFC 7798) in RTP, as a
camera speaks it.

Only what a camera needs: OPTIONS, DESCRIBE, SETUP with interleaved transport, PLAY, PAUSE, GET_PARAMETER,
SET_PARAMETER and TEARDOWN of one video track. UDP is refused with 461, as many cameras behind a firewall do.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import re
import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import md5
from typing import Protocol
from urllib.parse import unquote, urlsplit

from ansim.core.world import World
from ansim.sim.coding import Codec
from ansim.sim.faults import ELSEWHERE, LATE_S, Fault

MAX_LINE = 4096
MAX_HEADERS = 64
MAX_BODY = 64 * 1024
MTU = 1400
CLOCK_HZ = 90_000
REALM = "ansim simulated camera"
METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, SET_PARAMETER, TEARDOWN"
REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Request Entity Too Large",
    453: "Not Enough Bandwidth",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    459: "Aggregate Operation Not Allowed",
    461: "Unsupported Transport",
    503: "Service Unavailable",
    505: "RTSP Version Not Supported",
}
SLOW_BYTES = 1 << 20
DEAD_BYTES = 8 << 20
REPORT_EVERY_S = 5.0
DROPPED = 20
"""Under the fault `drop` one packet of so many is lost."""
NTP_EPOCH_S = 2_208_988_800


@dataclass(frozen=True)
class AccessUnit:
    """One encoded picture: its NAL units without start codes, its RTP time, and whether it can be decoded
    alone."""

    nals: tuple[bytes, ...]
    rtp_time: int
    key: bool


class Stream(Protocol):
    """What the server plays from."""

    def parameter_sets(self, codec: Codec) -> tuple[bytes, ...]:
        """Without start codes: SPS and PPS, of H.265 VPS before them."""

    def join(self, viewer: Viewer) -> None: ...

    def leave(self, viewer: Viewer) -> None: ...

    @property
    def fault(self) -> Fault | None: ...


class Refusal(Exception):
    """A request is answered with this status; `close` when the connection cannot be trusted to be in step
    any more."""

    def __init__(self, status: int, close: bool = False, **headers: str) -> None:
        super().__init__(status)
        self.status = status
        self.close = close
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@dataclass(frozen=True)
class Request:
    method: str
    url: str
    headers: dict[str, str]

    @property
    def track(self) -> str:
        """The camera id: the first part of the path."""
        return self._path[0]

    @property
    def second(self) -> bool:
        """Whether it is the camera's second stream, <camera id>/second."""
        return "second" in self._path[1:]

    @property
    def _path(self) -> list[str]:
        return unquote(urlsplit(self.url).path.strip("/")).split("/")


@dataclass
class Server:
    """Listens and plays `streams` (camera id -> stream). `host`, `port` 0: any free port, then `port` is the
    real one."""

    world: World
    streams: dict[str, Stream]
    user: str
    password: str
    host: str = "127.0.0.1"
    port: int = 0
    _nonces: deque[str] = field(default_factory=lambda: deque(maxlen=1024))
    _connections: set[Viewer] = field(default_factory=set)
    _listener: asyncio.Server | None = None

    async def start(self) -> None:
        self._listener = await asyncio.start_server(self._serve, self.host, self.port, limit=MAX_LINE)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._listener is None:
            return
        self._listener.close()
        tasks = [viewer.task for viewer in self._connections if viewer.task]
        for viewer in list(self._connections):
            viewer.cut()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._listener.wait_closed()
        self._listener = None

    def url(self, camera: str) -> str:
        return f"rtsp://{self.user}:{self.password}@{self.host}:{self.port}/{camera}"

    def nonce(self) -> str:
        nonce = self.world.token_bytes(16).hex()
        self._nonces.append(nonce)
        return nonce

    def admits(self, request: Request) -> bool:
        """Whether the request carries a right digest over a nonce of ours (MD5, with or without qop=auth)."""
        scheme, _, rest = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "digest":
            return False
        given = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(rest)}
        nonce = given.get("nonce", "")
        if given.get("username") != self.user or nonce not in self._nonces:
            return False
        secret = _md5(f"{self.user}:{REALM}:{self.password}")
        act = _md5(f"{request.method}:{given.get('uri', '')}")
        middle = nonce
        if given.get("qop"):
            middle = f"{nonce}:{given.get('nc', '')}:{given.get('cnonce', '')}:{given['qop']}"
        expected = _md5(f"{secret}:{middle}:{act}")
        try:
            signed = urlsplit(given.get("uri", "")).path
        except ValueError:
            return False
        same_path = signed.rstrip("/") == urlsplit(request.url).path.rstrip("/")
        return same_path and hmac.compare_digest(expected.encode(), given.get("response", "").encode())

    def gives(self, stream: Stream, *, but: Viewer) -> bool:
        """Whether somebody else has a session of this stream."""
        return any(viewer.has(stream) for viewer in self._connections if viewer is not but)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        viewer = Viewer(self, reader, writer)
        viewer.task = asyncio.current_task()
        self._connections.add(viewer)
        try:
            await viewer.talk()
        except (OSError, EOFError):
            pass  # the peer went away; nothing is left to answer
        finally:
            self._connections.discard(viewer)
            viewer.close()


class Viewer:
    """One connection: first it talks, then access units are sent to it in between."""

    def __init__(self, server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.task: asyncio.Task[None] | None = None
        self.codec: Codec = "H264"
        self._server = server
        self._reader = reader
        self._writer = writer
        self._stream: Stream | None = None
        self._camera = ""
        self._playing = False
        self._session = server.world.token_bytes(8).hex()
        self._channel = 0
        self._ssrc = int.from_bytes(server.world.token_bytes(4))
        self._sequence = int.from_bytes(server.world.token_bytes(2))
        self._started = False
        self._packets = 0
        self._octets = 0
        self._reported_at = float("-inf")

    def has(self, stream: Stream) -> bool:
        return self._stream is stream

    async def talk(self) -> None:
        while True:
            cseq = "0"
            try:
                request = await self._read()
                if request is None:
                    return
                cseq = request.headers.get("cseq", "")
                if not cseq.isdecimal() or len(cseq) > 10:
                    cseq = "0"
                    raise Refusal(400)
                after = self._answer(request, cseq)
            except Refusal as refusal:
                self._write(refusal.status, cseq, refusal.headers)
                if refusal.close:
                    return
                continue
            await self._writer.drain()
            if after is not None:
                after()
            if request.method == "TEARDOWN":
                return

    async def _read(self) -> Request | None:
        """The next request; RTCP packets that came between are dropped. None at the end."""
        while True:
            first = await self._reader.read(1)
            if not first:
                return None
            if first == b"$":
                length = struct.unpack(">xH", await self._reader.readexactly(3))[0]
                await self._reader.readexactly(length)
                continue
            if first not in b"\r\n":
                break
        line = (first + await self._line()).decode("latin-1").strip()
        parts = line.split(" ")
        if len(parts) != 3 or not re.fullmatch(r"[A-Z_]{1,32}", parts[0]) or not parts[2].startswith("RTSP/"):
            raise Refusal(400, close=True)
        headers: dict[str, str] = {}
        while line := (await self._line()).decode("latin-1").strip():
            name, colon, value = line.partition(":")
            if not colon or len(headers) >= MAX_HEADERS:
                raise Refusal(400, close=True)
            headers[name.strip().lower()] = value.strip()
        length_text = headers.get("content-length", "0")
        if not length_text.isdecimal():
            raise Refusal(400, close=True)
        if int(length_text) > MAX_BODY:
            raise Refusal(413, close=True)
        await self._reader.readexactly(int(length_text))
        request = Request(method=parts[0], url=parts[1], headers=headers)
        if parts[2] != "RTSP/1.0":
            raise Refusal(505)
        return request

    async def _line(self) -> bytes:
        try:
            return await self._reader.readuntil(b"\n")
        except (asyncio.LimitOverrunError, ValueError):
            raise Refusal(400, close=True) from None

    def _answer(self, request: Request, cseq: str) -> Callable[[], None] | None:
        """Answer one request; returns what is to be done once the answer is out."""
        if request.method == "OPTIONS":
            self._write(200, cseq, {"Public": METHODS})
            return None
        try:
            scheme = urlsplit(request.url).scheme
        except ValueError:
            scheme = ""
        if scheme != "rtsp":
            raise Refusal(400)
        stream = self._server.streams.get(request.track)
        if not self._server.admits(request) or (stream and stream.fault == "refuse"):
            challenge = f'Digest realm="{REALM}", nonce="{self._server.nonce()}", algorithm=MD5'
            raise Refusal(401, WWW_Authenticate=challenge)
        if stream is None:
            raise Refusal(404)
        if stream.fault == "offline":
            raise Refusal(503)
        if request.method == "DESCRIBE":
            self._describe(request, stream, cseq)
            return None
        if request.method == "SETUP":
            self._set_up(request, stream, cseq)
            return None
        if request.method not in METHODS.split(", "):
            raise Refusal(405, Allow=METHODS)
        given = request.headers.get("session", "").split(";")[0]
        if request.method in ("GET_PARAMETER", "SET_PARAMETER") and not given:
            self._write(200, cseq, {})
            return None
        if self._stream is None or given != self._session:
            raise Refusal(454)
        if stream is not self._stream:
            raise Refusal(459)
        headers = {"Session": self._session}
        if request.method == "PLAY":
            headers["Range"] = "npt=0.000-"
        self._write(200, cseq, headers)
        if request.method == "PLAY":
            return self._play
        if request.method == "PAUSE":
            self._pause()
        return None

    def _describe(self, request: Request, stream: Stream, cseq: str) -> None:
        codec = _codec(request, stream)
        sets = stream.parameter_sets(codec)
        told = [base64.b64encode(one).decode() for one in sets]
        if codec == "H264":
            form = f"packetization-mode=1;profile-level-id={sets[0][1:4].hex()};sprop-parameter-sets={','.join(told)}"
        else:
            form = ";".join(
                f"{name}={one}" for name, one in zip(("sprop-vps", "sprop-sps", "sprop-pps"), told, strict=True)
            )
        body = "\r\n".join(
            (
                "v=0",
                f"o=- 0 0 IN IP4 {self._server.host}",
                "s=camera",
                "c=IN IP4 0.0.0.0",
                "t=0 0",
                "m=video 0 RTP/AVP 96",
                f"a=rtpmap:96 {codec}/{CLOCK_HZ}",
                f"a=fmtp:96 {form}",
                "a=control:trackID=0",
                "",
            )
        )
        base = request.url.rstrip("/") + "/"
        if stream.fault == "address":
            base = base.replace(f"//{self._server.host}:", f"//{ELSEWHERE}:", 1)
        self._write(200, cseq, {"Content-Base": base, "Content-Type": "application/sdp"}, body.encode())

    def _set_up(self, request: Request, stream: Stream, cseq: str) -> None:
        if self._playing:
            raise Refusal(455)
        transport = request.headers.get("transport", "")
        if "RTP/AVP/TCP" not in transport:
            raise Refusal(461)
        asked = re.search(r"interleaved=(\d{1,3})", transport)
        self._channel = int(asked[1]) if asked else 0
        if self._channel > 254:
            raise Refusal(461)
        if stream.fault == "single" and self._server.gives(stream, but=self):
            raise Refusal(453)
        self._stream, self._camera, self.codec = stream, request.track, _codec(request, stream)
        self._write(
            200,
            cseq,
            {
                "Session": f"{self._session};timeout=60",
                "Transport": f"RTP/AVP/TCP;unicast;interleaved={self._channel}-{self._channel + 1};"
                f"ssrc={self._ssrc:08X}",
            },
        )

    def _write(self, status: int, cseq: str, headers: dict[str, str], body: bytes = b"") -> None:
        head = [f"RTSP/1.0 {status} {REASONS[status]}", f"CSeq: {cseq}", "Server: ansim-sim"]
        head += [f"{name}: {value}" for name, value in headers.items()]
        if body:
            head.append(f"Content-Length: {len(body)}")
        self._writer.write("\r\n".join([*head, "", ""]).encode() + body)

    def _play(self) -> None:
        if self._stream is not None and not self._playing:
            self._playing = True
            self._stream.join(self)

    def _pause(self) -> None:
        if self._stream is not None and self._playing:
            self._playing = False
            self._stream.leave(self)

    def send(self, unit: AccessUnit) -> None:
        """Send one picture. A viewer that does not read fast enough misses pictures up to the next key
        one."""
        waiting = self._writer.transport.get_write_buffer_size()
        if waiting > DEAD_BYTES:
            self.cut()
            return
        if waiting > SLOW_BYTES:
            self._started = False
        fault = self._stream.fault if self._stream is not None else None
        if not self._started and unit.key == (fault == "keyless"):
            return
        self._started = True
        out: list[bytes] = []
        now = self._server.world.clock.monotonic()
        if now - self._reported_at >= REPORT_EVERY_S:
            self._reported_at = now
            out.append(self._sender_report(unit.rtp_time))
        for last, payload in packets(unit.nals, self.codec):
            head = struct.pack(">BBHII", 0x80, 96 | (0x80 if last else 0), self._sequence, unit.rtp_time, self._ssrc)
            self._sequence = (self._sequence + 1) & 0xFFFF
            self._packets += 1
            self._octets += len(payload)
            if fault == "drop" and self._sequence % DROPPED == 0:
                continue
            out.append(struct.pack(">cBH", b"$", self._channel, len(head) + len(payload)) + head + payload)
        self._writer.write(b"".join(out))

    def _sender_report(self, rtp_time: int) -> bytes:
        """RTCP sender report (RFC 3550 6.4.1): which RTP time is which wall time."""
        seconds = self._server.world.clock.now().timestamp() + NTP_EPOCH_S
        if self._stream is not None and self._stream.fault == "clock":
            seconds -= LATE_S
        report = struct.pack(
            ">BBHIIIIII",
            0x80,
            200,
            6,
            self._ssrc,
            int(seconds) & 0xFFFFFFFF,
            int(seconds % 1 * (1 << 32)),
            rtp_time,
            self._packets & 0xFFFFFFFF,
            self._octets & 0xFFFFFFFF,
        )
        return struct.pack(">cBH", b"$", self._channel + 1, len(report)) + report

    def cut(self) -> None:
        """Break the connection at once, as when the camera loses its power."""
        self._writer.transport.abort()

    def close(self) -> None:
        self._pause()
        self._writer.close()


def _codec(request: Request, stream: Stream) -> Codec:
    return "H265" if stream.fault == "h265" and not request.second else "H264"


def packets(nals: tuple[bytes, ...], codec: Codec = "H264") -> list[tuple[bool, bytes]]:
    """RTP payloads of one access unit: single NAL units, or fragments (FU-A of RFC 6184 5.8, FU of RFC 7798 4.4.3); True marks
    the last."""
    payloads: list[bytes] = []
    for nal in nals:
        if len(nal) <= MTU:
            payloads.append(nal)
            continue
        if codec == "H264":
            head, kind, body = bytes((nal[0] & 0xE0 | 28,)), nal[0] & 0x1F, nal[1:]
        else:
            head, kind, body = bytes((nal[0] & 0x81 | 49 << 1, nal[1])), nal[0] >> 1 & 0x3F, nal[2:]
        step = MTU - len(head) - 1
        for at in range(0, len(body), step):
            edge = (0x80 if at == 0 else 0) | (0x40 if at + step >= len(body) else 0)
            payloads.append(head + bytes((edge | kind,)) + body[at : at + step])
    return [(k == len(payloads) - 1, payload) for k, payload in enumerate(payloads)]


_PARAMETER = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
