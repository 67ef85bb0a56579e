"""What every witness must do (C2SP tlog-witness). An adapter joins by a maker in `MAKERS`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ansim.adapters.witness.http import HttpWitness
from ansim.adapters.witness.simulated import SimulatedWitness
from ansim.core.clock import ManualClock
from ansim.core.world import World
from ansim.trust.ledger.checkpoint import Head, Verifier, open_note, sign
from ansim.trust.ledger.merkle import Tree
from ansim.trust.ledger.ports import Witness, WitnessRefused

from .loopback import WitnessServer

LOG, OTHER, WITNESS = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2, 3))
ORIGIN = "gangnam.example"
NAME = "police.example/w1"
Make = Callable[[], Awaitable[Witness]]
"""Makes the witness; again, as after a restart."""


def simulated(folder: Path) -> SimulatedWitness:
    logs = [Verifier(ORIGIN, LOG.public_key()), Verifier("seocho.example", LOG.public_key())]
    return SimulatedWitness(World(clock=ManualClock()), folder / "witness", NAME, logs, private=WITNESS)


async def on_this_machine(folder: Path, stack: AsyncExitStack) -> Witness:
    witness = simulated(folder)
    stack.callback(witness.close)
    return witness


async def over_http(folder: Path, stack: AsyncExitStack) -> Witness:
    logs = {ORIGIN: LOG.public_key(), "seocho.example": LOG.public_key()}
    server = await stack.enter_async_context(WitnessServer(NAME, WITNESS, logs, folder / "witness"))
    witness = HttpWitness(Verifier(NAME, WITNESS.public_key(), cosigner=True), server.url)
    stack.push_async_callback(witness.close)
    return witness


MAKERS: dict[str, Callable[[Path, AsyncExitStack], Awaitable[Witness]]] = {
    "SimulatedWitness": on_this_machine,
    "HttpWitness": over_http,
}


@pytest.fixture(params=MAKERS)
async def make(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Make]:
    async with AsyncExitStack() as stack:
        yield lambda: MAKERS[request.param](tmp_path, stack)


def tree_of(size: int, *, forked_at: int = 1_000_000) -> Tree:
    tree = Tree()
    for number in range(size):
        tree.append(bytes([number % 256, number >= forked_at]) * 16)
    return tree


def note(tree: Tree, *, origin: str = ORIGIN, key: Ed25519PrivateKey = LOG) -> str:
    return sign(Head(origin, tree.size, tree.root()), key)


async def refused(witness: Witness, old: int, proof: list[bytes], text: str) -> tuple[int, int | None]:
    with pytest.raises(WitnessRefused) as refusal:
        await witness.add_checkpoint(old, proof, text)
    return refusal.value.status, refusal.value.size


async def test_it_signs_a_first_checkpoint_and_what_extends_it(make: Make) -> None:
    witness, tree = await make(), tree_of(20)
    for old, size in ((0, 7), (7, 7), (7, 8), (8, 20)):
        small = tree_of(size)
        line = await witness.add_checkpoint(old, tree.consistency(old, size), note(small))
        assert line.startswith("— ")
        assert line.endswith("\n")
        open_note(note(small) + line, by=witness.verifier)


async def test_404_for_a_log_it_does_not_know(make: Make) -> None:
    assert await refused(await make(), 0, [], note(tree_of(3), origin="unknown.example")) == (404, None)


async def test_403_for_a_signature_it_does_not_trust(make: Make) -> None:
    assert await refused(await make(), 0, [], note(tree_of(3), key=OTHER)) == (403, None)


async def test_400_for_what_is_no_request(make: Make) -> None:
    witness = await make()
    assert (await refused(witness, 4, [], note(tree_of(3))))[0] == 400
    assert (await refused(witness, 0, [], "hello"))[0] == 400
    assert (await refused(witness, 0, [bytes(32)] * 64, note(tree_of(3))))[0] == 400


async def test_409_tells_how_far_it_is(make: Make) -> None:
    witness = await make()
    assert await refused(witness, 2, tree_of(5).consistency(2, 5), note(tree_of(5))) == (409, 0)
    await witness.add_checkpoint(0, [], note(tree_of(5)))
    assert await refused(witness, 3, tree_of(9).consistency(3, 9), note(tree_of(9))) == (409, 5)
    assert await refused(witness, 0, [], note(tree_of(9))) == (409, 5)


async def test_409_for_the_same_size_with_another_root(make: Make) -> None:
    witness = await make()
    await witness.add_checkpoint(0, [], note(tree_of(5)))
    assert await refused(witness, 5, [], note(tree_of(5, forked_at=4))) == (409, 5)


async def test_422_for_a_rewritten_log_even_with_its_own_key(make: Make) -> None:
    witness, forked = await make(), tree_of(12, forked_at=3)
    await witness.add_checkpoint(0, [], note(tree_of(5)))
    assert await refused(witness, 5, forked.consistency(5, 12), note(forked)) == (422, None)
    assert await refused(witness, 5, [], note(tree_of(12))) == (422, None)
    assert await refused(witness, 5, tree_of(12).consistency(5, 12)[:-1], note(tree_of(12))) == (422, None)
    await witness.add_checkpoint(5, tree_of(12).consistency(5, 12), note(tree_of(12)))


async def test_a_shorter_log_is_refused(make: Make) -> None:
    witness = await make()
    await witness.add_checkpoint(0, [], note(tree_of(9)))
    assert (await refused(witness, 0, [], note(tree_of(5))))[0] == 409
    assert (await refused(witness, 9, [], note(tree_of(5))))[0] == 400


async def test_it_remembers_after_a_restart(make: Make) -> None:
    await (await make()).add_checkpoint(0, [], note(tree_of(5)))
    again = await make()
    assert await refused(again, 0, [], note(tree_of(5, forked_at=2))) == (409, 5)
    await again.add_checkpoint(5, tree_of(9).consistency(5, 9), note(tree_of(9)))


async def test_of_two_at_once_one_wins(make: Make) -> None:
    """Checking and storing is one step: no race may lead it back to a smaller tree."""
    witness = await make()
    await witness.add_checkpoint(0, [], note(tree_of(5)))
    tries = [(size, tree_of(size).consistency(5, size)) for size in (6, 9)]
    answers = await asyncio.gather(
        *(witness.add_checkpoint(5, proof, note(tree_of(size))) for size, proof in tries),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, str) for answer in answers) == 1
    lost = next(answer for answer in answers if not isinstance(answer, str))
    assert isinstance(lost, WitnessRefused)
    assert lost.status == 409


async def test_logs_do_not_mix(make: Make) -> None:
    witness = await make()
    await witness.add_checkpoint(0, [], note(tree_of(5)))
    await witness.add_checkpoint(0, [], note(tree_of(2), origin="seocho.example"))


async def test_a_torn_record_was_never_answered_for(tmp_path: Path) -> None:
    witness = simulated(tmp_path)
    await witness.add_checkpoint(0, [], note(tree_of(5)))
    whole = (tmp_path / "witness").read_bytes()
    await witness.add_checkpoint(5, tree_of(9).consistency(5, 9), note(tree_of(9)))
    witness.close()
    (tmp_path / "witness").write_bytes((tmp_path / "witness").read_bytes()[: len(whole) + 20])
    again = simulated(tmp_path)
    assert await refused(again, 0, [], note(tree_of(9))) == (409, 5)
    await again.add_checkpoint(5, tree_of(9).consistency(5, 9), note(tree_of(9)))
    again.close()


async def test_it_keeps_a_key_of_its_own(tmp_path: Path) -> None:
    made = [
        SimulatedWitness(World(clock=ManualClock()), tmp_path / "witness", "w", [Verifier(ORIGIN, LOG.public_key())])
        for _ in range(2)
    ]
    assert made[0].verifier.text() == made[1].verifier.text()
    for witness in made:
        witness.close()
