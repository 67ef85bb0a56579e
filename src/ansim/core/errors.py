"""One kind of refusal, in the public form of RFC 9457 (problem details)."""

from __future__ import annotations

from typing import Any


class Problem(Exception):
    """A request that cannot be done, said so that whoever sent it can mend it.

    `type` is a dotted name ("signal.id"), `title` one sentence, `detail` what to do, `field` the path of the offending
    member. Never put personal data into any of them: they are logged and shown.
    """

    def __init__(
        self, status: int, type: str, title: str, detail: str = "", *, field: str | None = None, **extra: Any
    ) -> None:
        super().__init__(f"{type}: {title}")
        self.status = status
        self.type = type
        self.title = title
        self.detail = detail
        self.field = field
        self.extra = extra

    def body(self, instance: str) -> dict[str, Any]:
        body: dict[str, Any] = {"type": self.type, "title": self.title, "status": self.status}
        if self.detail:
            body["detail"] = self.detail
        if self.field is not None:
            body["field"] = self.field
        return {**body, "instance": instance, **self.extra}


class Unavailable(Problem):
    """The record of truth cannot be written just now; the caller keeps the original and tries again."""

    def __init__(self) -> None:
        super().__init__(
            503,
            "not-received",
            "Not received yet",
            "The centre cannot store it now. Keep it and send it again.",
            retry_after_s=1,
        )


def not_found(what: str) -> Problem:
    """The same answer for what does not exist and for what the asker may not know of."""
    return Problem(404, f"{what}.unknown", "Nothing here for you")
