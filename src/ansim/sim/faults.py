"""What can be wrong with a simulated camera, on demand: what real ones do, one at a time."""

from __future__ import annotations

from typing import Literal, get_args

Fault = Literal[
    "refuse", "freeze", "stall", "drop", "clock", "resize", "keyless", "h265", "offline", "address", "malformed",
    "single",
]  # fmt: skip
FAULTS: dict[Fault, str] = {
    "refuse": "the account is wrong, for pictures and for questions",
    "freeze": "the same picture goes on being sent",
    "stall": "connected but silent: no pictures, no answer to a question",
    "drop": "every twentieth packet is lost",
    "clock": "its clock is an hour late, and it judges a sign-in by it",
    "resize": "its encoder starts anew at half the size, with other parameter sets",
    "keyless": "no key frames come, as with encoders that refresh a picture piece by piece",
    "h265": "its main stream is H.265; the second one stays H.264",
    "offline": "connections are cut and new ones refused",
    "address": "the addresses it gives are of another network",
    "single": "it gives one session, and refuses whoever comes second",
    "malformed": "its XML names a prefix that it never declares",
}
LATE_S = 3600.0
"""How late a camera's clock is under `clock`."""
ELSEWHERE = "192.0.2.7"
"""The address a camera gives under `address` (RFC 5737: nobody has it)."""

assert set(FAULTS) == set(get_args(Fault))
