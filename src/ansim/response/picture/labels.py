"""Names and sentences that pages show as they are."""

from __future__ import annotations

from typing import Protocol

import msgspec

from ansim.core.position import Position
from ansim.response.incidents.model import IncidentRow
from ansim.response.picture.model import Words

PROCEDURE = {
    "locate": Words(ko="위치와 대상자 확인", en="Locate her, know who she is"),
    "contact": Words(ko="대상자와 연락 (조용히)", en="Reach her, quietly"),
    "dispatch": Words(ko="112 또는 119 출동요청", en="Ask 112 or 119 to go"),
    "watch": Words(ko="주변과 따라오는 사람 살피기", en="Watch what is around her"),
    "guide": Words(ko="가까운 안심지킴이집으로 안내", en="Guide her to the nearest safe place"),
    "hand-to-unit": Words(ko="출동대에 상황 전하기", en="Tell the unit what is seen"),
}


class Places(Protocol):
    """Names of places: a municipality nationally, a street where the city's map is known."""

    def place(self, position: Position | None, municipality: str | None) -> Words: ...
    def district(self, latitude: float, longitude: float) -> Words: ...
    def centre(self, id: str) -> Words: ...


class Telephones(msgspec.Struct, frozen=True, kw_only=True):
    """Who can be called when nothing else goes through; None where the centre names nobody."""

    centre: str | None
    leader: str | None


def instructions(kind: str, incident: IncidentRow) -> list[str]:
    """Keys of the sentences that tell whoever holds a link what to do and what not to."""
    if kind == "guardian":
        keys = [
            "guardian.stay-reachable",
            "guardian.police-informed" if incident.requested_at else "guardian.centre-watching",
        ]
        return ["guardian.do-not-call", *keys] if incident.silent else keys
    return ["officer.no-siren", "officer.speak-softly"] if incident.silent else ["officer.approach"]
