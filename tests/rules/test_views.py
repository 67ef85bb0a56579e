"""Whoever is shown a person is in the ledger before it is shown.

A case is in full course: claimed, an officer and a guardian have opened their links, 112 was asked. Then everybody who can
sign in, everybody behind a link and a stranger ask every route that answers a GET, and listen at the socket. Where an
answer holds something of her, the ledger must hold who got it.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from ansim.response.picture.live import Operator
from ansim.sim.agency import Officer
from ansim.sim.phone import instant, read
from ansim.trust.access.model import Actor, Role
from reference.api import METHODS, document
from tests.flow.conftest import HER, HOME, House, house

pytestmark = pytest.mark.flow
__all__ = ["house"]

HERSELF = {"/api/signals/{signal}/state", "/api/trips/{trip}/state", "/api/escorts/{escort}/state", "/api/record"}
"""Routes that show her her own, for the secret of her receipt, trip or escort."""


@dataclass
class Reader:
    """Somebody who asks. `wrote` are acts of the ledger that say what she was given; `name` is the entry's actor or object."""

    client: httpx.AsyncClient
    wrote: set[str]
    id: str | None = None


@dataclass
class Course:
    """The case, and the ids that stand in paths. `marks` are hers: an answer that holds one of them shows her."""

    marks: tuple[str, ...]
    incident: str
    ids: dict[str, str]
    readers: dict[str, Reader]


async def course(house: House) -> Course:
    phone = await house.phone()
    body = phone.message()
    receipt = await phone.send(body)
    await house.settle()
    clients = {
        role: await house.client(role) for role in ("operator", "supervisor", "officer", "auditor", "administrator")
    }
    desks = {agency: await house.client("agency", agency=agency) for agency in ("112", "119")}
    operator, incident = clients["operator"], receipt.incident
    read(await operator.post(f"/api/incidents/{incident}/claim"))
    asked = read(await operator.post(f"/api/incidents/{incident}/dispatches", json={"agency": "112"}))
    await house.settle()
    read(await desks["112"].post(f"/api/desk/requests/{asked['dispatch']}/accept"))
    await house.settle()
    [request] = read(await desks["112"].get("/api/desk/requests"))["requests"]
    mailed = house.centre.inboxes["mail"].inbox[0][1].link
    links = {"officer's link": request["link"], "guardian's link": mailed}
    readers = {
        name: Reader(client, {"incident.claimed", "incident.viewed", "escort.viewed", "ward.viewed"}, await _id(client))
        for name, client in clients.items()
    }
    readers |= {f"desk of {agency}": Reader(client, {"dispatch.requested"}) for agency, client in desks.items()}
    for name, link in links.items():
        browser = Officer(house.centre.world, link)
        browser._client = await house.client()
        await browser.open()
        readers[name] = Reader(browser._client, {"link.opened"})
    readers["colleague"] = Reader(colleague := await house.client("operator"), {"escort.viewed"}, await _id(colleague))
    escort = await walked(house, clients["supervisor"])
    ward = await answered_for(house, clients["supervisor"])
    readers["stranger"] = Reader(await house.client(), set())
    [grant] = [
        g
        for g in read(await operator.get(f"/api/grants?incident={incident}"))["grants"]
        if g["holder"]["kind"] == "operator"
    ]
    ids = {
        "incident": incident, "signal": receipt.signal, "grant": grant["id"], "camera": grant["cameras"][0], "seq": "0",
        "clip": grant["id"], "take": grant["id"], "number": "0", "escort": escort, "duty": "none", "ward": ward,
        "bell": "none", "fault": "none",
        "request_id": asked["dispatch"], "dispatch_id": asked["dispatch"], "link": grant["id"], "account": "nobody",
        "passkey": "bm9uZQ", "path": "assets/none.js", "token": request["link"].rpartition("/")[2],
    }  # fmt: skip
    return Course(marks_of(body), incident, ids, readers)


async def walked(house: House, leader: httpx.AsyncClient) -> str:
    """She has called for two scouts as well."""
    now, place = house.clock.now(), {"latitude": HOME[0], "longitude": HOME[1]}
    scouts = [{"name": name, "phone": "010-0000-0001"} for name in ("김나은", "이도윤")]
    duty = {
        "area": "야탑역",
        **place,
        "starts_at": instant(now),
        "ends_at": instant(now + timedelta(hours=4)),
        "scouts": scouts,
    }
    read(await leader.post("/api/escort-duties", json=duty))
    call = {"id": "caller-1", "meet_at": instant(now + timedelta(hours=1)), "meeting": place, "home": place}
    return str(
        read(await leader.post("/api/escort-calls", json=call | {"name": HER.name, "phone": HER.phone}))["escort"]
    )


async def answered_for(house: House, leader: httpx.AsyncClient) -> str:
    """The leader answers for her, too."""
    until_at = instant(house.clock.now() + timedelta(days=1))
    guardian = {"name": HER.guardians[0].name, "phone": "010-0000-0003"}
    body = {
        "id": "ward-of-leader", "kind": "dementia", "name": HER.name, "ground": {"kind": "own"}, "guardians": [guardian],
        "phone": HER.phone, "until_at": until_at,
    }  # fmt: skip
    return str(read(await leader.post("/api/wards", json=body))["ward"]["id"])


async def _id(client: httpx.AsyncClient) -> str:
    return str(read(await client.get("/api/me"))["account"])


def marks_of(body: dict[str, Any]) -> tuple[str, ...]:
    place = body["position"]
    return (HER.name, HER.phone, HER.note, HER.guardians[0].name, str(place["latitude"]), str(place["longitude"]))


def shows(text: str, marks: tuple[str, ...]) -> bool:
    return any(mark in text for mark in marks)


async def written(house: House, *subjects: str) -> list[dict[str, Any]]:
    sql = "SELECT actor, act, object, details FROM ledger_entry WHERE incident = ANY ($1::text[])"
    return await house.rows(sql, list(subjects))


def covered(reader: Reader, entries: list[dict[str, Any]]) -> bool:
    """The ledger says that this reader was given this case. A desk and a link have no account: the act names them."""
    return any(entry["act"] in reader.wrote and reader.id in (None, entry["actor"]) for entry in entries)


async def test_every_answer_that_shows_her_is_in_the_ledger(house: House) -> None:
    at = await course(house)
    shown: dict[str, set[str]] = {}
    for path in (
        path
        for path, item in document()["paths"].items()
        if "get" in item and not path.startswith(("/live", "/media", "/pictures", "/phones", "/footage"))
    ):
        asked = re.sub(r"{(\w+)}", lambda found: at.ids[found[1]], path)
        for name, reader in at.readers.items():
            answer = await reader.client.get(asked)
            assert answer.status_code < 500, (path, name)
            if shows(answer.text, at.marks):
                shown.setdefault(name, set()).add(path)
                subjects = [at.ids["ward"]] if path.startswith("/api/wards") else [at.incident, at.ids["escort"]]
                assert covered(reader, await written(house, *subjects)), (
                    f"{name} sees her at {path}, and nobody wrote it down"
                )
    # the rule bites: these do see her, and nobody else does
    assert shown["operator"] >= {"/api/incidents", "/api/incidents/{incident}"}
    assert shown["supervisor"] >= {"/api/incidents", "/api/incidents/{incident}"}
    assert shown["desk of 112"] == {"/api/desk/requests"}
    assert shown["officer's link"] >= {"/api/links/{token}"}
    # whoever dispatches scouts reads who is to be met: a look of its own
    assert shown.pop("colleague") == {"/api/escorts/{escort}"}
    assert not {"stranger", "auditor", "administrator", "officer", "desk of 119"} & set(shown)


async def test_a_leader_who_only_listens_is_in_the_ledger(house: House) -> None:
    at = await course(house)
    leader = Actor(
        id="leader", name="leader", role=Role.SUPERVISOR, centre=house.centre.settings.centre, session="s",
        expires_at=house.clock.now(),
    )  # fmt: skip
    subscription = await house.centre.live.subscribe(Operator(leader))
    state = await subscription.next()
    assert state is not None and shows(state.decode(), at.marks)
    looks = [entry for entry in await written(house, at.incident) if entry["act"] == "incident.viewed"]
    assert [entry["actor"] for entry in looks] == ["leader"]


async def test_a_leader_already_there_is_written_down_when_somebody_claims(house: House) -> None:
    leader = Actor(
        id="leader", name="leader", role=Role.SUPERVISOR, centre=house.centre.settings.centre, session="s",
        expires_at=house.clock.now(),
    )  # fmt: skip
    subscription = await house.centre.live.subscribe(Operator(leader))
    assert not shows((await subscription.next() or b"").decode(), (HER.name,))
    phone, operator = await house.phone(), await house.client("operator")
    receipt = await phone.sos()
    read(await operator.post(f"/api/incidents/{receipt.incident}/claim"))
    while not shows((await subscription.next() or b"").decode(), (HER.name,)):
        pass
    looks = [entry for entry in await written(house, receipt.incident) if entry["act"] == "incident.viewed"]
    assert [entry["actor"] for entry in looks] == ["leader"]


async def test_one_look_is_written_down_once_however_many_screens_show_it(house: House) -> None:
    """Two screens of one leader, her page and a change that is pushed, all at once."""
    at = await course(house)
    leader = await house.client("supervisor")
    id = str(read(await leader.get("/api/me"))["account"])
    actor = Actor(
        id=id, name="leader", role=Role.SUPERVISOR, centre=house.centre.settings.centre, session="s",
        expires_at=house.clock.now(),
    )  # fmt: skip
    operator = at.readers["operator"].client
    await asyncio.gather(
        *(house.centre.live.subscribe(Operator(actor)) for _ in range(2)),
        *(leader.get(path) for path in ("/api/incidents", f"/api/incidents/{at.incident}") for _ in range(3)),
        *(operator.post(f"/api/incidents/{at.incident}/notes", json={"text": "보임"}) for _ in range(3)),
    )
    await house.settle()
    looks = [entry for entry in await written(house, at.incident) if entry["actor"] == id]
    assert [entry["act"] for entry in looks] == ["incident.viewed"]


async def test_a_camera_is_in_the_ledger_before_its_first_picture(house: House) -> None:
    at = await course(house)
    operator = at.readers["operator"]
    answer = await operator.client.post(f"/api/grants/{at.ids['grant']}/tokens", json={"camera": at.ids["camera"]})
    view = await house.centre.gate.open(read(answer)["token"], at.ids["camera"])
    opened = [entry for entry in await written(house, at.incident) if entry["act"] == "view.opened"]
    assert [(entry["actor"], entry["object"]) for entry in opened] == [(operator.id, view.camera)]


def test_no_route_that_shows_her_herself_is_open_to_others() -> None:
    """The only routes that need no account, no link and no desk answer to the secret of her receipt."""
    paths = document()["paths"]
    assert {path for path in HERSELF if "post" in paths[path]} == HERSELF
    assert set(METHODS) >= {"get", "post"}
