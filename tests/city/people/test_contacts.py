"""What a phone says about its person: everything that makes sense is kept, nothing ever stands in the way."""

import base64
import hashlib
import json
from contextlib import suppress
from datetime import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from ansim.city.people.contacts import LARGEST, Contacts, check_code, read_contacts

MOTHER = {"name": "어머니", "relation": "어머니", "mail": "mother@example.org", "phone": "+82 10-1234-5678"}
PUSH = {"endpoint": "https://push.example.org/x", "keys": {"p256dh": "BBBB", "auth": "AAAA"}}


def read(**part: Any) -> Contacts:
    return read_contacts(json.dumps(part).encode())


def verifier(code: str, iterations: int = 1000) -> dict[str, object]:
    salt = b"0123456789abcdef"

    def text(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    hashed = hashlib.pbkdf2_hmac("sha256", code.encode(), salt, iterations)
    return {"salt": text(salt), "iterations": iterations, "hash": text(hashed)}


def test_a_whole_profile_is_read_whole() -> None:
    found = read(name="김하나", phone="010-1234-5678", note="천식", guardians=[MOTHER, {"name": "b", "push": PUSH}])
    assert (found.name, found.phone, found.note, found.flaws) == ("김하나", "010-1234-5678", "천식", [])
    assert [guardian.name for guardian in found.guardians] == ["어머니", "b"]
    assert found.guardians[1].push is not None


@pytest.mark.parametrize(
    ("part", "flaw"),
    [
        ({"name": 7}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"phone": "call me"}, "phone"),
        ({"note": ["a"]}, "note"),
        ({"guardians": "mother"}, "guardians"),
        ({"guardians": [MOTHER, {"name": "nobody"}]}, "guardians[1]"),
        ({"guardians": [{"name": "a", "mail": "not a mail"}, MOTHER]}, "guardians[0]"),
        ({"guardians": [{"name": "a", "push": {"endpoint": "ftp://x", "keys": {}}}]}, "guardians[0]"),
        ({"codes": {"cancel": "1"}}, "codes"),
        ({"codes": {"cancel": {**verifier("1234"), "iterations": 10**9}}}, "codes"),
    ],
)
def test_what_is_wrong_is_left_out_and_named(part: dict[str, Any], flaw: str) -> None:
    found = read(**{"name": "kept", "note": "kept", **part})
    assert found.flaws == [flaw]
    assert "kept" in (found.name, found.note)
    assert all(guardian.name == "어머니" for guardian in found.guardians)


def test_more_guardians_than_anybody_has() -> None:
    found = read(guardians=[MOTHER] * 12)
    assert (len(found.guardians), found.flaws) == (10, ["guardians[10..]"])


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"[]",
        b"null",
        b"7",
        b"{",
        b"\xff\xfe",
        b"[" * 5000,
        b'{"name":' + b"[" * 4000,
        b"{" + b" " * LARGEST,
    ],
)
def test_garbage_is_a_value_error(garbage: bytes) -> None:
    with pytest.raises(ValueError):
        read_contacts(garbage)


@settings(deadline=None)
@given(some.binary(max_size=300))
def test_any_bytes(plaintext: bytes) -> None:
    with suppress(ValueError):
        assert isinstance(read_contacts(plaintext), Contacts)


ANYTHING = some.recursive(
    some.none()
    | some.booleans()
    | some.integers()
    | some.floats(allow_nan=False, allow_infinity=False)
    | some.text(max_size=20),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)
@given(some.dictionaries(some.sampled_from(["name", "phone", "note", "guardians", "codes", "flaws", "x"]), ANYTHING))
def test_any_object_is_read_and_says_what_it_lost(given_parts: dict[str, Any]) -> None:
    found = read_contacts(json.dumps(given_parts).encode())
    for part in ("name", "phone", "note"):
        lost = given_parts.get(part) not in (None, "") and not getattr(found, part)
        assert lost == (part in found.flaws)
    assert check_code(found, "0000") in ("cancel", "duress", "wrong")


@pytest.mark.parametrize("form", [str, verifier])
def test_codes(form: Any) -> None:
    found = read(codes={"cancel": form("1234"), "duress": form("9876")})
    assert [check_code(found, code) for code in ("1234", " 1234 ", "9876", "0000", "", "x" * 500)] == [
        "cancel", "cancel", "duress", "wrong", "wrong", "wrong",
    ]  # fmt: skip


def test_the_same_number_twice_is_duress() -> None:
    assert check_code(read(codes={"cancel": "1234", "duress": "1234"}), "1234") == "duress"
    assert check_code(read(codes={"cancel": "1234"}), "1234") == "cancel"
    assert check_code(None, "1234") == check_code(read(), "1234") == "wrong"


def test_codes_are_not_shown() -> None:
    assert "1234" not in repr(read(codes={"cancel": "1234", "duress": "9876"}))


@pytest.mark.parametrize(
    ("begin", "end", "at", "quiet"),
    [
        ("22:00", "07:00", "23:47", True),
        ("22:00", "07:00", "06:59", True),
        ("22:00", "07:00", "07:00", False),
        ("22:00", "07:00", "12:00", False),
        ("13:00", "15:00", "14:00", True),
        ("13:00", "15:00", "15:00", False),
        ("22:00", "", "23:47", False),
        ("late", "early", "23:47", False),
        ("08:00", "08:00", "08:00", False),
    ],
)
def test_quiet_hours_are_those_of_a_clock_and_what_is_no_time_is_no_quiet(
    begin: str, end: str, at: str, quiet: bool
) -> None:
    [guardian] = read(guardians=[{**MOTHER, "quiet_from": begin, "quiet_until": end}]).guardians
    assert guardian.is_quiet(time.fromisoformat(at)) is quiet
