"""The database is gone for a while: nobody is told "received" who was not, and afterwards nothing is missing."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from ansim.app.centre import Centre
from ansim.app.http import application
from ansim.app.settings import Settings
from ansim.core.errors import Unavailable
from ansim.core.postgres import EmbeddedPostgres
from tests.flow.conftest import House

pytestmark = [pytest.mark.flow, pytest.mark.slow]

BODY = {"id": "she-keeps-trying", "kind": "sos", "at": "2026-11-21T14:47:00Z"}


async def test_she_is_told_not_received_and_the_next_try_counts_once(open_folder: Path) -> None:
    folder = Path(tempfile.mkdtemp(dir=open_folder))
    folder.chmod(0o711)
    postgres = EmbeddedPostgres(folder / "postgres")
    dsn = await asyncio.to_thread(postgres.start)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(asyncio.to_thread, postgres.stop)
        centre = await stack.enter_async_context(Centre(Settings(data=str(folder / "data"), database=dsn)))
        transport = httpx.ASGITransport(app=application(centre))  # type: ignore[arg-type]
        client = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://localhost"))
        first = await client.post("/api/signals", json={**BODY, "id": "before-the-fall"})
        assert first.status_code == 201

        await asyncio.to_thread(postgres.stop)
        for path, body in (("/api/signals", BODY), ("/in/osmand?id=1&alarm=sos", {})):
            refused = await client.post(path, json=body) if body else await client.get(path)
            assert refused.status_code == 503 and refused.headers["retry-after"] == "1"
            assert refused.json()["type"] == "not-received"
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/healthz")).status_code == 200

        await asyncio.to_thread(postgres.start)
        async with asyncio.timeout(30):
            while (answer := await client.post("/api/signals", json=BODY)).status_code == 503:
                await asyncio.sleep(0.05)
        again = await client.post("/api/signals", json=BODY)
        assert (answer.status_code, again.status_code) == (201, 200) and answer.json() == again.json()
        async with centre.database.transaction(readonly=True) as tx:
            rows = await tx.fetch("SELECT client_id FROM signal ORDER BY received_at")
        assert [row["client_id"] for row in rows] == ["before-the-fall", "she-keeps-trying"]


async def test_a_full_disk_under_the_keys_is_not_a_receipt(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of a case that is not safe on the disk would make its rows unreadable after a power cut."""

    async def full() -> None:
        raise Unavailable

    client = await house.client()
    with monkeypatch.context() as patch:
        patch.setattr(house.centre.keys, "flush", full)
        refused = await client.post("/api/signals", json=BODY)
        assert refused.status_code == 503
    assert await house.rows("SELECT 1 FROM signal UNION ALL SELECT 1 FROM incident") == []
    assert (await client.post("/api/signals", json=BODY)).status_code == 201
