"""Facts that people states."""

from ansim.core.events import Fact


class PersonEnrolled(Fact, frozen=True, kw_only=True, tag="person.enrolled"):
    person: str


class PersonWithdrawn(Fact, frozen=True, kw_only=True, tag="person.withdrawn"):
    """Her key is destroyed: whatever was sealed under it is gone."""

    person: str
