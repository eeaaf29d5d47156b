"""Tensor: what goes in comes out, over the same memory, and what cannot is refused."""

from __future__ import annotations

import gc
import mmap
import sys
from array import array
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pilotlight import PilotlightError, Tensor
from pilotlight.dtypes import DTYPES
from pilotlight.errors import UnprocessableError, UnsupportedError

if TYPE_CHECKING:
    from pathlib import Path

NUMBERS = [name for name in DTYPES if name not in ("string", "bool")]
NUMPY = [name for name in DTYPES if name not in ("string", "bfloat16")]


@pytest.mark.parametrize("dtype", NUMBERS)
@pytest.mark.parametrize("value", [7, [], [[]], [1, 2], [[1, 2], [3, 4]], [[[1]], [[2]]]])
def test_lists_come_back_as_they_went(dtype: str, value: Any) -> None:
    assert Tensor.of(value, dtype).tolist() == value


def test_bools_and_strings_come_back_as_they_went() -> None:
    flags = Tensor.of([[True], [False]], "bool")
    assert (flags.shape, flags.tolist(), flags.view().tobytes()) == (
        (2, 1),
        [[True], [False]],
        b"\x01\x00",
    )
    texts = Tensor.of([["a", "🔥"], ["", "\0"]])
    assert (texts.dtype, texts.shape, texts.tolist()) == (
        "string",
        (2, 2),
        [["a", "🔥"], ["", "\0"]],
    )
    assert Tensor.of("alone").tolist() == "alone"


@pytest.mark.parametrize(
    ("dtype", "values"),
    [
        ("int8", [-128, 127]),
        ("uint8", [0, 255]),
        ("int16", [-32768, 32767]),
        ("uint16", [0, 65535]),
        ("int32", [-(2**31), 2**31 - 1]),
        ("uint32", [0, 2**32 - 1]),
        ("int64", [-(2**63), 2**63 - 1]),
        ("uint64", [0, 2**64 - 1]),
        ("float16", [-65504.0, 65504.0]),
        ("bfloat16", [-3.3895313892515355e38, 3.3895313892515355e38]),
        ("float32", [-3.4028234663852886e38, 3.4028234663852886e38]),
        ("float64", [-1.7976931348623157e308, 1.7976931348623157e308]),
    ],
)
def test_the_ends_of_a_range_are_kept_and_what_is_over_is_refused(
    dtype: str, values: list[Any]
) -> None:
    assert Tensor.of(values, dtype).tolist() == values
    over = (10**400, -(10**400)) if dtype == "float64" else (2 * values[0] - 1, 2 * values[1] + 1)
    for value in (*over, 10**400):
        with pytest.raises(UnprocessableError, match=rf"^\[1\]: .* out of the range of {dtype}$"):
            Tensor.of([0, value], dtype)


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (1.00390625, 1.0),
        (1.01171875, 1.015625),
        (3.39e38, 3.3895313892515355e38),
        (1e-45, 0.0),
        (-0.0, -0.0),
    ],
)
def test_bfloat16_rounds_to_nearest_ties_to_even(value: float, rounded: float) -> None:
    assert Tensor.of([value], "bfloat16").tolist() == [rounded]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_nan_null_and_infinity_are_floats_in_python(dtype: str) -> None:
    values = Tensor.of([float("nan"), None, float("inf"), float("-inf")], dtype).tolist()
    assert list(map(str, values)) == ["nan", "nan", "inf", "-inf"]


@pytest.mark.parametrize("dtype", NUMPY)
def test_numpy_sees_the_same_memory(dtype: str) -> None:
    given = np.arange(6).reshape(2, 3).astype(dtype)
    tensor = Tensor.of(given)
    assert (tensor.dtype, tensor.shape) == (dtype, (2, 3))
    seen = np.asarray(tensor)
    assert seen.dtype == given.dtype
    assert seen.tolist() == given.tolist() == tensor.tolist()
    assert np.shares_memory(seen, given)


def test_a_lent_array_outlives_its_tensor() -> None:
    tensor = Tensor.of([1.5] * 100_000, "float32")
    seen = np.asarray(tensor)
    del tensor
    gc.collect()
    assert seen.sum() == 150_000


def test_bytes_arrays_and_mapped_files_are_borrowed_not_copied(tmp_path: Path) -> None:
    numbers = array("f", [1, 2, 3, 4])
    tensor = Tensor.of(numbers, shape=(2, 2))
    numbers[3] = 40
    assert tensor.tolist() == [[1.0, 2.0], [3.0, 40.0]]
    raw = bytearray(b"\1\0\2\0")
    tensor = Tensor.of(raw, "int16", (2,))
    raw[0] = 9
    assert tensor.tolist() == [9, 2]
    (tmp_path / "f").write_bytes(b"\0\0\x80\x3f" * 4)
    with (tmp_path / "f").open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    assert Tensor.of(mapped, "float32", (4, 1)).tolist() == [[1.0]] * 4


@pytest.mark.parametrize("shape", [(), (0,), (2, 0), (0, 2), (1, 2, 0, 3)])
def test_scalars_and_shapes_with_a_zero_are_tensors(shape: tuple[int, ...]) -> None:
    given = np.full(shape, 2, "float32")
    tensor = Tensor.of(given)
    assert (tensor.shape, tensor.tolist()) == (shape, given.tolist())
    assert (tensor.size, tensor.nbytes) == (given.size, given.nbytes)
    assert np.asarray(tensor).shape == shape
    assert tensor.view().nbytes == given.nbytes


def test_a_tensor_passes_through() -> None:
    tensor = Tensor.of([1], "int8")
    assert Tensor.of(tensor) is tensor


def test_memoryview_shares_the_memory_where_python_has_pep_688() -> None:
    tensor: Any = Tensor.of([1, 2], "int32")
    if sys.version_info >= (3, 12):
        assert memoryview(tensor).tolist() == [1, 2]
    else:
        with pytest.raises(TypeError):
            memoryview(tensor)


def test_numpys_scalars_and_strings_are_taken() -> None:
    assert Tensor.of(np.float32(1.5)).tolist() == 1.5
    assert Tensor.of(np.float64(1.5), "float64").tolist() == 1.5
    assert Tensor.of([np.float64(1.5), 2], "float32").tolist() == [1.5, 2.0]
    assert Tensor.of([np.int64(1), 2], "int64").tolist() == [1, 2]
    assert Tensor.of(np.array([["a"], ["ü"]])).tolist() == [["a"], ["ü"]]
    assert Tensor.of(np.array([["a"], ["ü"]], dtype=object)).tolist() == [["a"], ["ü"]]


@pytest.mark.parametrize(
    ("value", "dtype", "shape", "message"),
    [
        ([1, 2], None, None, "a list of numbers needs a dtype: Tensor.of(value, 'float32')"),
        ([1, "a"], None, None, "a list of numbers needs a dtype: Tensor.of(value, 'float32')"),
        ([], None, None, "a list of numbers needs a dtype: Tensor.of(value, 'float32')"),
        (
            [[1, 2], [3]],
            "int8",
            None,
            "[1]: expected a list of 2 like its neighbours, found a list of 1",
        ),
        (
            [[1], 2],
            "int8",
            None,
            "[1]: expected a list of 1 like its neighbours, found whole number",
        ),
        ([True], "float32", None, "[0]: expected float32, found true"),
        ([1], "bool", None, "[0]: expected bool, found whole number"),
        ([1.0], "string", None, "[0]: expected string, found number"),
        (["a"], "float32", None, "[0]: expected float32, found string"),
        (["a", "\udc00"], None, None, "[1]: a lone surrogate is not Unicode text"),
        ([1, 2, 3], "int8", (2,), "expected shape [2], found shape [3]"),
        ([1, 2], "int8", (-1, -2), "a shape has no negative lengths, found [-1,-2]"),
        (b"1234", None, None, "bytes need a dtype and a shape: Tensor.of(b, 'uint8', (2,))"),
        (b"1234", "float32", None, "bytes need a dtype and a shape: Tensor.of(b, 'uint8', (2,))"),
        (b"1234", "float32", (2,), "float32[2] takes 8 bytes, found 4"),
        (b"", "string", (0,), "string[0] takes 0 bytes, found 0"),
        (b"123456", "uint8", (-2, -3), "a shape has no negative lengths, found [-2,-3]"),
        (np.zeros(2), "float32", None, "expected float32, found float64"),
        (np.zeros(2, ">f4"), None, None, "expected a known dtype, found a buffer of format '>f'"),
        (
            np.zeros(2, "complex64"),
            None,
            None,
            "expected a known dtype, found a buffer of format 'Zf'",
        ),
        (object(), "float32", None, "cannot make a tensor of object: it has no buffer"),
        ({"a": 1}, "float32", None, "cannot make a tensor of dict: it has no buffer"),
        (None, "float32", None, "cannot make a tensor of NoneType: it has no buffer"),
    ],
)
def test_what_is_no_tensor_says_why(
    value: Any, dtype: str | None, shape: tuple[int, ...] | None, message: str
) -> None:
    with pytest.raises(UnprocessableError) as raised:
        Tensor.of(value, dtype, shape)
    assert str(raised.value).replace("found [", "found shape [") == message.replace(
        "found [", "found shape ["
    )


@pytest.mark.parametrize(
    ("value", "dtype", "message"),
    [
        ([1], "float", "there is no dtype 'float'; there are float32, uint8, int8"),
        (np.zeros((4, 4), "float32")[:, ::2], None, "the buffer is not contiguous in row-major"),
        (np.asfortranarray(np.zeros((2, 3), "float32")), None, "the buffer is not contiguous"),
    ],
)
def test_what_this_library_lacks_says_what_it_has(
    value: Any, dtype: str | None, message: str
) -> None:
    with pytest.raises(UnsupportedError) as raised:
        Tensor.of(value, dtype)
    assert str(raised.value).startswith(message)


def test_a_string_tensor_has_no_buffer() -> None:
    with pytest.raises(PilotlightError, match=r"use tolist\(\)"):
        Tensor.of(["a"]).view()
