"""A guardian who can be reached in her browser: told at once, in words that only her browser reads."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansim.sim.phone import Guardian, Phone, Profile, read
from tests.adapters.loopback import PushService
from tests.flow.conftest import HER, House, opened

pytestmark = pytest.mark.flow


class Browser(Guardian, frozen=True, kw_only=True, omit_defaults=True):
    push: dict[str, Any]


async def pressed(house: House, service: PushService, *, silent: bool) -> tuple[Phone, dict[str, Any]]:
    """She pressed; the guardian's line on the screen of the operator who took it."""
    mother = Browser(name="어머니", relation="어머니", push=json.loads(service.subscription()))
    phone = await house.phone(profile=Profile(name="김하늘", guardians=[mother], codes=HER.codes))
    operator = await house.client("operator")
    receipt = await phone.sos(trigger="silent" if silent else "button", silent=silent)
    await house.settle()
    read(await operator.post(f"/api/incidents/{receipt.incident}/claim"))
    [line] = read(await operator.get(f"/api/incidents/{receipt.incident}"))["guardians"]
    return phone, line


@pytest.mark.parametrize("silent", [False, True])
async def test_her_browser_is_told(dsn: str, silent: bool) -> None:
    contact = "mailto:duty@centre.example"
    async with PushService() as service, opened(dsn, push_contact=contact, push_inside=True) as house:
        _, line = await pressed(house, service, silent=silent)
        [shown] = service.shown()
    assert [(receipt["channel"], receipt["state"]) for receipt in line["receipts"]] == [("push", "sent")]
    assert "김하늘" in str(shown["body"]) and str(shown["url"]).startswith("http://localhost")
    assert shown["silent"] is silent and ("도움" in str(shown["body"])) is not silent


async def test_a_browser_that_unsubscribed_is_said_to_be_so(dsn: str) -> None:
    contact = "mailto:duty@centre.example"
    async with PushService(410) as service, opened(dsn, push_contact=contact, push_inside=True) as house:
        _, line = await pressed(house, service, silent=False)
    assert len(service.calls) == 1
    [receipt] = line["receipts"]
    assert (receipt["state"], receipt["reason"]) == ("failed", "push service answered 410")


async def test_nobody_makes_the_centre_knock_at_its_own_doors(dsn: str) -> None:
    async with PushService() as service, opened(dsn, push_contact="mailto:duty@centre.example") as house:
        _, line = await pressed(house, service, silent=False)
    assert service.calls == [] and [receipt["state"] for receipt in line["receipts"]] == ["failed"]
