"""What differs between AWS's HTTP doors: health checks, stages, header forms; and other events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.contract.conftest import Answer, Context, Door

from pilotlight import Model, Service, aws
from pilotlight.errors import BundleError, UnknownEventError, UnprocessableError
from pilotlight.http import Request, respond

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pilotlight.aws import Handler

    Handlers = Callable[[str], Handler]
    Services = Callable[[str], Service]
    Recorded = Callable[[str], dict[str, Any]]

GOOD = '{"instances":[[1,2,3]]}'
OK = {"status": "ok"}
UNDERSTOOD = (
    "It takes API Gateway HTTP API (payload 2.0) and REST API (1.0), Application Load Balancer, "
    'Function URL, and direct invocation with {"instances": [...]}'
)


@pytest.mark.parametrize("path", ["/health", "/health/"])
def test_health_is_ok(door: Door, handlers: Handlers, path: str) -> None:
    reply = handlers("linear")(door.event("GET", path, None, {}), Context())
    assert door.answer(reply) == Answer(200, OK)


def test_ready_names_the_model_and_its_version(
    door: Door, handlers: Handlers, services: Services
) -> None:
    version = services("linear").model.bundle.version
    reply = handlers("linear")(door.event("GET", "/ready", None, {}), Context())
    assert door.answer(reply) == Answer(
        200, {"status": "ready", "model": "linear", "version": version}
    )


@pytest.mark.parametrize(
    ("path", "status", "headers"),
    [
        ("/health", 200, {}),
        ("/ready", 200, {}),
        ("/predict", 405, {"allow": "POST"}),
        ("/nowhere", 404, {}),
    ],
)
def test_head_is_answered_without_a_body(
    door: Door, handlers: Handlers, path: str, status: int, headers: dict[str, str]
) -> None:
    reply = handlers("linear")(door.event("HEAD", path, None, {}), Context())
    assert reply["body"] == ""
    assert door.answer(reply) == Answer(
        status, None, {"content-type": "application/json"} | headers
    )


def test_replies_have_the_whole_form_that_each_door_takes(handlers: Handlers) -> None:
    body = '{"predictions":[321.0]}'
    headers = {"content-type": "application/json"}
    plain = {"statusCode": 200, "headers": headers, "body": body, "isBase64Encoded": False}
    many = {"content-type": ["application/json"]}
    replies = {
        name: handlers("linear")(Door(name).event("POST", "/predict", GOOD), Context())
        for name in ("http_api", "rest_api", "function_url", "alb", "alb_multi_value")
    }
    assert replies == {
        "http_api": plain,
        "rest_api": plain,
        "function_url": plain,
        "alb": {**plain, "statusDescription": "200 OK"},
        "alb_multi_value": {
            "statusCode": 200,
            "statusDescription": "200 OK",
            "multiValueHeaders": many,
            "body": body,
            "isBase64Encoded": False,
        },
    }


@pytest.mark.parametrize("path", ["/", "/health", "/anything"])
@pytest.mark.parametrize("name", ["alb_health_check", "multi"])
def test_a_load_balancers_health_check_is_ok_on_any_path(
    handlers: Handlers, recorded: Recorded, path: str, name: str
) -> None:
    event = recorded("alb_health_check") | {"path": path}
    if name == "multi":
        event["multiValueHeaders"] = {k: [v] for k, v in event.pop("headers").items()}
    door = Door("alb_multi_value" if name == "multi" else "alb")
    assert door.answer(handlers("linear")(event, Context())) == Answer(200, OK)


@pytest.mark.parametrize(("base_path", "path"), [("", "/ready"), ("/v1", "/v1/ready")])
def test_a_load_balancers_health_check_may_ask_for_readiness(
    services: Services, recorded: Recorded, base_path: str, path: str
) -> None:
    service = services("linear")
    event = recorded("alb_health_check") | {"path": path}
    reply = aws.handler(service, base_path=base_path)(event, Context())
    assert Door("alb").answer(reply) == Answer(
        200, {"status": "ready", "model": "linear", "version": service.model.bundle.version}
    )


@pytest.mark.parametrize("kind", ["image/png", "application/octet-stream"])
def test_bytes_that_travel_as_base64_reach_decode_as_they_were(
    door: Door, bundles: Callable[[str], Path], kind: str
) -> None:
    service = Service(Model(bundles("linear")))
    image = bytes(range(256))

    @service.decode
    def decode(body: bytes) -> dict[str, Any]:
        assert body == image
        return {"X": [body[1], body[2], body[3]]}

    event = door.event("POST", "/predict", image, {"content-type": kind})
    assert door.answer(aws.handler(service)(event, Context())) == Answer(
        200, {"predictions": [321.0]}
    )


def test_a_named_stage_in_an_http_apis_path_is_not_part_of_it(handlers: Handlers) -> None:
    door = Door("http_api")
    event = door.event("POST", "/prod/predict", GOOD)
    event["requestContext"]["stage"] = "prod"
    assert door.answer(handlers("linear")(event, Context())) == Answer(
        200, {"predictions": [321.0]}
    )
    event["rawPath"] = "/production/predict"
    assert door.answer(handlers("linear")(event, Context())).status == 404


def test_the_default_stage_is_not_in_an_http_apis_path(handlers: Handlers) -> None:
    door = Door("http_api")
    reply = handlers("linear")(door.event("POST", "/$default/predict", GOOD), Context())
    assert door.answer(reply).status == 404


@pytest.mark.parametrize("base_path", ["/v1/models", "/v1/models/", "v1/models"])
def test_a_base_path_is_taken_off(door: Door, services: Services, base_path: str) -> None:
    handle = aws.handler(services("linear"), base_path=base_path)
    for path in ("/v1/models/predict", "/predict"):
        reply = handle(door.event("POST", path, GOOD), Context())
        assert door.answer(reply) == Answer(200, {"predictions": [321.0]})
    for path in ("/v1/modelspredict", "/v1/predict", "/v1/models/v1/models/predict"):
        assert door.answer(handle(door.event("POST", path, GOOD), Context())).status == 404


def test_of_a_header_sent_twice_a_load_balancer_gives_the_last(handlers: Handlers) -> None:
    door = Door("alb_multi_value")
    event = door.event("POST", "/predict", GOOD)
    event["multiValueHeaders"]["Content-Type"] = ["text/csv", "application/json"]
    del event["multiValueHeaders"]["content-type"]
    assert door.answer(handlers("linear")(event, Context())).status == 200


def test_header_names_of_a_rest_api_have_any_case(handlers: Handlers) -> None:
    door = Door("rest_api")
    event = door.event("POST", "/predict", GOOD, {"Content-Type": "text/csv"})
    assert door.answer(handlers("linear")(event, Context())).status == 415


def test_the_consoles_test_of_a_rest_api_has_no_headers(handlers: Handlers) -> None:
    door = Door("rest_api")
    event = door.event("POST", "/predict", GOOD) | {"headers": None, "multiValueHeaders": None}
    assert door.answer(handlers("linear")(event, Context())).status == 200


def test_readiness_without_a_model_is_503(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    service = Service(Model(tmp_path / "nothing"))
    response = respond(service, Request("GET", "/ready", {}, b"", "id-1"), 1000)
    assert (response.status, json.loads(response.body), response.headers) == (
        503,
        {"error": "the model cannot be opened; request id id-1"},
        {"content-type": "application/json", "retry-after": "1"},
    )
    assert [record.getMessage() for record in caplog.records] == [
        "GET /ready failed, request id id-1"
    ]
    health = respond(service, Request("GET", "/health", {}, b"", "id-1"), 1000)
    assert (health.status, json.loads(health.body)) == (200, OK)


def test_a_handler_for_a_model_that_is_not_there_fails_when_it_is_made(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="there is no such folder"):
        aws.handler(Service(Model(tmp_path / "nothing")))


def test_a_direct_invocation_is_answered_plainly(handlers: Handlers) -> None:
    assert handlers("linear")({"instances": [[1, 2, 3]]}, Context()) == {"predictions": [321.0]}
    assert handlers("logarithm")({"instances": [0]}, None) == {
        "predictions": [{"log": None, "inverse": None}]
    }


def test_a_direct_invocation_that_is_wrong_raises_for_its_caller(handlers: Handlers) -> None:
    with pytest.raises(UnprocessableError, match=r"^instances\[0\]\[1\]: expected float32"):
        handlers("linear")({"instances": [[1, "2", 3]]}, Context())
    with pytest.raises(UnprocessableError, match="at least one instance, found an empty list"):
        handlers("linear")({"instances": []}, Context())


@pytest.mark.parametrize(
    ("event", "found"),
    [
        ({}, "an empty object"),
        ([], "a list"),
        (None, "a NoneType"),
        ("warm", "a str"),
        ({"Records": []}, "an object with the keys Records"),
        ({"requestContext": None}, "an object with the keys requestContext"),
        (
            {"requestContext": {"routeKey": "$connect", "eventType": "CONNECT"}, "headers": {}},
            "an object with the keys requestContext, headers",
        ),
        ({"version": "0", "id": "1", "source": "s"}, "an object with the keys version, id, source"),
    ],
)
def test_an_event_that_is_none_of_ours_is_told_what_is(
    handlers: Handlers, event: Any, found: str
) -> None:
    with pytest.raises(UnknownEventError) as raised:
        handlers("linear")(event, Context())
    assert str(raised.value) == (
        f"the event is none that this handler understands: found {found}. {UNDERSTOOD}"
    )


@pytest.mark.parametrize(
    ("memory", "threads"),
    [("128", 1), ("1769", 1), ("3537", 1), ("3538", 2), ("10240", 5), ("", None), ("much", None)],
)
def test_threads_follow_the_memory_that_the_function_has(memory: str, threads: int | None) -> None:
    assert aws.threads({"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": memory}) == threads
