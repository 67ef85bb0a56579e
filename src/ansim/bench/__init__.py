"""Benchmarks: each prints its figures beside a peer and beside the physical floor of the same run, as ratios."""

from __future__ import annotations

import asyncio
import json
import pkgutil
from importlib import import_module
from pathlib import Path

from ansim.core.errors import Problem


def names() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg)


async def bench(name: str, report: Path | None) -> int:
    """Run one, print it, and write what it measured as JSON."""
    if name not in names():
        raise Problem(400, "bench.name", f"There is no benchmark {name}", f"There are: {', '.join(names())}.")
    figures = await asyncio.to_thread(import_module(f"ansim.bench.{name}").bench)
    if report is not None:
        text = json.dumps(figures, indent=2, default=str, ensure_ascii=False) + "\n"
        await asyncio.to_thread(report.write_text, text, encoding="utf-8")
    return 0
