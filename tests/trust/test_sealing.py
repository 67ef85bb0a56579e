"""HPKE against the vectors of RFC 9180 A.3.1 and against another implementation."""

import pytest
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import ec

from ansim.core.errors import Problem
from ansim.trust import sealing

# RFC 9180 A.3.1: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, base mode, sequence number 0.
INFO = bytes.fromhex("4f6465206f6e2061204772656369616e2055726e")
RECIPIENT = bytes.fromhex("f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2")
EPHEMERAL = bytes.fromhex("4995788ef4b9d6132b249ce59a77281493eb39af373d236a1fe415cb0c2d7beb")
ENC = bytes.fromhex(
    "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325a"
    "c98536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4"
)
PLAINTEXT = bytes.fromhex("4265617574792069732074727574682c20747275746820626561757479")
AAD = bytes.fromhex("436f756e742d30")
CIPHERTEXT = bytes.fromhex("5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434")


def test_the_published_vector_both_ways() -> None:
    recipient, ephemeral = sealing.private_from_bytes(RECIPIENT), sealing.private_from_bytes(EPHEMERAL)
    sealed = sealing.seal(recipient.public_key(), PLAINTEXT, INFO, AAD, aead=sealing.AES_128_GCM, ephemeral=ephemeral)
    assert sealed == ENC + CIPHERTEXT
    assert sealing.open(recipient, ENC + CIPHERTEXT, INFO, AAD, aead=sealing.AES_128_GCM) == PLAINTEXT


def test_it_agrees_with_another_implementation_both_ways() -> None:
    suite = hpke.Suite(hpke.KEM.P256, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
    private = sealing.generate()
    public = private.public_key()
    assert suite.decrypt(sealing.seal(public, b"text", b"info", b""), private, b"info") == b"text"
    assert sealing.open(private, suite.encrypt(b"text", public, b"info"), b"info", b"") == b"text"


def test_nothing_opens_for_another_key_purpose_or_thing() -> None:
    private = sealing.generate()
    sealed = sealing.seal(private.public_key(), b"text", b"info", b"aad")
    assert sealing.open(private, sealed, b"info", b"aad") == b"text"
    assert len(sealed) == len(b"text") + 81
    tries = [
        (sealing.generate(), sealed, b"info", b"aad"),
        (private, sealed, b"Info", b"aad"),
        (private, sealed, b"info", b"Aad"),
        (private, sealed[:-1], b"info", b"aad"),
        (private, sealed[:65], b"info", b"aad"),
        (private, b"", b"info", b"aad"),
        (private, b"\x04" + bytes(64) + sealed[65:], b"info", b"aad"),
        (private, b"\x00" + sealed[1:], b"info", b"aad"),
    ]
    for key, content, info, aad in tries:
        with pytest.raises(sealing.NotForUs):
            sealing.open(key, content, info, aad)


def test_keys_travel_as_jwk_and_as_32_bytes() -> None:
    private = sealing.private_from_bytes(RECIPIENT)
    assert sealing.private_bytes(private) == RECIPIENT
    jwk = sealing.public_jwk(private.public_key())
    assert jwk["kty"] == "EC"
    assert jwk["crv"] == "P-256"
    assert len(jwk["x"]) == len(jwk["y"]) == 43
    assert (
        sealing.public_from_jwk({**jwk, "ext": True, "key_ops": []}).public_numbers()
        == private.public_key().public_numbers()
    )


GOOD = sealing.public_jwk(ec.generate_private_key(ec.SECP256R1()).public_key())


@pytest.mark.parametrize(
    "jwk",
    [
        {},
        {**GOOD, "kty": "RSA"},
        {**GOOD, "crv": "P-384"},
        {**GOOD, "x": GOOD["y"]},
        {**GOOD, "x": "!" * 43},
        {**GOOD, "x": ""},
        {**GOOD, "x": None},
        {**GOOD, "x": 7},
        {**GOOD, "y": "A" * 4000},
        {**GOOD, "x": "é" * 43},
        [],
        None,
        "x",
    ],
)
def test_a_bad_public_key_is_refused_by_name(jwk: object) -> None:
    with pytest.raises(Problem) as refused:
        sealing.public_from_jwk(jwk, field="profile.key")  # type: ignore[arg-type]
    assert refused.value.status == 422
    assert refused.value.field == "profile.key"
