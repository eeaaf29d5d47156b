"""Read a pickled scikit-learn estimator.

A pickle runs code when it is loaded. It is read only where the user says that it is trusted.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from ...errors import BuildError
from .sklearn_convert import convert
from .sklearn_inputs import inputs_of
from .sklearn_outputs import answers, arrange, second_method
from .source import Source, brief

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
        import joblib  # noqa: F401
        import skl2onnx  # noqa: F401
        import sklearn
    except ImportError as error:
        raise BuildError(
            f"{file}: scikit-learn models need {error.name}, which is not installed. Install it "
            'with: pip install "pilotlight[sklearn]"'
        ) from None
    model = _load(file)
    if not hasattr(model, "predict"):
        kind = type(model).__name__
        raise BuildError(f"{file}: expected an estimator with predict(), found {kind}")
    description = _describe(model)
    inputs = inputs_of(model, file, description)
    proto = convert(model, inputs.types, file, description)
    method = second_method(model, proto, file, description)
    classes = arrange(model, proto, method)
    return Source(
        file=file,
        framework=f"scikit-learn {sklearn.__version__}",
        description=description,
        proto=proto,
        answer=answers(model, inputs.table, proto, method),
        tolerance=TOLERANCE,
        features=inputs.features,
        classes=classes,
        categories=inputs.categories,
    )


def _load(file: Path) -> Any:
    import joblib
    import sklearn
    from sklearn.exceptions import InconsistentVersionWarning

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", InconsistentVersionWarning)
            return joblib.load(file)
    except InconsistentVersionWarning as warning:
        made = getattr(warning, "original_sklearn_version", "another version")
        raise BuildError(
            f"{file} was made with scikit-learn {made}, here is {sklearn.__version__}: it might "
            f"load and answer wrongly. Install that one: pip install scikit-learn=={made}"
        ) from None
    except Exception as error:  # a pickle can raise anything
        kind = type(error).__name__
        raise BuildError(f"{file} cannot be loaded: {kind}: {brief(error)}") from error


def _describe(model: Any) -> str:
    steps = getattr(model, "steps", None)
    if steps:
        return f"Pipeline({', '.join(type(step).__name__ for _, step in steps)})"
    return type(model).__name__
