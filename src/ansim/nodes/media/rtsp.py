"""RTSP 1.0 as cameras speak it, over one TCP connection, video only.

Sources: RFC 2326 (RTSP 1.0, interleaved data in 10.12), RFC 4566 (SDP), RFC 6184 and RFC 7798 (H.264 and H.265 in SDP),
RFC 7617 (Basic), RFC 7616 and RFC 2617 (Digest).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import unquote, urlsplit, urlunsplit

from ansim.core.world import World
from ansim.nodes.media.codec import Codec, Malformed, ParameterSets
from ansim.nodes.media.deadline import within
from ansim.nodes.media.h264 import H264
from ansim.nodes.media.h265 import H265

DEFAULT_PORT = 554
MAX_MESSAGE = 64 * 1024  # bytes of one RTSP message; a camera that sends more is none
DEFAULT_SESSION_S = 60.0
ANSWER_WITHIN_S = 5.0
SENDER_REPORT = 200
NTP_EPOCH_S = 2_208_988_800  # from 1900 to 1970
CODECS: tuple[Codec, ...] = (H264(), H265())
"""What is taken from a camera, the first before the others."""
_AGENT = "ansim"


class CameraError(Exception):
    """Why a camera gives no picture, in words without its address or account. `patience` seconds before the
    next try.
    """

    patience = 0.0


class SignInRefused(CameraError):
    """The account is wrong. Asked again rarely: many cameras lock an account after a few wrong passwords."""

    patience = 30.0


class NoVideo(CameraError):
    """It answers, but has nothing we can pass on."""

    patience = 30.0


@dataclass(frozen=True)
class Address:
    """Where a camera is and how to sign in. Only `shown` may leave this module's callers, in no log is
    `password`.
    """

    host: str
    port: int
    url: str
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, url: str) -> Address:
        """Raises ValueError, without repeating the address: it may hold a password."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port or DEFAULT_PORT
        except ValueError:
            host = None
        if not host or parts.scheme != "rtsp" or any(character in url for character in "\r\n \t"):
            raise ValueError("a camera's address is rtsp://[account:password@]host[:port]/path")
        bare = f"[{host}]" if ":" in host else host
        netloc = bare if parts.port is None else f"{bare}:{port}"
        clean = urlunsplit((parts.scheme, netloc, parts.path or "/", parts.query, ""))
        return cls(host, port, clean, unquote(parts.username or ""), unquote(parts.password or ""))


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]  # names in lower case; of a repeated one the values, one a line
    body: bytes


@dataclass(frozen=True)
class Track:
    """The video a camera offers."""

    control: str
    payload_type: int
    codec: Codec
    parameters: ParameterSets | None


class Connection(asyncio.Protocol):
    """One TCP connection to a camera: requests with their answers, packets of channel 0 and reports of channel 1 as they
    come.
    """

    def __init__(self, on_packet: Callable[[bytes], None], on_report: Callable[[bytes], None]) -> None:
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._on_packet = on_packet
        self._on_report = on_report
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self._sequence = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one without saying so

    def connection_lost(self, error: Exception | None) -> None:
        self._end(CameraError("the camera closed the connection"))

    def _end(self, error: CameraError) -> None:
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(error)
        self._waiting.clear()
        if not self.lost.done():
            self.lost.set_result(None)
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        self._end(CameraError("closed"))

    def data_received(self, received: bytes) -> None:
        buffer = self._buffer = self._buffer + received if self._buffer else received
        at, end = 0, len(buffer)
        on_packet = self._on_packet
        try:
            while end - at >= 4:
                if buffer[at] == 0x24:
                    following = at + 4 + (buffer[at + 2] << 8 | buffer[at + 3])
                    if following > end:
                        break
                    if buffer[at + 1] == 0:
                        on_packet(buffer[at + 4 : following])
                    elif buffer[at + 1] == 1:
                        self._on_report(buffer[at + 4 : following])
                    at = following
                else:
                    taken = self._take_message(at)
                    if not taken:
                        break
                    at += taken
        except CameraError as error:
            self._end(error)
            return
        self._buffer = buffer[at:]

    def _take_message(self, at: int) -> int:
        """Bytes taken by a whole message at `at`, 0 when it is not complete yet."""
        head_end = self._buffer.find(b"\r\n\r\n", at)
        if head_end < 0:
            if len(self._buffer) - at > MAX_MESSAGE:
                raise CameraError("the camera does not speak RTSP")
            return 0
        lines = self._buffer[at:head_end].decode("latin-1").strip().split("\r\n")
        headers: dict[str, str] = {}
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if colon:
                name = name.strip().lower()
                headers[name] = f"{headers[name]}\n{value.strip()}" if name in headers else value.strip()
        length = headers.get("content-length", "0")
        if not length.isdecimal() or len(length) > 6 or int(length) > MAX_MESSAGE:
            raise CameraError("the camera does not speak RTSP")
        end = head_end + 4 + int(length)
        if end > len(self._buffer):
            return 0
        self._take(lines[0], headers, bytes(self._buffer[head_end + 4 : end]))
        return end - at

    def _take(self, first: str, headers: dict[str, str], body: bytes) -> None:
        answer = re.match(r"RTSP/\d\.\d (\d{3})", first)
        sequence = headers.get("cseq", "")
        if answer:
            waiting = self._waiting.pop(sequence, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(Answer(int(answer[1]), headers, body))
        elif re.match(r"[A-Z_]+ \S+ RTSP/\d\.\d", first):
            # the camera asks us (a redirect, an announcement): we take no orders, and say so
            self._write(f"RTSP/1.0 501 Not Implemented\r\nCSeq: {sequence[:16]}\r\n\r\n")
        else:
            raise CameraError("the camera does not speak RTSP")

    def _write(self, message: str) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(message.encode("latin-1", "replace"))

    def tell(self, method: str, url: str, headers: dict[str, str]) -> str:
        """Send a request; gives the number its answer will carry."""
        self._sequence += 1
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self._sequence}", f"User-Agent: {_AGENT}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._write("\r\n".join(lines) + "\r\n\r\n")
        return str(self._sequence)

    async def ask(self, method: str, url: str, headers: dict[str, str]) -> Answer:
        """Raises CameraError when the connection ends before the answer; the caller bounds the time."""
        if self.lost.done():
            raise CameraError("the camera closed the connection")
        waiting: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        sequence = self.tell(method, url, headers)
        self._waiting[sequence] = waiting
        try:
            return await waiting
        finally:
            self._waiting.pop(sequence, None)


class SignIn:
    """Answers a camera's challenge: Digest where it offers it (SHA-256 before MD5), else Basic."""

    def __init__(self, user: str, password: str, nonce: Callable[[], str]) -> None:
        self._user = user
        self._password = password
        self._nonce = nonce
        self._challenge: dict[str, str] = {}
        self._count = 0

    def learn(self, header: str) -> bool:
        """Take the value of WWW-Authenticate. False when there is nothing new to answer with."""
        if not self._user:
            return False
        offers = [_challenge(line) for line in header.split("\n")]
        digests = [
            offer
            for offer in offers
            if offer.get("scheme") == "digest" and _hash_of(offer.get("algorithm", "MD5")) is not None
        ]
        digests.sort(key=lambda offer: offer.get("algorithm", "MD5").upper().startswith("MD5"))
        chosen = next(iter(digests), None) or next((o for o in offers if o.get("scheme") == "basic"), None)
        if chosen is None:
            return False
        repeated = bool(self._challenge) and chosen.get("nonce") == self._challenge.get("nonce")
        stale = chosen.get("stale", "").lower() == "true"
        first = not self._challenge
        self._challenge, self._count = chosen, 0
        return first or (stale and not repeated)

    def header(self, method: str, url: str) -> str | None:
        """The value of Authorization for one request, None before a challenge."""
        challenge = self._challenge
        if not challenge:
            return None
        if challenge["scheme"] == "basic":
            return "Basic " + base64.b64encode(f"{self._user}:{self._password}".encode()).decode()
        algorithm = challenge.get("algorithm", "MD5")
        hashed = _hash_of(algorithm)
        assert hashed is not None
        realm, nonce = challenge.get("realm", ""), challenge.get("nonce", "")
        secret = hashed(f"{self._user}:{realm}:{self._password}")
        client = self._nonce()
        if algorithm.lower().endswith("-sess"):
            secret = hashed(f"{secret}:{nonce}:{client}")
        request = hashed(f"{method}:{url}")
        fields = [
            f'username="{self._user}"', f'realm="{realm}"', f'nonce="{nonce}"', f'uri="{url}"',
        ]  # fmt: skip
        if "auth" in re.split(r"[\s,]+", challenge.get("qop", "")):
            self._count += 1
            count = f"{self._count:08x}"
            fields.append(f'response="{hashed(f"{secret}:{nonce}:{count}:{client}:auth:{request}")}"')
            fields += ["qop=auth", f"nc={count}", f'cnonce="{client}"']
        else:
            fields.append(f'response="{hashed(f"{secret}:{nonce}:{request}")}"')
        if "algorithm" in challenge:
            fields.append(f"algorithm={algorithm}")
        if "opaque" in challenge:
            fields.append(f'opaque="{challenge["opaque"]}"')
        return "Digest " + ", ".join(fields)


def _challenge(line: str) -> dict[str, str]:
    scheme, _, rest = line.strip().partition(" ")
    found = re.findall(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))', rest)
    return {"scheme": scheme.lower()} | {name.lower(): quoted or bare for name, quoted, bare in found}


def _hash_of(algorithm: str) -> Callable[[str], str] | None:
    name = algorithm.lower().removesuffix("-sess")
    if name == "md5":  # the camera chose it; refusing would only leave Basic
        return lambda text: hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    if name == "sha-256":
        return lambda text: hashlib.sha256(text.encode()).hexdigest()
    return None


def video_track(sdp: str, base: str) -> Track:
    """The video of a session description; of several the one whose codec comes first in CODECS. Raises NoVideo, naming what
    is offered instead.
    """
    offered: dict[str, tuple[int, str]] = {}
    for section in re.split(r"(?m)^(?=m=)", sdp)[1:]:
        media = re.match(r"m=video \d+(?:/\d+)? RTP/AVP(?:/TCP)? (\d+)", section)
        if media:
            coding = re.search(rf"(?mi)^a=rtpmap:{media[1]} ([\w.-]+)/", section)
            offered.setdefault(coding[1].upper() if coding else "unnamed", (int(media[1]), section))
    for codec in CODECS:
        if codec.name in offered:
            kind, section = offered[codec.name]
            control = re.search(r"(?m)^a=control:(\S+)", section)
            form = re.search(rf"(?m)^a=fmtp:{kind} (.*)", section)
            try:
                parameters = codec.described(form[1]) if form else None
            except Malformed as malformed:
                raise NoVideo(f"the camera {malformed}") from None
            return Track(_join(base, control[1] if control else "*"), kind, codec, parameters)
    raise NoVideo(f"no H.264 or H.265 video, but {', '.join(offered)}" if offered else "no video")


def _join(base: str, control: str) -> str:
    """RFC 2326 C.1.1: an absolute control URL stands, "*" is the base, else it goes behind the base."""
    if control == "*":
        return base
    if control.startswith("rtsp://"):
        return control
    return f"{base.rstrip('/')}/{control.lstrip('/')}"


class Session:
    """One playing session. `await play()`, then packets come until `connection.lost`; `keep_alive()` runs
    beside it. `clock_offset_s`: how far ahead of ours the camera's clock is, once it has told the time.
    """

    def __init__(self, world: World, address: Address, on_packet: Callable[[bytes], None]) -> None:
        self.clock_offset_s: float | None = None
        self._world = world
        self._address = address
        self._on_packet = on_packet
        self._sign_in = SignIn(address.user, address.password, lambda: world.token_bytes(8).hex())
        self._connection: Connection | None = None
        self._id = ""
        self._aggregate = address.url
        self._session_s = DEFAULT_SESSION_S
        self._verbs = ""
        self._playing = False
        self._payload_type = -1

    async def describe(self) -> Track:
        """Connect and ask what there is; changes nothing at the camera. Raises CameraError."""
        address = self._address
        loop = asyncio.get_running_loop()
        try:
            _, self._connection = await loop.create_connection(
                lambda: Connection(self._packet, self._report), address.host, address.port
            )
        except OSError as error:
            raise CameraError(f"no connection ({type(error).__name__})") from None
        options = await self._ask("OPTIONS", address.url)
        self._verbs = options.headers.get("public", "").upper()
        described = await self._ask("DESCRIBE", address.url, {"Accept": "application/sdp"})
        base = described.headers.get("content-base") or described.headers.get("content-location") or address.url
        sdp = described.body.decode("utf-8", "replace")
        whole = re.search(r"(?m)^a=control:(\S+)", re.split(r"(?m)^m=", sdp)[0])
        self._aggregate = self._reachable(_join(base, whole[1] if whole else "*"))
        return video_track(sdp, base)

    async def play(self, track: Track) -> None:
        transport = "RTP/AVP/TCP;unicast;interleaved=0-1"
        answer = await self._ask("SETUP", self._reachable(track.control), {"Transport": transport})
        self._id, _, options = answer.headers.get("session", "").partition(";")
        if not self._id:
            raise CameraError("the camera opens no session")
        told = re.search(r"timeout=(\d{1,5})", options)
        self._session_s = max(2.0, float(told[1])) if told else DEFAULT_SESSION_S
        if "interleaved=" in (agreed := answer.headers.get("transport", "")) and "interleaved=0" not in agreed:
            raise CameraError("the camera sends on another channel than agreed")
        self._payload_type = track.payload_type
        self._playing = True
        await self._ask("PLAY", self._aggregate, {"Range": "npt=0.000-"})

    def _packet(self, packet: bytes) -> None:
        # before the answer to SETUP nothing is ours; another payload type is not the track we chose
        if self._playing and len(packet) > 12 and packet[1] & 0x7F == self._payload_type:
            self._on_packet(packet)

    def _report(self, report: bytes) -> None:
        """A sender report (RFC 3550 6.4.1) says what time it is at the camera; some say nothing there."""
        if len(report) >= 16 and report[0] & 0xC0 == 0x80 and report[1] == SENDER_REPORT and any(report[8:12]):
            theirs = int.from_bytes(report[8:16], "big") / (1 << 32) - NTP_EPOCH_S
            self.clock_offset_s = theirs - self._world.clock.now().timestamp()

    async def keep_alive(self) -> None:
        """Runs as long as the session: a camera forgets a session it does not hear from."""
        method = "GET_PARAMETER" if "GET_PARAMETER" in self._verbs else "OPTIONS"
        while True:
            await self._world.clock.sleep(self._session_s / 2)
            # a camera that sends pictures but no answer is alive: the pictures are watched, not the answer
            with suppress(TimeoutError):
                await within(self._world.clock, ANSWER_WITHIN_S, self._ask(method, self._aggregate))

    async def wait_lost(self) -> None:
        if self._connection is not None:
            await asyncio.shield(self._connection.lost)

    def close(self) -> None:
        """Say good-bye without waiting for an answer: a camera that is gone must not hold us up."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if self._playing and not connection.lost.done():
            connection.tell("TEARDOWN", self._aggregate, self._headers("TEARDOWN", self._aggregate))
        connection.close()

    def _reachable(self, url: str) -> str:
        """A camera behind address translation names an address of its own network; we keep the one that
        answered.
        """
        parts, ours = urlsplit(url), urlsplit(self._address.url)
        return urlunsplit((ours.scheme, ours.netloc, parts.path, parts.query, ""))

    def _headers(self, method: str, url: str) -> dict[str, str]:
        headers: dict[str, str] = {}
        if self._id:
            headers["Session"] = self._id
        if authorization := self._sign_in.header(method, url):
            headers["Authorization"] = authorization
        return headers

    async def _ask(self, method: str, url: str, headers: dict[str, str] | None = None) -> Answer:
        connection = self._connection
        if connection is None:
            raise CameraError("closed")
        while True:
            answer = await connection.ask(method, url, self._headers(method, url) | (headers or {}))
            if answer.status == 401 and self._sign_in.learn(answer.headers.get("www-authenticate", "")):
                continue
            break
        if answer.status in (401, 403):
            raise SignInRefused("the camera refuses the account")
        if answer.status == 404:
            raise NoVideo("the camera has no such stream")
        if answer.status >= 300:
            raise CameraError(f"the camera answers {method} with {answer.status}")
        return answer
