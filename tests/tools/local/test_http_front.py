from __future__ import annotations

import http.client
import json
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest

from pilotlight.errors import LocalError
from pilotlight.tools.local.http_front import HttpFront
from pilotlight.tools.local.reply import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


def _echo(event: bytes) -> Reply:
    """Answer as a function that returns its event would."""
    return Reply("response", event)


@pytest.fixture
def front() -> Iterator[Callable[..., HttpFront]]:
    made: list[HttpFront] = []

    def make(invoke: Callable[[bytes], Reply] = _echo, **options: Any) -> HttpFront:
        made.append(HttpFront(invoke, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def _call(
    front: HttpFront,
    method: str = "GET",
    target: str = "/",
    body: bytes | Iterable[bytes] | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", front.port, timeout=20)
    try:
        connection.request(
            method, target, body, headers or {}, encode_chunked=not isinstance(body, bytes)
        )
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def _raw(front: HttpFront, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", front.port), timeout=20) as connection:
        connection.sendall(request)
        received = b""
        while chunk := connection.recv(1 << 16):
            received += chunk
    return received


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_each_method_reaches_the_function(front: Callable[..., HttpFront], method: str) -> None:
    status, headers, body = _call(front(), method, "/a?b=c")
    event = json.loads(body)
    assert (status, headers["content-type"]) == (200, "application/json")
    assert event["requestContext"]["http"]["method"] == method
    assert event["requestContext"]["requestId"] == headers["apigw-requestid"]
    assert (event["rawPath"], event["queryStringParameters"]) == ("/a", {"b": "c"})


def test_head_has_the_headers_and_no_body(front: Callable[..., HttpFront]) -> None:
    whole = front(lambda _: Reply("response", b'{"statusCode": 200, "body": "12345"}'))
    status, headers, body = _call(whole, "HEAD")
    assert (status, headers["content-length"], body) == (200, "5", b"")


def test_no_content_has_neither_body_nor_length(front: Callable[..., HttpFront]) -> None:
    status, headers, body = _call(front(lambda _: Reply("response", b'{"statusCode": 204}')))
    assert (status, "content-length" in headers, body) == (204, False, b"")


def test_a_chunked_body_arrives_whole(front: Callable[..., HttpFront]) -> None:
    headers = {"Content-Type": "text/plain"}
    body = _call(front(), "POST", "/", iter([b"one ", b"two"]), headers)[2]
    event = json.loads(body)
    assert (event["body"], event["headers"]["content-length"]) == ("one two", "7")


def test_a_post_without_length_has_no_body(front: Callable[..., HttpFront]) -> None:
    received = _raw(front(), b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b'"body"' not in received


def test_a_connection_serves_many_requests(front: Callable[..., HttpFront]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", front().port, timeout=20)
    connection.connect()
    used = connection.sock
    for number in range(3):
        connection.request("POST", f"/{number}", b"{}", {"Content-Type": "application/json"})
        assert json.loads(connection.getresponse().read())["rawPath"] == f"/{number}"
        assert connection.sock is used
    connection.close()


def test_cookies_of_a_reply_are_headers_of_their_own(front: Callable[..., HttpFront]) -> None:
    payload = b'{"statusCode": 200, "cookies": ["a=1", "b=2"], "body": ""}'
    one = front(lambda _: Reply("response", payload))
    received = _raw(one, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert b"\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n" in received


@pytest.mark.parametrize(
    ("reply", "status", "message"),
    [
        (Reply("error", b"{}"), 500, "Internal Server Error"),
        (Reply("crash", b"{}"), 500, "Internal Server Error"),
        (Reply("timeout", b"{}"), 500, "Internal Server Error"),
        (Reply("response", b'{"statusCode": "x"}'), 500, "Internal Server Error"),
        (Reply("throttle", b"{}"), 429, "Too Many Requests"),
        (Reply("too-large", b"{}"), 413, "Request Entity Too Large"),
    ],
)
def test_what_is_no_response_has_the_gateways_wording(
    front: Callable[..., HttpFront], reply: Reply, status: int, message: str
) -> None:
    told: list[str] = []
    found = _call(front(lambda _: reply, echo=told.append))
    assert (found[0], found[2]) == (status, b'{"message":"%s"}' % message.encode())
    assert told[0].startswith(f"gateway: {status} ")


def test_a_reply_that_is_late_is_a_503_and_the_function_works_on(
    front: Callable[..., HttpFront],
) -> None:
    release, done = threading.Event(), threading.Event()

    def slow(_event: bytes) -> Reply:
        release.wait(20)
        done.set()
        return Reply("response", b"{}")

    found = _call(front(slow, gateway_seconds=0.05))
    assert (found[0], found[2]) == (503, b'{"message":"Service Unavailable"}')
    release.set()
    assert done.wait(20)


def test_a_function_that_cannot_start_is_a_500(front: Callable[..., HttpFront]) -> None:
    def broken(_event: bytes) -> Reply:
        raise LocalError("no")

    assert _call(front(broken))[0] == 500


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_ten_megabytes_is_refused(
    front: Callable[..., HttpFront], chunked: bool
) -> None:
    body = bytes(10_485_761)
    found = _call(front(), "POST", "/", iter([body]) if chunked else body)
    assert (found[0], found[2]) == (413, b'{"message":"Request Entity Too Large"}')
    assert found[1]["connection"] == "close"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"BREW / HTTP/1.1\r\n\r\n", 501),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 101 + b"\r\n", 431),
    ],
)
def test_a_malformed_request_is_refused_and_the_connection_ended(
    front: Callable[..., HttpFront], request_: bytes, status: int
) -> None:
    received = _raw(front(), request_)
    assert received.startswith(b"HTTP/1.1 %d " % status)
    assert received.count(b"HTTP/1.1") == 1


def test_a_port_in_use_is_refused_with_the_way_out(front: Callable[..., HttpFront]) -> None:
    port = front().port
    with pytest.raises(LocalError) as caught:
        HttpFront(_echo, port)
    assert str(caught.value) == (
        f"aws: cannot listen on 127.0.0.1:{port}: it is in use. Choose another with --port."
    )
