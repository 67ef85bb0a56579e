"""Whoever asks without saying who she is gets nothing, but at the doors that are open by intent."""

from __future__ import annotations

import re

import httpx
import pytest

from reference.api import METHODS, document, unstarted

SECRET = "the secret of a receipt, of a link or of a phone's own key is in what is sent"
NOBODY = "says the same to everybody, and nothing about anybody"

OPEN = {
    "/api/signals": "an SOS needs no account",
    "/api/signals/{signal}/cancel": SECRET,
    "/api/signals/{signal}/messages": SECRET,
    "/api/signals/{signal}/state": SECRET,
    "/api/positions": SECRET,
    "post /api/trips": "a way home is watched over without an account, as an SOS is taken without one",
    "/api/trips/{trip}/positions": SECRET,
    "/api/trips/{trip}/answer": SECRET,
    "/api/trips/{trip}/extend": SECRET,
    "/api/trips/{trip}/mode": SECRET,
    "/api/trips/{trip}/end": SECRET,
    "/api/trips/{trip}/state": SECRET,
    "post /api/escorts": "she asks for two scouts without an account",
    "/api/escorts/{escort}/state": SECRET,
    "/api/escorts/{escort}/say": SECRET,
    "/api/record": SECRET,
    "/api/citizen/enrol": "a phone becomes known by its own key",
    "/api/citizen/withdraw": SECRET,
    "/api/citizen/devices": SECRET,
    "/api/citizen/terms": NOBODY,
    "/api/citizen/push-key": NOBODY,
    "/api/citizen/mailboxes": "an invitation needs no account, and says for nobody whose it is",
    "/api/citizen/mailboxes/{box}/fill": SECRET,
    "/api/citizen/mailboxes/{box}/read": SECRET,
    "/api/citizen/mailboxes/{box}/close": SECRET,
    "/api/mapping": NOBODY,
    "/lost": NOBODY,
    "/api/map": NOBODY,
    "/api/ways": "whoever asks for a way is not known, and the question is kept nowhere",
    "/api/help": NOBODY,
    "/api/links/{token}": SECRET,
    "/api/links/{token}/open": SECRET,
    "/api/links/{token}/tokens": SECRET,
    "/api/links/{token}/arrived": SECRET,
    "/api/links/{token}/position": SECRET,
    "/api/links/{token}/escort": SECRET,
    "/api/links/{token}/ward": SECRET,
    "/api/links/{token}/ward-place": SECRET,
    "/api/links/{token}/check": SECRET,
    "/api/links/{token}/ward-positions": SECRET,
    "/api/links/{token}/ward-sos": SECRET,
    "/api/signin": "where one says who one is",
    "/api/signin/totp": "where one says who one is",
    "/api/signin/passkey": "where one says who one is",
    "/api/signin/code": "where one says who one is",
    "/api/bell/press": "a bell is pressed without an account, as an SOS is sent without one",
    "/api/bell/enrol": SECRET,
    "/api/bells/{bell}/sign": NOBODY,
    "post /api/bells/{bell}/faults": "whoever passes by says that a bell is broken, and is not asked who she is",
    "/in/bell": "the bell's secret is in what it sends, and a press is heard without it",
    "/in/osmand": "a tracker's random name is in what it sends",
    "/in/aml": "a telephone says so by itself while it calls 112 or 119",
    "/in/owntracks": "a tracker's random name is in what it sends",
    "/healthz": NOBODY,
    "/readyz": NOBODY,
    "/metrics": NOBODY,
    "/openapi.json": NOBODY,
    "/licenses": NOBODY,
    "/live/bell": SECRET,
    "/live/signal": SECRET,
    "/live/link": SECRET,
    "/live/trip": SECRET,
    "/footage": SECRET,
    "/phones/{camera}": "a token of a minute is the first message",
    "/api/links/{token}/agree": SECRET,
    "/api/links/{token}/positions": SECRET,
    "/api/links/{token}/messages": SECRET,
    "/media/{camera}": "a token of a minute is the first message",
    "/pictures/{wall}": "a token of a minute is the first message",
    "/nodes/media": "a media node, by the secret that it and the centre have in a file",
}
"""Routes without a role, and why; with the method where the other one has a role. Pages are open, too: they hold nothing until they ask."""

DOORS = [
    (method, path)
    for path, item in document()["paths"].items()
    for method in METHODS
    if method in item and not {path, f"{method} {path}"} & set(OPEN) and item[method]["tags"] != ["page"]
]


def test_every_open_door_is_a_door() -> None:
    paths = document()["paths"]
    assert {door.rpartition(" ")[2] for door in OPEN} <= set(paths)
    assert all(door.partition(" ")[0] in paths[door.rpartition(" ")[2]] for door in OPEN if " " in door)


@pytest.mark.parametrize(("method", "path"), DOORS)
async def test_a_stranger_gets_nothing(method: str, path: str) -> None:
    if path.startswith("/live"):
        [handler] = [route.route_handler for route in unstarted().routes if route.path_format == path]  # type: ignore[attr-defined]
        assert handler.guards, "a socket without a guard"
        return
    transport = httpx.ASGITransport(app=unstarted())  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.request(method, re.sub(r"{\w+}", "1", path), json={} if method == "post" else None)
    assert answer.status_code == 401, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
