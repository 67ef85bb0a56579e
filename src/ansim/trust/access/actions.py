"""The verbs of access. Whatever is refused here is in the ledger before the refusal is said.

A refusal has to be stored, so the verbs that can refuse take the database and raise after their own
transaction; those that are part of a wider act take its transaction.
"""

import hashlib
import hmac
import math
import re
from datetime import timedelta

import msgspec

from ansim.core.database import Database, Row, Transaction
from ansim.core.errors import Problem, not_found
from ansim.trust.access import passwords, store, totp
from ansim.trust.access.events import AccountDisabled, SessionEnded
from ansim.trust.access.model import (
    CHALLENGE_FAILURES,
    CHALLENGE_TTL_S,
    FAILURE_MEMORY_S,
    ONE_TIME_CODE_TTL_S,
    PASSWORD_LENGTH,
    SESSION_LIMIT_S,
    Account,
    Actor,
    Opened,
    Question,
    Role,
    delay_s,
)
from ansim.trust.access.passkey import Passkey, PasskeyRefused, Passkeys
from ansim.trust.access.secrets import seal_new, site_secret
from ansim.trust.access.sessions import hashed, resolve
from ansim.trust.ledger.actions import record
from ansim.trust.retention.keys import Keys

ACCOUNT_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")
FORGET = "account.forget"
"""The timer of `forget_account`."""
FORGOTTEN_AFTER = timedelta(days=3 * 365)
"""Records of who was given access are kept three years (Korean safety standards for personal data, art. 5)."""
NOBODY = "anonymous"
"""The actor of what is done before anybody is known."""


# Accounts


async def create_account(
    tx: Transaction,
    *,
    account: str,
    name: str,
    role: Role,
    centre: str,
    agency: str | None = None,
    password: str | None = None,
    actor: str,
) -> Account:
    """A new account; without a password only a one-time code opens it. Raises Problem 409, 422."""
    account = account.strip().lower()
    if not ACCOUNT_NAME.fullmatch(account):
        raise _unfit("account", "2 to 64 of a-z 0-9 . _ @ - , beginning with a letter or digit")
    if not 1 <= len(name.strip()) <= 80 or not name.isprintable():
        raise _unfit("name", "1 to 80 printable characters")
    if (role is Role.AGENCY) != (agency in ("112", "119")):
        raise _unfit("agency", "112 or 119 for the role agency, nothing for every other role")
    encoded = None if password is None else await passwords.hash_password(_fit(password, account))
    id = tx.world.id()
    added = await store.add_account(
        tx,
        id=id,
        account=account,
        name=name.strip(),
        role=role,
        centre=centre,
        agency=agency,
        password=encoded,
    )
    if not added:
        raise Problem(409, "account.taken", "This account name is taken", field="account")
    await record(tx, actor=actor, act="account.created", object=id, purpose="access", details={"role": role.value})
    return await _account(tx, id)


async def accounts(tx: Transaction, centre: str) -> list[Account]:
    return [_shown(row) for row in await store.accounts(tx, centre)]


async def disable_account(tx: Transaction, id: str, *, by: Actor) -> None:
    """Nothing of this account works from the commit on; sockets and video follow AccountDisabled."""
    if id == by.id:
        raise Problem(409, "account.own", "Nobody disables her own account")
    if not id.isalnum():
        raise not_found("account")
    # In the order in which a sign-in locks: challenges, then the account. Whatever slips in between is dead with it.
    await store.end_everything_of(tx, id, "disabled")
    if not await store.disable_account(tx, id, by.centre):
        raise not_found("account")
    tx.arm(FORGET, id, tx.at + FORGOTTEN_AFTER)
    await record(tx, actor=by.id, act="account.disabled", object=id, purpose="access")
    tx.publish(AccountDisabled(account=id))


async def forget_account(tx: Transaction, id: str) -> None:
    """What the timer does when nobody has to know any more who this was."""
    if await store.forget_account(tx, id, tx.at - FORGOTTEN_AFTER):
        await record(tx, actor="system", act="account.forgotten", object=id, purpose="retention")


async def one_time_code(tx: Transaction, *, account: str, actor: str, ttl_s: int = ONE_TIME_CODE_TTL_S) -> str:
    """A code that signs this account (its id) in once, within `ttl_s` seconds."""
    code = tx.world.secret()
    await store.add_one_time_code(tx, hashed(code), account, tx.at + timedelta(seconds=ttl_s))
    await record(tx, actor=actor, act="code.issued", object=account, purpose="access", details={"seconds": ttl_s})
    return code


async def issue_token(
    tx: Transaction, *, role: Role, centre: str, ttl_s: int, actor: str, agency: str | None = None
) -> str:
    """A bearer token for scripts; only its hash is kept."""
    token = tx.world.secret()
    id = tx.world.id()
    await store.add_session(
        tx, id=id, hash=hashed(token), account=None, kind="bearer", factor="token",
        expires_at=tx.at + timedelta(seconds=ttl_s), role=role, centre=centre, agency=agency,
    )  # fmt: skip
    await record(
        tx,
        actor=actor,
        act="token.issued",
        object=id,
        purpose="access",
        details={"role": role.value, "seconds": ttl_s},
    )
    return token


# Signing in


async def sign_in(database: Database, passkeys: Passkeys, *, account: str, password: str, address: str) -> Question:
    """The first step. Raises Problem 401 (the same for a wrong password and an unknown account) or 429."""
    account = account.strip().lower()
    async with database.transaction() as tx:
        wait = await _count(tx, account, address)
        row = await store.sign_in_row(tx, account) if ACCOUNT_NAME.fullmatch(account) else None
    if wait:
        raise _wait(wait)
    encoded = None if row is None else row["password"]
    fits = await passwords.verify(encoded, password)
    again = await passwords.hash_password(password) if fits and encoded and passwords.outdated(encoded) else None
    async with database.transaction() as tx:
        if row is None or not fits:
            await _refused(tx, "account:unknown" if row is None else row["id"], "password")
            question = None
        else:
            if again:
                await store.set_password(tx, row["id"], again)
            question = await _question(tx, passkeys, row["id"])
    if question is None:
        raise _no()
    return question


async def answer_totp(database: Database, *, challenge: str, code: str, address: str) -> Opened:
    """The second step by an authenticator app. Raises Problem 401, 429."""
    opened = None
    async with database.transaction() as tx:
        asked = await store.challenge(tx, hashed(challenge), "second-factor")
        if asked is not None and await _totp_fits(tx, asked["account"], code, confirmed=True):
            opened = await _enter(tx, asked["account"], challenge, "totp", address)
        else:
            await _wrong(tx, None if asked is None else asked["account"], challenge, "totp", address)
    return _or_no(opened)


async def answer_passkey(
    database: Database, passkeys: Passkeys, *, challenge: str, answer: dict[str, object], address: str
) -> Opened:
    """The second step by a passkey. Raises Problem 401, 429."""
    opened = None
    async with database.transaction() as tx:
        asked = await store.challenge(tx, hashed(challenge), "second-factor")
        if asked is not None and await _passkey_fits(tx, passkeys, asked["account"], bytes(asked["nonce"]), answer):
            opened = await _enter(tx, asked["account"], challenge, "passkey", address)
        else:
            await _wrong(tx, None if asked is None else asked["account"], challenge, "passkey", address)
    return _or_no(opened)


async def answer_code(database: Database, *, code: str, address: str) -> Opened:
    """Sign in with a one-time code alone. Raises Problem 401, 429."""
    opened, wait = None, 0
    async with database.transaction() as tx:
        account = await store.use_one_time_code(tx, hashed(code))
        if account is not None:
            opened = await _open(tx, account, "code")
        else:
            wait = await _count(tx, None, address)
            if not wait:
                await _refused(tx, "account:unknown", "code")
    if wait:
        raise _wait(wait)
    return _or_no(opened)


async def sign_out(tx: Transaction, actor: Actor) -> None:
    if await store.end_session(tx, actor.session, "signed-out"):
        await record(tx, actor=actor.id, act="session.ended", object=actor.session, purpose="access")
        tx.publish(SessionEnded(session=actor.session, account=actor.id, why="signed-out"))


async def sign_out_elsewhere(tx: Transaction, actor: Actor) -> int:
    """End every other session of hers; how many. Also what a new password does: whoever had the old one is out."""
    ended = await store.end_sessions_but(tx, actor.id, actor.session, "revoked")
    for session in ended:
        await record(
            tx, actor=actor.id, act="session.ended", object=session, purpose="access", details={"why": "revoked"}
        )
        tx.publish(SessionEnded(session=session, account=actor.id, why="revoked"))
    return len(ended)


# What a signed-in person keeps about herself


async def set_password(database: Database, actor: Actor, *, password: str, current: str | None) -> None:
    """Raises Problem 403 when the current one is wrong, 422 when the new one is unfit."""
    async with database.transaction(readonly=True) as tx:
        encoded = await store.password_of(tx, actor.id)
        account = (await _account(tx, actor.id)).account
    if encoded is not None and not await passwords.verify(encoded, current or ""):
        async with database.transaction() as tx:
            await record(tx, actor=actor.id, act="password.refused", object=actor.id, purpose="access")
        raise Problem(403, "password.wrong", "The current password is not right", field="current")
    fresh = await passwords.hash_password(_fit(password, account))
    async with database.transaction() as tx:
        await store.set_password(tx, actor.id, fresh)
        await record(tx, actor=actor.id, act="password.changed", object=actor.id, purpose="access")
        await sign_out_elsewhere(tx, actor)


async def begin_totp(tx: Transaction, actor: Actor) -> str:
    """A new secret for the authenticator app, as its otpauth address; it counts after `confirm_totp`."""
    secret = tx.world.token_bytes(totp.SECRET_BYTES)
    slot = await store.totp_slot(tx, actor.id)
    if slot is None:
        slot, sealed = await seal_new(tx, secret, _totp_context(actor.id))
    else:
        sealed = tx.use(Keys).seal(slot, secret, _totp_context(actor.id))
    await store.set_totp(tx, actor.id, slot, sealed)
    await record(tx, actor=actor.id, act="totp.begun", object=actor.id, purpose="access")
    return totp.uri(secret, (await _account(tx, actor.id)).account)


async def confirm_totp(tx: Transaction, actor: Actor, code: str) -> None:
    """Raises Problem 422 when the code does not come from the new secret."""
    if not await _totp_fits(tx, actor.id, code, confirmed=False):
        raise Problem(422, "totp.code", "This code does not fit", field="code")
    await record(tx, actor=actor.id, act="totp.confirmed", object=actor.id, purpose="access")


async def begin_passkey(tx: Transaction, passkeys: Passkeys, actor: Actor) -> Question:
    """What the browser needs to make a passkey for this person."""
    challenge, nonce = tx.world.secret(), tx.world.token_bytes(32)
    await store.add_challenge(
        tx, hashed(challenge), actor.id, "registration", nonce, tx.at + timedelta(seconds=CHALLENGE_TTL_S)
    )
    known = [bytes(row["id"]) for row in await store.passkeys(tx, actor.id)]
    options = passkeys.registration_options(account=actor.id, name=actor.name, challenge=nonce, known=known)
    return Question(challenge=challenge, factors=["passkey"], passkey=options)


async def add_passkey(
    tx: Transaction, passkeys: Passkeys, actor: Actor, *, challenge: str, answer: dict[str, object], name: str
) -> None:
    """Raises Problem 422 when the answer does not prove the key, 409 when it is already registered."""
    asked = await store.challenge(tx, hashed(challenge), "registration")
    if asked is None or asked["account"] != actor.id:
        raise Problem(422, "passkey.challenge", "This registration has expired", field="challenge")
    try:
        passkey = passkeys.registered(answer, challenge=bytes(asked["nonce"]))
    except PasskeyRefused as refused:
        raise Problem(422, "passkey.refused", "This passkey could not be verified", field="credential") from refused
    await store.end_challenge(tx, hashed(challenge))
    if not await store.add_passkey(tx, actor.id, passkey.id, passkey.public_key, passkey.uses, name):
        raise Problem(409, "passkey.known", "This passkey is already registered", field="credential")
    await record(tx, actor=actor.id, act="passkey.registered", object=actor.id, purpose="access")


async def remove_passkey(tx: Transaction, actor: Actor, id: bytes) -> None:
    if not await store.remove_passkey(tx, actor.id, id):
        raise not_found("passkey")
    await record(tx, actor=actor.id, act="passkey.removed", object=actor.id, purpose="access")


async def _question(tx: Transaction, passkeys: Passkeys, account: str) -> Question:
    challenge, nonce = tx.world.secret(), tx.world.token_bytes(32)
    await store.add_challenge(
        tx, hashed(challenge), account, "second-factor", nonce, tx.at + timedelta(seconds=CHALLENGE_TTL_S)
    )
    row = await store.account(tx, account)
    assert row is not None
    options = None
    if "passkey" in row["factors"]:
        known = [bytes(key["id"]) for key in await store.passkeys(tx, account)]
        options = passkeys.request_options(challenge=nonce, known=known)
    return Question(challenge=challenge, factors=list(row["factors"]), passkey=options)


async def _totp_fits(tx: Transaction, account: str, code: str, *, confirmed: bool) -> bool:
    row = await store.totp(tx, account)
    if row is None or row["totp_confirmed"] != confirmed:
        return False
    secret = tx.use(Keys).open(row["totp_slot"], bytes(row["totp_sealed"]), _totp_context(account))
    step = totp.matching_step(secret, code, tx.at, after=row["totp_step"])
    return step is not None and await store.use_totp_step(tx, account, step)


async def _passkey_fits(
    tx: Transaction, passkeys: Passkeys, account: str, nonce: bytes, answer: dict[str, object]
) -> bool:
    try:
        id = passkeys.answering(answer)
        for row in await store.passkeys(tx, account):
            if bytes(row["id"]) == id:
                known = Passkey(id=id, public_key=bytes(row["public_key"]), uses=row["uses"])
                await store.use_passkey(tx, id, passkeys.proven(answer, challenge=nonce, passkey=known))
                return True
    except PasskeyRefused:
        pass
    return False


async def _enter(tx: Transaction, account: str, challenge: str, factor: str, address: str) -> Opened:
    await store.end_challenge(tx, hashed(challenge))
    row = await store.account(tx, account)
    assert row is not None
    tags = await _tags(tx, row["account"], address)
    await store.failures(tx, list(tags.values()), tx.at - timedelta(seconds=FAILURE_MEMORY_S))
    await store.forgive(tx, [tags["pair"], tags["account"]], tags["address"])
    return await _open(tx, account, factor)


async def _open(tx: Transaction, account: str, factor: str) -> Opened:
    token, id = tx.world.secret(), tx.world.id()
    await store.add_session(
        tx, id=id, hash=hashed(token), account=account, kind="cookie", factor=factor,
        expires_at=tx.at + timedelta(seconds=SESSION_LIMIT_S),
    )  # fmt: skip
    await record(tx, actor=account, act="session.opened", object=id, purpose="access", details={"factor": factor})
    actor = await resolve(tx, token)
    assert actor is not None
    return Opened(token=token, actor=actor)


async def _wrong(tx: Transaction, account: str | None, challenge: str, factor: str, address: str) -> None:
    name = None
    if account is not None:
        await store.fail_challenge(tx, hashed(challenge), CHALLENGE_FAILURES)
        row = await store.account(tx, account)
        name = None if row is None else row["account"]
    await _count(tx, name, address)
    await _refused(tx, account or "account:unknown", factor)


async def _refused(tx: Transaction, object: str, factor: str) -> None:
    await record(tx, actor=NOBODY, act="session.refused", object=object, purpose="access", details={"factor": factor})


async def _count(tx: Transaction, account: str | None, address: str) -> int:
    """Seconds still to wait; 0 when the attempt may go on.

    An attempt that goes on counts as failed until the whole sign-in succeeded, so that many at the same time
    cannot slip through before the first of them has failed.
    """
    tags = await _tags(tx, account, address)
    since = tx.at - timedelta(seconds=FAILURE_MEMORY_S)
    known = await store.failures(tx, list(tags.values()), since)
    until = max(
        known[tag]["last_at"] + timedelta(seconds=delay_s(kind, known[tag]["failures"])) for kind, tag in tags.items()
    )
    wait: int = math.ceil((until - tx.at).total_seconds())
    if wait <= 0:
        await store.count_failure(tx, list(tags.values()), since)
    return max(wait, 0)


async def _tags(tx: Transaction, account: str | None, address: str) -> dict[str, bytes]:
    key = await site_secret(tx, "sign-in-failure")

    def tag(*parts: str) -> bytes:
        return hmac.digest(key, "\x00".join(parts).encode(), hashlib.sha256)

    tags = {"address": tag("address", address)}
    if account is not None:
        tags |= {"account": tag("account", account), "pair": tag("pair", account, address)}
    return tags


async def _account(tx: Transaction, id: str) -> Account:
    row = await store.account(tx, id)
    if row is None:
        raise not_found("account")
    return _shown(row)


def _shown(row: Row) -> Account:
    return msgspec.convert(dict(row), Account)


def _totp_context(account: str) -> bytes:
    return b"totp " + account.encode()


def _fit(password: str, account: str) -> str:
    """Length is what counts (NIST SP 800-63B); beyond it only what is guessed first is refused."""
    low, high = PASSWORD_LENGTH
    if not low <= len(password) <= high:
        raise _unfit("password", f"{low} to {high} characters")
    if len(set(password)) < 5 or account in password.lower() or "ansim" in password.lower():
        raise _unfit("password", "five different characters, and neither the account's name nor ours")
    return password


def _unfit(field: str, rule: str) -> Problem:
    return Problem(422, f"account.{field}", "This does not fit", rule, field=field)


def _no() -> Problem:
    return Problem(401, "signin.refused", "Sign-in refused", "Account, password or code is not right.")


def _or_no(opened: Opened | None) -> Opened:
    if opened is None:
        raise _no()
    return opened


def _wait(seconds: int) -> Problem:
    return Problem(429, "signin.wait", "Too many attempts", "Wait, then try again.", retry_after_s=seconds)
