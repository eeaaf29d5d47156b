"""Nested lists ↔ flat elements: shapes, places, and every kind of wrong element named."""

from __future__ import annotations

from typing import Any

import pytest

from pilotlight.errors import UnprocessableError
from pilotlight.lists import flatten, json_name, nest, pack, place


@pytest.mark.parametrize(
    ("value", "flat", "shape"),
    [
        (5, [5], ()),
        (None, [None], ()),
        ("text", ["text"], ()),
        ([], [], (0,)),
        ([[], []], [], (2, 0)),
        ([[[]]], [], (1, 1, 0)),
        ([1, "a", None], [1, "a", None], (3,)),
        ([(1, 2), [3, 4]], [1, 2, 3, 4], (2, 2)),
        ([[[1], [2]], [[3], [4]]], [1, 2, 3, 4], (2, 2, 1)),
        ([["ab", "cd"]], ["ab", "cd"], (1, 2)),
        ([[{"a": []}]], [{"a": []}], (1, 1)),
        ([[[[[[[[[[1]]]]]]]]]], [1], (1,) * 10),
    ],
)
def test_lists_are_flattened_and_nested_again(
    value: Any, flat: list[Any], shape: tuple[int, ...]
) -> None:
    assert flatten(value) == (flat, shape)
    as_lists = [list(v) if isinstance(v, tuple) else v for v in value] if shape else value
    assert nest(flat, shape) == as_lists


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([[1], []], "x[1]: expected a list of 1 like its neighbours, found a list of 0"),
        ([1, [1]], "x[1]: expected whole number like its neighbours, found a list of 1"),
        ([[1], None], "x[1]: expected a list of 1 like its neighbours, found null"),
        ([[1], {"a": 1}], "x[1]: expected a list of 1 like its neighbours, found object"),
        (
            [[[1], [2]], [[3], 4]],
            "x[1][1]: expected a list of 1 like its neighbours, found whole number",
        ),
        (
            [[[1]], [[2]], [[3, 4]]],
            "x[2][0]: expected a list of 1 like its neighbours, found a list of 2",
        ),
        ([[1, 2], "ab"], "x[1]: expected a list of 2 like its neighbours, found string"),
    ],
)
def test_a_ragged_list_names_the_first_that_differs(value: Any, message: str) -> None:
    with pytest.raises(UnprocessableError) as raised:
        flatten(value, "x")
    assert (str(raised.value), raised.value.where) == (message, message.partition(":")[0])


def test_10_000_levels_are_only_deep() -> None:
    value: Any = 1
    for _ in range(10_000):
        value = [value]
    assert flatten(value) == ([1], (1,) * 10_000)


@pytest.mark.parametrize(
    ("index", "shape", "expected"),
    [
        (0, (), "instances"),
        (3, (4,), "instances[3]"),
        (5, (2, 4), "instances[1][1]"),
        (23, (2, 3, 4), "instances[1][2][3]"),
    ],
)
def test_a_flat_index_has_a_place(index: int, shape: tuple[int, ...], expected: str) -> None:
    assert place(index, shape, "instances") == expected


@pytest.mark.parametrize(
    ("flat", "dtype", "message"),
    [
        ([0, 0, 0, "a"], "float32", "x[1][1]: expected float32, found string"),
        ([0, 0, 0, {}], "float64", "x[1][1]: expected float64, found object"),
        ([0, 0, False, 0], "float32", "x[1][0]: expected float32, found false"),
        ([0, True, 0, 0], "int64", "x[0][1]: expected int64, found true"),
        ([0, None, 0, 0], "int64", "x[0][1]: expected int64, found null"),
        (
            [0, 0.5, 0, 0],
            "uint8",
            "x[0][1]: expected uint8, found 0.5, which is not a whole number",
        ),
        ([0, -1, 0, 0], "uint8", "x[0][1]: -1 is out of the range of uint8"),
        ([0, 0, 0, 10**400], "float64", "x[1][1]: a huge number is out of the range of float64"),
        ([0, 0, 10**400, 0], "int64", "x[1][0]: a huge number is out of the range of int64"),
        ([0, float("inf"), 0, 0], "float32", "x[0][1]: inf is out of the range of float32"),
        (
            [float("nan"), None, 0, float("-inf")],
            "float64",
            "x[1][1]: -inf is out of the range of float64",
        ),
        ([None, 0, 0, 1e39], "float32", "x[1][1]: 1e+39 is out of the range of float32"),
        ([0, 65520, 0, 0], "float16", "x[0][1]: 65520 is out of the range of float16"),
        ([0, 0, 1e39, 0], "bfloat16", "x[1][0]: 1e+39 is out of the range of bfloat16"),
        ([0, 0, 3.4e38, 0], "bfloat16", "x[1][0]: 3.4e+38 is out of the range of bfloat16"),
        ([True, False, 1, True], "bool", "x[1][0]: expected bool, found whole number"),
        (["", "", "", "a\ud83d"], "string", "x[1][1]: a lone surrogate is not Unicode text"),
        (["", b"", "", ""], "string", "x[0][1]: expected string, found bytes"),
    ],
)
def test_a_wrong_element_is_named(flat: list[Any], dtype: str, message: str) -> None:
    with pytest.raises(UnprocessableError) as raised:
        pack(flat, dtype, (2, 2), "x")
    assert (str(raised.value), raised.value.where) == (message, message.partition(":")[0])


def test_a_whole_number_written_with_a_point_is_whole() -> None:
    """JSON has one kind of number."""
    data = pack([3.0, 4], "int64", (2,), "x")
    assert isinstance(data, memoryview)
    assert data.cast("q").tolist() == [3, 4]


def test_large_floats_whose_sum_overflows_are_fine() -> None:
    data = pack([1.7e308, 1.7e308], "float64", (2,))
    assert isinstance(data, memoryview)
    assert data.cast("d").tolist() == [1.7e308, 1.7e308]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (1, "whole number"),
        (1.5, "number"),
        ("", "string"),
        ([], "list"),
        ({}, "object"),
        (b"", "bytes"),
    ],
)
def test_types_are_named_as_json_does(value: Any, name: str) -> None:
    assert json_name(value) == name
