"""A centre's place in the country: the bus to the others, its own key, and what it says of itself."""

from __future__ import annotations

from datetime import timedelta
from math import inf
from pathlib import Path

from ansim import flow
from ansim.adapters.bus.nats import NatsBus
from ansim.app.settings import Settings
from ansim.city.country import store as duties
from ansim.city.country.member import Country, Member
from ansim.city.country.model import FEW, Card, Directory, Duty, Load, Pace
from ansim.city.country.policy import Policy
from ansim.city.people import actions as people
from ansim.city.people.sealed import CentreKey
from ansim.core.bus import Bus
from ansim.core.database import Database, Transaction
from ansim.core.world import World
from ansim.response.handover import letters
from ansim.response.handover.letters import Post
from ansim.response.signals.sender import Issuers
from ansim.trust import sealing
from ansim.trust.access.model import SESSION_IDLE_S
from ansim.trust.signed import own_key, public_from_bytes, public_from_text, public_text

PACE_EVERY_S = 30.0
"""How quickly cases were claimed is counted so often."""


class Membership:
    """What a centre does among others. Started and closed with it."""

    def __init__(self, world: World, settings: Settings, database: Database, origin: str, bus: Bus | None) -> None:
        self._world = world
        self._settings = settings
        self._database = database
        self._origin = origin
        self._country = database.use(Country)
        self._signing = own_key(world, Path(settings.country_key or settings.folder / "country.key"))
        self.bus = bus or NatsBus(
            str(settings.country), by=settings.centre, key=self._signing, ca=settings.country_ca, lays_out=False
        )
        # before anything starts: a letter that a dead process left behind leaves at once
        self._post = Post(self.bus, self._signing)
        database.provide(Post, self._post)
        self._policy = Policy(
            centre=settings.centre, rules=settings.rollover, unstaffed=settings.unstaffed,
            waiting=settings.overloaded_waiting, wait_s=settings.overloaded_wait_s, takes_from=settings.rollover_from,
        )  # fmt: skip
        self._member: Member | None = None
        self._hour: Pace | None = None
        self._day: Pace | None = None
        self._paced = -inf

    async def start(self) -> None:
        settings, database = self._settings, self._database
        async with database.transaction() as tx:
            [issuer] = (await people.issuers(tx)).values()
        card = Card(
            centre=settings.centre,
            origin=self._origin,
            sealing=sealing.public_jwk(database.use(CentreKey).private.public_key()),
            issuer=public_text(public_from_bytes(issuer[0])),
            media=settings.media_origin or "",
        )
        hub = public_from_text(str(settings.hub_key))
        self._member = Member(
            self._world, self.bus, self._signing, hub, self._country, card, self._load, self._decide, self._learned,
            settings.folder / "directory.json"
        )  # fmt: skip
        letters.receive(database, self._post, flow.LETTERS)
        await self.bus.start()
        await self._member.start()

    async def close(self) -> None:
        if self._member is not None:
            await self._member.close()
        await self.bus.close()

    async def _load(self) -> Load:
        now = self._world.clock.monotonic()
        async with self._database.transaction(readonly=True) as tx:
            row = await tx.fetchrow(
                "SELECT (SELECT count(*) FROM incident WHERE closed_at IS NULL) AS open,"
                " (SELECT count(*) FROM incident WHERE closed_at IS NULL AND state = 'received') AS unclaimed,"
                " (SELECT extract(epoch FROM $1 - min(unclaimed_since)) FROM incident WHERE closed_at IS NULL"
                " AND state = 'received') AS waiting_s,"
                " (SELECT count(DISTINCT s.account) FROM session s JOIN account a ON a.id = s.account"
                " WHERE a.role IN ('operator', 'supervisor') AND s.ended_at IS NULL AND s.expires_at > $1"
                " AND s.seen_at > $1 - make_interval(secs => $2)) AS operators",
                tx.at,
                float(SESSION_IDLE_S),
            )
            assert row is not None
            if now - self._paced >= PACE_EVERY_S:
                self._hour, self._day = await _pace(tx, timedelta(hours=1)), await _pace(tx, timedelta(days=1))
                self._paced = now
        return Load(
            open=row["open"], unclaimed=row["unclaimed"], operators=row["operators"],
            waiting_s=round(max(0.0, float(row["waiting_s"] or 0)), 1), hour=self._hour, day=self._day,
        )  # fmt: skip

    async def _decide(self, load: Load) -> None:
        """Whether we take our new cases, and who does while we do not."""
        country, policy, now = self._country, self._policy, self._world.clock.now()
        async with self._database.transaction(readonly=True) as tx:
            by_hand = await duties.by_hand(tx, policy.centre)
        state, until = policy.state(country.duty.state, load, now, by_hand)
        country.covers = policy.covers(state, now, country.listed)
        country.duty = Duty(
            state=state, until=until, covered_by=next(iter(country.covers), None), takes_from=policy.takes_from
        )

    def _learned(self, directory: Directory) -> None:
        """A phone that enrolled with any of them is known here."""
        issuers = self._database.use(Issuers)
        for listed in directory.centres:
            if listed.card.centre != self._settings.centre:
                issuers[listed.card.centre] = [public_from_text(listed.card.issuer).public_bytes_raw()]


async def _pace(tx: Transaction, span: timedelta) -> Pace | None:
    """How quickly what came in that time was claimed here; of a few cases it would tell of people, not of the centre."""
    row = await tx.fetchrow(
        "SELECT count(*) AS n, percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY extract(epoch FROM claimed_at - received_at))"
        " AS within_s FROM incident WHERE received_at > $1 AND claimed_at IS NOT NULL AND priority = 1",
        tx.at - span,
    )
    assert row is not None
    if row["n"] < FEW:
        return None
    median, p90 = row["within_s"]
    return Pace(median_s=round(median, 1), p90_s=round(p90, 1))
