"""What whoever speaks Web Authentication must do (trust.access.passkey.Passkeys). An adapter joins by a maker."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ansim.adapters.identity.passkeys import SitePasskeys
from ansim.trust.access.passkey import Passkey, PasskeyRefused, Passkeys
from tests.trust.access.authenticator import SecurityKey

SITE, ORIGIN = "centre.example", "https://centre.example"
ASKED, OTHER = b"asked-for-by-us-0123456789abcdef", b"another-challenge-0123456789abcd"

MAKERS: dict[str, Callable[[], Passkeys]] = {"site": lambda: SitePasskeys(SITE, [ORIGIN])}


@pytest.fixture(params=MAKERS)
def passkeys(request: pytest.FixtureRequest) -> Passkeys:
    return MAKERS[request.param]()


def create(passkeys: Passkeys, challenge: bytes = ASKED) -> dict[str, Any]:
    return passkeys.registration_options(account="a1", name="kim", challenge=challenge, known=[])


def registered(passkeys: Passkeys, key: SecurityKey) -> Passkey:
    return passkeys.registered(key.create(create(passkeys), ORIGIN), challenge=ASKED)


def test_a_key_is_registered_and_proves_itself(passkeys: Passkeys) -> None:
    key = SecurityKey()
    passkey = registered(passkeys, key)
    assert passkey.id == key.id and passkey.public_key
    options = passkeys.request_options(challenge=OTHER, known=[passkey.id])
    answer = key.get(options, ORIGIN)
    assert passkeys.answering(answer) == passkey.id
    assert passkeys.proven(answer, challenge=OTHER, passkey=passkey) == 1


def test_what_a_page_is_given_is_plain_json_for_this_site(passkeys: Passkeys) -> None:
    made = create(passkeys)
    assert json.loads(json.dumps(made)) == made and made["rp"]["id"] == SITE
    assert made["authenticatorSelection"]["userVerification"] == "required"
    asked = passkeys.request_options(challenge=ASKED, known=[b"k1", b"k2"])
    assert json.loads(json.dumps(asked)) == asked and asked["rpId"] == SITE  # type: ignore[comparison-overlap]
    assert len(asked["allowCredentials"]) == 2 and asked["userVerification"] == "required"  # type: ignore[arg-type]


def test_what_is_known_already_is_not_made_again(passkeys: Passkeys) -> None:
    options: Any = passkeys.registration_options(account="a1", name="kim", challenge=ASKED, known=[b"k1"])
    assert len(options["excludeCredentials"]) == 1


@pytest.mark.parametrize("lie", ["challenge", "origin", "site"])
def test_a_registration_for_something_else_is_refused(passkeys: Passkeys, lie: str) -> None:
    options: Any = create(passkeys, OTHER if lie == "challenge" else ASKED)
    if lie == "site":
        options["rp"]["id"] = "evil.example"
    answer = SecurityKey().create(options, "https://evil.example" if lie == "origin" else ORIGIN)
    with pytest.raises(PasskeyRefused):
        passkeys.registered(answer, challenge=ASKED)


@pytest.mark.parametrize("lie", ["challenge", "origin", "site", "key", "unverified", "counter"])
def test_a_proof_of_something_else_is_refused(passkeys: Passkeys, lie: str) -> None:
    key = SecurityKey()
    passkey = registered(passkeys, key)
    options: Any = passkeys.request_options(challenge=OTHER if lie == "challenge" else ASKED, known=[passkey.id])
    if lie == "site":
        options["rpId"] = "evil.example"
    if lie == "counter":
        passkey = Passkey(id=passkey.id, public_key=passkey.public_key, uses=7)
    signing = SecurityKey() if lie == "key" else key
    answer = signing.get(options, "https://evil.example" if lie == "origin" else ORIGIN, verified=lie != "unverified")
    with pytest.raises(PasskeyRefused):
        passkeys.proven(answer, challenge=ASKED, passkey=passkey)


@pytest.mark.parametrize(
    "answer",
    [{}, {"id": 7}, {"id": "a", "rawId": "b", "type": "public-key", "response": {}}, {"response": []}, {"id": "\x00"}],
)
def test_what_is_no_answer_at_all_is_refused(passkeys: Passkeys, answer: dict[str, object]) -> None:
    passkey = registered(passkeys, SecurityKey())
    for call in (
        lambda: passkeys.registered(answer, challenge=ASKED),
        lambda: passkeys.answering(answer),
        lambda: passkeys.proven(answer, challenge=ASKED, passkey=passkey),
    ):
        with pytest.raises(PasskeyRefused):
            call()
