"""What a centre says to its console in these tests: invented people on an invented street plan, each state on
demand.
"""

from __future__ import annotations

import asyncio
import math
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from .stage import Asked, Refusal, Socket, Stage

HERE = {"latitude": 37.5010, "longitude": 127.0400}
ME = {
    "account": "a1",
    "name": "이서연",
    "role": "operator",
    "centre": {"id": "gangnam", "name": "강남구 CCTV 통합관제센터"},
    "csrf": "c" * 43,
    "expires_at": "2099-01-01T00:00:00Z",
}
COLLEAGUE = {"id": "a2", "name": "박지훈"}


def ago(seconds: float = 0) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()


def at(east_m: float, north_m: float) -> dict[str, float]:
    latitude = HERE["latitude"] + north_m / 111_195
    return {
        "latitude": latitude,
        "longitude": HERE["longitude"] + east_m / (111_195 * math.cos(math.radians(HERE["latitude"]))),
    }


def fix(east_m: float = 0, north_m: float = 0, *, age: float = 1, accuracy_m: float = 9, **more: Any) -> dict[str, Any]:
    return {**at(east_m, north_m), "accuracy_m": accuracy_m, "source": "web", "at": ago(age), **more}


def place(ko: str, en: str) -> dict[str, str]:
    return {"ko": ko, "en": en}


def quarter() -> dict[str, Any]:
    """Streets on a turned lattice: enough to see that the map draws what it is given."""
    turn = math.radians(20)
    features = []

    def point(x: float, y: float) -> list[float]:
        spot = at(x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn))
        return [spot["longitude"], spot["latitude"]]

    def road(name: str, width_m: float, *line: tuple[float, float]) -> None:
        features.append(
            {
                "type": "Feature",
                "properties": {"kind": "road", "name": name, "width_m": width_m},
                "geometry": {"type": "LineString", "coordinates": [point(x, y) for x, y in line]},
            }
        )

    def area(kind: str, ring: list[tuple[float, float]], name: str = "") -> None:
        features.append(
            {
                "type": "Feature",
                "properties": {"kind": kind, "name": name},
                "geometry": {"type": "Polygon", "coordinates": [[point(x, y) for x, y in [*ring, ring[0]]]]},
            }
        )

    columns = [-420, -300, -190, -70, 60, 170, 300, 420]
    rows = [-330, -210, -110, 0, 95, 215, 330]
    for i in range(len(columns) - 1):
        for j in range(len(rows) - 1):
            left, right, low, high = columns[i] + 6, columns[i + 1] - 6, rows[j] + 6, rows[j + 1] - 6
            if (i, j) == (5, 1):
                area("park", [(left, low), (right, low), (right, high), (left, high)], "별솔공원")
                continue
            area("block", [(left, low), (right, low), (right, high), (left, high)])
            wide, deep = (right - left) / 4, (high - low) / 2
            for k in range(4):
                for m in range(2):
                    x, y, pad = left + k * wide, low + m * deep, 2.5 + (i + k + m) % 3
                    area(
                        "building",
                        [
                            (x + pad, y + pad),
                            (x + wide - pad, y + pad),
                            (x + wide - pad, y + deep - pad),
                            (x + pad, y + deep - pad),
                        ],
                    )
    for n, x in enumerate(columns):
        wide = n == 6
        road(
            "너른대로" if wide else f"해든로{10 + 2 * n}길", 26 if wide else 8, *[(x, y) for y in range(-340, 341, 40)]
        )
    for n, y in enumerate(rows):
        wide = n == 1
        road("한결로" if wide else f"새봄로{21 + 4 * n}길", 18 if wide else 8, *[(x, y) for x in range(-430, 431, 40)])
    features.append(
        {
            "type": "Feature",
            "properties": {"kind": "place", "name": "안심지킴이집"},
            "geometry": {"type": "Point", "coordinates": point(40, -80)},
        }
    )
    return {"type": "FeatureCollection", "features": features}


def incident(number: int = 47, **more: Any) -> dict[str, Any]:
    """An unclaimed SOS as everybody in the room sees it."""
    return {
        "id": f"i{number}",
        "number": f"SN-1122-{number:04d}",
        "centre": {"id": "gangnam", "name": "강남구"},
        "kind": "sos",
        "trigger": "button",
        "priority": 1,
        "silent": True,
        "state": "received",
        "marks": [],
        "route": "exact",
        "verdict": "verified",
        "received_at": ago(6),
        "place": place("강남구 해든동", "Haedeun-dong, Gangnam-gu"),
        "position": {**at(20, -30), "accuracy_m": 100.0, "at": ago(2), "coarse": True},
        "cameras_ready": 4,
        "signals": 1,
        "cancel_requested_at": None,
        "owner": None,
        "offer": None,
        "claimed_at": None,
        "confirmed_at": None,
        "requested_at": None,
        "arrived_at": None,
        "closed_at": None,
        "destroyed_at": None,
        "escalation": {"level": 0, "next": "leader", "due_at": ago(-14)},
        "mine": False,
        "detailed": False,
    } | more


def camera(n: int, east_m: float, north_m: float, azimuth: float | None, **more: Any) -> dict[str, Any]:
    distance = math.hypot(east_m, north_m)
    return {
        "id": f"cam-{n}",
        "name": f"해든로{10 + n}길 {30 + n}",
        "order": n,
        **at(east_m, north_m),
        "azimuth_deg": azimuth,
        "view_deg": 58.0,
        "range_m": 62.0,
        "distance_m": distance,
        "bearing_deg": 0.0,
        "score": 0.9 - n / 10,
        "sees": "likely",
        "probability": round(0.95 - n / 10, 2),
        "live": True,
    } | more


CAMERAS = [
    camera(1, -52, 42, 130),
    camera(2, -60, -38, 62),
    camera(3, 4, -52, 355),
    camera(4, 78, 46, 250),
    camera(5, 110, -60, 300),
    camera(6, -130, 90, None),
    camera(7, 150, 120, 200),
]


def grant(
    id: str = "g1", holder: str = "이서연", kind: str = "operator", *, left: float = 1737, **more: Any
) -> dict[str, Any]:
    return {
        "id": id,
        "incident": "i47",
        "holder": {"id": "a1" if kind == "operator" else id, "name": holder, "kind": kind},
        "purpose": "sos",
        "video": True,
        "cameras": [f"cam-{n}" for n in range(1, 8 if kind == "operator" else 5)],
        "from_at": ago(63),
        "until_at": ago(-left),
        "extensions": 0,
        "ended_at": None,
        "ended_why": None,
    } | more


def dispatch(agency: str = "112", state: str = "en_route", **more: Any) -> dict[str, Any]:
    unit = state in ("en_route", "arrived", "completed")
    return {
        "id": f"d{agency}",
        "agency": agency,
        "state": state,
        "requested_at": ago(71),
        "answered_at": None if state in ("requested", "no_answer") else ago(69),
        "unit": "순찰 12호" if unit else None,
        "eta_s": 110 if state == "en_route" else None,
        "position": {**at(190, -20), "at": ago(2)} if unit else None,
        "reason": None,
        "reference": None,
        "arrived_at": ago(3) if state in ("arrived", "completed") else None,
        "completed_at": None,
        "phone": None,
    } | more


STEPS = [
    ("locate", "위치와 대상자 확인", "Locate her, know who she is"),
    ("contact", "대상자와 연락 (조용히)", "Reach her, quietly"),
    ("dispatch", "112 또는 119 출동요청", "Ask 112 or 119 to go"),
    ("watch", "주변과 따라오는 사람 살피기", "Watch what is around her"),
    ("guide", "가까운 안심지킴이집으로 안내", "Guide her to the nearest safe place"),
    ("hand-to-unit", "출동대에 상황 전하기", "Tell the unit what is seen"),
]


def steps(done: int = 4) -> list[dict[str, Any]]:
    return [
        {
            "step": key,
            "label": place(ko, en),
            "due_at": None,
            "done_at": ago(100 - 10 * n) if n < done else None,
            "done_by": "a1" if n < done else None,
        }
        for n, (key, ko, en) in enumerate(STEPS)
    ]


def worked(number: int = 47, **more: Any) -> dict[str, Any]:
    """The same SOS as the operator sees who has it: an officer on the way."""
    track = [fix(250 - 10.4 * n, 82 - 3.4 * n + 3 * math.sin(n / 3), age=127 - 5 * n) for n in range(25)]
    return incident(
        number,
        state="confirmed",
        received_at=ago(127),
        owner={"id": "a1", "name": "이서연"},
        claimed_at=ago(119),
        confirmed_at=ago(86),
        requested_at=ago(71),
        escalation=None,
        mine=True,
        detailed=True,
        place=place("해든동 해든로16길 24", "24 Haedeun-ro 16-gil"),
        position=fix(0, 0, age=2),
    ) | {
        "person": {"name": "김수민", "phone": "01000000000", "note": "천식, 흰 패딩", "battery": 34},
        "guardians": [
            {"name": "김어머니", "relation": "어머니", "receipts": [{"channel": "push", "state": "read",
                "at": ago(101), "reason": None}], "phone": ""},
            {"name": "김언니", "relation": "언니", "receipts": [{"channel": "sms", "state": "delivered",
                "at": ago(120), "reason": None}], "phone": ""},
        ],
        "cameras": CAMERAS,
        "sight": {"probability": 0.97, "map": "footprints"},
        "grants": [grant(), grant("g2", "순찰 12호", "officer", left=1737)],
        "dispatches": [dispatch()],
        "procedure": steps(),
        "timeline": [
            {"id": "t1", "at": ago(119), "act": "incident.claimed", "actor": "a1", "name": "이서연", "text": None},
            {"id": "t2", "at": ago(86), "act": "incident.confirmed", "actor": "a1", "name": "이서연", "text": None},
        ],
        "messages": [{"id": "m1", "at": ago(52), "from": "person", "text": "뒤에 남자가 따라와요"}],
        "links": [
            {"id": "l1", "kind": "officer", "recipient": "순찰 12호", "opened_at": ago(14), "until_at": ago(-1737),
                "ended_at": None, "refused": 0}
        ],
        "track": [*track, fix(0, 0, age=2)],
        "close_code": None,
    } | more  # fmt: skip


def taken_by_colleague(number: int = 31, **more: Any) -> dict[str, Any]:
    return (
        incident(
            number,
            state="confirmed",
            owner=COLLEAGUE,
            received_at=ago(400),
            claimed_at=ago(390),
            confirmed_at=ago(300),
            requested_at=ago(280),
            arrived_at=ago(60),
            escalation=None,
            place=place("강남구 너른동", "Neoreun-dong"),
        )
        | more
    )


def offer(to: dict[str, str] = COLLEAGUE, *, left: float = 24) -> dict[str, Any]:
    """A case on its way to a colleague, who has so many seconds left to answer."""
    return {"to": to, "at": ago(30 - left), "due_at": ago(-left)}


COLLEAGUES = [
    {**COLLEAGUE, "role": "operator", "cases": 0},
    {"id": "a3", "name": "오상민", "role": "operator", "cases": 2},
    {"id": "a4", "name": "최유리", "role": "supervisor", "cases": 2},
]


class Room:
    """The server's side of one console."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.incidents: dict[str, dict[str, Any]] = {}
        self.agencies: dict[str, dict[str, Any]] = {
            "112": {"up": True, "since": ago(3600), "number": "02-3000-1120"},
            "119": {"up": True, "since": ago(3600), "number": "119"},
        }
        self.pictures: dict[str, dict[str, Any]] = {}
        """What the server says of a camera's newest frame; a camera that is not here says nothing."""
        self.clips: dict[str, list[bytes]] = {}
        self.covers: list[dict[str, Any]] = []
        self.trips = {"watched": 0, "asking": 0, "ready": 0}
        self.speaking = True
        self._greeted: set[int] = set()
        self._task: asyncio.Task[None] | None = None
        stage.on("GET", "/api/me", ME)
        stage.on(
            "GET",
            "/api/centre",
            {
                "id": "gangnam",
                "name": place("강남구 CCTV 통합관제센터", "Gangnam-gu control centre"),
                "agencies": self.agencies,
                "cameras": {"live": 1812, "total": 1880},
                "leader": {"name": "최유리", "phone": "02-0000-0000"},
                "map": {**HERE, "attribution": "지어낸 동네"},
                "alone": False,
            },
        )
        stage.on(
            "GET",
            "/api/cameras",
            {
                "cameras": [
                    *CAMERAS,
                    *(camera(20 + n, -330 + 83 * (n % 9), -190 + 120 * (n // 9), None) for n in range(27)),
                ]
            },
        )
        stage.on("GET", "/api/cameras/health", {"cameras": []})
        stage.on("GET", "/api/map", quarter())
        stage.on("GET", "/api/map/borders", {"type": "FeatureCollection", "features": []})
        for token in ("g1", "g2", "g3"):
            stage.on(
                "POST",
                f"/api/grants/{token}/tokens",
                lambda asked: {"token": "t" * 40, "url": f"/media/{asked.body['camera']}", "expires_at": ago(-60)},
            )

    def have(self, *some: dict[str, Any]) -> None:
        for one in some:
            self.incidents[one["id"]] = one
            self.stage.on("GET", f"/api/incidents/{one['id']}", lambda _asked, id=one["id"]: self.incidents[id])
            self.stage.on("POST", f"/api/incidents/{one['id']}/claim", self._claim)

    def accept(self, id: str, verb: str, answer: Any = None) -> None:
        self.stage.on("POST", f"/api/incidents/{id}/{verb}", answer if answer is not None else {})

    def _claim(self, asked: Asked) -> dict[str, Any]:
        id = asked.path.split("/")[3]
        now = self.incidents[id]
        if now["owner"] and now["owner"]["id"] != "a1":
            raise Refusal(
                409, "incident.claimed", "Somebody else has it already", extra={"claimed_by": now["owner"]["id"]}
            )
        number = int(re.sub(r"\D", "", id))
        fresh = worked(number) | {
            "received_at": now["received_at"],
            "claimed_at": ago(0),
            "confirmed_at": None,
            "requested_at": None,
            "dispatches": [],
            "links": [],
            "grants": [grant(incident=id)],
            "place": now["place"],
        }
        self.incidents[id] = fresh | {"state": "claimed", "procedure": steps(0)}
        return self.incidents[id] | {"tokens": {one["id"]: f"token for {one['id']}" for one in fresh["cameras"]}}

    async def put(self, one: dict[str, Any]) -> None:
        self.have(one)
        await self.stage.say("/live", {"type": "incident", "incident": one})

    async def gone(self, id: str) -> None:
        self.incidents.pop(id, None)
        await self.stage.say("/live", {"type": "gone", "incident": id})

    async def status(self) -> None:
        await self.stage.say(
            "/live",
            {
                "type": "status",
                "agencies": self.agencies,
                "cameras": {"live": 1812, "total": 1880},
                "covers": self.covers,
            },
        )

    async def __aenter__(self) -> Room:
        self._task = asyncio.create_task(self._speak())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _speak(self) -> None:
        """Greets every new socket with everything, then speaks often: as the real server, only faster."""
        beat = 0
        while True:
            for socket in list(self.stage.sockets):
                if socket.closed or not self.speaking:
                    continue
                with suppress(Exception):
                    await self._to(socket, beat)
            beat += 1
            await asyncio.sleep(0.1)

    async def _to(self, socket: Socket, beat: int) -> None:
        new = id(socket) not in self._greeted
        if socket.path == "/live":
            if new:
                self._greeted.add(id(socket))
                await socket.say(
                    {
                        "type": "state",
                        "incidents": list(self.incidents.values()),
                        "agencies": self.agencies,
                        "cameras": {"live": 1812, "total": 1880},
                        "covers": self.covers,
                        "trips": self.trips,
                    }
                )
            if new or beat % 5 == 0:
                await socket.say({"type": "ping", "at": ago()})
        elif socket.path.startswith("/media/"):
            name = socket.path.rpartition("/")[2]
            if new and not socket.heard.empty():
                self._greeted.add(id(socket))
                await socket.say({"type": "start", "codec": "avc1.4d401f", "width": 640, "height": 360, "camera": name})
                for part in self.clips.get(name, []):
                    await socket._send({"type": "websocket.send", "bytes": part})
            if id(socket) in self._greeted and name in self.pictures and beat % 3 == 0:
                await socket.say({"type": "health", **self.pictures[name]})
