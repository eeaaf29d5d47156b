from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING

import pytest

from pilotlight.tools.local.runtime_api import Invocation, RuntimeApi

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = "/2018-06-01/runtime"


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    made = RuntimeApi()
    yield made
    made.close()


def _call(
    api: RuntimeApi,
    method: str,
    path: str,
    body: bytes | Iterable[bytes] | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(api.address, timeout=10)
    try:
        connection.request(
            method, path, body, headers or {}, encode_chunked=not isinstance(body, bytes)
        )
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


def _offer(api: RuntimeApi, event: bytes = b"{}") -> None:
    api.offer(Invocation("id-1", event, 3.0, "Root=1", "arn:aws:lambda:r:1:function:f"))
    assert _call(api, "GET", f"{ROOT}/invocation/next")[2] == event


def test_next_gives_the_event_with_the_documented_headers(api: RuntimeApi) -> None:
    api.offer(Invocation("id-1", b'{"a":1}', 3.0, "Root=1", "arn:aws:lambda:r:1:function:f"))
    status, headers, body = _call(api, "GET", f"{ROOT}/invocation/next")
    assert int(headers.pop("Lambda-Runtime-Deadline-Ms")) > 1_700_000_000_000
    assert (status, headers, body) == (
        200,
        {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": "id-1",
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:r:1:function:f",
            "Lambda-Runtime-Trace-Id": "Root=1",
            "Content-Length": "7",
        },
        b'{"a":1}',
    )
    assert api.ready_at is not None
    assert api.delivered_at is not None
    assert api.ready_at <= api.delivered_at


@pytest.mark.parametrize("how", ["response", "error"])
def test_an_answer_is_taken_once_and_by_its_id(api: RuntimeApi, how: str) -> None:
    _offer(api)
    assert _call(api, "POST", f"{ROOT}/invocation/other/{how}", b"no")[0] == 400
    assert _call(api, "POST", f"{ROOT}/invocation/id-1/{how}", b"yes")[0] == 202
    assert _call(api, "POST", f"{ROOT}/invocation/id-1/{how}", b"again")[0] == 400
    posted = api.wait_posted(0)
    assert posted is not None
    assert (posted.kind, posted.body) == (how, b"yes")
    assert api.first_posted_at == posted.at


def test_a_chunked_answer_is_put_together(api: RuntimeApi) -> None:
    _offer(api)
    path = f"{ROOT}/invocation/id-1/response"
    assert _call(api, "POST", path, iter([b"ab", b"cd" * 50_000]))[0] == 202
    posted = api.wait_posted(0)
    assert posted is not None
    assert posted.body == b"ab" + b"cd" * 50_000


def test_a_response_over_six_megabytes_is_refused(api: RuntimeApi) -> None:
    _offer(api)
    status, _, body = _call(api, "POST", f"{ROOT}/invocation/id-1/response", bytes(6_291_557))
    assert (status, json.loads(body)) == (
        413,
        {
            "errorMessage": "Exceeded maximum allowed payload size (6291556 bytes).",
            "errorType": "RequestEntityTooLarge",
        },
    )
    posted = api.wait_posted(0)
    assert posted is not None
    assert posted.kind == "too-large"


def test_a_header_of_a_megabyte_is_read(api: RuntimeApi) -> None:
    _offer(api)
    headers = {"Lambda-Runtime-Function-XRay-Error-Cause": "x" * 1_000_000}
    assert _call(api, "POST", f"{ROOT}/invocation/id-1/error", b"{}", headers)[0] == 202


def test_an_error_of_init_ends_the_wait_for_it(api: RuntimeApi) -> None:
    assert api.wait_ready(0) is None
    assert _call(api, "POST", f"{ROOT}/init/error", b'{"errorType":"X"}')[0] == 202
    posted = api.wait_ready(0)
    assert posted is not None
    assert not isinstance(posted, float)
    assert (posted.kind, posted.body) == ("init-error", b'{"errorType":"X"}')


def test_what_snapstart_asks_for_is_answered(api: RuntimeApi) -> None:
    assert _call(api, "GET", f"{ROOT}/restore/next")[0] == 200
    assert _call(api, "POST", f"{ROOT}/restore/error", b"{}")[0] == 202


def test_other_paths_and_methods_are_refused(api: RuntimeApi) -> None:
    assert _call(api, "GET", "/")[0] == 404
    assert _call(api, "POST", f"{ROOT}/invocation/next", b"")[0] == 405
    assert _call(api, "GET", f"{ROOT}/invocation/id-1/response")[0] == 405
