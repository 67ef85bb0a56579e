"""The ledger over HTTP: who may read what, and what is handed out can be checked."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from litestar import Litestar, Request, Response
from litestar.datastructures import State
from litestar.di import Provide

from ansim.adapters.witness.simulated import SimulatedWitness
from ansim.core.database import Database
from ansim.core.errors import Problem
from ansim.core.world import World
from ansim.trust.access.actions import create_account, issue_token
from ansim.trust.access.guards import actor
from ansim.trust.access.limits import PER_IDENTITY, Lane, Lanes
from ansim.trust.access.model import Role, Site
from ansim.trust.access.sessions import resolve
from ansim.trust.ledger.actions import record
from ansim.trust.ledger.checkpoint import Verifier, open_note
from ansim.trust.ledger.model import subject_tag
from ansim.trust.ledger.routes import ROUTES
from ansim.trust.ledger.sequencer import Sequencer
from ansim.trust.verify import verify

LOG, WITNESS = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
SECRET = "s" * 43


class Centre:
    def __init__(self, database: Database, sequencer: Sequencer, app: Litestar) -> None:
        self.database, self.sequencer, self._app = database, sequencer, app
        self.mine = ""

    async def reader(self, role: Role | None) -> httpx.AsyncClient:
        """A client of this role; None: of nobody."""
        client = httpx.AsyncClient(transport=httpx.ASGITransport(self._app), base_url="http://localhost")
        if role is not None:
            async with self.database.transaction() as tx:
                agency = "112" if role is Role.AGENCY else None
                token = await issue_token(tx, role=role, centre="gangnam", ttl_s=600, actor="machine", agency=agency)
                found = await resolve(tx, token)
                assert found is not None
                self.mine = found.id
            client.headers["authorization"] = f"Bearer {token}"
        return client

    async def look(self, who: str, count: int = 1, incident: str = "i1", secret: str = SECRET) -> None:
        async with self.database.transaction() as tx:
            for _ in range(count):
                await record(
                    tx,
                    actor=who,
                    act="view.ended",
                    object="camera-3",
                    incident=incident,
                    purpose="sos",
                    subject_tag=subject_tag(secret, incident),
                    details={"seconds": 12, "bytes": 4096, "role": "operator"},
                )

    async def close(self, incident: str) -> None:
        async with self.database.transaction() as tx:
            await record(tx, actor="op-7", act="incident.closed", object=incident, incident=incident)


def _problem(request: Request[Any, Any, Any], problem: Problem) -> Response[Any]:
    return Response(problem.body(request.url.path), status_code=problem.status)


@pytest.fixture
async def centre(database: Database, world: World, tmp_path: Path) -> AsyncIterator[Centre]:
    witness = SimulatedWitness(
        world, tmp_path / "witness", "police", [Verifier("gangnam", LOG.public_key())], private=WITNESS
    )
    sequencer = Sequencer(database, "gangnam", LOG, [witness])
    lanes = Lanes(world.clock.monotonic)
    database.provide(Sequencer, sequencer)
    database.provide(Site, Site(centre="gangnam", name="Gangnam", origins=()))
    app = Litestar(
        ROUTES,
        dependencies={
            "database": Provide(lambda: database, sync_to_thread=False),
            "lanes": Provide(lambda: lanes, sync_to_thread=False),
            "actor": Provide(actor),
        },
        exception_handlers={Problem: _problem},
        state=State({"database": database}),
        openapi_config=None,
    )
    yield Centre(database, sequencer, app)
    witness.close()


SEES = {Role.AUDITOR: True, Role.ADMINISTRATOR: True, Role.SUPERVISOR: True}
OWN = (Role.OPERATOR, Role.OFFICER)


@pytest.mark.parametrize("role", [*Role, None])
async def test_who_may_read(centre: Centre, role: Role | None) -> None:
    client = await centre.reader(role)
    await centre.look("op-7")
    await centre.sequencer.settle()
    refused = 401 if role is None else 403
    answers = {
        path: (await client.get(path)).status_code
        for path in ("/api/ledger", "/api/ledger/checkpoint", "/api/ledger/export", "/api/ledger/0/proof")
    }
    reads, oversees = role in (*SEES, *OWN), role in SEES
    assert answers == {
        "/api/ledger": 200 if reads else refused,
        "/api/ledger/checkpoint": 200 if reads else refused,
        "/api/ledger/export": 200 if oversees else refused,
        "/api/ledger/0/proof": 200 if oversees else 404 if reads else refused,
    }


async def test_the_page_shows_entries_their_places_and_the_signed_head(centre: Centre) -> None:
    client = await centre.reader(Role.AUDITOR)
    async with centre.database.transaction() as tx:
        made = await create_account(
            tx,
            account="kim",
            name="Kim",
            role=Role.OPERATOR,
            centre="gangnam",
            actor="machine",
            password="correct horse battery",
        )
    await centre.look(made.id, 2)
    await centre.sequencer.settle()
    await centre.look("op-8")
    body = (await client.get("/api/ledger", params={"incident": "i1"})).json()
    assert [entry["seq"] for entry in body["entries"]] == [None, 3, 2]
    entry = body["entries"][1]
    assert entry["actor"] == {"id": made.id, "role": "operator", "name": "Kim"}
    assert (entry["seconds"], entry["bytes"], entry["purpose"]) == (12, 4096, "sos")
    assert body["size"] == 4
    assert body["checkpoint"]["size"] == 4
    assert body["checkpoint"]["witnesses"] == ["police"]
    note = (await client.get("/api/ledger/checkpoint")).text
    assert open_note(note, by=centre.sequencer.verifier).size == 4
    assert body["checkpoint"]["signature"] == note


async def test_filters_and_paging(centre: Centre) -> None:
    client = await centre.reader(Role.AUDITOR)
    await centre.look("op-7", 5)
    await centre.look("op-8", 3, incident="i2")
    await centre.sequencer.settle()

    async def seqs(**wishes: object) -> list[int]:
        answer = await client.get("/api/ledger", params=wishes)
        assert answer.status_code == 200, answer.text
        return [entry["seq"] for entry in answer.json()["entries"]]

    assert await seqs() == [8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert await seqs(limit=2) == [8, 7]
    assert await seqs(after=-1, limit=3) == [0, 1, 2]
    assert await seqs(after=6) == [7, 8]
    assert await seqs(incident="i2") == [8, 7, 6]
    assert await seqs(actor="op-7", limit=1) == [5]
    assert await seqs(act="view") == [8, 7, 6, 5, 4, 3, 2, 1]
    assert await seqs(act="vie") == []
    assert await seqs(act="token.issued") == [0]


@pytest.mark.parametrize(
    "wishes",
    [
        "limit=0",
        "limit=501",
        "limit=x",
        "after=-2",
        f"after={2**64}",
        "incident=%00",
        "actor=a%20b",
        "act=%EA%B0%80",
        "incident=" + "x" * 129,
    ],
)
async def test_a_bad_wish_is_refused(centre: Centre, wishes: str) -> None:
    client = await centre.reader(Role.AUDITOR)
    assert (await client.get(f"/api/ledger?{wishes}")).status_code == 400


@pytest.mark.parametrize("seq", ["-1", str(2**64), "x", "7"])
async def test_a_bad_place_is_refused(centre: Centre, seq: str) -> None:
    client = await centre.reader(Role.AUDITOR)
    assert (await client.get(f"/api/ledger/{seq}/proof")).status_code in (400, 404)


async def test_an_operator_reads_her_own_entries_only(centre: Centre) -> None:
    client = await centre.reader(Role.OPERATOR)
    await centre.look(centre.mine)
    await centre.look("op-8")
    await centre.sequencer.settle()
    entries = (await client.get("/api/ledger")).json()["entries"]
    assert [entry["actor"]["id"] for entry in entries] == [centre.mine]
    for params in ({"actor": "op-8"}, {"incident": "i1", "actor": "op-8"}):
        assert (await client.get("/api/ledger", params=params)).json()["entries"] == []


async def test_a_proof_can_be_checked_offline_at_once(centre: Centre) -> None:
    client = await centre.reader(Role.AUDITOR)
    await centre.look("op-7", 3)
    await centre.sequencer.integrate()
    answer = await client.get("/api/ledger/2/proof")
    assert answer.status_code == 200
    report = verify(answer.content, [centre.sequencer.verifier.text(), centre.sequencer.witnesses[0].verifier.text()])
    assert report.wrong == []
    assert any("entry 2 (view.ended" in line for line in report.good)
    assert "witnessed by police" in report.good


async def test_an_export_can_be_checked_offline_and_names_itself(centre: Centre) -> None:
    client = await centre.reader(Role.AUDITOR)
    await centre.look("op-7", 3)
    answer = await client.get("/api/ledger/export")
    assert answer.headers["content-disposition"] == 'attachment; filename="ledger-gangnam.json"'
    assert verify(answer.content, [centre.sequencer.verifier.text()]).wrong == []
    entries = json.loads(answer.content)["entries"]
    assert [entry["entry"]["act"] for entry in entries][-1] == "ledger.exported"
    one = await client.get("/api/ledger/export", params={"incident": "i1"})
    assert verify(one.content).wrong == []
    assert {entry["entry"]["incident"] for entry in one.json()["entries"]} == {"i1"}


# -- who saw me


async def ask(client: httpx.AsyncClient, *items: tuple[str, str]) -> list[dict[str, Any]]:
    body = {"items": [{"incident": incident, "secret": secret} for incident, secret in items]}
    answer = await client.post("/api/record", json=body)
    assert answer.status_code == 200, answer.text
    entries: list[dict[str, Any]] = answer.json()["entries"]
    return entries


async def test_she_and_only_she_finds_who_looked(centre: Centre) -> None:
    nobody = await centre.reader(None)
    await centre.look("op-7")
    await centre.look("op-8", incident="i2", secret="t" * 43)
    await centre.sequencer.settle()
    assert await ask(nobody, ("i1", SECRET)) == [], "not while the case is open: somebody may have taken her phone"
    await centre.close("i1")
    (hers,) = await ask(nobody, ("i1", SECRET))
    await centre.close("i2")
    assert hers["actor"] == {"id": "op-7", "role": "operator"}
    assert hers["act"] == "view.ended"
    assert len(await ask(nobody, ("i1", SECRET), ("i2", "t" * 43))) == 2
    assert await ask(nobody, ("i1", "t" * 43)) == await ask(nobody, ("i9", SECRET)) == await ask(nobody) == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"items": "x"},
        {"items": [{"incident": "i1"}]},
        {"items": [{"incident": "", "secret": "x"}]},
        {"items": [{"incident": "i", "secret": "x", "more": 1}]},
        {"items": [{"incident": 1, "secret": "x"}]},
        {"items": [{"incident": "i", "secret": "x"}] * 51},
    ],
)
async def test_a_bad_question_is_refused(centre: Centre, body: object) -> None:
    nobody = await centre.reader(None)
    assert (await nobody.post("/api/record", json=body)).status_code == 400


async def test_strange_letters_find_nothing(centre: Centre) -> None:
    nobody = await centre.reader(None)
    assert await ask(nobody, ("\x00", "\x00"), ("가", "\U0001f6a8")) == []


async def test_who_asks_without_end_is_put_off(centre: Centre) -> None:
    nobody = await centre.reader(None)
    body = {"items": [{"incident": "i1", "secret": SECRET}]}
    for _ in range(int(PER_IDENTITY[Lane.ACKNOWLEDGEMENT].burst)):
        assert (await nobody.post("/api/record", json=body)).status_code == 200
    refused = await nobody.post("/api/record", json=body)
    assert refused.status_code == 429 and refused.json()["retry_after_s"] >= 1
    assert await ask(nobody, ("i2", SECRET)) == [], "another case's phone does not wait for it"
