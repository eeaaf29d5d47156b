"""HTTP requests as API Gateway's payload 2.0 events, and function replies as HTTP responses.

The contract is
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
(payload format version 2.0). What it leaves open is as live HTTP APIs do it, as others recorded
it: which content types are text (ministackorg/ministack#766) and that ``rawPath`` is decoded and
ends at a decoded question mark (hotsock/voker#8).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from .settings import ACCOUNT

_TEXT_TYPES = frozenset({"application/json", "application/javascript", "application/xml"})
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2
# These belong to the connection (RFC 9110, section 7.6.1), which is the gateway's.
HOP_BY_HOP = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


class MalformedReply(ValueError):  # noqa: N818
    """Report a reply that is none of payload format 2.0."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """Hold one HTTP request; ``target`` is as sent, ``headers`` in order with their duplicates."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    source_ip: str
    request_id: str
    protocol: str = "HTTP/1.1"


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """Hold one HTTP response; header names are in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def to_event(request: HttpRequest, now: datetime | None = None) -> dict[str, Any]:
    """Return the payload 2.0 event of a request to the ``$default`` route and stage."""
    now = now or datetime.now(UTC)
    target, _, query = request.target.partition("?")
    path = unquote(target).partition("?")[0]
    headers, cookies = _request_headers(request)
    headers["x-amzn-trace-id"] = (
        f"Root=1-{int(now.timestamp()):08x}-{request.request_id.replace('-', '')[:24]}"
    )
    host = headers.get("host", "")
    domain = host.rpartition(":")[0] or host
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "local",
            "domainName": domain,
            "domainPrefix": domain.partition(".")[0],
            "http": {
                "method": request.method,
                "path": path,
                "protocol": request.protocol,
                "sourceIp": request.source_ip,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": request.request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": f"{now:%d/%b/%Y:%H:%M:%S %z}",
            "timeEpoch": int(now.timestamp() * 1000),
        },
        "isBase64Encoded": False,
    }
    if cookies:
        event["cookies"] = cookies
    parameters = _joined(parse_qsl(query, keep_blank_values=True))
    if parameters:
        event["queryStringParameters"] = parameters
    if request.body:
        event["body"], event["isBase64Encoded"] = _request_body(
            request.body, headers.get("content-type", "")
        )
    return event


def _request_headers(request: HttpRequest) -> tuple[dict[str, str], list[str]]:
    headers = _joined([(name.lower(), value) for name, value in request.headers])
    cookies = [
        cookie.strip()
        for name, value in request.headers
        if name.lower() == "cookie"
        for cookie in value.split(";")
        if cookie.strip()
    ]
    kept = {
        name: value
        for name, value in headers.items()
        if name not in HOP_BY_HOP and name != "cookie"
    }
    kept["content-length"] = str(len(request.body))
    forwarded = kept.get("x-forwarded-for")
    kept["x-forwarded-for"] = ", ".join(filter(None, [forwarded, request.source_ip]))
    kept["x-forwarded-port"] = kept.get("host", "").rpartition(":")[2] or "80"
    kept["x-forwarded-proto"] = "http"
    return kept, cookies


def _joined(pairs: list[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _request_body(body: bytes, content_type: str) -> tuple[str, bool]:
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type.startswith("text/") or media_type in _TEXT_TYPES:
        try:
            return body.decode("utf-8"), False
        except UnicodeDecodeError:
            pass  # text in name only
    return base64.b64encode(body).decode("ascii"), True


def from_reply(payload: bytes) -> HttpResponse:
    """Return the response that a function's reply (JSON) stands for.

    A reply without ``statusCode`` is the body of a 200 of type application/json.

    Raises:
        MalformedReply: where API Gateway answers 500 instead; the message says what is wrong.
    """
    try:
        reply = json.loads(payload)
    except ValueError as error:
        raise MalformedReply(f"the reply is not JSON: {error}") from error
    if not isinstance(reply, dict) or "statusCode" not in reply:
        body = reply.encode() if isinstance(reply, str) else payload
        return HttpResponse(200, (("content-type", "application/json"),), body)
    headers = [*_reply_headers(reply), *_reply_cookies(reply)]
    body = _reply_body(reply)
    if body and not any(name == "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain;charset=UTF-8"))
    return HttpResponse(_status(reply["statusCode"]), tuple(headers), body)


def _status(status: object) -> int:
    text = str(status)
    if isinstance(status, bool) or not re.fullmatch(r"[2-5][0-9][0-9]", text):
        raise MalformedReply(f"statusCode: expected 200 to 599, found {status!r}")
    return int(text)


def _reply_headers(reply: dict[str, Any]) -> list[tuple[str, str]]:
    found = reply.get("headers") or {}
    if not isinstance(found, dict):
        raise MalformedReply(f"headers: expected an object, found {type(found).__name__}")
    headers = []
    for name, value in found.items():
        if isinstance(value, bool):
            text = str(value).lower()
        elif isinstance(value, str | int | float):
            text = str(value)
        else:
            raise MalformedReply(f"headers.{name}: expected a string, found {value!r}")
        if not _TOKEN.fullmatch(name):
            raise MalformedReply(f"headers: {name!r} is no header name")
        if name.lower() not in HOP_BY_HOP:
            headers.append((name.lower(), _header_value(f"headers.{name}", text)))
    return headers


def _reply_cookies(reply: dict[str, Any]) -> list[tuple[str, str]]:
    cookies = reply.get("cookies") or []
    if not isinstance(cookies, list) or not all(isinstance(cookie, str) for cookie in cookies):
        raise MalformedReply("cookies: expected a list of strings")
    return [("set-cookie", _header_value("cookies", cookie)) for cookie in cookies]


def _header_value(where: str, value: str) -> str:
    if re.search(r"[\r\n\0]", value):
        raise MalformedReply(f"{where}: a header's value cannot hold line breaks")
    try:
        value.encode("latin-1")
    except UnicodeEncodeError as error:
        raise MalformedReply(f"{where}: {error}") from error
    return value


def _reply_body(reply: dict[str, Any]) -> bytes:
    body = reply.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise MalformedReply(f"body: expected a string, found {type(body).__name__}")
    if reply.get("isBase64Encoded") is not True:
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedReply(f"body: isBase64Encoded, but it is not base64: {error}") from error
