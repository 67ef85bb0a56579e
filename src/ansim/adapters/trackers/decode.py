"""What devices say, for whoever must find out why one does not get through: frames in, one JSON line each out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, Literal
from urllib.parse import parse_qsl

import msgspec

from ansim.adapters.trackers.aml import Aml
from ansim.adapters.trackers.osmand import OsmAnd
from ansim.adapters.trackers.owntracks import OwnTracks
from ansim.adapters.trackers.protocols import PROTOCOLS
from ansim.adapters.trackers.report import Report
from ansim.core.errors import Problem

NAMES = (*PROTOCOLS, "osmand", "owntracks", "aml")


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line in. `form` binary: `frame` is hexadecimal; any other: as it reads, a character a byte."""

    form: Literal["binary", "text", "buffer", "request"]
    frame: str


def decode(protocol: str, lines: Iterable[bytes], model: str, now: datetime) -> Iterator[tuple[dict[str, Any], bool]]:
    """What each line means, and whether it could be read. The lines are one conversation: who signed in speaks on."""
    read = _reader(protocol, model)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            given = msgspec.json.decode(line, type=Line)
            reports = read(given, now)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
            yield {"line": number, "problem": 'this is not {"form", "frame"} in JSON', "detail": str(error)}, False
        except ValueError as error:
            yield {"line": number, "problem": str(error)}, False
        except Problem as refused:
            yield {"line": number, "problem": refused.detail or refused.title, "field": refused.field}, False
        else:
            yield (
                {"line": number, **meaning(reports, PROTOCOLS[protocol].text if protocol in PROTOCOLS else True)},
                True,
            )


def meaning(reports: list[Report], text: bool) -> dict[str, Any]:
    """The first report of a frame with the rest of a batch beside it."""
    if not reports:
        return {"kind": "nothing"}
    first, *more = (_shown(report, text) for report in reports)
    return first | ({"more": more} if more else {})


def _shown(report: Report, text: bool) -> dict[str, Any]:
    place = report.position
    return {
        "kind": report.kind,
        "device": report.device or None,
        "sos": report.sos,
        "alarm": ",".join(report.alarms) or None,
        "position": None if place is None else msgspec.to_builtins(place) | {"fixed": report.fixed},
        "battery": report.battery,
        "at": report.at.isoformat() if report.stated else None,
        "checksum_ok": report.checksum,
        "whole": report.whole,
        "reply": (report.reply.decode("ascii", "replace") if text else report.reply.hex()) or None,
        "values": dict(report.values),
    }


def _reader(protocol: str, model: str) -> Callable[[Line, datetime], list[Report]]:
    match protocol:
        case "osmand":
            return _osmand
        case "owntracks":
            return lambda line, now: [report for report in (OwnTracks().read(line.frame.encode(), "", now),) if report]
        case "aml":
            return lambda line, now: [Aml().read(_bytes(line), now)]
    conversation = PROTOCOLS[protocol](model)

    def read(line: Line, now: datetime) -> list[Report]:
        return conversation.read(_bytes(line), now)

    return read


def _osmand(line: Line, now: datetime) -> list[Report]:
    """A path with its query, the query alone, or JSON."""
    if line.frame.lstrip()[:1] == "{":
        return [OsmAnd().read_json(line.frame.encode(), now)]
    return [OsmAnd().read_query(dict(parse_qsl(line.frame.partition("?")[2] or line.frame)), now)]


def _bytes(line: Line) -> bytes:
    """Raises ValueError that says what is wrong."""
    if line.form == "binary":
        if not re.fullmatch(r"(?:[0-9A-Fa-f]{2}|\s)*", line.frame):
            raise ValueError("frame is not hexadecimal: two digits a byte")
        return bytes.fromhex(line.frame)
    try:
        return line.frame.encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError("frame has characters that are no bytes: give it as binary") from None
