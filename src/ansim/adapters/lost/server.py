"""/lost: LoST over HTTP POST (RFC 5222, 14), answered here, by another server in our name, or by sending whoever asks there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import httpx
import structlog
from litestar.exceptions import MethodNotAllowedException
from litestar.types import ASGIApp, Receive, Scope, Send
from lxml import etree
from prometheus_client import Counter
from shapely import Polygon

from ansim.adapters.lost import document
from ansim.adapters.lost.answer import Writer, refuse
from ansim.adapters.lost.document import name, namespace
from ansim.adapters.lost.peers import Peer
from ansim.adapters.lost.query import LOST, Query, passed_on, read, understood
from ansim.city.places.distribution import Distribution, Failed, Location, Mapping, Warning
from ansim.core.asgi import body_of
from ansim.core.errors import Problem

TYPE = "application/lost+xml"
PEER_WITHIN_S = 3.0
LARGEST_ANSWER = 8 << 20

ANSWERED = Counter("ansim_lost_answers", "Answers to questions in application/lost+xml", ["asked", "outcome"])

_TYPED = [(b"content-type", TYPE.encode()), (b"cache-control", b"no-store")]

log = structlog.get_logger()


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    location: str | None = None


class Lost:
    """`source` is this server's name; `peers` are asked in their order."""

    def __init__(self, distribution: Distribution, source: str, peers: Sequence[Peer] = ()) -> None:
        self._distribution = distribution
        self._source = source
        self._peers = tuple(peers)
        self._writer = Writer(source)
        self._client = (
            httpx.AsyncClient(timeout=PEER_WITHIN_S, follow_redirects=False, trust_env=False) if peers else None
        )

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def reply(self, body: bytes) -> Reply:
        """Raises Problem 400 for what is no XML. Everything else is an answer, errors of LoST too: RFC 5222 gives them a status of 200."""
        root = document.parse(body)
        asked = "other"
        try:
            query = read(root)
            asked = query.asked
            reply = await self._reply(query)
        except Failed as failed:
            ANSWERED.labels(asked, failed.trouble).inc()
            return Reply(200, self._writer.failed(failed).encode())
        except Problem as problem:
            ANSWERED.labels(asked, "locationInvalid").inc()
            return Reply(200, self._writer.failed(refuse(problem)).encode())
        ANSWERED.labels(asked, "redirect" if reply.location else "answered").inc()
        return reply

    async def _reply(self, query: Query) -> Reply:
        if self._source in query.path:
            raise Failed("loop", "this server is on the path already")
        if query.asked == "listServices":
            return _text(self._writer.services(self._distribution.services(query.service), path=query.path))
        if query.asked == "getServiceBoundary":
            polygon = self._distribution.boundary(query.key or "")
            if polygon is None:
                raise Failed("notFound", "no boundary has this key, or it holds no longer")
            return _text(self._writer.boundary(polygon, path=query.path))
        location = understood(query.locations)
        if query.asked == "listServicesByLocation":
            return self._services(query, location)
        return await self._find(query, location)

    def _services(self, query: Query, location: Location) -> Reply:
        if location.place is None:
            found, _ = self._distribution.areas.find_civic(
                query.service or "urn:service:sos", location.civic or {}, self._distribution.now()
            )
            offered = self._distribution.services(query.service) if found is not None else []
        else:
            offered = self._distribution.services_at(query.service, location.place)
        return _text(self._writer.services(offered, path=query.path, location=location.id))

    async def _find(self, query: Query, location: Location) -> Reply:
        assert query.service is not None
        mapping = self._distribution.find(query.service, location, query.as_of)
        warnings: list[Warning] = []
        if mapping is None or mapping.found.source == "default":
            for peer in self._peers:
                if peer.source in query.path:
                    continue
                if peer.url is None:
                    return _text(self._writer.redirect(peer.source))
                if not query.recursive:
                    return Reply(307, b"", location=peer.url)
                answer = await self._ask(peer, query, location, warnings)
                if answer is not None:
                    return Reply(200, answer)
        if mapping is None:
            if warnings:
                raise Failed(
                    "serverTimeout" if "serverTimeout" in warnings else "serverError",
                    "the server that knows gave no answer",
                )
            raise Failed("notFound", "nobody offers this service at this place")
        if not mapping.told:
            raise Failed("serverError", "no centre can be reached just now")
        boundaries = self._boundaries(mapping, query) if query.by_value else None
        return _text(
            self._writer.found(
                mapping, path=query.path, location=location.id, boundaries=boundaries,
                validate=query.validate, warnings=warnings,
            )
        )  # fmt: skip

    def _boundaries(self, mapping: Mapping, query: Query) -> dict[str, Polygon | None]:
        at = query.as_of or self._distribution.now()
        keys = {key for one in mapping.told if (key := one.mapped.boundary) is not None}
        return {key: self._distribution.areas.boundary(key, at) for key in keys}

    async def _ask(self, peer: Peer, query: Query, location: Location, warnings: list[Warning]) -> bytes | None:
        """Another server's answer, as we pass it on; None when it has none, with the reason among the warnings."""
        assert self._client is not None and peer.url is not None
        try:
            async with asyncio.timeout(PEER_WITHIN_S):
                answer = await self._client.post(
                    peer.url, content=passed_on(query, self._source), headers={"content-type": TYPE}
                )
            if answer.status_code != 200 or len(answer.content) > LARGEST_ANSWER:
                raise ValueError
            return _passed_back(answer.content, self._source, location.id)
        except (httpx.TimeoutException, TimeoutError):
            warnings.append("serverTimeout")
        except (httpx.HTTPError, OSError, ValueError, Problem):
            warnings.append("serverError")
        log.warning("peer gave no answer", peer=peer.source)
        return None


def _passed_back(body: bytes, source: str, location: str) -> bytes:
    """A findServiceResponse with our name on its path and the id that was asked with. Raises Problem or ValueError for anything else."""
    root = document.parse(body)
    if (
        namespace(root) != LOST
        or name(root) != "findServiceResponse"
        or not any(name(one) == "mapping" for one in root)
    ):
        raise ValueError("no findServiceResponse")
    path = document.child(root, "path")
    used = document.child(root, "locationUsed")
    if path is None:
        path = etree.Element(etree.QName(LOST, "path"))
        root.insert(len(root) if used is None else list(root).index(used), path)
    if not any(via.get("source") == source for via in path):
        etree.SubElement(path, etree.QName(LOST, "via"), source=source)
    if used is None:
        used = etree.SubElement(root, etree.QName(LOST, "locationUsed"))
    used.set("id", location)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _text(said: str) -> Reply:
    return Reply(200, said.encode())


def door(lost: Lost) -> ASGIApp:
    """One question in application/lost+xml. What its content is called does not matter: half of all senders say application/xml."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        # without the framework: phones and servers of a whole country ask here
        if scope.get("method") not in ("POST", "GET"):  # GET with a body is what a conformance suite sends
            raise MethodNotAllowedException
        reply = await lost.reply(await body_of(receive, document.LARGEST))
        headers = [(b"content-length", b"%d" % len(reply.body))]
        headers += _TYPED if reply.location is None else [(b"location", reply.location.encode())]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body, "more_body": False})

    answer.__doc__ = door.__doc__
    return answer
