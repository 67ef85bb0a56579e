"""The verbs of rights: issue, extend, widen, end, open a view, hand out a link. Each writes the ledger."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import msgspec

from ansim.core.database import Transaction
from ansim.core.errors import Problem, not_found
from ansim.trust.grants import store
from ansim.trust.grants.events import GrantChanged, GrantEnded, GrantIssued, LinkOpened, LinkRefused, ViewChanged
from ansim.trust.grants.model import (
    EXTENSION,
    GRANT_LENGTH,
    TOKEN_LENGTH,
    EndedWhy,
    Grant,
    HolderKind,
    Link,
    Token,
    TokenMint,
)
from ansim.trust.ledger.actions import record

_COOKIE = re.compile(r"[A-Za-z0-9_-]{32,64}")
"""As `World.secret` makes them."""

EXPIRY = "grant.expiry"
"""The timer that ends a grant when its time is over."""


async def issue(
    tx: Transaction,
    *,
    incident: str,
    centre: str,
    holder_kind: HolderKind,
    holder: str,
    label: str,
    purpose: str,
    subject_tag: str,
    video: bool,
    cameras: Sequence[str] = (),
    length: timedelta = GRANT_LENGTH,
    actor: str,
) -> Grant:
    """A right for one holder and one incident. Issuing it twice gives the one that lives."""
    grant = Grant(
        id=tx.world.id(), incident=incident, centre=centre, holder_kind=holder_kind, holder=holder, label=label,
        purpose=purpose, subject_tag=subject_tag, video=video, cameras=list(cameras), from_at=tx.at,
        until_at=tx.at + length, extensions=0, ended_at=None, ended_why=None,
    )  # fmt: skip
    if not await store.insert_grant(tx, grant):
        living = await store.live_grant(tx, incident, holder_kind, holder)
        assert living is not None
        return living
    await record(
        tx, actor=actor, act="grant.issued", object=grant.id, incident=incident, purpose=purpose,
        subject_tag=subject_tag, details={"role": holder_kind, "count": len(grant.cameras)},
    )  # fmt: skip
    tx.arm(EXPIRY, grant.id, grant.until_at)
    tx.publish(GrantIssued(grant=grant.id, incident=incident))
    return grant


async def extend(tx: Transaction, grant: Grant, *, actor: str) -> Grant:
    until_at = max(grant.until_at, tx.at) + EXTENSION
    if grant.ended_at is not None or not await store.extend(tx, grant.id, until_at):
        raise Problem(409, "grant.ended", "This viewing right has ended", "Ask for a new one.")
    await record(
        tx, actor=actor, act="grant.extended", object=grant.id, incident=grant.incident, purpose=grant.purpose,
        subject_tag=grant.subject_tag, details={"seconds": int(EXTENSION.total_seconds())},
    )  # fmt: skip
    tx.arm(EXPIRY, grant.id, until_at)
    tx.publish(GrantChanged(grant=grant.id, incident=grant.incident))
    return msgspec.structs.replace(grant, until_at=until_at, extensions=grant.extensions + 1)


async def end(tx: Transaction, grant: Grant, why: EndedWhy, *, actor: str) -> bool:
    """End it for good. The media node hears of it in this process at once, elsewhere by the fact."""
    if not await store.end(tx, grant.id, why):
        return False
    tx.disarm(EXPIRY, grant.id)
    await record(
        tx, actor=actor, act="grant.ended", object=grant.id, incident=grant.incident, purpose=grant.purpose,
        subject_tag=grant.subject_tag, details={"why": why},
    )  # fmt: skip
    tx.publish(GrantEnded(grant=grant.id, incident=grant.incident, why=why))
    return True


async def end_all(tx: Transaction, incident: str, why: EndedWhy, *, actor: str) -> int:
    ended = [await end(tx, grant, why, actor=actor) for grant in await store.grants_of(tx, incident)]
    return sum(ended)


async def shorten_all(tx: Transaction, incident: str, until_at: datetime, *, actor: str) -> None:
    """What a right was for is over: it ends no later than this."""
    for grant in await store.grants_of(tx, incident):
        if grant.ended_at is None and until_at < grant.until_at:
            await store.shorten(tx, grant.id, until_at)
            await record(
                tx, actor=actor, act="grant.shortened", object=grant.id, incident=incident, purpose=grant.purpose,
                subject_tag=grant.subject_tag,
            )  # fmt: skip
            tx.arm(EXPIRY, grant.id, until_at)
            tx.publish(GrantChanged(grant=grant.id, incident=incident))


async def expire(tx: Transaction, id: str) -> None:
    """Timer: the grant's time is over, unless somebody has extended it since."""
    grant = await store.grant(tx, id)
    if grant is None or grant.ended_at is not None:
        return
    if grant.until_at > tx.at:
        tx.arm(EXPIRY, id, grant.until_at)
        return
    await end(tx, grant, "expired", actor="clock")


async def widen(tx: Transaction, incident: str, cameras: Sequence[str]) -> None:
    """She moved: let every live video grant of the incident see the cameras that are near her now."""
    for row in await store.widen(tx, incident, cameras):
        await record(
            tx,
            actor="sight",
            act="grant.widened",
            object=row["id"],
            incident=incident,
            details={"count": len(row["cameras"])},
        )
        tx.publish(GrantChanged(grant=row["id"], incident=incident))


async def token_for(tx: Transaction, grant: Grant, camera: str, viewer: str) -> tuple[str, datetime]:
    """A one-minute token for one camera that the grant allows."""
    until_at = min(tx.at + TOKEN_LENGTH, grant.until_at)
    token = Token(grant.id, camera, viewer, until_at.timestamp(), tx.world.id())
    return tx.use(TokenMint).mint(token), until_at


async def refuse_view(tx: Transaction, *, viewer: str, camera: str, why: str, grant: Grant | None = None) -> None:
    await record(
        tx, actor=viewer, act="view.refused", object=camera, incident=grant.incident if grant else None,
        purpose=grant.purpose if grant else "", subject_tag=grant.subject_tag if grant else None, details={"why": why},
    )  # fmt: skip


async def open_view(tx: Transaction, token: Token, grant: Grant) -> str:
    view = tx.world.id()
    until_at = datetime.fromtimestamp(token.until, tx.at.tzinfo)
    await store.insert_view(tx, view, grant, token.camera, token.viewer, until_at)
    await record(
        tx, actor=token.viewer, act="view.opened", object=token.camera, incident=grant.incident, purpose=grant.purpose,
        subject_tag=grant.subject_tag, details={"grant": grant.id, "camera": token.camera},
    )  # fmt: skip
    tx.publish(ViewChanged(view=view, grant=grant.id, incident=grant.incident, camera=token.camera, ended=False))
    return view


async def renew_view(tx: Transaction, view: str, token: Token, grant: Grant) -> bool:
    if not await store.renew_view(tx, view, token, datetime.fromtimestamp(token.until, tx.at.tzinfo)):
        return False
    await record(
        tx, actor=token.viewer, act="view.renewed", object=token.camera, incident=grant.incident, purpose=grant.purpose,
        subject_tag=grant.subject_tag, details={"grant": grant.id, "camera": token.camera},
    )  # fmt: skip
    return True


async def end_view(tx: Transaction, view: str, *, seconds: float, bytes: int, frames: int, why: str) -> None:
    row = await store.end_view(tx, view, seconds, bytes, frames, why)
    if row is None:
        return
    await record(
        tx, actor=row["viewer"], act="view.ended", object=row["camera"], incident=row["incident"],
        purpose=row["purpose"],
        subject_tag=row["subject_tag"],
        details={
            "grant": row["grant_id"], "camera": row["camera"], "seconds": round(seconds), "bytes": bytes,
            "frames": frames, "why": why,
        },
    )  # fmt: skip
    tx.publish(
        ViewChanged(view=view, grant=row["grant_id"], incident=row["incident"], camera=row["camera"], ended=True)
    )


async def end_views_of_dead_node(tx: Transaction, but: Collection[str] = ()) -> None:
    """A media node that died could not say how its views ended; nobody is watching any more, `but` through those."""
    for row in await store.open_views(tx):
        if row["id"] not in but:
            await end_view(tx, row["id"], seconds=0, bytes=0, frames=0, why="node-restarted")


async def issue_link(tx: Transaction, grant: Grant, kind: str, subject: str) -> tuple[str, str]:
    """The link's id and its secret; the secret is in the address once and its hash is all that is stored."""
    id, secret = tx.world.id(), tx.world.secret()
    await store.insert_link(tx, id, grant.id, grant.incident, kind, subject, _hash(secret))
    await record(
        tx, actor="system", act="link.issued", object=id, incident=grant.incident, purpose=grant.purpose,
        subject_tag=grant.subject_tag, details={"role": kind, "grant": grant.id},
    )  # fmt: skip
    return id, secret


async def open_link(tx: Transaction, secret: str, browser: str | None) -> tuple[Link, str]:
    """Bind the link to this browser, or recognise it. Returns the link and the browser's cookie.

    Raises Problem 404 for a secret that is none and LinkBound (409) for another browser; whoever catches that calls
    `refuse_link` in a new transaction, because this one is rolled back.
    """
    row = await store.link_by_token(tx, _hash(secret))
    if row is None:
        raise not_found("link")
    link = store.link_of(row)
    bound = row["bound_hash"]
    if bound is None:
        # A browser keeps the one cookie that it has: a second link must not shut it out of the first.
        cookie = browser if browser is not None and _COOKIE.fullmatch(browser) else tx.world.secret()
        if await store.bind_link(tx, link.id, _hash(cookie)):
            await record(
                tx,
                actor=f"link:{link.id}",
                act="link.opened",
                object=link.id,
                incident=link.incident,
                subject_tag=await _subject_tag(tx, link),
                details={"role": link.kind},
            )
            tx.publish(LinkOpened(link=link.id, incident=link.incident, kind=link.kind))
            return msgspec.structs.replace(link, opened_at=tx.at), cookie
        row = await store.link_by_token(tx, _hash(secret))
        assert row is not None
        bound = row["bound_hash"]
    if browser is None or not hmac.compare_digest(bytes(bound), _hash(browser)):
        raise LinkBound(link)
    return link, browser


async def refuse_link(tx: Transaction, link: Link) -> None:
    """Count and record that another browser tried; in a transaction of its own, so that it stays."""
    await store.count_refusal(tx, link.id)
    await record(
        tx, actor="unknown", act="link.refused", object=link.id, incident=link.incident,
        subject_tag=await _subject_tag(tx, link), details={"role": link.kind},
    )  # fmt: skip
    tx.publish(LinkRefused(link=link.id, incident=link.incident))


async def _subject_tag(tx: Transaction, link: Link) -> str | None:
    """So that she finds who opened a link about her, as she finds every view."""
    grant = await store.grant(tx, link.grant_id)
    return grant.subject_tag if grant else None


async def bound_link(tx: Transaction, secret: str, browser: str | None) -> Link | None:
    """The link, if this browser is the one it is bound to; nothing otherwise."""
    row = await store.link_by_token(tx, _hash(secret))
    if row is None or row["bound_hash"] is None or browser is None:
        return None
    return store.link_of(row) if hmac.compare_digest(bytes(row["bound_hash"]), _hash(browser)) else None


class LinkBound(Problem):
    def __init__(self, link: Link) -> None:
        super().__init__(409, "link.bound", "This link was opened on another device", "Ask the centre for a new one.")
        self.link = link


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
