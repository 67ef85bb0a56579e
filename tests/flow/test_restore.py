"""A backup from before an erasure, with the keys of that day: nobody who was forgotten comes back."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ansim.app import check
from ansim.app.centre import Centre
from ansim.app.restore import after_restore
from ansim.app.running import leave_note
from ansim.app.settings import AppointedWitness, Settings
from ansim.core.clock import ManualClock
from ansim.core.errors import Problem
from ansim.core.postgres import EmbeddedPostgres
from ansim.core.world import World
from ansim.response.tracking.actions import track
from ansim.sim.phone import read
from ansim.trust.ledger.checkpoint import Verifier
from ansim.trust.ledger.export import export
from ansim.trust.retention import store
from ansim.trust.verify import verify
from tests.adapters.witness.loopback import WitnessServer
from tests.flow import test_escorts as escorting
from tests.flow.conftest import CENTRE, House, opened
from tests.flow.test_trips import started
from tests.flow.test_wards import Town, asked

pytestmark = pytest.mark.flow
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes([5]) * 32)
KEY = Verifier("police.example/w1", PRIVATE.public_key(), cosigner=True).text()


@dataclass
class Restored:
    """The backup put back on an empty machine, and what came after it was taken."""

    settings: Settings
    clock: ManualClock
    export: Path
    closed: str  # open in the backup, closed since
    trip: str  # on her way in the backup, at home since
    escort: str  # asked for in the backup, taken back since
    duty: str  # on the rota in the backup, off it since
    ward: str  # under watch in the backup, ended since
    hour: str  # of her track
    later: str  # neither known nor open in the backup
    person: str
    changed: str  # whoever is told of her is another one since the backup
    witness: WitnessServer


def run(postgres: EmbeddedPostgres, program: str, *arguments: str) -> None:
    subprocess.run([str(postgres._programs / program), *arguments], check=True, capture_output=True)


async def claimed(house: House, operator: httpx.AsyncClient, phone: Any) -> str:
    receipt = await phone.sos()
    await house.settle()
    read(await operator.post(f"/api/incidents/{receipt.incident}/claim"))
    await house.settle()
    return str(receipt.incident)


@pytest.fixture
async def restored(dsn: str, empty_dsn: str, postgres: EmbeddedPostgres, tmp_path: Path) -> AsyncIterator[Restored]:
    dump, keys, export = tmp_path / "dump", tmp_path / "keys-of-that-day", tmp_path / "ledger.json"
    async with WitnessServer("police.example/w1", PRIVATE, {}, tmp_path / "witness") as witness:
        witnesses = (AppointedWitness(key=KEY, url=witness.url),)
        async with opened(dsn, witnesses=witnesses) as house:
            witness.logs[CENTRE] = house.centre.sequencer.verifier.public
            operator, phone = await house.client("operator"), await house.phone()
            before = await claimed(house, operator, phone)
            walk = await started(house, await house.phone(enrol=False))
            ward = read(await operator.post("/api/wards", json=asked(house)))["ward"]["id"]
            body = asked(house, devices=[{"protocol": "gt06", "number": "864717003664475"}])
            changed = read(await operator.post("/api/wards", json=body))["ward"]["id"]
            await Town(house, {"official": operator}).fix((37.38, 127.12))
            [hour] = [row["id"] for row in await house.rows("SELECT id FROM ward_hour")]
            rota = escorting.Town(house, await house.client("supervisor"), operator)
            duty = (await rota.plan("near"))["id"]
            walked = await escorting.booked(house, await house.phone(enrol=False))

            await house.centre.sequencer.settle()
            # Of what the backup knows some has no place in the tree yet.
            await operator.post(f"/api/incidents/{before}/notes", json={"text": "전화 받지 않음"})
            run(postgres, "pg_dump", "--format=custom", f"--file={dump}", dsn)
            shutil.copytree(house.centre.settings.folder / "keys", keys)

            read(await operator.post(f"/api/incidents/{before}/close", json={"code": 1, "note": "안전 확인"}))
            await walk.ask("end", outcome="arrived", code="2580")
            read(await operator.post(f"/api/wards/{ward}/end", json={}))
            other = [{"name": "김철수", "phone": "010-9999-0000"}]
            read(await operator.patch(f"/api/wards/{changed}", json={"guardians": other}))
            await walked.say("cancel")
            assert (await rota.leader.delete(f"/api/escort-duties/{duty}")).status_code == 204
            await house.settle()
            later = await claimed(house, operator, await house.phone(enrol=False))
            read(await operator.post(f"/api/incidents/{later}/close", json={"code": 2}))
            await phone.withdraw()

            async def forgotten() -> bool:
                await house.clock.advance(1)
                rows = await house.rows("SELECT 1 FROM destruction WHERE certified_at IS NOT NULL")
                return len(rows) == 9

            await house.until(forgotten, settled=False)
            auditor = await house.client("auditor")
            export.write_bytes((await auditor.get("/api/ledger/export")).content)
            [person] = await house.rows(
                "SELECT id FROM person WHERE slot IN (SELECT unnest(slots) FROM destruction WHERE certified_at IS NOT NULL)"
            )
            [kept] = await house.rows("SELECT person FROM ward WHERE id = $1", changed)
            clock = house.clock
        run(postgres, "pg_restore", f"--dbname={empty_dsn}", "--exit-on-error", str(dump))
        data = tmp_path / "centre"
        data.mkdir()
        shutil.copytree(keys, data / "keys")
        settings = Settings(
            data=str(data), database=empty_dsn, centre=CENTRE, simulated_channels=True, witnesses=witnesses
        )
        yield Restored(
            settings,
            clock,
            export,
            before,
            walk.id,
            walked.id,
            duty,
            ward,
            hour,
            later,
            person["id"],
            kept["person"],
            witness,
        )


async def rows(restored: Restored, sql: str) -> list[dict[str, Any]]:
    assert restored.settings.database
    connection = await asyncpg.connect(restored.settings.database)
    try:
        return [dict(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


async def positions(restored: Restored) -> int:
    """How many of her positions whoever holds this data can read."""
    async with (
        Centre(restored.settings, World(clock=restored.clock)).behind_closed_doors() as centre,
        centre.database.transaction(readonly=True) as tx,
    ):
        slot = await tx.fetchval("SELECT track_slot FROM incident WHERE id = $1", restored.closed)
        return 0 if slot is None else len(await track(tx, restored.closed, slot))


async def test_without_it_the_backup_would_bring_her_back(restored: Restored) -> None:
    """The control: what the command is for."""
    assert await positions(restored) > 0
    assert (await rows(restored, "SELECT state FROM incident"))[0]["state"] == "claimed"


async def test_nobody_who_was_forgotten_comes_back(restored: Restored) -> None:
    world = World(clock=restored.clock)
    replay = await after_restore(restored.settings, restored.export, world=world)
    assert (replay.closed, replay.withdrawn) == (
        [restored.closed, restored.trip, restored.ward, restored.escort],
        [restored.duty, restored.person],
    )
    tracks = (restored.closed, restored.trip, restored.ward, restored.hour, restored.escort)
    gone = (*(f"track of {one}" for one in tracks), f"person of {restored.person}", f"case of {restored.duty}")
    gone = (*gone, f"contacts of {restored.changed}")
    assert sorted(replay.destroyed) == sorted(gone)
    assert replay.keys == 9, "also the key of a case that the backup never knew: its number is not given out again"
    assert await positions(restored) == 0
    assert await rows(restored, "SELECT 1 FROM fix") == []
    [incident] = await rows(restored, "SELECT state FROM incident")
    assert incident["state"] == "closed"
    [ward] = await rows(restored, "SELECT outcome, memory, places FROM ward WHERE ended_at IS NOT NULL")
    assert ward == {"outcome": "ended", "memory": None, "places": None}
    [trip] = await rows(restored, "SELECT state, outcome, memory FROM trip")
    assert trip == {"state": "ended", "outcome": "arrived", "memory": None}
    [escort] = await rows(restored, "SELECT state, outcome, places FROM escort")
    assert escort == {"state": "ended", "outcome": "cancelled", "places": None}
    [duty] = await rows(restored, "SELECT scouts, ended_at IS NULL AS on_duty FROM escort_duty")
    assert duty == {"scouts": None, "on_duty": False}
    assert await rows(restored, "SELECT 1 FROM session WHERE ended_at IS NULL") == []

    async with Centre(restored.settings, world) as centre:
        await centre.sequencer.settle()
        async with centre.database.transaction() as tx:
            for one in await store.of_subject(tx, restored.closed):
                if one.scope == "track":
                    assert one.certificate and verify(one.certificate.encode()).exit_code == 0
        log = centre.sequencer.verifier
        async with asyncio.timeout(60):
            while wrong := await check.wrong(centre.database, restored.settings.folder, CENTRE, [Verifier.parse(KEY)]):
                await asyncio.sleep(0.05)
        assert wrong == [], "what follows from the closing has followed"
        content = b"".join([piece async for piece in export(centre.database, log, [Verifier.parse(KEY)])])
        assert verify(content, [log.text(), KEY]).wrong == []
        old, new = json.loads(restored.export.read_bytes()), json.loads(content)
        assert new["entries"][: len(old["entries"])] == old["entries"], "the ledger goes on where it was"
        head = new["checkpoints"][-1]
        assert "police.example/w1" in head, "and the witness, which remembers more than the backup did, signs it"

    again = await after_restore(restored.settings, restored.export, world=world)
    assert (again.written_back, again.keys, again.destroyed, again.closed, again.withdrawn) == (0, 0, [], [], [])


async def test_without_an_export_what_the_newer_keys_know_is_destroyed(restored: Restored, dsn: str) -> None:
    """Only the database is old: the slots that were overwritten say what must go."""
    world = World(clock=restored.clock)
    async with Centre(restored.settings, world).behind_closed_doors() as centre:
        async with centre.database.transaction(readonly=True) as tx:
            slots = await tx.fetch(
                "SELECT track_slot FROM incident UNION SELECT track_slot FROM trip UNION SELECT track_slot FROM ward_hour"
            )
        await centre.keys.erase([row["track_slot"] for row in slots])
    replay = await after_restore(restored.settings, None, world=world)
    assert sorted(replay.destroyed) == sorted(
        f"track of {one}" for one in (restored.closed, restored.trip, restored.hour)
    )
    assert replay.written_back == 0
    assert await rows(restored, "SELECT 1 FROM fix") == []


async def test_an_export_of_another_ledger_or_a_changed_one_changes_nothing(restored: Restored, tmp_path: Path) -> None:
    world = World(clock=restored.clock)
    before = await rows(restored, "SELECT count(*) AS n FROM ledger_entry")
    changed = json.loads(restored.export.read_bytes())
    changed["entries"][3]["entry"]["actor"] = "somebody-else"
    forged = tmp_path / "forged.json"
    forged.write_text(json.dumps(changed))
    with pytest.raises(Problem, match="valid"):
        await after_restore(restored.settings, forged, world=world)
    with pytest.raises(Problem, match="valid"):
        other = Verifier("seocho", PRIVATE.public_key(), cosigner=True).text()
        await after_restore(restored.settings, restored.export, [other], world=world)
    assert restored.settings.database
    connection = await asyncpg.connect(restored.settings.database)
    await connection.execute("ALTER TABLE ledger_leaf DISABLE TRIGGER append_only")
    await connection.execute("UPDATE ledger_leaf SET hash = sha256('x') WHERE seq = 2")
    await connection.close()
    with pytest.raises(Problem, match="not of the ledger"):
        await after_restore(restored.settings, restored.export, world=world)
    assert await rows(restored, "SELECT count(*) AS n FROM ledger_entry") == before
    assert await positions(restored) > 0


async def test_a_centre_that_runs_is_left_alone(restored: Restored) -> None:
    async with Centre(restored.settings, World(clock=restored.clock)) as centre:
        leave_note(centre, pid=os.getpid())
        with pytest.raises(Problem, match="runs"):
            await after_restore(restored.settings, restored.export)


async def test_an_old_key_file_alone_is_mended_when_the_centre_starts(
    dsn: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with opened(dsn) as house:
        operator, phone = await house.client("operator"), await house.phone()
        id = await claimed(house, operator, phone)
        [row] = await house.rows("SELECT track_slot FROM incident")
        shutil.copytree(house.centre.settings.folder / "keys", tmp_path / "data" / "keys")
        read(await operator.post(f"/api/incidents/{id}/close", json={"code": 2}))

        async def destroyed() -> bool:
            return bool(await house.rows("SELECT 1 FROM destruction WHERE certified_at IS NOT NULL"))

        await house.until(destroyed)
        clock = house.clock
    async with Centre(Settings(data=str(tmp_path / "data"), database=dsn, centre=CENTRE), World(clock=clock)) as centre:
        assert centre.keys.erased(row["track_slot"])
    assert "old key file" in capsys.readouterr().out
