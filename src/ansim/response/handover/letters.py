"""Letters between centres: signed by the one that writes, sealed to the one that reads. Whoever carries them learns only whose they are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Union

import msgspec
import structlog

from ansim.city.country.member import Country
from ansim.city.people.sealed import CentreKey
from ansim.core.bus import Bus
from ansim.core.database import Database, Transaction
from ansim.core.errors import Problem, Unavailable
from ansim.response.handover.events import LetterWritten
from ansim.trust import sealing
from ansim.trust.access.model import Site
from ansim.trust.signed import NotTheirs, PrivateKey, opened, sign

INFO = b"ansim letter"
Reading = Callable[[Database, str, Any], Awaitable[None]]
"""Answers a letter: `await read(database, sender, letter)`. The same letter may come twice."""

log = structlog.get_logger()


class Post:
    """The way to other centres; of a centre that stands alone there is none."""

    def __init__(self, bus: Bus, signing: PrivateKey) -> None:
        self.bus = bus
        self.signing = signing


def subject(centre: str) -> str:
    """The name on the bus of the letters to a centre."""
    return f"letters.{centre}"


def write(tx: Transaction, to: str, letter: msgspec.Struct) -> None:
    """It leaves after the commit. Raises Unavailable while nobody has said how that centre is reached, or nothing that makes sense."""
    card = tx.use(Country).card(to)
    if card is None:
        raise Unavailable
    try:
        key = sealing.public_from_jwk(card.sealing)
    except Problem:
        raise Unavailable from None
    site, id = tx.use(Site).centre, tx.world.id()
    sealed = sealing.seal(key, msgspec.json.encode(letter), INFO, _context(site, to, id))
    tx.publish(LetterWritten(id=id, to=to, letter=sign(tx.use(Post).signing, site, "letter", sealed).decode()))


async def carry(database: Database, fact: LetterWritten) -> None:
    await database.use(Post).bus.publish(subject(fact.to), fact.id, fact.letter.encode())


def receive(database: Database, post: Post, readings: Mapping[type, Reading]) -> None:
    """Have every letter to this centre answered."""
    site, country = database.use(Site).centre, database.use(Country)
    letters = msgspec.json.Decoder(Union[tuple(readings)])  # noqa: UP007

    async def deliver(id: str, message: bytes) -> None:
        try:
            sender, sealed = opened(message, "letter", country.keys())
            text = sealing.open(database.use(CentreKey).private, sealed, INFO, _context(sender, site, id))
            letter = letters.decode(text)
        except (NotTheirs, sealing.NotForUs, msgspec.MsgspecError) as error:
            if not country.hub_up:
                raise Unavailable from None  # perhaps from somebody of whom we have not heard yet
            log.warning("a letter that is not for us", why=type(error).__name__)
            return
        await readings[type(letter)](database, sender, letter)

    post.bus.subscribe(subject(site), site, deliver)


def _context(sender: str, to: str, id: str) -> bytes:
    return f"{sender} {to} {id}".encode()
