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
            "required": True,
            "title": {"ko": "이름과 보호자", "en": "Name and guardians"},
            "text": {
                "ko": "SOS와 함께 잠가서 보내고, 담당 관제센터만 열어요.",
                "en": "Travel sealed with an SOS; only the centre that answers opens them.",
            },
        },
        {
            "key": "statistics",
            "required": False,
            "title": {"ko": "통계", "en": "Statistics"},
            "text": {"ko": "이름과 위치 없이 걸린 시간만 세요.", "en": "Only times are counted, no name, no place."},
        },
    ],
}


def mapping(key: dict[str, str], uri: str, *others: str) -> dict[str, Any]:
    return {
        "centres": [
            {"id": f"centre-{at}", "name": "강남구 관제센터", "uri": one, "key": key} for at, one in enumerate((uri, *others))
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
