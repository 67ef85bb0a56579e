"""The ledger's SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from ansim.core.database import Row, Transaction
from ansim.trust.ledger.merkle import Node
from ansim.trust.ledger.model import Entry, instant

_COLUMNS = (
    "e.id, e.at, e.actor, e.act, e.object, e.incident, e.purpose, e.subject_tag, e.sealed_hash,"
    " e.details::text AS details"
)
_details = msgspec.json.Decoder(dict[str, str | int])


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """An entry with its place in the tree; `seq` and `hash` are None while it waits for one."""

    entry: Entry
    seq: int | None
    hash: bytes | None


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    size: int
    at: datetime
    note: str


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How far the tree is: whether entries wait for their place, how many have one, how many stand under a signed head, and since when."""

    waiting: bool
    size: int
    signed: int
    signed_at: datetime | None


class Cosignature(msgspec.Struct, frozen=True, kw_only=True):
    size: int
    witness: str
    at: datetime
    line: str


def _entry(row: Row) -> Entry:
    return Entry(
        id=row["id"],
        at=instant(row["at"]),
        actor=row["actor"],
        act=row["act"],
        object=row["object"],
        incident=row["incident"],
        purpose=row["purpose"],
        subject_tag=row["subject_tag"],
        sealed_hash=row["sealed_hash"],
        details=_details.decode(row["details"]),
    )


def _placed(row: Row) -> Placed:
    return Placed(entry=_entry(row), seq=row["seq"], hash=row["hash"])


def insert(tx: Transaction, entries: Sequence[Entry]) -> None:
    for entry in entries:
        tx.write(
            "INSERT INTO ledger_entry (id, at, actor, act, object, incident, purpose, subject_tag, sealed_hash, details)"
            " SELECT id, at, actor, act, object, incident, purpose, subject_tag, sealed_hash, details::jsonb"
            " FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],"
            " $8::text[], $9::text[], $10::text[])"
            " AS new(id, at, actor, act, object, incident, purpose, subject_tag, sealed_hash, details)",
            entry.id, datetime.fromisoformat(entry.at), entry.actor, entry.act, entry.object, entry.incident,
            entry.purpose, entry.subject_tag, entry.sealed_hash, msgspec.json.encode(entry.details).decode(),
        )  # fmt: skip
        tx.write("INSERT INTO ledger_waiting (entry) SELECT unnest($1::text[])", entry.id)


# -- what the sequencer does


async def lock(tx: Transaction) -> None:
    """One sequencer at a time in this database; held until the transaction ends."""
    await tx.execute("SELECT pg_advisory_xact_lock(6962)")


async def waiting(tx: Transaction, limit: int) -> list[Entry]:
    rows = await tx.fetch(
        f"SELECT {_COLUMNS} FROM ledger_waiting w JOIN ledger_entry e ON e.id = w.entry"
        " ORDER BY w.accepted LIMIT $1::int",
        limit,
    )
    return [_entry(row) for row in rows]


async def place(tx: Transaction, start: int, entries: Sequence[Entry], made: Mapping[Node, bytes]) -> None:
    """Give the entries the leaves from `start` on, and store the new hashes of the tree."""
    ids = [entry.id for entry in entries]
    await tx.execute(
        "INSERT INTO ledger_leaf (seq, entry, hash) SELECT * FROM unnest($1::bigint[], $2::text[], $3::bytea[])",
        list(range(start, start + len(ids))),
        ids,
        [made[0, start + offset] for offset in range(len(ids))],
    )
    upper = [(node, value) for node, value in made.items() if node[0] > 0]
    if upper:
        await tx.execute(
            "INSERT INTO ledger_node (level, position, hash)"
            " SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bytea[])",
            [level for (level, _), _ in upper],
            [position for (_, position), _ in upper],
            [value for _, value in upper],
        )
    await tx.execute("DELETE FROM ledger_waiting WHERE entry = ANY($1::text[])", ids)


async def size(tx: Transaction) -> int:
    """How many entries are integrated."""
    found: int = await tx.fetchval("SELECT coalesce(max(seq) + 1, 0) AS size FROM ledger_leaf")
    return found


async def standing(tx: Transaction) -> Standing:
    """In one statement and without the lock: this is asked every second, and mostly there is nothing to do."""
    row = await tx.fetchrow(
        "SELECT EXISTS (SELECT FROM ledger_waiting) AS waiting, (SELECT coalesce(max(seq) + 1, 0) FROM ledger_leaf) AS size,"
        " coalesce(last.size, 0) AS signed, last.at AS signed_at FROM (SELECT) AS always"
        " LEFT JOIN (SELECT size, at FROM ledger_checkpoint ORDER BY size DESC LIMIT 1) AS last ON true"
    )
    assert row is not None
    return msgspec.convert(dict(row), Standing)


async def hashes(tx: Transaction, nodes: Iterable[Node]) -> dict[Node, bytes]:
    wanted = set(nodes)
    leaves = [position for level, position in wanted if level == 0]
    upper = [node for node in wanted if node[0] > 0]
    found: dict[Node, bytes] = {}
    if leaves:
        rows = await tx.fetch("SELECT seq, hash FROM ledger_leaf WHERE seq = ANY($1::bigint[])", leaves)
        found |= {(0, row["seq"]): row["hash"] for row in rows}
    if upper:
        rows = await tx.fetch(
            "SELECT level, position, hash FROM ledger_node"
            " JOIN unnest($1::smallint[], $2::bigint[]) AS wanted(level, position) USING (level, position)",
            [level for level, _ in upper],
            [position for _, position in upper],
        )
        found |= {(row["level"], row["position"]): row["hash"] for row in rows}
    return found


async def put_back(tx: Transaction, entries: Sequence[Entry]) -> None:
    """Entries that an older database does not know any more, as they were; those that it does stay."""
    await tx.execute(
        "INSERT INTO ledger_entry (id, at, actor, act, object, incident, purpose, subject_tag, sealed_hash, details)"
        " SELECT id, at, actor, act, object, incident, purpose, subject_tag, sealed_hash, details::jsonb"
        " FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],"
        " $8::text[], $9::text[], $10::text[])"
        " AS old(id, at, actor, act, object, incident, purpose, subject_tag, sealed_hash, details)"
        " ON CONFLICT (id) DO NOTHING",
        [entry.id for entry in entries],
        [datetime.fromisoformat(entry.at) for entry in entries],
        [entry.actor for entry in entries],
        [entry.act for entry in entries],
        [entry.object for entry in entries],
        [entry.incident for entry in entries],
        [entry.purpose for entry in entries],
        [entry.subject_tag for entry in entries],
        [entry.sealed_hash for entry in entries],
        [msgspec.json.encode(entry.details).decode() for entry in entries],
    )


# -- checkpoints


async def add_checkpoint(tx: Transaction, checkpoint: Checkpoint) -> None:
    await tx.execute(
        "INSERT INTO ledger_checkpoint (size, at, note) VALUES ($1::bigint, $2::timestamptz, $3::text)",
        checkpoint.size,
        checkpoint.at,
        checkpoint.note,
    )


async def last_checkpoint(tx: Transaction) -> Checkpoint | None:
    row = await tx.fetchrow("SELECT size, at, note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1")
    return None if row is None else Checkpoint(size=row["size"], at=row["at"], note=row["note"])


async def checkpoints(tx: Transaction) -> list[Checkpoint]:
    rows = await tx.fetch("SELECT size, at, note FROM ledger_checkpoint ORDER BY size")
    return [Checkpoint(size=row["size"], at=row["at"], note=row["note"]) for row in rows]


async def add_cosignature(tx: Transaction, cosignature: Cosignature) -> None:
    await tx.execute(
        "INSERT INTO ledger_cosignature (size, witness, at, line)"
        " VALUES ($1::bigint, $2::text, $3::timestamptz, $4::text) ON CONFLICT DO NOTHING",
        cosignature.size,
        cosignature.witness,
        cosignature.at,
        cosignature.line,
    )


async def cosignatures(tx: Transaction, *, from_size: int = 0) -> list[Cosignature]:
    rows = await tx.fetch(
        "SELECT size, witness, at, line FROM ledger_cosignature WHERE size >= $1::bigint ORDER BY size, witness",
        from_size,
    )
    return [Cosignature(size=row["size"], witness=row["witness"], at=row["at"], line=row["line"]) for row in rows]


async def newest_cosignature(tx: Transaction, witness: str) -> Cosignature | None:
    """Of the largest checkpoint that this witness signed."""
    row = await tx.fetchrow(
        "SELECT size, witness, at, line FROM ledger_cosignature WHERE witness = $1::text ORDER BY size DESC LIMIT 1",
        witness,
    )
    return (
        None if row is None else Cosignature(size=row["size"], witness=row["witness"], at=row["at"], line=row["line"])
    )


async def last_cosigned(tx: Transaction, witness: str) -> int:
    """Size of the largest checkpoint that this witness signed; 0 when none."""
    last = await newest_cosignature(tx, witness)
    return 0 if last is None else last.size


async def first_checkpoint_after(tx: Transaction, size: int) -> datetime | None:
    """When the first checkpoint that is larger was signed by us; None when there is none."""
    found: datetime | None = await tx.fetchval(
        "SELECT at FROM ledger_checkpoint WHERE size > $1::bigint ORDER BY size LIMIT 1", size
    )
    return found


# -- reading


async def leaves(tx: Transaction, start: int, limit: int) -> list[Placed]:
    """Integrated entries in order."""
    rows = await tx.fetch(
        f"SELECT {_COLUMNS}, l.seq, l.hash FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry"
        " WHERE l.seq >= $1::bigint ORDER BY l.seq LIMIT $2::int",
        start,
        limit,
    )
    return [_placed(row) for row in rows]


async def entry_at(tx: Transaction, seq: int) -> Placed | None:
    found = await leaves(tx, seq, 1)
    return found[0] if found and found[0].seq == seq else None


async def by_ids(tx: Transaction, ids: Sequence[str]) -> list[Placed]:
    rows = await tx.fetch(
        f"SELECT {_COLUMNS}, l.seq, l.hash FROM ledger_entry e LEFT JOIN ledger_leaf l ON l.entry = e.id"
        " WHERE e.id = ANY($1::text[]) ORDER BY l.seq NULLS LAST, e.at, e.id",
        list(ids),
    )
    return [_placed(row) for row in rows]


async def of_incident(tx: Transaction, incident: str) -> list[Placed]:
    """Everything that has its place, in order."""
    rows = await tx.fetch(
        f"SELECT {_COLUMNS}, l.seq, l.hash FROM ledger_entry e JOIN ledger_leaf l ON l.entry = e.id"
        " WHERE e.incident = $1::text ORDER BY l.seq",
        incident,
    )
    return [_placed(row) for row in rows]


async def of_closed_cases(tx: Transaction, tags: Sequence[str], limit: int) -> list[Placed]:
    """The entries with these tags, of cases, trips, escorts and wards whose end stands in the ledger."""
    rows = await tx.fetch(
        f"SELECT {_COLUMNS}, l.seq, l.hash FROM ledger_entry e LEFT JOIN ledger_leaf l ON l.entry = e.id"
        " WHERE e.subject_tag = ANY($1::text[]) AND EXISTS (SELECT FROM ledger_entry c"
        " WHERE c.incident = e.incident AND c.act IN ('incident.closed', 'trip.ended', 'escort.ended', 'ward.ended'))"
        " ORDER BY l.seq NULLS LAST, e.at, e.id LIMIT $2::int",
        list(tags),
        limit,
    )
    return [_placed(row) for row in rows]


async def wrote(
    tx: Transaction, *, incident: str, actor: str, act: str, since: datetime, object: str | None = None
) -> bool:
    """Whether this actor has such an entry about this incident since then, of `object` where one is named."""
    found = await tx.fetchval(
        "SELECT 1 FROM ledger_entry WHERE incident = $1 AND at >= $2 AND actor = $3 AND act = $4"
        " AND ($5::text IS NULL OR object = $5) LIMIT 1",
        incident, since, actor, act, object,
    )  # fmt: skip
    return found is not None


async def search(
    tx: Transaction,
    *,
    incident: str | None,
    actor: str | None,
    act: str | None,
    after: int | None,
    only_actor: str | None,
    limit: int,
) -> list[Placed]:
    """Newest first (those without a place before all), or onwards from leaf `after`.

    `act` matches whole words from the left: "view" finds view.opened. `only_actor` is the asker's right, not her wish.
    """
    where = (
        " WHERE ($1::text IS NULL OR e.incident = $1) AND ($2::text IS NULL OR e.actor = $2)"
        " AND ($3::text IS NULL OR e.act = $3 OR starts_with(e.act, $3 || '.'))"
        " AND ($4::text IS NULL OR e.actor = $4)"
    )
    wishes = (incident, actor, act, only_actor)
    found: list[Placed] = []
    if after is None:
        rows = await tx.fetch(
            f"SELECT {_COLUMNS}, NULL::bigint AS seq, NULL::bytea AS hash"
            f" FROM ledger_waiting w JOIN ledger_entry e ON e.id = w.entry{where}"
            " ORDER BY w.accepted DESC LIMIT $5::int",
            *wishes,
            limit,
        )
        found = [_placed(row) for row in rows]
    onwards, order = ("l.seq > $6::bigint", "l.seq") if after is not None else ("$6::bigint IS NULL", "l.seq DESC")
    rows = await tx.fetch(
        f"SELECT {_COLUMNS}, l.seq, l.hash FROM ledger_leaf l JOIN ledger_entry e ON e.id = l.entry{where}"
        f" AND {onwards} ORDER BY {order} LIMIT $5::int",
        *wishes,
        limit - len(found),
        after,
    )
    return found + [_placed(row) for row in rows]


async def actors(tx: Transaction, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """(name, role) of those actors that are accounts of this centre."""
    rows = await tx.fetch("SELECT id, name, role FROM account WHERE id = ANY($1::text[])", list(ids))
    return {row["id"]: (row["name"], row["role"]) for row in rows}


# -- the check


async def overdue_waiting(tx: Transaction, before: datetime) -> list[str]:
    rows = await tx.fetch(
        "SELECT w.entry FROM ledger_waiting w JOIN ledger_entry e ON e.id = w.entry WHERE e.at < $1::timestamptz"
        " ORDER BY w.entry LIMIT 100",
        before,
    )
    return [row["entry"] for row in rows]


async def lost(tx: Transaction) -> list[str]:
    """Accepted entries that neither wait nor have a leaf: somebody took them out of the line."""
    rows = await tx.fetch(
        "SELECT e.id FROM ledger_entry e LEFT JOIN ledger_leaf l ON l.entry = e.id"
        " LEFT JOIN ledger_waiting w ON w.entry = e.id"
        " WHERE l.entry IS NULL AND w.entry IS NULL ORDER BY e.at, e.id LIMIT 100"
    )
    return [row["id"] for row in rows]


async def nodes(tx: Transaction) -> dict[Node, bytes]:
    rows = await tx.fetch("SELECT level, position, hash FROM ledger_node")
    return {(row["level"], row["position"]): row["hash"] for row in rows}
