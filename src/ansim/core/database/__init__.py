"""PostgreSQL behind one narrow driver port; transactions that carry facts and timers with the state they belong to."""

from ansim.core.database.database import Committed, Database, Stated, Transaction
from ansim.core.database.driver import Driver, Row

__all__ = ["Committed", "Database", "Driver", "Row", "Stated", "Transaction"]
