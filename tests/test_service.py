"""Service: the user's decode and encode see one example at a time; one run answers all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pilotlight import Model, Service, Tensor
from pilotlight.errors import MalformedError, TooLargeError, UnprocessableError
from pilotlight.http import Request, Response, respond

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pilotlight.engine.values import Value

    Named = Callable[[str], Path]

JSON = {"content-type": "application/json"}
LIMIT = 1_000_000


@pytest.fixture
def service(bundles: Named) -> Service:
    """Give a service of ``linear``: 1, 10 and 100 times three numbers, summed."""
    return Service(Model(bundles("linear")))


def _post(service: Service, body: bytes, kind: str = "application/json") -> tuple[int, Any]:
    request = Request("POST", "/predict", {"content-type": kind}, body, "id-1")
    response: Response = respond(service, request, LIMIT)
    assert response.headers == JSON
    return response.status, json.loads(response.body)


def test_decode_and_encode_see_one_example_each(service: Service) -> None:
    seen: list[Any] = []

    @service.decode
    def decode(body: dict[str, Any]) -> dict[str, Any]:
        seen.append(body)
        return {"X": [body["h"], body["t"], body["o"]]}

    @service.encode
    def encode(outputs: dict[str, Value]) -> object:
        assert isinstance(outputs["Y"], Tensor)
        seen.append(outputs["Y"].shape)
        return {"sum": outputs["Y"].tolist()}

    instances = [{"h": 1, "t": 2, "o": 3}, {"h": 4, "t": 5, "o": 6}]
    assert service.predict(instances) == [{"sum": 321.0}, {"sum": 654.0}]
    assert seen == [*instances, (), ()]


def test_decoded_examples_are_stacked_into_one_run(
    bundles: Named,
) -> None:
    class Counting(Model):
        runs = 0

        def run(self, feeds: Mapping[str, Tensor], outputs: Any = None) -> dict[str, Value]:
            Counting.runs += 1
            return super().run(feeds, outputs)

    service = Service(Counting(bundles("linear")))
    service.decode(lambda number: {"X": np.full(3, number, "float32")})
    assert service.predict(range(100)) == [111.0 * number for number in range(100)]
    assert Counting.runs == 1


def test_the_decorators_give_the_function_back(service: Service) -> None:
    def decode(_: Any) -> dict[str, Any]:
        return {}

    def encode(_: Any) -> Any:
        return None

    assert service.decode(decode) is decode
    assert service.encode(encode) is encode


def test_a_body_that_is_not_json_goes_to_decode_as_bytes(service: Service) -> None:
    @service.decode
    def decode(image: bytes) -> dict[str, Any]:
        return {"X": [image[0], image[1], image[2]]}

    assert _post(service, b"\1\2\3", "image/png") == (200, {"predictions": [321.0]})


def test_a_json_body_without_instances_is_one_example_for_decode(service: Service) -> None:
    @service.decode
    def decode(body: list[float]) -> dict[str, Any]:
        return {"X": body}

    assert _post(service, b"[1,2,3]") == (200, {"predictions": [321.0]})
    assert _post(service, b'{"instances":[[1,2,3],[0,0,1]]}') == (
        200,
        {"predictions": [321.0, 100.0]},
    )


@pytest.mark.parametrize(
    ("raised", "status", "message"),
    [
        (ValueError("no pixels"), 422, "instances[1]: cannot be decoded (ValueError: no pixels)"),
        (KeyError("pixels"), 422, "instances[1]: cannot be decoded (KeyError: 'pixels')"),
        (TypeError("not so"), 422, "instances[1]: cannot be decoded (TypeError: not so)"),
        (IndexError("short"), 422, "instances[1]: cannot be decoded (IndexError: short)"),
        (UnprocessableError("too dark", "pixels[3]"), 422, "instances[1].pixels[3]: too dark"),
        (UnprocessableError("too dark", "[3]"), 422, "instances[1][3]: too dark"),
        (UnprocessableError("too dark"), 422, "instances[1]: too dark"),
        (MalformedError("not a PNG"), 400, "not a PNG"),
        (TooLargeError("over 10 megapixels"), 413, "over 10 megapixels"),
        (
            ZeroDivisionError("secret"),
            500,
            "internal error; the log has it, with the request id id-1",
        ),
        (RuntimeError("secret"), 500, "internal error; the log has it, with the request id id-1"),
    ],
    ids=repr,
)
def test_what_decode_raises_is_the_callers_or_ours(
    service: Service,
    raised: Exception,
    status: int,
    message: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    @service.decode
    def decode(body: Any) -> dict[str, Any]:
        if body == "bad":
            raise raised
        return {"X": [1, 2, 3]}

    assert _post(service, b'{"instances":["good","bad"]}') == (status, {"error": message})
    logged = [record.exc_info[1] for record in caplog.records if record.exc_info]
    assert logged == ([raised] if status == 500 else [])


@pytest.mark.parametrize(
    ("decoded", "message"),
    [
        ({"X": [1, 2]}, "instances[0].X: expected shape [3], found shape [2]"),
        ({"X": [1, "2", 3]}, "instances[0].X[1]: expected float32, found string"),
        ({"x": [1, 2, 3]}, "instances[0]: missing X and unknown x; the model takes X"),
        ({}, "instances[0]: missing X; the model takes X"),
    ],
    ids=repr,
)
def test_what_decode_returns_is_checked(service: Service, decoded: Any, message: str) -> None:
    service.decode(lambda _: decoded)
    assert _post(service, b'{"instances":[1]}') == (422, {"error": message})


@pytest.mark.parametrize(
    ("decoded", "logged"),
    [
        (None, "decode must return a dict"),
        ([1, 2, 3], "decode must return a dict"),
        ("text", "decode must return a dict"),
        ({"X": np.zeros(3)}, "instances[0].X: decode gave float64, the model takes float32"),
    ],
    ids=repr,
)
def test_what_decode_does_wrong_is_the_services_fault(
    service: Service, decoded: Any, logged: str, caplog: pytest.LogCaptureFixture
) -> None:
    """No caller can mend it; whoever can reads the log."""
    service.decode(lambda _: decoded)
    message = "internal error; the log has it, with the request id id-1"
    assert _post(service, b'{"instances":[1]}') == (500, {"error": message})
    assert logged in caplog.text


def test_the_place_of_a_single_body_is_the_body(service: Service) -> None:
    @service.decode
    def decode(_: bytes) -> dict[str, Any]:
        raise ValueError("no PNG")

    message = "body: cannot be decoded (ValueError: no PNG)"
    assert _post(service, b"GIF89a", "image/png") == (422, {"error": message})


@pytest.mark.parametrize(
    ("encoded", "answer"),
    [
        (float("nan"), None),
        ([1.0, float("inf"), {"a": float("-inf")}], [1.0, None, {"a": None}]),
        ({1: "a", "ü": "🔥"}, {"1": "a", "ü": "🔥"}),
        ((1, 2), [1, 2]),
        (2**70, 2**70),
        (None, None),
        ("\ud800", "?"),
    ],
)
def test_what_encode_returns_is_the_prediction(service: Service, encoded: Any, answer: Any) -> None:
    service.encode(lambda _: encoded)
    assert _post(service, b'{"instances":[[1,2,3]]}') == (200, {"predictions": [answer]})


@pytest.mark.parametrize("encoded", [object(), b"bytes", {1, 2}])
def test_an_encode_whose_answer_is_not_json_is_an_internal_error(
    service: Service, encoded: Any, caplog: pytest.LogCaptureFixture
) -> None:
    service.encode(lambda _: encoded)
    message = "internal error; the log has it, with the request id id-1"
    assert _post(service, b'{"instances":[[1,2,3]]}') == (500, {"error": message})
    assert "is not JSON serializable" in caplog.text


def test_an_encode_that_raises_is_an_internal_error_even_if_it_is_a_value_error(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    @service.encode
    def encode(_: dict[str, Value]) -> object:
        raise ValueError("secret")

    status, answer = _post(service, b'{"instances":[[1,2,3]]}')
    assert (status, "secret" in answer["error"], "secret" in caplog.text) == (500, False, True)
