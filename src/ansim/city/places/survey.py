"""A file of boundaries, judged: every area ends as a boundary or as a named refusal, and what does not fit beside its neighbours is named too."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, Literal

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import shape as shaped
from shapely.geometry.base import BaseGeometry

from ansim.city.places import shapefile
from ansim.city.places.boundary import Boundary
from ansim.city.places.jurisdictions import Jurisdictions
from ansim.city.places.model import Name
from ansim.city.places.plane import DEGREE_M
from ansim.city.places.services import PACKAGED, SOS
from ansim.core.clock import KOREA
from ansim.core.errors import Problem
from ansim.core.projection import Grid, grid_named

CRS = "boundaries.crs"
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""From when a boundary holds that does not say it."""
LEAST_M2 = 1_000.0
"""Smaller overlaps and gaps are the rounding of two surveys."""
NARROW_M = 50.0
"""Gaps up to twice as wide between two boundaries are named, though they lead to the open."""
PARENT = 0.95
"""An area of which so much belongs to others that lie in it is the parent of those."""
SPLIT = 0.05
"""A ring that crosses itself so that it encloses two areas, the smaller one with more than this share, could mean anything."""

_URN = re.compile(r"urn:[a-zA-Z0-9][a-zA-Z0-9-]{0,31}:[a-zA-Z0-9:._-]{1,150}")
_URI = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:[^\s<>\"]{1,300}")
_NUMBER = re.compile(r"[0-9*#]{1,20}")
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CODES = ("code", "sig_cd", "adm_sect_c", "adm_cd", "sgg_cd", "bjcd")
_KOREAN = ("name_ko", "name", "sig_kor_nm", "sgg_nm", "adm_nm", "nm")
_ENGLISH = ("name_en", "sig_eng_nm")
_NOW = {"47720": "27720", "28170": "28177", "41730": "41670", "44830": "44270", "43710": "43110"}
"""Municipalities that got another code: Gunwi, Michuhol, Yeoju, Dangjin, Cheongwon."""
_PROVINCES = {"42": "51", "45": "52"}
"""Gangwon, Jeonbuk."""


@dataclass(frozen=True)
class Flaw:
    """What was wrong with a feature, and what became of it; `feature` counts from 1. `kept`: it holds, and somebody should look."""

    feature: int
    rule: str
    outcome: Literal["repaired", "refused", "kept"]
    detail: str


@dataclass
class Survey:
    """What one file brings."""

    features: int
    boundaries: list[Boundary] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)

    @property
    def refused(self) -> int:
        return len({flaw.feature for flaw in self.flaws if flaw.outcome == "refused"})

    @property
    def repaired(self) -> int:
        return len({flaw.feature for flaw in self.flaws if flaw.outcome == "repaired"})


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for every feature that does not say it itself."""

    service: str = SOS
    valid_from: str = ""
    valid_to: str = ""
    crs: str = ""


class _Refused(Exception):
    def __init__(self, rule: str, detail: str) -> None:
        self.rule, self.detail = rule, detail


Feature = tuple[BaseGeometry | None, dict[str, Any]]


def judge(files: Mapping[str, bytes], country: Jurisdictions, said: Said, now: datetime) -> Survey:
    """`files` by their endings: .geojson or .json; .zip; or .shp with .dbf, .prj and .cpg. Raises Problem 422 for what is no file of areas."""
    features, grid = _features(files, said.crs)
    survey = Survey(len(features))
    found: list[tuple[int, Boundary]] = []
    for number, (geometry, properties) in enumerate(features, 1):
        try:
            plain = {str(name).lower(): value for name, value in properties.items()}
            drawn = _drawn(geometry, grid, number, survey)
            found.append((number, _boundary(drawn, plain, country, said, now, number, survey)))
        except _Refused as refused:
            survey.flaws.append(Flaw(number, refused.rule, "refused", refused.detail))
    survey.boundaries = _covering(found, survey)
    survey.flaws.sort(key=lambda flaw: flaw.feature)
    return survey


def _features(files: Mapping[str, bytes], crs: str) -> tuple[list[Feature], Grid | None]:
    if ".zip" in files:
        files = shapefile.unpacked(files[".zip"])
    if ".shp" in files:
        prj = files.get(".prj", b"").decode("utf-8", "replace")
        if not crs and not prj:
            raise Problem(
                422,
                "boundaries.crs",
                "Nothing says in which grid these coordinates are",
                "Add the .prj, or --crs EPSG:5179.",
            )
        return [*shapefile.read(files)], grid_named(crs, CRS) if crs else shapefile.grid_of(prj)
    content = next(iter(files.values()))
    try:
        collection = msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, RecursionError):
        raise Problem(
            422,
            "boundaries.form",
            "This is not GeoJSON",
            "GeoJSON (RFC 7946), a .shp with its .dbf, or both in a .zip.",
        ) from None
    listed = collection.get("features") if isinstance(collection, dict) else None
    if not isinstance(listed, list):
        raise Problem(
            422, "boundaries.form", "This is not a FeatureCollection", "GeoJSON (RFC 7946) has one at its top."
        )
    named = collection.get("crs")
    inside = (
        str(named.get("properties", {}).get("name", ""))
        if isinstance(named, dict) and isinstance(named.get("properties"), dict)
        else ""
    )
    return [_feature(one) for one in listed], grid_named(crs or inside, CRS)


def _feature(one: Any) -> Feature:
    properties = one.get("properties") if isinstance(one, dict) else None
    try:
        geometry = shaped(one["geometry"])
    except (AttributeError, KeyError, TypeError, ValueError, IndexError, RecursionError, shapely.errors.ShapelyError):
        geometry = None
    return geometry, properties if isinstance(properties, dict) else {}


def _drawn(geometry: BaseGeometry | None, grid: Grid | None, number: int, survey: Survey) -> BaseGeometry:
    if geometry is None or geometry.is_empty:
        raise _Refused("geometry", "no geometry that can be read")
    if geometry.geom_type not in ("Polygon", "MultiPolygon"):
        raise _Refused("geometry", f"a {geometry.geom_type} is no area")
    geometry = shapely.force_2d(geometry)
    if grid is not None:
        geometry = shapely.transform(
            geometry, lambda points: np.array([grid.degrees(x, y)[::-1] for x, y in points.tolist()])
        )
    corners = shapely.get_coordinates(geometry)
    if not (np.isfinite(corners).all() and (np.abs(corners) <= (180, 90)).all()):
        raise _Refused("coordinates", "outside the earth in degrees: name the grid with --crs")
    if not geometry.is_valid:
        why = shapely.is_valid_reason(geometry).partition("[")[0].strip().lower()
        mended = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
        pieces = sorted((one.area for one in _polygons(shapely.make_valid(geometry))), reverse=True)
        crossed = "self-intersection" in why and geometry.geom_type == "Polygon"
        if not pieces or (crossed and len(pieces) > 1 and pieces[1] > SPLIT * pieces[0]):
            raise _Refused("ring", f"{why}: it does not say what it encloses")
        survey.flaws.append(Flaw(number, "ring", "repaired", why))
        geometry = shapely.union_all(_polygons(mended))
    if geometry.is_empty or _m2(geometry) < LEAST_M2:
        raise _Refused("geometry", f"it encloses less than {LEAST_M2:,.0f} m2")
    return shapely.set_precision(geometry, 1e-7, mode="valid_output")


def _polygons(geometry: BaseGeometry) -> list[BaseGeometry]:
    return [one for one in shapely.get_parts(geometry).tolist() if one.geom_type == "Polygon"] or [
        piece
        for one in shapely.get_parts(geometry).tolist()
        for piece in shapely.get_parts(one).tolist()
        if piece.geom_type == "Polygon"
    ]


def _boundary(
    drawn: BaseGeometry,
    properties: Mapping[str, Any],
    country: Jurisdictions,
    said: Said,
    now: datetime,
    number: int,
    survey: Survey,
) -> Boundary:
    service = _text(properties, "service") or said.service
    if not _URN.fullmatch(service):
        raise _Refused("service", "it must be a URN such as urn:service:sos.police")
    valid_from = _instant(_text(properties, "valid_from") or said.valid_from, "valid_from") or ALWAYS
    valid_to = _instant(_text(properties, "valid_to") or said.valid_to, "valid_to")
    if valid_to is not None and valid_to <= valid_from:
        raise _Refused("valid_to", "it ends before it begins")
    municipality = _municipality(_text(properties, *_CODES), country, number, survey)
    uris = _uris(properties)
    centre = _centre(_text(properties, "centre"), municipality, uris, service, country)
    known = None if municipality is None else country.municipalities[municipality].name
    korean = _text(properties, *_KOREAN) or (known.ko if known else "")
    english = _text(properties, *_ENGLISH) or (known.en if known else "")
    if not korean and not english:
        raise _Refused("name", "it must have name_ko or name_en")
    called = _text(properties, "number")
    if called and not _NUMBER.fullmatch(called):
        raise _Refused("number", "it must be digits, * or #")
    parts = {
        "service": service, "name": Name(ko=korean or english, en=english or korean), "centre": centre, "uris": uris, "number": called or None,
        "civic": _civic(properties.get("civic")), "municipality": municipality, "valid_from": valid_from, "valid_to": valid_to,
    }  # fmt: skip
    id = hashlib.sha256(msgspec.json.encode(parts, order="deterministic") + shapely.to_wkb(drawn)).hexdigest()[:20]
    return Boundary(id=id, shape=drawn, updated_at=now.replace(microsecond=0), **parts)  # type: ignore[arg-type]


def _centre(
    said: str, municipality: str | None, uris: tuple[str, ...], service: str, country: Jurisdictions
) -> str | None:
    """Who answers: the centre that is named, else whoever is behind the addresses, else the municipality's own."""
    if said:
        if not _ID.fullmatch(said) or len(said) > 60:
            raise _Refused("centre", "an id is small letters, digits and hyphens")
        if uris:
            raise _Refused("uri", "either a centre answers, or whoever is behind uri")
        return said
    if uris:
        return None
    if municipality is None or service not in (SOS, *(one for one in PACKAGED if one.endswith(".ansim"))):
        raise _Refused(
            "centre", "nothing says who answers: give it centre, uri, or for an SOS the code of a municipality"
        )
    return country.register.answering[municipality][0].id


def _municipality(said: str, country: Jurisdictions, number: int, survey: Survey) -> str | None:
    """A legal code of five digits, or longer ones that begin with them; a district's is its city's."""
    code = said[:5]
    if not re.fullmatch(r"\d{5}", code):
        return None
    since = _NOW.get(code) or _PROVINCES.get(code[:2], code[:2]) + code[2:]
    districts = {part.district: part.municipality for part in country.parts if part.district}
    found = since if since in country.municipalities else districts.get(since)
    if found is None and since[:4] + "0" in country.municipalities:
        found = since[:4] + "0"
    if found is None:
        return None
    if since != code:
        survey.flaws.append(Flaw(number, "code", "repaired", f"{code} is {since} now"))
    return found


def _uris(properties: Mapping[str, Any]) -> tuple[str, ...]:
    said = properties.get("uris", properties.get("uri"))
    listed = said if isinstance(said, list) else str(said).split() if said else []
    if not all(isinstance(one, str) and _URI.fullmatch(one) for one in listed) or len(listed) > 8:
        raise _Refused("uri", "up to eight addresses such as tel:112 or https://centre.example")
    return tuple(listed)


def _civic(said: Any) -> tuple[dict[str, str], ...]:
    """Areas of addresses: an object of elements, or a list of such."""
    if said in (None, ""):
        return ()
    try:
        listed = msgspec.json.decode(said) if isinstance(said, str) else said
        found = msgspec.convert([listed] if isinstance(listed, dict) else listed, tuple[dict[str, str], ...])
    except msgspec.MsgspecError:
        raise _Refused("civic", 'it must be {"A1": "…", "A3": "…"}, or a list of such') from None
    if not all(1 <= len(one) <= 10 and all(name.isidentifier() for name in one) for one in found):
        raise _Refused("civic", "each must have one to ten elements of a civicAddress")
    return found


def _text(properties: Mapping[str, Any], *names: str) -> str:
    for name in names:
        said = properties.get(name)
        if said not in (None, "") and not isinstance(said, (dict, list)):
            return str(said).strip()[:200]
    return ""


def _instant(said: str, called: str) -> datetime | None:
    """An instant with its offset, or a day: 2026-07-01, 20260701."""
    if not said:
        return None
    day = re.fullmatch(r"\d{4}-?\d{2}-?\d{2}", said)
    try:
        at = datetime.combine(date.fromisoformat(said), time(), KOREA) if day else datetime.fromisoformat(said)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise _Refused(called, "it must be a day, 2026-07-01, or an instant with its offset")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise _Refused(called, "it lies outside all time") from None


def _covering(found: Sequence[tuple[int, Boundary]], survey: Survey) -> list[Boundary]:
    """Parents over their parts and areas that are there twice are refused; overlaps and gaps are named."""
    kept: list[Boundary] = []
    for service in sorted({one.service for _, one in found}):
        of = [(number, one) for number, one in found if one.service == service]
        left = _without_parents(of, survey)
        overlapping = _overlaps(left, survey)
        for at in sorted({one.valid_from for _, one in left}):
            _gaps([(number, one) for number, one in left if one.holds(at)], overlapping, survey)
        kept += [one for _, one in left]
    return kept


def _pairs(of: Sequence[tuple[int, Boundary]]) -> list[tuple[int, int, float]]:
    """(index, index, common area in m2) of those that hold at one time."""
    shapes = np.array([one.shape for _, one in of], dtype=object)
    tree = shapely.STRtree(shapes)
    one, other = tree.query(shapes, predicate="intersects")
    once = one < other
    pairs = [
        (int(a), int(b)) for a, b in zip(one[once], other[once], strict=True) if _together(of[int(a)][1], of[int(b)][1])
    ]
    return [(a, b, area) for a, b in pairs if (area := _m2(shapely.intersection(shapes[a], shapes[b]))) >= LEAST_M2]


def _together(one: Boundary, other: Boundary) -> bool:
    return (other.valid_to is None or one.valid_from < other.valid_to) and (
        one.valid_to is None or other.valid_from < one.valid_to
    )


def _without_parents(of: Sequence[tuple[int, Boundary]], survey: Survey) -> list[tuple[int, Boundary]]:
    areas = [_m2(one.shape) for _, one in of]
    inside: dict[int, list[int]] = {}
    twice: dict[int, int] = {}
    for a, b, common in _pairs(of):
        if common >= PARENT * max(areas[a], areas[b]):
            twice.setdefault(b, a)  # of three, the first stays
        elif common >= PARENT * areas[b]:
            inside.setdefault(a, []).append(b)
        elif common >= PARENT * areas[a]:
            inside.setdefault(b, []).append(a)
    refused: set[int] = set()
    for parent, parts in inside.items():
        if _m2(shapely.union_all([of[part][1].shape for part in parts])) >= PARENT * areas[parent]:
            names = ", ".join(of[part][1].name.ko for part in parts)
            survey.flaws.append(
                Flaw(of[parent][0], "parent", "refused", f"{of[parent][1].name.ko} lies over its own parts: {names}")
            )
            refused.add(parent)
    for again, first in twice.items():
        if first not in refused:
            survey.flaws.append(Flaw(of[again][0], "twice", "refused", f"the same area as feature {of[first][0]}"))
            refused.add(again)
    return [one for index, one in enumerate(of) if index not in refused]


def _overlaps(of: Sequence[tuple[int, Boundary]], survey: Survey) -> set[frozenset[str]]:
    """The ids of those that do."""
    found = set()
    for a, b, common in _pairs(of):
        first = min(of[a][1], of[b][1], key=lambda one: one.id).name.ko
        detail = f"with feature {of[b][0]} ({of[b][1].name.ko}): {common:,.0f} m2, where {first} answers"
        survey.flaws.append(Flaw(of[a][0], "overlap", "kept", detail))
        found.add(frozenset((of[a][1].id, of[b][1].id)))
    return found


def _gaps(of: Sequence[tuple[int, Boundary]], overlapping: set[frozenset[str]], survey: Survey) -> None:
    """What two or more boundaries leave between them: holes, and strips up to twice NARROW_M wide. An inlet of the sea touches one."""
    if len(of) < 2:
        return
    shapes = np.array([one.shape for _, one in of], dtype=object)
    tree = shapely.STRtree(shapes)
    across = float(np.cos(np.radians(float(np.mean(shapely.bounds(shapes)[:, 1::2])))))
    metre = np.array([across * DEGREE_M, DEGREE_M])
    flat = shapely.transform(shapes, lambda points: points * metre)
    for gap in (*_strips(flat, [one.id for _, one in of], overlapping), *_holes(shapes, tree, metre)):
        there = shapely.transform(gap, lambda points: points / metre)
        beside = sorted(tree.query(there, "dwithin", distance=2.0 / DEGREE_M).tolist())
        if gap.area < LEAST_M2 or len(beside) < 2:
            continue
        at = there.representative_point()
        names = ", ".join(of[index][1].name.ko for index in beside[:4])
        detail = f"{gap.area:,.0f} m2 near {at.y:.4f}, {at.x:.4f} between {names}: who answered there, answers on"
        flaw = Flaw(of[beside[0]][0], "gap", "kept", detail)
        if flaw not in survey.flaws:  # it was there before another boundary began
            survey.flaws.append(flaw)


def _strips(flat: NDArray[np.object_], ids: list[str], overlapping: set[frozenset[str]]) -> Iterator[BaseGeometry]:
    """Between borders that should be one line and are two, a little apart. In metres."""
    edges = shapely.coverage_invalid_edges(flat, gap_width=2 * NARROW_M)
    bands = shapely.buffer(edges, 2 * NARROW_M, quad_segs=2, cap_style="flat")
    tree, around = shapely.STRtree(bands), shapely.STRtree(flat)
    for one, other in tree.query(bands, "intersects").T.tolist():
        if one < other and frozenset((ids[one], ids[other])) not in overlapping:
            between = shapely.intersection(bands[one], bands[other])
            beside = flat[around.query(between, "intersects")]
            for shape in beside.tolist():
                between = between.difference(shape)
            yield from shapely.get_parts(between).tolist()


def _holes(shapes: NDArray[np.object_], tree: shapely.STRtree, metre: NDArray[np.float64]) -> Iterator[BaseGeometry]:
    """What the lines enclose that only one boundary has, and no boundary covers. In metres."""
    ends = []
    for ring in shapely.get_rings(shapely.get_parts(shapes)).tolist():
        points = np.rint(shapely.get_coordinates(ring) * 1e7).astype(np.int64)
        ends.append(np.hstack([points[:-1], points[1:]]))
    segments = np.concatenate(ends)
    turned = (segments[:, 0] > segments[:, 2]) | (
        (segments[:, 0] == segments[:, 2]) & (segments[:, 1] > segments[:, 3])
    )
    segments[turned] = segments[turned][:, [2, 3, 0, 1]]
    unique, counts = np.unique(segments, axis=0, return_counts=True)
    alone = shapely.linestrings((unique[counts == 1] / 1e7).reshape(-1, 2, 2))
    for face in shapely.get_parts(shapely.polygonize([shapely.unary_union(alone)])).tolist():
        inside = face.representative_point()
        if not len(tree.query(inside, "intersects")):
            hole = shapely.transform(face, lambda points: points * metre)
            if hole.area > 2 * NARROW_M * hole.length / 2:  # a narrower one is a strip
                yield hole


def _m2(geometry: BaseGeometry) -> float:
    across = float(np.cos(np.radians(geometry.centroid.y))) if not geometry.is_empty else 0.0
    return float(geometry.area) * across * DEGREE_M**2
