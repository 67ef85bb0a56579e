"""docs/reference/schema.md from the comments of schema.sql."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files

_COLUMN = re.compile(r"\s{4}(?P<name>[a-z_0-9]+)\s+(?P<type>[a-z_0-9]+(?: precision)?(?:\[\])?)(?P<rest>.*)")
_NOT_COLUMNS = {"CHECK", "PRIMARY", "UNIQUE", "FOREIGN"}


@dataclass
class Column:
    name: str
    type: str
    rule: str  # what else the line says: NOT NULL, REFERENCES …
    comment: str


@dataclass
class Table:
    name: str
    comment: str
    part: str  # the heading it stands under
    columns: list[Column] = field(default_factory=list)


def schema() -> str:
    return files("ansim.migrations").joinpath("schema.sql").read_text(encoding="utf-8")


def tables(text: str) -> Iterator[Table]:
    """Every table in the order of the file. A comment stands above its table and behind its column."""
    part, above, table = "", [], None
    for line in text.splitlines():
        if heading := re.fullmatch(r"-- == (.+?) =+", line):
            part = heading[1]
            above = []
        elif line.startswith("-- "):
            above.append(line[3:])
        elif begun := re.fullmatch(r"CREATE TABLE (\w+) \(", line):
            table = Table(begun[1], " ".join(above), part)
        elif line == ");" and table is not None:
            yield table
            table = None
        elif table is not None and line.strip().split(" ")[0] not in _NOT_COLUMNS:
            table.columns.append(_column(line))
        if not line.startswith("--"):
            above = []


def _column(line: str) -> Column:
    code, _, comment = line.partition("--")
    found = _COLUMN.fullmatch(code.rstrip().rstrip(","))
    if found is None:
        raise ValueError(f"not a column: {line}")
    return Column(found["name"], found["type"], found["rest"].strip(), comment.strip())


def page() -> str:
    text, part = schema(), ""
    lines = [
        "# Tables",
        "",
        "From `src/ansim/migrations/schema.sql`, which a test compares with the migrations.",
        *["", " ".join(line.removeprefix("-- ") for line in text.split("\n\n")[0].splitlines() if line != "--")],
    ]
    for table in tables(text):
        if table.part != part:
            part = table.part
            lines += ["", f"## {part}"]
        lines += ["", f"### {table.name}", "", table.comment, "", "| column | type | means |", "|---|---|---|"]
        lines += [f"| `{c.name}` | {c.type}{_null(c)} | {_cell(c)} |" for c in table.columns]
    return "\n".join(lines) + "\n"


def _null(column: Column) -> str:
    return "" if "NOT NULL" in column.rule or "PRIMARY KEY" in column.rule or "IDENTITY" in column.rule else ", or null"


def _cell(column: Column) -> str:
    refers = re.search(r"REFERENCES (\w+)", column.rule)
    said = column.comment.replace("|", "\\|")
    return f"{said} → [{refers[1]}](#{refers[1]})" if refers else said
