"""What access keeps of those who sign in, why, for how long, and how it is destroyed."""

from ansim.trust.retention.holdings import Holding, Impersonal, Line

_LAW = "Standards for securing the safety of personal information, art. 5 and 8"

HOLDINGS: tuple[Line, ...] = (
    Holding(
        table="account",
        columns=("account", "name"),
        by="id",
        key=None,
        destroyed_by="own",
        why="to say on screens and in the record who did something",
        law=_LAW,
        retention="three years after the account was disabled; then the pseudonym alone stays",
    ),
    Holding(
        table="passkey",
        columns=("name",),
        by="account",
        key=None,
        destroyed_by="own",
        why="what a person calls her key",
        law=_LAW,
        retention="until she removes it or the account is disabled",
    ),
    Impersonal(table="challenge", why="hashes, random bytes and times; gone after five minutes"),
    Impersonal(table="one_time_code", why="hashes and times"),
    Impersonal(table="session", why="hashes, ids of accounts and times"),
    Impersonal(table="sign_in_failure", why="keyed hashes and counts; gone after a quarter of an hour"),
    Impersonal(table="site_secret", why="sealed keys of the centre itself"),
)
