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
from ansim.response.handover import store
from ansim.response.handover.events import LetterWritten
from ansim.response.handover.model import PART, PARTS_KEPT, Part
from ansim.trust import sealing
from ansim.trust.access.model import Site
from ansim.trust.signed import NotTheirs, PrivateKey, opened, sign

INFO = b"ansim letter"
PARTS = "letter.parts"
"""The timer of a letter of which not all parts have come."""
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
    site, id, text = tx.use(Site).centre, tx.world.id(), msgspec.json.encode(letter)
    pieces = [text[at : at + PART] for at in range(0, len(text), PART)]
    if len(pieces) > 1:
        parts = (Part(letter=id, n=n, count=len(pieces), body=body) for n, body in enumerate(pieces))
        texts = {f"{id}.{part.n}": msgspec.json.encode(part) for part in parts}
    else:
        texts = {id: text}
    for name, one in texts.items():
        sealed = sealing.seal(key, one, INFO, _context(site, to, name))
        tx.publish(LetterWritten(id=name, to=to, letter=sign(tx.use(Post).signing, site, "letter", sealed).decode()))


async def carry(database: Database, fact: LetterWritten) -> None:
    await database.use(Post).bus.publish(subject(fact.to), fact.id, fact.letter.encode())


def receive(database: Database, post: Post, readings: Mapping[type, Reading]) -> None:
    """Have every letter to this centre answered."""
    site, country = database.use(Site).centre, database.use(Country)
    letters = msgspec.json.Decoder(Union[(Part, *readings)])

    def unsealed(sender: str, id: str, sealed: bytes) -> bytes:
        return sealing.open(database.use(CentreKey).private, sealed, INFO, _context(sender, site, id))

    async def joined(sender: str, id: str, part: Part, sealed: bytes) -> bytes | None:
        """The whole letter once all of its parts are there. They wait as they came, sealed to this centre."""
        async with database.transaction() as tx:
            await store.keep_part(tx, sender, part.letter, part.n, id, sealed)
            tx.arm(PARTS, part.letter, tx.at + PARTS_KEPT)
            there = await store.parts_of(tx, sender, part.letter)
        if len(there) < part.count:
            return None
        parts = [msgspec.json.decode(unsealed(sender, row["id"], bytes(row["sealed"])), type=Part) for row in there]
        return b"".join(one.body for one in parts)

    async def deliver(id: str, message: bytes) -> None:
        try:
            sender, sealed = opened(message, "letter", country.keys())
            letter = letters.decode(unsealed(sender, id, sealed))
            if isinstance(part := letter, Part):
                whole = await joined(sender, id, part, sealed)
                if whole is None:
                    return
                letter = letters.decode(whole)
        except (NotTheirs, sealing.NotForUs, msgspec.MsgspecError) as error:
            if not country.hub_up:
                raise Unavailable from None  # perhaps from somebody of whom we have not heard yet
            log.warning("a letter that is not for us", why=type(error).__name__)
            return
        await readings[type(letter)](database, sender, letter)
        if isinstance(part, Part):
            async with database.transaction() as tx:
                await forget_parts(tx, part.letter)

    post.bus.subscribe(subject(site), site, deliver)


async def forget_parts(tx: Transaction, letter: str) -> None:
    """It has been read; or, as a timer, it never got whole."""
    tx.disarm(PARTS, letter)
    await store.forget_parts(tx, letter)


def _context(sender: str, to: str, id: str) -> bytes:
    return f"{sender} {to} {id}".encode()
