"""What she and the scouts say on the way, each by her own page: the same few words from both sides."""

from __future__ import annotations

from typing import Literal

import msgspec

from ansim.core.database import Transaction
from ansim.core.errors import Problem
from ansim.core.position import Position
from ansim.response.escorts import actions
from ansim.response.escorts.model import Code, EscortRow, Side

Word = Literal["here", "met", "more", "arrived", "hand-over", "no-show", "cancel", "sos"]
_OF: dict[Side, frozenset[str]] = {
    "walker": frozenset({"met", "more", "arrived", "cancel", "sos"}),
    "scout": frozenset({"here", "met", "more", "arrived", "hand-over", "no-show", "sos"}),
    "incoming": frozenset({"met", "sos"}),
}


class Said(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One word; `code` is the other side's number and goes with "met". `position` is where she who says it is."""

    say: Word
    code: Code | None = None
    position: Position | None = None


async def say(tx: Transaction, escort: EscortRow, side: Side, said: Said, actor: str) -> EscortRow:
    """Raises Problem 403, 409, 410, 422; saying the same twice is harmless."""
    if said.say not in _OF[side]:
        raise Problem(422, "escort.word", "Not for this side to say", field="say")
    if not escort.open:
        if said.say in ("arrived", "cancel"):
            return escort
        raise Problem(410, "escort.ended", "It is over", "Nothing of the way is kept any more.")
    escort = actions.located(tx, escort, said.position)
    match said.say:
        case "here":
            return await actions.here(tx, escort, actor)
        case "met":
            if said.code is None:
                raise Problem(422, "escort.number", "The other side's number is missing", field="code")
            return await actions.met(tx, escort, side, said.code, actor)
        case "more":
            return await actions.more(tx, escort, actor)
        case "arrived":
            return await actions.arrived(tx, escort, side, actor)
        case "hand-over":
            return await actions.ask_hand_over(tx, escort, actor)
        case "no-show":
            return await actions.no_show(tx, escort, actor)
        case "cancel":
            return await actions.cancel(tx, escort, actor)
        case "sos":
            return await actions.call_for_help(tx, escort, "button", actor)
