"""Reading what a class says of itself."""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import Any


def first_line(thing: Any) -> str:
    """The first paragraph of a docstring of our own, in one line; empty where there is none."""
    text = thing.__dict__.get("__doc__") if isinstance(thing, type) else thing.__doc__
    return " ".join(inspect.cleandoc(text).split("\n\n")[0].split()) if text else ""


def field_docs(cls: type[Any]) -> dict[str, str]:
    """What stands under each field of a class, as a string of its own."""
    body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    for node, below in zip(body.body, [*body.body[1:], None], strict=True):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found[node.target.id] = ""
            if (
                isinstance(below, ast.Expr)
                and isinstance(below.value, ast.Constant)
                and isinstance(below.value.value, str)
            ):
                found[node.target.id] = " ".join(below.value.value.split())
    return found


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
