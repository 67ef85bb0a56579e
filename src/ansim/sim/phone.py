"""A phone without a screen: it does over HTTP and WebSocket what the citizen page does, and nothing else."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from math import exp, sqrt
from random import Random
from typing import Any, Literal

import httpx
import msgspec
import websockets
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from ansim.core.geo import destination
from ansim.core.world import World
from ansim.sim.sealing import base64url, seal

CONTACTS = b"ansim contacts"
POSITIONS_EVERY_S = 2.0
Where = Callable[[], tuple[float, float]]


class Guardian(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    name: str
    relation: str = ""
    mail: str | None = None
    phone: str | None = None
    quiet_from: str = ""
    quiet_until: str = ""


class Codes(msgspec.Struct, frozen=True, kw_only=True):
    cancel: str
    duress: str


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What stays on the phone and is sealed to the centre that answers."""

    name: str
    phone: str = ""
    note: str = ""
    guardians: list[Guardian] = []
    codes: Codes | None = None
    push: dict[str, Any] | None = None
    """Her own browser, as PushSubscription.toJSON() gives it."""
    language: str = "ko"


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    receipt: str
    secret: str
    signal: str
    incident: str
    received_at: datetime


class Refused(Exception):
    """The server answered with a 4xx or 5xx; `status` and, where it spoke RFC 9457, `type`. No body, no
    position."""

    def __init__(self, status: int, type: str) -> None:
        super().__init__(f"{status} {type}")
        self.status = status
        self.type = type


class Receiver:
    """A satellite receiver: true places in, fixes with a slowly wandering error out.

    `accuracy_m` is what a browser states: the radius that holds the true place 95 times of 100.
    """

    WANDERS_S = 20.0

    def __init__(self, world: World, random: Random, where: Where, accuracy_m: float = 9.0) -> None:
        self._world = world
        self._random = random
        self._where = where
        self._accuracy_m = accuracy_m
        self._error = (self._draw(), self._draw())
        self._at_s = world.clock.monotonic()

    def _draw(self) -> float:
        return self._random.gauss(0.0, self._accuracy_m / 2.45)

    def fix(self) -> dict[str, Any]:
        """A Position as the API takes it."""
        now = self._world.clock.monotonic()
        keep = exp(-(now - self._at_s) / self.WANDERS_S)
        self._at_s = now
        east, north = (error * keep + self._draw() * sqrt(1 - keep**2) for error in self._error)
        self._error = (east, north)
        latitude, longitude = destination(*destination(*self._where(), 90.0, east), 0.0, north)
        return {
            "latitude": round(latitude, 6),
            "longitude": round(longitude, 6),
            "accuracy_m": self._accuracy_m,
            "source": "web",
            "at": instant(self._world.clock.now()),
        }


class Phone:
    """One person's phone. `server` is the centre's address, "http://localhost:8000"; `transport` instead of the
    network, for tests."""

    def __init__(
        self,
        world: World,
        server: str,
        receiver: Receiver,
        profile: Profile | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._world = world
        self._server = server.rstrip("/")
        self._client = httpx.AsyncClient(base_url=self._server, timeout=10, transport=transport)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.receiver = receiver
        self.profile = profile
        self.credential: str | None = None
        self.centre_key: dict[str, str] | None = None
        self.person: str | None = None
        self.signal: str | None = None
        """The id this phone gave its signal; it names it in every later request."""
        self.receipt: Receipt | None = None

    async def close(self) -> None:
        await self._client.aclose()

    async def enrol(self) -> str:
        """Agree to everything the terms list and enrol; the person's pseudonym."""
        terms = await self._get("/api/citizen/terms")
        numbers = self._key.public_key().public_numbers()
        answer = await self._post(
            "/api/citizen/enrol",
            {
                "public_key": {
                    "kty": "EC",
                    "crv": "P-256",
                    "x": base64url(numbers.x.to_bytes(32)),
                    "y": base64url(numbers.y.to_bytes(32)),
                },
                "consents": [item["key"] for item in terms["items"]],
                "terms_version": terms["version"],
            },
        )
        self.credential, self.centre_key = answer["credential"], answer["centre_key"]
        self.person = answer["person"]
        return str(answer["person"])

    async def withdraw(self) -> None:
        """Leave the service: everything kept about this person is destroyed."""
        assert self.credential is not None
        proof = self.prove("ansim withdraw", self.credential)
        await self._post("/api/citizen/withdraw", {"credential": self.credential, "proof": proof})
        self.credential = None

    async def mapping(self) -> dict[str, Any]:
        """Which centres answer here, nearest in rule first."""
        fix = self.receiver.fix()
        place = {name: fix[name] for name in ("latitude", "longitude", "accuracy_m")}
        return await self._post("/api/mapping", place)

    def message(
        self,
        trigger: Literal["button", "shake", "silent"] = "button",
        *,
        silent: bool = True,
        battery: int | None = 34,
    ) -> dict[str, Any]:
        """The body of an SOS from here and now; makes a new signal id."""
        self.signal = self._world.id()
        at = instant(self._world.clock.now())
        body: dict[str, Any] = {
            "id": self.signal,
            "kind": "sos",
            "trigger": trigger,
            "at": at,
            "position": self.receiver.fix(),
            "silent": silent,
        }
        if battery is not None:
            body["battery"] = battery
        if self.credential is not None:
            body["credential"] = self.credential
            body["proof"] = self.prove("ansim signal", self.signal, at)
        if self.profile is not None and self.centre_key is not None:
            plaintext = msgspec.json.encode(self.profile)
            body["sealed"] = base64url(seal(self.centre_key, plaintext, CONTACTS, self.signal.encode()))
        return body

    async def send(self, body: dict[str, Any]) -> Receipt:
        """Send an SOS; the same body again gets the same receipt."""
        self.receipt = msgspec.convert(await self._post("/api/signals", body), Receipt)
        return self.receipt

    async def sos(self, trigger: Literal["button", "shake", "silent"] = "button", *, silent: bool = True) -> Receipt:
        return await self.send(self.message(trigger, silent=silent))

    async def report(self, fixes: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        """Send where she is now, or these fixes. Refused with status 410 once the case is closed."""
        signal, secret = self._own()
        positions = [self.receiver.fix()] if fixes is None else fixes
        return await self._post("/api/positions", {"signal": signal, "secret": secret, "positions": positions})

    async def keep_reporting(self) -> int:
        """Report every two seconds until the case is closed; how many fixes were taken."""
        taken = 0
        while True:
            try:
                taken += (await self.report())["accepted"]
            except Refused as refused:
                if refused.status in (404, 410):
                    return taken
                raise
            await self._world.clock.sleep(POSITIONS_EVERY_S)

    async def cancel(self, code: str) -> dict[str, Any]:
        """Take the SOS back with the cancel code, or ask for help under a threat with the duress code."""
        signal, secret = self._own()
        return await self._post(f"/api/signals/{signal}/cancel", {"secret": secret, "code": code})

    async def say(self, text: str) -> None:
        signal, secret = self._own()
        await self._post(f"/api/signals/{signal}/messages", {"secret": secret, "text": text})

    async def state(self) -> dict[str, Any]:
        """PhoneState: what her screen shows."""
        signal, secret = self._own()
        return await self._post(f"/api/signals/{signal}/state", {"secret": secret})

    async def states(self) -> AsyncIterator[dict[str, Any]]:
        """PhoneState pushed over the socket whenever it changes, until the server closes it."""
        signal, secret = self._own()
        address = self._server.replace("http", "ws", 1) + "/live/signal"
        async with websockets.connect(address, max_size=1 << 20) as socket:
            await socket.send(json.dumps({"signal": signal, "secret": secret}))
            async for message in socket:
                yield json.loads(message)

    def way_home(
        self, destination: tuple[float, float], promised_at: datetime, *, label: str = "집", battery: int | None = None
    ) -> dict[str, Any]:
        """The body of a trip from here and now, on foot, by an app that goes on sending with the screen off."""
        id, at = self._world.id(), instant(self._world.clock.now())
        body: dict[str, Any] = {
            "id": id, "at": at, "mode": "walk", "promised_at": instant(promised_at), "position": self.receiver.fix(),
            "destination": {"latitude": destination[0], "longitude": destination[1], "label": label},
            "background": True, "battery": battery,
        }  # fmt: skip
        if self.credential is not None:
            body |= {"credential": self.credential, "proof": self.prove("ansim trip", id, at)}
        if self.profile is not None and self.centre_key is not None:
            body["sealed"] = base64url(seal(self.centre_key, msgspec.json.encode(self.profile), CONTACTS, id.encode()))
        return body

    async def set_out(self, body: dict[str, Any]) -> Trip:
        """Be watched over; the same body again is the same trip."""
        begun = await self._post("/api/trips", body)
        return Trip(self, begun["trip"], begun["secret"])

    async def record(self) -> list[dict[str, Any]]:
        """Who saw me."""
        assert self.receipt is not None
        items = [{"incident": self.receipt.incident, "secret": self.receipt.secret}]
        answer = await self._post("/api/record", {"items": items})
        return list(answer["entries"])

    def prove(self, *lines: str) -> str:
        """ES256 over the lines as raw r || s (RFC 7518 section 3.4), base64url: this phone said it."""
        signature = self._key.sign("\n".join(lines).encode(), ec.ECDSA(SHA256()))
        r, s = decode_dss_signature(signature)
        return base64url(r.to_bytes(32) + s.to_bytes(32))

    def _own(self) -> tuple[str, str]:
        assert self.signal is not None and self.receipt is not None, "no SOS was sent"
        return self.signal, self.receipt.secret

    async def _get(self, path: str) -> dict[str, Any]:
        return read(await self._client.get(path))

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return read(await self._client.post(path, json=body))


class Trip:
    """A trip as her phone has it. Every word of hers is answered with what her screen shows then; Refused with status 410
    once it has ended."""

    def __init__(self, phone: Phone, id: str, secret: str) -> None:
        self._phone = phone
        self._path = f"/api/trips/{id}"
        self._secret = secret

    async def here(self, battery: int | None = None) -> dict[str, Any]:
        """Where she is now."""
        heard = await self._say("positions", positions=[self._phone.receiver.fix()], battery=battery)
        return dict(heard["state"])

    async def state(self) -> dict[str, Any]:
        """What her screen shows; it is no sign of life."""
        return await self._say("state")

    async def answer(self, question: str) -> dict[str, Any]:
        return await self._say("answer", question=question)

    async def longer(self, minutes: int) -> dict[str, Any]:
        return await self._say("extend", minutes=minutes)

    async def end(self, outcome: Literal["arrived", "ended"]) -> dict[str, Any]:
        return await self._say("end", outcome=outcome)

    async def _say(self, verb: str, **said: Any) -> dict[str, Any]:
        return await self._phone._post(f"{self._path}/{verb}", {"secret": self._secret, **said})


def instant(at: datetime) -> str:
    """RFC 3339 with milliseconds and Z, as browsers print it."""
    moment = at.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def read(answer: httpx.Response) -> dict[str, Any]:
    """The JSON object answered; empty for 204. Raises Refused."""
    try:
        body = answer.json() if answer.content else {}
    except ValueError:
        body = {}
    if answer.is_error:
        raise Refused(answer.status_code, str(body.get("type", "")) if isinstance(body, dict) else "")
    return dict(body)
