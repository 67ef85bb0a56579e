"""The protocols that devices speak on TCP, by name."""

from __future__ import annotations

from ansim.adapters.trackers.gps103 import Gps103
from ansim.adapters.trackers.gt06 import Gt06
from ansim.adapters.trackers.h02 import H02
from ansim.adapters.trackers.jt808 import Jt808
from ansim.adapters.trackers.protocol import Protocol
from ansim.adapters.trackers.watch import Watch

PROTOCOLS: dict[str, type[Protocol]] = {one.name: one for one in (H02, Gt06, Watch, Gps103, Jt808)}
