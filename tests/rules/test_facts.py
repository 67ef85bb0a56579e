"""A fact is explained, somebody states it, and somebody does something about it."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from ansim import flow
from ansim.app import http  # noqa: F401  (imports every stage, and with it every fact)
from ansim.core.events import Fact
from reference.code import first_line
from reference.facts import answers, product_facts

SOURCE = Path(__file__).parents[2] / "src" / "ansim"
FACTS = product_facts()


def _uses() -> tuple[set[str], set[str]]:
    """Names of facts that are stated, and of those that somebody looks for: `isinstance(fact, …)`."""
    stated: set[str] = set()
    sought: set[str] = set()
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Attribute) and node.func.attr in ("publish", "mention") and node.args:
                stated |= {name.id for name in ast.walk(node.args[0]) if isinstance(name, ast.Name)}
            if isinstance(node.func, ast.Name) and node.func.id == "isinstance":
                sought |= {name.id for name in ast.walk(node.args[1]) if isinstance(name, ast.Name)}
    return stated, sought


STATED, SOUGHT = _uses()


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_is_explained(name: str) -> None:
    assert first_line(FACTS[name])


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_is_stated(name: str) -> None:
    assert FACTS[name].__name__ in STATED


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_is_answered_or_shown(name: str) -> None:
    """Sockets push whatever names an incident, a trip, an escort or a ward (`picture.live`); everything else somebody must look for."""
    fact = FACTS[name]
    assert (
        answers(fact) or {"incident", "trip", "escort", "ward"} & set(fact.__struct_fields__) or fact.__name__ in SOUGHT
    )


def test_a_fact_that_is_only_mentioned_is_not_waited_for_in_the_flow() -> None:
    """FLOW hears what leaves by the outbox; what is only mentioned reaches PASSING and sockets."""
    published = _called("publish")
    assert not [step.name for step in flow.FLOW if step.fact.__name__ not in published]
    assert not [step.name for step in flow.PASSING if step.fact.__name__ not in _called("mention")]


def test_a_fact_carries_ids_and_words_only() -> None:
    for fact in FACTS.values():
        kinds = {kind for kind in fact.__annotations__.values()}
        assert kinds <= {"str", "int", "bool", str, int, bool}, fact


def test_the_rule_sees_a_fact_that_nobody_hears() -> None:
    class Lost(Fact, frozen=True, kw_only=True, tag="test.lost"):
        thing: str

    assert not answers(Lost) and "incident" not in Lost.__struct_fields__ and Lost.__name__ not in SOUGHT


@cache
def _called(verb: str) -> set[str]:
    found: set[str] = set()
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == verb
                and node.args
            ):
                found |= {name.id for name in ast.walk(node.args[0]) if isinstance(name, ast.Name)}
    return found
