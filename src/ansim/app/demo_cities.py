"""The demo of a country: real processes, which a person may kill, pause and start again while somebody presses SOS."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import webbrowser
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Any, Literal

import httpx
import msgspec
from litestar import Litestar, Response, get, post
from litestar.params import JSONBody

from ansim.app.demo import PEOPLE, SIGN_IN_S
from ansim.app.logs import to_stderr
from ansim.app.nation import LINKED, NEAR, Nation, Part
from ansim.app.problems import problem
from ansim.app.server import listen, served
from ansim.app.settings import Settings
from ansim.app.static import security
from ansim.core.errors import Problem, not_found
from ansim.sim.phone import Codes, Guardian, Profile
from ansim.sim.traveller import Traveller
from ansim.trust.access.actions import create_account, issue_token, one_time_code
from ansim.trust.access.model import Role

HER = Profile(
    name="김하늘", phone="010-0000-1111", note="천식이 있어요.",
    guardians=[Guardian(name="어머니", relation="어머니", phone="010-0000-2222")], codes=Codes(cancel="2580", duress="8520"),
)  # fmt: skip
MEMORY_MB = 320
"""What a centre with its database needs, about."""


async def demo_of_cities(*, http: str, data: Path | None, cities: int, browser: bool, until: asyncio.Event) -> int:
    to_stderr(plain=False)
    if not 2 <= cities <= len(LINKED):
        raise Problem(400, "demo.cities", "--cities is 2 to 18", "The linked cities of Gyeonggi.")
    host, _, port = http.rpartition(":")
    if not port.isdigit():
        raise Problem(400, "demo.http", "--http is HOST:PORT", "For example localhost:8000.")
    wanted = [f"gyeonggi-{name}" for name in (*NEAR, *(name for name in LINKED if name not in NEAR))][:cities]
    room = max(2, _memory_mb() // MEMORY_MB)
    names = wanted[:room]
    if len(names) < cities:
        print(
            f"ansim: this machine has the memory for {len(names)} of {cities} centres; the others are not started.",
            flush=True,
        )
    folder = data.absolute() if data else Path(tempfile.mkdtemp(prefix="ansim-demo."))  # noqa: ASYNC240  (starting)
    if data is None:
        folder.chmod(0o711)
    listener, settings = listen(Settings(data=str(folder), host="127.0.0.1", port=int(port)))
    origin = f"http://{host or 'localhost'}:{settings.port}"
    try:
        async with AsyncExitStack() as stack:
            nation = await stack.enter_async_context(
                Nation(folder, names, lambda line: print(f"ansim: {line}", flush=True))
            )
            await stack.enter_async_context(served(_application(nation, origin), listener))
            print(
                f"\n  안심 ansim — {len(names)} centres, a hub, a broker\n\n    {origin}\n\n  Ctrl-C stops everything.\n",
                flush=True,
            )
            if browser:
                webbrowser.open(origin)
            await until.wait()
            print("ansim: stopping …", flush=True)
    finally:
        if data is None:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


def _memory_mb() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES") // (1024 * 1024)


class Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`part`: a centre's id, hub or broker."""

    part: Annotated[str, msgspec.Meta(max_length=64)]
    what: Literal["press", "enter", "kill", "pause", "resume", "start", "close", "open"]


def _application(nation: Nation, origin: str) -> Litestar:
    @get("/", media_type="text/html", include_in_schema=False)
    async def page() -> Response[bytes]:
        return Response(PAGE.encode(), media_type="text/html; charset=utf-8", headers=security(origin))

    @get("/page.js", include_in_schema=False)
    async def script() -> Response[bytes]:
        return Response(SCRIPT.encode(), media_type="text/javascript; charset=utf-8")

    @get("/country", include_in_schema=False)
    async def country() -> dict[str, Any]:
        heard = {one["id"]: one for one in await nation.standing()}
        names = nation.jurisdictions.centres
        return {
            "hub": nation.hub.state,
            "centres": [
                {
                    "id": id, "name": names[id].name.ko, "english": names[id].name.en, "process": part.state,
                    "heard": heard.get(id), "covered_by": _named(nation, (heard.get(id) or {}).get("covered_by")),
                }
                for id, part in nation.centres.items()
            ],
        }  # fmt: skip

    @post("/do", status_code=200, include_in_schema=False)
    async def do(data: JSONBody[Order]) -> dict[str, Any]:
        if data.what == "press":
            return await _press(nation, data.part)
        part = nation.hub if data.part == "hub" else nation.centres.get(data.part)
        if part is None:
            raise not_found("part")
        if data.what == "enter":
            return {"path": await _enter(nation, part)}
        if data.what in ("close", "open"):
            return {"closed": await _close(nation, part, data.what == "close")}
        await _obey(part, data.what)
        return {"state": part.state}

    return Litestar(
        route_handlers=[page, script, country, do], exception_handlers={Exception: problem}, openapi_config=None,
        logging_config=None, debug=False,
    )  # fmt: skip


def _named(nation: Nation, centre: str | None) -> str | None:
    return None if centre is None else nation.jurisdictions.centres[centre].name.ko


async def _obey(part: Part, what: str) -> None:
    match what:
        case "kill":
            await part.kill()
        case "pause":
            part.pause()
        case "resume":
            part.resume()
        case "start":
            if part.state == "stopped":
                await part.start()


async def _close(nation: Nation, part: Part, close: bool) -> bool:
    """As its leader does, for the night; or opens it by its hours again."""
    async with nation.database(part.name) as database, database.transaction() as tx:
        token = await issue_token(tx, role=Role.SUPERVISOR, centre=part.name, ttl_s=60, actor="demo")
    async with httpx.AsyncClient(timeout=5.0, headers={"authorization": f"Bearer {token}"}) as client:
        answer = await client.post(f"{part.origin}/api/country/duty", json={"state": "unstaffed" if close else None})
    return close and answer.is_success


async def _press(nation: Nation, centre: str) -> dict[str, Any]:
    """Somebody in that city, who asked the hub before it happened, or has its answer of yesterday."""
    try:
        place = nation.jurisdictions.somewhere_in(centre)
    except KeyError:
        raise not_found("centre") from None
    her = Traveller(nation.world, nation.hub.origin, lambda: place, HER)
    try:
        try:
            await her.ask()
        except httpx.HTTPError:
            her.mapping = _yesterday(nation, centre)
        answered = await her.sos()
    except TimeoutError:
        return {"receipt": None}
    finally:
        await her.close()
    took = next((id for id, part in nation.centres.items() if part.origin == answered.server), "")
    return {
        "receipt": answered.receipt.receipt, "took": _named(nation, took), "after_ms": round(answered.after_s * 1000),
        "silent": len(answered.silent),
    }  # fmt: skip


def _yesterday(nation: Nation, centre: str) -> dict[str, Any]:
    """What a phone remembers while the hub is away: addresses, and no keys."""
    around = [centre, *(one.id for one in nation.jurisdictions.neighbours(centre))]
    return {"centres": [{"uri": nation.centres[id].origin, "key": None} for id in around if id in nation.centres]}


async def _enter(nation: Nation, part: Part) -> str:
    name, role, agency, _, _ = PEOPLE["operator"]
    async with nation.database(part.name) as database, database.transaction() as tx:
        row = await tx.fetchrow("SELECT id FROM account WHERE account = 'demo-operator'")
        account = None if row is None else str(row["id"])
        if account is None:
            made = await create_account(
                tx, account="demo-operator", name=name, role=role, centre=part.name, agency=agency, actor="demo"
            )
            account = made.id
        code = await one_time_code(tx, account=account, actor="demo", ttl_s=SIGN_IN_S)
    return f"{part.origin}/signin?next={'/nation' if part is nation.hub else '/console'}#{code}"


PAGE = """<!doctype html><html lang="ko"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>ansim · country</title>
<style>body{font:17px/1.5 system-ui,sans-serif;max-width:1240px;margin:32px auto;padding:0 20px;background:#0e1217;color:#eef2f6}
h1{font-size:26px}p{color:#b7c2cd}table{border-collapse:collapse;width:100%}button{white-space:nowrap}td,th{padding:8px 10px;border-bottom:1px solid #2b3540;text-align:left;vertical-align:middle}
th{color:#b7c2cd;font-weight:500;font-size:15px}button{font:inherit;font-size:15px;color:inherit;background:#1d242d;border:1px solid #71808f;border-radius:8px;padding:6px 12px;margin:2px;min-height:40px;cursor:pointer}
.p1{background:#d42b20;border-color:#d42b20;color:#fff;font-weight:700}.up{color:#7bd88f}.away{color:#ffb454}.do{white-space:nowrap}.num{font-variant-numeric:tabular-nums}#said{min-height:1.5em;color:#eef2f6}</style>
<h1>안심 ansim · 이웃한 센터들 · a country of centres</h1>
<p>센터마다 제 프로세스와 제 데이터베이스가 있어요. 하나를 멈추거나 닫고 그 도시에서 SOS를 눌러 보세요.<br>Each centre is a process with a database of its own. Stop or close one, and press SOS in its city.</p>
<p id="said" aria-live="polite"></p><p>허브 · hub: <b id="hub"></b> <span id="hubdo"></span></p>
<table><thead><tr><th>센터 · centre</th><th>상태 · state</th><th>상황 · cases</th><th>대신 받는 곳 · covered by</th><th></th></tr></thead><tbody id="centres"></tbody></table>
<script src="/page.js"></script></html>"""

SCRIPT = """const $ = (id) => document.getElementById(id);
const act = (part, what) => fetch("/do", {method: "POST", headers: {"content-type": "application/json"}, body: JSON.stringify({part, what})}).then((r) => r.json());
const cell = (row, text, kind) => { const made = row.insertCell(); made.textContent = text; if (kind) made.className = kind; return made; };
const button = (text, run, kind) => { const made = document.createElement("button"); made.type = "button"; made.textContent = text; made.onclick = run; if (kind) made.className = kind; return made; };
const say = (text) => { $("said").textContent = text; };
const verbs = (part, state) => state === "stopped" ? [["다시 시작 · start", "start"]] : state === "paused" ? [["계속 · go on", "resume"]] : [["멈춤 · pause", "pause"], ["죽이기 · kill", "kill"]];
const press = async (one) => {
  say("눌렀어요 · pressed …");
  const {receipt, took, after_ms, silent} = await act(one.id, "press");
  say(receipt ? `누른 곳 ${one.name} → 받은 곳 ${took} · taken after ${after_ms} ms${silent ? ` (답이 없던 서버 · silent servers: ${silent})` : ""} · ${receipt}` : "아무도 받지 않았어요 · nobody took it");
};
let shown = "";
const show = async () => {
  const known = await (await fetch("/country", {cache: "no-store"})).json();
  const seen = JSON.stringify(known, (key, value) => key === "heard_ago_s" ? undefined : value);
  if (seen === shown) return;
  shown = seen;
  $("hub").textContent = known.hub;
  const looks = known.hub === "running" ? [button("전국 현황 · the country", async () => open((await act("hub", "enter")).path, "hub"))] : [];
  $("hubdo").replaceChildren(...looks, ...verbs("hub", known.hub).map(([text, what]) => button(text, () => act("hub", what).then(show))));
  $("centres").replaceChildren(...known.centres.map((one) => {
    const row = document.createElement("tr"), up = one.process === "running" && (one.heard?.up ?? false);
    cell(row, `${one.name} · ${one.english}`);
    const closed = up && one.heard.state === "unstaffed";
    cell(row, closed ? "닫음 · closed" : up ? "있음 · there" : one.process === "running" ? "시작 중 · starting" : one.process === "paused" ? "답 없음 · silent" : "꺼짐 · down", up ? "up" : "away");
    cell(row, one.heard ? `${one.heard.load.open} (${one.heard.load.unclaimed})` : "–", "num");
    cell(row, one.covered_by ?? "");
    const last = cell(row, "", "do");
    last.append(button("SOS", () => press(one), "p1"));
    if (one.process === "running") last.append(button("관제 화면 · console", async () => open((await act(one.id, "enter")).path, one.id)));
    if (up) last.append(button(closed ? "열기 · open" : "닫기 · close", () => act(one.id, closed ? "open" : "close").then(show)));
    last.append(...verbs(one.id, one.process).map(([text, what]) => button(text, () => act(one.id, what).then(show))));
    return row;
  }));
};
show(); setInterval(show, 1000);
"""
