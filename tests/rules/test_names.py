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


def _empty(name: str, verb: bool) -> bool:
    words = _words(name)
    if EMPTY & set(words):
        return True
    # `_process` is the thing; `process` and `_process_signal` are the empty verb
    return verb and bool(words) and words[0] in EMPTY_VERBS and (len(words) > 1 or not name.startswith("_"))


def test_names_are_of_the_glossary() -> None:
    wrong = [f"{where} {name}" for where, name, verb in _names() if name not in _GIVEN and _empty(name, verb)]
    assert not wrong, "\n".join(wrong)


def test_the_rule_tells_a_thing_from_an_empty_verb() -> None:
    assert _empty("process", True) and _empty("_handle_message", True) and _empty("LedgerManager", False)
    assert not _empty("_process", True) and not _empty("processes", True) and not _empty("City", False)
