from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest

from pilotlight.tools.local.payload import (
    HttpRequest,
    HttpResponse,
    MalformedReply,
    from_reply,
    to_event,
)

NOW = datetime(2026, 3, 12, 19, 3, 58, tzinfo=UTC)


def _request(
    target: str = "/",
    headers: tuple[tuple[str, str], ...] = (),
    body: bytes = b"",
    method: str = "POST",
) -> HttpRequest:
    return HttpRequest(method, target, headers, body, "127.0.0.1", "0a1b2c3d-" * 4)


def test_a_request_becomes_the_whole_documented_event() -> None:
    request = _request(
        "/my%20path?a=1&a=2&b=%C3%A9&c",
        (
            ("Host", "abc.example.com:8000"),
            ("User-Agent", "agent"),
            ("Cookie", "one=1; two=2"),
            ("X-Many", "1"),
            ("x-many", "2"),
            ("Content-Type", "application/json; charset=utf-8"),
            ("Connection", "keep-alive"),
        ),
        '{"ü": 1}'.encode(),
    )
    assert to_event(request, NOW) == {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/my path",
        "rawQueryString": "a=1&a=2&b=%C3%A9&c",
        "cookies": ["one=1", "two=2"],
        "headers": {
            "host": "abc.example.com:8000",
            "user-agent": "agent",
            "x-many": "1,2",
            "content-type": "application/json; charset=utf-8",
            "content-length": "9",
            "x-amzn-trace-id": "Root=1-69b30e1e-0a1b2c3d0a1b2c3d0a1b2c3d",
            "x-forwarded-for": "127.0.0.1",
            "x-forwarded-port": "8000",
            "x-forwarded-proto": "http",
        },
        "queryStringParameters": {"a": "1,2", "b": "é", "c": ""},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "local",
            "domainName": "abc.example.com",
            "domainPrefix": "abc",
            "http": {
                "method": "POST",
                "path": "/my path",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "agent",
            },
            "requestId": "0a1b2c3d-" * 4,
            "routeKey": "$default",
            "stage": "$default",
            "time": "12/Mar/2026:19:03:58 +0000",
            "timeEpoch": 1773342238000,
        },
        "body": '{"ü": 1}',
        "isBase64Encoded": False,
    }


def test_what_a_request_lacks_its_event_lacks() -> None:
    assert {"cookies", "queryStringParameters", "body"}.isdisjoint(to_event(_request(), NOW))


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        ("text/csv", b"a,b", True),
        ("Application/JSON", b"{}", True),
        ("application/xml", b"<a/>", True),
        ("application/javascript", b"1", True),
        ("application/x-www-form-urlencoded", b"a=1", False),
        ("application/octet-stream", b"\x00\xff", False),
        ("application/json", b"\xff", False),
        ("", b"a", False),
    ],
)
def test_only_text_types_that_are_text_stay_text(
    content_type: str, body: bytes, text: bool
) -> None:
    headers = (("Content-Type", content_type),) if content_type else ()
    event = to_event(_request(headers=headers, body=body), NOW)
    expected = body.decode() if text else base64.b64encode(body).decode()
    assert (event["body"], event["isBase64Encoded"]) == (expected, not text)


def test_a_decoded_path_ends_at_its_question_mark_as_live_apis_do() -> None:
    event = to_event(_request("/a%3Fb?c=1"), NOW)
    assert (event["rawPath"], event["rawQueryString"]) == ("/a", "c=1")


def _from(reply: object) -> HttpResponse:
    return from_reply(json.dumps(reply).encode())


def test_a_whole_reply_becomes_a_response() -> None:
    reply = {
        "statusCode": 201,
        "headers": {"Content-Type": "image/png", "X-Count": 3, "X-Good": True, "Connection": "x"},
        "cookies": ["a=1; Secure", "b=2"],
        "body": base64.b64encode(b"\x89PNG").decode(),
        "isBase64Encoded": True,
    }
    assert _from(reply) == HttpResponse(
        201,
        (
            ("content-type", "image/png"),
            ("x-count", "3"),
            ("x-good", "true"),
            ("set-cookie", "a=1; Secure"),
            ("set-cookie", "b=2"),
        ),
        b"\x89PNG",
    )


@pytest.mark.parametrize(
    ("payload", "body"),
    [
        (b'{"message": "hi"}', b'{"message": "hi"}'),
        (b'"hi \\u00e9"', "hi é".encode()),
        (b"[1, 2]", b"[1, 2]"),
        (b"null", b"null"),
    ],
)
def test_a_reply_without_a_status_is_the_body_of_a_200(payload: bytes, body: bytes) -> None:
    assert from_reply(payload) == HttpResponse(200, (("content-type", "application/json"),), body)


def test_a_body_without_a_type_is_plain_text() -> None:
    assert _from({"statusCode": 200, "body": "ü"}) == HttpResponse(
        200, (("content-type", "text/plain;charset=UTF-8"),), "ü".encode()
    )


def test_a_status_alone_is_enough_and_may_be_a_string() -> None:
    assert _from({"statusCode": "204"}) == HttpResponse(204, (), b"")


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        ({"statusCode": 99}, "statusCode: expected 200 to 599, found 99"),
        ({"statusCode": True}, "statusCode: expected 200 to 599, found True"),
        ({"statusCode": None}, "statusCode: expected 200 to 599, found None"),
        ({"statusCode": 200, "body": {}}, "body: expected a string, found dict"),
        ({"statusCode": 200, "body": "%", "isBase64Encoded": True}, "body: isBase64Encoded, but"),
        ({"statusCode": 200, "headers": ["a"]}, "headers: expected an object, found list"),
        ({"statusCode": 200, "headers": {"a": ["b"]}}, "headers.a: expected a string"),
        ({"statusCode": 200, "headers": {"a b": "c"}}, "headers: 'a b' is no header name"),
        ({"statusCode": 200, "headers": {"a": "b\r\nc: d"}}, "cannot hold line breaks"),
        ({"statusCode": 200, "headers": {"a": "\u20ac"}}, "headers.a: 'latin-1'"),
        ({"statusCode": 200, "cookies": "a=1"}, "cookies: expected a list of strings"),
    ],
)
def test_a_malformed_reply_is_told_apart(reply: object, message: str) -> None:
    with pytest.raises(MalformedReply) as caught:
        _from(reply)
    assert message in str(caught.value)


def test_a_reply_that_is_no_json_is_malformed() -> None:
    with pytest.raises(MalformedReply, match="not JSON"):
        from_reply(b"{")
