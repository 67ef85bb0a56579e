"""Facts that people states."""

from ansim.core.events import Fact


class PersonEnrolled(Fact, frozen=True, kw_only=True, tag="person.enrolled"):
    """A phone became known here."""

    person: str


class PersonWithdrawn(Fact, frozen=True, kw_only=True, tag="person.withdrawn"):
    """She asked to be forgotten; her key and everything under it are being destroyed."""

    person: str
