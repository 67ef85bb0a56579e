"""The rota: which pair is on duty where and when. The leader makes it."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from ansim.core.database import Transaction
from ansim.core.errors import Problem, not_found
from ansim.response.escorts import store
from ansim.response.escorts.actions import duty_context, scouts_of
from ansim.response.escorts.model import NAMES_KEPT, DutyLine, DutyPost, DutyRow
from ansim.trust.ledger.actions import record
from ansim.trust.retention.actions import destroy
from ansim.trust.retention.keys import Keys

LONGEST = timedelta(hours=12)
AHEAD = timedelta(days=35)


async def plan(tx: Transaction, post: DutyPost, centre: str, actor: str) -> DutyLine:
    """Put a pair on duty. Raises Problem 422."""
    if not timedelta(0) < post.ends_at - post.starts_at <= LONGEST:
        raise Problem(422, "duty.times", "A duty lasts up to twelve hours", "It ends after it starts.", field="ends_at")
    if not tx.at < post.ends_at <= tx.at + AHEAD:
        raise Problem(422, "duty.times", "Not now or in the next five weeks", "Check the day.", field="starts_at")
    keys, id = tx.use(Keys), tx.world.id()
    [slot] = keys.new()
    duty = DutyRow(
        id=id, centre=centre, area=post.area.strip(), latitude=post.latitude, longitude=post.longitude,
        reach_m=post.reach_m, starts_at=post.starts_at, ends_at=post.ends_at, case_slot=slot,
        scouts=keys.seal(slot, msgspec.json.encode(post.scouts), duty_context(id)), made_by=actor,
    )  # fmt: skip
    await keys.flush()
    await store.insert_duty(tx, duty)
    await record(tx, actor=actor, act="duty.planned", object=id, details={"count": len(post.scouts)})
    await destroy(
        tx, subject=id, scope="case", slots=[slot], actor="system", why="retention", due_at=post.ends_at + NAMES_KEPT
    )
    return line(tx, duty)


async def listed(tx: Transaction, centre: str) -> list[DutyLine]:
    return [line(tx, duty) for duty in await store.duties(tx, [centre], tx.at)]


async def withdraw(tx: Transaction, id: str, centre: str, actor: str) -> None:
    """Take a pair off the rota; its names go at once. Raises Problem 404, 409 while somebody counts on it."""
    duty = await store.duty(tx, id)
    if duty is None or duty.centre != centre or duty.ended_at is not None:
        raise not_found("duty")
    if not await store.end_duty(tx, id):
        raise Problem(409, "duty.needed", "Somebody counts on this pair", "Give the escort to another pair first.")
    await record(tx, actor=actor, act="duty.withdrawn", object=id)
    if duty.case_slot is not None:
        await destroy(tx, subject=id, scope="case", slots=[duty.case_slot], actor=actor, why="withdrawn")


def line(tx: Transaction, duty: DutyRow) -> DutyLine:
    names = [scout.name for scout in scouts_of(tx, duty)]
    return DutyLine(
        scouts=names, **{name: getattr(duty, name) for name in DutyLine.__struct_fields__ if name != "scouts"}
    )
