"""The ledger and the keys: what they add to a commit, what a proof and an erasure cost, beside floor and peer.

Rounds with and without alternate, so that a busy neighbour is busy for both; medians are told.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ansim.core.database import Database, Transaction
from ansim.core.database.pool import PoolDriver
from ansim.core.migrate import migrate
from ansim.core.postgres import EmbeddedPostgres
from ansim.core.world import World
from ansim.trust.ledger import merkle, store
from ansim.trust.ledger.actions import entry_of, record_many
from ansim.trust.ledger.checkpoint import Verifier
from ansim.trust.ledger.export import export
from ansim.trust.ledger.model import Entry
from ansim.trust.ledger.proof import check_proof, prove
from ansim.trust.ledger.sequencer import Sequencer
from ansim.trust.retention.keys import Keys
from ansim.trust.retention.master import FileMaster
from ansim.trust.verify import verify

ENTRIES = 50_000
ROUNDS = 40
PLACE = b'{"latitude":37.566535,"longitude":126.977969,"accuracy_m":12,"at":"2026-11-21T14:47:00Z","battery":77}'


def bench() -> dict[str, Any]:
    """Measure, print a line each, and return the figures (seconds, or numbers a second)."""
    folder = Path(tempfile.mkdtemp(prefix="ansim-bench."))
    folder.chmod(0o711)
    server = EmbeddedPostgres(folder / "postgres")
    try:
        figures = _tree() | asyncio.run(_keys(folder))
        server.start()
        return figures | asyncio.run(_database(server.dsn()))
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _entries(count: int) -> list[Entry]:
    return [
        Entry(id=f"{n:032x}", at="2026-11-21T14:47:00.000000Z", actor=f"op-{n % 300}", act="view.opened",
              object=f"camera-{n % 12_000}", incident=f"{n // 40:032x}", purpose="sos")
        for n in range(count)
    ]  # fmt: skip


def _tree() -> dict[str, Any]:
    """In memory, without a database: canonical JSON, leaf hash, growing; then proofs."""
    entries = _entries(ENTRIES)
    tree = merkle.Tree()

    def fill() -> None:
        for entry in entries:
            tree.append(entry.leaf())

    figures = {"append_s": _once(fill) / ENTRIES}
    wanted = [n * 7919 % ENTRIES for n in range(2000)]
    proofs = [tree.inclusion(n, ENTRIES) for n in wanted]
    figures["prove_s"] = _once(lambda: [tree.inclusion(n, ENTRIES) for n in wanted]) / len(wanted)
    head = tree.root()
    leaves = [entries[n].leaf() for n in wanted]
    checks = list(zip(leaves, wanted, proofs, strict=True))
    figures["check_s"] = _once(
        lambda: [merkle.included(leaf, n, ENTRIES, path, head) for leaf, n, path in checks]
    ) / len(checks)
    print(
        f"ledger: entry -> canonical JSON -> leaf -> tree {_us(figures['append_s'])}; at {ENTRIES} entries"
        f" a proof {_us(figures['prove_s'])}, checking it {_us(figures['check_s'])}, {max(map(len, proofs)) * 32} B"
    )
    try:
        peer = importlib.import_module("pymerkle").InmemoryTree(algorithm="sha256")
    except ImportError:
        print("ledger: no peer (pymerkle is not installed)")
        return figures
    bodies = [entry.canonical() for entry in entries]
    figures["peer_append_s"] = _once(lambda: [peer.append_entry(body) for body in bodies]) / ENTRIES
    ratio = figures["peer_append_s"] / figures["append_s"]
    same = peer.get_state(ENTRIES) == tree.root()
    print(
        f"ledger: pymerkle appends the same bytes in {_us(figures['peer_append_s'])}: {ratio:.1f} x ours;"
        f" same root: {same}"
    )
    return figures


async def _keys(folder: Path) -> dict[str, Any]:
    world = World()
    keys = Keys(world, folder, FileMaster(world, folder))
    figures: dict[str, Any] = {"key_s": _once(lambda: keys.new(5000)) / 5000}
    await keys.flush()
    (slot,) = keys.new()
    sealed = keys.seal(slot, PLACE, b"position/bench")
    figures["seal_s"] = _once(lambda: [keys.seal(slot, PLACE, b"position/bench") for _ in range(5000)]) / 5000
    figures["open_s"] = _once(lambda: [keys.open(slot, sealed, b"position/bench") for _ in range(5000)]) / 5000
    made, erased, bare = [], [], []
    with (folder / "bare").open("wb") as file:
        file.write(bytes(64 * 1024))
        os.fsync(file.fileno())
        for number in range(300):
            keys.new(2)
            made.append(await _timed(keys.flush))
            erased.append(await _timed(partial(keys.erase, [number + 1])))
            # The floor: 64 bytes in place and one fdatasync, by the operating system alone.
            start = time.perf_counter()
            os.pwrite(file.fileno(), secrets.token_bytes(64), 640)
            os.fdatasync(file.fileno())
            bare.append(time.perf_counter() - start)
    keys.close()
    figures |= {"flush_s": median(made), "erase_s": median(erased), "erase_p99_s": quantiles(erased, n=100)[98]}
    figures["bare_flush_s"] = median(bare)
    print(
        f"keys: new {_us(figures['key_s'])}; seal {len(PLACE)} B {_us(figures['seal_s'])},"
        f" open {_us(figures['open_s'])}; flush of two {_us(figures['flush_s'])},"
        f" erase p50 {_us(figures['erase_s'])} p99 {_us(figures['erase_p99_s'])}; floor: bare write and flush"
        f" {_us(figures['bare_flush_s'])} (erase is {figures['erase_s'] / figures['bare_flush_s']:.1f} x)"
    )
    return figures


async def _database(dsn: str) -> dict[str, Any]:
    await migrate(dsn)
    database = Database(await PoolDriver.connect(dsn, size=4), World())
    try:
        async with database.transaction() as tx:
            await tx.execute("CREATE TABLE act (id text PRIMARY KEY, body bytea)")
        figures: dict[str, Any] = {}
        for size in (1, 64):
            figures |= await _added(database, size)
        return figures | await _whole(database)
    finally:
        await database.close()


async def _added(database: Database, size: int) -> dict[str, Any]:
    """A commit of `size` rows with and without as many entries."""
    without, with_entries = [], []
    for _ in range(ROUNDS * 4 if size == 1 else ROUNDS):
        without.append(await _timed(lambda: _act(database, size, entries=False)))
        with_entries.append(await _timed(lambda: _act(database, size, entries=True)))
    bare, full = median(without), median(with_entries)
    print(
        f"ledger: a commit of {size} row(s) {bare * 1e3:.2f} ms, with as many entries {full * 1e3:.2f} ms"
        f" ({full / bare:.2f} x, {_us((full - bare) / size)} an entry)"
    )
    return {f"commit_{size}_s": bare, f"commit_{size}_with_entries_s": full}


async def _act(database: Database, size: int, *, entries: bool) -> None:
    async with database.transaction() as tx:
        await tx.execute(
            "INSERT INTO act SELECT * FROM unnest($1::text[], $2::bytea[])",
            [tx.world.id() for _ in range(size)],
            [PLACE] * size,
        )
        if entries:
            await record_many(tx, [_entry(tx) for _ in range(size)])


def _entry(tx: Transaction) -> Entry:
    return entry_of(tx, actor="op-7", act="view.opened", object="camera-12", incident=tx.world.id(), purpose="sos")


async def _whole(database: Database) -> dict[str, Any]:
    """Integrating, signing, proving from the database; exporting and checking all of it."""
    sequencer = Sequencer(database, "bench", Ed25519PrivateKey.generate())
    await sequencer.settle()
    for _ in range(5):
        async with database.transaction() as tx:
            await record_many(tx, [_entry(tx) for _ in range(2000)])
    start = time.perf_counter()
    count = await sequencer.integrate()
    integrate = (time.perf_counter() - start) / count
    start = time.perf_counter()
    await sequencer.checkpoint(now=True)
    sign = time.perf_counter() - start
    proofs = []
    for number in range(50):
        start = time.perf_counter()
        async with database.transaction(readonly=True) as tx:
            leaf = await store.entry_at(tx, number * 97)
            assert leaf is not None
            proof = await prove(tx, [leaf], sequencer.verifier, [])
        proofs.append(time.perf_counter() - start)
        assert proof is not None
        assert not check_proof(proof, sequencer.verifier, [])[1]
    start = time.perf_counter()
    content = b"".join([piece async for piece in export(database, sequencer.verifier, [])])
    exported = time.perf_counter() - start
    start = time.perf_counter()
    report = verify(content, [Verifier(sequencer.origin, sequencer.verifier.public).text()])
    verified = time.perf_counter() - start
    assert report.exit_code == 0, report.lines()
    async with database.transaction(readonly=True) as tx:
        size = await store.size(tx)
        kept = await tx.fetchval(
            "SELECT sum(pg_total_relation_size(c.oid))::bigint AS size FROM pg_class c"
            " WHERE relname IN ('ledger_entry', 'ledger_leaf', 'ledger_node')"
        )
    print(
        f"ledger: integrating {_us(integrate)} an entry, a checkpoint {sign * 1e3:.1f} ms, one proof from the database"
        f" {median(proofs) * 1e3:.1f} ms; export of {size} entries {exported:.2f} s ({len(content) / size:.0f} B each),"
        f" checked in {verified:.2f} s; {kept / size:.0f} B an entry in tables and indexes"
    )
    return {
        "integrate_s": integrate, "checkpoint_s": sign, "proof_from_database_s": median(proofs), "entries": size,
        "export_s": exported, "verify_s": verified, "stored_bytes": kept / size,
    }  # fmt: skip


def _once(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


async def _timed(call: Callable[[], Awaitable[object]]) -> float:
    start = time.perf_counter()
    await call()
    return time.perf_counter() - start


def _us(seconds: float) -> str:
    return f"{seconds * 1e6:.1f} us"
