"""Cameras over real RTSP: what a foreign player decodes, who may, what costs nothing, and what bad requests get."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from hashlib import md5
from itertools import pairwise

import av
import numpy as np
import pytest
from av.error import HTTPUnauthorizedError

from ansim.core.world import World
from ansim.sim.cameras import HEIGHT, WIDTH, CameraServer
from ansim.sim.coding import Planes
from ansim.sim.faults import ELSEWHERE
from ansim.sim.marker import Code, camera_hash, read_code
from ansim.sim.rtsp import MTU, packets

REALM = "ansim simulated camera"


def ramp(at: datetime) -> Planes:
    """A grey ramp that moves with time."""
    planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
    planes[:HEIGHT] = 30 + (np.arange(WIDTH) // 4 + int(at.timestamp() * 10)) % 180
    return planes


@pytest.fixture
async def server() -> AsyncIterator[CameraServer]:
    server = CameraServer(World())
    server.add("bd-0001", ramp)
    server.add("bd-0002", ramp)
    await server.start()
    yield server
    await server.stop()


def pull(url: str, pictures: int) -> list[tuple[Code | None, np.ndarray]]:
    """Decode some pictures as ffmpeg's libraries do."""
    with av.open(url, options={"rtsp_transport": "tcp", "analyzeduration": "200000"}, timeout=10) as player:
        out = []
        for frame in player.decode(video=0):
            out.append((read_code(frame), frame.to_ndarray(format="gray")))
            if len(out) == pictures:
                break
        return out


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_player_decodes_that_cameras_pictures_of_now(server: CameraServer) -> None:
    before = int(World().clock.now().timestamp())
    pictures = await asyncio.to_thread(pull, server.url("bd-0001"), 12)
    after = int(World().clock.now().timestamp())
    for code, luma in pictures:
        assert luma.shape == (HEIGHT, WIDTH)
        assert code is not None and code.camera == camera_hash("bd-0001")
        assert before & 0xFFFFFF <= code.second <= after & 0xFFFFFF
    assert np.abs(pictures[0][1].astype(int) - pictures[-1][1]).mean() > 2, "the picture moves"


async def test_nothing_is_drawn_while_nobody_pulls(server: CameraServer) -> None:
    assert server.streaming == frozenset()
    pulling = asyncio.create_task(asyncio.to_thread(pull, server.url("bd-0002"), 3))
    await until(lambda: server.streaming == {"bd-0002"})
    await pulling
    await until(lambda: server.streaming == frozenset())
    assert len(await asyncio.to_thread(pull, server.url("bd-0002"), 2)) == 2, "and it starts again"


async def test_preparing_comes_before_the_first_picture_and_holds_up_nobody_else() -> None:
    order: list[str] = []
    slow = threading.Event()
    server = CameraServer(World())
    server.add("bd-0001", ramp)
    server.add("bd-0002", lambda at: order.append("draw") or ramp(at), lambda: slow.wait(10) and order.append("ready"))
    await server.start()
    late = asyncio.create_task(asyncio.to_thread(pull, server.url("bd-0002"), 2))
    await until(lambda: "bd-0002" in server.streaming)
    assert len(await asyncio.to_thread(pull, server.url("bd-0001"), 2)) == 2
    assert order == []
    slow.set()
    assert len(await late) == 2
    assert order[0] == "ready" and order.count("ready") == 1
    await server.stop()


async def test_a_wrong_password_gets_nothing(server: CameraServer) -> None:
    wrong = server.url("bd-0001").replace("viewer:", "viewer:x")
    with pytest.raises(HTTPUnauthorizedError):
        await asyncio.to_thread(pull, wrong, 1)
    assert server.streaming == frozenset()


async def test_a_frozen_camera_sends_the_same_picture(server: CameraServer) -> None:
    server.fault("bd-0001", "freeze")
    pictures = await asyncio.to_thread(pull, server.url("bd-0001"), 14)
    assert len({code for code, _ in pictures}) == 1
    assert np.abs(pictures[2][1].astype(int) - pictures[-1][1]).mean() < 1.5
    server.fault("bd-0001", None)
    pictures = await asyncio.to_thread(pull, server.url("bd-0001"), 14)
    assert len({code for code, _ in pictures}) > 1


async def test_a_camera_that_cannot_draw_does_not_look_alive() -> None:
    def broken(at: datetime) -> Planes:
        raise RuntimeError("no light")

    server = CameraServer(World())
    server.add("bd-0009", broken)
    await server.start()
    seen: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: seen.append(context))
    talk = Talk(*await asyncio.open_connection("127.0.0.1", server.port))
    await talk.play(server.url("bd-0009"))
    async with asyncio.timeout(60):
        assert await talk.reader.read() == b""
    talk.writer.close()
    await server.stop()
    assert seen


class Talk:
    """Plain RTSP, request by request."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.cseq = 0
        self.nonce = ""

    async def raw(self, request: bytes) -> tuple[int, dict[str, str], bytes]:
        self.writer.write(request)
        async with asyncio.timeout(60):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
            body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return int(head[0].split()[1]), headers, body

    async def ask(self, method: str, url: str, *lines: str, signed: bool = True) -> tuple[int, dict[str, str], bytes]:
        credentials, _, rest = url.removeprefix("rtsp://").rpartition("@")
        user, _, password = credentials.partition(":")
        url = f"rtsp://{rest}"
        self.cseq += 1
        head = [f"{method} {url} RTSP/1.0", f"CSeq: {self.cseq}", *lines]
        if signed and self.nonce:
            secret = md5(f"{user}:{REALM}:{password}".encode()).hexdigest()
            act = md5(f"{method}:{url}".encode()).hexdigest()
            response = md5(f"{secret}:{self.nonce}:{act}".encode()).hexdigest()
            head.append(
                f'Authorization: Digest username="{user}", realm="{REALM}", nonce="{self.nonce}", '
                f'uri="{url}", response="{response}"'
            )
        answer = await self.raw("\r\n".join([*head, "", ""]).encode())
        if answer[0] == 401 and not self.nonce:
            self.nonce = answer[1]["www-authenticate"].split('nonce="')[1].split('"')[0]
            return await self.ask(method, f"rtsp://{credentials}@{rest}", *lines) if signed else answer
        return answer

    async def play(self, url: str) -> str:
        status, headers, _ = await self.ask(
            "SETUP", url + "/trackID=0", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"
        )
        assert status == 200
        session = headers["session"].split(";")[0]
        status, _, _ = await self.ask("PLAY", url, f"Session: {session}")
        assert status == 200
        return session


@pytest.fixture
async def talk(server: CameraServer) -> AsyncIterator[Talk]:
    talk = Talk(*await asyncio.open_connection("127.0.0.1", server.port, limit=1 << 22))
    yield talk
    talk.writer.close()


async def test_the_description_names_the_parameter_sets(server: CameraServer, talk: Talk) -> None:
    status, headers, body = await talk.ask("DESCRIBE", server.url("bd-0001"))
    assert status == 200 and headers["content-type"] == "application/sdp"
    text = body.decode()
    assert "H264/90000" in text and "packetization-mode=1" in text and "sprop-parameter-sets=Z" in text
    assert server.streaming == frozenset(), "describing draws nothing"


async def test_a_stalled_camera_is_silent_but_answers(server: CameraServer, talk: Talk) -> None:
    server.fault("bd-0001", "stall")
    session = await talk.play(server.url("bd-0001"))
    status, _, _ = await talk.ask("GET_PARAMETER", server.url("bd-0001"), f"Session: {session}")
    assert status == 200


async def test_a_camera_that_goes_offline_cuts_its_viewers(server: CameraServer, talk: Talk) -> None:
    await talk.play(server.url("bd-0001"))
    server.fault("bd-0001", "offline")
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        async with asyncio.timeout(60):
            while True:
                await talk.reader.readexactly(1)
    other = Talk(*await asyncio.open_connection("127.0.0.1", server.port))
    assert (await other.ask("DESCRIBE", server.url("bd-0001")))[0] == 503
    assert (await other.ask("DESCRIBE", server.url("bd-0002")))[0] == 200
    other.writer.close()


async def test_everything_but_options_needs_a_sign_in(server: CameraServer, talk: Talk) -> None:
    assert (await talk.ask("OPTIONS", server.url("bd-0001")))[0] == 200
    for method in ("DESCRIBE", "SETUP", "PLAY", "TEARDOWN", "GET_PARAMETER"):
        fresh = Talk(talk.reader, talk.writer)
        assert (await fresh.ask(method, server.url("bd-0001"), signed=False))[0] == 401


async def test_a_nonce_that_was_never_given_is_refused(server: CameraServer, talk: Talk) -> None:
    talk.nonce = "0" * 32
    assert (await talk.ask("DESCRIBE", server.url("bd-0001")))[0] == 401


async def test_a_digest_for_one_camera_does_not_open_another(server: CameraServer, talk: Talk) -> None:
    await talk.ask("DESCRIBE", server.url("bd-0001"))
    uri = f"rtsp://127.0.0.1:{server.port}/bd-0001"
    user, password = server.url("x").removeprefix("rtsp://").split("@")[0].split(":")
    secret = md5(f"{user}:{REALM}:{password}".encode()).hexdigest()
    response = md5(f"{secret}:{talk.nonce}:{md5(f'DESCRIBE:{uri}'.encode()).hexdigest()}".encode()).hexdigest()
    status, _, _ = await talk.raw(
        f"DESCRIBE rtsp://127.0.0.1:{server.port}/bd-0002 RTSP/1.0\r\nCSeq: 9\r\n"
        f'Authorization: Digest username="{user}", nonce="{talk.nonce}", uri="{uri}", response="{response}"'
        "\r\n\r\n".encode()
    )
    assert status == 401


BAD = [
    (b"nonsense\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\n\r\n", 400),
    (b"OPTIONS rtsp://x/ RTSP/1.0\r\n\r\n", 400),
    (b"OPTIONS rtsp://x/ RTSP/1.0\r\nCSeq: -1\r\n\r\n", 400),
    (b"OPTIONS rtsp://x/ RTSP/1.0\r\nCSeq: 99999999999999999999\r\n\r\n", 400),
    (b"OPTIONS rtsp://x/ RTSP/2.0\r\nCSeq: 1\r\n\r\n", 505),
    (b"DESCRIBE http://x/ RTSP/1.0\r\nCSeq: 1\r\n\r\n", 400),
    (b"OPTIONS rtsp://x/ RTSP/1.0\r\nCSeq 1\r\n\r\n", 400),
    (b"OPTIONS rtsp://x/ RTSP/1.0\r\nCSeq: 1\r\nContent-Length: -5\r\n\r\n", 400),
    (b"OPTIONS rtsp://x/ RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 99999999\r\n\r\n", 413),
    (b"OPTIONS rtsp://x/" + b"a" * 9000 + b" RTSP/1.0\r\n\r\n", 400),
    (b"OPTIONS rtsp://x/ RTSP/1.0\r\n" + b"A: b\r\n" * 100 + b"\r\n", 400),
    (bytes(range(128, 256)) + b"\r\n\r\n", 400),
    (b'DESCRIBE rtsp://[/ RTSP/1.0\r\nCSeq: 1\r\nAuthorization: Digest uri="rtsp://["\r\n\r\n', 400),
    (b"DESCRIBE rtsp://x/a RTSP/1.0\r\nCSeq: 1\r\nAuthorization: Digest \xff\xfe=\r\n\r\n", 401),
]


@pytest.mark.parametrize(("request_bytes", "status"), BAD, ids=range(len(BAD)))
async def test_bad_requests_are_answered(server: CameraServer, talk: Talk, request_bytes: bytes, status: int) -> None:
    assert (await talk.raw(request_bytes))[0] == status
    other = Talk(*await asyncio.open_connection("127.0.0.1", server.port))
    assert (await other.ask("OPTIONS", server.url("bd-0001")))[0] == 200, "and the server lives"
    other.writer.close()


async def test_requests_out_of_order_or_unknown_are_refused(server: CameraServer, talk: Talk) -> None:
    url = server.url("bd-0001")
    assert (await talk.ask("DESCRIBE", server.url("nobody")))[0] == 404
    assert (await talk.ask("PLAY", url, "Session: 12345678"))[0] == 454
    assert (await talk.ask("SETUP", url, "Transport: RTP/AVP;unicast;client_port=4000-4001"))[0] == 461
    assert (await talk.ask("SETUP", url))[0] == 461
    assert (await talk.ask("SETUP", url, "Transport: RTP/AVP/TCP;interleaved=999-1000"))[0] == 461
    assert (await talk.ask("RECORD", url))[0] == 405
    _, headers, _ = await talk.ask("SETUP", url, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1")
    session = headers["session"].split(";")[0]
    assert (await talk.ask("PLAY", server.url("bd-0002"), f"Session: {session}"))[0] == 459
    assert (await talk.ask("TEARDOWN", url, f"Session: {session}"))[0] == 200


async def test_reports_between_requests_are_skipped(server: CameraServer, talk: Talk) -> None:
    talk.writer.write(b"$\x01\x00\x04abcd")
    assert (await talk.ask("OPTIONS", server.url("bd-0001")))[0] == 200


def test_large_nal_units_are_fragmented_and_can_be_put_together() -> None:
    large = bytes([0x65]) + bytes(range(256)) * 20
    parts = packets((b"\x67sps", large))
    assert [last for last, _ in parts] == [False] * (len(parts) - 1) + [True]
    assert all(len(payload) <= MTU for _, payload in parts)
    fragments = [payload for _, payload in parts[1:]]
    assert fragments[0][1] & 0x80 and fragments[-1][1] & 0x40
    header = bytes([(fragments[0][0] & 0xE0) | (fragments[0][1] & 0x1F)])
    assert header + b"".join(fragment[2:] for fragment in fragments) == large


async def received(server: CameraServer, camera: str, packets_wanted: int) -> list[bytes]:
    """RTP packets of a camera, as they come."""
    talk = Talk(*await asyncio.open_connection("127.0.0.1", server.port, limit=1 << 22))
    await talk.play(server.url(camera))
    out: list[bytes] = []
    async with asyncio.timeout(60):
        while len(out) < packets_wanted:
            head = await talk.reader.readexactly(4)
            packet = await talk.reader.readexactly(int.from_bytes(head[2:]))
            if head[1] == 0:
                out.append(packet)
    talk.writer.close()
    return out


def kinds(packets: list[bytes]) -> set[int]:
    """Types of the NAL units, those in fragments too."""
    return {packet[13] & 31 if packet[12] & 31 == 28 else packet[12] & 31 for packet in packets}


async def test_a_camera_may_lose_packets(server: CameraServer) -> None:
    server.fault("bd-0001", "drop")
    numbers = [int.from_bytes(packet[2:4]) for packet in await received(server, "bd-0001", 60)]
    steps = {(b - a) & 0xFFFF for a, b in pairwise(numbers)}
    assert steps == {1, 2}


async def test_a_camera_may_send_no_key_frames(server: CameraServer) -> None:
    server.fault("bd-0001", "keyless")
    assert kinds(await received(server, "bd-0001", 40)) == {1}


async def test_a_camera_may_change_its_parameters(server: CameraServer) -> None:
    before = {packet[12:] for packet in await received(server, "bd-0001", 20) if packet[12] & 31 == 7}
    server.fault("bd-0001", "resize")
    after = {packet[12:] for packet in await received(server, "bd-0001", 20) if packet[12] & 31 == 7}
    assert len(before) == len(after) == 1 and before != after
    [picture, *_] = await asyncio.to_thread(pull, server.url("bd-0001"), 2)
    assert picture[1].shape == (HEIGHT // 2, WIDTH // 2)


async def test_a_camera_may_refuse_the_right_password(server: CameraServer, talk: Talk) -> None:
    server.fault("bd-0001", "refuse")
    assert (await talk.ask("DESCRIBE", server.url("bd-0001")))[0] == 401
    assert (await talk.ask("DESCRIBE", server.url("bd-0002")))[0] == 200


async def test_a_camera_may_offer_h265_beside_a_second_stream(server: CameraServer, talk: Talk) -> None:
    server.fault("bd-0001", "h265")
    described = (await talk.ask("DESCRIBE", server.url("bd-0001")))[2]
    assert b"H265/90000" in described and b"sprop-vps=" in described
    assert b"H264/90000" in (await talk.ask("DESCRIBE", server.url("bd-0001") + "/second"))[2]


async def test_a_camera_may_name_another_address(server: CameraServer, talk: Talk) -> None:
    server.fault("bd-0001", "address")
    assert ELSEWHERE in (await talk.ask("DESCRIBE", server.url("bd-0001")))[1]["content-base"]
