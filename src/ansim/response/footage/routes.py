"""Films of phones over HTTP: what comes in over a socket, and what is taken out."""

from __future__ import annotations

import asyncio
import struct
from typing import Annotated, Any, NoReturn, TypeVar

import msgspec
import structlog
from litestar import WebSocket, get, websocket
from litestar.di import NamedDependency
from litestar.exceptions import WebSocketDisconnect
from litestar.params import FromPath
from litestar.response import Stream

from ansim.core.database import Database, Transaction
from ansim.core.errors import Problem
from ansim.response.footage import actions
from ansim.response.footage.actions import TakeLine
from ansim.response.footage.model import Take, handset
from ansim.response.footage.ports import Screen
from ansim.response.incidents import second_channel
from ansim.response.signals import actions as signals
from ansim.response.signals.model import Secret
from ansim.trust.access.guards import address, allow
from ansim.trust.access.limits import Lane, Lanes
from ansim.trust.access.model import Act, Actor
from ansim.trust.grants.model import LINK_COOKIE

Db = NamedDependency[Database]
Asking = NamedDependency[Actor]
Socket = WebSocket[Any, Any, Any]

FIRST_WORD_S = 10
SILENT_S = 60
"""A page that films says something twice a second."""
_HEAD = struct.Struct(">II")
"""Before each piece: its number in the take, and how long ago it was filmed, in milliseconds."""

Shape = TypeVar("Shape")

log = structlog.get_logger()


class OfSignal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The phone that sent an SOS: the signal's id there, and its secret."""

    signal: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    secret: Secret


class OfLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The page behind the link that she was sent, in the browser that opened it."""

    token: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Word(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`take`: the name that the phone gives it; `end`: it has stopped, else it begins or goes on, as `media`."""

    take: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
    media: Annotated[str, msgspec.Meta(max_length=80)] = ""
    end: bool = False


@websocket("/footage")
async def film(socket: Socket, database: Db, lanes: NamedDependency[Lanes]) -> None:
    """What a phone films, in pieces. It says {"signal", "secret"} or {"token"} first and hears {"type": "ready"}; then {"take", "media"}, and hears {"type":
    "from", "take", "next"}: the number of the piece that is wanted. A piece is binary: its number and its age in milliseconds, 4 bytes each, big-endian,
    then what the browser recorded. {"type": "kept", "take", "next"} says that it is stored; what was not said to be is sent again after a cut, from
    `next` on, and stored once. {"take", "end": true} ends a take. A refusal is {"type": "refused", "why"} and the socket's end with 4000 + its
    HTTP status: 4410 once the case is closed, 4503 when nothing can be stored now.
    """
    await socket.accept()
    try:
        await _Filming(socket, database, lanes).serve()
    except Problem as problem:
        await _refuse(socket, problem)
    except TimeoutError:
        await _refuse(socket, Problem(408, "take.silent", "Nothing came for too long"))
    except (WebSocketDisconnect, RuntimeError):
        return


class _Filming:
    """One connection of a phone."""

    def __init__(self, socket: Socket, database: Database, lanes: Lanes) -> None:
        self._socket = socket
        self._database = database
        self._lanes = lanes
        self._screen = database.use(Screen)
        self._take: Take | None = None

    async def serve(self) -> None:
        incident, phone = await self._whose(await self._first())
        self._lanes.let_in(Lane.VIDEO, phone, address(self._socket))
        await self._say(type="ready")
        while True:
            message = await asyncio.wait_for(self._receive(), SILENT_S)
            if isinstance(message, bytes):
                await self._piece(message)
            else:
                await self._word(incident, phone, _read(message, Word))

    async def _first(self) -> OfSignal | OfLink:
        message = await asyncio.wait_for(self._receive(), FIRST_WORD_S)
        if isinstance(message, bytes):
            _misunderstood("the first message says whose phone it is")
        return _read(message, OfLink) if '"token"' in message else _read(message, OfSignal)

    async def _whose(self, first: OfSignal | OfLink) -> tuple[str, str]:
        async with self._database.transaction(readonly=True) as tx:
            return await _whose(tx, first, self._socket.cookies.get(LINK_COOKIE))

    async def _word(self, incident: str, phone: str, word: Word) -> None:
        if word.end:
            if self._take is not None and self._take.client_id == word.take:
                async with self._database.transaction() as tx:
                    await actions.end(tx, self._take.id)
                self._take = None
            await self._say(type="ended", take=word.take)
            return
        async with self._database.transaction() as tx:
            take = await actions.begin(tx, incident, phone, word.take, word.media)
        self._take = take
        if not self._screen.begin(phone, take.id, take.media):
            # We were started anew in the middle of it: what shows it lacks the beginning.
            async for content in actions.kept(self._database, take):
                self._screen.show(phone, take.id, content, SILENT_S)
        await self._say(type="from", take=word.take, next=take.pieces)

    async def _piece(self, message: bytes) -> None:
        take = self._take
        if take is None or len(message) <= _HEAD.size:
            _misunderstood("a piece belongs to a take and is not empty")
        number, age_ms = _HEAD.unpack_from(message)
        content = message[_HEAD.size :]
        following = await actions.keep(self._database, take, number, content)
        if following == number + 1 and number >= take.pieces:
            self._take = msgspec.structs.replace(take, pieces=following, size=take.size + len(content))
            self._screen.show(take.handset, take.id, content, age_ms / 1000)
        await self._say(type="kept", take=take.client_id, next=following)

    async def _receive(self) -> str | bytes:
        message = await self._socket.receive()
        if message["type"] != "websocket.receive":
            raise WebSocketDisconnect(detail="gone")
        content: str | bytes | None = message.get("text")
        return content if content is not None else bytes(message.get("bytes") or b"")

    async def _say(self, **word: Any) -> None:
        await self._socket.send_data(msgspec.json.encode(word).decode(), mode="text")


async def _whose(tx: Transaction, first: OfSignal | OfLink, browser: str | None) -> tuple[str, str]:
    """The case, and what it calls this phone. Raises Problem 404, 410."""
    if isinstance(first, OfSignal):
        row = await signals.own(tx, first.signal, first.secret)
        return row["incident"], handset(row["id"])
    link = await second_channel.hers(tx, first.token, browser)
    return link.incident, handset(link.id)


def _read(message: str, shape: type[Shape]) -> Shape:
    try:
        return msgspec.json.decode(message, type=shape)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        _misunderstood(str(error))


def _misunderstood(rule: str) -> NoReturn:
    raise Problem(400, "take.form", "This message does not fit", rule)


async def _refuse(socket: Socket, problem: Problem) -> None:
    try:
        word = {"type": "refused", "why": problem.type, "title": problem.title, **problem.extra}
        await socket.send_data(msgspec.json.encode(word).decode(), mode="text")
        await socket.close(code=4000 + problem.status, reason=problem.type)
    except (WebSocketDisconnect, RuntimeError):
        log.info("a phone left before it heard why", why=problem.type)


@get("/api/incidents/{incident:str}/takes", guards=[allow(Act.INCIDENT_WORK)])
async def list_takes(incident: FromPath[str], actor: Asking, database: Db) -> dict[str, list[TakeLine]]:
    """What her phone filmed for a case; for whoever has it, and for the centre's leader."""
    async with database.transaction(readonly=True) as tx:
        return {"takes": await actions.takes(tx, incident, actor)}


@get("/api/takes/{take:str}", guards=[allow(Act.INCIDENT_WORK)])
async def download_take(take: FromPath[str], actor: Asking, database: Db) -> Stream:
    """A take that has ended, as her browser recorded it. Each download is in the ledger with the file's SHA-256, as its end was."""
    taken = await actions.download(database, take, actor)
    return Stream(
        taken.pieces,
        media_type=taken.media,
        headers={
            "content-disposition": f'attachment; filename="{taken.name}"', "content-length": str(taken.size),
            "x-content-type-options": "nosniff",
        },
    )  # fmt: skip


ROUTES = [film, list_takes, download_take]
