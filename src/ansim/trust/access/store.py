"""The SQL of access."""

from datetime import datetime, timedelta
from typing import Any, Literal

from ansim.core.database import Row, Transaction

_ACCOUNT = """
SELECT id, account, name, role, centre, agency, created_at, disabled_at,
       array_remove(ARRAY[
           CASE WHEN totp_confirmed THEN 'totp' END,
           CASE WHEN EXISTS (SELECT FROM passkey WHERE passkey.account = account.id) THEN 'passkey' END
       ], NULL) AS factors
FROM account
"""


# Accounts


async def add_account(tx: Transaction, **column: Any) -> bool:
    """False when the account name is taken."""
    done = await tx.execute(
        """INSERT INTO account (id, account, name, role, centre, agency, password, created_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (account) DO NOTHING""",
        column["id"],
        column["account"],
        column["name"],
        column["role"],
        column["centre"],
        column["agency"],
        column["password"],
        tx.at,
    )
    return done == "INSERT 0 1"


async def accounts(tx: Transaction, centre: str) -> list[Row]:
    return await tx.fetch(_ACCOUNT + "WHERE centre = $1 ORDER BY account", centre)


async def account(tx: Transaction, id: str) -> Row | None:
    return await tx.fetchrow(_ACCOUNT + "WHERE id = $1", id)


async def sign_in_row(tx: Transaction, account: str) -> Row | None:
    """What a sign-in needs of an account in use, by the name that was typed."""
    return await tx.fetchrow("SELECT id, password FROM account WHERE account = $1 AND disabled_at IS NULL", account)


async def password_of(tx: Transaction, id: str) -> str | None:
    encoded: str | None = await tx.fetchval("SELECT password FROM account WHERE id = $1", id)
    return encoded


async def set_password(tx: Transaction, id: str, encoded: str) -> None:
    await tx.execute("UPDATE account SET password = $2 WHERE id = $1", id, encoded)


async def disable_account(tx: Transaction, id: str, centre: str) -> bool:
    """Its secrets go at once; the key of the authenticator's goes with the next sweep of keys that no row uses."""
    done = await tx.execute(
        """UPDATE account SET disabled_at = $3, password = NULL, totp_sealed = NULL, totp_slot = NULL
           WHERE id = $1 AND centre = $2 AND disabled_at IS NULL""",
        id,
        centre,
        tx.at,
    )
    return done == "UPDATE 1"


async def forget_account(tx: Transaction, id: str, disabled_before: datetime) -> bool:
    done = await tx.execute(
        "UPDATE account SET account = id, name = '' WHERE id = $1 AND disabled_at <= $2", id, disabled_before
    )
    return done == "UPDATE 1"


# Second factors


async def totp(tx: Transaction, id: str) -> Row | None:
    return await tx.fetchrow(
        """SELECT totp_sealed, totp_slot, totp_confirmed, totp_step FROM account
           WHERE id = $1 AND totp_sealed IS NOT NULL AND disabled_at IS NULL""",
        id,
    )


async def totp_slot(tx: Transaction, id: str) -> int | None:
    slot: int | None = await tx.fetchval("SELECT totp_slot FROM account WHERE id = $1 FOR UPDATE", id)
    return slot


async def set_totp(tx: Transaction, id: str, slot: int, sealed: bytes) -> None:
    """Keep a new, unconfirmed secret in place of the one before."""
    await tx.execute(
        """UPDATE account SET totp_slot = $2, totp_sealed = $3, totp_confirmed = false, totp_step = 0
           WHERE id = $1""",
        id,
        slot,
        sealed,
    )


async def use_totp_step(tx: Transaction, id: str, step: int) -> bool:
    """Take this step for good. False when it, or a later one, was taken before."""
    done = await tx.execute(
        "UPDATE account SET totp_step = $2, totp_confirmed = true WHERE id = $1 AND totp_step < $2", id, step
    )
    return done == "UPDATE 1"


async def add_passkey(tx: Transaction, account: str, id: bytes, public_key: bytes, uses: int, name: str) -> bool:
    done = await tx.execute(
        """INSERT INTO passkey (id, account, public_key, uses, name, created_at)
           VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING""",
        id,
        account,
        public_key,
        uses,
        name,
        tx.at,
    )
    return done == "INSERT 0 1"


async def passkeys(tx: Transaction, account: str) -> list[Row]:
    return await tx.fetch(
        "SELECT id, public_key, uses, name, created_at FROM passkey WHERE account = $1 ORDER BY created_at",
        account,
    )


async def use_passkey(tx: Transaction, id: bytes, uses: int) -> None:
    await tx.execute("UPDATE passkey SET uses = $2 WHERE id = $1", id, uses)


async def remove_passkey(tx: Transaction, account: str, id: bytes) -> bool:
    return await tx.execute("DELETE FROM passkey WHERE account = $1 AND id = $2", account, id) == "DELETE 1"


# Challenges and one-time codes


async def add_challenge(
    tx: Transaction, hash: bytes, account: str, kind: str, nonce: bytes, expires_at: datetime
) -> None:
    await _forget_expired(tx, "challenge")
    await tx.execute(
        "INSERT INTO challenge (hash, account, kind, nonce, expires_at) VALUES ($1, $2, $3, $4, $5)",
        hash,
        account,
        kind,
        nonce,
        expires_at,
    )


async def challenge(tx: Transaction, hash: bytes, kind: str) -> Row | None:
    """A living challenge of an account in use, locked so that two answers cannot be judged at once."""
    return await tx.fetchrow(
        """SELECT challenge.account, nonce
           FROM challenge JOIN account ON account.id = challenge.account
           WHERE hash = $1 AND kind = $2 AND expires_at > $3 AND disabled_at IS NULL
           FOR UPDATE OF challenge""",
        hash,
        kind,
        tx.at,
    )


async def fail_challenge(tx: Transaction, hash: bytes, most: int) -> None:
    await tx.execute("UPDATE challenge SET failures = failures + 1 WHERE hash = $1", hash)
    await tx.execute("DELETE FROM challenge WHERE hash = $1 AND failures >= $2", hash, most)


async def end_challenge(tx: Transaction, hash: bytes) -> None:
    await tx.execute("DELETE FROM challenge WHERE hash = $1", hash)


async def add_one_time_code(tx: Transaction, hash: bytes, account: str, expires_at: datetime) -> None:
    await _forget_expired(tx, "one_time_code")
    await tx.execute(
        "INSERT INTO one_time_code (hash, account, expires_at) VALUES ($1, $2, $3)", hash, account, expires_at
    )


async def use_one_time_code(tx: Transaction, hash: bytes) -> str | None:
    """The account the code was made for, once."""
    used: str | None = await tx.fetchval(
        """UPDATE one_time_code SET used_at = $2 FROM account
           WHERE hash = $1 AND used_at IS NULL AND expires_at > $2
             AND account.id = one_time_code.account AND disabled_at IS NULL
           RETURNING one_time_code.account""",
        hash,
        tx.at,
    )
    return used


async def _forget_expired(tx: Transaction, table: Literal["challenge", "one_time_code"]) -> None:
    await tx.execute(
        f"""DELETE FROM {table} WHERE hash IN
            (SELECT hash FROM {table} WHERE expires_at <= $1 LIMIT 100 FOR UPDATE SKIP LOCKED)""",
        tx.at,
    )


# Sessions


async def add_session(
    tx: Transaction,
    *,
    id: str,
    hash: bytes,
    account: str | None,
    kind: str,
    factor: str,
    expires_at: datetime,
    role: str | None = None,
    centre: str | None = None,
    agency: str | None = None,
) -> None:
    await tx.execute(
        """INSERT INTO session
           (id, hash, account, kind, factor, role, centre, agency, created_at, seen_at, expires_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)""",
        id,
        hash,
        account,
        kind,
        factor,
        role,
        centre,
        agency,
        tx.at,
        expires_at,
    )


async def session(tx: Transaction, hash: bytes, idle: timedelta) -> Row | None:
    """Who a living session or token speaks for: not ended, expired, idle, nor of a disabled account."""
    return await tx.fetchrow(
        """SELECT session.id AS session, session.kind, session.seen_at, session.expires_at,
                  coalesce(account.id, 'token:' || session.id) AS id,
                  coalesce(account.name, session.role) AS name,
                  coalesce(account.role, session.role) AS role,
                  coalesce(account.centre, session.centre) AS centre,
                  CASE WHEN account.id IS NULL THEN session.agency ELSE account.agency END AS agency
           FROM session LEFT JOIN account ON account.id = session.account
           WHERE session.hash = $1 AND session.ended_at IS NULL AND session.expires_at > $2
             AND (session.kind = 'bearer' OR session.seen_at > $3)
             AND account.disabled_at IS NULL""",
        hash,
        tx.at,
        tx.at - idle,
    )


async def see_session(tx: Transaction, id: str) -> bool:
    """Write its use. False when it has ended or expired."""
    done = await tx.execute(
        "UPDATE session SET seen_at = $2 WHERE id = $1 AND ended_at IS NULL AND expires_at > $2", id, tx.at
    )
    return done == "UPDATE 1"


async def end_session(tx: Transaction, id: str, why: str) -> bool:
    done = await tx.execute(
        "UPDATE session SET ended_at = $2, ended_why = $3 WHERE id = $1 AND ended_at IS NULL", id, tx.at, why
    )
    return done == "UPDATE 1"


async def end_sessions_but(tx: Transaction, account: str, kept: str, why: str) -> list[str]:
    """End every session of the account but this one; the ids of those that ended."""
    rows = await tx.fetch(
        """UPDATE session SET ended_at = $3, ended_why = $4
           WHERE account = $1 AND id <> $2 AND ended_at IS NULL RETURNING id""",
        account,
        kept,
        tx.at,
        why,
    )
    return [row["id"] for row in rows]


async def sessions(tx: Transaction, account: str, idle: timedelta) -> list[Row]:
    return await tx.fetch(
        """SELECT id, factor, created_at, seen_at, expires_at FROM session
           WHERE account = $1 AND ended_at IS NULL AND expires_at > $2 AND seen_at > $3 ORDER BY created_at""",
        account,
        tx.at,
        tx.at - idle,
    )


async def end_everything_of(tx: Transaction, account: str, why: str) -> None:
    await tx.execute(
        "UPDATE session SET ended_at = $2, ended_why = $3 WHERE account = $1 AND ended_at IS NULL",
        account,
        tx.at,
        why,
    )
    await tx.execute("DELETE FROM passkey WHERE account = $1", account)
    await tx.execute("DELETE FROM challenge WHERE account = $1", account)
    await tx.execute("DELETE FROM one_time_code WHERE account = $1 AND used_at IS NULL", account)


# Failed attempts


async def failures(tx: Transaction, tags: list[bytes], since: datetime) -> dict[bytes, Row]:
    """The failures of each tag after `since`, locked until the end: attempts are judged one by one.

    Always in the order of the tags, so that two attempts never wait for each other.
    """
    rows = await tx.fetch(
        """INSERT INTO sign_in_failure AS kept (tag, failures, last_at)
           SELECT tag, 0, $2 FROM unnest($1::bytea[]) AS tag ORDER BY tag
           ON CONFLICT (tag) DO UPDATE
           SET failures = CASE WHEN kept.last_at > $3 THEN kept.failures ELSE 0 END
           RETURNING tag, failures, last_at""",
        tags,
        tx.at,
        since,
    )
    return {bytes(row["tag"]): row for row in rows}


async def count_failure(tx: Transaction, tags: list[bytes], since: datetime) -> None:
    """One more for each of these locked tags; what is older than `since` is forgotten, for everybody."""
    await tx.execute(
        "UPDATE sign_in_failure SET failures = failures + 1, last_at = $2 WHERE tag = ANY($1::bytea[])", tags, tx.at
    )
    await tx.execute(
        """DELETE FROM sign_in_failure WHERE tag IN
           (SELECT tag FROM sign_in_failure WHERE last_at <= $1 LIMIT 100 FOR UPDATE SKIP LOCKED)""",
        since,
    )


async def forgive(tx: Transaction, tags: list[bytes], shared: bytes) -> None:
    """After a success: these locked tags are clean, the shared one has one failure less."""
    await tx.execute("DELETE FROM sign_in_failure WHERE tag = ANY($1::bytea[])", tags)
    await tx.execute("UPDATE sign_in_failure SET failures = greatest(failures - 1, 0) WHERE tag = $1", shared)


# Secrets of the centre


async def secret(tx: Transaction, name: str) -> Row | None:
    return await tx.fetchrow("SELECT slot, sealed FROM site_secret WHERE name = $1", name)


async def keep_secret(tx: Transaction, name: str, slot: int, sealed: bytes) -> bool:
    done = await tx.execute(
        """INSERT INTO site_secret (name, slot, sealed, created_at) VALUES ($1, $2, $3, $4)
           ON CONFLICT (name) DO NOTHING""",
        name,
        slot,
        sealed,
        tx.at,
    )
    return done == "INSERT 0 1"
