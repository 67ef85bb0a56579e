"""docs/reference/commands.md from the command line itself."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator

from ansim.cli import parser_of_all
from reference.code import cell


def commands() -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """(name, what it is for, its parser); a command's verbs stand behind it"""
    return _of(parser_of_all(), "")


def _of(parser: argparse.ArgumentParser, before: str) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            said = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, sub in action.choices.items():
                yield f"{before}{name}", said.get(name, ""), sub
                yield from _of(sub, f"{before}{name} ")


def page() -> str:
    os.environ["COLUMNS"] = "100"  # argparse breaks its lines by the window
    lines = ["# Commands", "", "In a clone: `./run ansim …`. `./run demo` is `./run ansim demo`."]
    for name, meaning, parser in commands():
        usage = " ".join(parser.format_usage().removeprefix("usage: ").split())
        lines += ["", f"## {name}", "", f"{meaning[:1].upper()}{meaning[1:]}.", "", "```", usage, "```"]
        options = [action for action in parser._actions if not isinstance(action, argparse._HelpAction) and action.help]
        if options:
            lines += ["", "| word | means |", "|---|---|"]
            lines += [f"| `{_word(action)}` | {cell(action.help or '')} |" for action in options]
    return "\n".join(lines) + "\n"


def _word(action: argparse.Action) -> str:
    return action.option_strings[0] if action.option_strings else action.dest.upper()
