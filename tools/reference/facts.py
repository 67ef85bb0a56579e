"""docs/reference/facts.md from the subclasses of Fact."""

from __future__ import annotations

import msgspec

from ansim import flow
from ansim.app import http  # noqa: F401  (imports every stage, and with it every fact)
from ansim.core.events import Fact, every_fact
from reference.code import cell, first_line


def answers(fact: type[Fact]) -> list[str]:
    """What the flow does about a fact, by the names of its steps."""
    return [step.name for step in (*flow.FLOW, *flow.PASSING) if step.fact is fact]


def product_facts() -> dict[str, type[Fact]]:
    return {name: fact for name, fact in sorted(every_fact().items()) if fact.__module__.startswith("ansim.")}


def page() -> str:
    lines = [
        "# Facts",
        "",
        "What has happened, stated by the action that made it so, in the same transaction. Facts carry ids and ciphertext"
        " only. Who answers them stands in `src/ansim/flow.py`; sockets hear every fact that names an incident.",
        "",
        "| fact | says | carries | answered by |",
        "|---|---|---|---|",
    ]
    for name, fact in product_facts().items():
        fields = ", ".join(f"`{field.name}`" for field in msgspec.structs.fields(fact))
        steps = ", ".join(f"`{step}`" for step in answers(fact))
        lines.append(f"| `{name}` | {cell(first_line(fact))} | {fields} | {steps or 'sockets'} |")
    return "\n".join(lines) + "\n"
