"""OrtValues ↔ tensors, lists and dicts.

Inputs borrow the tensor's memory. A small output is copied and its OrtValue released at once; a
large one keeps its OrtValue alive for as long as anyone looks at its memory.
"""

from __future__ import annotations

import ctypes
import sys
from ctypes import byref, c_char_p, c_int, c_int64, c_size_t, c_void_p
from math import prod

from ..dtypes import BY_CODE, DTYPES
from ..errors import UnsupportedError
from ..tensor import Tensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from ..tensor import Spec
    from .environment import Environment

    Value = Tensor | list["Value"] | dict[Any, Any] | None

_TENSOR, _SEQUENCE, _MAP, _SPARSE, _OPTIONAL = 1, 2, 3, 5, 6  # enum ONNXType
_STRING = DTYPES["string"].code
_COPIED = 1 << 16  # bytes up to which copying is cheaper than keeping the OrtValue


class Handle:
    """Own one OrtValue, and release it when nothing refers to it any more."""

    __slots__ = ("_environment", "pointer")

    def __init__(self, environment: Environment, pointer: c_void_p) -> None:
        self._environment = environment
        self.pointer = pointer

    def __del__(self) -> None:
        if self.pointer.value and not sys.is_finalizing():
            self._environment.api.ReleaseValue(self.pointer)
            self.pointer = c_void_p()


class _Span(ctypes.Array):  # type: ignore[type-arg]
    """View memory at an address. One type serves all sizes: a memoryview of it is cut to length."""

    _type_ = ctypes.c_char
    _length_ = sys.maxsize
    owner: Handle


class _Pin(ctypes.Structure):
    """CPython's Py_buffer, to learn the address of a read-only buffer."""

    _fields_ = (
        ("buf", c_void_p),
        ("obj", ctypes.py_object),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", c_int),
        ("ndim", c_int),
        ("format", c_char_p),
        ("shape", c_void_p),
        ("strides", c_void_p),
        ("suboffsets", c_void_p),
        ("internal", c_void_p),
    )


_get_buffer = ctypes.pythonapi.PyObject_GetBuffer
_get_buffer.argtypes = (ctypes.py_object, c_void_p, c_int)
_release_buffer = ctypes.pythonapi.PyBuffer_Release
_release_buffer.argtypes = (c_void_p,)
_release_buffer.restype = None


def address(data: memoryview) -> int:
    """Return the address of a buffer's first byte; valid as long as ``data`` is."""
    if not data.nbytes:
        return 0
    if not data.readonly:
        return ctypes.addressof(ctypes.c_char.from_buffer(data))
    pin = _Pin()
    _get_buffer(data, byref(pin), 0)  # PyBUF_SIMPLE; raises what the buffer raises
    try:
        return pin.buf or 0
    finally:
        _release_buffer(byref(pin))


def from_tensor(environment: Environment, tensor: Tensor) -> c_void_p:
    """Return a new OrtValue over the tensor's memory; the caller releases it before the tensor."""
    api = environment.api
    value = c_void_p()
    rank = len(tensor.shape)
    shape = (c_int64 * rank)(*tensor.shape)
    data = tensor.data
    if isinstance(data, list):
        made = api.CreateTensorAsOrtValue(environment.allocator, shape, rank, _STRING, byref(value))
        api.check(made)
        try:
            _fill(environment, value, data)
        except BaseException:
            api.ReleaseValue(value)
            raise
        return value
    code = DTYPES[tensor.dtype].code
    api.check(
        api.CreateTensorWithDataAsOrtValue(
            environment.memory_info, address(data), data.nbytes, shape, rank, code, byref(value)
        )
    )
    return value


def to_python(environment: Environment, handle: Handle, fed: Sequence[Tensor] = ()) -> Value:
    """Return what an OrtValue holds: a Tensor, a list of a sequence, a dict of a map, or None.

    Raises:
        UnsupportedError: it is a sparse tensor, or of an element type that is not in ``DTYPES``.
    """
    api = environment.api
    kind = c_int()
    api.check(api.GetValueType(handle.pointer, byref(kind)))
    if kind.value == _TENSOR:
        return _to_tensor(environment, handle, fed)
    if kind.value == _OPTIONAL:
        has = c_int()
        api.check(api.HasValue(handle.pointer, byref(has)))
        return _to_tensor(environment, handle, fed) if has.value else None
    if kind.value == _SEQUENCE:
        return [to_python(environment, item, fed) for item in _parts(environment, handle)]
    if kind.value == _MAP:
        keys, values = (_to_tensor(environment, part, fed) for part in _parts(environment, handle))
        return dict(zip(keys.tolist(), values.tolist(), strict=True))
    name = "a sparse tensor" if kind.value == _SPARSE else f"a value of ONNXType {kind.value}"
    raise UnsupportedError(f"an output is {name}; the model must give dense tensors")


class Reader:
    """Read one output of a session again and again, when its dtype and rank are declared.

    Most of what a small run takes beside the run itself is asking for what is known already.
    """

    __slots__ = ("_dims", "_dtype", "_environment", "_rank", "_size")

    def __init__(self, environment: Environment, spec: Spec) -> None:
        known = DTYPES.get(spec.dtype)
        self._environment = environment
        self._dtype = spec.dtype
        # Neither an undeclared rank nor strings, sequences and maps can be read in this way.
        self._size = known.size if known and spec.shape else 0
        self._rank = len(spec.shape)
        self._dims = c_int64 * self._rank

    def read(self, pointer: int, fed: Sequence[Tensor]) -> Value:
        """Return what an OrtValue holds, and take over its release; ``fed`` is what was run."""
        environment = self._environment
        handle = Handle(environment, c_void_p(pointer))
        if not self._size:
            return to_python(environment, handle, fed)
        api = environment.api
        info, start, rank = c_void_p(), c_void_p(), c_size_t()
        shape = self._dims()
        api.check(api.GetTensorTypeAndShape(pointer, byref(info)))
        try:
            api.check(api.GetDimensionsCount(info, byref(rank)))
            if rank.value != self._rank:  # a graph may give another rank than it declares
                return to_python(environment, handle, fed)
            api.check(api.GetDimensions(info, shape, self._rank))
        finally:
            api.ReleaseTensorTypeAndShapeInfo(info)
        api.check(api.GetTensorMutableData(pointer, byref(start)))
        size = prod(shape) * self._size
        return Tensor(self._dtype, tuple(shape), _memory(handle, start.value or 0, size, fed))


def _memory(handle: Handle, start: int, size: int, fed: Sequence[Tensor]) -> memoryview:
    """Return the bytes of an OrtValue.

    A large one lends them, and lives for as long as anyone looks at them. A small one is copied,
    and so is an output that is an input too: ONNX Runtime gives the input's own memory back, which
    is not the OrtValue's to keep.
    """
    if size <= _COPIED or any(_is_within(start, tensor) for tensor in fed):
        return memoryview(ctypes.string_at(start, size))
    span = _Span.from_address(start)
    span.owner = handle
    return memoryview(span).cast("B")[:size]


def _is_within(start: int, tensor: Tensor) -> bool:
    if isinstance(tensor.data, list):
        return False
    return 0 <= start - address(tensor.data) < tensor.data.nbytes


def _parts(environment: Environment, handle: Handle) -> list[Handle]:
    api = environment.api
    count = c_size_t()
    api.check(api.GetValueCount(handle.pointer, byref(count)))
    parts = []
    for index in range(count.value):
        part = c_void_p()
        api.check(api.GetValue(handle.pointer, index, environment.allocator, byref(part)))
        parts.append(Handle(environment, part))
    return parts


def _to_tensor(environment: Environment, handle: Handle, fed: Sequence[Tensor]) -> Tensor:
    api = environment.api
    info = c_void_p()
    api.check(api.GetTensorTypeAndShape(handle.pointer, byref(info)))
    try:
        dtype, shape = dtype_and_shape(environment, info)
    finally:
        api.ReleaseTensorTypeAndShapeInfo(info)
    if dtype == "string":
        return Tensor(dtype, shape, _strings(environment, handle, prod(shape)))
    start = c_void_p()
    api.check(api.GetTensorMutableData(handle.pointer, byref(start)))
    size = prod(shape) * DTYPES[dtype].size
    return Tensor(dtype, shape, _memory(handle, start.value or 0, size, fed))


def dtype_and_shape(environment: Environment, info: c_void_p) -> tuple[str, tuple[int, ...]]:
    """Return what an OrtTensorTypeAndShapeInfo says; an open dimension is -1."""
    api = environment.api
    code, rank = c_int(), c_size_t()
    api.check(api.GetTensorElementType(info, byref(code)))
    api.check(api.GetDimensionsCount(info, byref(rank)))
    shape = (c_int64 * rank.value)()
    api.check(api.GetDimensions(info, shape, rank.value))
    if code.value not in BY_CODE:
        raise UnsupportedError(f"the element type with ONNX code {code.value} is not supported")
    return BY_CODE[code.value], tuple(shape)


def _fill(environment: Environment, value: c_void_p, texts: list[str]) -> None:
    api = environment.api
    encoded = [text.encode() for text in texts]
    if not any(b"\0" in text for text in encoded):
        api.check(api.FillStringTensor(value, (c_char_p * len(encoded))(*encoded), len(encoded)))
        return
    for index, text in enumerate(encoded):  # a C string would end at its first NUL
        buffer = c_void_p()
        size = len(text)
        made = api.GetResizedStringTensorElementBuffer(value, index, size, byref(buffer))
        api.check(made)
        ctypes.memmove(buffer, text, size)


def _strings(environment: Environment, handle: Handle, count: int) -> list[str]:
    api = environment.api
    total = c_size_t()
    api.check(api.GetStringTensorDataLength(handle.pointer, byref(total)))
    content = ctypes.create_string_buffer(total.value or 1)
    starts = (c_size_t * count)()
    api.check(api.GetStringTensorContent(handle.pointer, content, total.value, starts, count))
    raw = content.raw
    ends = [*starts[1:], total.value][:count]
    return [raw[a:b].decode(errors="replace") for a, b in zip(starts, ends, strict=True)]
