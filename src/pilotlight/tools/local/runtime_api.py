"""The Lambda Runtime API on loopback, for one function process.

The contract is https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html, version
2018-06-01, and for the ``restore`` pair what awslambdaric asks for under SnapStart.
"""

from __future__ import annotations

import re
import socketserver
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from . import limits
from .loopback import HOST, BodyError, LoopbackServer, read_body

if TYPE_CHECKING:
    from io import BufferedIOBase

_PATH = re.compile(
    r"/2018-06-01/runtime/(?P<what>invocation/next|restore/next|init/error|restore/error"
    r"|invocation/(?P<id>[^/]+)/(?P<how>response|error))"
)
# awslambdaric sends an exception's stack as one header of up to 1 MiB (X-Ray's error cause).
_HEADER_BYTES = 2 << 20
_CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Invocation:
    """One event for the function; ``timeout`` is in seconds from its delivery."""

    request_id: str
    event: bytes
    timeout: float
    trace_id: str
    arn: str


@dataclass(frozen=True, slots=True)
class Posted:
    """What the function posted, and when (``at``, in ``time.perf_counter`` seconds)."""

    kind: Literal["response", "error", "init-error", "too-large"]
    body: bytes
    at: float


@dataclass(frozen=True, slots=True)
class _Answer:
    status: str
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


class RuntimeApi:
    """Serve one function process; ``address`` is its ``AWS_LAMBDA_RUNTIME_API``.

    ``ready_at``, ``first_posted_at`` and ``delivered_at`` are ``time.perf_counter`` seconds: when
    the function first asked for an event (its init was done), when its first answer came, and
    when it got the latest event.
    """

    def __init__(self) -> None:
        self.ready_at: float | None = None
        self.first_posted_at: float | None = None
        self.delivered_at: float | None = None
        self._changed = threading.Condition()
        self._offered: Invocation | None = None
        self._current: str | None = None
        self._posted: Posted | None = None
        self._init_error: Posted | None = None
        self._closed = False
        api = self

        class Connection(_Connection):
            def answer(self, method: str, path: str, body: bytes | None) -> _Answer | None:
                return api.answer(method, path, body)

        self._server = LoopbackServer(0, Connection, connections=_CONNECTIONS)
        self.address = f"{HOST}:{self._server.port}"

    def offer(self, invocation: Invocation) -> None:
        """Lay the next event ready; the function takes it when it asks."""
        with self._changed:
            self._offered, self._posted, self.delivered_at = invocation, None, None
            self._changed.notify_all()

    def wait_ready(self, seconds: float) -> Posted | float | None:
        """Wait for the end of init: return when it was, or its error; None so far."""
        with self._changed:
            self._changed.wait_for(lambda: self.ready_at or self._init_error, seconds)
            return self._init_error or self.ready_at

    def wait_posted(self, seconds: float) -> Posted | None:
        """Wait for the answer to the event that was offered; None so far."""
        with self._changed:
            self._changed.wait_for(lambda: self._posted, seconds)
            return self._posted

    def close(self) -> None:
        """Let go of a function that waits for an event, and end the server."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._server.close()

    def answer(self, method: str, path: str, body: bytes | None) -> _Answer | None:
        """Answer one request of the function; None breaks the connection off.

        A ``body`` of None stands for one over Lambda's limit.
        """
        match = _PATH.fullmatch(path)
        if match is None:
            return _Answer("404 Not Found")
        what = match["what"]
        if method != ("GET" if what.endswith("next") else "POST"):
            return _Answer("405 Method Not Allowed")
        if what == "invocation/next":
            return self._next()
        if what == "restore/next":
            return _Answer("200 OK")
        if match["how"] is None:
            return self._fail_init(body or b"")
        return self._post(match["id"], match["how"] == "response", body)

    def _next(self) -> _Answer | None:
        with self._changed:
            if self.ready_at is None:
                self.ready_at = time.perf_counter()
                self._changed.notify_all()
            self._changed.wait_for(lambda: self._offered or self._closed)
            invocation = self._offered
            if invocation is None or self._closed:
                return None
            self._offered, self._current = None, invocation.request_id
            self.delivered_at = time.perf_counter()
        deadline = int((time.time() + invocation.timeout) * 1000)
        headers = (
            ("Content-Type", "application/json"),
            ("Lambda-Runtime-Aws-Request-Id", invocation.request_id),
            ("Lambda-Runtime-Deadline-Ms", str(deadline)),
            ("Lambda-Runtime-Invoked-Function-Arn", invocation.arn),
            ("Lambda-Runtime-Trace-Id", invocation.trace_id),
        )
        return _Answer("200 OK", invocation.event, headers)

    def _fail_init(self, body: bytes) -> _Answer:
        with self._changed:
            self._init_error = Posted("init-error", body, time.perf_counter())
            self._changed.notify_all()
        return _Answer("202 Accepted", b'{"status":"OK"}')

    def _post(self, request_id: str, good: bool, body: bytes | None) -> _Answer:
        at = time.perf_counter()
        with self._changed:
            if request_id != self._current:
                return _Answer(
                    "400 Bad Request",
                    b'{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}',
                )
            self._current = None
            if body is None:
                self._posted = Posted("too-large", b"", at)
            else:
                self._posted = Posted("response" if good else "error", body, at)
            self.first_posted_at = self.first_posted_at or at
            self._changed.notify_all()
        if body is None:
            return _Answer(
                "413 Request Entity Too Large",
                b'{"errorMessage":"Exceeded maximum allowed payload size (%d bytes).",'
                b'"errorType":"RequestEntityTooLarge"}' % limits.RESPONSE_BYTES,
            )
        return _Answer("202 Accepted", b'{"status":"OK"}')


class _Connection(socketserver.StreamRequestHandler):
    """Read requests and write replies, each reply in one segment.

    http.server is not used since it refuses a header line over 64 KiB.
    """

    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    def answer(self, method: str, path: str, body: bytes | None) -> _Answer | None:
        raise NotImplementedError

    def handle(self) -> None:
        while self._exchange():
            self.wfile.flush()

    def _exchange(self) -> bool:
        start = self.rfile.readline(_HEADER_BYTES).split()
        if len(start) != 3:
            return False
        method, path = start[0].decode("latin-1"), start[1].decode("latin-1")
        headers = _read_headers(self.rfile)
        if "100-continue" in headers.get("expect", ""):
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        body: bytes | None
        try:
            body = read_body(
                self.rfile,
                headers.get("content-length"),
                headers.get("transfer-encoding"),
                limits.RESPONSE_BYTES,
            )
        except BodyError as error:
            if error.status != 413:
                return False
            body = None
        answer = self.answer(method, path, body)
        if answer is None:
            return False
        lines = [
            f"HTTP/1.1 {answer.status}",
            *(f"{name}: {value}" for name, value in answer.headers),
        ]
        lines += [f"Content-Length: {len(answer.body)}", "", ""]
        self.wfile.write("\r\n".join(lines).encode("latin-1") + answer.body)
        return body is not None and headers.get("connection", "").lower() != "close"


def _read_headers(stream: BufferedIOBase) -> dict[str, str]:
    headers: dict[str, str] = {}
    size = 0
    while (line := stream.readline(_HEADER_BYTES)) not in (b"\r\n", b"\n", b""):
        size += len(line)
        if size > _HEADER_BYTES:
            raise ConnectionAbortedError(f"over {_HEADER_BYTES} bytes of headers")
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    return headers
