"""Who may do what: roles, acts, and the one table that joins them. Pure; denies by default.

Sources: OWASP ASVS 5.0 chapters 6-8 (sign-in, sessions, authorisation); the separation of duties
between those who act, those who watch them and those who let people in.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

SESSION_COOKIE = "ansim_session"
CSRF_HEADER = "x-csrf-token"

SESSION_IDLE_S = 4 * 3600
"""A session dies this long after its last use. A console's open socket counts as use."""
SESSION_LIMIT_S = 12 * 3600
"""A session dies this long after sign-in whatever happens: one shift."""
SEEN_STEP_S = 60
"""The last use is written at most this often, so that reading stays cheap."""
CHALLENGE_TTL_S = 300
CHALLENGE_FAILURES = 5
"""So many wrong second factors end a challenge; the password is then asked again."""
ONE_TIME_CODE_TTL_S = 15 * 60
PASSWORD_LENGTH = (12, 128)

FAILURE_MEMORY_S = 15 * 60
"""Failed attempts are forgotten this long after the last one."""


class Role(StrEnum):
    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    OFFICER = "officer"
    """A police officer stationed in the centre."""
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    AGENCY = "agency"
    """The desk of 112 or 119."""


class Act(StrEnum):
    CENTRE_VIEW = "centre.view"
    QUEUE_VIEW = "queue.view"
    INCIDENT_VIEW = "incident.view"
    INCIDENT_WORK = "incident.work"
    CAMERA_LIST = "camera.list"
    CAMERA_WATCH = "camera.watch"
    CAMERA_CALIBRATE = "camera.calibrate"
    WALL_ARRANGE = "wall.arrange"
    DISPATCH_REQUEST = "dispatch.request"
    LINK_ISSUE = "link.issue"
    GRANT_VIEW = "grant.view"
    GRANT_OVERSEE = "grant.oversee"
    LEDGER_VIEW = "ledger.view"
    CERTIFICATE_VIEW = "certificate.view"
    CASE_HOLD = "case.hold"
    DESK_ANSWER = "desk.answer"
    ACCOUNT_ADMINISTER = "account.administer"
    ESCORT_DISPATCH = "escort.dispatch"
    ESCORT_ROSTER = "escort.roster"
    WARD_WORK = "ward.work"
    WARD_SEARCH = "ward.search"
    BELL_LIST = "bell.list"
    BELL_MAINTAIN = "bell.maintain"
    BELL_COMMISSION = "bell.commission"
    CENTRE_CLOSE = "centre.close"
    NATION_VIEW = "nation.view"


CHANGES = frozenset(
    {
        Act.INCIDENT_WORK,
        Act.CAMERA_WATCH,
        Act.CAMERA_CALIBRATE,
        Act.WALL_ARRANGE,
        Act.DISPATCH_REQUEST,
        Act.LINK_ISSUE,
        Act.GRANT_OVERSEE,
        Act.CASE_HOLD,
        Act.DESK_ANSWER,
        Act.ACCOUNT_ADMINISTER,
        Act.ESCORT_DISPATCH,
        Act.ESCORT_ROSTER,
        Act.WARD_WORK,
        Act.WARD_SEARCH,
        Act.BELL_MAINTAIN,
        Act.BELL_COMMISSION,
        Act.CENTRE_CLOSE,
    }
)
"""Acts that change something, or look at a person: never for those who audit."""

ABOUT_PERSONS = frozenset(
    {
        Act.QUEUE_VIEW,
        Act.INCIDENT_VIEW,
        Act.INCIDENT_WORK,
        Act.CAMERA_WATCH,
        Act.DISPATCH_REQUEST,
        Act.LINK_ISSUE,
        Act.ESCORT_DISPATCH,
        Act.WARD_WORK,
        Act.WARD_SEARCH,
    }
)
"""Acts that reach a person in trouble: never for those who hand out accounts."""

_WATCHES = frozenset(
    {
        Act.CENTRE_VIEW,
        Act.QUEUE_VIEW,
        Act.INCIDENT_VIEW,
        Act.CAMERA_LIST,
        Act.CAMERA_WATCH,
        Act.DISPATCH_REQUEST,
        Act.GRANT_VIEW,
        Act.CERTIFICATE_VIEW,
        Act.BELL_LIST,
    }
)
_WORKS = _WATCHES | {
    Act.INCIDENT_WORK,
    Act.LINK_ISSUE,
    Act.WALL_ARRANGE,
    Act.ESCORT_DISPATCH,
    Act.WARD_WORK,
    Act.NATION_VIEW,
}

POLICY: dict[Role, frozenset[Act]] = {
    Role.OPERATOR: _WORKS,
    Role.SUPERVISOR: _WORKS
    | {
        Act.CAMERA_CALIBRATE,
        Act.GRANT_OVERSEE,
        Act.LEDGER_VIEW,
        Act.CASE_HOLD,
        Act.ESCORT_ROSTER,
        Act.WARD_SEARCH,
        Act.BELL_MAINTAIN,
        Act.CENTRE_CLOSE,
    },
    Role.OFFICER: _WATCHES,
    Role.AUDITOR: frozenset({Act.CENTRE_VIEW, Act.GRANT_VIEW, Act.LEDGER_VIEW, Act.CERTIFICATE_VIEW, Act.NATION_VIEW}),
    Role.ADMINISTRATOR: frozenset(
        {
            Act.CENTRE_VIEW,
            Act.CAMERA_CALIBRATE,
            Act.ACCOUNT_ADMINISTER,
            Act.BELL_LIST,
            Act.BELL_MAINTAIN,
            Act.BELL_COMMISSION,
            Act.NATION_VIEW,
        }
    ),
    Role.AGENCY: frozenset({Act.DESK_ANSWER}),
}


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks. `session` is the id of the session or bearer token, never its secret."""

    id: str
    name: str
    role: Role
    centre: str
    session: str
    expires_at: datetime
    agency: str | None = None
    """"112" or "119" for the role agency."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One person who signs in, as the administrator sees her."""

    id: str
    account: str
    name: str
    role: Role
    centre: str
    agency: str | None
    created_at: datetime
    disabled_at: datetime | None
    factors: list[str]


def allowed(role: Role, act: Act) -> bool:
    return act in POLICY.get(role, frozenset())


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """Failed sign-ins that cost nothing, and the longest delay after them."""

    free: int
    longest_s: int


# The pair bears the heavy limit, so that a stranger elsewhere cannot lock an operator out;
# the account alone and the address alone bear mild ones (a whole room may share one address).
LIMITS: dict[str, Limit] = {
    "pair": Limit(free=5, longest_s=300),
    "account": Limit(free=20, longest_s=30),
    "address": Limit(free=30, longest_s=60),
}


def delay_s(kind: str, failures: int) -> int:
    """Seconds to wait after the `failures`-th failed attempt: doubles from 1 s up to the limit's longest."""
    limit = LIMITS[kind]
    over = failures - limit.free
    return 0 if over < 0 else min(limit.longest_s, 2 ** min(over, 16))


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """Where people sign in: the centre, its name as shown, the origins its pages are served from, and the origin of pictures where that is another."""

    centre: str
    name: str
    origins: tuple[str, ...] = ()
    media: str = ""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What proves the rest after a right password. `passkey`: the options for navigator.credentials."""

    challenge: str
    factors: list[str]
    passkey: dict[str, object] | None = None


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A session just opened. `token` is the cookie's secret and is never stored."""

    token: str
    actor: Actor
