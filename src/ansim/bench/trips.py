"""The watch over trips: false alarms and how soon it notices, beside the corridor rule; and what it costs.

Replayed are the walk-like trips of real recordings, and walks through Gangnam with what may happen on them (`ansim.bench.judge.trips`): five
seeds, ± is two standard errors between them, and a goal is met where it is outside of these. Of every trip the promise is the arrival as the watch
itself predicts it at the start, rounded up to five minutes. As long as nothing is wrong she answers every question after a quarter of a minute.
No heartbeats were recorded: the phone is taken to be alive throughout, so that every gap of ten minutes is a question. Rides, and phones without
a network, are models (`ansim.bench.judge.rides`). The peer draws a
corridor around the shortest way (around the straight line where there is no map), waits as given, and mutes itself for ten minutes, too.

Costs are CPU time of one thread; what is read back by the clock. The timers lie in a PostgreSQL of the bench's own, and what armed them is killed.
"""

from __future__ import annotations

import asyncio
import math
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import shapely

from ansim.bench.judge import city as judge
from ansim.bench.judge.city import City, Floats
from ansim.bench.judge.rides import silences
from ansim.bench.judge.trips import INCIDENTS, Incident, Journey, Ways, recorded, ridden
from ansim.city.cameras.map import read
from ansim.city.ways.register import Remaining
from ansim.city.ways.roads import Roads
from ansim.core.database import Database, Transaction
from ansim.core.database.pool import PoolDriver
from ansim.core.migrate import migrate
from ansim.core.position import Position
from ansim.core.postgres import EmbeddedPostgres
from ansim.core.timers import Timers
from ansim.core.world import World
from ansim.response.trips import watching
from ansim.response.trips.bounds import Mode
from ansim.response.trips.model import SILENT_CALL
from ansim.response.trips.watching import Plan, Watch

SEEDS, WALKS, TROUBLED, RIDES = 5, 120, 60, 60
SILENT_CALL_S = SILENT_CALL.total_seconds()
TRIPS = 100_000
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_TICK_S, _ANSWER_S = 15, 15
_MUTED_S = 600
"""Of the corridor, as of the watch."""


@dataclass
class Heard:
    """What a rule asked on one trip: seconds by kind of question."""

    asked: dict[str, list[float]] = field(default_factory=dict)
    hints: int = 0
    wrong: int = 0
    """How many while nothing was wrong."""

    def ask(self, kind: str, second: float, begun: float) -> None:
        self.asked.setdefault(kind, []).append(second)
        self.wrong += second < begun

    def after(self, begun: float, *kinds: str) -> float:
        """Seconds from then to the first question of these kinds, or of any."""
        times = [second for kind, all in self.asked.items() if not kinds or kind in kinds for second in all]
        return min((second - begun for second in times if second >= begun), default=math.inf)


def bench() -> dict[str, Any]:
    """Measure, print a line each, and return the figures."""
    figures: dict[str, Any] = {}
    folder = judge.found()
    traces = None if folder is None else folder / "traces" / "geolife"
    if traces is None or not traces.is_dir():
        print("trips: no traces (no folder shared/traces here or above)")
    else:
        figures["recorded"] = replayed(recorded(traces), "recorded, walk-like")
        for mode in ("bus", "taxi"):
            figures[f"ridden, {mode}"] = _ridden(traces, mode)
    if folder is None:
        print("trips: no judge (no folder shared/siting/gangnam here or above)")
    else:
        lines = (folder / "siting" / "gangnam" / "TL_SPRD_MANAGE.geojson").read_bytes()
        ways, roads = Ways(City(folder)), Roads(read(lines).layers["paths"])
        figures["simulated"] = simulated(ways, roads)
        figures["rides"] = rides(ways, roads)
        figures["silence"] = silence(ways)
    figures["cost"] = cost()
    figures["timers"] = timers()
    return figures


def watched(journey: Journey, remaining: Remaining | None = None) -> Heard:
    """The shipped watch, as the stage asks it: each fix, a heartbeat, and `due` when it is due."""
    heard = Heard()
    bounds = Plan(*journey.destination, journey.mode, _BEGIN, _BEGIN, True).bounds
    by_road = None if remaining is None else remaining(journey.fixes[0].latitude, journey.fixes[0].longitude)
    walk_s = (journey.metres * 1.35 if by_road is None else by_road) / bounds.pace_mps
    promised = math.ceil(walk_s / 300) * 300
    plan = Plan(*journey.destination, journey.mode, _BEGIN, _at(promised), True)
    watch = watching.begin(plan, None, _BEGIN)
    answer, next_due = math.inf, watching.next_due(watch, plan, _BEGIN)
    position, second = 0, 0.0
    end = journey.fixes[-1].second
    while second <= end:
        now, alarms = _at(second), []
        reached = journey.arrives(second) == second
        while reached and position < len(journey.fixes) and journey.fixes[position].second <= second:
            fix = journey.fixes[position]
            at = Position(
                latitude=fix.latitude, longitude=fix.longitude, accuracy_m=fix.accuracy_m, source="android",
                at=_at(fix.second),
            )  # fmt: skip
            alarms += watching.moved(watch, plan, at, _at(max(fix.second, journey.arrives(fix.second))), remaining)
            position += 1
        if reached:
            watching.heard(watch, now)
        if now >= next_due:
            alarms += watching.due(watch, plan, now)
        next_due = watching.next_due(watch, plan, now)
        for alarm in alarms:
            if alarm.level == "hint":
                heard.hints += 1
            else:
                heard.ask(alarm.reason, second, journey.begun)
                answer = min(answer, second + _ANSWER_S)
        if second >= answer:
            answer = math.inf
            if second < journey.begun:
                watching.answered(watch, plan, now)
        following = journey.arrives(journey.fixes[position].second) if position < len(journey.fixes) else math.inf
        second = min(following, answer, second + _TICK_S)
    return heard


def corridor(journey: Journey, wide_m: float, wait_s: float) -> Heard:
    """The peer: farther than this from the planned way, for so long."""
    heard = Heard()
    here = journey.fixes[0]
    scale = np.array([111_195.0, 111_195.0 * math.cos(math.radians(here.latitude))])
    line = shapely.LineString(np.asarray(journey.way) * scale)
    shapely.prepare(line)
    at = np.array([(fix.latitude, fix.longitude) for fix in journey.fixes]) * scale
    away = shapely.distance(line, shapely.points(at))
    home = np.hypot(*(at - np.array(journey.destination) * scale).T) <= 90
    left: float | None = None
    mute = -math.inf
    for fix, metres, near in zip(journey.fixes, away.tolist(), home.tolist(), strict=True):
        if metres <= wide_m:
            left = None
            continue
        left = fix.second if left is None else left
        if fix.second - left >= wait_s and fix.second >= mute and not near:
            mute = fix.second + _MUTED_S
            heard.ask("corridor", fix.second, journey.begun)
    return heard


RULES: dict[str, Callable[[Journey], Heard]] = {
    "watch": watched,
    "corridor 100 m, 30 s": lambda journey: corridor(journey, 100, 30),
    "corridor 250 m, 30 s": lambda journey: corridor(journey, 250, 30),
}


def replayed(journeys: Sequence[Journey], name: str) -> dict[str, Any]:
    """Real recordings, on which nothing is known to have happened."""
    hours = sum(journey.fixes[-1].second for journey in journeys) / 3600
    figures: dict[str, Any] = {"trips": len(journeys), "hours": hours}
    for rule, follow in RULES.items():
        figures[rule] = _questions([follow(journey) for journey in journeys])
        print(f"trips {name} ({len(journeys)}, {hours:.0f} h): {rule}: {_told(figures[rule])}")
    return figures


def _questions(heard: Sequence[Heard]) -> dict[str, Any]:
    """Per 100 trips: those with a question, all questions, and those with each kind."""
    kinds = Counter(kind for one in heard for kind in one.asked)
    per = 100 / max(1, len(heard))
    return {
        "trips_asked": per * sum(bool(one.asked) for one in heard),
        "questions": per * sum(len(times) for one in heard for times in one.asked.values()),
        "hints": per * sum(one.hints for one in heard),
        "kinds": {kind: per * count for kind, count in kinds.most_common()},
    }


def _told(figures: dict[str, Any]) -> str:
    kinds = ", ".join(f"{kind} {count:.1f}" for kind, count in figures["kinds"].items())
    return f"{figures['trips_asked']:.1f} of 100 trips asked, {figures['questions']:.0f} questions" + (
        f" ({kinds})" if kinds else ""
    )


def simulated(
    ways: Ways, roads: Roads, seeds: int = SEEDS, walks: int = WALKS, troubled: int = TROUBLED
) -> dict[str, Any]:
    """Each walk as it was, and some of them with each incident on it. By road: as a centre that has imported the map of streets."""

    def by_road(journey: Journey) -> Heard:
        return watched(journey, _toward(roads, journey))

    rules = RULES | {"watch by road": by_road}
    quiet: dict[str, list[dict[str, Any]]] = {}
    delays: dict[tuple[str, str], list[Floats]] = {}
    for seed in range(seeds):
        rng = np.random.default_rng(5000 + seed)
        walked = [ways.walk(rng) for _ in range(walks)]
        calm = [ways.trip(places, rng, None) for places in walked]
        for rule, follow in rules.items():
            quiet.setdefault(rule, []).append(_questions([follow(journey) for journey in calm]))
        for incident in INCIDENTS:
            wrong = [ways.trip(places, rng, incident) for places in walked[:troubled]]
            for name, rule, kinds in _measured(incident):
                found = [rules[rule](journey).after(journey.begun, *kinds) for journey in wrong]
                delays.setdefault((incident, name), []).append(np.array(found))
    figures: dict[str, Any] = {"quiet": {}, "incidents": {}}
    for rule, all in quiet.items():
        asked, error = _mean([one["trips_asked"] for one in all])
        fast, fast_error = _mean([one["kinds"].get("fast", 0.0) for one in all])
        figures["quiet"][rule] = {
            "trips_asked": asked,
            "error": error,
            "fast": fast,
            "fast_error": fast_error,
            "seeds": all,
        }
        by_kind: Counter[str] = Counter()
        for one in all:
            by_kind.update(one["kinds"])
        why = ", ".join(f"{kind} {count / len(all):.1f}" for kind, count in by_kind.most_common())
        goal = f"; goal 5: {_met(asked + error <= 5)}; fast {fast:.1f} ± {fast_error:.1f}, goal 1.5: {_met(fast + fast_error <= 1.5)}"
        print(
            f"trips simulated ({seeds} x {walks}), nothing wrong: {rule}: {asked:.1f} ± {error:.1f} of 100 asked"
            f" ({why}){goal if rule.startswith('watch') else ''}"
        )
    for (what, name), seeds_of in delays.items():
        figures["incidents"][f"{what}: {name}"] = row = {}
        told = []
        for within in (60, 120, 180, 300, 600):
            share, error = _mean([float((one <= within).mean()) for one in seeds_of])
            row[f"within_{within}_s"], row[f"within_{within}_s_error"] = share, error
            told.append(f"{share:.2f} ± {error:.2f} in {within}")
        row["p50_s"], row["p50_error_s"] = _mean([float(np.percentile(one, 50, method="lower")) for one in seeds_of])
        print(
            f"trips {what} ({seeds} x {troubled}): {name}: p50 {row['p50_s']:.0f} ± {row['p50_error_s']:.0f} s;"
            f" {', '.join(told)} s{_goal(what, name, row)}"
        )
    return figures


def _ridden(traces: Path, mode: Mode) -> dict[str, Any]:
    """Rides of real recordings. Nobody noted in what: each is watched as if it were this."""
    journeys = [replace(one, mode=mode) for one in ridden(traces)]
    figures = _questions([watched(one) for one in journeys])
    hours = sum(one.fixes[-1].second for one in journeys) / 3600
    print(f"trips recorded, rides as by {mode} ({len(journeys)}, {hours:.0f} h): {_told(figures)}")
    return figures


def rides(ways: Ways, roads: Roads, seeds: int = SEEDS, count: int = RIDES) -> dict[str, Any]:
    """By bus, taxi and bicycle: how many of them are asked about though nothing is wrong, and how soon it is noticed that one leads elsewhere."""
    figures: dict[str, Any] = {}
    modes: tuple[Mode, ...] = ("bus", "taxi", "bicycle")
    for mode in modes:
        quiet: dict[str, list[dict[str, Any]]] = {"watch": [], "watch by road": []}
        delays = []
        for seed in range(seeds):
            rng = np.random.default_rng(6000 + seed)
            calm = [ways.ride(mode, rng) for _ in range(count)]
            quiet["watch"].append(_questions([watched(one) for one in calm]))
            quiet["watch by road"].append(_questions([watched(one, _toward(roads, one)) for one in calm]))
            led = [ways.ride(mode, rng, led=True) for _ in range(count // 2)]
            delays.append(np.array([watched(one).after(one.begun) for one in led]))
        figures[mode] = {}
        for rule, all in quiet.items():
            asked, error = _mean([one["trips_asked"] for one in all])
            kinds = Counter[str]()
            for one in all:
                kinds.update(one["kinds"])
            why = ", ".join(f"{kind} {number / len(all):.1f}" for kind, number in kinds.most_common())
            figures[mode][rule] = {"trips_asked": asked, "error": error, "seeds": all}
            print(
                f"trips by {mode} ({seeds} x {count}), nothing wrong: {rule}: {asked:.1f} ± {error:.1f} of 100 asked ({why})"
            )
        p50, error = _mean([float(np.percentile(one, 50, method="lower")) for one in delays])
        soon, soon_error = _mean([float((one <= 300).mean()) for one in delays])
        figures[mode]["led"] = {
            "p50_s": p50,
            "p50_error_s": error,
            "within_300_s": soon,
            "within_300_s_error": soon_error,
        }
        print(
            f"trips by {mode} ({seeds} x {count // 2}), it leads elsewhere: any question: p50 {p50:.0f} ± {error:.0f} s;"
            f" {soon:.2f} ± {soon_error:.2f} in 300 s"
        )
    return figures


def silence(ways: Ways, seeds: int = SEEDS, count: int = WALKS) -> dict[str, Any]:
    """Walks by a phone that has no network for ten minutes a day, in pieces of these mean lengths: on how many she is called, and help."""
    figures: dict[str, Any] = {}
    for each_s in (30, 60, 180):
        called, helped = [], []
        for seed in range(seeds):
            rng = np.random.default_rng(7000 + seed)
            ends = [ways.trip(places, rng, None) for places in (ways.walk(rng) for _ in range(count // 4))]
            walks = [
                replace(one, silences=silences(one.fixes[-1].second, each_s, rng)) for one in ends for _ in range(20)
            ]
            found = [(one, watched(one).asked.get("silent", [])) for one in walks]
            called.append(100 * sum(bool(times) for _, times in found) / len(walks))
            helped.append(
                100
                * sum(any(one.arrives(at) - at > SILENT_CALL_S for at in times) for one, times in found)
                / len(walks)
            )
        (asked, error), (help, help_error) = _mean(called), _mean(helped)
        figures[f"{each_s} s"] = {"called": asked, "error": error, "helped": help, "helped_error": help_error}
        print(
            f"trips without network ten minutes a day, {each_s} s each on average ({seeds} x {20 * (count // 4)} walks): guardians told on"
            f" {asked:.1f} ± {error:.1f} of 100, help called on {help:.1f} ± {help_error:.1f}"
        )
    return figures


def _toward(roads: Roads, journey: Journey) -> Remaining | None:
    field = roads.toward(*journey.destination)
    return None if field is None else field.remaining


def _goal(what: str, name: str, row: dict[str, float]) -> str:
    soon = row["within_60_s"] - row["within_60_s_error"]
    name = name.removesuffix(" by road")
    if (what, name) == ("car away", "any question"):
        return f"; goal .95 in 60 s: {_met(soon >= 0.95)}"
    if (what, name) == ("car away", "fast"):
        return f"; goal .80 in 60 s: {_met(soon >= 0.80)}"
    if (what, name) == ("forced on foot", "away"):
        return f"; goal p50 180 s: {_met(row['p50_s'] + row['p50_error_s'] <= 180)}"
    return ""


def _met(met: bool) -> str:
    return "met" if met else "not met"


def _measured(incident: Incident) -> list[tuple[str, str, tuple[str, ...]]]:
    """What is told of it: name, rule, kinds of question."""
    rows: list[tuple[str, str, tuple[str, ...]]] = []
    for rule, by in (("watch", ""), ("watch by road", " by road")):
        rows.append((f"any question{by}", rule, ()))
        if incident.startswith("forced"):
            rows.append((f"away{by}", rule, ("away",)))
        if incident.startswith("car"):
            rows.append((f"fast{by}", rule, ("fast",)))
    return [*rows, *((name, name, ()) for name in RULES if name.startswith("corridor"))]


def _mean(seeds: Sequence[float]) -> tuple[float, float]:
    if not all(map(math.isfinite, seeds)):
        return float(np.mean(seeds)), math.inf
    error = 2 * float(np.std(seeds, ddof=1)) / math.sqrt(len(seeds)) if len(seeds) > 1 else 0.0
    return float(np.mean(seeds)), error


def _at(second: float) -> datetime:
    return _BEGIN + timedelta(seconds=second)


def cost() -> dict[str, Any]:
    """Fixes watched a second: the watch alone, and from the bytes that a phone sends to the bytes that are remembered."""
    plan = Plan(37.5, 127.0, "walk", _BEGIN, _at(1200), True)
    rng = np.random.default_rng(0)
    sent = [
        Position(latitude=37.51 - 1e-5 * second + noise, longitude=127.0, accuracy_m=12.0, source="android", at=_at(second))
        for second, noise in zip(range(0, 900, 5), rng.normal(0, 3e-5, 180).tolist(), strict=True)
    ]  # fmt: skip
    times = [position.at for position in sent]
    batches = [msgspec.json.encode(sent[first : first + 5]) for first in range(0, len(sent), 5)]
    read = msgspec.json.Decoder(list[Position])
    recall = msgspec.msgpack.Decoder(Watch)
    figures: dict[str, Any] = {}

    def alone() -> None:
        watch = watching.begin(plan, sent[0], _BEGIN)
        for position, now in zip(sent, times, strict=True):
            watching.moved(watch, plan, position, now)

    def whole() -> None:
        kept = msgspec.msgpack.encode(watching.begin(plan, None, _BEGIN))
        for batch in batches:
            watch = recall.decode(kept)
            for position in read.decode(batch):
                watching.moved(watch, plan, position, position.at)
            watching.next_due(watch, plan, times[-1])
            kept = msgspec.msgpack.encode(watch)
        figures["state_bytes"] = len(kept)

    for name, work in (("watched", alone), ("read_watched_kept", whole)):
        best = math.inf
        for _ in range(5):
            begun = time.thread_time()
            for _ in range(40):
                work()
            best = min(best, (time.thread_time() - begun) / (40 * len(sent)))
        figures[f"{name}_per_s"] = 1 / best
    print(
        f"trips cost: {figures['watched_per_s']:,.0f} fixes watched a second on one core; {figures['read_watched_kept_per_s']:,.0f}"
        f" from JSON in batches of five to remembered, not stored (goal 20,000); {figures['state_bytes']} bytes remembered of a trip"
    )
    return figures


def timers() -> dict[str, Any]:
    """100,000 trips armed by a process that is killed, and read by the next; megabytes are what that process grows by."""
    folder = Path(tempfile.mkdtemp(prefix="ansim-bench."))
    folder.chmod(0o711)
    server = EmbeddedPostgres(folder / "postgres")
    try:
        server.start()
        asyncio.run(migrate(server.dsn()))
        committed = asyncio.run(_killed(server.dsn()))
        figures: dict[str, Any] = asyncio.run(_child("reload", server.dsn()))
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    figures["lost"] = committed - figures["timers"]
    print(
        f"trips timers: {figures['timers']:,} in memory {figures['reload_s']:.2f} s after the start (goal 1 s; {figures['reload_cpu_s']:.2f} s of"
        f" CPU; load {os.getloadavg()[0]:.1f}), {figures['lost']} lost of those committed before kill -9; {figures['timers_mb']:.0f} MB, with what is"
        f" remembered of their trips ({figures['state_bytes']} bytes each, in fact sealed in the database) {figures['with_states_mb']:.0f} MB (goal 64)"
    )
    return figures


async def _killed(dsn: str) -> int:
    """How many a process says that it has committed, when it is killed at once."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ansim.bench.trips", "arm", dsn, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    committed = 0
    while committed < TRIPS:
        committed = int(await child.stdout.readline())
    child.send_signal(signal.SIGKILL)
    await child.wait()
    return committed


async def _child(what: str, dsn: str) -> Any:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ansim.bench.trips", what, dsn, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await child.communicate()
    if child.returncode:
        raise RuntimeError(f"ansim.bench.trips {what} failed")
    return msgspec.json.decode(said)


async def _arm(dsn: str) -> None:
    world = World()
    database = Database(await PoolDriver.connect(dsn), world)
    armed = 0
    while True:
        async with database.transaction() as tx:
            for _ in range(1000):
                tx.arm("trip.due", world.id(), tx.at + timedelta(minutes=10, seconds=world.random.uniform(0, 3600)))
        armed += 1000
        print(armed, flush=True)


async def _reload(dsn: str) -> None:
    async def never(tx: Transaction, subject: str) -> None:
        raise AssertionError(subject)

    database = Database(await PoolDriver.connect(dsn), World())
    plan = Plan(37.5, 127.0, "walk", _BEGIN, _at(1200), True)
    watch = watching.begin(plan, None, _BEGIN)
    for second in range(0, 300, 5):
        at = Position(latitude=37.51 - 1e-5 * second, longitude=127.01, accuracy_m=12.0, at=_at(second))
        watching.moved(watch, plan, at, _at(second))
    before = _resident()
    begun, spent = time.perf_counter(), time.process_time()
    timers = Timers(database, {"trip.due": never})
    await timers.start()
    figures = {"reload_s": time.perf_counter() - begun, "reload_cpu_s": time.process_time() - spent}
    figures |= {"timers": len(timers), "timers_mb": (_resident() - before) / 2**20}
    states = [msgspec.msgpack.encode(watch) for _ in range(TRIPS)]
    figures |= {"states": len(states), "state_bytes": len(states[0]), "with_states_mb": (_resident() - before) / 2**20}
    print(msgspec.json.encode(figures).decode())
    await timers.close()
    await database.close()


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    asyncio.run({"arm": _arm, "reload": _reload}[sys.argv[1]](sys.argv[2]))
