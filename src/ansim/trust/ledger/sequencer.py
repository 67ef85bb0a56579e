"""Gives accepted entries their place in the tree, signs tree heads, and asks the witnesses. One per centre."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ansim.core.database import Database
from ansim.core.errors import Unavailable
from ansim.trust.ledger import merkle, store
from ansim.trust.ledger.check import WITNESS_S
from ansim.trust.ledger.checkpoint import BadNote, Head, Verifier, open_note, sign
from ansim.trust.ledger.ports import Witness, WitnessRefused

log = structlog.get_logger()
_GROUP = 1000
_PATIENCE_S = 2.0
"""How long somebody who needs the ledger settled waits for a witness. Whoever is slower signs a later head."""
_LONGEST_PAUSE_S = 60.0


class Sequencer:
    """`origin` names the log in every checkpoint: the id of the centre."""

    def __init__(
        self,
        database: Database,
        origin: str,
        private: Ed25519PrivateKey,
        witnesses: Sequence[Witness] = (),
        *,
        witness_within_s: float = WITNESS_S,
        every_s: float = 1.0,
        checkpoint_s: float = 60.0,
        checkpoint_entries: int = 1000,
    ) -> None:
        self.origin = origin
        self.verifier = Verifier(origin, private.public_key())
        self.witnesses = tuple(witnesses)
        self.witness_within_s = witness_within_s
        self._database = database
        self._private = private
        self._every_s = every_s
        self._checkpoint_s = checkpoint_s
        self._checkpoint_entries = checkpoint_entries
        self._away: set[str] = set()
        # One after the other: a smaller checkpoint that arrives after a larger one would be refused.
        self._asking = defaultdict[str, asyncio.Lock](asyncio.Lock)
        self._tasks: list[asyncio.Task[None]] = []

    def sign(self, message: bytes) -> bytes:
        """Ed25519 with the ledger's key. A message must begin with words that no checkpoint begins with."""
        return self._private.sign(message)

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(self._run(), name="ledger-sequencer")]
        # Each by itself: one that is silent keeps no entry from its place and no other witness from signing.
        self._tasks += [
            asyncio.create_task(self._witnessing(witness), name=f"ledger-witness {witness.verifier.name}")
            for witness in self.witnesses
        ]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                async with self._database.transaction(readonly=True) as tx:
                    standing = await store.standing(tx)
                if standing.waiting:
                    await self.integrate()
                if standing.waiting or self._due(standing, tx.at):
                    await self.checkpoint()
            except Unavailable:
                log.warning("ledger waits for the database")
            except Exception:
                # A damaged tree must be seen (entries wait, the check names it), not stop the loop for ever.
                log.exception("ledger not integrated")
            await self._database.world.clock.sleep(self._every_s)

    async def _witnessing(self, witness: Witness) -> None:
        """Ask again whenever there is a new head; one that is away less and less often."""
        pause = self._every_s
        while True:
            try:
                pause = self._every_s if await self._ask_one(witness) else min(pause * 2, _LONGEST_PAUSE_S)
            except Unavailable:
                pass
            except Exception:
                log.exception("witness not asked", witness=witness.verifier.name)
                pause = min(pause * 2, _LONGEST_PAUSE_S)
            await self._database.world.clock.sleep(pause)

    async def integrate(self) -> int:
        """Place every waiting entry, in the order of their acceptance; how many were placed."""
        placed = 0
        while True:
            async with self._database.transaction() as tx:
                await store.lock(tx)
                group = await store.waiting(tx, _GROUP)
                if group:
                    size = await store.size(tx)
                    known = await store.hashes(tx, merkle.cover(0, size))
                    made = merkle.grow(size, known, [entry.leaf() for entry in group])
                    await store.place(tx, size, group, made)
            placed += len(group)
            if len(group) < _GROUP:
                return placed

    async def checkpoint(self, *, now: bool = False) -> store.Checkpoint | None:
        """Sign the tree head if it is due (or `now`) and there is something new; None when there is not."""
        async with self._database.transaction() as tx:
            await store.lock(tx)
            standing = await store.standing(tx)
            if standing.size == standing.signed or not (now or self._due(standing, tx.at)):
                return None
            root = merkle.root(standing.size, await store.hashes(tx, merkle.cover(0, standing.size)))
            head = Head(self.origin, standing.size, root)
            made = store.Checkpoint(size=standing.size, at=tx.at, note=sign(head, self._private))
            await store.add_checkpoint(tx, made)
        return made

    def _due(self, standing: store.Standing, at: datetime) -> bool:
        fresh = standing.size - standing.signed
        if fresh == 0:
            return False
        if standing.signed_at is None or fresh >= self._checkpoint_entries:
            return True
        return (at - standing.signed_at).total_seconds() >= self._checkpoint_s

    async def settle(self) -> store.Checkpoint:
        """At once: everything accepted so far stands under a signed head, and the witnesses that answer have signed it."""
        await self.integrate()
        await self.checkpoint(now=True)
        await self._ask_those_there()
        async with self._database.transaction(readonly=True) as tx:
            last = await store.last_checkpoint(tx)
        if last is None:
            raise ValueError("the ledger is empty")
        return last

    async def _ask_those_there(self) -> None:
        asked = [
            asyncio.create_task(self._ask_one(witness))
            for witness in self.witnesses
            if witness.verifier.name not in self._away
        ]
        if asked:
            done, late = await asyncio.wait(asked, timeout=_PATIENCE_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
            for task in done:
                task.result()

    async def _ask_one(self, witness: Witness) -> bool:
        """Whether it has now signed the last checkpoint."""
        name = witness.verifier.name
        try:
            async with self._asking[name]:
                await self._ask(witness)
        except WitnessRefused as refused:
            log.error("witness refused", witness=name, status=refused.status)
            return False
        except BadNote:
            log.error("witness answered with a signature that is not its own", witness=name)
            return False
        except OSError:
            if name not in self._away:
                log.warning("witness not reached", witness=name)
            self._away.add(name)
            return False
        self._away.discard(name)
        return True

    async def _ask(self, witness: Witness) -> None:
        verifier = witness.verifier
        async with self._database.transaction(readonly=True) as tx:
            last = await store.last_checkpoint(tx)
            old = await store.last_cosigned(tx, verifier.name)
        if last is None or old == last.size:
            return
        try:
            line = await witness.add_checkpoint(old, await self._consistency(old, last.size), last.note)
        except WitnessRefused as refused:
            # It signed, but its answer was lost: it tells where it stands, and we go on from there.
            if refused.status != 409 or refused.size is None or not 0 <= refused.size <= last.size:
                raise
            proof = await self._consistency(refused.size, last.size)
            line = await witness.add_checkpoint(refused.size, proof, last.note)
        open_note(last.note + line, by=verifier)
        async with self._database.transaction() as tx:
            await store.add_cosignature(
                tx, store.Cosignature(size=last.size, witness=verifier.name, at=tx.at, line=line)
            )

    async def _consistency(self, old: int, size: int) -> list[bytes]:
        parts = merkle.consistency_parts(old, size)
        async with self._database.transaction(readonly=True) as tx:
            return merkle.fold_parts(parts, await store.hashes(tx, merkle.nodes_of(parts)))
