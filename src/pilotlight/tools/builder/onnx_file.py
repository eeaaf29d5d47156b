"""Read an ``.onnx`` file, with its weights inline or in files beside it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ...batch import plain
from ...engine import Session
from ...errors import BuildError
from .source import Feeds, Source, brief

# float32 against float32, the graph optimised against as it is: sums in another order
TOLERANCE = (1e-4, 1e-5)
_BFLOAT16 = 16  # TensorProto.DataType, onnx.proto
_NO_SHAPE = "Field 'shape' of 'type' is required but missing"


def read(file: Path) -> Source:
    """Read and check an ONNX model.

    Raises:
        BuildError: it is not ONNX, is not valid, or its weights are missing or lie elsewhere.
    """
    import onnx
    from google.protobuf.message import DecodeError

    try:
        # Confined by onnx itself to the model's folder: no .., no absolute path, no link.
        proto = onnx.load(file)
        _check(file, proto)
    except DecodeError as error:
        raise BuildError(f"{file} is not an ONNX model: {brief(error)}") from None
    except (onnx.checker.ValidationError, ValueError, OSError) as error:
        raise BuildError(f"{file} is not a valid ONNX model: {brief(error)}") from None
    producer = f"{proto.producer_name} {proto.producer_version}".strip()
    opsets = ", ".join(f"{o.domain or 'ai.onnx'} {o.version}" for o in proto.opset_import)
    return Source(
        file=file,
        framework=producer or "unknown",
        description=f"{len(proto.graph.node)} nodes, {opsets}",
        proto=proto,
        answer=_original(file, proto, optimize=True),
        literal=_original(file, proto, optimize=False),
        tolerance=TOLERANCE,
    )


def _check(file: Path, proto: Any) -> None:
    """Let onnx check the model; a shape that is not given, which ONNX Runtime allows, is no fault.

    Raises:
        onnx.checker.ValidationError: it is not valid.
    """
    import onnx

    try:
        onnx.checker.check_model(str(file))
    except onnx.checker.ValidationError as error:
        if _NO_SHAPE not in str(error):
            raise
        copy = onnx.ModelProto()
        copy.CopyFrom(proto)
        for value in (*copy.graph.input, *copy.graph.output):
            _give_shape(value.type)
        onnx.checker.check_model(copy)


def _give_shape(kind: Any) -> None:
    """Give each tensor in a type a shape, if it has none."""
    which = kind.WhichOneof("value")
    if which in ("sequence_type", "optional_type"):
        _give_shape(getattr(kind, which).elem_type)
    elif which == "map_type":
        _give_shape(kind.map_type.value_type)
    elif which == "tensor_type":
        kind.tensor_type.shape.SetInParent()


def _original(file: Path, proto: Any, *, optimize: bool) -> Callable[[Feeds], dict[str, Any]]:
    """Return the model as onnxruntime's own Python package runs it, if it can be fed from there."""
    inputs = (value.type.tensor_type.elem_type for value in proto.graph.input)
    if _BFLOAT16 in inputs:  # numpy has no such dtype
        return _by_engine(file, "all" if optimize else "none")

    @cache  # so that a second answer is of the same session, as random operators show it
    def session() -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # what is wrong is raised, too
        if not optimize:
            level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
            options.graph_optimization_level = level
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])

    def answer(feeds: Feeds) -> dict[str, Any]:
        names = [output.name for output in session().get_outputs()]
        results = session().run(names, {name: _array(tensor) for name, tensor in feeds.items()})
        return {name: _plain(value) for name, value in zip(names, results, strict=True)}

    return answer


def _by_engine(file: Path, optimize: str) -> Callable[[Feeds], dict[str, Any]]:
    @cache
    def session() -> Session:
        return Session(file, optimize=optimize)

    def answer(feeds: Feeds) -> dict[str, Any]:
        return {name: plain(value) for name, value in session().run(feeds).items()}

    return answer


def _array(tensor: Any) -> Any:
    if tensor.dtype == "string":
        return np.array(tensor.data, dtype=object).reshape(tensor.shape)
    return np.asarray(tensor)


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value
