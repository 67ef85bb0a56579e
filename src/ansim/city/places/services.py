"""What help can be asked for, by its name (RFC 5031), and what answers where that name has no boundaries of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterator

SOS = "urn:service:sos"
SAFETY = "urn:service:sos.ansim"
"""Ours: an operator who sees cameras near her and asks 112 or 119. Not registered with IANA, so it means something only here."""

NATIONAL = {"urn:service:sos.police": "112", "urn:service:sos.fire": "119", "urn:service:sos.ambulance": "119"}
"""Answered everywhere in the country by one number, unless boundaries of their own were imported."""

PACKAGED = (SOS, SAFETY, *NATIONAL)

_I3 = "urn:emergency:service:sos"
"""How NENA i3 calls it between its servers."""


def standing_in(service: str) -> Iterator[str]:
    """The service itself, then what may answer in its place (RFC 5222, 8.3.2), nearest first: urn:service:sos.animal-control, urn:service:sos."""
    yield service
    while "." in service:
        service = service.rpartition(".")[0]
        yield service
    if service == _I3:
        yield SOS


def children(service: str | None, known: Collection[str]) -> list[str]:
    """The services one step below; those at the top without one (RFC 5222, 10)."""
    if service is None:
        return sorted({name.partition(".")[0] for name in known})
    below = [name for name in known if name.startswith(f"{service}.")]
    return sorted({".".join(name.split(".")[: service.count(".") + 2]) for name in below})
