"""Signing in and out, one's own factors, and the administrator's accounts over HTTP."""

import base64
import binascii
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody

from ansim.core.database import Database
from ansim.core.errors import Problem, not_found
from ansim.trust.access import actions, store
from ansim.trust.access.guards import address, allow, cookie_token, same_origin, with_cookie, without_cookie
from ansim.trust.access.model import SESSION_IDLE_S, Account, Act, Actor, Opened, Question, Role, Site
from ansim.trust.access.passkey import Passkeys
from ansim.trust.access.sessions import csrf

Text = Annotated[str, msgspec.Meta(max_length=200)]
Secret = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Http = Request[Any, Any, Any]
Db = NamedDependency[Database]
Keys = NamedDependency[Passkeys]
Asking = NamedDependency[Actor]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in. `csrf` goes into the header x-csrf-token of every request that is not a GET."""

    account: str
    name: str
    role: Role
    centre: Place
    csrf: str
    expires_at: datetime
    agency: str | None = None


class SignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    account: Text
    password: Annotated[str, msgspec.Meta(max_length=1024)]


class TotpAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    challenge: Secret
    code: Annotated[str, msgspec.Meta(max_length=16)]


class PasskeyAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    challenge: Secret
    credential: dict[str, object]


class CodeAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: Secret


class NewPassword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    password: Annotated[str, msgspec.Meta(max_length=1024)]
    current: Annotated[str, msgspec.Meta(max_length=1024)] | None = None


class TotpCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: Annotated[str, msgspec.Meta(max_length=16)]


class TotpSecret(msgspec.Struct, frozen=True, kw_only=True):
    uri: str


class NewPasskey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    challenge: Secret
    credential: dict[str, object]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=r"^[^\x00]*$")]


class ShownPasskey(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    created_at: datetime


class ShownSession(msgspec.Struct, frozen=True, kw_only=True):
    """`own`: the one that asks."""

    id: str
    factor: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    own: bool


class NewAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    account: Text
    name: Text
    role: Role
    agency: str | None = None


class CreatedAccount(msgspec.Struct, frozen=True, kw_only=True):
    """`code` signs the new person in once; she then chooses her password and second factor."""

    account: Account
    code: str


FIRST_SIGN_IN_S = 24 * 3600


@post("/api/signin", status_code=200, guards=[same_origin])
async def sign_in(
    data: JSONBody[SignIn],
    request: Http,
    database: Db,
    passkeys: Keys,
) -> Question:
    """First step: account and password. A wrong password and an unknown account get the same 401."""
    return await actions.sign_in(
        database, passkeys, account=data.account, password=data.password, address=address(request)
    )


@post("/api/signin/totp", status_code=200, guards=[same_origin])
async def sign_in_totp(data: JSONBody[TotpAnswer], request: Http, database: Db) -> Response[Me]:
    """Second step with the six figures of an authenticator app. Sets the session's cookie."""
    opened = await actions.answer_totp(database, challenge=data.challenge, code=data.code, address=address(request))
    return _signed_in(opened, request, database)


@post("/api/signin/passkey", status_code=200, guards=[same_origin])
async def sign_in_passkey(data: JSONBody[PasskeyAnswer], request: Http, database: Db, passkeys: Keys) -> Response[Me]:
    """Second step with a passkey. Sets the session's cookie."""
    opened = await actions.answer_passkey(
        database, passkeys, challenge=data.challenge, answer=data.credential, address=address(request)
    )
    return _signed_in(opened, request, database)


@post("/api/signin/code", status_code=200, guards=[same_origin])
async def sign_in_code(data: JSONBody[CodeAnswer], request: Http, database: Db) -> Response[Me]:
    """Sign in with a code that works once."""
    opened = await actions.answer_code(database, code=data.code, address=address(request))
    return _signed_in(opened, request, database)


@post("/api/signout", status_code=204)
async def sign_out(request: Http, actor: Asking, database: Db) -> Response[None]:
    """End this session."""
    async with database.transaction() as tx:
        await actions.sign_out(tx, actor)
    return without_cookie(Response(None, status_code=204), request)


@get("/api/me")
async def me(request: Http, actor: Asking, database: Db) -> Me:
    """Who is signed in, and the token for the header x-csrf-token."""
    return _me(actor, cookie_token(request) or "", database)


@post("/api/me/password", status_code=204)
async def set_password(data: JSONBody[NewPassword], actor: Asking, database: Db) -> None:
    """Choose a password, or change it."""
    _person(actor)
    await actions.set_password(database, actor, password=data.password, current=data.current)


@post("/api/me/totp")
async def begin_totp(actor: Asking, database: Db) -> TotpSecret:
    """A new secret for an authenticator app; it counts once confirmed."""
    _person(actor)
    async with database.transaction() as tx:
        return TotpSecret(uri=await actions.begin_totp(tx, actor))


@post("/api/me/totp/confirm", status_code=204)
async def confirm_totp(data: JSONBody[TotpCode], actor: Asking, database: Db) -> None:
    """Prove that the app has the secret."""
    _person(actor)
    async with database.transaction() as tx:
        await actions.confirm_totp(tx, actor, data.code)


@post("/api/me/passkeys/options", status_code=200)
async def begin_passkey(actor: Asking, database: Db, passkeys: Keys) -> Question:
    """What the browser needs to make a passkey."""
    _person(actor)
    async with database.transaction() as tx:
        return await actions.begin_passkey(tx, passkeys, actor)


@post("/api/me/passkeys", status_code=204)
async def add_passkey(
    data: JSONBody[NewPasskey],
    actor: Asking,
    database: Db,
    passkeys: Keys,
) -> None:
    """Keep the public half of a new passkey."""
    _person(actor)
    async with database.transaction() as tx:
        await actions.add_passkey(tx, passkeys, actor, challenge=data.challenge, answer=data.credential, name=data.name)


@get("/api/me/passkeys")
async def list_passkeys(actor: Asking, database: Db) -> dict[str, list[ShownPasskey]]:
    """One's own passkeys."""
    async with database.transaction(readonly=True) as tx:
        rows = await store.passkeys(tx, actor.id)
    return {
        "passkeys": [
            ShownPasskey(id=_text(bytes(row["id"])), name=row["name"], created_at=row["created_at"]) for row in rows
        ]
    }


@delete("/api/me/passkeys/{passkey:str}", status_code=204)
async def remove_passkey(passkey: FromPath[str], actor: Asking, database: Db) -> None:
    """Forget a passkey."""
    async with database.transaction() as tx:
        await actions.remove_passkey(tx, actor, _bytes(passkey))


@get("/api/me/sessions")
async def list_sessions(actor: Asking, database: Db) -> dict[str, list[ShownSession]]:
    """Where one is signed in."""
    async with database.transaction(readonly=True) as tx:
        rows = await store.sessions(tx, actor.id, timedelta(seconds=SESSION_IDLE_S))
    return {"sessions": [ShownSession(**row, own=row["id"] == actor.session) for row in rows]}


@post("/api/me/sessions/end-others", status_code=200)
async def sign_out_elsewhere(actor: Asking, database: Db) -> dict[str, int]:
    """End all sessions but this one."""
    async with database.transaction() as tx:
        return {"ended": await actions.sign_out_elsewhere(tx, actor)}


@get("/api/accounts", guards=[allow(Act.ACCOUNT_ADMINISTER)])
async def list_accounts(actor: Asking, database: Db) -> dict[str, list[Account]]:
    """Everybody who may sign in at this centre."""
    async with database.transaction(readonly=True) as tx:
        return {"accounts": await actions.accounts(tx, actor.centre)}


@post("/api/accounts", guards=[allow(Act.ACCOUNT_ADMINISTER)])
async def create_account(data: JSONBody[NewAccount], actor: Asking, database: Db) -> CreatedAccount:
    """A new account, with a code for its first sign-in."""
    async with database.transaction() as tx:
        account = await actions.create_account(
            tx, account=data.account, name=data.name, role=data.role, centre=actor.centre, agency=data.agency,
            actor=actor.id,
        )  # fmt: skip
        code = await actions.one_time_code(tx, account=account.id, actor=actor.id, ttl_s=FIRST_SIGN_IN_S)
    return CreatedAccount(account=account, code=code)


@post("/api/accounts/{account:str}/disable", status_code=204, guards=[allow(Act.ACCOUNT_ADMINISTER)])
async def disable_account(account: FromPath[str], actor: Asking, database: Db) -> None:
    """From now on nothing of this account works; its sessions end."""
    async with database.transaction() as tx:
        await actions.disable_account(tx, account, by=actor)


def _signed_in(opened: Opened, request: Http, database: Database) -> Response[Me]:
    return with_cookie(Response(_me(opened.actor, opened.token, database), status_code=200), request, opened.token)


def _me(actor: Actor, token: str, database: Database) -> Me:
    site = database.use(Site)
    return Me(
        account=actor.id,
        name=actor.name,
        role=actor.role,
        centre=Place(id=actor.centre, name=site.name if actor.centre == site.centre else actor.centre),
        csrf=csrf(token) if token else "",
        expires_at=actor.expires_at,
        agency=actor.agency,
    )


def _person(actor: Actor) -> None:
    """A token made on the machine speaks for nobody, so it has no password or passkey of its own."""
    if actor.id == f"token:{actor.session}":
        raise Problem(403, "forbidden", "You may not do this")


def _text(id: bytes) -> str:
    return base64.urlsafe_b64encode(id).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise not_found("passkey") from None


ROUTES: list[HTTPRouteHandler] = [
    sign_in, sign_in_totp, sign_in_passkey, sign_in_code, sign_out, me,
    set_password, begin_totp, confirm_totp, begin_passkey, add_passkey, list_passkeys, remove_passkey,
    list_sessions, sign_out_elsewhere, list_accounts, create_account, disable_account,
]  # fmt: skip
