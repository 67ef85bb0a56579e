"""Enrolling and withdrawing over HTTP, and what is left on the disk afterwards."""

import logging
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ansim.city.people import actions
from ansim.city.people.contacts import Contacts
from ansim.city.people.credential import verify
from ansim.city.people.holdings import HOLDINGS
from ansim.core.clock import ManualClock
from ansim.core.database import Database
from ansim.trust import sealing
from ansim.trust.access.limits import PER_IDENTITY, Lane
from ansim.trust.ledger.sequencer import Sequencer
from ansim.trust.retention import actions as retention
from ansim.trust.retention.erasure import Eraser
from ansim.trust.retention.keys import Erased, Keys

from .conftest import REQUIRED, Phone

PROFILE = {
    "name": "김하나마커",
    "phone": "010-9876-5432",
    "note": "천식",
    "guardians": [{"name": "어머니마커", "relation": "어머니", "mail": "marker@example.org"}],
}


@pytest.fixture
def eraser(database: Database) -> Eraser:
    sequencer = Sequencer(database, "gangnam", Ed25519PrivateKey.generate(), ())
    return Eraser(database, database.use(Keys), sequencer, HOLDINGS)


async def enrolled(home: httpx.AsyncClient, phone: Phone, **more: Any) -> dict[str, Any]:
    version = (await home.get("/api/citizen/terms")).json()["version"]
    body = {"public_key": phone.jwk, "consents": REQUIRED, "terms_version": version, **more}
    answer = await home.post("/api/citizen/enrol", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_terms_are_shown_in_both_languages(home: httpx.AsyncClient) -> None:
    terms = (await home.get("/api/citizen/terms")).json()
    assert [item["key"] for item in terms["items"] if item["required"]] == REQUIRED
    for item in terms["items"]:
        assert all(item[part][language] for part in ("title", "text") for language in ("ko", "en"))
        assert "!" not in item["text"]["ko"] and "요." in item["text"]["ko"]


async def test_an_enrolled_phone_is_verified_offline(
    home: httpx.AsyncClient, database: Database, clock: ManualClock
) -> None:
    phone = Phone()
    answer = await enrolled(home, phone)
    sealing.public_from_jwk(answer["centre_key"])
    async with database.transaction() as tx:
        issuers = await actions.issuers(tx)
    at = clock.now()
    verdict = verify(
        answer["credential"],
        phone.prove_signal("abcdefgh", at),
        signal="abcdefgh",
        at=at,
        issuers=issuers,
        now=at,
    )
    assert (verdict.rank, verdict.person, verdict.home) == ("verified", answer["person"], "gangnam")


async def test_the_same_phone_again_is_the_same_person(home: httpx.AsyncClient, clock: ManualClock) -> None:
    phone = Phone()
    first = await enrolled(home, phone)
    await clock.advance(86_400)
    again = await enrolled(home, phone)
    assert again["person"] == first["person"] and again["valid_until"] > first["valid_until"]
    assert again["centre_key"] == first["centre_key"]
    assert (await enrolled(home, Phone()))["person"] != first["person"]


async def test_nobody_changes_a_profile_by_knowing_a_public_key(home: httpx.AsyncClient, database: Database) -> None:
    phone = Phone()
    person = (await enrolled(home, phone, consents=[*REQUIRED, "contacts"], profile=PROFILE))["person"]
    await enrolled(home, phone, consents=[*REQUIRED, "contacts"], profile={"name": "somebody else"})
    async with database.transaction() as tx:
        kept = await actions.profile_of(tx, person)
    assert kept is not None and kept.name == PROFILE["name"] and kept.guardians[0].mail == "marker@example.org"


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"consents": REQUIRED[1:]}, 422, "consents"),
        ({"consents": [*REQUIRED, "everything"]}, 422, f"consents[{len(REQUIRED)}]"),
        ({"terms_version": "2001-01"}, 409, "terms_version"),
        ({"profile": PROFILE}, 422, "profile"),
        (
            {"consents": [*REQUIRED, "contacts"], "profile": {"guardians": [{"name": "x"}]}},
            422,
            "profile.guardians[0]",
        ),
        ({"public_key": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}}, 422, "public_key"),
        ({"public_key": {"kty": "RSA"}}, 400, None),
        ({"consents": "all"}, 400, None),
        ({"extra": 1}, 400, None),
    ],
)
async def test_bad_enrolments_say_what_is_wrong(
    home: httpx.AsyncClient, change: dict[str, Any], status: int, field: str | None
) -> None:
    version = (await home.get("/api/citizen/terms")).json()["version"]
    body = {"public_key": Phone().jwk, "consents": REQUIRED, "terms_version": version, **change}
    answer = await home.post("/api/citizen/enrol", json=body)
    assert (answer.status_code, answer.json().get("field")) == (status, field), answer.text


async def test_garbage_is_a_4xx(home: httpx.AsyncClient) -> None:
    bodies = [b"", b"{", b"[]", b"null", b"\xff", b'{"credential":"a\\u0000","proof":"b"}']
    for path in ("enrol", "withdraw", "devices"):
        for body in bodies:
            answer = await home.post(f"/api/citizen/{path}", content=body, headers={"content-type": "application/json"})
            assert 400 <= answer.status_code < 500, (path, body, answer.text)


async def test_withdrawal_destroys_what_was_kept(home: httpx.AsyncClient, database: Database, eraser: Eraser) -> None:
    phone = Phone()
    answer = await enrolled(home, phone, consents=[*REQUIRED, "contacts"], profile=PROFILE)
    async with database.transaction(readonly=True) as tx:
        row = await tx.fetchrow("SELECT * FROM person WHERE id = $1", answer["person"])
    assert row is not None and "마커" not in str(dict(row))

    stranger = {
        "credential": answer["credential"],
        "proof": Phone().prove("ansim withdraw", answer["credential"]),
    }
    assert (await home.post("/api/citizen/withdraw", json=stranger)).status_code == 403
    own = {"credential": answer["credential"], "proof": phone.prove("ansim withdraw", answer["credential"])}
    assert (await home.post("/api/citizen/withdraw", json=own)).status_code == 204
    assert (await home.post("/api/citizen/withdraw", json=own)).status_code == 204

    assert (await enrolled(home, phone))["person"] != answer["person"]
    await eraser.finish_all()
    with pytest.raises(Erased):
        database.use(Keys).open(row["slot"], bytes(row["profile_sealed"]), b"profile/" + answer["person"].encode())
    async with database.transaction(readonly=True) as tx:
        assert await actions.profile_of(tx, answer["person"]) is None
        left = await tx.fetchrow("SELECT * FROM person WHERE id = $1", answer["person"])
        assert left is not None and (left["thumbprint"], left["profile_sealed"]) == (None, None)
        assert await tx.fetchval("SELECT count(*) FROM consent WHERE person = $1", answer["person"]) == 0
        entries = await tx.fetch("SELECT act FROM ledger_entry WHERE actor = $1 ORDER BY act", answer["person"])
        done = await tx.fetchrow("SELECT * FROM destruction WHERE subject = $1", answer["person"])
    assert [row["act"] for row in entries] == ["person.enrolled", "person.erase-ordered", "person.withdrawn"]
    assert done is not None and done["certified_at"] is not None


async def test_whoever_does_not_renew_is_forgotten(
    home: httpx.AsyncClient, database: Database, clock: ManualClock, eraser: Eraser
) -> None:
    phone, renewing = Phone(), Phone()
    await enrolled(home, phone)
    person = (await enrolled(home, renewing))["person"]
    await clock.advance(300 * 86_400)
    await enrolled(home, renewing)
    await clock.advance(66 * 86_400)
    async with database.transaction() as tx:
        for timer in await tx.fetch("SELECT subject FROM timer WHERE due_at <= $1", tx.at):
            await retention.due(tx, timer["subject"])
    await eraser.finish_all()
    async with database.transaction(readonly=True) as tx:
        left = await tx.fetch("SELECT id FROM person WHERE thumbprint IS NOT NULL")
    assert [row["id"] for row in left] == [person]


async def test_a_tracker_speaks_under_a_name_we_gave_it(home: httpx.AsyncClient, database: Database) -> None:
    phone = Phone()
    answer = await enrolled(home, phone)
    own = {"credential": answer["credential"], "proof": phone.prove("ansim device", answer["credential"])}
    added = [await home.post("/api/citizen/devices", json=own) for _ in range(6)]
    assert [one.status_code for one in added] == [201] * 5 + [409]
    device = added[0].json()["device"]
    async with database.transaction() as tx:
        assert await actions.person_of_device(tx, device) == answer["person"]
        assert await actions.person_of_device(tx, "123456") is None
        kept = str([dict(row) for row in await tx.fetch("SELECT * FROM device")])
    assert device not in kept
    wrong = {**own, "proof": phone.prove("ansim withdraw", answer["credential"])}
    assert (await home.post("/api/citizen/devices", json=wrong)).status_code == 403


async def test_one_phone_cannot_fill_the_disk(home: httpx.AsyncClient, clock: ManualClock) -> None:
    phone, rate = Phone(), PER_IDENTITY[Lane.TRIP]
    for _ in range(int(rate.burst)):
        await enrolled(home, phone)
    version = (await home.get("/api/citizen/terms")).json()["version"]
    body = {"public_key": phone.jwk, "consents": REQUIRED, "terms_version": version}
    refused = await home.post("/api/citizen/enrol", json=body)
    assert refused.status_code == 429
    await enrolled(home, Phone())
    await clock.advance(refused.json()["retry_after_s"])
    await enrolled(home, phone)


async def test_push_key_is_a_point_of_p256(home: httpx.AsyncClient) -> None:
    first = (await home.get("/api/citizen/push-key")).json()
    assert len(first["key"]) == 87 and first["key"].startswith("B")
    assert (await home.get("/api/citizen/push-key")).json() == first


async def test_logs_and_errors_name_nobody(home: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await enrolled(home, Phone(), consents=[*REQUIRED, "contacts"], profile=PROFILE)
    bad = {"guardians": [{"name": "어머니마커", "mail": "marker-at-example"}]}
    version = (await home.get("/api/citizen/terms")).json()["version"]
    body = {
        "public_key": Phone().jwk,
        "consents": [*REQUIRED, "contacts"],
        "terms_version": version,
        "profile": bad,
    }
    answer = await home.post("/api/citizen/enrol", json=body)
    assert answer.status_code == 422
    for said in (caplog.text, answer.text):
        assert "마커" not in said and "marker" not in said


def test_contacts_left_with_us_are_the_same_form_as_in_an_sos() -> None:
    assert {"name", "phone", "note", "guardians", "codes"} <= set(Contacts.__struct_fields__)
