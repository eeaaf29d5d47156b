"""What a function is configured with, checked as Lambda checks it."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...errors import LocalError
from . import limits

if TYPE_CHECKING:
    from collections.abc import Mapping

ACCOUNT = "123456789012"
"""The account that events and ARNs name: the placeholder of AWS's own documentation."""

# Lambda refuses these in a function's configuration:
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html (reserved variables)
RESERVED = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
        "TZ",
    }
)
# On Lambda these come from the execution role and are reserved too. Here the user stands in for
# the role, so they may be given.
ROLE = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Hold a function's configuration.

    ``memory`` is in MB and ``timeout`` in whole seconds, both within Lambda's limits.
    ``environment`` holds the function's own variables. ``concurrency`` is the most requests that
    are served at once. ``interpreter`` is the Python that runs the function, in whose environment
    ``awslambdaric`` is installed; ``python`` is the version the artifact is for (``"3.13"``), or
    None for whatever the interpreter is.

    Raises:
        LocalError: with all that Lambda would refuse.

    >>> Settings(memory=512, timeout=10).handler
    'aws_lambda.handler'
    """

    handler: str = "aws_lambda.handler"
    name: str = "function"
    memory: int = 128
    timeout: int = 3
    environment: Mapping[str, str] = field(default_factory=dict)
    region: str = "us-east-1"
    concurrency: int = 10
    interpreter: str = sys.executable
    python: str | None = None

    def __post_init__(self) -> None:
        problems = [*self._problems(), *self._environment_problems()]
        if problems:
            raise LocalError(f"function {self.name}: " + "; ".join(problems))

    def _problems(self) -> list[str]:
        problems = []
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", self.name):
            problems.append("the name must be 1 to 64 letters, digits, hyphens or underscores")
        if not re.fullmatch(r"[^\s.][^\s]*\.[^\s.]+", self.handler):
            problems.append(f"handler: expected MODULE.FUNCTION, found {self.handler!r}")
        for what, value, (low, high) in (
            ("memory (MB)", self.memory, limits.MEMORY_MB),
            ("timeout (seconds)", self.timeout, limits.TIMEOUT_SECONDS),
        ):
            if not low <= value <= high:
                problems.append(f"{what}: expected {low} to {high}, found {value}")
        if self.concurrency < 1:
            problems.append(f"concurrency: expected 1 or more, found {self.concurrency}")
        return problems

    def _environment_problems(self) -> list[str]:
        problems = []
        for name, value in self.environment.items():
            if name in RESERVED:
                problems.append(f"environment: {name} is reserved by Lambda; take it out")
            elif not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]+", name):
                problems.append(
                    f"environment: {name!r} must be two or more letters, digits or underscores "
                    "and start with a letter"
                )
            if "\0" in value:
                problems.append(f"environment: {name} holds a zero byte")
        size = sum(len(name.encode()) + len(value.encode()) for name, value in self._own())
        if size > limits.ENVIRONMENT_BYTES:
            problems.append(
                f"environment: {size} bytes, the limit is {limits.ENVIRONMENT_BYTES}; "
                "move the largest values to a file in the artifact or to a store"
            )
        return problems

    def _own(self) -> list[tuple[str, str]]:
        return [(name, value) for name, value in self.environment.items() if name not in ROLE]
