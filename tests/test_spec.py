"""Spec: what an input takes, checked and written."""

from __future__ import annotations

import numpy as np
import pytest

from pilotlight import Spec, Tensor
from pilotlight.errors import UnprocessableError


@pytest.mark.parametrize(
    ("dtype", "shape", "message"),
    [
        ("float32", (2, 3), None),
        ("float32", (0, 3), None),
        ("float64", (2, 3), "X: expected float32, found float64"),
        ("float32", (2, 4), "X: expected shape [?,3], found shape [2,4]"),
        ("float32", (3,), "X: expected shape [?,3], found shape [3]"),
        ("float32", (1, 2, 3), "X: expected shape [?,3], found shape [1,2,3]"),
    ],
)
def test_a_spec_checks_dtype_and_shape(
    dtype: str, shape: tuple[int, ...], message: str | None
) -> None:
    spec = Spec("X", "float32", (None, 3))
    tensor = Tensor.of(np.zeros(shape, dtype))
    if message is None:
        spec.check(tensor)
        assert repr(spec) == "X: float32[?,3]"
    else:
        with pytest.raises(UnprocessableError) as raised:
            spec.check(tensor)
        assert str(raised.value).replace("found [", "found shape [") == message


def test_specs_are_equal_by_what_they_say() -> None:
    one = Spec("X", "float32", [None, 2], ["a", "b"])
    assert one == Spec("X", "float32", (None, 2), ("a", "b"))
    assert len({one, Spec("X", "float32", (None, 2), ("a", "b"))}) == 1
    assert one != Spec("X", "float32", (None, 2), ("a", "c"))
    assert one != "X"
