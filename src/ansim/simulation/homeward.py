"""Those who are watched over: on their way home, walked by two scouts, or because somebody else answers for them; and who looks on."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

import msgspec

from ansim.adapters.channels.simulated import SimulatedChannel
from ansim.app.centre import Centre
from ansim.city.people.credential import Verdict
from ansim.core.database import Transaction
from ansim.core.errors import Problem
from ansim.core.geo import destination
from ansim.core.position import Position
from ansim.response.escorts import actions as escorts
from ansim.response.escorts import rota
from ansim.response.escorts import store as escort_store
from ansim.response.escorts.model import DutyPost, EscortRow, Scout
from ansim.response.escorts.model import EscortPost as Booking
from ansim.response.escorts.model import Place as Stop
from ansim.response.escorts.saying import Said, Word, say
from ansim.response.picture import assemble
from ansim.response.picture.model import TripLink
from ansim.response.signals.model import secret_hash
from ansim.response.tracking.model import Moved
from ansim.response.trips import actions as trips
from ansim.response.trips import store as trip_store
from ansim.response.trips.hearing import Words
from ansim.response.trips.model import Destination, TripPost, TripState
from ansim.response.wards import actions as wards
from ansim.response.wards.model import DevicePost, GroundPost, GuardianPost, WardPost
from ansim.response.wards.zones import Circle, Zone
from ansim.simulation.network import Lost
from ansim.simulation.people import Surroundings, contacts, insisted
from ansim.trust.access.model import Actor, Role
from ansim.trust.grants import actions as grants
from ansim.trust.grants import store as grant_store

ON_FOOT_MPS, LED_MPS, DRIVEN_MPS = 1.4, 3.0, 14.0
PROMISE = timedelta(seconds=70)
THERE_M = 90.0
FAR_M = 3_000.0
SENDS_S = 240.0
"""So long a phone goes on that is never at home."""
ZONE_M = 100.0
OUT_MPS = 6.0
AHEAD = timedelta(minutes=31)
LEAVES_M = 40.0
Fate = Literal["home", "home", "late", "taken", "led", "silent"]
FATES: tuple[Fate, ...] = ("home", "home", "late", "taken", "led", "silent")
SCOUTS = [Scout(name="김나은", phone="010-0000-0001"), Scout(name="이도윤", phone="010-0000-0002")]


@dataclass
class Watched:
    """What those who are watched over were told."""

    trips: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    """client id -> the ids and secrets that its phone was given: one, however often it asked"""
    arrived: set[str] = field(default_factory=set)
    """client ids whose end was acknowledged"""
    wards: dict[str, set[str]] = field(default_factory=dict)
    escorts: dict[str, set[str]] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    """Where somebody was shown what there is no right to."""


async def walker(around: Surroundings, watched: Watched, number: int, person: str | None, sets_out_at: float) -> None:
    """One way home. Its fate is drawn: she arrives, is late, is taken by car or led away, or her phone falls silent."""
    draw, clock = around.draw, around.clock
    await clock.sleep(sets_out_at)
    id, fate = f"trip-{number:04d}", draw.choice(FATES)
    north = {"home": 1.0, "silent": 1.0, "late": 1.0}.get(fate, -1.0)
    speed = {"taken": DRIVEN_MPS, "led": LED_MPS}.get(fate, ON_FOOT_MPS)
    door = destination(*around.home, 0.0, FAR_M if fate == "late" else THERE_M if fate == "home" else 500.0)
    known, forced = draw.random() < 0.5, draw.random() < 0.1
    post = TripPost(
        id=id, at=clock.now(), mode="walk", destination=Destination(latitude=door[0], longitude=door[1], label="집"),
        promised_at=clock.now() + PROMISE, position=_at(around, 0.0), battery=draw.randrange(101),
        background=True,
    )  # fmt: skip

    async def begin(centre: Centre) -> tuple[str, str]:
        sealed = contacts(centre, id) if known else None
        async with centre.database.transaction() as tx:
            sent = msgspec.structs.replace(post, promised_at=clock.now() + PROMISE)
            trip, _ = await trips.start(tx, sent, Verdict(rank="verified" if person else "none", person=person), sealed)
            return trip.id, trips.secret_of(tx, trip)

    trip, secret = await insisted(around, id, begin)
    watched.trips.setdefault(id, set()).add((trip, secret))
    around.say("sets out", id, trip, fate)
    began = clock.monotonic()
    while clock.monotonic() - began < SENDS_S * around.pace:
        await clock.sleep(draw.uniform(2.0, 6.0))
        metres = speed * (clock.monotonic() - began)
        if fate == "silent" and metres > LEAVES_M:
            return
        words = Words(trip, secret_hash(secret), [_at(around, north * min(metres, FAR_M))], None)
        try:
            state = await around.network.ask(lambda centre, words=words: centre.listener.submit(words))  # type: ignore[misc]
            if state.state in ("signalled", "ended"):
                return
            if fate in ("home", "late") and state.question is not None:
                await _answers(around, trip, secret, state)
            if fate == "home" and metres >= THERE_M:
                await _ends(around, watched, id, trip, secret, "8520" if forced else "2580")
                return
        except Lost:
            continue
        except Problem as problem:
            if problem.status in (404, 410):
                return


async def _answers(around: Surroundings, trip: str, secret: str, state: TripState) -> None:
    question = state.question
    if question is None or around.draw.random() < 0.7:
        return

    async def answer(tx: Transaction) -> None:
        row = await trips.own(tx, trip, secret)
        await trips.answer(tx, row, question.id, "2580" if row.coded else None)

    await around.act(answer)


async def _ends(around: Surroundings, watched: Watched, id: str, trip: str, secret: str, code: str) -> None:
    async def end(centre: Centre) -> None:
        async with centre.database.transaction() as tx:
            row = await trips.own(tx, trip, secret)
            await trips.end(tx, row, "arrived", code if row.coded else None)

    await insisted(around, id, end)
    watched.arrived.add(id)
    around.say("arrives", id)


async def ward(around: Surroundings, watched: Watched, leaves: bool) -> None:
    """A child with a pendant, whose official enrols her. Where she leaves her zone nobody answers."""
    id, imei = "ward-0000", "864717003664467"
    latitude, longitude = around.home
    post = WardPost(
        id=id, kind="child", name="김하늘", ground=GroundPost(kind="representative"),
        guardians=[
            GuardianPost(name="어머니", phone="010-3333-4444", mail="mother@example.org"),
            GuardianPost(name="이모", mail="aunt@example.org"),
        ],
        devices=[DevicePost(protocol="gt06", number=imei)], until_at=around.clock.now() + timedelta(days=30),
        zones=[
            Zone(name="집", rule="stay", shape=Circle(latitude=latitude, longitude=longitude, radius_m=ZONE_M))
        ],
    )  # fmt: skip
    official = Actor(
        id="operator-1", name="operator-1", role=Role.OPERATOR, centre=around.centre, session="simulated",
        expires_at=around.clock.now() + timedelta(days=1),
    )  # fmt: skip

    async def enrol(centre: Centre) -> str:
        async with centre.database.transaction() as tx:
            row, _ = await wards.enrol(tx, post, official)
            return row.id

    watched.wards.setdefault(id, set()).add(await insisted(around, id, enrol))
    around.say("enrolled", id)
    began = around.clock.monotonic()
    while True:
        await around.clock.sleep(around.draw.uniform(5.0, 12.0) * min(around.pace, 8.0))
        metres = OUT_MPS * (around.clock.monotonic() - began) if leaves else 0.0
        said = Moved(imei, "nobody", _at(around, min(metres, 4 * ZONE_M)))
        with suppress(Lost, Problem):
            await around.network.ask(lambda centre, said=said: centre.moves.submit(said))  # type: ignore[misc]


async def evening(around: Surroundings, watched: Watched) -> None:
    """Two who want to be walked home, one pair on duty for each; they meet by their numbers, walk, and most say that they are there."""
    leader = "supervisor-1"
    for number in range(2):
        duty = DutyPost(
            area=f"역 {number}", latitude=around.home[0], longitude=around.home[1], starts_at=around.clock.now(),
            ends_at=around.clock.now() + timedelta(hours=4), scouts=SCOUTS,
        )  # fmt: skip

        async def plan(centre: Centre, duty: DutyPost = duty) -> None:
            async with centre.database.transaction() as tx:
                if len(await rota.listed(tx, around.centre)) < 2:
                    await rota.plan(tx, duty, around.centre, leader)

        await insisted(around, f"duty-{number}", plan)
    for number in range(2):
        await _booked(around, watched, number)
    while True:
        await around.clock.sleep(around.draw.uniform(10.0, 60.0))
        with suppress(Lost, Problem):
            await around.act(lambda tx: _next_word(tx, around))


async def _booked(around: Surroundings, watched: Watched, number: int) -> None:
    id = f"escort-{number:04d}"
    door = destination(*around.home, 0.0, 500.0)
    post = Booking(
        id=id, at=around.clock.now(), meet_at=around.clock.now() + AHEAD, meeting=Stop(latitude=around.home[0], longitude=around.home[1]),
        home=Stop(latitude=door[0], longitude=door[1]),
    )  # fmt: skip

    async def book(centre: Centre) -> str:
        async with centre.database.transaction() as tx:
            row, _ = await escorts.book(tx, post, Verdict(rank="none"), contacts(centre, id), "person")
            return row.id

    watched.escorts.setdefault(id, set()).add(await insisted(around, id, book))
    around.say("books", id)


async def _next_word(tx: Transaction, around: Surroundings) -> None:
    """Whoever has something to say in one of them says it; sometimes the wrong thing, and sometimes nothing any more."""
    lines = await escort_store.lines(tx, around.centre, tx.at - timedelta(hours=1))
    open = [line.id for line in lines if line.state in ("booked", "assigned", "walking", "asking")]
    if not open:
        return
    escort = await escorts.of_centre(tx, around.draw.choice(open), around.centre)
    if escort.state == "booked":
        free = [one.duty for one in await escorts.proposed(tx, escort) if one.free]
        if free:
            around.say("assigns", escort.id)
            await escorts.assign(tx, escort.id, around.centre, around.draw.choice(free), None, "operator-1")
    elif escort.state == "assigned" and tx.at >= escort.meet_at - timedelta(minutes=2):
        words = escorts.spoken(tx, escort)
        if escort.met_by_her_at is None:
            await _says(tx, escort, "walker", "met", words.pair)
        else:
            await _says(tx, escort, "scout", "met", words.number)
    elif escort.under_way and around.draw.random() < 0.15:
        around.say("home", escort.id)
        await _says(tx, escort, "walker" if escort.home_by_her_at is None else "scout", "arrived", None)


async def _says(
    tx: Transaction, escort: EscortRow, side: Literal["walker", "scout"], word: Word, code: str | None
) -> None:
    await say(tx, escort, side, Said(say=word, code=code), side)


async def onlooker(around: Surroundings, watched: Watched, sms: SimulatedChannel) -> None:
    """Guardians who open their links, somebody who found such a link, and an operator who is curious about a trip."""
    cookies: dict[str, str] = {}
    operator = Actor(
        id="operator-2", name="operator-2", role=Role.OPERATOR, centre=around.centre, session="simulated",
        expires_at=around.clock.now() + timedelta(days=1),
    )  # fmt: skip
    while True:
        await around.clock.sleep(around.draw.uniform(2.0, 6.0) * around.pace)
        sent = [notice.link for _, notice in sms.inbox if notice.occasion.startswith("trip.")]
        begun = [trip for told in watched.trips.values() for trip, _ in sorted(told)]
        if begun and around.draw.random() < 0.3:
            trip = around.draw.choice(begun)
            with suppress(Lost, Problem):
                await around.act(lambda tx, trip=trip: assemble.one(tx, trip, operator))  # type: ignore[misc]
                watched.seen.append(f"an operator opened trip {trip} as if it were a case")
        elif sent:
            token = around.draw.choice(sent).rpartition("/")[2]
            with suppress(Lost, Problem):
                cookie = await around.act(
                    lambda tx, token=token: _looks(tx, watched, token, cookies.get(token))  # type: ignore[misc]
                )
                if token in cookies and cookies[token] != cookie:
                    watched.seen.append("a link that was bound opened in another browser")
                cookies[token] = cookie
                around.say("looks", token[:4])


async def _looks(tx: Transaction, watched: Watched, token: str, cookie: str | None) -> str:
    link, bound = await grants.open_link(tx, token, cookie)
    shown = await assemble.link_state(tx, link)
    assert isinstance(shown, TripLink)
    row = await trip_store.get(tx, link.incident)
    grant = await grant_store.grant(tx, link.grant_id)
    allowed = row is not None and row.open and grant is not None and grant.ended_at is None and grant.until_at > tx.at
    if shown.position is not None and not allowed:
        watched.seen.append(f"a guardian saw where she was in trip {link.incident}, without a right")
    return bound


def _at(around: Surroundings, north_m: float) -> Position:
    latitude, longitude = destination(*around.home, 0.0 if north_m >= 0 else 180.0, abs(north_m))
    return Position(latitude=latitude, longitude=longitude, accuracy_m=8.0, at=around.clock.now())
