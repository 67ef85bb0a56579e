"""A centre with a living, invented city: for a first look, for training, for trying things out."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
import webbrowser
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody

from ansim.adapters.witness.simulated import SimulatedWitness
from ansim.app import lan
from ansim.app.centre import Centre
from ansim.app.logs import to_stderr
from ansim.app.running import leave_note, take_note_away
from ansim.app.server import listen, serving
from ansim.app.settings import Settings
from ansim.city.bells import terminals
from ansim.city.bells.model import Bell, Kind
from ansim.city.bells.register import bring as bring_bells
from ansim.city.bells.register import known
from ansim.city.ways.model import KINDS, Facility
from ansim.city.ways.register import bring
from ansim.core.database import Transaction
from ansim.core.errors import Problem
from ansim.core.world import World
from ansim.response.wards import actions as wards
from ansim.response.wards.model import DevicePost, GroundPost, GuardianPost, WardPost
from ansim.response.wards.zones import Circle, Zone
from ansim.trust.access.actions import create_account, issue_token, one_time_code
from ansim.trust.access.model import Actor, Role
from ansim.trust.ledger.checkpoint import Verifier
from ansim.trust.ledger.ports import Witness

PEOPLE = {
    "operator": ("이서연", Role.OPERATOR, None, "/console", "관제요원 · operator"),
    "second": ("박지훈", Role.OPERATOR, None, "/console", "둘째 관제요원 · second operator"),
    "supervisor": ("최유리", Role.SUPERVISOR, None, "/console", "팀장 · supervisor"),
    "police": ("112 상황실", Role.AGENCY, "112", "/desk", "112 접수대 · desk of 112"),
    "fire": ("119 상황실", Role.AGENCY, "119", "/desk", "119 접수대 · desk of 119"),
    "auditor": ("감사담당관", Role.AUDITOR, None, "/ledger", "감사 · auditor"),
    "administrator": ("관리자", Role.ADMINISTRATOR, None, "/console", "관리자 · administrator"),
}
SIGN_IN_S = 12 * 3600


class City:
    """The city's process and the line to it."""

    def __init__(self, process: asyncio.subprocess.Process, ready: dict[str, Any]) -> None:
        self._process = process
        self._turn = asyncio.Lock()
        self.cameras: dict[str, Any] = ready["cameras"]
        self.register: list[dict[str, Any]] = ready["register"]
        self.map: dict[str, Any] = ready["map"]
        self.ward: dict[str, float] = ready["ward"]
        self.facilities: list[Facility] = msgspec.convert(ready["facilities"], list[Facility])

    async def ask(self, **order: Any) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        async with self._turn:
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            answer: dict[str, Any] = json.loads(await self._process.stdout.readline() or b"{}")
            return answer


@asynccontextmanager
async def living_city(seed: int) -> AsyncIterator[City]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ansim.sim.process", "--seed", str(seed),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=16 << 20, start_new_session=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        first = await process.stdout.readline()
        if not first:
            raise Problem(500, "demo.city", "The simulated city did not start")
        yield City(process, json.loads(first)["ready"])
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def demo(*, http: str, data: Path | None, seed: int, browser: bool, https: bool, until: asyncio.Event) -> int:
    to_stderr(plain=False)
    host, _, port = http.rpartition(":")
    if not port.isdigit():
        raise Problem(400, "demo.http", "--http is HOST:PORT", "For example localhost:8000.")
    folder = data.absolute() if data else Path(tempfile.mkdtemp(prefix="ansim-demo."))  # noqa: ASYNC240  (starting)
    if data is None:
        folder.chmod(0o711)
    print("ansim: building an invented quarter of Seongnam and its cameras …", flush=True)
    try:
        async with living_city(seed) as city:
            return await _serve(city, folder, host or "localhost", int(port), browser, https, until)
    finally:
        if data is None:
            shutil.rmtree(folder, ignore_errors=True)


class Door:
    """The demo's way in for phones on the same network."""

    def __init__(self, settings: Settings) -> None:
        self.listener, settings = listen(msgspec.structs.replace(settings, host="0.0.0.0"))
        address, name = lan.address(), lan.name()
        self.origin = f"https://{address}:{settings.port}"
        self._named = f"https://{name}:{settings.port}"
        names = ("localhost", name, *sorted({"127.0.0.1", address}))
        self.certificate = lan.Certificate(settings.folder / "https", names, World().clock.now())

    def explain(self) -> None:
        phone = f"{self.origin}/citizen"
        print(
            f"""  휴대폰으로 찍으세요 · scan with a phone on the same network: {phone}
  ({self._named}/citizen 도 돼요 · works too where names are announced)

{lan.code(phone)}

  브라우저가 ‘안전하지 않다’고 알려요. 이 인증서는 이 컴퓨터가 스스로 만들어서, 보증하는 곳이 없기 때문이에요.
  내 네트워크이고 지문이 아래와 같으면 ‘고급’ → ‘이동’을 누르세요. 다른 곳에서는 그렇게 하지 마세요.
  The browser warns because this computer made the certificate itself: nobody else vouches for it.
  On your own network, if the fingerprint is this one, choose ‘Advanced’ → ‘proceed’. Nowhere else.
    SHA-256 {self.certificate.fingerprint[:47]}
            {self.certificate.fingerprint[48:]}
    {self.certificate.ends_at:%Y-%m-%d}까지 · until then
  이 네트워크에 있는 누구나 이 데모의 모든 화면을 열 수 있어요. · Whoever is on this network can open all of this demo.
""",
            flush=True,
        )


async def _serve(
    city: City, folder: Path, host: str, port: int, browser: bool, https: bool, until: asyncio.Event
) -> int:
    settings = _settings(city, folder, host, port)
    door: Door | None = None
    if https:
        door = Door(settings)
        # the city's own phones stay inside this machine: they need no certificate, and no known port
        settings = msgspec.structs.replace(settings, host="127.0.0.1", port=0, origin=door.origin)
    listener, settings = listen(settings)
    print("ansim: starting the centre …", flush=True)

    def neighbour(log: Verifier) -> list[Witness]:
        """Stands in for another organisation that remembers how long our ledger was."""
        world = World()
        return [SimulatedWitness(world, folder / "witness", "witness.example", [log])]

    async with AsyncExitStack() as stack:
        centre = await stack.enter_async_context(Centre(settings, witnesses=neighbour))
        await _light(centre, city)
        routes = _routes(centre, city)
        await stack.enter_async_context(serving(centre, listener, routes))
        if door is not None:
            await stack.enter_async_context(serving(centre, door.listener, routes, tls=door.certificate.context()))
        leave_note(centre, pid=0)
        await _hang_bells(centre, city)
        await _look_after(centre, city)
        await city.ask(
            do="serve", server=f"http://localhost:{settings.port}", tokens=await _tokens(centre), notes=str(folder),
            pendant=[centre.devices.ports["gt06"], PENDANT],
        )  # fmt: skip
        _welcome(centre.origin, centre.devices.ports)
        if door is not None:
            door.explain()
        if browser:
            webbrowser.open(f"{centre.origin}/demo")
        keys = asyncio.create_task(_keys(city))
        try:
            await until.wait()
        finally:
            keys.cancel()
            take_note_away(folder)
            print("ansim: stopping …", flush=True)
    return 0


def _settings(city: City, folder: Path, host: str, port: int) -> Settings:
    folder.mkdir(parents=True, exist_ok=True)
    names = ("id", "name", "latitude", "longitude", "azimuth_deg", "view_deg", "range_m")
    register = [
        {name: row[name] for name in names} | {"turns": row["view_deg"] == 360, "azimuth_source": "calibrated"}
        for row in city.register
    ]
    for name, content in (("cameras", city.cameras), ("register", register), ("map", city.map)):
        (folder / f"{name}.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return Settings(
        data=str(folder), host="127.0.0.1" if host == "localhost" else host, port=port, simulated_channels=True,
        cameras=str(folder / "cameras.json"), register=str(folder / "register.json"), map=str(folder / "map.json"),
        trackers={"h02": 0, "gt06": 0, "watch": 0, "gps103": 0, "jt808": 0},
    )  # fmt: skip


async def _light(centre: Centre, city: City) -> None:
    """The city's street lights and places of help, as an import brings them."""
    async with centre.database.transaction() as tx:
        for kind in KINDS:
            await bring(tx, kind, "demo", [one for one in city.facilities if one.kind == kind], actor="demo")


BELL = "demo-1"
"""The bell that a person can be, in a tab of her own."""


async def _hang_bells(centre: Centre, city: City) -> None:
    """On the poles of the first cameras."""
    kinds: tuple[tuple[Kind, str], ...] = (("pole", "비상벨 기둥"), ("locker", "안심택배함"), ("shelter", "안심쉼터"))
    bells = [
        Bell(
            id=f"demo-{number}", centre=centre.settings.centre, number=f"B-{number}", kind=kind,
            name=f"{row['name']} {what}", purpose="방범용", latitude=row["latitude"], longitude=row["longitude"],
        )
        for number, ((kind, what), row) in enumerate(zip(kinds, city.register, strict=False), start=1)
    ]  # fmt: skip
    async with centre.database.transaction() as tx:
        await bring_bells(tx, bells, actor="demo")


SHOWN = 30
"""So many messages of each channel."""
PENDANT = "864717003664467"
ZONE_M = 180.0


async def _look_after(centre: Centre, city: City) -> None:
    """An old lady with a pendant, for whom the operator answers; the same one when the demo starts again."""
    at = city.ward
    async with centre.database.transaction() as tx:
        official = await _account(tx, centre, "operator")
        name, role = PEOPLE["operator"][:2]
        actor = Actor(
            id=official, name=name, role=role, centre=centre.settings.centre, session="demo", expires_at=tx.at
        )
        await wards.enrol(
            tx,
            WardPost(
                id="demo-ward", kind="dementia", name="박순자", note="보라색 겉옷, 흰머리",
                ground=GroundPost(kind="guardian", reference="2026-17"),
                guardians=[GuardianPost(name="김영희", relation="딸", phone="010-0000-5001")],
                devices=[DevicePost(protocol="gt06", number=PENDANT)], until_at=tx.at + timedelta(days=300),
                zones=[Zone(name="동네", rule="stay", shape=Circle(**at, radius_m=ZONE_M))],
            ),
            actor,
        )  # fmt: skip


async def _tokens(centre: Centre) -> dict[str, str]:
    """For those who speak to the centre by scripts: the desk's, and two colleagues who look after escorts."""
    roles = {"agency": Role.AGENCY, "operator": Role.OPERATOR, "supervisor": Role.SUPERVISOR}
    async with centre.database.transaction() as tx:
        return {
            name: await issue_token(
                tx, role=role, centre=centre.settings.centre, ttl_s=7 * 86_400, actor="demo",
                agency="112" if role is Role.AGENCY else None,
            )
            for name, role in roles.items()
        }  # fmt: skip


async def _account(tx: Transaction, centre: Centre, who: str) -> str:
    name, role, agency, _, _ = PEOPLE[who]
    row = await tx.fetchrow("SELECT id FROM account WHERE account = $1", f"demo-{who}")
    if row is not None:
        return str(row["id"])
    made = await create_account(
        tx, account=f"demo-{who}", name=name, role=role, centre=centre.settings.centre, agency=agency, actor="demo"
    )
    return made.id


async def _code(centre: Centre, who: str) -> str:
    async with centre.database.transaction() as tx:
        code = await one_time_code(tx, account=await _account(tx, centre, who), actor="demo", ttl_s=SIGN_IN_S)
    return f"/signin?next={PEOPLE[who][3]}#{code}"


class Who(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    who: Annotated[str, msgspec.Meta(max_length=20)]


class What(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    what: Literal["taken", "silent", "strays", "pendant"]


def _routes(centre: Centre, city: City) -> list[Any]:
    @get("/demo", include_in_schema=False)
    async def page() -> Response[bytes]:
        from ansim.app.static import security

        people = [{"who": who, "label": label} for who, (_, _, _, _, label) in PEOPLE.items()]
        return Response(
            PAGE.replace("PEOPLE", json.dumps(people, ensure_ascii=False)).encode(),
            media_type="text/html; charset=utf-8",
            headers=security(centre.origin),
        )

    @get("/demo/page.js", include_in_schema=False)
    async def script() -> Response[bytes]:
        return Response(SCRIPT.encode(), media_type="text/javascript; charset=utf-8")

    @post("/demo/signin", status_code=200, include_in_schema=False)
    async def sign_in(data: JSONBody[Who]) -> dict[str, str]:
        if data.who not in PEOPLE:
            raise Problem(422, "demo.who", "Nobody of that name", field="who")
        return {"path": await _code(centre, data.who)}

    @get("/demo/place", include_in_schema=False)
    async def place() -> dict[str, Any]:
        return await city.ask(do="where")

    @post("/demo/sos", status_code=200, include_in_schema=False)
    async def press() -> dict[str, Any]:
        return await city.ask(do="sos")

    @post("/demo/trouble", status_code=200, include_in_schema=False)
    async def trouble(data: JSONBody[What]) -> dict[str, Any]:
        return await city.ask(do="trouble", what=data.what)

    @get("/demo/inbox", include_in_schema=False)
    async def inbox() -> dict[str, Any]:
        """What guardians received, the newest first: the demo has no telephones."""
        return {
            "messages": [
                {
                    "channel": channel,
                    "to": address if channel != "push" else "",
                    "text": notice.text(),
                    "link": notice.link,
                }
                for channel, simulated in centre.inboxes.items()
                for address, notice in islice(reversed(simulated.inbox), SHOWN)
            ]
        }

    @get("/demo/geolocation.js", include_in_schema=False)
    async def geolocation() -> Response[bytes]:
        return Response(GEOLOCATION.encode(), media_type="text/javascript; charset=utf-8")

    @get("/demo/bell", include_in_schema=False)
    async def bell() -> Response[None]:
        """Commissions the bell in whatever browser opens this."""
        async with centre.database.transaction() as tx:
            code = await terminals.issue_code(tx, known(tx, BELL), actor="demo")
        return Response(None, status_code=302, headers={"location": f"/bell#{code}", "cache-control": "no-store"})

    return [bell, page, script, sign_in, place, press, trouble, inbox, geolocation]


async def _keys(city: City) -> None:
    """s and Enter in the terminal: a phone in the city presses SOS."""
    if not sys.stdin.isatty():
        return
    # not a thread that reads: nothing could end it before the next Enter
    loop, lines = asyncio.get_running_loop(), asyncio.Queue[str]()
    loop.add_reader(sys.stdin, lambda: lines.put_nowait(sys.stdin.readline()))
    try:
        while line := await lines.get():
            if line.strip().lower() == "s":
                print(await city.ask(do="sos"), flush=True)
    finally:
        loop.remove_reader(sys.stdin)


def _welcome(origin: str, devices: Mapping[str, int]) -> None:
    doors = "   ".join(f"{name} {port}" for name, port in devices.items())
    print(
        f"""
  안심 ansim — demo

    {origin}/demo       everything in one place: sign-ins, her phone, the desk of 112, her mother's messages
    {origin}/citizen    a phone in the city (its position is hers)
    {origin}/demo/bell  an emergency bell on a pole: press it, claim it in the console, speak with T
    127.0.0.1           pendants and watches by TCP: {doors}

  s + Enter: a phone in the city presses SOS.   Ctrl-C stops everything.
""",
        flush=True,
    )


PAGE = """<!doctype html><html lang="ko"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>ansim demo</title>
<style>body{font:17px/1.5 system-ui,sans-serif;max-width:860px;margin:40px auto;padding:0 20px;background:#0e1217;color:#eef2f6}
h1{font-size:26px}h2{font-size:18px;margin-top:32px;color:#b7c2cd}button,a.b{font:inherit;color:inherit;background:#1d242d;border:1px solid #71808f;
border-radius:8px;padding:10px 16px;margin:4px;min-height:44px;box-sizing:border-box;display:inline-block;text-decoration:none;cursor:pointer}a{color:#74b0ff}
li{margin:10px 0;color:#b7c2cd}.p1{background:#d42b20;border-color:#d42b20;color:#fff;font-weight:700}</style>
<h1>안심 ansim · demo</h1>
<p>지어낸 도시예요. 사람도 길도 영상도 실제가 아니에요.<br>An invented city: no person, street or picture in it is real.</p>
<h2>1. 신고하는 사람 · somebody who needs help</h2>
<p><a class="b" href="/citizen" target="phone">휴대폰 화면 · a phone</a> <a class="b" href="/demo/bell" target="bell">비상벨 · an emergency bell</a> <button class="p1" id="sos">도시 속 휴대폰이 SOS를 눌러요 · let her press SOS</button> <span id="pressed"></span></p>
<p>집에 가는 사람들과 펜던트를 찬 할머니가 있어요. 저절로는 아무 일도 안 생겨요. People are on their way home, and an old lady wears a pendant. Nothing happens by itself.</p>
<p id="troubles"></p>
<h2>2. 돕는 사람들 · those who help</h2><p id="people"></p>
<p>사람마다 창을 따로 여세요(시크릿 창). One browser profile holds one sign-in: use private windows for several.</p>
<h2>3. 보호자가 받은 것 · what guardians received</h2><ul id="inbox"></ul>
<script type="application/json" id="list">PEOPLE</script><script src="/demo/page.js"></script></html>"""

SCRIPT = """const $ = (id) => document.getElementById(id);
const post = (path, body) => fetch(path, {method: "POST", headers: {"content-type": "application/json"}, body: JSON.stringify(body ?? {})}).then((r) => r.json());
for (const {who, label} of JSON.parse($("list").textContent)) {
  const button = document.createElement("button");
  button.textContent = label;
  button.onclick = async () => { const {path} = await post("/demo/signin", {who}); open(path, who); };
  $("people").append(button);
}
const troubles = {
  taken: "귀가하던 사람을 차가 데려가요 · a car takes somebody away who is on her way",
  silent: "귀가하던 사람의 휴대폰이 꺼져요 · a phone on its way falls silent",
  strays: "할머니가 동네를 벗어나요(몇 분 걸려요) · the old lady leaves her zone (within minutes)",
  pendant: "할머니가 펜던트를 눌러요 · the old lady presses her pendant",
};
for (const [what, label] of Object.entries(troubles)) {
  const button = document.createElement("button"), said = document.createElement("span");
  button.textContent = label;
  button.onclick = async () => { const {ok} = await post("/demo/trouble", {what}); said.textContent = ok ? "✓" : "지금은 아무도 없어요 · nobody just now"; };
  $("troubles").append(button, said);
}
$("sos").onclick = async () => { const {receipt} = await post("/demo/sos"); $("pressed").textContent = receipt ? `접수번호 ${receipt}` : ""; };
const show = async () => {
  const {messages} = await (await fetch("/demo/inbox")).json();
  $("inbox").replaceChildren(...messages.map(({channel, to, text, link}) => {
    const item = document.createElement("li"), anchor = document.createElement("a");
    anchor.href = link; anchor.textContent = link; anchor.target = "_blank";
    item.append(`${channel} ${to}: ${text.replace(link, "")} `, anchor);
    return item;
  }));
};
show(); setInterval(show, 2000);
"""

GEOLOCATION = """// The demo's phone stands where she stands in the invented city.
(() => {
  const read = async () => {
    const place = await (await fetch("/demo/place", {cache: "no-store"})).json();
    return {coords: {...place, accuracy: 9, altitude: null, altitudeAccuracy: null, heading: null, speed: null}, timestamp: Date.now()};
  };
  let watches = 0;
  const timers = new Map();
  const geolocation = {
    getCurrentPosition: (done, failed) => { read().then(done, () => failed?.({code: 2, message: "away"})); },
    watchPosition: (done, failed) => {
      const id = ++watches, tick = () => read().then(done, () => failed?.({code: 2, message: "away"}));
      tick(); timers.set(id, setInterval(tick, 2000));
      return id;
    },
    clearWatch: (id) => { clearInterval(timers.get(id)); timers.delete(id); },
  };
  Object.defineProperty(navigator, "geolocation", {value: geolocation});
  const query = navigator.permissions?.query.bind(navigator.permissions);
  if (query) navigator.permissions.query = (asked) => asked.name === "geolocation"
    ? Promise.resolve(Object.assign(new EventTarget(), {state: "granted"})) : query(asked);
})();
"""
