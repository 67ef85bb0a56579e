"""The protocols that devices speak on TCP, by name."""

from __future__ import annotations

from ansim.adapters.trackers.gt06 import Gt06
from ansim.adapters.trackers.h02 import H02
from ansim.adapters.trackers.protocol import Protocol

PROTOCOLS: dict[str, type[Protocol]] = {one.name: one for one in (H02, Gt06)}
