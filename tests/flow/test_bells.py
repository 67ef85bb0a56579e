"""Bells: a press opens a case with the bell's own camera first; whoever has it speaks through the bell, and no longer than she has it."""

from __future__ import annotations

import asyncio
import json
import tempfile
from base64 import urlsafe_b64encode
from typing import Any

import httpx
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from ansim.city.bells.model import BEAT_S, Bell
from ansim.city.bells.register import bring
from ansim.core.clock import ManualClock
from ansim.sim.phone import instant

from .conftest import CENTRE, HOME, House, Socket, opened
from .test_trips import running

pytestmark = pytest.mark.flow

POLE = Bell(
    id="41131-SJ-7", centre=CENTRE, number="SJ-7", kind="pole", name="수정공원 정문", address="수정로 7", purpose="방범용",
    latitude=HOME[0], longitude=HOME[1] + 0.00045,
)  # fmt: skip
LOCKER = Bell(id="41131-L-1", centre=CENTRE, kind="locker", name="여성안심택배함", latitude=HOME[0], longitude=HOME[1])
SDP = "v=0\r\na=fingerprint:sha-256 5A:CC:1E\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=candidate 192.0.2.77\r\n"


class Page:
    """The browser at a bell: a key of its own, and what it says with it."""

    def __init__(self, client: httpx.AsyncClient, house: House) -> None:
        self.client, self.house = client, house
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.bell = ""

    async def enrol(self, code: str) -> httpx.Response:
        numbers = self._key.public_key().public_numbers()
        key = {"kty": "EC", "crv": "P-256", "x": text(numbers.x.to_bytes(32)), "y": text(numbers.y.to_bytes(32))}
        answer = await self.client.post("/api/bell/enrol", json={"code": code, "public_key": key})
        self.bell = answer.json().get("bell", self.bell)
        return answer

    def prove(self, *lines: str) -> str:
        r, s = decode_dss_signature(self._key.sign("\n".join(lines).encode(), ec.ECDSA(SHA256())))
        return text(r.to_bytes(32) + s.to_bytes(32))

    async def press(self, id: str) -> httpx.Response:
        at = instant(self.house.clock.now())
        proof = self.prove("ansim bell press", self.bell, id, at)
        return await self.client.post("/api/bell/press", json={"bell": self.bell, "id": id, "at": at, "proof": proof})

    async def line(self) -> Line:
        line = Line(self.house, "/live/bell")
        nonce = (await line.hears("question"))["nonce"]
        line.say(bell=self.bell, proof=self.prove("ansim bell line", self.bell, nonce))
        return line


class Line(Socket):
    """A page's socket to which things are said, and what it hears in order."""

    def __init__(self, house: House, path: str, token: str = "") -> None:
        super().__init__(house._transport.app, path, {"authorization": f"Bearer {token}"} if token else {})

    def say(self, **word: Any) -> None:
        self._says.put_nowait({"type": "websocket.receive", "text": json.dumps(word)})

    async def hears(self, type: str, **members: Any) -> dict[str, Any]:
        """The next word of this type; what came before it is passed over."""
        async with asyncio.timeout(20):
            while True:
                while self.heard:
                    word = self.heard.pop(0)
                    if word["type"] == type and all(word.get(name) == value for name, value in members.items()):
                        return word
                self._more.clear()
                assert self.code is None, self.code
                await self._more.wait()

    async def closes(self) -> int:
        await asyncio.wait_for(self._served, 20)
        assert self.code is not None
        return self.code


def text(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def token_of(client: httpx.AsyncClient) -> str:
    return client.headers["authorization"].removeprefix("Bearer ")


async def commissioned(house: House, bell: Bell = POLE) -> Page:
    administrator = await house.client("administrator")
    code = (await administrator.post(f"/api/bells/{bell.id}/code")).json()
    page = Page(await house.client(), house)
    assert (await page.enrol(code["url"].partition("#")[2])).status_code == 201
    return page


async def acts(house: House, like: str) -> list[tuple[str, Any]]:
    rows = await house.rows("SELECT act, details FROM ledger_entry WHERE act LIKE $1 ORDER BY at, id", like)
    return [
        (row["act"], json.loads(row["details"]) if isinstance(row["details"], str) else row["details"]) for row in rows
    ]


@pytest.fixture
async def house(dsn: str) -> Any:
    async with opened(dsn) as house:
        async with house.centre.database.transaction() as tx:
            await bring(tx, [POLE, LOCKER], actor="test")
        await house.settle()
        yield house


async def test_a_press_opens_a_case_with_the_bells_own_camera_first(house: House) -> None:
    """Commissioned, pressed, told twice, pressed again, seen, closed."""
    page = await commissioned(house)
    first = await page.press("press-0001")
    again = await page.press("press-0001")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json() and set(first.json()) == {"receipt", "received_at"}
    assert (await page.press("press-0002")).status_code == 201
    operator = await house.client("operator")
    [seen] = (await operator.get("/api/incidents")).json()["incidents"]
    assert (seen["kind"], seen["priority"], seen["signals"], seen["verdict"]) == ("bell", 1, 2, "verified")
    assert seen["position"]["coarse"] and "bell" not in seen

    line = await page.line()
    assert (await line.hears("state"))["call"]["state"] == "received"
    case = (await operator.post(f"/api/incidents/{seen['id']}/claim")).json()
    # cam-3 and cam-4 hang on the bell's pole; by lines of sight alone another one is first
    near = (
        await operator.post("/api/cameras/near", json={"latitude": POLE.latitude, "longitude": POLE.longitude})
    ).json()
    own = case["bell"]["cameras"]
    assert [camera["id"] for camera in case["cameras"]][:2] == own == ["cam-3", "cam-4"]
    assert [camera["order"] for camera in case["cameras"]] == list(range(1, len(case["cameras"]) + 1))
    assert {camera["id"] for camera in near["cameras"]} <= {camera["id"] for camera in case["cameras"]}
    assert set(own) <= set(case["tokens"])
    assert (case["person"], case["bell"]["name"], case["bell"]["there"]) == (None, "수정공원 정문", True)
    assert case["position"]["accuracy_m"] == 3.0
    assert (await line.hears("state"))["call"]["state"] == "claimed"

    # an administrator knows better which one looks at it
    administrator = await house.client("administrator")
    assert (await administrator.put(f"/api/bells/{POLE.id}/cameras", json={"cameras": ["cam-9"]})).status_code == 422
    assert (await administrator.put(f"/api/bells/{POLE.id}/cameras", json={"cameras": ["cam-2"]})).status_code == 204
    detail = (await operator.get(f"/api/incidents/{seen['id']}")).json()
    assert detail["cameras"][0]["id"] == "cam-2"

    closed = await operator.post(f"/api/incidents/{seen['id']}/close", json={"code": 2})
    assert closed.status_code == 200
    assert (await line.hears("state"))["call"]["state"] == "closed"
    await line.leave()
    await house.clock.advance(60)
    line = await page.line()
    assert (await line.hears("state"))["call"] is None
    await line.leave()
    assert (await page.press("press-0003")).status_code == 201  # and a new case

    # the register comes again: nothing twice, and what an administrator has set stays
    moved = msgspec.structs.replace(LOCKER, name="안심택배함 2호")
    async with house.centre.database.transaction() as tx:
        change = await bring(tx, [POLE, moved], actor="test")
    assert (change.new, change.changed, change.same) == (0, 1, 1)
    await house.settle()
    listed = (await operator.get("/api/bells")).json()["bells"]
    assert [(one["name"], one["cameras"], one["chosen"]) for one in listed] == [
        ("안심택배함 2호", [], False), ("수정공원 정문", ["cam-2"], True)
    ]  # fmt: skip


async def test_whoever_only_claims_to_be_a_bell_is_heard_and_marked(house: House) -> None:
    """A lost terminal, a stranger, a bell without a browser, and what does not fit."""
    page = await commissioned(house)
    administrator, operator = await house.client("administrator"), await house.client("operator")
    stranger = Page(await house.client(), house)
    stranger.bell = POLE.id
    assert (await page.press("press-0001")).status_code == 201
    assert (await stranger.press("press-0001")).status_code == 201
    incidents = (await operator.get("/api/incidents")).json()["incidents"]
    assert sorted((one["verdict"], one["marks"]) for one in incidents) == [
        ("forged", ["unverified"]), ("verified", [])
    ]  # fmt: skip

    # lost: its line is cut, its press still is a signal, and its code opens nothing more
    line = await page.line()
    await line.hears("state")
    assert (await administrator.post(f"/api/bells/{POLE.id}/revoke")).status_code == 204
    assert await line.closes() == 4403
    assert (await page.press("press-0002")).status_code == 201
    assert [row["verdict"] for row in await house.rows("SELECT verdict FROM incident WHERE signals = 2")] == ["forged"]
    assert await (await page.line()).closes() == 4403

    # a device with a secret takes its place
    secret = (await administrator.post(f"/api/bells/{LOCKER.id}/device")).json()["secret"]
    anybody = await house.client()
    form = {"bell": LOCKER.id, "secret": secret, "event": "press", "id": "17"}
    taken = await anybody.post("/in/bell", content="&".join(f"{name}={value}" for name, value in form.items()))
    assert taken.status_code == 200 and taken.json() == (await anybody.post("/in/bell", json=form)).json()
    [row] = await house.rows("SELECT verdict, signals FROM incident WHERE person = $1", f"bell-{LOCKER.id}")
    assert (row["verdict"], row["signals"]) == ("verified", 1)

    for method, path, body, status, field in (
        ("POST", "/in/bell", b"event=ring&bell=x", 400, "event"),
        ("POST", "/in/bell", b"\xff\xfe", 400, "body"),
        ("POST", "/in/bell", b'{"bell":' + b"[" * 5000, 400, "bell"),
        ("POST", "/in/bell", b"event=press&bell=nowhere", 404, None),
        ("POST", "/in/bell", f"event=beat&bell={LOCKER.id}&secret=wrong".encode(), 403, "secret"),
        ("POST", "/in/bell", f"event=beat&bell={LOCKER.id}&secret={secret}&failed=roof".encode(), 400, "failed"),
        ("POST", "/api/bell/press", b'{"bell":"41131-SJ-7","id":"x","at":"2026-11-22T00:00:00Z"}', 400, "id"),
        ("POST", "/api/bell/enrol", b'{"code":"0123456789abcdef","public_key":{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}}', 422, "public_key"),
    ):  # fmt: skip
        answer = await anybody.request(method, path, content=body)
        assert (answer.status_code, answer.json().get("field")) == (status, field), (path, body[:40], answer.json())

    # who may do what
    for path in (f"/api/bells/{POLE.id}/code", f"/api/bells/{POLE.id}/device", f"/api/bells/{POLE.id}/revoke"):
        assert (await operator.post(path)).status_code == 403
        assert (await anybody.post(path)).status_code == 401
        assert (await administrator.post(path.replace(POLE.id, "elsewhere"))).status_code == 404


async def test_a_talk_lives_as_long_as_the_right_to_the_case(house: House) -> None:
    """Begun by whoever has it, refused to others; it ends with hanging up, release, revocation, closing and restart."""
    page = await commissioned(house)
    await page.press("press-0001")
    operator, second = await house.client("operator"), await house.client("operator")
    [seen] = (await operator.get("/api/incidents")).json()["incidents"]
    incident, path = seen["id"], f"/live/talk/{seen['id']}"

    async def refused(who: httpx.AsyncClient) -> tuple[int, str]:
        line = Line(house, path, token_of(who))
        word = await line.hears("refused")
        return await line.closes(), word["why"]

    assert await refused(operator) == (4404, "incident.unknown"), "nobody has it yet"
    await operator.post(f"/api/incidents/{incident}/claim")
    assert await refused(operator) == (4409, "talk.away"), "no page is connected"
    bell = await page.line()
    await bell.hears("state")
    assert await refused(second) == (4404, "incident.unknown"), "it is another's case"

    async def begun() -> Line:
        line = Line(house, path, token_of(operator))
        await line.hears("begun", ice=[])
        await bell.hears("talk")
        return line

    talk = await begun()
    assert await refused(operator) == (4409, "talk.busy")
    bell.say(type="ready", microphone=True)
    await talk.hears("ready", microphone=True)
    talk.say(type="description", kind="offer", sdp=SDP)
    assert (await bell.hears("description"))["sdp"] == SDP
    bell.say(type="description", kind="answer", sdp=SDP)
    bell.say(type="candidate", candidate="candidate:1 1 udp 1 192.0.2.77 9 typ host", mid="0")
    await talk.hears("description", kind="answer")
    await talk.hears("candidate")
    talk.say(type="connected")
    await house.until(lambda: house.rows("SELECT 1 FROM bell_talk WHERE connected_at IS NOT NULL"))
    assert (await operator.get(f"/api/incidents/{incident}")).json()["bell"]["talk"]["connected_at"]
    await house.clock.advance(72)
    talk.say(type="hang-up")
    assert (await bell.hears("over"))["why"] == "operator"
    assert await talk.closes() == 4000
    told = await acts(house, "talk.%")
    assert [act for act, _ in told] == ["talk.refused"] * 3 + ["talk.began", "talk.refused", "talk.ended"]
    assert told[-1][1] == {"seconds": 72, "why": "operator"}

    # nothing but words about sound passes here
    for bad in ({"type": "description", "kind": "offer", "sdp": SDP.replace("audio", "video")}, {"type": "sound"}):
        talk = await begun()
        talk.say(**bad)
        assert await talk.closes() == 4400
        await bell.hears("over")
    talk = await begun()
    talk._says.put_nowait({"type": "websocket.receive", "bytes": b"\x00" * 960})
    assert await talk.closes() == 4415
    await bell.hears("over")

    # the bell hangs up, or its line breaks
    talk = await begun()
    bell.say(type="hang-up")
    assert await talk.closes() == 4000
    talk = await begun()
    await bell.leave()
    assert await talk.closes() == 4000
    bell = await page.line()
    await bell.hears("state")

    # revoked, released, closed: at once, on both sides
    talk = await begun()
    grant = (await operator.get(f"/api/incidents/{incident}")).json()["grants"][0]["id"]
    await operator.post(f"/api/grants/{grant}/revoke", json={"reason": "시험"})
    assert (await bell.hears("over"))["why"] == "revoked"
    assert await talk.closes() == 4000
    assert await refused(operator) == (4403, "talk.right")
    await operator.post(f"/api/incidents/{incident}/release")
    await house.settle()
    await operator.post(f"/api/incidents/{incident}/claim")
    talk = await begun()
    await operator.post(f"/api/incidents/{incident}/release")
    assert (await bell.hears("over"))["why"] == "released"
    assert await talk.closes() == 4000
    await operator.post(f"/api/incidents/{incident}/claim")
    talk = await begun()
    await operator.post(f"/api/incidents/{incident}/close", json={"code": 2})
    assert (await bell.hears("over"))["why"] == "closed"
    assert await talk.closes() == 4000
    await house.until(lambda: house.rows("SELECT 1 FROM bell_talk WHERE ended_why = 'closed'"))
    assert not await house.rows("SELECT 1 FROM bell_talk WHERE ended_at IS NULL")

    # signed out, with the case still hers
    await page.press("press-0002")
    incident = (await second.get("/api/incidents")).json()["incidents"][-1]["id"]
    await second.post(f"/api/incidents/{incident}/claim")
    talk = Line(house, f"/live/talk/{incident}", token_of(second))
    await talk.hears("begun")
    await second.post("/api/signout")
    assert await talk.closes() == 4000
    assert (await bell.hears("over"))["why"] == "signed-out"
    await house.until(lambda: house.rows("SELECT 1 FROM bell_talk WHERE ended_why = 'signed-out'"))
    assert not await house.rows("SELECT 1 FROM take UNION ALL SELECT 1 FROM clip")

    # what the two browsers told each other stands nowhere, nor where they are
    async with house.centre.database.transaction(readonly=True) as tx:
        tables = [row["name"] for row in await tx.fetch("SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")]  # fmt: skip
        for table in tables:
            found = await tx.fetch(f'SELECT 1 FROM "{table}" AS t WHERE t::text LIKE $1 OR t::text LIKE $2', "%5A:CC:1E%", "%192.0.2.77%")  # fmt: skip
            assert not found, table
    await bell.leave()


async def test_a_talk_does_not_outlive_its_process(dsn: str) -> None:
    clock = ManualClock()
    with tempfile.TemporaryDirectory(prefix="ansim-flow.") as folder:
        async with running(dsn, folder, clock) as house:
            async with house.centre.database.transaction() as tx:
                await bring(tx, [POLE], actor="test")
            await house.settle()
            page = await commissioned(house)
            await page.press("press-0001")
            operator = await house.client("operator")
            [seen] = (await operator.get("/api/incidents")).json()["incidents"]
            await operator.post(f"/api/incidents/{seen['id']}/claim")
            async with house.centre.database.transaction() as tx:
                [right] = await tx.fetch("SELECT id, holder FROM access_grant")
                await tx.execute(
                    "INSERT INTO bell_talk (id, bell, incident, grant_id, account, began_at) VALUES ('t', $1, $2, $3, $4, $5)",
                    POLE.id, seen["id"], right["id"], right["holder"], tx.at,
                )  # fmt: skip
        async with running(dsn, folder, clock) as house:
            assert (await acts(house, "talk.ended")) == [("talk.ended", {"why": "restarted"})]
            # the register, the bell's key and its case are still there, and it is the same press
            page.client, page.house = await house.client(), house
            assert (await page.press("press-0001")).status_code == 200
            line = await page.line()
            assert (await line.hears("state"))["call"]["state"] == "claimed"
            await line.leave()


async def test_a_faulty_bell_is_noticed_mended_and_still_calls(house: House) -> None:
    page = await commissioned(house)
    operator, supervisor = await house.client("operator"), await house.client("supervisor")
    anybody = await house.client()

    async def faults() -> list[tuple[str, str, str]]:
        listed = (await operator.get("/api/bell-faults")).json()["faults"]
        return [(one["kind"], one["source"], one["state"]) for one in listed]

    line = await page.line()
    await line.hears("state")
    line.say(type="beat", tests={"microphone": False, "button": True, "power": "battery"})
    await house.until(faults)
    assert await faults() == [("microphone", "self-test", "open"), ("power", "self-test", "open")]
    assert (await operator.get("/api/centre")).json()["bells"] == {"total": 2, "speaking": 1, "faulty": 1}
    assert (await page.press("press-0001")).status_code == 201, "it still is a signal"
    [seen] = (await operator.get("/api/incidents")).json()["incidents"]
    case = (await operator.post(f"/api/incidents/{seen['id']}/claim")).json()
    assert case["bell"]["faults"] == ["microphone", "power"]

    # somebody who passes by says so, twice; what the bell finds well again is mended, what a person said is not
    for wrong in ("light", "light"):
        assert (await anybody.post(f"/api/bells/{POLE.id}/faults", json={"wrong": wrong})).status_code == 204
    assert (await anybody.post(f"/api/bells/{POLE.id}/faults", json={"wrong": "her name"})).status_code == 400
    assert (await anybody.get(f"/api/bells/{POLE.id}/sign")).json()["name"] == "수정공원 정문"
    line.say(type="beat", tests={"microphone": True, "power": "mains"})
    await house.until(lambda: house.rows("SELECT 1 FROM bell_fault WHERE kind = 'power' AND state = 'mended'"))
    [light] = [one for one in (await operator.get("/api/bell-faults")).json()["faults"] if one["state"] != "mended"]
    assert (light["kind"], light["source"], light["times"]) == ("light", "citizen", 2)
    assert (await operator.post(f"/api/bell-faults/{light['id']}", json={"state": "sent"})).status_code == 403
    assert (await supervisor.post(f"/api/bell-faults/{light['id']}", json={"state": "sent"})).json()["state"] == "sent"
    assert (await supervisor.post(f"/api/bell-faults/{light['id']}", json={"state": "sent"})).status_code == 409
    assert (await supervisor.post(f"/api/bell-faults/{light['id']}", json={"state": "mended"})).json()["mended_at"]

    # silent for three beats: noticed; heard again: mended
    await line.leave()
    await house.clock.advance(BEAT_S * 3 + 1)
    await house.until(lambda: house.rows("SELECT 1 FROM bell_fault WHERE kind = 'silent' AND state = 'open'"))
    line = await page.line()
    line.say(type="beat")
    await house.until(lambda: house.rows("SELECT 1 FROM bell_fault WHERE kind = 'silent' AND state = 'mended'"))
    await line.leave()

    # many reports from one place are slowed down
    answers = {
        (await anybody.post(f"/api/bells/{POLE.id}/faults", json={"wrong": "other"})).status_code for _ in range(15)
    }
    assert answers == {204, 429}
    await house.settle()
