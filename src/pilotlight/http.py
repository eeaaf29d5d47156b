"""Request → Response: the routes, without any server or framework.

==================  =====================================================================
``POST /predict``   ``{"instances": [...]}`` → ``{"predictions": [...]}``
``GET /health``     200 as soon as the function runs; does not touch the model
``GET /ready``      200 when the model is open, else 503
==================  =====================================================================

Errors have one shape, ``{"error": "…"}``, as the Open Inference Protocol has it. What an error of
ours says is the caller's to read; of any other only the request id, which the log has too.
"""

from __future__ import annotations

from .errors import InputError, MalformedError, TooLargeError
from .lists import cut
from .protocols.codec import dumps, loads
from .protocols.instances import answer, instances_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from .service import Service

    Route = Callable[[Service, "Request"], "Response"]

_JSON = {"content-type": "application/json"}
# What curl -d says of whatever it sends; it is taken for JSON, or for bytes where it is none
_OF_CURL = "application/x-www-form-urlencoded"
_RETRY_AFTER = "1"  # seconds


class Request:
    """Hold what a platform says of an HTTP request.

    Args:
        method: in capitals.
        path: without query, stage or base path.
        headers: names in lower case.
        body: decoded from base64 if it came so.
        request_id: what the platform's own log calls it.
    """

    __slots__ = ("body", "headers", "method", "path", "request_id")

    def __init__(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        request_id: str = "",
    ) -> None:
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
        self.request_id = request_id


class Response:
    """Hold what an adapter sends back; ``body`` is JSON in UTF-8."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, body: bytes, headers: Mapping[str, str] = _JSON) -> None:
        self.status = status
        self.body = body
        self.headers = headers


def respond(service: Service, request: Request, limit: int) -> Response:
    """Answer a request; never raises.

    Args:
        service: what answers.
        request: what is asked.
        limit: the bytes that the platform lets through in a request's body.
    """
    try:
        methods = _ROUTES.get(request.path) or _ROUTES.get(request.path.rstrip("/"))
        if methods is None:
            return error(404, f"there is no {cut(request.path)}; there are {', '.join(_ROUTES)}")
        route = methods.get(request.method)
        if route is None:
            allowed = ", ".join(methods)
            refused = error(405, f"{request.path} takes {allowed}, not {cut(request.method)}")
            refused.headers = {**refused.headers, "allow": allowed}
            return refused
        if len(request.body) > limit:
            return error(
                413,
                f"the body has {len(request.body):,} bytes, the limit is {limit:,}; send fewer "
                "instances a request",
            )
        return route(service, request)
    except InputError as problem:
        return error(_STATUSES.get(type(problem), 422), str(problem))
    except Exception as problem:  # noqa: BLE001  # the last line before the platform's own 502
        return _internal(request, problem)


def error(status: int, message: str) -> Response:
    """Return the one shape that errors have."""
    return Response(status, dumps({"error": message}))


def _predict(service: Service, request: Request) -> Response:
    kind, *parameters = (request.headers.get("content-type") or "").split(";")
    kind = kind.strip().lower()
    if not _is_json(kind, request.body, service.takes_bytes):
        if not service.takes_bytes:
            return error(415, f"expected the content type application/json, found {cut(kind)}")
        return _answered([service.predict_body(request.body)])
    for parameter in parameters:
        name, _, value = parameter.strip().lower().partition("=")
        if name == "charset" and value.strip('"') not in ("utf-8", "utf8"):
            return error(415, f"expected the charset utf-8, found {cut(value)}")
    body = loads(request.body)
    if service.takes_bytes and not (isinstance(body, dict) and "instances" in body):
        return _answered([service.predict_body(body)])
    return _answered(service.predict(instances_of(body)))


def _is_json(kind: str, body: bytes, takes_bytes: bool) -> bool:
    if kind == _OF_CURL:
        return not takes_bytes or body.lstrip()[:1] in (b"{", b"[")
    return kind in ("", "application/json") or kind.endswith("+json")


def _answered(predictions: list[Any]) -> Response:
    return Response(200, dumps(answer(predictions)))


def _health(_service: Service, _request: Request) -> Response:
    return Response(200, dumps({"status": "ok"}))


def _ready(service: Service, request: Request) -> Response:
    try:
        service.model.session  # noqa: B018  # opens it, or waits until it is open
        bundle = service.model.bundle
        ready = {"status": "ready", "model": bundle.name, "version": bundle.version}
    except Exception as problem:  # noqa: BLE001  # whatever it is, this instance cannot serve
        _log(request, problem)
        response = error(503, f"the model cannot be opened; request id {request.request_id}")
        response.headers = {**response.headers, "retry-after": _RETRY_AFTER}
        return response
    return Response(200, dumps(ready))


def _internal(request: Request, problem: Exception) -> Response:
    _log(request, problem)
    return error(500, f"internal error; the log has it, with the request id {request.request_id}")


def _log(request: Request, problem: Exception) -> None:
    from .telemetry.logs import failed

    failed(f"{request.method} {request.path}", request.request_id, problem)


_STATUSES: dict[type[Exception], int] = {MalformedError: 400, TooLargeError: 413}
_ROUTES: dict[str, dict[str, Route]] = {
    "/predict": {"POST": _predict},
    "/health": {"GET": _health, "HEAD": _health},
    "/ready": {"GET": _ready, "HEAD": _ready},
}
