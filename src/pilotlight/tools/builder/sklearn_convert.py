"""Convert a scikit-learn estimator with skl2onnx, around what this version of it stumbles over."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from ...errors import BuildError
from .sklearn_inputs import steps_of
from .source import brief

# The newest that ONNX Runtime 1.20 runs (docs/Versioning.md there) and skl2onnx writes trees in.
_OPSETS = {"": 21, "ai.onnx.ml": 3}
_DEFAULT_TOKEN = r"(?u)\b\w\w+\b"  # noqa: S105  # scikit-learn's token_pattern
_SAME_TOKEN = r"[\p{L}\p{N}_]{2,}"  # noqa: S105  # the same for RE2, which knows no Unicode \w
_LOCALE = "C.UTF-8"  # for any script; the default, en_US.UTF-8, is missing in slim images


def convert(model: Any, types: list[tuple[str, Any]], file: Path, description: str) -> Any:
    """Return the estimator as an ``onnx.ModelProto``.

    Raises:
        BuildError: skl2onnx cannot convert it; the first line of why.
    """
    import skl2onnx

    error: Exception | None = None
    for options in _options(model):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return skl2onnx.convert_sklearn(
                    model,
                    name="model",
                    initial_types=types,
                    options=options,
                    target_opset=_OPSETS,
                    custom_conversion_functions=_conversions(),
                )
        except Exception as raised:  # noqa: BLE001  # a converter can raise anything
            error = raised
            if "zipmap" not in str(raised):
                break
    raise BuildError(
        f"{file}: skl2onnx {skl2onnx.__version__} cannot convert {description}: {brief(error)}"
    ) from error


def _options(model: Any) -> list[dict[int, dict[str, Any]]]:
    """Return the options to try: with ``zipmap`` off, and without for those that do not know it."""
    texts: dict[int, dict[str, Any]] = {}
    for vectorizer in _vectorizers(model):
        options = {"locale": _LOCALE}
        if vectorizer.analyzer == "word" and vectorizer.token_pattern == _DEFAULT_TOKEN:
            options["tokenexp"] = _SAME_TOKEN
        texts[id(vectorizer)] = options
    if not hasattr(model, "classes_"):
        return [texts]
    *_, last = steps_of(model)
    return [texts | {id(model): {"zipmap": False}}, texts | {id(last): {}}]


def _vectorizers(step: Any) -> list[Any]:
    if hasattr(step, "vocabulary_"):
        return [step]
    inner = [part[1] for part in getattr(step, "transformers_", ())]
    inner += [part[1] for part in getattr(step, "transformer_list", ())]
    inner += [part for part in steps_of(step) if part is not step]
    return [found for part in inner if not isinstance(part, str) for found in _vectorizers(part)]


def _conversions() -> dict[type, Any]:
    """Return converters of our own for trees: skl2onnx's, with the attributes of nodes mended."""
    from sklearn import ensemble, tree

    kinds = (
        ensemble.HistGradientBoostingClassifier,
        ensemble.HistGradientBoostingRegressor,
        ensemble.RandomForestClassifier,
        ensemble.ExtraTreesClassifier,
        tree.DecisionTreeClassifier,
        tree.ExtraTreeClassifier,
    )
    return dict.fromkeys(kinds, _tree)


def _tree(scope: Any, operator: Any, container: Any) -> None:
    from skl2onnx.common._registration import get_converter

    get_converter(operator.type)(scope, operator, _Container(container))


class _Container:
    """Be skl2onnx's container of nodes, for what its version 1.20 gets wrong about trees."""

    def __init__(self, container: Any) -> None:
        self._container = container

    def __getattr__(self, name: str) -> Any:
        return getattr(self._container, name)

    def add_node(self, *arguments: Any, **attributes: Any) -> None:
        """Add a node, its attributes without booleans and its thresholds rounded down.

        onnx refuses booleans for integers. And ``x <= threshold`` of a float32 x and a float64
        threshold is the same of that threshold only if it becomes float32 without growing.
        """
        whole = {name: _whole(value) for name, value in attributes.items()}
        if "nodes_values" in whole:
            whole["nodes_values"] = _rounded_down(whole["nodes_values"])
        self._container.add_node(*arguments, **whole)


def _whole(value: Any) -> Any:
    if isinstance(value, list) and any(type(one).__name__ in ("bool", "bool_") for one in value):
        return [int(one) for one in value]
    return value


def _rounded_down(values: Any) -> Any:
    import numpy as np

    exact = np.asarray(values, dtype=np.float64)
    near = exact.astype(np.float32)
    return np.where(near > exact, np.nextafter(near, np.float32(-np.inf)), near)
