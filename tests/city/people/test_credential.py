"""Credentials and proofs: every way they can be right, old, foreign or false; and none of them raises."""

import base64
import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as some

from ansim.city.people.actions import thumbprint_of
from ansim.city.people.credential import Credential, Jwk, Verdict, issue, verify

from .conftest import Phone

NOW = datetime(2026, 11, 22, 7, 0, 0, 123456, tzinfo=UTC)
HOME = Ed25519PrivateKey.from_private_bytes(b"h" * 32)
OTHER = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
ISSUERS = {"gangnam": [b"0" * 32, HOME.public_key().public_bytes_raw()]}
PHONE = Phone()


def claims(**change: object) -> Credential:
    start = int(NOW.timestamp()) - 10
    whole = {"sub": "p1", "jwk": PHONE.key, "iss": "gangnam", "iat": start, "exp": start + 100, **change}
    return Credential(**whole)  # type: ignore[arg-type]


def judged(credential: str | None, proof: str | None, *, signal: str = "abcdefgh", now: datetime = NOW) -> Verdict:
    return verify(credential, proof, signal=signal, at=NOW, issuers=ISSUERS, now=now)


def test_right() -> None:
    credential = issue(HOME, claims())
    assert judged(credential, PHONE.prove_signal("abcdefgh", NOW)) == Verdict(
        rank="verified", person="p1", home="gangnam"
    )


def test_the_proof_is_over_the_text_a_browser_signs() -> None:
    proof = PHONE.prove("ansim signal", "abcdefgh", "2026-11-22T07:00:00.123Z")
    assert judged(issue(HOME, claims()), proof).rank == "verified"


@pytest.mark.parametrize(
    ("credential", "proof", "rank"),
    [
        pytest.param(None, None, "none", id="nothing"),
        pytest.param("", "x", "none", id="an empty one"),
        pytest.param(issue(HOME, claims()), None, "unknown", id="without proof"),
        pytest.param(
            issue(HOME, claims(iss="busan")), PHONE.prove_signal("abcdefgh", NOW), "unknown", id="another home's"
        ),
        pytest.param(issue(OTHER, claims()), PHONE.prove_signal("abcdefgh", NOW), "forged", id="signed by another"),
        pytest.param(
            issue(HOME, claims()), PHONE.prove_signal("another1", NOW), "forged", id="proof of another signal"
        ),
        pytest.param(
            issue(HOME, claims()),
            PHONE.prove_signal("abcdefgh", NOW + timedelta(seconds=1)),
            "forged",
            id="proof of another instant",
        ),
        pytest.param(
            issue(HOME, claims()), Phone().prove_signal("abcdefgh", NOW), "forged", id="proof of another phone"
        ),
        pytest.param(
            issue(HOME, claims(iat=int(NOW.timestamp()) + 3600)),
            PHONE.prove_signal("abcdefgh", NOW),
            "forged",
            id="issued tomorrow",
        ),
        pytest.param(
            issue(HOME, claims(exp=int(NOW.timestamp()))), PHONE.prove_signal("abcdefgh", NOW), "expired", id="expired"
        ),
        pytest.param(
            issue(HOME, claims(jwk=Jwk(kty="EC", crv="P-256", x="AA", y="AA"))),
            "x",
            "forged",
            id="no point on the curve",
        ),
        pytest.param("a.b.c", "x", "forged", id="three letters"),
        pytest.param("한글.b.c", "x", "forged", id="not ASCII"),
        pytest.param("x" * 5000, "x", "forged", id="too long"),
    ],
)
def test_every_other_way(credential: str | None, proof: str | None, rank: str) -> None:
    verdict = judged(credential, proof)
    assert verdict.rank == rank
    assert (verdict.person is not None) == (rank in ("verified", "expired"))


@pytest.mark.parametrize("alg", ["none", "HS256", "ES256", "eddsa"])
def test_the_sender_does_not_choose_the_algorithm(alg: str) -> None:
    _, body, signature = issue(HOME, claims()).split(".")
    header = (
        base64.urlsafe_b64encode(json.dumps({"alg": alg, "typ": "ansim-person+jwt"}).encode()).rstrip(b"=").decode()
    )
    assert judged(f"{header}.{body}.{signature}", PHONE.prove_signal("abcdefgh", NOW)).rank == "forged"


@settings(deadline=None)
@given(at=some.integers(0, 10_000), to=some.characters(min_codepoint=33, max_codepoint=126))
def test_no_changed_character_is_accepted(at: int, to: str) -> None:
    whole = issue(HOME, claims())
    at %= len(whole)
    changed = whole[:at] + to + whole[at + 1 :]
    # The last character of a base64 group carries spare bits: a change there may leave the same bytes.
    if _bytes(changed) != _bytes(whole):
        assert judged(changed, PHONE.prove_signal("abcdefgh", NOW)).person is None


def _bytes(credential: str) -> list[bytes] | None:
    try:
        return [base64.b64decode(part + "=" * (-len(part) % 4), b"-_", True) for part in credential.split(".")]
    except ValueError:
        return None


@settings(deadline=None)
@given(some.text(max_size=200), some.text(max_size=200))
def test_any_text(credential: str, proof: str) -> None:
    assert judged(credential, proof).person is None


@settings(deadline=None)
@given(some.text(max_size=100))
def test_any_proof(proof: str) -> None:
    assert judged(issue(HOME, claims()), proof).rank in ("forged", "unknown")


def test_thumbprint_is_that_of_rfc_7638() -> None:
    # The key of RFC 7517 appendix A.1; the thumbprint is sha256sum's of its members written out in order.
    key = msgspec.convert(
        {
            "kty": "EC",
            "crv": "P-256",
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        },
        Jwk,
    )
    found = base64.urlsafe_b64encode(thumbprint_of(key)).rstrip(b"=").decode()
    assert found == "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s"
