"""A register file as rows of text: CSV in the encodings that Korean offices write, or a workbook, whatever it is called."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from ansim.core.errors import Problem

LARGEST = 256 << 20
_LOST = "\N{REPLACEMENT CHARACTER}"
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@dataclass(frozen=True)
class Line:
    """`number` counts from 1, as an editor does: where the row begins. `sound` is False where bytes made no letter."""

    number: int
    cells: list[str]
    sound: bool = True


def lines(content: bytes) -> list[Line]:
    """Every row that holds anything. Raises Problem 422 for what is no table, or has lost its letters already."""
    if len(content) > LARGEST:
        raise Problem(422, "register.size", "This file is larger than a register", f"At most {LARGEST >> 20} MiB.")
    found = _workbook(content) if content.startswith(b"PK\x03\x04") else _text(_decoded(content))
    return [line for line in found if any(line.cells)]


def _decoded(content: bytes) -> str:
    """UTF-8 with or without its mark, UTF-16 with it, else CP949; what no letter stands for stays a lone surrogate."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = content.decode("utf-16", errors="replace")
    else:
        text = min(
            (content.decode(encoding, errors="surrogateescape") for encoding in ("utf-8-sig", "cp949")), key=_broken
        )
    if _LOST in text:
        at = text.count("\n", 0, text.index(_LOST)) + 1
        raise Problem(
            422,
            "register.lossy",
            "This file has lost letters before it came here",
            f"The first in line {at}. Fetch it again from whoever publishes it.",
        )
    if "\0" in text:
        raise Problem(422, "register.form", "This file is neither a table of text nor a workbook")
    return text


def _broken(text: str) -> int:
    return len(re.findall("[\udc80-\udcff]", text))


def _text(text: str) -> Iterator[Line]:
    head = text.lstrip()[:4096].splitlines()[:1]
    delimiter = max(",\t;|", key=lambda one: head[0].count(one)) if head else ","
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    csv.field_size_limit(1 << 20)
    begin = 1
    try:
        for row in rows:
            yield Line(begin, [_clean(cell) for cell in row], sound=not any(_broken(cell) for cell in row))
            begin = rows.line_num + 1
    except csv.Error as error:
        raise Problem(422, "register.form", "This is not a table", f"Line {begin}: {error}.") from None


def _clean(cell: str) -> str:
    """One line of composed letters (macOS writes them apart), without what cannot be seen."""
    composed = unicodedata.normalize("NFC", cell)
    visible = (" " if one.isspace() else one for one in composed if one.isspace() or one.isprintable())
    return re.sub(" +", " ", "".join(visible)).strip()


def _workbook(content: bytes) -> Iterator[Line]:
    """The first sheet of an XLSX (ECMA-376). What it says about its own size is not believed."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            if sum(part.file_size for part in parts.infolist()) > LARGEST:
                raise Problem(422, "register.size", "This file is larger than a register")
            names = parts.namelist()
            sheet = min(
                (name for name in names if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name)),
                key=lambda name: int(re.sub(r"\D", "", name)),
            )
            shared: list[str] = []
            if "xl/sharedStrings.xml" in names:
                root = ElementTree.fromstring(parts.read("xl/sharedStrings.xml"))
                shared = ["".join(part.text or "" for part in item.iter(f"{_MAIN}t")) for item in root]
            rows = list(ElementTree.fromstring(parts.read(sheet)).iter(f"{_MAIN}row"))
            found = [Line(int(row.get("r") or at), _cells(row, shared)) for at, row in enumerate(rows, 1)]
    except (zipfile.BadZipFile, ElementTree.ParseError, KeyError, IndexError, ValueError, NotImplementedError):
        raise Problem(422, "register.form", "This workbook cannot be read") from None
    yield from found


def _cells(row: ElementTree.Element, shared: list[str]) -> list[str]:
    cells: list[str] = []
    for cell in row.iter(f"{_MAIN}c"):
        at = _column(cell.get("r") or "")
        if at is not None:
            cells += [""] * (at - len(cells))
        kind, value = cell.get("t"), cell.findtext(f"{_MAIN}v") or ""
        if kind == "s":
            value = shared[int(value)]
        elif kind == "inlineStr":
            value = "".join(part.text or "" for part in cell.iter(f"{_MAIN}t"))
        elif kind is None and value.endswith(".0"):
            value = value[:-2]
        cells.append(_clean(value))
    return cells


def _column(reference: str) -> int | None:
    """0 for A, 26 for AA."""
    letters = re.match(r"[A-Z]{1,3}", reference)
    if letters is None:
        return None
    number = 0
    for letter in letters[0]:
        number = number * 26 + ord(letter) - 64
    return number - 1
