"""Read an ``.onnx`` file, with its weights inline or in files beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ...errors import BuildError
from .source import Feeds, Source

# float32 against float32, the graph optimised against as it is: sums in another order
TOLERANCE = (1e-4, 1e-5)


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
        onnx.checker.check_model(str(file))
    except DecodeError as error:
        raise BuildError(f"{file} is not an ONNX model: {error}") from None
    except (onnx.checker.ValidationError, ValueError, OSError) as error:
        raise BuildError(f"{file} is not a valid ONNX model: {_short(error)}") from None
    producer = f"{proto.producer_name} {proto.producer_version}".strip()
    opsets = ", ".join(f"{o.domain or 'ai.onnx'} {o.version}" for o in proto.opset_import)
    return Source(
        file=file,
        framework=producer or "unknown",
        description=f"{len(proto.graph.node)} nodes, {opsets}",
        proto=proto,
        answer=_original(file),
        tolerance=TOLERANCE,
    )


def _original(file: Path) -> Any:
    """Return the model as onnxruntime's own Python package runs it, with its defaults."""

    def answer(feeds: Feeds) -> dict[str, Any]:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(
            str(file), options, providers=["CPUExecutionProvider"]
        )
        names = [output.name for output in session.get_outputs()]
        arrays = {name: _array(tensor) for name, tensor in feeds.items()}
        results = session.run(names, arrays)
        return {name: _plain(value) for name, value in zip(names, results, strict=True)}

    return answer


def _array(tensor: Any) -> Any:
    if tensor.dtype == "string":
        return np.array(tensor.data, dtype=object).reshape(tensor.shape)
    if tensor.dtype == "bfloat16":
        import ml_dtypes

        return np.frombuffer(tensor.data, ml_dtypes.bfloat16).reshape(tensor.shape)
    return np.asarray(tensor)


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def _short(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:300]
