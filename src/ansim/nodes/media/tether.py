"""What a media node that is a process of its own and its centre say to each other, and how a question finds its answer.

One connection, made by the node; MessagePack, one word a message. Both may ask, many questions at a time. Ends are said as seconds
that are left, and counted by whoever hears them from before she asked: the clocks of two machines need not agree, and what was long on
its way gives nobody more time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from itertools import count
from typing import Protocol, TypeAlias, TypeVar

import msgspec
import structlog

from ansim.nodes.media import ports
from ansim.nodes.media.deadline import stop
from ansim.nodes.media.ports import Aim, Health, Refused
from ansim.nodes.media.recordings import Piece

LONGEST_WORD = 16 * 1024 * 1024
"""Bytes; a group of pictures is the longest, and is written in parts of half of it."""

log = structlog.get_logger(__name__)


class Word(msgspec.Struct, kw_only=True, tag=True):
    """Anything that is said."""


# The node begins, and tells how it is


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """A camera of the node; nothing of its address. `days`: how long its recordings are kept, None for the centre's own rule."""

    id: str
    turns: bool
    days: int | None


class Hello(Word):
    """The first question. `views`: those that go on, and those whose end the centre has not heard yet; all others of this node's are over."""

    cameras: list[Declared]
    views: list[str]


class Welcome(Word):
    """`origin`: whose pages may open pictures here; `others`: those of the country, too, for what is lent to them, as far as the centre knew
    them when the node came."""

    origin: str
    others: list[str] = []


class Report(Word):
    """Each second. Cameras that nobody needs are left out. A lease names the `beat` that it answers."""

    beat: int
    health: dict[str, Health]


# What the node asks of the centre: `ports.Gate`, `ports.WallGate`, `ports.DayKeys`


class OpenView(Word):
    token: str
    camera: str


class Opened(Word):
    id: str
    grant: str
    camera: str
    viewer: str
    watermark: str
    seconds: float


class RenewView(Word):
    view: str
    token: str


class Renewed(Word):
    seconds: float


class EndView(Word):
    view: str
    seconds: float
    bytes: int
    frames: int
    why: str


class OpenWall(Word):
    token: str
    wall: str


class OpenedWall(Word):
    id: str
    grant: str
    cameras: tuple[str, ...]
    seconds: float


class RenewWall(Word):
    view: str
    token: str


class EndWall(Word):
    view: str
    seconds: float
    shown: dict[str, ports.Shown]
    why: str


class AskDay(Word):
    camera: str
    day: str


class LentDay(Word):
    """The key of one camera and one day. It is kept in memory, and forgotten when it is told to be."""

    secret: bytes

    def __repr__(self) -> str:
        return "LentDay()"


# What the centre tells and asks


class Lease(Word):
    """Views may go on until so long after this beat of the node's was sent; below 0: no longer."""

    beat: int
    seconds: float


class Prepare(Word):
    cameras: list[str]
    seconds: float


class Revoke(Word):
    grant: str
    why: str


class Connect(Word):
    camera: str


class Leave(Word):
    camera: str


class AskPresets(Word):
    camera: str


class Presets(Word):
    presets: list[ports.Preset]


class AskStatus(Word):
    camera: str


class Status(Word):
    status: ports.HeadStatus


class Go(Word):
    camera: str
    to: str | Aim


class Forget(Word):
    """Key and files of a day that is destroyed."""

    camera: str
    day: str


class Cut(Word):
    """Of a recording; its pieces are fetched one by one, so that no more of it is on its way than one can hold."""

    camera: str
    start: datetime
    end: datetime


class Cutting(Word):
    cut: int


class FetchPiece(Word):
    cut: int


class Fetched(Word):
    """`piece`: None at the end."""

    piece: Piece | None


class Drop(Word):
    """No more pieces of this cut are wanted."""

    cut: int


class Done(Word):
    """It is as it was asked for."""


class Refusal(Word):
    reason: str


class Failure(Word):
    """It could not be done; why is in the log of whoever was asked."""


Asked: TypeAlias = (
    Hello | OpenView | RenewView | EndView | OpenWall | RenewWall | EndWall | AskDay
    | AskPresets | AskStatus | Go | Forget | Cut | FetchPiece
)  # fmt: skip
Answered: TypeAlias = (
    Welcome | Opened | Renewed | OpenedWall | LentDay | Presets | Status | Cutting | Fetched | Done | Refusal | Failure
)
Told: TypeAlias = Report | Lease | Prepare | Revoke | Connect | Leave | Drop


class Question(Word):
    number: int
    word: Asked


class Answer(Word):
    number: int
    word: Answered


Reply = TypeVar("Reply", bound=Word)
_DECODER: msgspec.msgpack.Decoder[Told | Question | Answer] = msgspec.msgpack.Decoder(Told | Question | Answer)
_ENCODER = msgspec.msgpack.Encoder()


class NoAnswer(Exception):
    """The other side is away or could not do it; whether it did is not known."""


class Wire(Protocol):
    """Messages, whole and in order. Both raise EOFError when it has ended."""

    async def send(self, message: bytes) -> None: ...
    async def receive(self) -> bytes: ...


class Tether:
    """One end of a connection. `answer` is asked the other side's questions, each in a task of its own; `told` hears what wants no answer,
    in order.
    """

    def __init__(
        self,
        wire: Wire,
        answer: Callable[[Tether, Asked], Awaitable[Answered]],
        told: Callable[[Tether, Told], None],
    ) -> None:
        self._wire = wire
        self._answer = answer
        self._told = told
        self._numbers = count(1)
        self._asked: dict[int, asyncio.Future[Answered]] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue()
        self._ending = asyncio.Event()

    async def talk(self) -> None:
        """Until either side ends it."""
        work = [asyncio.ensure_future(part) for part in (self._pour(), self._listen(), self._ending.wait())]
        try:
            await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._ending.set()
            await stop(*work)
            for waiting in self._asked.values():
                if not waiting.done():
                    waiting.set_exception(NoAnswer())

    def hang_up(self) -> None:
        self._ending.set()

    async def settled(self) -> None:
        """Every question that came has been answered, if only to nobody: what it did is done."""
        if self._answering:
            await asyncio.wait(self._answering)

    def tell(self, word: Told | Question | Answer) -> None:
        """In its order, without waiting; into the void when the connection has ended."""
        if not self._ending.is_set():
            self._waiting.put_nowait(_ENCODER.encode(word))

    async def ask(self, question: Asked, expected: type[Reply]) -> Reply:
        """Raises Refused, and NoAnswer."""
        if self._ending.is_set():
            raise NoAnswer
        number = next(self._numbers)
        waiting = self._asked[number] = asyncio.get_running_loop().create_future()
        self.tell(Question(number=number, word=question))
        try:
            answer = await waiting
        finally:
            del self._asked[number]
        if isinstance(answer, Refusal):
            raise Refused(answer.reason)
        if not isinstance(answer, expected):
            raise NoAnswer
        return answer

    async def _pour(self) -> None:
        while True:
            await self._wire.send(await self._waiting.get())

    async def _listen(self) -> None:
        while True:
            try:
                word = _DECODER.decode(await self._wire.receive())
            except msgspec.MsgspecError:
                log.error("tether.not-understood")
                return
            if isinstance(word, Question):
                task = asyncio.get_running_loop().create_task(self._reply(word))
                self._answering.add(task)
                task.add_done_callback(self._answering.discard)
            elif isinstance(word, Answer):
                waiting = self._asked.get(word.number)
                if waiting is not None and not waiting.done():
                    waiting.set_result(word.word)
            else:
                self._told(self, word)

    async def _reply(self, question: Question) -> None:
        word: Answered
        try:
            word = await self._answer(self, question.word)
        except Refused as refused:
            word = Refusal(reason=refused.reason)
        except Exception as error:  # whatever it was, the one who asked must not wait for ever
            log.warning("tether.not-answered", asked=type(question.word).__name__, error=type(error).__name__)
            word = Failure()
        self.tell(Answer(number=question.number, word=word))
