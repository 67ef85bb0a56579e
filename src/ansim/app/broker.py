"""What the country's broker is to hold everybody to: who may say what, and hear what. It is written from what the hub's operator has appointed, and holds
public keys only.
"""

from __future__ import annotations

import json
from pathlib import Path

from ansim.adapters.bus.nats import Names, user_of
from ansim.app.settings import HubSettings
from ansim.city.country.model import BEATS, DIRECTORY, HUB
from ansim.core.world import World
from ansim.response.handover.letters import subject
from ansim.trust.signed import own_key, public_from_text

STREAM = "ansim"


def users(settings: HubSettings) -> str:
    """The part `authorization` of the broker's settings. A centre says that it is there and writes letters, both as itself, and reads those to
    itself; the hub hears who is there and says so. Nobody else is let in.
    """
    hub = own_key(World(), Path(settings.key or settings.folder / "hub.key")).public_key()
    lines = [_user(user_of(hub), Names(STREAM, HUB).permissions(says=[DIRECTORY], hears=[BEATS], lays_out=True), HUB)]
    for centre, key in sorted(settings.appointed.items()):
        may = Names(STREAM, centre).permissions(
            publishes=[subject("*")], subscribes=[(subject(centre), centre)], says=[BEATS], hears=[DIRECTORY]
        )
        lines.append(_user(user_of(public_from_text(key)), may, centre))
    return "authorization {\n  users: [\n" + "".join(lines) + "  ]\n}\n"


def _user(nkey: str, may: tuple[list[str], list[str]], name: str) -> str:
    publish, subscribe = map(json.dumps, may)
    return (
        f"    # {name}\n    {{ nkey: {nkey}, permissions: {{\n"
        f"        publish: {{ allow: {publish} }}\n        subscribe: {{ allow: {subscribe} }} }} }}\n"
    )
