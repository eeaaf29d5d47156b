"""Run original and bundle on the same generated inputs, and compare what they answer."""

from __future__ import annotations

from typing import Any

from ...batch import plain
from ...dtypes import DTYPES
from ...engine import Session
from ...errors import BuildError, PilotlightError
from ...tensor import Tensor
from .compare import compare
from .samples import ROWS, feeds
from .source import Feeds, Source, brief


def check(source: Source, session: Session) -> tuple[int, float]:
    """Return how many examples were compared, and the largest difference of floats.

    Raises:
        BuildError: they differ, or they cannot be compared.
    """
    _check_inputs(source, session)
    refusal: Exception | None = None
    for rows in (ROWS, 1):
        made = feeds(session.inputs, source.categories, rows=rows)
        try:
            expected = source.answer(made)
        except Exception as error:  # noqa: BLE001  # whatever the original raises, it refuses
            refusal = error
            continue
        try:
            found = {name: plain(value) for name, value in session.run(made).items()}
        except PilotlightError as error:
            raise BuildError(
                f"{source.file}: the original answers generated inputs, the bundle fails. "
                f"{brief(error)}"
            ) from error
        return _examples(made), _compare(source, made, expected, found)
    raise BuildError(
        f"{source.file}: the original refuses inputs made up from its signature, so that the "
        f"bundle cannot be compared with it: {brief(refusal)}"
    )


def _check_inputs(source: Source, session: Session) -> None:
    for spec in session.inputs:
        if spec.dtype not in DTYPES:
            raise BuildError(
                f"{source.file}: the input {spec.name!r} is {spec.dtype}; inputs must be "
                "tensors. Export the model with a tensor for each"
            )


def _compare(source: Source, made: Feeds, expected: dict[str, Any], found: dict[str, Any]) -> float:
    try:
        return compare(expected, found, source.tolerance)
    except BuildError:
        try:
            compare(expected, source.answer(made), source.tolerance)
        except BuildError:
            raise BuildError(
                f"{source.file}: the original answers the same inputs differently each time, so "
                "that no bundle can be compared with it. Export it without random operators, "
                "such as dropout and sampling"
            ) from None
        if source.literal is None:
            raise
        return compare(source.literal(made), found, source.tolerance)


def _examples(made: dict[str, Tensor]) -> int:
    first = next(iter(made.values()), None)
    return first.shape[0] if first is not None and first.shape else 1
