"""A page asks nobody but its own centre: where an incident is would leak with the first foreign tile or letter."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ansim.app.pages import PAGES
from ansim.app.static import STATIC, security
from reference.api import unstarted

ROOT = Path(__file__).parents[2]
ADDRESS = re.compile(r"""(?:https?:)?//([a-z0-9-]+(?:\.[a-z0-9-]+)+)""")

NEVER_ASKED = {
    "www.w3.org": "names of XML vocabularies",
    "maplibre.org": "the map's attribution, which is switched off",
    "maplibre.invalid": "a base against which the map resolves paths",
    "github.com": "remarks in the map's code",
    "wiki.openstreetmap.org": "a remark of the map's for browsers without WebGL",
}
"""Hosts that stand in what we serve and are never asked, and why they stand there."""

FETCHES = re.compile(
    r"""<(?:script|link|img|iframe|video|audio|source)[^>]+(?:src|href)=["'](?:https?:)?//"""
    r"""|@import|url\(["']?(?:https?:)?//|(?:fetch|importScripts|WebSocket|EventSource|sendBeacon)\(["'`](?:https?|wss?)://"""
)


def _sources() -> Iterator[Path]:
    for file in (ROOT / "web").rglob("*"):
        if file.suffix in (".ts", ".tsx", ".html", ".css") and "node_modules" not in file.parts:
            yield file


def _built() -> Iterator[Path]:
    for file in STATIC.rglob("*"):
        if file.suffix in (".js", ".mjs", ".html", ".css", ".webmanifest"):
            yield file


def _foreign(files: Iterator[Path], known: set[str]) -> list[str]:
    found = []
    for file in files:
        text = file.read_text(encoding="utf-8")
        hosts = {host for host in ADDRESS.findall(text) if re.search(rf"(?:https?:)//{re.escape(host)}", text)}
        found += [f"{file.name}: {host}" for host in hosts - known]
        found += [f"{file.name}: {match[0][:60]}" for match in FETCHES.finditer(text) if "@import" not in match[0]]
    return found


def test_our_own_pages_name_no_other_host() -> None:
    assert _foreign(_sources(), {"127.0.0.1"}) == []  # of the server that shows pages while they are written


def test_what_is_built_asks_nobody_else() -> None:
    if not any(STATIC.rglob("*.html")):
        pytest.skip("the pages are not built: ./run builds them")
    assert _foreign(_built(), set(NEVER_ASKED)) == []


def test_the_rule_sees_a_foreign_letter(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text('<link href="https://fonts.example.com/x.css" rel="stylesheet">')
    assert len(_foreign(iter([page]), set())) == 2


@pytest.mark.parametrize("page", PAGES)
async def test_a_page_may_load_from_its_own_centre_only(page: str) -> None:
    if not (STATIC / page / "index.html").is_file():
        pytest.skip("the pages are not built: ./run builds them")
    transport = httpx.ASGITransport(app=unstarted())  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.get(f"/{page}")
    assert answer.status_code == 200
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    allowed = {"'self'", "'none'", "blob:", "data:", "'unsafe-inline'", "ws://localhost:8000"}
    assert {word for words in policy.values() for word in words.split()} <= allowed
    assert policy["connect-src"] == "'self' ws://localhost:8000"
    assert "'unsafe-inline'" not in policy.get("script-src", policy["default-src"])
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("origin", "sockets"),
    [
        ("http://localhost:8000", "ws://localhost:8000"),
        ("https://ansim.city.example", "wss://ansim.city.example"),
        ("https://192.168.0.7:8443", "wss://192.168.0.7:8443"),
    ],
)
def test_sockets_are_allowed_to_the_pages_own_origin_only(origin: str, sockets: str) -> None:
    policy = security(origin)["content-security-policy"]
    assert f"connect-src 'self' {sockets};" in policy and "ws:;" not in policy and " wss: " not in policy


def test_what_is_spoken_through_a_bell_meets_no_recorder() -> None:
    """In our pages one file records and one speaks; no page has both."""
    texts = {file.relative_to(ROOT / "web").as_posix(): file.read_text(encoding="utf-8") for file in _sources()}
    assert {name for name, text in texts.items() if "MediaRecorder" in text} == {"shared/film.ts"}
    assert {name for name, text in texts.items() if "RTCPeerConnection" in text} == {"shared/voice.ts"}
    whole = {name: _reached(name, texts) for name in texts}
    assert "shared/voice.ts" in whole["bell/main.tsx"] and "shared/voice.ts" in whole["console/main.tsx"]
    assert [name for name, seen in whole.items() if {"shared/film.ts", "shared/voice.ts"} <= seen] == []


def _reached(name: str, texts: dict[str, str]) -> set[str]:
    """Every file that a page consists of, lazily loaded ones too."""
    seen, ahead = set[str](), [name]
    while ahead:
        here = ahead.pop()
        if here in seen:
            continue
        seen.add(here)
        for other in re.findall(r"""(?:from|import)\s*\(?["'](\.{1,2}/[^"']+)["']""", texts[here]):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(here), other))
            ahead += [one for one in (path, f"{path}.ts", f"{path}.tsx") if one in texts]
    return seen
