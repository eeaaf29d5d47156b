"""Compare what the original and the bundle answer."""

from __future__ import annotations

from math import isfinite, isnan
from typing import Any

from ...errors import BuildError


def compare(
    expected: dict[str, Any], found: dict[str, Any], tolerance: tuple[float, float]
) -> float:
    """Return the largest difference between floats of two answers.

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
    for name, values in expected.items():
        mine = found.get(name)
        excused = ties if name == next(iter(expected)) else frozenset()
        largest = max(largest, _walk(values, mine, name, tolerance, excused))
    return largest


def _ties(expected: dict[str, Any], tolerance: tuple[float, float]) -> frozenset[int]:
    """Return the examples whose two best scores are equal within the tolerance."""
    outputs = list(expected.values())
    if len(outputs) != 2 or not all(isinstance(output, list) for output in outputs):
        return frozenset()
    tied = set()
    for index, scores in enumerate(outputs[1]):
        if (
            isinstance(scores, list)
            and len(scores) > 1
            and all(isinstance(score, float) for score in scores)
        ):
            best, second = sorted(scores, reverse=True)[:2]
            if best - second <= tolerance[1] + tolerance[0] * abs(best):
                tied.add(index)
    return frozenset(tied)


def _walk(
    expected: Any, found: Any, where: str, tolerance: tuple[float, float], excused: frozenset[int]
) -> float:
    if isinstance(expected, list | tuple):
        if not isinstance(found, list | tuple) or len(found) != len(expected):
            raise _differ(where, f"{len(expected)} values", _shown(found))
        pairs = zip(expected, found, strict=True)
        return max(
            (
                _walk(e, f, f"{where}[{i}]", tolerance, frozenset())
                for i, (e, f) in enumerate(pairs)
                if i not in excused
            ),
            default=0.0,
        )
    if isinstance(expected, dict):
        if not isinstance(found, dict) or expected.keys() != found.keys():
            raise _differ(where, _shown(expected), _shown(found))
        return max(
            (
                _walk(v, found[k], f"{where}[{k!r}]", tolerance, excused)
                for k, v in expected.items()
            ),
            default=0.0,
        )
    if isinstance(expected, float) and isinstance(found, float | int):
        return _float(expected, float(found), where, tolerance)
    if expected != found:
        raise _differ(where, _shown(expected), _shown(found))
    return 0.0


def _float(expected: float, found: float, where: str, tolerance: tuple[float, float]) -> float:
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
