"""ONNX Runtime's C API by ctypes: sessions that take and give tensors.

This package knows no JSON and no cloud. It loads the C library alone; neither the ``onnxruntime``
module nor numpy is imported.

>>> from pilotlight import Tensor
>>> session = Session("models/digits/model.onnx")
>>> session.inputs
(X: float32[?,64],)
>>> session.run({"X": Tensor.of([[0] * 64], "float32")}, ["label"])
{'label': Tensor(int64[1])}
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .session import Session

__all__ = ["Session"]


def __getattr__(name: str) -> object:
    """Import Session when it is first used: ONNX Runtime starts while that is imported."""
    if name == "Session":
        from .session import Session

        return Session
    raise AttributeError(f"module 'pilotlight.engine' has no attribute {name!r}")
