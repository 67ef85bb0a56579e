"""XML from strangers: parsed without entities, definitions or the network. What brings any of them is refused before it means anything."""

from __future__ import annotations

from lxml import etree

from ansim.core.errors import Problem

LARGEST = 128 * 1024

Element = etree._Element

_PARSER = etree.XMLParser(
    resolve_entities=False, load_dtd=False, dtd_validation=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
)  # fmt: skip


def parse(body: bytes) -> Element:
    """The root. Raises Problem 400 for what is no XML, and for a document that defines anything."""
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise _defines()
    try:
        root = etree.fromstring(body, _PARSER)
    except (etree.XMLSyntaxError, ValueError):
        raise Problem(400, "xml.form", "This is no well-formed XML", field="body") from None
    if root is None:
        raise Problem(400, "xml.form", "There is no element in this document", field="body")
    if root.getroottree().docinfo.internalDTD is not None:  # in an encoding in which it could not be seen before
        raise _defines()
    return root


def name(element: Element) -> str:
    """Without its namespace."""
    return str(element.tag).rpartition("}")[2]


def namespace(element: Element) -> str:
    return str(element.tag)[1:].rpartition("}")[0]


def child(element: Element, *named: str) -> Element | None:
    """The first child of that name, whatever its namespace: senders mix them up."""
    return next((one for one in element if name(one) in named), None)


def text(element: Element | None) -> str:
    if element is None:
        return ""
    if not len(element):
        return (element.text or "").strip()
    return "".join(str(one) for one in element.itertext()).strip()


def _defines() -> Problem:
    return Problem(
        400,
        "xml.definitions",
        "Documents with definitions are not read",
        "Send it without DOCTYPE and ENTITY.",
        field="body",
    )
