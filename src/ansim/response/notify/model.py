"""What a page says of messages that were sent."""

from __future__ import annotations

from datetime import datetime

import msgspec


class ToldReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a message arrived, and where. `who` is a guardian's name; null for herself."""

    who: str | None
    channel: str
    state: str
    at: datetime
