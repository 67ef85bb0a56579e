"""What is wrong with a bell: noticed by its silence, by itself or by somebody who passes; until it is mended."""

from __future__ import annotations

from ansim.city.bells import store
from ansim.city.bells.events import BellFaultsChanged
from ansim.city.bells.model import SILENT, Fault, FaultSource, FaultState, Reported, Terminal, Tests, Wrong
from ansim.core.database import Transaction
from ansim.core.errors import Problem

SILENCE = "bell.silence"
"""The timer that looks whether a bell has been heard. It is moved when it fires, and not with every beat."""


async def beat(tx: Transaction, terminal: Terminal, tests: Tests) -> bool:
    """It works, and this is what it found out about itself. False when it speaks for no bell any more."""
    if not await store.heard(tx, terminal.id):
        return False
    verdicts = tests.verdicts()
    if await store.well_again(tx, terminal.bell, ["silent", *(wrong for wrong, well in verdicts.items() if well)]):
        tx.publish(BellFaultsChanged(bell=terminal.bell))
    for wrong, well in verdicts.items():
        if not well:
            await _report(tx, terminal.bell, wrong, "self-test")
    return True


async def silence(tx: Transaction, bell: str) -> None:
    """Timer: three beats have passed. Where nothing was heard the bell is taken for broken."""
    terminal = await store.living(tx, bell)
    if terminal is None:
        return
    due_at = terminal.heard_at + SILENT
    if due_at <= tx.at:
        await _report(tx, bell, "silent", "watch")
        due_at = tx.at + SILENT
    tx.arm(SILENCE, bell, due_at)


async def tell(tx: Transaction, bell: str, wrong: Reported) -> None:
    """Somebody who passes by says so. Who, is not asked."""
    await _report(tx, bell, wrong, "citizen")


async def move(tx: Transaction, fault: Fault, to: FaultState, *, by: str) -> Fault:
    """open -> sent -> mended. Raises Problem 409 when somebody was faster, 422 for a step back."""
    if to == "open":
        raise Problem(422, "fault.state", "A fault is sent for or mended", field="state")
    before: tuple[FaultState, ...] = ("open",) if to == "sent" else ("open", "sent")
    if not await store.change(tx, fault.id, to, before, by):
        raise Problem(409, "fault.state", "It is not so any more", state=fault.state)
    moved = await store.fault(tx, fault.id)
    assert moved is not None
    if to == "mended":
        tx.publish(BellFaultsChanged(bell=moved.bell))
    return moved


async def _report(tx: Transaction, bell: str, wrong: Wrong, source: FaultSource) -> None:
    if await store.report(tx, tx.world.id(), bell, wrong, source):
        tx.publish(BellFaultsChanged(bell=bell))
