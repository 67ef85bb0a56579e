"""A pendant, a watch, a school tracker on its own port: from its first byte to the operator, and back to its lamp."""

from __future__ import annotations

import asyncio
import functools
import operator
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from ansim.adapters.trackers import server
from ansim.adapters.trackers.protocols import PROTOCOLS
from ansim.core.errors import Unavailable
from ansim.response.signals.model import Arrival, Receipt
from ansim.sim.phone import read
from tests.flow.conftest import HOME, House, opened

pytestmark = pytest.mark.flow

IMEI = "864717003664467"
PENDANT = "4210209006"


@pytest.fixture
async def house(dsn: str) -> AsyncIterator[House]:
    async with opened(dsn, trackers=dict.fromkeys(PROTOCOLS, 0)) as house:
        yield house


class Line:
    """A device's end of the line."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, *parts: bytes) -> None:
        for part in parts:
            self._writer.write(part)
            await self._writer.drain()

    async def hear(self, end: bytes = b"\r\n") -> bytes:
        async with asyncio.timeout(20):
            return await self._reader.readuntil(end)

    async def ended(self) -> None:
        async with asyncio.timeout(20):
            assert await self._reader.read() == b""

    async def drop(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


@asynccontextmanager
async def line(house: House, protocol: str) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.centre.devices.ports[protocol])
    line = Line(reader, writer)
    try:
        yield line
    finally:
        writer.close()


def gt06(kind: int, content: bytes = b"", serial: int = 1, *, checksum: int | None = None) -> bytes:
    said = bytes([len(content) + 5, kind]) + content + serial.to_bytes(2)
    return b"\x78\x78" + said + (x25(said) if checksum is None else checksum).to_bytes(2) + b"\r\n"


def x25(content: bytes) -> int:
    """CRC-16/X-25, bit by bit as ITU-T X.25 has it."""
    found = 0xFFFF
    for byte in content:
        found ^= byte
        for _ in range(8):
            found = found >> 1 ^ 0x8408 if found & 1 else found >> 1
    return found ^ 0xFFFF


SIGN_IN = gt06(0x01, bytes.fromhex("0" + IMEI))
HEARTBEAT = gt06(0x13, bytes([0x06, 4, 3, 0, 1]), 2)


def fix(at: datetime, place: tuple[float, float] = HOME) -> bytes:
    """Date, satellites, place, 7 km/h, a fix north of the equator with a heading of 90."""
    latitude, longitude = (round(degrees * 1_800_000) for degrees in place)
    clock = bytes([at.year % 100, at.month, at.day, at.hour, at.minute, at.second])
    return clock + b"\xc8" + latitude.to_bytes(4) + longitude.to_bytes(4) + b"\x07" + (0x1400 | 90).to_bytes(2)


def moved(at: datetime, place: tuple[float, float], serial: int = 3) -> bytes:
    return gt06(0x12, fix(at, place) + bytes.fromhex("01c206004b000001"), serial)


def pressed(at: datetime, serial: int = 4, **changed: Any) -> bytes:
    """The alarm frame: fix, mast, status with SOS in it, battery step 5 of 6, signal, alarm SOS, language."""
    return gt06(
        0x26, fix(at) + bytes.fromhex("0901c206004b000001") + bytes([0x26, 5, 3, 0x01, 0x02]), serial, **changed
    )


def h02(at: datetime, *, status: str = "FFFFFBFF", valid: str = "A") -> bytes:
    return (
        f"*HQ,{PENDANT},V1,{at:%H%M%S},{valid},3722.8000,N,12707.2000,E,000.50,047,{at:%d%m%y},{status},450,05,0,0,6#"
    ).encode()


async def queue(house: House) -> list[dict[str, Any]]:
    operator = await house.client("operator")
    return list(read(await operator.get("/api/incidents"))["incidents"])


async def test_a_gt06_pendant_signs_in_lives_and_calls(house: House) -> None:
    now = house.clock.now()
    async with line(house, "gt06") as pendant:
        await pendant.send(SIGN_IN)
        assert await pendant.hear() == gt06(0x01)
        await pendant.send(HEARTBEAT)
        assert await pendant.hear() == gt06(0x13, serial=2)
        await pendant.send(moved(now, HOME))
        assert await pendant.hear() == gt06(0x12, serial=3)
        assert await house.rows("SELECT 1 FROM fix") == []
        await pendant.send(pressed(now))
        assert await pendant.hear() == gt06(0x26, serial=4)
        # acknowledged means stored
        [signal] = await house.rows("SELECT source, trigger, silent, located, battery FROM signal")
        assert signal == {"source": "gt06", "trigger": "device", "silent": True, "located": True, "battery": 83}
        await pendant.send(moved(now, (HOME[0] + 0.0005, HOME[1]), 5))
        await pendant.hear()
    [incident] = await queue(house)
    operator = await house.client("operator")
    claimed = read(await operator.post(f"/api/incidents/{incident['id']}/claim"))
    assert [round(fix["latitude"], 4) for fix in claimed["track"]] == [37.38, 37.3805]


async def test_an_h02_pendant_calls_and_hears_that_it_was_heard(house: House) -> None:
    now = house.clock.now()
    async with line(house, "h02") as pendant:
        await pendant.send(f"*HQ,{PENDANT},HTBT,64#".encode())
        assert await pendant.hear(b"#") == f"*HQ,{PENDANT},HTBT#".encode()
        await pendant.send(h02(now))
        assert (await pendant.hear(b"#")).startswith(f"*HQ,{PENDANT},V4,V1,".encode())
        assert await queue(house) == []
        await pendant.send(h02(now + timedelta(seconds=9), status="FFFFFBFD"))
        assert (await pendant.hear(b"#")).startswith(f"*HQ,{PENDANT},V4,V1,".encode())
    [incident] = await queue(house)
    assert incident["position"] is not None and incident["marks"] == ["unverified"]


def watch(at: datetime, *, status: str = "00010000") -> bytes:
    content = f"AL,{at:%d%m%y},{at:%H%M%S},A,37.380000,N,127.120000,E,0.10,0.0,20,7,60,90,1000,50,{status},1,1,450,5,9360,4082,131"
    return f"[3G*8800000015*{len(content):04X}*{content}]".encode()


def gps103(at: datetime, word: str = "help me") -> bytes:
    return f"imei:{IMEI},{word},{at:%y%m%d%H%M%S},,F,{at:%H%M%S}.000,A,3722.8000,N,12707.2000,E,0.13,;".encode()


def terminal(kind: int, content: bytes = b"", serial: int = 0) -> bytes:
    """A frame of JT/T 808, of the terminal or to it."""
    said = kind.to_bytes(2) + len(content).to_bytes(2) + bytes.fromhex("013912345678") + serial.to_bytes(2) + content
    said += bytes([functools.reduce(operator.xor, said)])
    return b"\x7e" + said.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02") + b"\x7e"


def jt808(at: datetime, alarm: int = 1) -> bytes:
    """Its clock is eight hours ahead."""
    clock = bytes.fromhex(f"{at + timedelta(hours=8):%y%m%d%H%M%S}")
    place = b"".join(round(degrees * 1_000_000).to_bytes(4) for degrees in HOME)
    content = alarm.to_bytes(4) + (3).to_bytes(4) + place + bytes([0, 20, 0, 9, 0, 90]) + clock + bytes([0x06, 1, 77])
    return terminal(0x0200, content, 7)


@pytest.mark.parametrize(
    ("protocol", "lives", "says", "calls", "hears"),
    [
        ("watch", b"[3G*8800000015*0002*LK]", b"[3G*8800000015*0002*LK]", watch, b"[3G*8800000015*0002*AL]"),
        ("gps103", f"##,imei:{IMEI},A;".encode(), b"LOAD", gps103, f"**,imei:{IMEI},E;".encode()),
        (
            "jt808", terminal(0x0002, serial=1), terminal(0x8001, bytes([0, 1, 0, 2, 0])), jt808,
            terminal(0x8001, bytes([0, 7, 2, 0, 0])),
        ),
    ],
)  # fmt: skip
async def test_every_other_protocol_lives_and_calls(
    house: House, protocol: str, lives: bytes, says: bytes, calls: Callable[[datetime], bytes], hears: bytes
) -> None:
    async with line(house, protocol) as device:
        await device.send(lives)
        assert await device.hear(says) == says
        assert await queue(house) == []
        await device.send(calls(house.clock.now()))
        assert await device.hear(hears) == hears
    [signal] = await house.rows("SELECT source, located, occurred_at FROM signal")
    assert signal == {"source": protocol, "located": True, "occurred_at": house.clock.now()}
    [incident] = await queue(house)
    assert incident["place"]["ko"] == "성남시"


async def test_no_fix_is_a_call_without_a_place(house: House) -> None:
    async with line(house, "h02") as pendant:
        await pendant.send(h02(house.clock.now(), status="FFFFFBFD", valid="V"))
        await pendant.hear(b"#")
    assert await house.rows("SELECT located FROM signal") == [{"located": False}]


async def test_a_wrong_checksum_is_written_down_and_drops_nothing(house: House) -> None:
    async with line(house, "gt06") as pendant:
        await pendant.send(SIGN_IN, pressed(house.clock.now(), checksum=0xBAD))
        await pendant.hear()
        await pendant.hear()
    [entry] = await house.rows("SELECT details->>'state' AS state FROM ledger_entry WHERE act = 'signal.received'")
    assert entry["state"] == "damaged"


async def test_bytes_that_come_one_by_one_are_the_same_call(house: House) -> None:
    async with line(house, "gt06") as pendant:
        for byte in SIGN_IN + pressed(house.clock.now()):
            await pendant.send(bytes([byte]))
        await pendant.hear()
        await pendant.hear()
    assert len(await queue(house)) == 1


async def test_noise_before_a_call_does_not_hide_it(house: House) -> None:
    now = house.clock.now()
    async with line(house, "gt06") as pendant:
        # a beginning whose length is a lie, and the half of a frame that another line lost
        await pendant.send(b"\x00\xffGET / HTTP/1.1\r\n\r\n\x78\x78\xff" + pressed(now)[:20] + SIGN_IN + pressed(now))
        assert await pendant.hear() == gt06(0x01)
        assert await pendant.hear() == gt06(0x26, serial=4)
    async with line(house, "h02") as pendant:
        await pendant.send(b"\x00$$\xff" + h02(now)[:30] + h02(now, status="FFFFFBFD"))
        await pendant.hear(b"#")
    assert len(await queue(house)) == 2


async def test_a_call_is_acknowledged_only_when_it_is_kept(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    arrived, go = asyncio.Event(), asyncio.Event()
    submit = house.centre.intake.submit

    async def slow(arrival: Arrival, rank: int = 0) -> Receipt:
        arrived.set()
        await go.wait()
        return await submit(arrival, rank)

    monkeypatch.setattr(house.centre.intake, "submit", slow)
    async with line(house, "gt06") as pendant:
        await pendant.send(SIGN_IN)
        await pendant.hear()
        await pendant.send(pressed(house.clock.now()))
        answer = asyncio.create_task(pendant.hear())
        await arrived.wait()
        for _ in range(50):
            await asyncio.sleep(0)
        assert not answer.done()
        go.set()
        assert await answer == gt06(0x26, serial=4)
    assert len(await house.rows("SELECT 1 FROM signal")) == 1


async def test_what_could_not_be_kept_is_not_acknowledged_and_the_repeat_counts_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = house.centre.intake.submit

    async def away(arrival: Arrival, rank: int = 0) -> Receipt:
        raise Unavailable

    now = house.clock.now()
    async with line(house, "gt06") as pendant:
        await pendant.send(SIGN_IN)
        await pendant.hear()
        monkeypatch.setattr(house.centre.intake, "submit", away)
        await pendant.send(pressed(now), HEARTBEAT)
        assert await pendant.hear() == gt06(0x13, serial=2)
        monkeypatch.setattr(house.centre.intake, "submit", submit)
        await pendant.send(pressed(now), pressed(now))
        assert await pendant.hear() == await pendant.hear() == gt06(0x26, serial=4)
        await pendant.drop()
    # and again over another line, because the answer was lost
    async with line(house, "gt06") as pendant:
        await pendant.send(SIGN_IN, pressed(now, serial=9))
        await pendant.hear()
        assert await pendant.hear() == gt06(0x26, serial=9)
    [incident] = await queue(house)
    assert incident["signals"] == 1


async def test_a_clock_that_stands_still_does_not_swallow_the_next_call(house: House) -> None:
    stuck = house.clock.now()
    async with line(house, "gt06") as pendant:
        await pendant.send(SIGN_IN, pressed(stuck))
        await pendant.hear()
        await pendant.hear()
        await house.clock.leap(16 * 60)
        await pendant.send(pressed(stuck))
        await pendant.hear()
    assert len(await house.rows("SELECT 1 FROM signal")) == 2


async def test_a_device_that_never_stops_talking_waits_and_another_is_heard(house: House) -> None:
    now = house.clock.now()
    async with line(house, "h02") as mad, line(house, "gt06") as pendant:
        flood = asyncio.create_task(mad.send(*[f"*HQ,1,HTBT,{n % 100}#".encode() for n in range(3000)]))
        for _ in range(int(server.BURST)):
            await mad.hear(b"#")
        await pendant.send(SIGN_IN, pressed(now))
        await pendant.hear()
        assert await pendant.hear() == gt06(0x26, serial=4)
        assert len(await queue(house)) == 1
        # its own turn comes, as much as a second gives
        await house.clock.advance(1.0)
        for _ in range(int(server.PER_S)):
            await mad.hear(b"#")
        flood.cancel()


async def test_a_call_behind_more_positions_than_are_let_in_is_heard(house: House) -> None:
    now = house.clock.now()
    async with line(house, "gt06") as pendant:
        await pendant.send(SIGN_IN, *[moved(now, HOME, n) for n in range(200)], pressed(now, serial=999))
        while await pendant.hear() != gt06(0x26, serial=999):
            pass
    assert len(await queue(house)) == 1


async def test_a_call_in_a_batch_behind_too_many_positions_is_heard(house: House) -> None:
    now = house.clock.now()
    parts = [jt808(now, alarm)[13:-2] for alarm in (*[0] * 70, 1)]
    batch = b"".join(len(part).to_bytes(2) + part for part in parts)
    async with line(house, "jt808") as terminal_line:
        await terminal_line.send(
            terminal(0x0704, len(parts).to_bytes(2) + b"\0" + batch, 3), terminal(0x0002, serial=4)
        )
        # the batch is not acknowledged, because not all of it was taken
        heartbeat = terminal(0x8001, bytes([0, 4, 0, 2, 0]))
        assert await terminal_line.hear(heartbeat) == heartbeat
    assert len(await queue(house)) == 1


async def test_a_call_without_a_time_is_the_same_for_a_while(house: House) -> None:
    said = f"imei:{IMEI},help me,,,L,,,113b,,558f,,,,,0,0,,,;".encode()
    async with line(house, "gps103") as tracker:
        for wait in (0, 60, 20 * 60):
            await house.clock.leap(wait)
            await tracker.send(said)
            await tracker.hear(b";")
    assert [row["located"] for row in await house.rows("SELECT located FROM signal")] == [False, False]
    [incident] = await queue(house)
    assert incident["signals"] == 2


async def test_a_line_that_says_nothing_ends_and_one_that_lives_stays(house: House) -> None:
    async with line(house, "gt06") as silent, line(house, "gt06") as pendant:
        await silent.send(b"hello")
        await pendant.send(SIGN_IN)
        await pendant.hear()
        await house.clock.advance(server.SILENT_S + server.SWEEP_S + 1)
        await silent.ended()
        await pendant.send(HEARTBEAT)
        await pendant.hear()
        await house.clock.advance(server.QUIET_S + server.SWEEP_S + 1)
        await pendant.ended()


async def test_a_new_line_is_never_turned_away(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MOST_OF_ADDRESS", 2)
    async with line(house, "gt06") as first, line(house, "gt06") as second:
        for device in (first, second):
            await device.send(SIGN_IN)
            await device.hear()
            await house.clock.advance(1)
        async with line(house, "gt06") as third:
            await third.send(SIGN_IN, pressed(house.clock.now()))
            await third.hear()
            assert await third.hear() == gt06(0x26, serial=4)
            await first.ended()
            await second.send(HEARTBEAT)
            assert await second.hear() == gt06(0x13, serial=2)


async def own(house: House, number: str) -> Any:
    """Somebody who has enrolled a phone, and now her pendant by its number; the answer to that."""
    phone = await house.phone()
    assert phone.credential is not None
    client = await house.client()
    body = {"credential": phone.credential, "proof": phone.prove("ansim device", phone.credential, number)}
    return phone, await client.post("/api/citizen/devices", json=body | {"number": number})


async def test_her_own_pendant_calls_in_her_name_and_is_followed(house: House) -> None:
    now = house.clock.now()
    _, added = await own(house, f" {IMEI[:6]} {IMEI[6:]}".strip())
    assert added.status_code == 201 and added.json()["device"].replace(" ", "") == IMEI
    assert IMEI not in str(await house.rows("SELECT * FROM device"))
    async with line(house, "gt06") as pendant:
        await pendant.send(SIGN_IN, pressed(now))
        await pendant.hear()
        await pendant.hear()
    [incident] = await queue(house)
    assert "unverified" not in incident["marks"]


async def test_her_phone_and_her_pendant_are_one_case(house: House) -> None:
    phone, _ = await own(house, IMEI)
    await phone.sos()
    async with line(house, "gt06") as pendant:
        await pendant.send(SIGN_IN, pressed(house.clock.now()))
        await pendant.hear()
        await pendant.hear()
    [incident] = await queue(house)
    assert incident["signals"] == 2


async def test_a_number_that_somebody_has_is_not_taken_over(house: House) -> None:
    phone, first = await own(house, "+82 10-1234-5678")
    client = await house.client()
    again = {"credential": phone.credential, "number": "010 1234 5678"}
    again["proof"] = phone.prove("ansim device", phone.credential, again["number"])
    assert (await client.post("/api/citizen/devices", json=again)).status_code == first.status_code == 201
    _, other = await own(house, "01012345678")
    assert other.status_code == 409 and other.json()["type"] == "device.taken"
    assert len(await house.rows("SELECT 1 FROM device")) == 1


async def test_a_number_without_a_proof_of_it_is_refused(house: House) -> None:
    phone = await house.phone()
    client = await house.client()
    body = {"credential": phone.credential, "proof": phone.prove("ansim device", phone.credential), "number": IMEI}
    assert (await client.post("/api/citizen/devices", json=body)).status_code == 403
    bad = await client.post("/api/citizen/devices", json=body | {"number": "<b>"})
    assert bad.status_code == 400 and bad.json()["field"] == "number"


def aml(number: str, place: tuple[float, float] = HOME, at: int = 1795272420000) -> str:
    return (
        f"v=1&device_number=%2B{number}&location_latitude={place[0]}&location_longitude={place[1]}&location_time={at}"
        "&location_accuracy=10.4&location_source=GPS&location_certainty=83"
    )


async def test_who_calls_112_is_behind_all_others_and_has_a_place(house: House) -> None:
    telephone = await house.client()
    for _ in range(2):
        answer = await telephone.post("/in/aml", content=aml("821055556666"))
        assert answer.status_code == 200 and answer.headers["ansim-receipt"]
    # another telephone of the same gateway is another case
    await telephone.post("/in/aml", content='A"ML=1;lt=37.38;lg=127.12;rd=9;top=20261121144700;lc=68;pm=G')
    await telephone.post("/in/aml", content='A"ML=1;lt=37.39;lg=127.13;rd=9;top=20261121144700;lc=68;pm=G')
    incidents = await queue(house)
    assert [(one["priority"], one["trigger"], one["silent"], one["signals"]) for one in incidents] == [
        (3, "call", False, 1)
    ] * 3
    refused = await telephone.post("/in/aml", content="hello")
    assert refused.status_code == 400 and refused.json()["field"] == "body"


async def test_her_call_to_112_belongs_to_her_open_case(house: House) -> None:
    phone, _ = await own(house, "010-5555-6666")
    await phone.sos()
    telephone = await house.client()
    await telephone.post("/in/aml", content=aml("821055556666", (HOME[0] + 0.001, HOME[1])))
    [incident] = await queue(house)
    assert incident["signals"] == 2 and incident["priority"] == 1
    operator = await house.client("operator")
    claimed = read(await operator.post(f"/api/incidents/{incident['id']}/claim"))
    assert round(claimed["track"][-1]["latitude"], 4) == 37.381
