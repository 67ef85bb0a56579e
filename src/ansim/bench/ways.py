"""Streets and safe ways: what they cost, beside the search that every textbook has, and what a safe way brings.

The streets are Gangnam's (465 km), its cameras those of its register. Lamps and places of help are invented, since no register of them is at hand: one
lamp each 40 m on seven streets of ten, places of help at random, 12 a square kilometre. Peer: Dijkstra's search in plain Python over the same graph and costs,
until the end is reached. Beside what remains from a fix stands the nearest street in an index of shapes, without any distance. CPU time of one thread.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import shapely

from ansim.app.imports import read_cameras
from ansim.bench.judge import city as judge
from ansim.city.cameras.map import read
from ansim.city.cameras.register import Register
from ansim.city.cameras.sight import Ground, Sight
from ansim.city.ways import choice
from ansim.city.ways.model import Facility, Known, Place, Wanted
from ansim.city.ways.register import Network
from ansim.city.ways.roads import Floats, Roads

NIGHT = datetime(2026, 11, 23, 14, tzinfo=UTC)
WAYS = 300
_LAMP_M, _LIT_STREETS, _HELP_A_KM2 = 40.0, 0.7, 12


def bench() -> dict[str, Any]:
    """Measure, print a line each, and return the figures."""
    folder = judge.found()
    if folder is None:
        print("ways: no judge (no folder shared/siting/gangnam here or above)")
        return {}
    gangnam = folder / "siting" / "gangnam"
    lines = read((gangnam / "TL_SPRD_MANAGE.geojson").read_bytes()).layers["paths"]
    areas = read((gangnam / "TL_SPRD_RW.geojson").read_bytes()).layers
    begun = time.thread_time()
    roads = Roads(lines)
    figures: dict[str, Any] = {"build_s": time.thread_time() - begun, "pieces": len(roads), "nodes": len(roads.ways)}
    register = Register()
    register.sight = Sight(
        read_cameras(folder / "registers" / "gangnam_std_cctv_2019_cp949.csv").cameras, Ground.of(areas.items())
    )
    network = Network(register)
    network.roads, network.facilities = roads, _facilities(roads, np.random.default_rng(1))
    pairs = _pairs(roads, np.random.default_rng(2))
    begun = time.thread_time()
    network.choose(_wanted(roads, *pairs[0]), NIGHT)
    figures["first_s"] = time.thread_time() - begun
    print(
        f"ways: {roads.length.sum() / 1000:.0f} km of streets in {figures['pieces']:,} pieces built in {figures['build_s']:.1f} s;"
        f" {len(network.facilities):,} lights and places of help and {len(register.sight):,} cameras laid along them in {figures['first_s']:.1f} s"
    )
    figures["remaining"] = _remaining(roads, pairs)
    figures["search"] = _search(network, roads, pairs)
    figures["worth"] = _worth(network, roads, pairs)
    return figures


def _remaining(roads: Roads, pairs: Sequence[tuple[Floats, Floats]]) -> dict[str, float]:
    """Distances to one destination, and what is asked of them with each fix."""
    [[longitude, latitude]] = roads.degrees(pairs[0][1][None])
    field_s = _median(lambda: roads.toward(latitude, longitude), 20)
    field = roads.toward(latitude, longitude)
    assert field is not None
    places = roads.degrees(np.array([start for start, _ in pairs]))[:, ::-1].tolist()
    points = [shapely.Point(*start) for start, _ in pairs]
    tree = shapely.STRtree(roads.shapes)
    own = _median(lambda: [field.remaining(*place) for place in places], 10) / len(places)
    floor = _median(lambda: [tree.nearest(point) for point in points], 10) / len(points)
    print(
        f"ways remaining: distances to a destination {field_s * 1e3:.1f} ms and {field.bytes / 1024:.0f} KB; {own * 1e6:.0f} us a fix,"
        f" {own / floor:.1f}x the nearest street of an index alone ({floor * 1e6:.0f} us)"
    )
    return {"field_s": field_s, "field_bytes": field.bytes, "fix_s": own, "floor_s": floor}


def _search(network: Network, roads: Roads, pairs: Sequence[tuple[Floats, Floats]]) -> dict[str, float]:
    """The whole answer, and each search beside the peer's."""
    answers, own, peers, same = [], [], [], 0
    around = network._surroundings(roads)
    costs = around.costs(True, around.open_at(NIGHT, True))
    for start, end in pairs:
        begin = time.thread_time()
        network.choose(_wanted(roads, start, end), NIGHT)
        answers.append(time.thread_time() - begin)
        a, b = (float(start[0]), float(start[1])), (float(end[0]), float(end[1]))
        begin = time.thread_time()
        short = choice.shortest(roads, a, b)
        assert short is not None
        choice.safest(roads, a, b, costs, short)
        own.append(time.thread_time() - begin)
        begin = time.thread_time()
        found, _ = _dijkstra(roads, a, b, roads.metres), _dijkstra(roads, a, b, costs)
        peers.append(time.thread_time() - begin)
        walked = sum(abs(one.last - one.first) for one in short.stretches)
        same += math.isclose(found, walked, abs_tol=0.5)
    figures = {f"answer_p{at}_s": float(np.percentile(answers, at)) for at in (50, 99)}
    figures |= {"own_p50_s": float(np.median(own)), "peer_p50_s": float(np.median(peers)), "same": same / len(pairs)}
    print(
        f"ways answer: p50 {figures['answer_p50_s'] * 1e3:.1f} ms, p99 {figures['answer_p99_s'] * 1e3:.1f} ms; its searches"
        f" {figures['own_p50_s'] * 1e3:.1f} ms, {figures['peer_p50_s'] / figures['own_p50_s']:.1f}x faster than Dijkstra's; as long in {figures['same']:.0%}"
    )
    return figures


def _worth(network: Network, roads: Roads, pairs: Sequence[tuple[Floats, Floats]]) -> dict[str, float]:
    """How much more of a safe way is lit, seen and near help, and how much longer it is."""
    rows = []
    for start, end in pairs:
        ways = network.choose(_wanted(roads, start, end), NIGHT).ways
        short, safe = ways[0], ways[-1]
        rows.append([
            *((way.lit or 0.0, way.seen or 0.0, way.near_help or 0.0) for way in (short, safe)), safe.metres / short.metres, len(ways) > 1,
        ])  # fmt: skip
    before, after = (np.array([row[at] for row in rows]).mean(axis=0) for at in (0, 1))
    longer = np.array([row[2] for row in rows])
    figures = {f"{name}_{which}": float(value) for which, values in (("short", before), ("safe", after)) for name, value in zip(("lit", "seen", "near_help"), values, strict=True)}  # fmt: skip
    figures |= {"longer": float(longer.mean() - 1), "other": float(np.mean([row[3] for row in rows]))}
    print(
        f"ways worth ({len(pairs)} of 0.3 to 2 km): lit {before[0]:.2f} -> {after[0]:.2f}, seen {before[1]:.2f} -> {after[1]:.2f},"
        f" near help {before[2]:.2f} -> {after[2]:.2f}, for {figures['longer']:.0%} more metres; another way than the shortest in {figures['other']:.0%}"
    )
    return figures


def _dijkstra(roads: Roads, start: tuple[float, float], end: tuple[float, float], costs: Sequence[float]) -> float:
    begin, goal = roads.access(*start), roads.access(*end)
    assert begin is not None and goal is not None
    best = abs(begin.along - goal.along) if begin.piece == goal.piece else math.inf
    length: dict[int, float] = {}
    queue: list[tuple[float, int]] = []
    ends: list[tuple[float, int]] = []
    for foot, into in ((begin, queue), (goal, ends)):
        part = foot.along / roads.metres[foot.piece]
        into += [
            (costs[foot.piece] * part, roads.from_[foot.piece]),
            (costs[foot.piece] * (1 - part), roads.to[foot.piece]),
        ]
    heapq.heapify(queue)
    last = {node: min(part for part, other in ends if other == node) for _, node in ends}
    while queue:
        so_far, node = heapq.heappop(queue)
        if so_far >= best:
            break
        if node in length:
            continue
        length[node] = so_far
        best = min(best, so_far + last.get(node, math.inf))
        for there, piece in roads.ways[node]:
            if there not in length:
                heapq.heappush(queue, (so_far + costs[piece], there))
    return best


def _facilities(roads: Roads, rng: np.random.Generator) -> list[Facility]:
    at: list[tuple[Known, Floats]] = []
    for shape, lit in zip(roads.shapes, rng.random(len(roads)) < _LIT_STREETS, strict=True):
        if lit:
            along = shapely.line_interpolate_point(shape, np.arange(_LAMP_M / 2, shape.length, _LAMP_M))
            at += [("light", place) for place in shapely.get_coordinates(along)]
    square_km = float(shapely.union_all(roads.shapes).convex_hull.area) / 1e6
    kinds: tuple[Known, ...] = ("police", "bell", "shop", "shelter")
    for number, piece in enumerate(rng.integers(len(roads), size=round(square_km * _HELP_A_KM2))):
        [place] = shapely.get_coordinates(shapely.line_interpolate_point(roads.shapes[piece], 0.5, normalized=True))
        at.append((kinds[number % 4], place))
    where = roads.degrees(np.array([place for _, place in at])).tolist()
    return [
        Facility(kind=kind, id=str(number), name="invented", latitude=latitude, longitude=longitude, hours="24/7")
        for number, ((kind, _), (longitude, latitude)) in enumerate(zip(at, where, strict=True))
    ]


def _pairs(roads: Roads, rng: np.random.Generator) -> list[tuple[Floats, Floats]]:
    """Doors ten metres from a junction, 300 m to 2 km apart, with streets between them."""
    found: list[tuple[Floats, Floats]] = []
    nodes = np.column_stack([roads.x, roads.y])
    while len(found) < WAYS:
        start, end = nodes[rng.integers(len(nodes), size=2)] + rng.normal(0, 7, (2, 2))
        if 300 <= math.dist(start, end) <= 2000 and choice.shortest(roads, (start[0], start[1]), (end[0], end[1])):
            found.append((start, end))
    return found


def _wanted(roads: Roads, start: Floats, end: Floats) -> Wanted:
    (a, b), (c, d) = roads.degrees(np.array([start, end])).tolist()
    return Wanted(start=Place(latitude=b, longitude=a), to=Place(latitude=d, longitude=c))


def _median(work: Callable[[], object], times: int) -> float:
    spent = []
    for _ in range(times):
        begin = time.thread_time()
        work()
        spent.append(time.thread_time() - begin)
    return float(np.median(spent))
