"""ansim (안심): the open city safety net."""

__version__ = "0.1.0"
