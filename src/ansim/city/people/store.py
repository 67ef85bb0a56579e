"""The SQL of people."""

from datetime import datetime

from ansim.core.database import Row, Transaction


async def add_person(
    tx: Transaction,
    id: str,
    thumbprint: bytes | None,
    slot: int,
    profile_sealed: bytes | None,
    valid_until: datetime,
) -> bool:
    """False when this phone's key is enrolled already."""
    done = await tx.execute(
        """INSERT INTO person (id, thumbprint, slot, profile_sealed, enrolled_at, valid_until)
           VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (thumbprint) DO NOTHING""",
        id,
        thumbprint,
        slot,
        profile_sealed,
        tx.at,
        valid_until,
    )
    return done == "INSERT 0 1"


async def by_thumbprint(tx: Transaction, thumbprint: bytes) -> Row | None:
    return await tx.fetchrow("SELECT id, slot FROM person WHERE thumbprint = $1", thumbprint)


async def kept(tx: Transaction, id: str) -> Row | None:
    """What is kept of her, as long as its key lives."""
    return await tx.fetchrow("SELECT slot, profile_sealed FROM person WHERE id = $1", id)


async def rewrite(tx: Transaction, id: str, slot: int, profile_sealed: bytes) -> int | None:
    """What is kept of her lies under another key from now on; the slot of the old one. None when she has withdrawn."""
    old: int | None = await tx.fetchval(
        """UPDATE person SET slot = $2, profile_sealed = $3 FROM (SELECT id, slot FROM person WHERE id = $1 FOR UPDATE) before
           WHERE person.id = before.id AND withdrawn_at IS NULL RETURNING before.slot""",
        id, slot, profile_sealed,
    )  # fmt: skip
    return old


async def extend(tx: Transaction, id: str, valid_until: datetime) -> None:
    await tx.execute("UPDATE person SET valid_until = greatest(valid_until, $2) WHERE id = $1", id, valid_until)


async def set_consents(tx: Transaction, person: str, items: list[str], version: str) -> None:
    await tx.execute("DELETE FROM consent WHERE person = $1", person)
    await tx.execute(
        "INSERT INTO consent (person, item, version, at) SELECT $1, unnest($2::text[]), $3, $4",
        person,
        items,
        version,
        tx.at,
    )


async def withdraw(tx: Transaction, id: str) -> int | None:
    """Nobody is found under this pseudonym any more; the slot of her key, the first time."""
    slot: int | None = await tx.fetchval(
        """UPDATE person SET withdrawn_at = $2, thumbprint = NULL WHERE id = $1 AND withdrawn_at IS NULL
           RETURNING slot""",
        id,
        tx.at,
    )
    return slot


async def add_device(tx: Transaction, tag: bytes, person: str) -> None:
    await tx.execute("INSERT INTO device (tag, person, added_at) VALUES ($1, $2, $3)", tag, person, tx.at)


async def remove_devices(tx: Transaction, person: str) -> None:
    await tx.execute("DELETE FROM device WHERE person = $1", person)


async def devices(tx: Transaction, person: str) -> int:
    number: int = await tx.fetchval("SELECT count(*) FROM device WHERE person = $1", person)
    return number


async def device_owner(tx: Transaction, tag: bytes) -> str | None:
    person: str | None = await tx.fetchval("SELECT person FROM device WHERE tag = $1", tag)
    return person


async def device_persons(tx: Transaction, tags: list[bytes]) -> dict[bytes, str]:
    rows = await tx.fetch(
        """SELECT tag, person.id FROM device JOIN person ON person.id = device.person
           WHERE tag = ANY ($1::bytea[]) AND withdrawn_at IS NULL""",
        tags,
    )
    return {bytes(row["tag"]): row["id"] for row in rows}


async def mailboxes(tx: Transaction) -> int:
    number: int = await tx.fetchval("SELECT count(*) FROM mailbox")
    return number


async def add_mailbox(tx: Transaction, id: str, secret_hash: bytes, expires_at: datetime) -> None:
    await tx.execute(
        "INSERT INTO mailbox (id, secret_hash, opened_at, expires_at) VALUES ($1, $2, $3, $4)",
        id,
        secret_hash,
        tx.at,
        expires_at,
    )


async def mailbox(tx: Transaction, id: str) -> Row | None:
    return await tx.fetchrow(
        "SELECT secret_hash, sealed, expires_at FROM mailbox WHERE id = $1 AND expires_at > $2", id, tx.at
    )


async def fill_mailbox(tx: Transaction, id: str, sealed: bytes) -> bool:
    """False when it is unknown, or not empty."""
    done = await tx.execute(
        "UPDATE mailbox SET sealed = $2 WHERE id = $1 AND sealed IS NULL AND expires_at > $3", id, sealed, tx.at
    )
    return done == "UPDATE 1"


async def remove_mailbox(tx: Transaction, id: str) -> bool:
    return await tx.execute("DELETE FROM mailbox WHERE id = $1", id) == "DELETE 1"
