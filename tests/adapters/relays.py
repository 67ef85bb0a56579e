"""Media servers of other makers, on loopback: their HTTP APIs as their documents and sources have them, over a camera of ours by RTSP.

MediaMTX: api/openapi.yaml (PathList) and internal/api of bluenviron/mediamtx 1.20. go2rtc: website/api/openapi.yaml, internal/streams and internal/rtsp of
AlexxIT/go2rtc 1.9.14. What each tells of its cameras, passwords too, stands in its answers here as it does there.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ansim.adapters.relays.go2rtc import Go2rtc
from ansim.adapters.relays.mediamtx import MediaMtx
from tests.adapters.loopback import Loopback
from tests.nodes.media.conftest import PASSWORD, USER, TestCamera, encode

CAMERA_SECRET = "of-the-camera-itself"
ACCOUNT = (USER, PASSWORD)


class Server(Loopback):
    """`open`: its API answers anybody. `broken`: what it answers instead; "silence" is nothing at all, "endless" never stops."""

    def __init__(self, names: tuple[str, ...], *, rtsp_asks: bool) -> None:
        super().__init__()
        self.names = names
        self.open = False
        self.broken = ""
        self.asked: list[str] = []
        self.camera = TestCamera(encode(), basic=rtsp_asks)

    async def __aenter__(self) -> Server:
        await self.camera.start()
        await super().__aenter__()
        self._camera_plays = asyncio.ensure_future(self.camera.play())
        return self

    async def __aexit__(self, *told: object) -> None:
        self._camera_plays.cancel()
        await self.camera.stop()
        await super().__aexit__(*told)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def readers(self) -> int:
        return len(self.camera.playing)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        method, target, _ = first.split()
        headers = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines}
        self.asked.append(f"{method} {target}")
        if self.broken == "silence":
            await self._over.wait()
        wanted = "Basic " + base64.b64encode(":".join(ACCOUNT).encode()).decode()
        allowed = self.open or headers.get("authorization") == wanted
        parts = urlsplit(target)
        if self.broken:
            status, content = self.broken, "<html>"
        elif not allowed:
            status, content = "401 Unauthorized", self.refusal
        elif method != "GET" or (told := self.told(parts.path, parse_qs(parts.query))) is None:
            status, content = "404 Not Found", ""
        else:
            status, content = "200 OK", json.dumps(told)
        if self.broken == "endless":
            writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
            while True:
                writer.write(b" " * (1 << 20))
                await writer.drain()
        extra = "location: http://127.0.0.1:9/\r\n" if status.startswith("302") else ""
        writer.write(
            f"HTTP/1.1 {status}\r\n{extra}content-length: {len(content)}\r\nconnection: close\r\n\r\n".encode()
        )
        writer.write(content.encode())
        await writer.drain()

    refusal = ""

    def told(self, path: str, query: dict[str, list[str]]) -> Any:
        raise NotImplementedError


class MediaMtxServer(Server):
    """Every reader is asked for an account, on whatever machine it is."""

    refusal = json.dumps({"status": "error", "error": "authentication error"})

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(names, rtsp_asks=True)

    def told(self, path: str, query: dict[str, list[str]]) -> Any:
        if path != "/v3/paths/list":
            return None
        each, page = int(query.get("itemsPerPage", ["100"])[0]), int(query.get("page", ["0"])[0])
        return {
            "itemCount": len(self.names),
            "pageCount": -(-len(self.names) // each),
            "items": [self._path(name) for name in self.names[page * each : (page + 1) * each]],
        }

    def _path(self, name: str) -> dict[str, Any]:
        return {
            "name": name, "confName": name, "ready": True, "readyTime": "2026-11-22T18:00:00Z", "available": True,
            "availableTime": "2026-11-22T18:00:00Z", "online": True, "onlineTime": "2026-11-22T18:00:00Z",
            "source": {"type": "rtspSource", "id": ""}, "tracks": ["H264"], "tracks2": [{"codec": "H264", "codecProps": {}}],
            "readers": [{"type": "rtspSession", "id": f"{number}"} for number in range(self.readers)],
            "inboundBytes": 1000, "outboundBytes": 1000, "inboundFramesInError": 0, "bytesReceived": 1000, "bytesSent": 1000,
        }  # fmt: skip


class Go2rtcServer(Server):
    """On its own machine it asks for an account at the API (`local_auth`), and at RTSP never."""

    refusal = "Unauthorized"

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(names, rtsp_asks=False)
        self.listens = "127.0.0.1:8554"

    def told(self, path: str, query: dict[str, list[str]]) -> Any:
        address = f"rtsp://admin:{CAMERA_SECRET}@10.0.0.7/main"
        consumers = [
            {"id": 20 + number, "format_name": "rtsp", "protocol": "rtsp+tcp"} for number in range(self.readers)
        ]
        match path:
            case "/api":
                return {
                    "version": "1.9.14", "config_path": "/config/go2rtc.yaml", "host": "127.0.0.1",
                    "rtsp": {"listen": self.listens, "default_query": "video&audio"},
                }  # fmt: skip
            case "/api/streams":
                pulled = {
                    "id": 7,
                    "format_name": "rtsp",
                    "protocol": "rtsp+tcp",
                    "url": address,
                    "medias": ["video, recvonly, H264"],
                }
                return {
                    name: {"producers": [{"url": address} if number else pulled], "consumers": consumers or None}
                    for number, name in enumerate(self.names)
                }
        return None


KINDS: dict[str, tuple[type[MediaMtx] | type[Go2rtc], Callable[[tuple[str, ...]], Server]]] = {
    "MediaMtx": (MediaMtx, MediaMtxServer),
    "Go2rtc": (Go2rtc, Go2rtcServer),
}
"""Each adapter, and the far end that it is tried against."""
