"""Compare what the original and the bundle answer."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite, isnan
from typing import Any

from ...errors import BuildError

Tolerance = tuple[float, float]  # relative; and absolute, per unit of the largest value around
_NONE: frozenset[int] = frozenset()


def compare(expected: dict[str, Any], found: dict[str, Any], tolerance: Tolerance) -> float:
    """Return the largest difference between floats of two answers.

    A sum of large terms that cancel is as inexact as the terms. So the absolute tolerance grows
    with the largest value in the same row; where a row has one value, with that of the output.
    A label may differ where the original's scores for both are equal within the tolerance: then
    neither is wrong.

    Args:
        expected: the original's outputs by name, nested lists.
        found: the bundle's.
        tolerance: the relative and the absolute difference that floats may have.

    Raises:
        BuildError: they differ by more; the message names the output and the place.
    """
    largest = 0.0
    ties = _ties(expected, tolerance)
    for index, (name, values) in enumerate(expected.items()):
        excused = ties if index == 0 else _NONE
        largest = max(largest, _rows(values, found.get(name), name, tolerance, excused))
    return largest


def _ties(expected: dict[str, Any], tolerance: Tolerance) -> frozenset[int]:
    """Return the examples whose label stands or falls with scores equal within the tolerance."""
    labels, *outputs = expected.values() if expected else [[]]
    if not outputs or not all(isinstance(output, list) for output in (labels, *outputs)):
        return _NONE
    if any(isinstance(value, float) for value in _leaves(labels)):
        return _NONE  # these are no labels
    return frozenset(
        index
        for scores in outputs
        for index, row in enumerate(scores)
        if _is_tie(row if isinstance(row, list) else [row], tolerance)
    )


def _is_tie(scores: list[Any], tolerance: Tolerance) -> bool:
    if not scores or not all(isinstance(score, float) for score in scores):
        return False
    # a single score, of two classes or of an outlier, decides by its sign
    best, second = sorted(scores, reverse=True)[:2] if len(scores) > 1 else (scores[0], 0.0)
    relative, absolute = _scaled(tolerance, scores)
    return bool(abs(best - second) <= absolute + relative * abs(best))


def _rows(
    expected: Any, found: Any, where: str, tolerance: Tolerance, excused: frozenset[int]
) -> float:
    """Compare an output row by row, each with the absolute tolerance that its values call for."""
    if not isinstance(expected, list) or not isinstance(found, list):
        return _walk(expected, found, where, _scaled(tolerance, expected))
    if len(found) != len(expected):
        raise _differ(where, f"{len(expected)} values", _shown(found))
    of_output = _scaled(tolerance, expected)
    largest = 0.0
    for index, (mine, theirs) in enumerate(zip(expected, found, strict=True)):
        if index not in excused:
            is_wide = isinstance(mine, list | dict) and sum(1 for _ in _leaves(mine)) > 1
            allowed = _scaled(tolerance, mine) if is_wide else of_output
            largest = max(largest, _walk(mine, theirs, f"{where}[{index}]", allowed))
    return largest


def _scaled(tolerance: Tolerance, values: Any) -> Tolerance:
    relative, absolute = tolerance
    floats = (abs(v) for v in _leaves(values) if isinstance(v, float) and isfinite(v))
    return relative, absolute * max(1.0, max(floats, default=0.0))


def _leaves(values: Any) -> Iterator[Any]:
    if isinstance(values, list | tuple | dict):
        for value in values.values() if isinstance(values, dict) else values:
            yield from _leaves(value)
    else:
        yield values


def _walk(expected: Any, found: Any, where: str, tolerance: Tolerance) -> float:
    if isinstance(expected, list | tuple):
        if not isinstance(found, list | tuple) or len(found) != len(expected):
            raise _differ(where, f"{len(expected)} values", _shown(found))
        pairs = enumerate(zip(expected, found, strict=True))
        return max((_walk(e, f, f"{where}[{i}]", tolerance) for i, (e, f) in pairs), default=0.0)
    if isinstance(expected, dict):
        if not isinstance(found, dict) or expected.keys() != found.keys():
            raise _differ(where, _shown(expected), _shown(found))
        items = expected.items()
        return max(
            (_walk(v, found[k], f"{where}[{k!r}]", tolerance) for k, v in items), default=0.0
        )
    if isinstance(expected, float) and isinstance(found, float | int):
        return _float(expected, float(found), where, tolerance)
    if expected != found:
        raise _differ(where, _shown(expected), _shown(found))
    return 0.0


def _float(expected: float, found: float, where: str, tolerance: Tolerance) -> float:
    if isnan(expected) and isnan(found):
        return 0.0
    if not isfinite(expected) or not isfinite(found):
        if expected == found:
            return 0.0
        raise _differ(where, repr(expected), repr(found))
    difference = abs(expected - found)
    relative, absolute = tolerance
    if difference > absolute + relative * abs(expected):
        raise _differ(where, repr(expected), repr(found))
    return difference


def _differ(where: str, expected: str, found: str) -> BuildError:
    return BuildError(
        f"the bundle does not answer as the original does: {where}: expected {expected}, found "
        f"{found}. Nothing was written"
    )


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 60 else f"{text[:56]}…"
