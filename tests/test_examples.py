"""One example → tensors: instances of every form, values of every kind, errors with their path."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pilotlight import Spec, Tensor
from pilotlight.errors import UnprocessableError
from pilotlight.examples import from_instance, from_mapping

FEATURES = [Spec("X", "float32", (None, 2), ("a", "b"))]
PLAIN = [Spec("X", "float32", (None, 2))]
TEXT = [Spec("T", "string", (None, 2), ("first", "last"))]
PAIR = [Spec("A", "float32", (None, 1)), Spec("B", "string", (None, 1))]
OPEN = [Spec("X", "float32", (None, None))]
NUMBERED = [Spec("X", "float32", (None, 2), (0, 1))]


def _lists(tensors: dict[str, Tensor]) -> dict[str, Any]:
    return {name: tensor.tolist() for name, tensor in tensors.items()}


@pytest.mark.parametrize(
    ("specs", "instance", "expected"),
    [
        (PLAIN, [1, 2], {"X": [1.0, 2.0]}),
        (PLAIN, {"X": [1, 2]}, {"X": [1.0, 2.0]}),
        (FEATURES, {"b": 2, "a": 1}, {"X": [1.0, 2.0]}),
        (FEATURES, {"X": [1, 2]}, {"X": [1.0, 2.0]}),
        (NUMBERED, {"1": 2, "0": 1}, {"X": [1.0, 2.0]}),
        (TEXT, {"first": "Ada", "last": "L🔥"}, {"T": ["Ada", "L🔥"]}),
        (PAIR, {"A": 1, "B": "x"}, {"A": [1.0], "B": ["x"]}),
        (PAIR, {"A": [1], "B": ["x"]}, {"A": [1.0], "B": ["x"]}),
        (PAIR, [1, "x"], {"A": [1.0], "B": ["x"]}),
        (OPEN, [1, 2, 3], {"X": [1.0, 2.0, 3.0]}),
        (OPEN, [], {"X": []}),
    ],
)
def test_an_instance_may_have_each_of_these_forms(
    specs: list[Spec], instance: Any, expected: dict[str, Any]
) -> None:
    shapes = [spec.shape[1:] for spec in specs]
    assert _lists(from_instance(instance, specs, shapes, "instances[0]")) == expected


@pytest.mark.parametrize(
    ("specs", "instance", "message"),
    [
        (FEATURES, {"a": 1}, "instances[3]: missing b; the model takes a, b"),
        (FEATURES, {"a": 1, "c": 2}, "instances[3]: missing b and unknown c; the model takes a, b"),
        (FEATURES, {}, "instances[3]: missing a, b; the model takes a, b"),
        (FEATURES, {"a": 1, "b": 2, "": 3}, "instances[3]: unknown ''; the model takes a, b"),
        (FEATURES, {"a": 1, "b": "2"}, "instances[3].b: expected float32, found string"),
        (FEATURES, {"a": 1, "b": {"c": 1}}, "instances[3].b: expected float32, found object"),
        (FEATURES, {"a": 1, "b": 1e39}, "instances[3].b: 1e+39 is out of the range of float32"),
        (FEATURES, {"X": [1, 2, 3]}, "instances[3].X: expected shape [2], found shape [3]"),
        (FEATURES, [1, {}], "instances[3][1]: expected float32, found object"),
        (
            TEXT,
            {"first": "Ada", "last": 5},
            "instances[3].last: expected string, found whole number",
        ),
        (TEXT, {"first": "Ada", "last": 5.5}, "instances[3].last: expected string, found number"),
        (PAIR, {"A": [[1]], "B": "x"}, "instances[3].A: expected shape [1], found shape [1,1]"),
        (
            PAIR,
            {"A": 1, "B": [["x"], "y"]},
            "instances[3].B[1]: expected a list of 1 like its neighbours, found string",
        ),
        (PAIR, {"A": ["1"], "B": "x"}, "instances[3].A[0]: expected float32, found string"),
        (PAIR, {"A": "1", "B": "x"}, "instances[3].A: expected float32, found string"),
        (PAIR, 5, "instances[3]: expected an object with A, B, found whole number"),
        (PAIR, [1, "x", 2], "instances[3]: expected an object with A, B, found a list of 3"),
        (OPEN, [[1]], "instances[3]: expected shape [?], found shape [1,1]"),
        (OPEN, "abc", "instances[3]: expected shape [?], found string"),
    ],
)
def test_what_is_wrong_has_its_path(specs: list[Spec], instance: Any, message: str) -> None:
    with pytest.raises(UnprocessableError) as raised:
        from_instance(instance, specs, [spec.shape[1:] for spec in specs], "instances[3]")
    assert str(raised.value) == message


def test_many_names_are_told_in_part() -> None:
    names = tuple(f"n{index}" for index in range(100))
    with pytest.raises(UnprocessableError) as raised:
        from_instance({}, [Spec("X", "float32", (None, 100), names)], [(100,)], "instances[0]")
    first = ", ".join(names[:12])
    assert str(raised.value) == (
        f"instances[0]: missing {first} and 88 more; the model takes {first} and 88 more"
    )


@pytest.mark.parametrize(
    "value",
    [
        [1, 2],
        (1.0, 2.0),
        np.array([1, 2], "float32"),
        Tensor.of([1, 2], "float32"),
        np.array([1, 2], "float32").tobytes(),
        bytearray(np.array([1, 2], "float32").tobytes()),
        np.array([1, 2], "float32").data,
        [np.float32(1), np.float32(2)],
    ],
    ids=["list", "tuple", "array", "tensor", "bytes", "bytearray", "view", "numpy's scalars"],
)
def test_decode_may_give_anything_with_numbers_in_it(value: Any) -> None:
    assert _lists(from_mapping({"X": value}, PLAIN, [(2,)], "x")) == {"X": [1.0, 2.0]}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.zeros(3, "float32"), "x.X: expected shape [2], found shape [3]"),
        (np.zeros((1, 2), "float32"), "x.X: expected shape [2], found shape [1,2]"),
        (b"1234", "x.X: float32[2] takes 8 bytes, found 4"),
        (object(), "x.X: cannot make a tensor of object: it has no buffer"),
        ({"a": 1}, "x.X: expected float32[2], found object"),
    ],
)
def test_what_decode_gives_is_checked(value: Any, message: str) -> None:
    with pytest.raises(UnprocessableError) as raised:
        from_mapping({"X": value}, PLAIN, [(2,)], "x")
    assert str(raised.value) == message
