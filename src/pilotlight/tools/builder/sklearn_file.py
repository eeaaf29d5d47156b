"""Read a pickled scikit-learn estimator and convert it with skl2onnx.

A pickle runs code when it is loaded. It is read only where the user says that it is trusted.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from ...errors import BuildError
from .source import Feeds, Source

# float64 in scikit-learn against float32 in ONNX
TOLERANCE = (1e-3, 1e-4)


def read(file: Path, *, trusted: bool) -> Source:
    """Read and convert a fitted estimator or pipeline.

    Args:
        file: a ``.joblib`` or ``.pkl``.
        trusted: whether the code in the pickle may run.

    Raises:
        BuildError: it is not trusted, cannot be loaded here, or cannot be converted.
    """
    if not trusted:
        raise BuildError(
            f"{file} is a pickle: loading it runs whatever code is in it. If you made it, or trust "
            "who did, add --trust-pickle; else ask for the model as .onnx"
        )
    try:
        import joblib
        import skl2onnx
        import sklearn
        from sklearn.exceptions import InconsistentVersionWarning
    except ImportError as error:
        raise BuildError(
            f"{file}: scikit-learn models need {error.name}, which is not installed. Install it "
            'with: pip install "pilotlight[sklearn]"'
        ) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", InconsistentVersionWarning)
            model = joblib.load(file)
    except InconsistentVersionWarning as warning:
        made = getattr(warning, "original_sklearn_version", "another version")
        raise BuildError(
            f"{file} was made with scikit-learn {made}, here is {sklearn.__version__}: it might "
            f"load and answer wrongly. Install that one: pip install scikit-learn=={made}"
        ) from None
    except Exception as error:  # a pickle can raise anything
        raise BuildError(f"{file} cannot be loaded: {type(error).__name__}: {error}") from error
    if not hasattr(model, "predict"):
        kind = type(model).__name__
        raise BuildError(f"{file}: expected an estimator with predict(), found {kind}")
    types, categories = _initial_types(model, file)
    options = {id(model): {"zipmap": False}} if hasattr(model, "classes_") else None
    try:
        proto = skl2onnx.convert_sklearn(model, name="model", initial_types=types, options=options)
    except Exception as error:
        raise BuildError(
            f"{file}: skl2onnx {skl2onnx.__version__} cannot convert {_describe(model)}: {error}"
        ) from error
    single = types[0][0] if len(types) == 1 else None
    names = [str(name) for name in getattr(model, "feature_names_in_", ())]
    return Source(
        file=file,
        framework=f"scikit-learn {sklearn.__version__}",
        description=_describe(model),
        proto=proto,
        answer=lambda feeds: _answer(model, proto, feeds, names if single is None else None),
        tolerance=TOLERANCE,
        features={single: names} if single and names else {},
        classes=_classes(model, proto),
        categories=categories,
    )


def _initial_types(model: Any, file: Path) -> tuple[list[tuple[str, Any]], dict[str, list[str]]]:
    """Return skl2onnx's types of the inputs: one matrix, or a column each where some are text."""
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    count = getattr(model, "n_features_in_", None)
    if count is None:
        raise BuildError(
            f"{file}: {_describe(model)} does not say how many features it takes; fit it"
        )
    names = getattr(model, "feature_names_in_", None)
    texts = _text_columns(model)
    if names is None or not texts:
        return [("X", FloatTensorType([None, count]))], {}
    types = [
        (str(name), StringTensorType([None, 1]) if name in texts else FloatTensorType([None, 1]))
        for name in names
    ]
    return types, {str(name): values for name, values in texts.items()}


def _text_columns(model: Any) -> dict[str, list[str]]:
    """Return the categories of each named column that an encoder in a ColumnTransformer reads."""
    steps = [step for _, step in getattr(model, "steps", [("", model)])]
    found: dict[str, list[str]] = {}
    for step in steps:
        for _, transformer, columns in getattr(step, "transformers_", ()):
            inner = [last for _, last in getattr(transformer, "steps", [("", transformer)])]
            encoder = next((e for e in inner if hasattr(e, "categories_")), None)
            if encoder is None or isinstance(columns, str | int):
                continue
            for column, known in zip(columns, encoder.categories_, strict=False):
                if isinstance(column, str) and known.dtype.kind in "OUS":
                    found[column] = [str(value) for value in known if isinstance(value, str)]
    return found


def _classes(model: Any, proto: Any) -> dict[str, list[Any]]:
    classes = getattr(model, "classes_", None)
    if classes is None or isinstance(classes, list) or len(proto.graph.output) < 2:
        return {}
    return {proto.graph.output[1].name: classes.tolist()}


def _answer(model: Any, proto: Any, feeds: Feeds, columns: list[str] | None) -> dict[str, Any]:
    """Return what the estimator itself predicts, by the converted model's output names."""
    import numpy as np

    names = [output.name for output in proto.graph.output]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a matrix without feature names, made with them
        if columns is None:
            table: Any = np.asarray(next(iter(feeds.values())))
        else:
            import pandas as pd  # a ColumnTransformer by name was fitted with it, so it is here

            table = pd.DataFrame({name: _flat(feeds[name].tolist()) for name in columns})
        predicted = np.asarray(model.predict(table))
        rank = len(proto.graph.output[0].type.tensor_type.shape.dim)
        if rank == 2 and predicted.ndim == 1:  # a regressor's column
            predicted = predicted[:, np.newaxis]
        answers = {names[0]: predicted.tolist()}
        if len(names) > 1 and hasattr(model, "predict_proba"):
            answers[names[1]] = model.predict_proba(table).tolist()
    return answers


def _flat(rows: list[list[Any]]) -> list[Any]:
    return [row[0] for row in rows]


def _describe(model: Any) -> str:
    steps = getattr(model, "steps", None)
    if steps:
        return f"Pipeline({', '.join(type(step).__name__ for _, step in steps)})"
    return type(model).__name__
