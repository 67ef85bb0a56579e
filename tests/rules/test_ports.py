"""Every port has a suite that each of its adapters must pass, or a reason why it has none."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "ansim"

SUITES = {
    "city.migration.ports.OldSystem": "tests/adapters/test_recorders.py",
    "core.bus.Bus": "tests/adapters/test_bus.py",
    "nodes.media.ports.Device": "tests/adapters/test_cameras.py",
    "nodes.media.ports.Relay": "tests/adapters/test_relays.py",
    "response.dispatch.ports.Gateway": "tests/adapters/test_gateways.py",
    "response.notify.ports.Channel": "tests/adapters/test_channels.py",
    "trust.access.passkey.Passkeys": "tests/adapters/test_passkeys.py",
    "trust.ledger.ports.Witness": "tests/adapters/witness/test_conformance.py",
}
"""Ports to the outside, which adapters answer."""

BETWEEN_OURS = {
    "nodes.media.ports.DayKeys": "tests/flow/test_recordings.py",
    "nodes.media.ports.Gate": "tests/adapters/test_media_port.py",
    "nodes.media.ports.WallGate": "tests/flow/test_walls.py",
    "city.migration.ports.Puller": "tests/flow/test_migration.py",
    "city.places.ports.Directory": "tests/adapters/lost/test_twin.py",
    "city.recordings.ports.RecordedDays": "tests/flow/test_recordings.py",
    "response.evidence.ports.Recorded": "tests/flow/test_recordings.py",
    "response.evidence.ports.Redactor": "tests/flow/test_recordings.py",
    "response.footage.ports.Screen": "tests/nodes/footage/test_node.py",
    "response.watch.ports.Heads": "tests/adapters/test_heads.py",
    "response.watch.ports.Media": "tests/adapters/test_media_port.py",
    "response.routing.ports.Boundaries": "tests/adapters/test_boundaries.py",
    "response.signals.ports.Intake": "tests/core/test_writer.py",
}
"""Ports between two of our own parts: each has one answer, or one in one process and one over the tether of two, and a test of it."""

SHAPES = {
    "nodes.media.ports.DayKey": "what `DayKeys` gives: seals and opens, and says nothing of the key",
    "response.dispatch.ports.Name": "what a place is called, in two languages; a shape, not a line to somebody",
    "response.dispatch.ports.Names": "the words an agency is told, from the packaged boundaries; tests/flow",
}


def _ports() -> Iterator[str]:
    for file in [*SOURCE.rglob("ports.py"), SOURCE / "core/bus.py", SOURCE / "trust/access/passkey.py"]:
        module = ".".join(file.relative_to(SOURCE).with_suffix("").parts)
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and any(getattr(base, "id", "") == "Protocol" for base in node.bases):
                yield f"{module}.{node.name}"


def test_every_port_has_a_suite_or_a_reason() -> None:
    assert sorted(_ports()) == sorted({**SUITES, **BETWEEN_OURS, **SHAPES})
    assert not [suite for suite in {**SUITES, **BETWEEN_OURS}.values() if not (ROOT / suite).is_file()]


def test_the_guide_tells_of_every_port() -> None:
    guide = (ROOT / "docs" / "guide" / "adapters.md").read_text(encoding="utf-8")
    missing = [port for port in {**SUITES, **BETWEEN_OURS} if f"{port.rpartition('.')[2]}" not in guide]
    assert not missing + [suite for suite in SUITES.values() if suite not in guide]


@pytest.mark.parametrize("port", SUITES)
def test_a_suite_holds_every_adapter_to_the_port(port: str) -> None:
    text = (ROOT / SUITES[port]).read_text(encoding="utf-8")
    module, _, name = port.rpartition(".")
    assert f"from ansim.{module} import" in text and name in text
    assert "MAKERS" in text, "adapters join by a maker"


@pytest.mark.parametrize("port", SUITES)
def test_every_adapter_is_in_the_suite(port: str) -> None:
    """An adapter is a class of `adapters` with every method of the port."""
    module, _, name = port.rpartition(".")
    methods = _methods(SOURCE / (module.replace(".", "/") + ".py"))[name]
    text = (ROOT / SUITES[port]).read_text(encoding="utf-8")
    found = [
        adapter
        for file in (SOURCE / "adapters").rglob("*.py")
        for adapter, own in _methods(file).items()
        if methods <= own and not adapter.startswith("_")
    ]
    assert found
    assert not [adapter for adapter in found if adapter not in text]


def _methods(file: Path) -> dict[str, set[str]]:
    return {
        node.name: {
            part.name
            for part in node.body
            if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef) and not part.decorator_list  # no properties
        }
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    }
