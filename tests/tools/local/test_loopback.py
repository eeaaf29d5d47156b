from __future__ import annotations

import io
import socket
import socketserver
import threading

import pytest

from pilotlight.tools.local.loopback import HOST, BodyError, LoopbackServer, read_body


def _read(data: bytes, length: str | None, encoding: str | None, limit: int = 10) -> bytes:
    return read_body(io.BytesIO(data), length, encoding, limit)


def test_a_body_of_a_stated_length_is_read() -> None:
    assert _read(b"0123456789rest", "10", None) == b"0123456789"


def test_a_request_without_length_and_coding_has_no_body() -> None:
    assert _read(b"rest", None, None) == b""


def test_chunks_extensions_and_trailers_are_read() -> None:
    data = b'4;name="v"\r\nabcd\r\n02\r\nef\r\n0\r\nTrailer: x\r\n\r\nrest'
    assert _read(data, None, "chunked") == b"abcdef"


@pytest.mark.parametrize(
    ("data", "length", "encoding", "status"),
    [
        (b"x" * 11, "11", None, 413),
        (b"8\r\n01234567\r\n8\r\n01234567\r\n0\r\n\r\n", None, "chunked", 413),
        (b"", "-1", None, 400),
        (b"", "1,2", None, 400),
        (b"", "1", "chunked", 400),
        (b"0x1\r\na\r\n0\r\n\r\n", None, "chunked", 400),
        (b"1\r\nabc\r\n0\r\n\r\n", None, "chunked", 400),
        (b"0\r\n" + b"a: b\r\n" * 200, None, "chunked", 400),
        (b"", None, "gzip", 501),
    ],
)
def test_a_body_that_is_not_taken_has_its_status(
    data: bytes, length: str | None, encoding: str | None, status: int
) -> None:
    with pytest.raises(BodyError) as caught:
        _read(data, length, encoding)
    assert caught.value.status == status


@pytest.mark.parametrize(("length", "encoding"), [("5", None), ("99", None), (None, "chunked")])
def test_a_body_that_ends_early_breaks_the_connection(
    length: str | None, encoding: str | None
) -> None:
    with pytest.raises(ConnectionResetError):
        _read(b"9\r\n" if encoding else b"abc", length, encoding)


class _Echo(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        while line := self.rfile.readline():
            self.wfile.write(line)


def _ask(connection: socket.socket) -> bytes:
    connection.settimeout(10)
    try:
        connection.sendall(b"hello\n")
        return connection.recv(100)
    except ConnectionError:
        return b""


def test_a_connection_too_many_is_closed_at_once() -> None:
    server = LoopbackServer(0, _Echo, connections=1)
    try:
        with socket.create_connection((HOST, server.port)) as first:
            assert _ask(first) == b"hello\n"
            with socket.create_connection((HOST, server.port)) as second:
                assert _ask(second) == b""
    finally:
        server.close()


def test_closing_ends_connections_that_stand_open_and_every_thread() -> None:
    before = set(threading.enumerate())
    server = LoopbackServer(0, _Echo, connections=4)
    with socket.create_connection((HOST, server.port)) as connection:
        assert _ask(connection) == b"hello\n"
        server.close()
        assert connection.recv(100) == b""
    assert set(threading.enumerate()) == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, server.port))
