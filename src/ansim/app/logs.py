"""Logs say what happened to which id; never to whom or where. Tracebacks carry no values of variables."""

from __future__ import annotations

import logging
import sys

import structlog


def to_stderr(*, plain: bool = True) -> None:
    """One JSON object a line (or, for a person at a terminal, one readable line)."""
    render = structlog.processors.JSONRenderer() if plain else structlog.dev.ConsoleRenderer(
        exception_formatter=structlog.dev.plain_traceback, colors=sys.stderr.isatty()
    )  # fmt: skip
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([structlog.processors.format_exc_info] if plain else []),
            render,
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    # Libraries' own loggers may name addresses and queries: only their warnings, without arguments' values, pass.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s")
