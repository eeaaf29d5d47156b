"""Errors in the function's log: all that the caller must not see, with the request's id."""

from __future__ import annotations

import logging

_log = logging.getLogger("pilotlight")


def failed(what: str, request_id: str, error: BaseException) -> None:
    """Log an error with its traceback and the id that the caller was given."""
    _log.error("%s failed, request id %s", what, request_id or "unknown", exc_info=error)
