"""Find out what a scikit-learn estimator takes: one matrix, a column each, or texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import BuildError
from .source import Feeds

_TEXT_COUNT = 16  # how many texts are made up of a vocabulary
_MATRIX = "X"


@dataclass(frozen=True)
class Inputs:
    """Hold what an estimator takes.

    Attributes:
        types: name and skl2onnx type of each input.
        table: makes of feeds what the estimator itself takes.
        features: the names of an input's last axis, by input name.
        categories: the values that an input knows, by input name.
    """

    types: list[tuple[str, Any]]
    table: Callable[[Feeds], Any]
    features: dict[str, list[str]] = field(default_factory=dict)
    categories: dict[str, list[Any]] = field(default_factory=dict)


def inputs_of(model: Any, file: Path, description: str) -> Inputs:
    """Return what a fitted estimator takes.

    Texts for a vectorizer are one input ``X: string[?]``. A column is an input of its own where a
    ColumnTransformer selects by name or an encoder knows its categories; else all are one matrix.

    Raises:
        BuildError: it does not say how many features it takes.
    """
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    count = getattr(model, "n_features_in_", None)
    names = [str(name) for name in getattr(model, "feature_names_in_", ())]
    known = _known(model, list(range(count or 1)), names)
    if count is None:
        if not known:
            raise BuildError(f"{file}: {description} does not say how many features it takes")
        texts = {_MATRIX: known[0]}
        return Inputs([(_MATRIX, StringTensorType([None]))], _texts, categories=texts)
    if not known and not _selects_by_name(model):
        dtype = _float(model)
        features = {_MATRIX: names} if names else {}
        return Inputs([(_MATRIX, FloatTensorType([None, count]))], _matrix(dtype), features)
    columns = names or [f"x{position}" for position in range(count)]
    return Inputs(
        [(name, _type(known.get(position, []))) for position, name in enumerate(columns)],
        _columns(columns, named=bool(names)),
        categories={columns[position]: values for position, values in known.items() if values},
    )


def steps_of(model: Any) -> Iterator[Any]:
    """Yield the estimators of a pipeline in order, or the estimator itself."""
    for _, step in getattr(model, "steps", [("", getattr(model, "best_estimator_", model))]):
        if step is not model and (hasattr(step, "steps") or hasattr(step, "best_estimator_")):
            yield from steps_of(step)
        elif step is not None and not isinstance(step, str):
            yield step


def _known(step: Any, columns: list[int], names: list[str]) -> dict[int, list[Any]]:
    """Return by column the categories, or texts, that the step which reads it first knows."""
    if hasattr(step, "categories_"):
        return {
            column: [value for value in known.tolist() if value is not None and value == value]  # noqa: PLR0124  # not NaN
            for column, known in zip(columns, step.categories_, strict=False)
        }
    if hasattr(step, "vocabulary_"):
        return {columns[0]: _sentences(step)}
    found: dict[int, list[Any]] = {}
    for _, inner, chosen in getattr(step, "transformers_", ()):
        places = [] if isinstance(inner, str) else _positions(chosen, names, len(columns))
        some = [names[place] for place in places] if names else []
        found |= _known(inner, [columns[place] for place in places], some) if places else {}
    for _, inner in getattr(step, "transformer_list", ()):
        found |= _known(inner, columns, names)
    for inner in steps_of(step) if not found else ():
        if inner is step:
            break
        found = _known(inner, columns, names)
        if found or type(inner).__name__ != "SimpleImputer":  # which leaves a column in its place
            break
    return found


def _positions(chosen: Any, names: list[str], count: int) -> list[int]:
    """Return the positions of columns given by name, by position, as a mask or a slice."""
    if isinstance(chosen, slice):
        start, stop = chosen.start, chosen.stop
        if isinstance(start, str):
            start = names.index(start)
        if isinstance(stop, str):
            stop = names.index(stop) + 1
        return list(range(count))[start : stop : chosen.step]
    listed = [chosen] if isinstance(chosen, str | int) else list(chosen)
    if listed and all(type(one).__name__ in ("bool", "bool_") for one in listed):
        return [place for place, is_chosen in enumerate(listed) if is_chosen]
    return [names.index(one) if isinstance(one, str) else int(one) % count for one in listed]


def _selects_by_name(model: Any) -> bool:
    first = next(steps_of(model), None)
    for _, _, chosen in getattr(first, "transformers_", ()):
        parts = [chosen.start, chosen.stop] if isinstance(chosen, slice) else chosen
        if isinstance(parts, str) or (
            not isinstance(parts, int) and any(isinstance(one, str) for one in parts)
        ):
            return True
    return False


def _sentences(vectorizer: Any) -> list[str]:
    """Make up texts of a vectorizer's words, with what tokenizers stumble over between them."""
    words = sorted(vectorizer.vocabulary_)
    texts = [
        f"{words[(7 * i) % len(words)]} a {words[(7 * i + 3) % len(words)]}, the "
        f"{words[(11 * i + 1) % len(words)].upper()}!"
        for i in range(_TEXT_COUNT)
    ]
    return [*texts, "Ökologie näher, don't"]


def _type(values: list[Any]) -> Any:
    from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType

    if any(isinstance(value, str) for value in values):
        return StringTensorType([None, 1])
    if values and all(isinstance(value, int) for value in values):
        return Int64TensorType([None, 1])
    return FloatTensorType([None, 1])


def _float(model: Any) -> str:
    """Return the dtype that the original wants: clusters compare in that of their centres."""
    *_, last = steps_of(model)
    return str(getattr(getattr(last, "cluster_centers_", None), "dtype", "float64"))


def _texts(feeds: Feeds) -> Any:
    return feeds[_MATRIX].tolist()


def _matrix(dtype: str) -> Callable[[Feeds], Any]:
    import numpy as np

    return lambda feeds: np.asarray(feeds[_MATRIX]).astype(dtype)


def _columns(names: list[str], *, named: bool) -> Callable[[Feeds], Any]:
    def table(feeds: Feeds) -> Any:
        columns = {name: [row[0] for row in feeds[name].tolist()] for name in names}
        if named:
            import pandas as pd  # it was fitted with a DataFrame, so pandas is here

            return pd.DataFrame(columns)
        import numpy as np

        return np.array(list(columns.values()), dtype=object).T

    return table
