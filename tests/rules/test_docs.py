"""What the pages say can be done: links lead somewhere, commands exist, code can be imported, pictures are there."""

from __future__ import annotations

import ast
import importlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from reference.commands import commands

ROOT = Path(__file__).parents[2]
TOP = ("README.md", "README.ko.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
PAGES = [ROOT / name for name in TOP] + sorted((ROOT / "docs").rglob("*.md"))
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
RUN = {"demo", "test", "check", "ansim"}
MADE = {"src/ansim/static"}
"""What only `./run` makes."""


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _anchor(heading: str) -> str:
    """As viewers of Markdown make them."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def _anchors(page: Path) -> set[str]:
    found = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {_anchor(heading) for heading in found}


def _links(name: str) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", _text(name), flags=re.DOTALL)):
        if not target.startswith(("http://", "https://", "mailto:")):
            yield target


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_somewhere(name: str) -> None:
    page, lost = ROOT / name, []
    for target in _links(name):
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        if not place.exists() or (anchor and anchor not in _anchors(place)):
            lost.append(target)
    assert not lost


def _blocks(name: str, *languages: str) -> Iterator[str]:
    for language, text in re.findall(r"^```(\w*)\n(.*?)^```", _text(name), re.MULTILINE | re.DOTALL):
        if language in languages:
            yield text
    if "sh" in languages:
        yield "\n".join(re.findall(r"^ {4,}((?:\$ )?\./run .*)$", _text(name), re.MULTILINE))


def _commands(name: str) -> Iterator[list[str]]:
    for block in _blocks(name, "sh"):
        for line in block.splitlines():
            words = shlex.split(line.removeprefix("$ "), comments=True)
            if words:
                yield words


@pytest.mark.parametrize("name", NAMES)
def test_every_command_exists(name: str) -> None:
    known = {
        word: {flag for action in parser._actions for flag in action.option_strings} for word, _, parser in commands()
    }
    for words in _commands(name):
        if words[0] != "./run":
            continue
        assert words[1] in RUN, words
        if words[1] == "ansim" and words[2:3] != ["…"]:
            assert words[2] in known, words
            verb = " ".join(words[2:4])
            flags = {word for word in words[3:] if word.startswith("--")}
            assert flags <= known[verb if verb in known else words[2]], words


@pytest.mark.parametrize("name", NAMES)
def test_every_name_in_code_can_be_imported(name: str) -> None:
    for block in _blocks(name, "python"):
        for node in ast.parse(block.replace("[…]", "[...]")).body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ansim"):
                module = importlib.import_module(str(node.module))
                assert not [alias.name for alias in node.names if not hasattr(module, alias.name)]


@pytest.mark.parametrize("name", NAMES)
def test_every_file_it_names_is_there(name: str) -> None:
    """`src/…`, `tests/…`, `web/…`, `tools/…` in backticks are promises, too."""
    named = re.findall(r"`((?:src|tests|web|tools|docs)/[\w./-]+)`", _text(name))
    assert not [path for path in named if path not in MADE and not (ROOT / path).exists()]


def test_every_command_is_told_with_its_words() -> None:
    for name, meaning, parser in commands():
        assert meaning, name
        silent = [action.dest for action in parser._actions if action.dest != "help" and not action.help]
        assert not silent, f"{name}: {silent}"


def test_both_readmes_show_the_same() -> None:
    """Pictures, commands and the drill's steps are those of one product."""
    english, korean = _text("README.md"), _text("README.ko.md")
    for pattern in (r"!\[[^]]*\]\(([^)]+)\)", r"^ {4}(\./run .*?)\s+#", r"^ +[\d.]+ s  (.+?)  "):
        assert re.findall(pattern, english, re.MULTILINE) == re.findall(pattern, korean, re.MULTILINE)


def test_the_glossary_explains_every_word_once() -> None:
    words = re.findall(r"^\| ([^|]+?) \|", _text("docs/glossary.md"), re.MULTILINE)
    words = [word for word in words if word not in ("word", "---")]
    assert len(words) == len(set(words)) and len(words) > 30
