"""AWS Lambda: one handler for every trigger, recognised by the shape of its event.

HTTP of API Gateway (HTTP API payload 2.0, REST API payload 1.0), of an Application Load Balancer
and of a Function URL; and direct invocation with ``{"instances": [...]}``.
"""

from __future__ import annotations

import os

from ..errors import UnknownEventError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from ..service import Service

    Handler = Callable[[Any, Any], Any]

MIB_PER_CPU = 1769  # "at 1,769 MB, a function has the equivalent of one vCPU" (Lambda guide, 2026)

UNDERSTOOD = (
    "API Gateway HTTP API (payload 2.0) and REST API (1.0), Application Load Balancer, "
    'Function URL, and direct invocation with {"instances": [...]}'
)


def handler(service: Service, *, base_path: str = "") -> Handler:
    """Return the function that Lambda calls, and open the model while the rest is imported.

    The model is open when this returns: Lambda lends a function more CPU while it initialises than
    after, and a model that cannot be opened fails there, where the deployment sees it.

    >>> from pilotlight import Model, Service
    >>> call = handler(Service(Model("models/digits")))
    >>> call({"instances": [[0] * 64]}, None)["predictions"][0]["label"]
    4

    Args:
        service: what answers.
        base_path: what a custom domain's mapping puts before our paths: ``/v1``.

    Raises:
        ModelError: the model is not there, not whole, or of a kind that is not supported.
        EngineError: ONNX Runtime cannot open it.
    """
    if service.model.threads is None:
        service.model.threads = threads(os.environ)
    base = f"/{base_path.strip('/')}" if base_path.strip("/") else ""

    def rest() -> None:
        from . import http  # noqa: F401

    service.open(rest)
    from . import http

    def handle(event: Any, context: Any) -> Any:
        if isinstance(event, dict):
            if "requestContext" in event:
                door = http.door(event)
                if door is not None:
                    return http.handle(service, door, event, context, base)
            elif "instances" in event:
                return http.direct(service, event)
        raise UnknownEventError(_unknown(event))

    return handle


def threads(environ: Mapping[str, str]) -> int | None:
    """Return how many threads a function of this memory size can keep busy; None elsewhere."""
    memory = environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
    return max(1, int(memory) // MIB_PER_CPU) if memory.isdigit() else None


def _unknown(event: Any) -> str:
    if not isinstance(event, dict):
        found = f"a {type(event).__name__}"
    else:
        keys = ", ".join(map(str, list(event)[:10]))
        found = f"an object with the keys {keys}" if keys else "an empty object"
    return f"the event is none that this handler understands: found {found}. It takes {UNDERSTOOD}"
