"""What is answered in application/lost+xml: strictly as the schema of RFC 5222 has it, whatever was asked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from xml.sax.saxutils import escape, quoteattr

import shapely

from ansim.adapters.lost.pidf import CIVIC, CRS, GML
from ansim.adapters.lost.query import LOST
from ansim.city.places.civic import Civic, Placed
from ansim.city.places.distribution import Failed, Mapping, Told, Trouble, Warning
from ansim.core.errors import Problem

KEY = "urn:ansim:params:xml:ns:key1"
"""Of the one element that we add to a mapping: the key to which a phone seals what only the answering centre may read, a JWK."""

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SAID: dict[str, str] = {
    "defaultMappingReturned": "the place lies outside every boundary that is known here",
    "serviceSubstitution": "another service answers in the place of the one asked for",
    "serverTimeout": "the server that knows did not answer in time",
    "serverError": "the server that knows answered what cannot be read",
}


class Writer:
    """`source` is the name of this server, as it stands in mappings and on paths."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._source = f" source={quoteattr(source)}"

    def found(
        self,
        mapping: Mapping,
        *,
        path: Sequence[str],
        location: str,
        boundaries: dict[str, shapely.Polygon | None] | None,
        validate: bool,
        warnings: Sequence[Warning] = (),
    ) -> str:
        """`boundaries` by their keys where they were asked for by value. Only addresses are validated; that a shape is not, the schema has
        no way to say."""
        return "".join(
            (
                _HEAD, f'<findServiceResponse xmlns="{LOST}" xmlns:gml="{GML}">',
                *(self._mapping(mapping, one, boundaries) for one in mapping.told),
                _validated(mapping.placed) if validate and mapping.placed is not None else "",
                self._warnings((*mapping.warnings, *warnings)),
                self._path(path),
                f"<locationUsed id={quoteattr(location)}/></findServiceResponse>",
            )
        )  # fmt: skip

    def services(self, services: Sequence[str], *, path: Sequence[str], location: str | None = None) -> str:
        kind = "listServicesResponse" if location is None else "listServicesByLocationResponse"
        used = "" if location is None else f"<locationUsed id={quoteattr(location)}/>"
        listed = escape(" ".join(services))
        return f'{_HEAD}<{kind} xmlns="{LOST}"><serviceList>{listed}</serviceList>{self._path(path)}{used}</{kind}>'

    def boundary(self, polygon: shapely.Polygon, *, path: Sequence[str]) -> str:
        return (
            f'{_HEAD}<getServiceBoundaryResponse xmlns="{LOST}" xmlns:gml="{GML}">{_geodetic("", polygon)}'
            f"{self._path(path)}</getServiceBoundaryResponse>"
        )

    def failed(self, failed: Failed) -> str:
        profiles = (
            f" unsupportedProfiles={quoteattr(' '.join(map(_token, failed.profiles)))}"
            if failed.trouble == "locationProfileUnrecognized"
            else ""
        )
        return f'{_HEAD}<errors xmlns="{LOST}"{self._source}>{_exception(failed.trouble, failed.message, profiles)}</errors>'

    def redirect(self, target: str) -> str:
        return f'{_HEAD}<redirect xmlns="{LOST}" target={quoteattr(target)}{self._source} message="this server knows" xml:lang="en"/>'

    def _mapping(self, mapping: Mapping, one: Told, boundaries: dict[str, shapely.Polygon | None] | None) -> str:
        mapped = one.mapped
        name = mapped.name if one.door is None else one.door.centre.name
        return "".join(
            (
                f'<mapping expires="{_instant(mapping.expires_at)}" lastUpdated="{_instant(mapped.updated_at)}"{self._source}'
                f" sourceId={_quoted(mapped.id)}>",
                _named(name.ko, name.en, mapping.service),
                self._area(mapped.boundary, mapped.civic, boundaries),
                _reached(one.uris, mapped.number, None if one.door is None else tuple(one.door.key.items())),
                "</mapping>",
            )
        )

    def _area(
        self, key: str | None, civic: Sequence[Civic], boundaries: dict[str, shapely.Polygon | None] | None
    ) -> str:
        if key is None:
            return "".join(_address(one) for one in civic[:1])
        if boundaries is None:
            return f"<serviceBoundaryReference{self._source} key={_quoted(key)}/>"
        polygon = boundaries.get(key)
        return "" if polygon is None else _geodetic(key, polygon)

    def _warnings(self, warnings: Iterable[Warning]) -> str:
        said = "".join(_exception(one, _SAID[one], "") for one in dict.fromkeys(warnings))
        return f"<warnings{self._source}>{said}</warnings>" if said else ""

    def _path(self, path: Sequence[str]) -> str:
        before = "".join(f"<via source={quoteattr(one)}/>" for one in path)
        return f"<path>{before}<via{self._source}/></path>"


def _exception(kind: Trouble | Warning, message: str, more: str) -> str:
    return f'<{kind} message={quoteattr(message)} xml:lang="en"{more}/>'


def _validated(placed: Placed) -> str:
    def listed(verdict: str) -> str:
        fields = " ".join(
            f"ca:{field}" for field, said in placed.verdicts.items() if said == verdict and field.isidentifier()
        )
        return f"<{verdict}>{fields}</{verdict}>" if fields else ""

    said = "".join(map(listed, ("valid", "invalid", "unchecked")))
    return f'<locationValidation xmlns:ca="{CIVIC}">{said}</locationValidation>'


def _geodetic(key: str, polygon: shapely.Polygon) -> str:
    rings = _written(key, polygon) if key else _rings(polygon)
    return (
        f'<serviceBoundary profile="geodetic-2d"><gml:Polygon srsName="{CRS}">{rings}</gml:Polygon></serviceBoundary>'
    )


@lru_cache(maxsize=512)
def _written(key: str, polygon: shapely.Polygon) -> str:
    """A key stands for one geometry: written once, some tens of kilobytes each."""
    return _rings(polygon)


def _rings(polygon: shapely.Polygon) -> str:
    def ring(of: str, line: shapely.LinearRing) -> str:
        numbers = " ".join(f"{latitude:.6f} {longitude:.6f}" for longitude, latitude, *_ in line.coords)
        return f"<gml:{of}><gml:LinearRing><gml:posList>{numbers}</gml:posList></gml:LinearRing></gml:{of}>"

    return ring("exterior", polygon.exterior) + "".join(ring("interior", hole) for hole in polygon.interiors)


def _address(civic: Civic) -> str:
    said = "".join(f"<{field}>{escape(value)}</{field}>" for field, value in civic.items() if field.isidentifier())
    return f'<serviceBoundary profile="civic"><civicAddress xmlns="{CIVIC}">{said}</civicAddress></serviceBoundary>'


_quoted = lru_cache(maxsize=4096)(quoteattr)
"""Of what is ours, and comes again."""


@lru_cache(maxsize=4096)
def _named(korean: str, english: str, service: str) -> str:
    return (
        f'<displayName xml:lang="ko">{escape(korean)}</displayName><displayName xml:lang="en">{escape(english)}</displayName>'
        f"<service>{escape(service)}</service>"
    )


@lru_cache(maxsize=4096)
def _reached(uris: tuple[str, ...], number: str | None, key: tuple[tuple[str, str], ...] | None) -> str:
    said = "".join(f"<uri>{escape(uri)}</uri>" for uri in uris)
    if number is not None:
        said += f"<serviceNumber>{escape(number)}</serviceNumber>"
    if key is not None:
        said += f'<key xmlns="{KEY}">{escape(json.dumps(dict(key), separators=(",", ":")))}</key>'
    return said


@lru_cache(maxsize=256)
def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _token(profile: str) -> str:
    """An NMTOKEN."""
    return "".join(letter if letter.isalnum() or letter in "-._:" else "_" for letter in profile)[:64] or "_"


def refuse(problem: Problem) -> Failed:
    """What the model says of a place, as an error of LoST."""
    return Failed("locationInvalid", problem.detail or problem.title)
