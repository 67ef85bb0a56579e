"""The headless phone: what it seals opens at the centre, what it signs is believed there, and where it says it is."""

import asyncio
import json
from random import Random
from typing import Any

import httpx
import pytest

from ansim.city.people.credential import signal_lines
from ansim.core.clock import ManualClock
from ansim.core.geo import distance_m
from ansim.core.world import World
from ansim.sim.phone import Codes, Guardian, Phone, Profile, Receiver, Refused, instant, read
from ansim.sim.sealing import from_base64url, seal
from ansim.trust import sealing

HOME = (37.38, 127.12)


def receiver(world: World, accuracy_m: float = 9.0) -> Receiver:
    return Receiver(world, Random(1), lambda: HOME, accuracy_m)


def test_what_it_seals_opens_with_the_centres_own_code() -> None:
    private = sealing.generate()
    jwk = sealing.public_jwk(private.public_key())
    sealed = seal(jwk, "이름".encode(), b"ansim contacts", b"signal-1")
    assert sealing.open(private, sealed, b"ansim contacts", b"signal-1").decode() == "이름"
    for info, aad in ((b"ansim other", b"signal-1"), (b"ansim contacts", b"signal-2")):
        with pytest.raises(sealing.NotForUs):
            sealing.open(private, sealed, info, aad)


async def test_fixes_wander_slowly_within_their_accuracy() -> None:
    clock = ManualClock()
    phone = receiver(World(clock=clock))
    errors, steps, last = [], [], None
    for _ in range(400):
        await clock.advance(2.0)
        fix = phone.fix()
        errors.append(distance_m(*HOME, fix["latitude"], fix["longitude"]))
        if last:
            steps.append(distance_m(last["latitude"], last["longitude"], fix["latitude"], fix["longitude"]))
        last = fix
    assert sum(error < 9.0 for error in errors) / len(errors) > 0.88
    assert sum(errors) / len(errors) > 2
    assert sum(steps) / len(steps) < sum(errors) / len(errors), "a fix is nearer to the last than to a new draw"


async def test_an_sos_carries_position_proof_and_sealed_contacts() -> None:
    world = World(clock=ManualClock())
    private = sealing.generate()
    profile = Profile(
        name="김하나",
        guardians=[Guardian(name="엄마", mail="m@example.org")],
        codes=Codes(cancel="1234", duress="4321"),
    )
    phone = Phone(world, "http://localhost:1", receiver(world), profile)
    phone.credential, phone.centre_key = "credential", sealing.public_jwk(private.public_key())
    body = phone.message("shake", silent=True)
    assert body["trigger"] == "shake" and body["silent"] and body["position"]["accuracy_m"] == 9.0
    plain = sealing.open(private, from_base64url(body["sealed"]), b"ansim contacts", body["id"].encode())
    assert json.loads(plain)["name"] == "김하나" and json.loads(plain)["codes"]["duress"] == "4321"
    lines = signal_lines(body["id"], world.clock.now())
    assert lines == ("ansim signal", body["id"], body["at"])
    assert len(from_base64url(body["proof"])) == 64
    await phone.close()


async def test_it_speaks_the_public_form_and_stops_when_the_case_is_closed() -> None:
    seen: list[tuple[str, dict[str, Any]]] = []
    clock = ManualClock()
    world = World(clock=clock)

    def serve(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        seen.append((request.url.path, body))
        if request.url.path == "/api/signals":
            return httpx.Response(
                201,
                json={
                    "receipt": "R", "secret": "s" * 43, "signal": "server-id", "incident": "i",
                    "centre": {"id": "c", "name": "n"}, "received_at": instant(clock.now()),
                },
            )  # fmt: skip
        if len(seen) > 3:
            return httpx.Response(410, json={"type": "case.closed", "title": "closed", "status": 410})
        return httpx.Response(200, json={"accepted": 1, "rejected": []})

    phone = Phone(world, "http://localhost:1", receiver(world), transport=httpx.MockTransport(serve))
    await phone.sos()
    reporting = asyncio.create_task(phone.keep_reporting())
    for _ in range(10):
        await clock.advance(2.0)
    assert await reporting == 2
    paths = [path for path, _ in seen]
    assert paths == ["/api/signals", "/api/positions", "/api/positions", "/api/positions"]
    assert seen[1][1]["signal"] == seen[0][1]["id"] and seen[1][1]["secret"] == "s" * 43
    await phone.close()


def test_a_refusal_says_its_type_and_nothing_else() -> None:
    with pytest.raises(Refused) as caught:
        read(httpx.Response(422, json={"type": "signal.form", "detail": "37.38"}))
    assert str(caught.value) == "422 signal.form"
    with pytest.raises(Refused):
        read(httpx.Response(502, text="<html>"))
    assert read(httpx.Response(204)) == {}
