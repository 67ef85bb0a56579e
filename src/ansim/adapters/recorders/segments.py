"""An old recording system by its own account: a list of what it recorded, as every one of them can export it.

A file, or a folder of files, CSV in UTF-8 or CP949 or a workbook with texts: a camera, a begin and an end in each row. What was not
exported is as if it had not been recorded, so a row that does not fit is an error and never passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from ansim.city.cameras.sheet import Line, lines
from ansim.city.migration.model import Stretch, joined
from ansim.core.clock import KOREA
from ansim.core.errors import Problem

COLUMNS = {
    "camera": ("camera", "channel", "카메라", "채널"),
    "start": ("start", "begin", "시작", "시작시각", "시작시간"),
    "end": ("end", "종료", "종료시각", "종료시간", "끝"),
}
SHOWN = 20
LONGEST = timedelta(days=7)
"""A row that says more than this has a wrong year in it."""


class SegmentReport:
    """`ahead_s`: how far ahead of ours the old system's clock is."""

    def __init__(self, path: Path, ahead_s: float = 0.0) -> None:
        self._kept: dict[str, list[Stretch]] = {}
        flaws: list[str] = []
        whole = True
        for file in sorted(one for one in path.iterdir() if one.is_file()) if path.is_dir() else [path]:
            try:
                content = file.read_bytes()
            except OSError as error:
                raise Problem(400, "segments.file", f"{file} cannot be read", f"{error.strerror}.") from None
            for camera, stretch in _rows(file.name, content, flaws):
                whole = whole and not stretch.start.microsecond and not stretch.end.microsecond
                ahead = timedelta(seconds=ahead_s)
                self._kept.setdefault(camera, []).append(Stretch(stretch.start - ahead, stretch.end - ahead))
        if flaws:
            more = f"; and {len(flaws) - SHOWN} more" if len(flaws) > SHOWN else ""
            raise Problem(
                422,
                "segments.rows",
                f"{len(flaws)} rows of the old system's report do not fit",
                "; ".join(flaws[:SHOWN]) + more,
            )
        # where nothing is told but whole seconds, one second between two files of a recorder is how they were rounded
        seam = timedelta(seconds=1) if whole else timedelta(0)
        self._kept = {camera: joined(kept, seam) for camera, kept in self._kept.items()}

    async def cameras(self) -> Sequence[str]:
        return sorted(self._kept)

    async def recorded(self, camera: str, start: datetime, end: datetime) -> Sequence[Stretch]:
        return [
            Stretch(max(one.start, start), min(one.end, end))
            for one in self._kept.get(camera, [])
            if one.end > start and one.start < end
        ]

    async def stop(self, camera: str) -> bool:
        return False

    async def go_on(self, camera: str) -> bool:
        return False


def _rows(name: str, content: bytes, flaws: list[str]) -> list[tuple[str, Stretch]]:
    table = lines(content)
    head = [cell.lower().replace(" ", "") for cell in table[0].cells] if table else []
    at = {field: next((head.index(one) for one in words if one in head), -1) for field, words in COLUMNS.items()}
    if missing := [field for field, column in at.items() if column < 0]:
        raise Problem(
            422,
            "segments.columns",
            f"{name} has no column {missing[0]}",
            f"It is called {' or '.join(COLUMNS[missing[0]])}.",
        )
    found = []
    for line in table[1:]:
        try:
            camera = _cell(line, at, "camera")
            start, end = (_instant(field, _cell(line, at, field)) for field in ("start", "end"))
            if end <= start:
                raise ValueError("end: not after its start")
            if end - start > LONGEST:
                raise ValueError(f"end: more than {LONGEST.days} days after its start")
        except ValueError as error:
            flaws.append(f"{name}, line {line.number}, {error}")
        else:
            found.append((camera, Stretch(start, end)))
    return found


def _cell(line: Line, at: dict[str, int], field: str) -> str:
    value = line.cells[at[field]] if at[field] < len(line.cells) else ""
    if not value or not line.sound:
        raise ValueError(f"{field}: nothing there" if line.sound else f"{field}: bytes that are no letters")
    return value


def _instant(field: str, text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        raise ValueError(f"{field}: not a time as 2026-11-22 21:04:06") from None
    return at if at.tzinfo else at.replace(tzinfo=KOREA)
