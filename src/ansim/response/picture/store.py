"""Reads across the stages that no single stage has a use for."""

from __future__ import annotations

from collections.abc import Sequence

from ansim.core.database import Transaction


async def names(tx: Transaction, accounts: Sequence[str]) -> dict[str, str]:
    """How the room calls the holders of these accounts."""
    rows = await tx.fetch("SELECT id, name FROM account WHERE id = ANY ($1::text[])", list(accounts))
    return {row["id"]: row["name"] for row in rows}
