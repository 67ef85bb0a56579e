"""docs/reference/flow.md from the table of the story."""

from __future__ import annotations

from ansim import flow
from ansim.core.outbox import Errand, Reaction
from reference.code import cell, first_line


def page() -> str:
    lines = [
        "# The flow",
        "",
        "From `src/ansim/flow.py`, in its order. A *reaction* runs in a transaction of its own, exactly once for a fact. An"
        " *errand* talks to somebody outside, at least once.",
        "",
        "## An SOS arrives",
        "",
        first_line(flow.accept),
        "",
        "## Facts and who answers them",
        "",
        "| fact | answered by | as | which does |",
        "|---|---|---|---|",
        *(_row(step) for step in flow.FLOW),
        "",
        "## Passing facts",
        "",
        "Told within the process, never stored: the next one makes each worthless.",
        "",
        "| fact | answered by | as | which does |",
        "|---|---|---|---|",
        *(_row(step) for step in flow.PASSING),
        "",
        "## Timers",
        "",
        "Rows that fire once, also after a restart.",
        "",
        "| timer | calls | which does |",
        "|---|---|---|",
        *(
            f"| `{kind}` | `{call.__module__.removeprefix('ansim.')}.{call.__name__}` | {cell(first_line(call))} |"
            for kind, call in flow.TIMERS.items()
        ),
    ]
    return "\n".join(lines) + "\n"


def _row(step: Reaction | Errand) -> str:
    call = step.react if isinstance(step, Reaction) else step.run
    kind = "reaction" if isinstance(step, Reaction) else "errand"
    return f"| `{step.fact.name()}` | `{step.name}` | {kind} | {cell(first_line(call))} |"
