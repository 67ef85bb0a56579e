"""Names say what a thing is; some words say nothing and are not used."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "ansim"
EMPTY = {"manager", "helper", "helpers", "util", "utils", "data", "info", "misc", "common"}
EMPTY_VERBS = {"process", "handle"}


def _words(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]


def _names() -> Iterator[tuple[str, str, bool]]:
    """Every module, class and function of ours: where, its name, and whether it is a verb's place."""
    for file in sorted(SOURCE.rglob("*.py")):
        where = str(file.relative_to(SOURCE))
        yield where, file.stem, False
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                yield f"{where}:{node.lineno}", node.name, False
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{where}:{node.lineno}", node.name, True


# protocols that a library calls by these names
_GIVEN = {"data_received", "handle_connect"}


def test_names_are_of_the_glossary() -> None:
    wrong = [
        f"{where} {name}"
        for where, name, verb in _names()
        if name not in _GIVEN
        and (EMPTY & set(_words(name)) or (verb and _words(name) and _words(name)[0] in EMPTY_VERBS))
    ]
    assert not wrong, "\n".join(wrong)
