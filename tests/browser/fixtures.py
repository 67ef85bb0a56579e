"""Things that the server says in these tests. Every person, place and number is invented."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

SEOUL = {"latitude": 37.4979, "longitude": 127.0276}


def ago(seconds: float = 0) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()


TERMS: dict[str, Any] = {
    "version": "1",
    "items": [
        {
            "key": "location",
            "required": True,
            "title": {"ko": "위치", "en": "Position"},
            "text": {
                "ko": "SOS를 보낸 때부터 상황이 끝날 때까지만 담당 관제센터가 봐요. 끝나면 지워요.",
                "en": "Seen by the centre that answers, from an SOS until it is over. Then destroyed.",
            },
        },
        {
            "key": "contacts",
            "required": False,
            "title": {"ko": "이름과 보호자", "en": "Name and guardians"},
            "text": {
                "ko": "SOS와 함께 잠가서 보내고, 담당 관제센터만 열어요.",
                "en": "Travel sealed with an SOS; only the centre that answers opens them.",
            },
        },
        {
            "key": "health",
            "required": False,
            "title": {"ko": "건강 정보", "en": "Health"},
            "text": {"ko": "알아야 할 병이나 약을 관제센터와 119만 봐요.", "en": "Seen by the centre and 119 alone."},
        },
    ],
}


def mapping(key: dict[str, str], uri: str, *others: str) -> dict[str, Any]:
    return {
        "centres": [
            {"id": f"centre-{at}", "name": "강남구 관제센터", "uri": one, "key": key}
            for at, one in enumerate((uri, *others))
        ],
        "expires_at": ago(-3600),
        "source": "exact",
        "place": {"ko": "역삼동", "en": "Yeoksam-dong"},
    }


def receipt(number: str = "0047") -> dict[str, Any]:
    return {
        "receipt": number,
        "secret": "s" * 43,
        "signal": "a" * 32,
        "incident": "b" * 32,
        "centre": {"id": "centre-0", "name": "강남구 관제센터"},
        "received_at": ago(),
    }


def phone_state(**more: Any) -> dict[str, Any]:
    return {
        "state": "received",
        "centre": "강남구 관제센터",
        "received_at": ago(55),
        "claimed_at": None,
        "holder": None,
        "cameras": 0,
        "receipts": [],
        "messages": [],
        "dispatch": None,
        "closed_at": None,
        "destroyed_at": None,
    } | more


def watched() -> dict[str, Any]:
    return phone_state(
        state="claimed",
        holder="강남구 관제센터",
        claimed_at=ago(48),
        cameras=4,
        receipts=[
            {"who": "엄마", "channel": "push", "state": "read", "at": ago(30)},
            {"who": "언니", "channel": "sms", "state": "delivered", "at": ago(40)},
        ],
        messages=[{"from": "operator", "text": "왼쪽 편의점이 안심지킴이집이에요. 들어갈 수 있어요?", "at": ago(0)}],
        dispatch={"agency": "112", "state": "en_route", "unit": "순찰 12호", "eta_s": 120, "at": ago(5)},
    )


def camera(
    order: int, name: str, east_m: float, north_m: float, *, live: bool = True, azimuth: float = 250
) -> dict[str, Any]:
    return {
        "id": f"camera-{order}",
        "name": name,
        "order": order,
        "latitude": SEOUL["latitude"] + north_m / 111_320,
        "longitude": SEOUL["longitude"] + east_m / 88_300,
        "azimuth_deg": azimuth,
        "view_deg": 60,
        "range_m": 60,
        "distance_m": 30.0,
        "bearing_deg": 40.0,
        "score": 0.8,
        "sees": "likely" if order < 3 else "possible",
        "live": live,
    }


def fix(east_m: float, north_m: float, seconds: float, **more: Any) -> dict[str, Any]:
    return {
        "latitude": SEOUL["latitude"] + north_m / 111_320,
        "longitude": SEOUL["longitude"] + east_m / 88_300,
        "accuracy_m": 9,
        "source": "web",
        "at": ago(seconds),
    } | more


def link_state(kind: str, **more: Any) -> dict[str, Any]:
    officer = kind == "officer"
    return {
        "kind": kind,
        "grant": "grant-1",
        "closed": False,
        "until_at": ago(-(28 * 60 + 57) if officer else -(57 * 60 + 54)),
        "state": "confirmed",
        "number": "GN-1121-0047",
        "centre": "강남구 관제센터",
        "received_at": ago(120),
        "claimed_at": ago(112),
        "silent": True,
        "person": {"name": "김민지" if officer else "민지", "note": "여 20대, 흰 패딩" if officer else ""},
        "place": {"ko": "역삼동", "en": "Yeoksam-dong"},
        "position": fix(0, 0, 2, heading_deg=245.0),
        "track": [fix(130 - 13 * n, 52 - 5.2 * n, 60 - 6 * n) for n in range(10)] + [fix(0, 0, 2)],
        "cameras": [
            camera(1, "언주로79길 30-5", 20, 14),
            camera(2, "역삼로33길 19", -30, 30),
            camera(3, "언주로75길 8", 55, -40),
            camera(4, "역삼로37길 2", -70, -50, live=False),
        ]
        if officer
        else [],
        "instructions": ["officer.no-siren", "officer.speak-softly"]
        if officer
        else ["guardian.do-not-call", "guardian.stay-reachable", "guardian.police-informed"],
        "unit": "순찰 12호" if officer else None,
        "dispatches": [{"agency": "112", "state": "en_route", "eta_s": 110, "at": ago(60)}],
        "arrived_at": None,
    } | more


def ended_link(kind: str) -> dict[str, Any]:
    nothing = dict.fromkeys(
        ("state", "number", "centre", "received_at", "person", "place", "position", "unit", "arrived_at")
    )
    return nothing | {
        "kind": kind, "grant": "grant-1", "closed": True, "until_at": None, "silent": False,
        "track": [], "cameras": [], "instructions": [], "dispatches": [],
    }  # fmt: skip


def trip_link(**more: Any) -> dict[str, Any]:
    """What a guardian's page hears of a trip."""
    return {
        "kind": "trip",
        "grant": "grant-1",
        "closed": False,
        "until_at": ago(-86400),
        "centre": "강남구 관제센터",
        "centre_phone": None,
        "person": {"name": "민지", "note": ""},
        "state": "walking",
        "mode": "taxi",
        "vehicle": {"plate": "서울 31 바 1234", "note": "은색"},
        "destination": "집",
        "started_at": ago(540),
        "promised_at": ago(-355),
        "predicted_at": ago(-600),
        "position": fix(0, 0, 3),
        "located_at": ago(3),
        "heard_at": ago(3),
        "battery": 34,
        "outcome": None,
        "ended_at": None,
        "told": [],
    } | more


def _road(name: str, width: float, *points: tuple[float, float]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"kind": "road", "name": name, "name_en": name, "width_m": width},
        "geometry": {"type": "MultiLineString", "coordinates": [[_at(*point) for point in points]]},
    }


def _at(east_m: float, north_m: float) -> list[float]:
    return [SEOUL["longitude"] + east_m / 88_300, SEOUL["latitude"] + north_m / 111_320]


def _area(kind: str, west: float, south: float, east: float, north: float) -> dict[str, Any]:
    ring = [_at(west, south), _at(east, south), _at(east, north), _at(west, north), _at(west, south)]
    return {"type": "Feature", "properties": {"kind": kind}, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def street_map() -> dict[str, Any]:
    """A grid of invented streets."""
    features = [_area("block", -400, -400, 400, 400)]
    for column in range(-400, 400, 46):
        for row in range(-400, 400, 38):
            features.append(
                _area("park" if (column, row) == (-32, -58) else "building", column + 4, row + 4, column + 40, row + 32)
            )
    features += [_road(f"달빛로{n}길", 9, (-400, -300 + 100 * n), (400, -180 + 100 * n)) for n in range(1, 6)]
    features += [_road(f"별내로{n}길", 8, (-300 + 110 * n, -400), (-360 + 110 * n, 400)) for n in range(1, 6)]
    features.append(_road("한빛대로", 26, (150, -400), (90, 400)))
    features.append(
        {
            "type": "Feature",
            "properties": {"kind": "place", "place": "safe-shop", "name": "안심지킴이집", "name_en": "Safe shop"},
            "geometry": {"type": "Point", "coordinates": _at(48, -40)},
        }
    )
    return {"type": "FeatureCollection", "features": features}


def started(**more: Any) -> dict[str, Any]:
    """What a centre answers to a trip that it takes."""
    return {
        "trip": "t" * 32,
        "secret": "s" * 43,
        "centre": {"id": "centre-0", "name": "강남구 관제센터"},
        "started_at": ago(),
        "promised_at": ago(-900),
    } | more


def trip_state(**more: Any) -> dict[str, Any]:
    """A trip of a quarter of an hour, nine minutes after its start."""
    return {
        "state": "walking",
        "mode": "walk",
        "started_at": ago(540),
        "promised_at": ago(-355),
        "predicted_at": ago(-350),
        "remaining_m": 430.0,
        "fix_every_s": 5,
        "battery": 34,
        "background": False,
        "heard_at": ago(2),
        "question": None,
        "receipts": [
            {"who": "엄마", "channel": "push", "state": "read", "at": ago(500)},
            {"who": "언니", "channel": "sms", "state": "delivered", "at": ago(520)},
        ],
        "signal": None,
        "end_needs_code": False,
        "outcome": None,
        "ended_at": None,
        "destroyed_at": None,
    } | more


def asked_about(reason: str, *, left_s: float = 30, **more: Any) -> dict[str, Any]:
    """The same trip while she is asked whether she is well."""
    question = {
        "id": f"q-{reason}",
        "reason": reason,
        "asked_at": ago(1),
        "answer_until": ago(-left_s),
        "needs_code": reason in ("away", "fast"),
    }
    return trip_state(state="asking", question=question) | more


def over(outcome: str = "arrived", **more: Any) -> dict[str, Any]:
    return trip_state(state="ended", outcome=outcome, ended_at=ago(), destroyed_at=ago()) | more
