"""How a guardian's browser reaches the phone that invited it: the centre carries it, and learns and keeps nothing."""

import asyncio
import base64
from datetime import timedelta

import httpx
import pytest

from ansim.city.people import mailbox
from ansim.core.clock import ManualClock
from ansim.core.database import Database
from ansim.core.timers import Timers

LEFT = base64.urlsafe_b64encode(b"sealed to her phone").rstrip(b"=").decode()
OTHER = base64.urlsafe_b64encode(b"somebody else's").rstrip(b"=").decode()


async def opened(home: httpx.AsyncClient) -> tuple[str, dict[str, str]]:
    answer = await home.post("/api/citizen/mailboxes")
    assert answer.status_code == 201
    return f"/api/citizen/mailboxes/{answer.json()['mailbox']}", {"secret": answer.json()["secret"]}


async def acts(database: Database) -> list[tuple[str, str]]:
    async with database.transaction() as tx:
        rows = await tx.fetch("SELECT actor, act FROM ledger_entry WHERE act LIKE 'mailbox.%' ORDER BY id")
    return [(row["actor"], row["act"]) for row in rows]


async def stored(database: Database) -> int:
    async with database.transaction() as tx:
        number: int = await tx.fetchval("SELECT count(*) FROM mailbox")
    return number


async def test_what_is_left_reaches_the_phone_that_asked_and_is_gone(
    home: httpx.AsyncClient, database: Database
) -> None:
    box, key = await opened(home)
    assert (await home.post(f"{box}/read", json=key)).json()["sealed"] is None
    assert (await home.post(f"{box}/fill", json={"sealed": LEFT})).status_code == 204
    # An answer may be lost on its way: it is there until the phone says that it has it.
    for _ in range(2):
        assert (await home.post(f"{box}/read", json=key)).json()["sealed"] == LEFT
    assert (await home.post(f"{box}/close", json=key)).status_code == 204
    assert (await home.post(f"{box}/read", json=key)).status_code == 404
    assert await stored(database) == 0
    assert await acts(database) == [
        ("person", "mailbox.opened"),
        ("unknown", "mailbox.filled"),
        ("person", "mailbox.closed"),
    ]


async def test_the_first_browser_keeps_the_invitation(home: httpx.AsyncClient, database: Database) -> None:
    box, key = await opened(home)
    await home.post(f"{box}/fill", json={"sealed": LEFT})
    assert (await home.post(f"{box}/fill", json={"sealed": LEFT})).status_code == 204
    late = await home.post(f"{box}/fill", json={"sealed": OTHER})
    assert (late.status_code, late.json()["type"]) == (409, "mailbox.filled")
    assert (await home.post(f"{box}/read", json=key)).json()["sealed"] == LEFT
    assert [act for _, act in await acts(database)].count("mailbox.filled") == 1


async def test_without_the_secret_there_is_no_mailbox(home: httpx.AsyncClient) -> None:
    box, key = await opened(home)
    await home.post(f"{box}/fill", json={"sealed": LEFT})
    for verb in ("read", "close"):
        wrong = await home.post(f"{box}/{verb}", json={"secret": "of somebody else"})
        unknown = await home.post(f"/api/citizen/mailboxes/{'0' * 32}/{verb}", json=key)
        assert wrong.status_code == unknown.status_code == 404
        assert wrong.json() | {"instance": ""} == unknown.json() | {"instance": ""}
    assert (await home.post(f"{box}/read", json=key)).json()["sealed"] == LEFT


async def test_nothing_outlives_three_days(home: httpx.AsyncClient, database: Database, clock: ManualClock) -> None:
    box, key = await opened(home)
    await home.post(f"{box}/fill", json={"sealed": LEFT})
    timers = Timers(database, {mailbox.EXPIRY: mailbox.expire})
    await timers.start()
    await clock.leap(timedelta(days=3, seconds=-1).total_seconds())
    assert (await home.post(f"{box}/read", json=key)).json()["sealed"] == LEFT
    await clock.leap(1)
    while len(timers):
        await asyncio.sleep(0)
    await timers.close()
    assert (await home.post(f"{box}/read", json=key)).status_code == 404
    assert (await home.post(f"{box}/fill", json={"sealed": OTHER})).status_code == 404
    assert await stored(database) == 0
    assert (await acts(database))[-1] == ("clock", "mailbox.expired")


@pytest.mark.parametrize("sealed", ["", "no base64!", "A" * 6000, "A", None])
async def test_what_is_no_message_is_named(home: httpx.AsyncClient, sealed: str | None) -> None:
    box, key = await opened(home)
    answer = await home.post(f"{box}/fill", json={"sealed": sealed})
    assert answer.status_code in (400, 422) and "sealed" in answer.text
    assert (await home.post(f"{box}/read", json=key)).json()["sealed"] is None


async def test_nobody_opens_them_by_the_thousand(home: httpx.AsyncClient) -> None:
    answers = [(await home.post("/api/citizen/mailboxes")).status_code for _ in range(12)]
    assert answers[:10] == [201] * 10 and answers[-1] == 429


async def test_there_is_an_end_to_how_many_are_kept(
    home: httpx.AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "MOST_OPEN", 1)
    await opened(home)
    refused = await home.post("/api/citizen/mailboxes")
    assert (refused.status_code, refused.json()["type"]) == (429, "mailbox.many")
    assert await stored(database) == 1
