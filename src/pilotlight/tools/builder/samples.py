"""Inputs made up for a signature: the same ones each time, of several kinds."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from ...dtypes import DTYPES, REAL
from ...tensor import Spec, Tensor

ROWS = 32  # along the first axis where it is open
_OTHERS = 4  # along any other open axis


def feeds(
    inputs: Sequence[Spec], categories: dict[str, list[Any]], *, rows: int = ROWS
) -> dict[str, Tensor]:
    """Return tensors that a model of this signature should take.

    Rows of floats are in turn whole numbers from 0 to 16, between 0 and 1, and normal about 0; of
    integers 0 and 1, which are indices into anything. Where the model knows the values of an input,
    they are those.
    """
    chance = random.Random(0)  # noqa: S311  # to be the same each time is the point
    sizes: dict[str, int] = {}
    made = {}
    for spec in inputs:
        shape = []
        for axis, length in enumerate(spec.shape):
            default = rows if axis == 0 else _OTHERS
            if isinstance(length, int):
                shape.append(length)
            else:
                shape.append(sizes.setdefault(length, default) if length else default)
        made[spec.name] = _tensor(spec, tuple(shape), categories.get(spec.name), chance)
    return made


def _tensor(
    spec: Spec, shape: tuple[int, ...], known: list[Any] | None, chance: random.Random
) -> Tensor:
    if known or spec.dtype == "string":
        choices: list[Any] = [chance.choice(known or ["a", "b"]) for _ in range(prod(shape))]
        return Tensor.of(choices, spec.dtype, shape)
    if spec.dtype == "bool":
        return Tensor.of([chance.random() < 0.5 for _ in range(prod(shape))], "bool", shape)
    if DTYPES[spec.dtype].kinds is not REAL:
        return Tensor.of([chance.randrange(2) for _ in range(prod(shape))], spec.dtype, shape)
    kinds: list[Callable[[], float]] = [
        lambda: float(chance.randrange(17)),
        lambda: round(chance.random(), 3),
        lambda: round(chance.gauss(0, 1), 3),
    ]
    first = shape[0] if shape else 1
    each = prod(shape) // first if first else 0
    values = [kinds[row % 3]() for row in range(first) for _ in range(each)]
    return Tensor.of(values, spec.dtype, shape)
