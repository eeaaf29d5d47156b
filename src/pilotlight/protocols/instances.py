"""The instances protocol: ``{"instances": [...]}`` → ``{"predictions": [...]}``.

It is what TensorFlow Serving, Vertex AI and MLflow take; the order is kept. Vertex AI's clients may
send ``parameters`` beside the instances: they are let through and mean nothing here.
"""

from __future__ import annotations

from ..errors import UnprocessableError
from ..lists import cut, json_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def instances_of(body: Any) -> list[Any]:
    """Return the instances of a parsed body.

    Raises:
        UnprocessableError: it is not ``{"instances": [...]}``, or the list is empty.
    """
    if not isinstance(body, dict):
        message = f'expected an object {{"instances": [...]}}, found {json_name(body)}'
        raise UnprocessableError(message, "body")
    if "instances" not in body:
        found = ", ".join(repr(cut(key)) for key in list(body)[:8]) or "nothing"
        raise UnprocessableError(f"expected the key 'instances', found {found}", "body")
    unknown = [key for key in body if key not in ("instances", "parameters")]
    if unknown:
        message = f"unknown key {cut(unknown[0])!r} beside 'instances'"
        raise UnprocessableError(message, "body")
    instances = body["instances"]
    if not isinstance(instances, list):
        raise UnprocessableError(f"expected a list, found {json_name(instances)}", "instances")
    if not instances:
        raise UnprocessableError("expected at least one instance, found an empty list", "instances")
    return instances


def answer(predictions: list[Any]) -> dict[str, Any]:
    """Return the body that answers ``predictions``."""
    return {"predictions": predictions}
