"""Hundreds of cameras pulled and recorded by one process: is a packet or a second lost?

The cameras are the simulator's, in a process of their own that writes packet by packet: 720p at 25 pictures and 2 Mb a second each. Whether
they kept their own pace is told, too: what never was sent is not lost.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import uvloop

from ansim.bench.media import FPS, BenchKeys, outside_cameras
from ansim.core.world import World
from ansim.nodes.media.node import MediaNode
from ansim.nodes.media.ports import Health, Source
from ansim.nodes.media.recordings import Recordings

COUNTS = (100, 200, 300)
WITHIN_S, MEASURED_S = 120.0, 30.0


def bench() -> dict[str, Any]:
    """Measure, print a line each, and return the figures by how many cameras there were."""
    return uvloop.run(_bench())


async def _bench() -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for count in COUNTS:
        async with outside_cameras(count) as base:
            with tempfile.TemporaryDirectory(prefix="ansim-bench.") as folder:
                found = await _measured(base, count, folder)
        figures[str(count)] = found
        print(
            f"crowd: {count} cameras in one process, recorded: {found['lost_packets']} packets lost, {found['missing_s']:.1f} s"
            f" not kept, {found['broken']} connections broken in {MEASURED_S:.0f} s (goal 0); {found['core']:.0%} of a core;"
            f" they sent {found['sent_fps']:.1f} pictures a second of {FPS}, all delivering after {found['all_live_s']:.0f} s",
            flush=True,
        )
    return figures


async def _measured(base: str, count: int, folder: str) -> dict[str, Any]:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ansim.bench.crowd", base, str(count), folder, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await child.communicate()
    if child.returncode:
        raise RuntimeError(f"{count} cameras did not all deliver within {WITHIN_S:.0f} s")
    found: dict[str, Any] = json.loads(said)
    return found


async def _pull(base: str, count: int, folder: Path) -> None:
    world = World()
    node = MediaNode(world, Recordings(world, folder / "recordings", BenchKeys(world, folder / "keys")))
    ids = [f"cam-{number}" for number in range(count)]
    began = time.monotonic()
    for id in ids:
        node.cameras.add(Source(id=id, url=f"{base}/{id}", record="always"))
    while not all(one.state == "live" for one in _healths(node, ids)):
        if time.monotonic() - began > WITHIN_S:
            raise SystemExit(1)
        await asyncio.sleep(0.2)
    all_live = time.monotonic()
    await asyncio.sleep(5)
    before, spent, since = _healths(node, ids), time.process_time(), time.monotonic()
    await asyncio.sleep(MEASURED_S)
    after, took = _healths(node, ids), time.monotonic() - since
    print(
        json.dumps(
            {
                "lost_packets": sum(b.lost_packets - a.lost_packets for a, b in zip(before, after, strict=True)),
                "missing_s": sum(b.missing_s - a.missing_s for a, b in zip(before, after, strict=True)),
                "broken": sum(one.state != "live" for one in after),
                "sent_fps": sum(one.fps for one in after) / count,
                "core": (time.process_time() - spent) / took,
                "all_live_s": all_live - began,
            }
        )
    )
    await asyncio.wait_for(node.close(), 30)


def _healths(node: MediaNode, ids: list[str]) -> list[Health]:
    return [health for id in ids if (health := node.health(id)) is not None]


if __name__ == "__main__":
    uvloop.run(_pull(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
