"""What is particular to a witness on the other side of a network: it may be silent, wrong, or hostile."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from ansim.adapters.witness.http import HttpWitness
from ansim.trust.ledger.checkpoint import BadNote, Verifier, open_note
from ansim.trust.ledger.ports import WitnessRefused

from .loopback import Drips, Endless, OfSomethingElse, Says, Several, Silent, WitnessServer, WrongKey
from .test_conformance import LOG, NAME, ORIGIN, WITNESS, note, tree_of

Meet = Callable[..., Any]


@pytest.fixture
async def meet(tmp_path: Path) -> AsyncIterator[Meet]:
    async with AsyncExitStack() as stack:

        async def meet(
            kind: type[WitnessServer], *, patience_s: float = 60, **how: Any
        ) -> tuple[HttpWitness, WitnessServer]:
            server = kind(NAME, WITNESS, {ORIGIN: LOG.public_key()}, tmp_path / "witness")
            for name, value in how.items():
                setattr(server, name, value)
            await stack.enter_async_context(server)
            verifier = Verifier(NAME, WITNESS.public_key(), cosigner=True)
            witness = HttpWitness(verifier, server.url + "/", timeout_s=patience_s)
            stack.push_async_callback(witness.close)
            return witness, server

        yield meet


async def test_it_speaks_the_form_of_c2sp(meet: Meet) -> None:
    witness, server = await meet(WitnessServer)
    await witness.add_checkpoint(0, [], note(tree_of(5)))
    await witness.add_checkpoint(5, tree_of(9).consistency(5, 9), note(tree_of(9)))
    (first_line, first), (_, second) = server.requests
    assert first_line == "POST /w1/add-checkpoint HTTP/1.1"
    assert first == f"old 0\n\n{note(tree_of(5))}", "a proof from nothing is empty"
    head, _, checkpoint = second.partition("\n\n")
    assert head.split("\n")[0] == "old 5" and len(head.split("\n")) == 1 + len(tree_of(9).consistency(5, 9))
    assert checkpoint == note(tree_of(9))


async def test_of_several_signatures_its_own_is_taken(meet: Meet) -> None:
    witness, _ = await meet(Several)
    line = await witness.add_checkpoint(0, [], note(tree_of(5)))
    assert line.count("\n") == 1
    open_note(note(tree_of(5)) + line, by=witness.verifier)


@pytest.mark.parametrize("kind", [WrongKey, OfSomethingElse])
async def test_a_signature_that_is_not_its_own_or_of_this_head_is_none(meet: Meet, kind: type[WitnessServer]) -> None:
    witness, _ = await meet(kind)
    with pytest.raises(BadNote):
        await witness.add_checkpoint(0, [], note(tree_of(5)))


@pytest.mark.parametrize("kind", [Silent, Endless, Drips])
async def test_one_that_does_not_come_to_an_end_is_not_reached(meet: Meet, kind: type[WitnessServer]) -> None:
    witness, _ = await meet(kind, patience_s=0.5)
    with pytest.raises(OSError):
        await witness.add_checkpoint(0, [], note(tree_of(5)))


async def test_one_that_is_not_there_is_not_reached(meet: Meet) -> None:
    witness, server = await meet(WitnessServer)
    server._server.close()
    await server._server.wait_closed()
    with pytest.raises(OSError):
        await witness.add_checkpoint(0, [], note(tree_of(5)))


@pytest.mark.parametrize("status", [301, 401, 429, 500, 503])
async def test_an_answer_of_somebody_in_between_is_no_refusal(meet: Meet, status: int) -> None:
    """A proxy, a login page, an overload: not what a witness says of our ledger. A redirect is not followed."""
    witness, server = await meet(Says, status=status, headers="location: /w1/add-checkpoint\r\n")
    with pytest.raises(OSError, match=str(status)):
        await witness.add_checkpoint(0, [], note(tree_of(5)))
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("body", "size"),
    [("7\n", 7), ("0\n", 0), ("", None), ("seven\n", None), ("-1\n", None), ("٧\n", None), ("9" * 40, None)],
)
async def test_a_conflict_says_how_far_it_is_or_nothing(meet: Meet, body: str, size: int | None) -> None:
    witness, _ = await meet(Says, status=409, body=body)
    with pytest.raises(WitnessRefused) as refused:
        await witness.add_checkpoint(0, [], note(tree_of(9)))
    assert (refused.value.status, refused.value.size) == (409, size)


@pytest.mark.parametrize("body", ["", "\n", "— \n", "<html>", "— police.example/w1 AAAA\n", "\x00"])
async def test_rubbish_is_no_signature(meet: Meet, body: str) -> None:
    witness, _ = await meet(Says, body=body)
    with pytest.raises(BadNote):
        await witness.add_checkpoint(0, [], note(tree_of(5)))
