"""Facts that access states. Sockets and video listen to them: what they name ends at once."""

from ansim.core.events import Fact


class AccountDisabled(Fact, frozen=True, kw_only=True, tag="account.disabled"):
    """Every session and token of this account has ended."""

    account: str


class SessionEnded(Fact, frozen=True, kw_only=True, tag="session.ended"):
    """One session or bearer token has ended (`why`: signed-out, revoked)."""

    session: str
    account: str
    why: str
