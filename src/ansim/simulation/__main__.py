"""Plays histories by their seed: `python -m ansim.simulation --centres 5 --seed 7`, and prints what failed in them, how often, and what was wrong."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from ansim.simulation.server import Server


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m ansim.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the first one (default: 0)")
    parser.add_argument("--seeds", type=int, default=1, help="so many, one after the other")
    parser.add_argument("--hours", type=float, help="as many as it takes for so many virtual hours")
    parser.add_argument("--centres", type=int, default=1, help="1: a centre that stands alone; more: a country of them")
    asked = parser.parse_args()
    faults, done, wrong, virtual_s, played = Counter[str](), Counter[str](), 0, 0.0, 0
    began, cpu = time.perf_counter(), time.process_time()
    with Server(asked.centres) as server:
        while played < asked.seeds if asked.hours is None else virtual_s < asked.hours * 3600:
            seed = asked.seed + played
            outcome = server.nation(seed) if asked.centres > 1 else server.history(seed)
            played += 1
            virtual_s += outcome.virtual_s
            faults += outcome.faults
            done += outcome.counts
            wrong += bool(outcome.wrong)
            for line in outcome.wrong:
                print(f"seed {seed}: {line}", flush=True)
    print(
        f"{asked.centres} centres, seeds {asked.seed} to {asked.seed + played - 1}: {virtual_s / 3600:.2f} virtual hours in"
        f" {time.perf_counter() - began:.0f} s ({time.process_time() - cpu:.0f} s of processor here, the database beside it);"
        f" promises broken in {wrong}"
    )
    print("faults: " + ", ".join(f"{what} {count}" for what, count in faults.most_common() if count))
    print("happened: " + ", ".join(f"{what} {count}" for what, count in done.most_common() if what not in faults))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
