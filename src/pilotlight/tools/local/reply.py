"""How an invocation ended, in Lambda's words."""

from __future__ import annotations

import json
import math
import signal
from dataclasses import dataclass
from typing import Literal

from . import limits

Kind = Literal["response", "error", "timeout", "crash", "throttle", "too-large"]


@dataclass(frozen=True, slots=True)
class Reply:
    """Hold what an invocation ended with.

    ``kind`` is ``response``; ``error``, where the function raised or its response was over the
    limit; ``timeout`` or ``crash``, where its process is gone; ``throttle`` or ``too-large``,
    where it was not invoked. ``payload`` is JSON: the function's own, or Lambda's error object.
    ``duration_ms`` runs from the event's delivery to the answer; ``init_ms`` from the process's
    start to the end of its init, for its first invocation only.
    """

    kind: Kind
    payload: bytes
    request_id: str = ""
    duration_ms: float = 0.0
    init_ms: float | None = None


def error_object(error_type: str, message: str, request_id: str = "") -> bytes:
    """Return Lambda's error object as JSON."""
    if request_id:
        message = f"RequestId: {request_id} Error: {message}"
    return json.dumps({"errorType": error_type, "errorMessage": message}).encode()


def exit_message(status: int) -> str:
    """Return how Lambda words a runtime's exit; a negative ``status`` is minus the signal.

    >>> exit_message(3), exit_message(-9)
    ('Runtime exited with error: exit status 3', 'Runtime exited with error: signal: killed')
    """
    if status == 0:
        return "Runtime exited without providing a reason"
    if status > 0:
        return f"Runtime exited with error: exit status {status}"
    return (
        f"Runtime exited with error: signal: {(signal.strsignal(-status) or str(-status)).lower()}"
    )


def timeout_message(seconds: float) -> str:
    """Return how Lambda words a timeout.

    >>> timeout_message(3)
    'Task timed out after 3.00 seconds'
    """
    return f"Task timed out after {seconds:.2f} seconds"


def report_line(reply: Reply, memory: int, peak: int) -> str:
    """Return Lambda's REPORT line for an invocation; ``memory`` in MB, ``peak`` in bytes.

    Since August 2025 the billed duration includes the init of on-demand functions
    (https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/).
    """
    fields = [
        f"REPORT RequestId: {reply.request_id}",
        f"Duration: {reply.duration_ms:.2f} ms",
        f"Billed Duration: {math.ceil(reply.duration_ms + (reply.init_ms or 0.0))} ms",
        f"Memory Size: {memory} MB",
        f"Max Memory Used: {min(memory, math.ceil(peak / 1048576))} MB",
    ]
    if reply.init_ms is not None:
        fields.append(f"Init Duration: {reply.init_ms:.2f} ms")
    if reply.kind == "timeout":
        fields.append("Status: timeout")
    elif reply.kind == "crash":
        fields += ["Status: error", "Error Type: Runtime.ExitError"]
    return "\t".join(fields)


def init_report_line(reply: Reply) -> str:
    """Return Lambda's INIT_REPORT line for an init that failed."""
    if reply.kind == "timeout":
        status = "timeout"
    else:
        status = f"error\tError Type: {_error_type(reply.payload)}"
    return f"INIT_REPORT Init Duration: {reply.init_ms:.2f} ms\tPhase: init\tStatus: {status}"


def _error_type(payload: bytes) -> str:
    try:
        return str(json.loads(payload)["errorType"])
    except (ValueError, LookupError, TypeError):
        return "Runtime.Unknown"


def response_too_large() -> bytes:
    """Return Lambda's error object for a response over its limit."""
    return error_object(
        "Function.ResponseSizeTooLarge",
        "Response payload size exceeded maximum allowed payload size "
        f"({limits.RESPONSE_BYTES} bytes).",
    )
