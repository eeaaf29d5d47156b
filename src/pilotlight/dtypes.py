"""The element types of tensors, one table.

Codes are ``TensorProto.DataType`` of onnx.proto and ``ONNXTensorElementDataType`` of
``onnxruntime_c_api.h``; the two agree. Names are numpy's, and ``bfloat16`` and ``string``.
"""

from __future__ import annotations


class DType:
    """Describe one element type: its name, ONNX code, size in bytes and ``struct`` format.

    ``kinds`` are the Python types whose values may become one. ``bfloat16`` has no format of its
    own; its bits are ``H``.
    """

    __slots__ = ("code", "format", "kinds", "name", "size")

    def __init__(self, name: str, code: int, size: int, fmt: str, kinds: frozenset[type]) -> None:
        self.name = name
        self.code = code
        self.size = size
        self.format = fmt
        self.kinds = kinds


REAL: frozenset[type] = frozenset((float, int))
WHOLE: frozenset[type] = frozenset((int,))

DTYPES = {
    dtype.name: dtype
    for dtype in (
        DType("float32", 1, 4, "f", REAL),
        DType("uint8", 2, 1, "B", WHOLE),
        DType("int8", 3, 1, "b", WHOLE),
        DType("uint16", 4, 2, "H", WHOLE),
        DType("int16", 5, 2, "h", WHOLE),
        DType("int32", 6, 4, "i", WHOLE),
        DType("int64", 7, 8, "q", WHOLE),
        DType("string", 8, 0, "", frozenset((str,))),
        DType("bool", 9, 1, "?", frozenset((bool,))),
        DType("float16", 10, 2, "e", REAL),
        DType("float64", 11, 8, "d", REAL),
        DType("uint32", 12, 4, "I", WHOLE),
        DType("uint64", 13, 8, "Q", WHOLE),
        DType("bfloat16", 16, 2, "H", REAL),
    )
}
BY_CODE = {dtype.code: dtype.name for dtype in DTYPES.values()}
BY_FORMAT = {d.format: d.name for d in DTYPES.values() if d.name not in ("string", "bfloat16")} | {
    "l": "int64",
    "L": "uint64",
}


def written(shape: tuple[int | str | None, ...]) -> str:
    """Write a shape as messages have it: ``[?,64]`` or ``[batch,64]``.

    >>> written((None, 64))
    '[?,64]'
    """
    return "[" + ",".join("?" if d is None else str(d) for d in shape) + "]"
