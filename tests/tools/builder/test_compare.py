"""What counts as the same answer."""

from __future__ import annotations

from typing import Any

import pytest

from pilotlight.errors import BuildError
from pilotlight.tools.builder.compare import compare

TOLERANCE = (1e-3, 1e-4)


@pytest.mark.parametrize(
    ("expected", "found", "difference"),
    [
        ([[0.5]], [[0.50001]], 1e-5),
        ([[1000.0, 0.001]], [[1000.0, 0.05]], 0.049),  # the row's largest is 1,000
        ([[1000.0], [0.001]], [[1000.0], [0.05]], 0.049),  # one value a row: the output's
        ([float("inf"), float("nan")], [float("inf"), float("nan")], 0.0),
        (["a", 1, True], ["a", 1, True], 0.0),
    ],
)
def test_these_are_the_same(expected: Any, found: Any, difference: float) -> None:
    largest = compare({"Y": expected}, {"Y": found}, TOLERANCE)
    assert largest == pytest.approx(difference, rel=1e-3)


@pytest.mark.parametrize(
    ("expected", "found", "place"),
    [
        ([[0.5]], [[0.502]], "Y[0][0]: expected 0.5, found 0.502"),
        (
            [[1000.0, 1.0], [0.001, 0.002]],
            [[1000.0, 1.0], [0.05, 0.002]],
            "Y[1][0]: expected 0.001",
        ),
        ([float("inf")], [3.0e38], "Y[0]: expected inf, found 3e+38"),
        ([["a"]], [["b"]], "Y[0][0]: expected 'a', found 'b'"),
        ([[1.0, 2.0]], [[1.0]], "Y[0]: expected 2 values, found [1.0]"),
    ],
)
def test_these_are_not(expected: Any, found: Any, place: str) -> None:
    with pytest.raises(BuildError) as raised:
        compare({"Y": expected}, {"Y": found}, TOLERANCE)
    assert f"as the original does: {place}" in str(raised.value)


@pytest.mark.parametrize("scores", [[[0.5, 0.5, 0.0]], [[0.00001]], [0.00001]])
def test_a_label_may_differ_where_scores_tie(scores: Any) -> None:
    assert compare({"l": [1], "s": scores}, {"l": [0], "s": scores}, TOLERANCE) == 0.0


@pytest.mark.parametrize("scores", [[[0.6, 0.4]], [[0.1]], [0.1]])
def test_a_label_may_not_differ_where_scores_do_not(scores: Any) -> None:
    with pytest.raises(BuildError, match=r"l\[0\]: expected 1, found 0"):
        compare({"l": [1], "s": scores}, {"l": [0], "s": scores}, TOLERANCE)


def test_a_tie_in_another_output_excuses_no_number() -> None:
    with pytest.raises(BuildError, match=r"Y\[0\]: expected 1.0, found 2.0"):
        compare({"Y": [1.0], "s": [[0.5, 0.5]]}, {"Y": [2.0], "s": [[0.5, 0.5]]}, TOLERANCE)
