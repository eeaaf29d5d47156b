"""Tensor: a dtype, a shape and a buffer; and Spec, what a model takes or gives.

A tensor borrows any contiguous buffer and lends its own, so that nothing is copied on the way to
ONNX Runtime and back. Lists go in and out without numpy; numpy, where the user has it, sees the
same memory.
"""

from __future__ import annotations

import sys
from math import prod

from .dtypes import BY_FORMAT, DTYPES, written
from .errors import UnprocessableError, UnsupportedError
from .lists import flatten, nest, pack, widened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .lists import Shape

    Name = str | int | float | bool


class Spec:
    """Say what one input or output of a model is.

    ``shape`` has an int for a fixed dimension, a str for a named open one, None for an unnamed open
    one. ``()`` is a scalar, or a shape of any rank: ONNX Runtime does not tell these apart.
    ``names`` names the last axis: the features of an input, the classes of an output.

    >>> Spec("X", "float32", (None, 64))
    X: float32[?,64]
    """

    __slots__ = ("dtype", "name", "names", "shape")

    def __init__(
        self,
        name: str,
        dtype: str,
        shape: Sequence[int | str | None],
        names: Sequence[Name] | None = None,
    ) -> None:
        self.name = name
        self.dtype = dtype
        self.shape = tuple(shape)
        self.names = tuple(names) if names is not None else None

    def check(self, tensor: Tensor) -> None:
        """Raise UnprocessableError unless ``tensor`` has this dtype and fits this shape."""
        if tensor.dtype != self.dtype:
            raise UnprocessableError(f"expected {self.dtype}, found {tensor.dtype}", self.name)
        if self.shape and not fits(tensor.shape, self.shape):
            message = f"expected shape {written(self.shape)}, found {written(tensor.shape)}"
            raise UnprocessableError(message, self.name)

    def __repr__(self) -> str:
        return f"{self.name}: {self.dtype}{written(self.shape)}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spec) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        return self.name, self.dtype, self.shape, self.names


class Tensor:
    """Hold an n-dimensional array: ``dtype``, ``shape`` and the elements in row-major order.

    ``data`` is a memoryview of the raw bytes (for ``string``: the list of str). It is borrowed, not
    copied: whoever looks at it keeps the memory alive.

    >>> Tensor.of([[1, 2], [3, 4]], "float32")
    Tensor(float32[2,2])
    >>> Tensor.of(b"\\x01\\x00\\x02\\x00", "int16", (2,)).tolist()
    [1, 2]
    """

    __slots__ = ("__weakref__", "data", "dtype", "shape")

    def __init__(self, dtype: str, shape: Shape, data: memoryview | list[str]) -> None:
        self.dtype = dtype
        self.shape = shape
        self.data = data

    @classmethod
    def of(cls, value: Any, dtype: str | None = None, shape: Sequence[int] | None = None) -> Tensor:
        """Make a tensor of anything with a contiguous buffer, of nested lists or of strings.

        Args:
            value: a buffer (bytes, bytearray, array, memoryview, mmap, numpy array; not copied), a
                number, str, or nested list of numbers, bools or strs.
            dtype: a name as numpy has it, or ``bfloat16`` or ``string``. Needed for bytes and for
                lists of numbers; read off the buffer or the strings otherwise.
            shape: needed for bytes; read off otherwise.

        Raises:
            UnprocessableError: ``value`` is ragged, of another type than ``dtype``, out of its
                range, or has another number of elements than ``shape``.
            UnsupportedError: there is no such dtype, or the buffer is not contiguous.
        """
        if dtype is not None and dtype not in DTYPES:
            raise UnsupportedError(f"there is no dtype {dtype!r}; there are {', '.join(DTYPES)}")
        if isinstance(value, Tensor):
            if dtype not in (None, value.dtype):
                raise UnprocessableError(f"expected {dtype}, found {value.dtype}")
            return Tensor(value.dtype, _agreed(value.shape, shape), value.data) if shape else value
        if shape is not None and any(length < 0 for length in shape):
            raise UnprocessableError(
                f"a shape has no negative lengths, found {written(tuple(shape))}"
            )
        if type(value) in _PLAIN:
            return _of_lists(value, dtype, shape)
        try:
            view = memoryview(value)
        except (TypeError, ValueError, BufferError):
            if hasattr(value, "tolist"):  # numpy's arrays of str have no buffer for us
                return _of_lists(value.tolist(), dtype, shape)
            kind = type(value).__name__
            raise UnprocessableError(f"cannot make a tensor of {kind}: it has no buffer") from None
        if isinstance(value, bytes | bytearray) or type(value).__name__ == "mmap":
            return _of_bytes(view, dtype, shape)
        if view.format[-1:] in "Ow" and hasattr(value, "tolist"):  # numpy's arrays of str
            return _of_lists(value.tolist(), dtype, shape)
        return _of_buffer(view, dtype, shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        """The number of bytes that the elements take; 0 for strings."""
        return self.size * DTYPES[self.dtype].size

    def view(self) -> memoryview:
        """Return the elements as a memoryview with this dtype's format and this shape.

        float16 and bfloat16 come as ``H``, their bits; a shape with a zero in it comes flat.
        ``memoryview(tensor)`` is the same where Python has PEP 688 (3.12 and later).

        Raises:
            UnsupportedError: a string tensor has no buffer.
        """
        if isinstance(self.data, list):
            raise UnsupportedError("a string tensor has no buffer; use tolist()")
        fmt = DTYPES[self.dtype].format
        if fmt == "e":
            fmt = "H"
        if len(self.shape) == 1 or 0 in self.shape:  # cast() refuses a dimension of length zero
            return self.data.cast(fmt)  # type: ignore[call-overload, no-any-return]  # any format
        return self.data.cast(fmt, self.shape)  # type: ignore[call-overload, no-any-return]

    def __buffer__(self, _flags: int, /) -> memoryview:
        # Where memoryview cannot say it all, numpy asks for __array_interface__ instead.
        if self.dtype in ("string", "float16") or (0 in self.shape and len(self.shape) > 1):
            raise BufferError(f"memoryview has no format for {self!r}; use view() or tolist()")
        return self.view()

    @property
    def __array_interface__(self) -> dict[str, Any]:
        if isinstance(self.data, list) or self.dtype == "bfloat16":
            raise AttributeError(f"numpy has no buffer of {self.dtype}; use tolist()")
        kind = {"bool": "|b", "float": "<f", "uint": "<u", "int": "<i"}
        typestr = kind[self.dtype.rstrip("0123456789")] + str(DTYPES[self.dtype].size)
        return {"version": 3, "shape": self.shape, "typestr": typestr, "data": self.data}

    def tolist(self) -> Any:
        """Return the elements as nested lists of float, int, bool or str; a scalar as itself."""
        if isinstance(self.data, list):
            return nest(self.data, self.shape)
        if self.dtype in ("float16", "bfloat16"):
            return nest(widened(self.dtype, self.data), self.shape)
        if 0 in self.shape:
            return nest([], self.shape)
        return self.view().tolist()

    def __repr__(self) -> str:
        return f"Tensor({self.dtype}{written(self.shape)})"


def fits(shape: Shape, wanted: Sequence[int | str | None]) -> bool:
    """Tell whether a shape has the rank and the fixed dimensions of another."""
    return len(shape) == len(wanted) and all(
        not isinstance(want, int) or want == have for want, have in zip(wanted, shape, strict=True)
    )


_PLAIN = {list, tuple, str, bool, int, float}


def _of_lists(value: Any, dtype: str | None, shape: Sequence[int] | None) -> Tensor:
    flat, found = flatten(value)
    if dtype is None:
        if not flat or set(map(type, flat)) != {str}:
            raise UnprocessableError("a list of numbers needs a dtype: Tensor.of(value, 'float32')")
        dtype = "string"
    shape = _agreed(found, shape)
    return Tensor(dtype, shape, pack(flat, dtype, shape, finite=False))


def _of_bytes(view: memoryview, dtype: str | None, shape: Sequence[int] | None) -> Tensor:
    if dtype is None or shape is None:
        raise UnprocessableError("bytes need a dtype and a shape: Tensor.of(b, 'uint8', (2,))")
    need = prod(shape) * DTYPES[dtype].size
    if dtype == "string" or need != view.nbytes:
        found = f"found {view.nbytes}"
        raise UnprocessableError(f"{dtype}{written(tuple(shape))} takes {need} bytes, {found}")
    return Tensor(dtype, tuple(shape), view.cast("B"))


def _of_buffer(view: memoryview, dtype: str | None, shape: Sequence[int] | None) -> Tensor:
    if not view.c_contiguous:
        raise UnsupportedError(
            "the buffer is not contiguous in row-major order; copy it first, with "
            "numpy.ascontiguousarray(x) or bytes(x)"
        )
    fmt = view.format.lstrip("@=<" if sys.byteorder == "little" else "@=>")
    own = dtype if fmt == "H" and dtype in ("float16", "bfloat16") else BY_FORMAT.get(fmt)
    if own is None or (dtype is not None and dtype != own):
        found = own or f"a buffer of format {view.format!r}"
        raise UnprocessableError(f"expected {dtype or 'a known dtype'}, found {found}")
    data = view.cast("B") if view.nbytes else memoryview(b"")
    return Tensor(own, _agreed(tuple(view.shape or ()), shape), data)


def _agreed(found: Shape, wanted: Sequence[int] | None) -> Shape:
    if wanted is None or tuple(wanted) == found:
        return found
    if prod(wanted) != prod(found):
        message = f"expected shape {written(tuple(wanted))}, found {written(found)}"
        raise UnprocessableError(message)
    return tuple(wanted)
