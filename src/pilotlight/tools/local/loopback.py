"""A small TCP server on 127.0.0.1 that ends completely when it is closed, and HTTP's bodies."""

from __future__ import annotations

import contextlib
import re
import socket
import socketserver
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from io import BufferedIOBase

HOST = "127.0.0.1"
_JOIN_SECONDS = 5.0
_LINE_BYTES = 8192
_TRAILERS = 100
_DRAIN_BYTES = 64 << 20


class BodyError(Exception):
    """Report a request body that is not read; ``status`` is the HTTP status that says so."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class LoopbackServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """Serve each connection in a daemonic thread, at most ``connections`` of them at once.

    It accepts as soon as it is made; ``port`` 0 takes a free one. A connection too many is closed
    at once. ``close`` ends the listener, every connection and every thread.

    Raises:
        OSError: when the port cannot be had.
    """

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(
        self, port: int, handler: type[socketserver.StreamRequestHandler], *, connections: int
    ) -> None:
        self._room = threading.BoundedSemaphore(connections)
        self._lock = threading.Lock()
        self._open: dict[socket.socket, threading.Thread] = {}
        self._closing = False
        super().__init__((HOST, port), handler)
        self._acceptor = threading.Thread(target=self._accept, name="accept", daemon=True)
        self._acceptor.start()

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self.server_address[1])

    def _accept(self) -> None:
        while not self._closing:
            self.handle_request()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Start a connection's thread, or close the connection where there is no room."""
        if not self._room.acquire(blocking=False):
            self.shutdown_request(request)
            return
        thread = threading.Thread(
            target=self._serve, args=(request, client_address), name="connection", daemon=True
        )
        with self._lock:
            self._open[request] = thread
        thread.start()

    def _serve(self, request: Any, client_address: Any) -> None:
        try:
            self.process_request_thread(request, client_address)
        finally:
            with self._lock:
                del self._open[request]
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Pass over a connection that broke; anything else is a fault of ours and is raised."""
        error = sys.exception()
        if error is not None and not isinstance(error, ConnectionError | TimeoutError):
            raise error

    def close(self) -> None:
        """Stop listening, break every connection and wait for the threads to end."""
        self._closing = True
        # Wakes the acceptor: on Linux a listening socket that is shut down becomes readable.
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self._acceptor.join(_JOIN_SECONDS)
        self.server_close()
        with self._lock:
            connections = dict(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        until = time.monotonic() + _JOIN_SECONDS
        for thread in connections.values():
            if thread is not threading.current_thread():
                thread.join(max(0.0, until - time.monotonic()))


def read_body(
    stream: BufferedIOBase, length: str | None, encoding: str | None, limit: int
) -> bytes:
    """Read one request body of at most ``limit`` bytes (RFC 9112, section 6).

    ``length`` and ``encoding`` are the Content-Length and Transfer-Encoding headers. With neither
    there is no body.

    Raises:
        BodyError: 400 malformed, 413 over the limit, 501 unknown coding. The connection is of no
            further use then. Of a body that is too large up to 64 MB are read and dropped, so
            that the client gets to read the answer.
    """
    if encoding is not None:
        if length is not None:
            raise BodyError(400, "both Content-Length and Transfer-Encoding")
        if encoding.strip().lower() != "chunked":
            raise BodyError(501, f"Transfer-Encoding {encoding!r}")
        return _read_chunks(stream, limit)
    if length is None:
        return b""
    if not re.fullmatch(r"[0-9]{1,15}", length.strip()):
        raise BodyError(400, f"Content-Length {length!r}")
    size = int(length)
    if size > limit:
        _drain(stream, min(size, _DRAIN_BYTES))
        raise BodyError(413, f"{size} bytes, the limit is {limit}")
    return _read_exactly(stream, size)


def _read_chunks(stream: BufferedIOBase, limit: int) -> bytes:
    chunks: list[bytes] = []
    total = dropped = 0
    while size := _chunk_size(stream):
        if total + size > limit:
            # Keep nothing more, but read on for the client's sake.
            dropped += size
            total = limit
            if dropped > _DRAIN_BYTES:
                break
            _drain(stream, size)
        else:
            total += size
            chunks.append(_read_exactly(stream, size))
        if stream.readline(3) != b"\r\n":
            raise BodyError(400, "a chunk does not end where it says")
    if dropped:
        raise BodyError(413, f"the limit is {limit} bytes")
    for _ in range(_TRAILERS):
        if stream.readline(_LINE_BYTES) in (b"\r\n", b"\n", b""):
            return b"".join(chunks)
    raise BodyError(400, "too many trailers")


def _chunk_size(stream: BufferedIOBase) -> int:
    line = stream.readline(_LINE_BYTES)
    size = re.match(rb"([0-9A-Fa-f]{1,12})[ \t]*(;.*)?\r?\n", line)
    if size is None:
        raise BodyError(400, f"chunk size {line[:40]!r}")
    return int(size[1], 16)


def _read_exactly(stream: BufferedIOBase, size: int) -> bytes:
    body = stream.read(size)
    if len(body) < size:
        raise ConnectionResetError(f"{len(body)} of {size} bytes came")
    return body


def _drain(stream: BufferedIOBase, size: int) -> None:
    while size > 0:
        dropped = len(stream.read(min(size, 1 << 16)))
        if dropped == 0:
            raise ConnectionResetError("the body ended early")
        size -= dropped
