"""The same requests through every one of AWS's HTTP doors, each answer asserted whole.

A line of fixtures/requests has a sentence, the model, what is sent (``body`` as JSON, ``text`` as
it is, ``base64_of`` as the bytes of these code points), the status and the answer. Other platforms'
adapters are to run the same lines.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.contract.conftest import REQUEST_ID, Answer, Context, Door

if TYPE_CHECKING:
    from collections.abc import Callable

    from pilotlight.aws import Handler

    Handlers = Callable[[str], Handler]

_FOLDER = Path(__file__).parents[1] / "fixtures" / "requests"
CASES = [
    json.loads(line)
    for name in ("answered", "malformed", "refused")
    for line in (_FOLDER / f"{name}.jsonl").read_text("utf-8").splitlines()
]
GOOD = '{"instances":[[1,2,3]]}'
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize("case", CASES, ids=[case["sentence"] for case in CASES])
def test_every_door_answers_alike(door: Door, handlers: Handlers, case: dict[str, Any]) -> None:
    if "base64_of" in case:
        sent: str | bytes = case["base64_of"].encode("latin-1")
    else:
        sent = case["text"] if "text" in case else json.dumps(case["body"])
    reply = handlers(case["model"])(door.event("POST", "/predict", sent), Context())
    key = "predictions" if "predictions" in case else "error"
    assert door.answer(reply) == Answer(case["status"], {key: case[key]})


def test_a_post_without_a_body_is_malformed(door: Door, handlers: Handlers) -> None:
    reply = handlers("linear")(door.event("POST", "/predict", None), Context())
    message = "the body is not JSON: Expecting value: line 1 column 1 (char 0)"
    assert door.answer(reply) == Answer(400, {"error": message})


@pytest.mark.parametrize("opening", ["[", '{"instances":', '{"instances":[[['])
def test_bottomless_nesting_is_malformed(door: Door, handlers: Handlers, opening: str) -> None:
    reply = handlers("linear")(door.event("POST", "/predict", opening * 50_000), Context())
    assert door.answer(reply) == Answer(400, {"error": "the body is nested too deeply"})


@pytest.mark.parametrize("body", ["%%%", "eyJ", "eyJp\n", "ü"])
def test_a_body_that_is_not_the_base64_it_claims_is_malformed(
    door: Door, handlers: Handlers, body: str
) -> None:
    event = door.event("POST", "/predict", body, isBase64Encoded=True)
    answer = door.answer(handlers("linear")(event, Context()))
    assert answer == Answer(400, {"error": answer.body["error"]})
    assert answer.body["error"].startswith("the body is not base64: ")


def test_a_body_at_the_limit_is_read_and_one_byte_more_is_not(
    door: Door, handlers: Handlers
) -> None:
    handle = handlers("linear")
    at_limit = GOOD + " " * (door.limit - len(GOOD))
    assert door.answer(handle(door.event("POST", "/predict", at_limit), Context())) == Answer(
        200, {"predictions": [321.0]}
    )
    over = f"the body has {door.limit + 1:,} bytes, the limit is {door.limit:,}"
    for body in (at_limit + " ", (at_limit + " ").encode(), "ü" * (door.limit // 2) + " "):
        assert door.answer(handle(door.event("POST", "/predict", body), Context())) == Answer(
            413, {"error": f"{over}; send fewer instances a request"}
        )


@pytest.mark.parametrize("kind", ["number", "string"])
def test_an_answer_over_the_limit_as_encoded_is_not_sent(
    door: Door, handlers: Handlers, kind: str
) -> None:
    """A body of strings has half its bytes in quotes, which the envelope escapes."""
    if kind == "number":
        model, one, each = "wide", "0.1", 10_000 * len("0.10000000149011612,") + 2
    else:
        model, one, each = "repeat", '""', 1000 * len('\\"\\",') + 2

    def ask(count: int) -> dict[str, Any]:
        body = f'{{"instances":[{",".join([one] * count)}]}}'
        reply: dict[str, Any] = handlers(model)(door.event("POST", "/predict", body), Context())
        return reply

    most = door.limit // each
    reply = ask(most)
    assert reply["statusCode"] == 200
    assert len(json.dumps(reply, ensure_ascii=False).encode()) <= door.limit
    answer = door.answer(ask(most + 1))
    assert answer == Answer(413, {"error": answer.body["error"]})
    assert answer.body["error"].endswith(
        f"bytes as the platform counts them, the limit is {door.limit:,}; "
        "send fewer instances a request"
    )


@pytest.mark.parametrize(
    ("method", "path", "status", "message", "headers"),
    [
        ("GET", "/predict", 405, "/predict takes POST, not GET", {"allow": "POST"}),
        ("OPTIONS", "/predict", 405, "/predict takes POST, not OPTIONS", {"allow": "POST"}),
        ("POST", "/health", 405, "/health takes GET, HEAD, not POST", {"allow": "GET, HEAD"}),
        ("DELETE", "/ready", 405, "/ready takes GET, HEAD, not DELETE", {"allow": "GET, HEAD"}),
        ("POST", "/", 404, "there is no /; there are /predict, /health, /ready", {}),
        ("GET", "/Health", 404, "there is no /Health; there are /predict, /health, /ready", {}),
        (
            "POST",
            "/predict/x",
            404,
            "there is no /predict/x; there are /predict, /health, /ready",
            {},
        ),
        ("GET", "/wp-ü🔥", 404, "there is no /wp-ü🔥; there are /predict, /health, /ready", {}),
    ],
)
def test_a_wrong_method_or_path_is_told_what_there_is(
    door: Door,
    handlers: Handlers,
    method: str,
    path: str,
    status: int,
    message: str,
    headers: dict[str, str],
) -> None:
    reply = handlers("linear")(door.event(method, path, GOOD), Context())
    assert door.answer(reply) == Answer(status, {"error": message}, JSON | headers)


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "Application/JSON; charset=UTF-8",
        'application/json;charset="utf-8"',
        "application/json; charset=utf-8; profile=x",
        "application/vnd.api+json",
        "application/x-www-form-urlencoded",
        "",
    ],
)
def test_json_of_any_name_is_taken(door: Door, handlers: Handlers, kind: str) -> None:
    event = door.event("POST", "/predict", GOOD, {"Content-Type".lower(): kind})
    reply = handlers("linear")(event, Context())
    assert door.answer(reply) == Answer(200, {"predictions": [321.0]})


def test_a_request_without_a_content_type_is_taken_for_json(door: Door, handlers: Handlers) -> None:
    reply = handlers("linear")(door.event("POST", "/predict", GOOD, {}), Context())
    assert door.answer(reply) == Answer(200, {"predictions": [321.0]})


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("text/csv", "expected the content type application/json, found text/csv"),
        ("image/png; q=1", "expected the content type application/json, found image/png"),
        ("application/json; charset=latin-1", "expected the charset utf-8, found latin-1"),
        ("application/json; a=b; charset=latin-1", "expected the charset utf-8, found latin-1"),
    ],
)
def test_another_content_type_is_refused(
    door: Door, handlers: Handlers, kind: str, message: str
) -> None:
    event = door.event("POST", "/predict", GOOD, {"content-type": kind})
    assert door.answer(handlers("linear")(event, Context())) == Answer(415, {"error": message})


@pytest.mark.parametrize(
    "body",
    [
        {"instances": [{"k" * 100_000: 1}]},
        {"k" * 100_000: 1},
        {"instances": [[1, 2, 3]], "k" * 100_000: 1},
        {"instances": [[1, [[[[[[1] * 50_000]]]]], 3]]},
    ],
    ids=["name", "key", "another key", "list"],
)
def test_an_error_stays_short_whatever_was_sent(
    door: Door, handlers: Handlers, body: dict[str, Any]
) -> None:
    answer = door.answer(
        handlers("linear")(door.event("POST", "/predict", json.dumps(body)), Context())
    )
    assert answer.status == 422
    assert len(answer.body["error"]) < 2000


def test_what_the_model_refuses_is_told_without_internals_and_logged(
    door: Door, handlers: Handlers, caplog: pytest.LogCaptureFixture
) -> None:
    event = door.event("POST", "/predict", '{"instances":[0, 7]}')
    answer = door.answer(handlers("lookup")(event, Context()))
    message = f"internal error; the log has it, with the request id {REQUEST_ID}"
    assert answer == Answer(500, {"error": message})
    [record] = caplog.records
    assert record.name == "pilotlight"
    assert record.getMessage() == f"POST /predict failed, request id {REQUEST_ID}"
    assert record.exc_info is not None
    assert "indices element out of data bounds" in str(record.exc_info[1])
