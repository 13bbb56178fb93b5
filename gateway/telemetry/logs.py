"""Log lines: JSON, one a line, on standard error. What is logged about a request is listed here and nowhere else."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog

from gateway.request import Principal

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


_TRACEBACK = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
"""Local variables hold tokens, variables and agency data: they are no part of a traceback."""


_exceptions = structlog.processors.ExceptionRenderer(_TRACEBACK)


def _told(logger: Any, method: str, event: Any) -> Any:
    """With what every line says, whoever writes it. One step, since each request has a line."""
    event = structlog.stdlib.add_log_level(logger, method, event)
    event["timestamp"] = datetime.now(UTC)
    return _exceptions(logger, method, event) if "exc_info" in event else event


def _encoded(_logger: Any, _method: str, event: Any) -> bytes:
    return orjson.dumps(event, default=str, option=orjson.OPT_UTC_Z)


def _text(logger: Any, method: str, event: Any) -> str:
    return _encoded(logger, method, event).decode()


def configure(level: str) -> None:
    """For the process. Lines of other libraries (uvicorn) take the same shape."""
    structlog.configure(
        processors=[_told, _encoded],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_told, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _text,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(_LEVELS[level], logging.INFO))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
    # One line per request is ours; uvicorn's would repeat it with the query string, and so with values.
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)


def request_line(
    *, request_id: str, principal: Principal | None, about: Mapping[str, Any], status: int, milliseconds: float
) -> dict[str, Any]:
    """The fields of a request's one line. ``about`` is an answer's ``log``; of it only the listed names pass, so that
    no value or variable can slip in."""
    line: dict[str, Any] = {
        "request_id": request_id,
        "status": status,
        "outcome": about.get("outcome", "OK"),
        "milliseconds": round(milliseconds, 2),
    }
    if principal is not None:
        line |= {
            "subject": principal.subject,
            "organization": principal.organization,
            "roles": sorted(principal.roles),
            "purpose": principal.purpose,
            "agreement": principal.agreement,
        }
    return line | {
        name: about[name] for name in ("operation", "operation_hash", "sources", "rows", "reason") if name in about
    }
