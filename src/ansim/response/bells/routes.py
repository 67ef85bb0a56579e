"""Bells over HTTP and sockets: the press, the page at the pole, and the talk of whoever has the case."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from urllib.parse import parse_qsl

import msgspec
import structlog
from litestar import Request, Response, WebSocket, post, websocket
from litestar.di import NamedDependency
from litestar.exceptions import WebSocketDisconnect
from litestar.params import FromPath, JSONBody

from ansim.city.bells import faults, terminals
from ansim.city.bells import store as register
from ansim.city.bells.model import Bell, BellId, Terminal, Tests, caller
from ansim.city.bells.register import known
from ansim.city.people.credential import signal_lines
from ansim.core.database import Database
from ansim.core.errors import Problem, Unavailable
from ansim.core.world import World
from ansim.response.bells import actions
from ansim.response.bells.intercom import Ear, Intercom, Line, Talk
from ansim.response.bells.model import (
    MOST_WORDS,
    Beat,
    BellReceipt,
    Candidate,
    Connected,
    Description,
    HangUp,
    Look,
    OfBell,
    OfOperator,
    Pressed,
    Ready,
    Said,
)
from ansim.response.signals.model import Receipt, believed
from ansim.response.signals.ports import Intake
from ansim.trust.access.guards import address, allow, authenticate
from ansim.trust.access.limits import Lane, Lanes
from ansim.trust.access.model import Act, Actor

Http = Request[Any, Any, Any]
Socket = WebSocket[Any, Any, Any]
Db = NamedDependency[Database]
Limits = NamedDependency[Lanes]

FIRST_WORD_S = 10
PING_S, TALK_PING_S = 20.0, 2.0
"""So often a page hears that its line stands. While somebody speaks it hangs up after three that did not come."""

log = structlog.get_logger()


class First(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first word of a bell's page: its signature over "ansim bell line", its bell and what it was asked."""

    bell: BellId
    proof: Annotated[str, msgspec.Meta(max_length=256)]


@post("/api/bell/press", status_code=201)
async def press(
    data: JSONBody[Pressed], request: Http, database: Db, world: NamedDependency[World],
    intake: NamedDependency[Intake], lanes: Limits,
) -> Response[BellReceipt]:  # fmt: skip
    """Somebody has pressed the bell of this page. The same id again gets the same receipt (200). Whatever its proof is worth, it is a signal."""
    bell = known(database, data.bell)
    lines = ("ansim bell press", bell.id, *signal_lines(data.id, data.at)[1:])
    async with database.transaction() as tx:
        verdict = await terminals.judge(tx, bell.id, proof=data.proof, lines=lines)
    now = world.clock.now()
    taken = actions.arrival(bell, data.id, verdict, believed(data.at, now), now)
    receipt = await intake.submit(taken, lanes.admit(Lane.SOS, taken.person or bell.id, address(request)).rank)
    return Response(_shown(receipt), status_code=201 if receipt.new else 200)


@post("/in/bell", status_code=200)
async def device(
    request: Http, database: Db, world: NamedDependency[World], intake: NamedDependency[Intake], lanes: Limits
) -> dict[str, Any]:
    """What a bell without a browser says, as a form or as JSON: {bell, secret, event: press | beat, id, well, failed}. A press is a signal whatever the secret
    is worth; a beat with a wrong one is refused (403).
    """
    said = _said(await request.body())
    bell, now = known(database, said.bell), world.clock.now()
    async with database.transaction() as tx:
        verdict = await terminals.judge(tx, bell.id, secret=said.secret)
        terminal = await register.living(tx, bell.id)
    if said.event == "press":
        taken = actions.arrival(bell, said.id or world.id(), verdict, now, now)
        receipt = await intake.submit(taken, lanes.admit(Lane.SOS, taken.person or bell.id, address(request)).rank)
        return msgspec.to_builtins(_shown(receipt), builtin_types=())  # type: ignore[no-any-return]
    lanes.let_in(Lane.POSITION, caller(bell.id, verdict == "verified"), address(request))
    if verdict != "verified" or terminal is None:
        raise Problem(403, "bell.secret", "This is not the bell's secret", field="secret")
    async with database.transaction() as tx:
        await faults.beat(tx, terminal, _tests(said))
    return {"at": now}


@websocket("/live/bell")
async def live_bell(socket: Socket, database: Db, world: NamedDependency[World]) -> None:
    """For the page of a bell. The server asks ({"type": "question", "nonce"}), the page proves itself ({"bell", "proof"}) and hears {"type": "state", "bell",
    "call"}, again whenever that changes; "talk" when the operator wants to speak, then the other side's "description" and "candidate" until "over"; "ping" now
    and then. It says "beat" with its self-tests once a minute, "look" after a press, and in a talk "ready", "description", "candidate" and "hang-up". 4403:
    this page is not, or no more, the bell.
    """
    await socket.accept()
    nonce = world.secret()
    try:
        await _say(socket, {"type": "question", "nonce": nonce})
        first = _read(await asyncio.wait_for(socket.receive_text(), FIRST_WORD_S), First)
        bell = known(database, first.bell)
        async with database.transaction() as tx:
            verdict = await terminals.judge(tx, bell.id, proof=first.proof, lines=("ansim bell line", bell.id, nonce))
            terminal = await register.living(tx, bell.id)
        if verdict != "verified" or terminal is None:
            raise Problem(403, "bell.revoked", "This page is not the bell")
        await _AtBell(socket, database, bell, terminal).serve()
    except Problem as problem:
        await _refuse(socket, problem)
    except TimeoutError:
        await _refuse(socket, Problem(408, "bell.silent", "Nothing came for too long"))
    except (WebSocketDisconnect, RuntimeError):
        return


class _AtBell:
    """One connection of a bell's page."""

    def __init__(self, socket: Socket, database: Database, bell: Bell, terminal: Terminal) -> None:
        self._socket, self._database, self._bell, self._terminal = socket, database, bell, terminal
        self._intercom = database.use(Intercom)
        self._changed = asyncio.Event()
        self._line = Line(bell.id, terminal.id, self._changed.set)

    async def serve(self) -> None:
        self._intercom.join(self._line)
        showing = asyncio.create_task(self._show())
        try:
            await _serve(self._socket, self._line.ear, self._hear, self._ping_s)
        finally:
            showing.cancel()
            self._intercom.leave(self._line)
        if why := self._line.ear.ended:
            await self._socket.close(code=4403 if why == "revoked" else 4409, reason=why)

    def _ping_s(self) -> float:
        return TALK_PING_S if self._intercom.speaks(self._line) else PING_S

    async def _show(self) -> None:
        while True:
            self._changed.clear()
            try:
                async with self._database.transaction(readonly=True) as tx:
                    self._line.case, call = await actions.shown(tx, self._bell.id)
                bell = {"id": self._bell.id, "number": self._bell.number, "name": self._bell.name}
                self._line.ear.say({"type": "state", "bell": bell, "call": call})
            except Unavailable:
                log.info("a bell shows no state: the database is away")
            await self._changed.wait()

    async def _hear(self, text: str) -> None:
        word = _read(text, OfBell)
        match word:
            case Beat():
                async with self._database.transaction() as tx:
                    if not await faults.beat(tx, self._terminal, word.tests):
                        raise Problem(403, "bell.revoked", "This page is not the bell")
            case Look():
                self._changed.set()
            case HangUp():
                self._intercom.hang_up(self._line)
            case Ready() | Description() | Candidate():
                self._intercom.to_operator(self._line, word)


@websocket("/live/talk/{incident:str}", guards=[allow(Act.INCIDENT_WORK)])
async def talk(incident: FromPath[str], socket: Socket, database: Db, world: NamedDependency[World]) -> None:
    """Speak through the bell of one's own case, as long as this socket is open and the right lives. The server says {"type": "begun", "ice"}, then what the
    bell says: "ready" with whether it can be heard, "description", "candidate"; "ping" every two seconds. The page says "description", "candidate",
    "connected" and "hang-up". A refusal is {"type": "refused", "why"} and the socket's end with 4000 + its HTTP status; the end of the talk is 4000 with the
    reason. What is spoken goes from browser to browser.
    """
    actor = await authenticate(socket)
    await socket.accept()
    try:
        await _Talking(socket, database, actor, incident, world.id()).serve()
    except Problem as problem:
        await _refuse(socket, problem)
    except (WebSocketDisconnect, RuntimeError):
        return


class _Talking:
    """One talk, at the operator's side."""

    def __init__(self, socket: Socket, database: Database, actor: Actor, incident: str, id: str) -> None:
        self._socket, self._database, self._actor, self._incident, self._id = socket, database, actor, incident, id
        self._intercom = database.use(Intercom)
        self._words = 0

    async def serve(self) -> None:
        self._talk = await self._begin()
        try:
            await _say(self._socket, {"type": "begun", "ice": self._intercom.ice})
            await _serve(self._socket, self._talk.ear, self._hear, lambda: TALK_PING_S)
        finally:
            self._intercom.cut(self._talk, "lost")
            async with self._database.transaction() as tx:
                await actions.end(tx, self._id, self._talk.why)
        await self._socket.close(code=4000, reason=self._talk.why)

    async def _begin(self) -> Talk:
        try:
            async with self._database.transaction() as tx:
                bell, grant = await actions.begin(tx, self._id, self._incident, self._actor)
        except Unavailable:
            raise
        except Problem as problem:
            async with self._database.transaction() as tx:
                await actions.refuse(tx, self._incident, self._actor, problem.type.partition(".")[2])
            raise
        line = self._intercom.line(bell)
        if line is None:
            # it went between the two lines above
            async with self._database.transaction() as tx:
                await actions.end(tx, self._id, "lost")
            raise Problem(409, "talk.away", "The bell does not answer")
        return self._intercom.open(self._id, grant, self._actor, line)

    async def _hear(self, text: str) -> None:
        word = _read(text, OfOperator)
        self._words += 1
        if self._words > MOST_WORDS:
            raise Problem(429, "talk.words", "Too many words for one talk")
        match word:
            case Connected():
                async with self._database.transaction() as tx:
                    await actions.connected(tx, self._id)
            case HangUp():
                self._intercom.cut(self._talk, "operator")
            case Description() | Candidate():
                self._intercom.to_bell(self._talk, word)


async def _serve(socket: Socket, ear: Ear, hear: Callable[[str], Awaitable[None]], ping_s: Callable[[], float]) -> None:
    """Both ways until either side has enough."""
    reading = asyncio.create_task(_listen(socket, hear))
    following = asyncio.create_task(ear.next())
    try:
        while True:
            done, _ = await asyncio.wait((reading, following), timeout=ping_s(), return_when=asyncio.FIRST_COMPLETED)
            if reading in done:
                return reading.result()
            if following in done:
                word = following.result()
                if word is None:
                    return
                await socket.send_data(word.decode(), mode="text")
                following = asyncio.create_task(ear.next())
            elif not done:
                await _say(socket, {"type": "ping"})
    finally:
        reading.cancel()
        following.cancel()


async def _listen(socket: Socket, hear: Callable[[str], Awaitable[None]]) -> None:
    """Words only: a socket that brings anything else is closed."""
    while True:
        message = await socket.receive()
        if message["type"] != "websocket.receive":
            return
        if (text := message.get("text")) is None:
            raise Problem(415, "talk.words", "Only words come this way", "Sound goes from browser to browser.")
        await hear(text)


def _read(text: str, shape: Any) -> Any:
    try:
        return msgspec.json.decode(text, type=shape)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise Problem(400, "talk.form", "This message does not fit", str(error)) from None


def _said(body: bytes) -> Said:
    try:
        if body[:1] == b"{":
            return msgspec.json.decode(body, type=Said)
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True))
        return msgspec.convert(fields, Said)
    except (msgspec.MsgspecError, RecursionError, UnicodeError, ValueError) as error:
        named = re.search(r"[$.`](\w+)`?$", str(error))
        raise Problem(
            400, "bell.form", "This member does not fit", str(error), field=named[1] if named else "body"
        ) from None


def _tests(said: Said) -> Tests:
    """Raises Problem 400 for a test that nobody knows."""
    words = {"power": ("mains", "battery"), "door": ("closed", "open")}
    found: dict[str, Any] = {}
    for field, names in (("well", said.well), ("failed", said.failed)):
        for name in filter(None, names.split(",")):
            if name not in Tests.__struct_fields__:
                raise Problem(
                    400, "bell.form", "There is no such test", ", ".join(Tests.__struct_fields__), field=field
                )
            found[name] = words[name][field == "failed"] if name in words else field == "well"
    return Tests(**found)


def _shown(receipt: Receipt) -> BellReceipt:
    return BellReceipt(receipt=receipt.receipt, received_at=receipt.received_at)


async def _say(socket: Socket, word: object) -> None:
    await socket.send_data(msgspec.json.encode(word).decode(), mode="text")


async def _refuse(socket: Socket, problem: Problem) -> None:
    try:
        await _say(socket, {"type": "refused", "why": problem.type, "title": problem.title})
        await socket.close(code=4000 + problem.status, reason=problem.type)
    except (WebSocketDisconnect, RuntimeError):
        log.info("a page left before it heard why", why=problem.type)


ROUTES = [press, device, live_bell, talk]
