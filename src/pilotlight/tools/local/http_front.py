"""An HTTP server on loopback in front of a function, as an API Gateway HTTP API is."""

from __future__ import annotations

import errno
import json
import queue
import threading
import uuid
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from ...errors import LocalError
from . import limits
from .loopback import HOST, BodyError, LoopbackServer, read_body
from .payload import (
    HttpRequest,
    HttpResponse,
    MalformedReply,
    from_reply,
    to_event,
)
from .reply import Reply

if TYPE_CHECKING:
    from collections.abc import Callable

_CONNECTIONS = 256
_IDLE_SECONDS = 75.0
_JSON = (("content-type", "application/json"),)


class HttpFront:
    """Pass each HTTP request to ``invoke`` as an event, and its reply back as a response.

    It serves ``url`` from the start until it is closed; ``port`` 0 takes a free one.
    ``gateway_seconds`` is how long a reply is waited for. ``echo`` is told why the gateway
    answered in the function's place.

    Raises:
        LocalError: when the port cannot be had.
    """

    def __init__(
        self,
        invoke: Callable[[bytes], Reply],
        port: int = 0,
        *,
        gateway_seconds: float = limits.GATEWAY_SECONDS,
        echo: Callable[[str], None] | None = None,
    ) -> None:
        self._invoke = invoke
        self._seconds = gateway_seconds
        self._echo = echo
        front = self

        class Connection(_Connection):
            def answer(self, request: HttpRequest) -> HttpResponse:
                return front.answer(request)

        try:
            self._server = LoopbackServer(port, Connection, connections=_CONNECTIONS)
        except (OSError, OverflowError) as error:
            reason = str(error)
            if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
                reason = "it is in use"
            raise LocalError(
                f"aws: cannot listen on {HOST}:{port}: {reason}. Choose another with --port."
            ) from error
        self.port = self._server.port
        self.url = f"http://{HOST}:{self.port}"

    def close(self) -> None:
        """Stop listening and end every connection."""
        self._server.close()

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Return the response to one request; every failure has the gateway's own wording."""
        event = json.dumps(to_event(request), ensure_ascii=False).encode("utf-8", "surrogatepass")
        reply = self._wait(event)
        if reply is None:
            return self._refuse(
                HTTPStatus.SERVICE_UNAVAILABLE, f"no reply in {self._seconds:g} seconds"
            )
        if reply.kind == "throttle":
            return self._refuse(HTTPStatus.TOO_MANY_REQUESTS, "every process is busy")
        if reply.kind == "too-large":
            return self._refuse(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"an event of {len(event)} bytes"
            )
        if reply.kind != "response":
            return self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, f"the function's {reply.kind}")
        try:
            return from_reply(reply.payload)
        except MalformedReply as error:
            return self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, str(error))

    def _wait(self, event: bytes) -> Reply | None:
        """Return the reply, or None when it is not there in time; the function works on then."""
        done: queue.SimpleQueue[Reply | Exception] = queue.SimpleQueue()

        def invoke() -> None:
            try:
                done.put(self._invoke(event))
            except Exception as error:  # noqa: BLE001  passed on, to be raised below
                done.put(error)

        threading.Thread(target=invoke, name="invoke", daemon=True).start()
        try:
            reply = done.get(timeout=self._seconds)
        except queue.Empty:
            return None
        if isinstance(reply, LocalError):
            return Reply("error", json.dumps({"errorMessage": str(reply)}).encode())
        if isinstance(reply, Exception):
            raise reply
        return reply

    def _refuse(self, status: HTTPStatus, why: str) -> HttpResponse:
        if self._echo is not None:
            self._echo(f"gateway: {status.value} {status.phrase}: {why}")
        return _gateway_response(status)


def _gateway_response(status: HTTPStatus) -> HttpResponse:
    # Python 3.13 calls a 413 otherwise than gateways do.
    message = "Request Entity Too Large" if status == 413 else status.phrase
    body = json.dumps({"message": message}, separators=(",", ":")).encode()
    retry = (("retry-after", "1"),) if status is HTTPStatus.TOO_MANY_REQUESTS else ()
    return HttpResponse(status.value, _JSON + retry, body)


class _Connection(BaseHTTPRequestHandler):
    """Read requests and write responses, each response in one segment."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    # For a request line that names no version: HTTP/0.9 would get no headers.
    default_request_version = "HTTP/1.0"
    timeout = _IDLE_SECONDS

    def answer(self, request: HttpRequest) -> HttpResponse:
        raise NotImplementedError

    def _exchange(self) -> None:
        request_id = str(uuid.uuid4())
        try:
            body = read_body(
                self.rfile,
                # Several that differ make one that is malformed (RFC 9112, section 6.3).
                ",".join(sorted(set(self.headers.get_all("Content-Length", [])))) or None,
                self.headers.get("Transfer-Encoding"),
                limits.GATEWAY_BODY_BYTES,
            )
        except BodyError as error:
            self.close_connection = True
            self._write(_gateway_response(HTTPStatus(error.status)), request_id)
            return
        request = HttpRequest(
            method=self.command,
            target=self.path,
            headers=tuple(self.headers.items()),
            body=body,
            source_ip=str(self.client_address[0]),
            request_id=request_id,
            protocol=self.request_version,
        )
        self._write(self.answer(request), request_id)

    # The name is http.server's contract. These are an HTTP API's methods.
    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _exchange  # noqa: N815

    def _write(self, response: HttpResponse, request_id: str) -> None:
        self.send_response_only(response.status)
        self.send_header("date", self.date_time_string())
        for name, value in response.headers:
            self.send_header(name, value)
        self.send_header("apigw-requestid", request_id)
        bodiless = response.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
        if not bodiless:
            self.send_header("content-length", str(len(response.body)))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        if not bodiless and self.command != "HEAD":
            self.wfile.write(response.body)

    def send_error(self, code: int, *_: Any, **__: Any) -> None:
        """Answer a request that http.server cannot read in the gateway's wording."""
        self.close_connection = True
        self.command = self.command or ""
        self._write(_gateway_response(HTTPStatus(code)), str(uuid.uuid4()))

    def log_message(self, *_: Any) -> None:
        """Log nothing: only the command line prints."""
