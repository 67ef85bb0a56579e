"""Signed notes in the published form."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ansim.trust.ledger.checkpoint import BadNote, Head, Verifier, cosign, open_note, read, sign, signed_by

LOG, WITNESS = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
HEAD = Head("gangnam.example", 5, bytes(range(32)))
BY_LOG = Verifier("gangnam.example", LOG.public_key())
BY_WITNESS = Verifier("police.example/w1", WITNESS.public_key(), cosigner=True)

# The example of C2SP signed-note: its published key and text.
EXAMPLE_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


def test_a_published_verifier_key_is_read_and_written_the_same() -> None:
    verifier = Verifier.parse(EXAMPLE_KEY)
    assert verifier.name == "PeterNeumann"
    assert not verifier.cosigner
    assert verifier.text() == EXAMPLE_KEY


def test_a_checkpoint_has_the_published_form_and_opens() -> None:
    note = sign(HEAD, LOG)
    lines = note.split("\n")
    assert lines[:4] == ["gangnam.example", "5", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", ""]
    assert lines[4].startswith("— gangnam.example ")
    assert lines[5:] == [""]
    assert open_note(note, by=BY_LOG) == HEAD


def test_a_cosignature_is_one_more_line_and_says_when() -> None:
    note = sign(HEAD, LOG) + cosign(HEAD, BY_WITNESS.name, WITNESS, 1_763_736_420)
    assert open_note(note, by=BY_LOG) == HEAD
    assert open_note(note, by=BY_WITNESS) == HEAD
    stranger = Verifier("stranger", Ed25519PrivateKey.generate().public_key(), cosigner=True)
    assert signed_by(note, [BY_LOG, BY_WITNESS, stranger]) == [BY_LOG, BY_WITNESS]
    other_time = note.replace("\n— police", "\n— other")
    assert signed_by(other_time, [BY_WITNESS]) == []


def test_every_changed_byte_is_noticed() -> None:
    note = sign(HEAD, LOG)
    for at, letter in enumerate(note):
        changed = note[:at] + ("B" if letter == "A" else "A") + note[at + 1 :]
        with pytest.raises(BadNote):
            open_note(changed, by=BY_LOG)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n\n",
        "a\n1\n\n— a AA==\n",
        "a\n01\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n— a AA==\n",
        "a\n-1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n— a AA==\n",
        "a\n１\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n— a AA==\n",
        "a\n1\nAAEC\n\n— a AA==\n",
        "a\n1\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\nextension\n\n— a AA==\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(note: str) -> None:
    with pytest.raises(BadNote):
        read(note)


@pytest.mark.parametrize("text", ["", "a", "a+b+c", "a+00000000+" + "A" * 44, EXAMPLE_KEY[:-4], "x" + EXAMPLE_KEY])
def test_a_bad_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        Verifier.parse(text)


def test_the_log_cannot_speak_for_another_origin() -> None:
    with pytest.raises(BadNote):
        open_note(sign(Head("seocho.example", 5, HEAD.root), LOG), by=BY_LOG)
