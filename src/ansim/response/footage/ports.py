"""What filming needs of whoever shows it."""

from __future__ import annotations

from typing import Protocol


class Screen(Protocol):
    """Shows what phones film to whoever may see it. What it cannot read it does not show; nothing of it waits."""

    def begin(self, handset: str, take: str, media: str) -> bool:
        """From now on this phone's pieces are those of this take, of this media type. Whether it was so already: else it wants the take
        from its first piece on.
        """

    def show(self, handset: str, take: str, content: bytes, age_s: float) -> None:
        """The take's next piece, which was filmed so long ago."""

    def end(self, handset: str) -> None:
        """It films no more."""

    def revoke(self, grant: str, why: str) -> object:
        """Cut every view under this right within a frame."""
