"""How much virtual time the deterministic simulation plays in a second, beside what its transactions alone cost.

The floor is a bare transaction of one statement through the same driver on the same server: a history cannot be played
faster than its transactions. There is no peer: nobody else can play this centre.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any

from ansim.simulation.server import Server

SEEDS = 20
BARE = 2_000


def bench() -> dict[str, Any]:
    """Seeds, virtual hours, broken promises, histories a second; ratio to the wall clock and to the floor."""
    done: Counter[str] = Counter()
    broken, virtual_s, transactions = 0, 0.0, 0
    with Server() as server:
        bare_s = asyncio.run(_bare(server))
        server.history(0)
        began = time.perf_counter()
        for seed in range(SEEDS):
            outcome = server.history(seed)
            done += outcome.counts
            broken += bool(outcome.wrong)
            virtual_s += outcome.virtual_s
            transactions += outcome.transactions
        taken = time.perf_counter() - began
    figures = {
        "seeds": SEEDS, "broken": broken, "virtual_h": virtual_s / 3600, "seconds": taken,
        "times_the_clock": virtual_s / taken, "histories_per_s": SEEDS / taken, "transactions": transactions,
        "bare_transactions_per_s": BARE / bare_s, "times_the_floor": taken / (transactions * bare_s / BARE),
        "happened": dict(done),
    }  # fmt: skip
    print(
        f"simulation: {SEEDS} seeds, {figures['virtual_h']:.2f} virtual hours in {taken:.1f} s ="
        f" {figures['times_the_clock']:.0f} x the clock; promises broken in {broken}"
    )
    print(
        f"simulation: {transactions} transactions, {figures['times_the_floor']:.1f} x the floor"
        f" ({figures['bare_transactions_per_s']:.0f} bare ones a second, same driver, same run); no peer"
    )
    print(f"simulation: {', '.join(f'{what} {count}' for what, count in done.most_common())}")
    return figures


async def _bare(server: Server) -> float:
    began = time.perf_counter()
    for _ in range(BARE):
        async with server.driver.transaction(readonly=False) as connection:
            await connection.fetch("SELECT 1")
    return time.perf_counter() - began
