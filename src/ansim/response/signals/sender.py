"""Who sent it: judged by signatures alone, so that it works while the phone's home is down. Never refuses."""

from __future__ import annotations

from ansim.city.people.credential import Verdict, verify
from ansim.core.database import Database
from ansim.response.signals.model import SignalPost


class Issuers(dict[str, list[bytes]]):
    """The Ed25519 public keys of every home we know, by its id."""


def judge(database: Database, post: SignalPost) -> Verdict:
    return verify(
        post.credential,
        post.proof,
        signal=post.id,
        at=post.at,
        issuers=database.use(Issuers),
        now=database.world.clock.now(),
    )
