"""RFC 6238 appendix B's vectors, and refusal of a code used before."""

from datetime import UTC, datetime

import pytest

from ansim.trust.access import totp

SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_published_vectors(at: int, code: str) -> None:
    step = totp.step_of(datetime.fromtimestamp(at, UTC))
    assert totp.code_at(SECRET, step, digits=8) == code
    assert totp.matching_step(SECRET, code[2:], datetime.fromtimestamp(at, UTC), after=0) == step


def test_one_step_of_drift_and_no_more() -> None:
    at = datetime(2026, 11, 22, 7, 0, 10, tzinfo=UTC)
    now = totp.step_of(at)
    found = [totp.matching_step(SECRET, totp.code_at(SECRET, now + drift), at, after=0) for drift in range(-2, 3)]
    assert found == [None, now - 1, now, now + 1, None]


def test_a_used_step_and_every_earlier_one_is_refused() -> None:
    at = datetime(2026, 11, 22, 7, 0, 10, tzinfo=UTC)
    now = totp.step_of(at)
    for drift in (-1, 0):
        assert totp.matching_step(SECRET, totp.code_at(SECRET, now + drift), at, after=now) is None
    assert totp.matching_step(SECRET, totp.code_at(SECRET, now + 1), at, after=now) == now + 1


@pytest.mark.parametrize("code", ["", "12345", "1234567", "12345a", "１２３４５６", "\x00" * 6])
def test_what_is_no_code(code: str) -> None:
    assert totp.matching_step(SECRET, code, datetime(2026, 11, 22, tzinfo=UTC), after=0) is None


def test_address_for_an_authenticator_app() -> None:
    assert totp.uri(SECRET, "kim@centre") == (
        "otpauth://totp/ansim:kim%40centre?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=ansim"
    )
