"""Sockets of operators and of agencies' desks: they end with the session that opened them, whoever ended it and wherever."""

from __future__ import annotations

from typing import Any

import pytest

from ansim.trust.access.actions import issue_token, sign_out
from ansim.trust.access.model import Role
from ansim.trust.access.sessions import resolve
from tests.flow.conftest import CENTRE, House, Socket

pytestmark = pytest.mark.flow


async def token(house: House, ttl_s: int, **who: Any) -> str:
    async with house.centre.database.transaction() as tx:
        return await issue_token(tx, centre=CENTRE, ttl_s=ttl_s, actor="test", **{"role": Role.OPERATOR, **who})


async def later(house: House, socket: Socket) -> None:
    """A minute on, when the sessions have been looked at."""
    before = await seen(house)
    await house.clock.advance(60)

    async def looked() -> bool:
        return socket.code is not None or await seen(house) != before

    await house.until(looked)


async def seen(house: House) -> object:
    return await house.rows("SELECT seen_at FROM session ORDER BY id")


async def test_a_socket_ends_when_its_session_expires(house: House) -> None:
    async with house.socket("/live", await token(house, 90)) as socket:
        await socket.first("state")
        await later(house, socket)
        assert socket.code is None
        await later(house, socket)
        assert socket.code == 4401


async def test_a_socket_ends_when_another_process_ended_its_session(house: House) -> None:
    mine, hers = await token(house, 86_400), await token(house, 86_400)
    async with house.socket("/live", mine) as one, house.socket("/live", hers) as other:
        await one.first("state")
        await other.first("state")
        async with house.centre.database.transaction() as tx:
            first = "SELECT id FROM session ORDER BY created_at, id LIMIT 1"
            await tx.execute(f"UPDATE session SET ended_at = $1, ended_why = 'revoked' WHERE id = ({first})", tx.at)
        await later(house, other)

        async def closed() -> bool:
            return one.code is not None

        await house.until(closed)
        assert (one.code, other.code) == (4401, None)


async def test_an_open_socket_keeps_its_session_in_use(house: House) -> None:
    async with house.socket("/live", await token(house, 86_400)) as socket:
        await socket.first("state")
        before = await seen(house)
        await later(house, socket)
        assert await seen(house) != before


async def test_a_desk_is_shown_nothing_more_from_the_moment_its_session_is_over(house: House) -> None:
    desk = {"role": Role.AGENCY, "agency": "112"}
    short, long = await token(house, 90, **desk), await token(house, 86_400, **desk)
    async with house.socket("/live/desk", short) as expiring, house.socket("/live/desk", long) as ended:

        async def both() -> bool:
            return bool(expiring.heard and ended.heard)

        await house.until(both)

        async def expired() -> bool:
            # in steps: when the server begins to wait for its next look is not ours to know
            await house.clock.advance(10)
            return expiring.code == 4401

        await house.until(expired)
        assert ended.code is None
        async with house.centre.database.transaction() as tx:
            actor = await resolve(tx, long)
            assert actor is not None
            await sign_out(tx, actor)

        async def sent_away() -> bool:
            return ended.code == 4401

        # no clock: at the commit
        await house.until(sent_away, settled=False)
