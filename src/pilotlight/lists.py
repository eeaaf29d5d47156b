"""Nested lists ↔ flat elements, each element checked, each error naming its place.

The work is done by ``map``, ``chain`` and ``array``, so that a good list of 1,000 rows runs in C;
only when something is wrong are the elements looked at one by one to say which.
"""

from __future__ import annotations

from array import array
from itertools import chain
from math import isfinite, isinf, prod

from .dtypes import DTYPES, REAL, WHOLE
from .errors import UnprocessableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from .dtypes import DType

    Shape = tuple[int, ...]

_NUMBER_OR_NULL = REAL | {type(None)}
_LISTS = {list, tuple}


def flatten(value: Any, where: str = "") -> tuple[list[Any], Shape]:
    """Return the elements of nested lists in row-major order, and their shape.

    >>> flatten([[1, 2], [3, 4]])
    ([1, 2, 3, 4], (2, 2))

    Raises:
        UnprocessableError: a list is not as long as its neighbours; the message names the place.
    """
    if type(value) not in _LISTS:
        return [value], ()
    level: list[Any] = list(value)
    shape = [len(level)]
    while level and (kinds := set(map(type, level))) & _LISTS:
        lengths = set(map(len, level)) if kinds <= _LISTS else set()
        if len(lengths) != 1:
            raise _ragged(level, tuple(shape), where)
        shape.append(lengths.pop())
        level = list(chain.from_iterable(level))
    return level, tuple(shape)


def nest(flat: Sequence[Any], shape: Shape) -> Any:
    """Return elements in row-major order as lists nested to ``shape``; a scalar as itself.

    >>> nest([1, 2, 3, 4], (2, 2))
    [[1, 2], [3, 4]]
    """
    if not shape:
        return flat[0]
    rest = list(flat)
    for axis in range(len(shape) - 1, 0, -1):
        length = shape[axis]
        rest = [rest[i * length : (i + 1) * length] for i in range(prod(shape[:axis]))]
    return rest


def pack(
    flat: list[Any], dtype: str, shape: Shape, where: str = "", *, finite: bool = True
) -> memoryview | list[str]:
    """Return the bytes of elements of ``dtype``, checking each; for ``string``, the list itself.

    None becomes NaN where ``dtype`` is a float: JSON has no other word for a missing number. 3.0
    becomes 3 where it is an integer: JSON has one kind of number.

    Args:
        flat: the elements in row-major order.
        dtype: a name in ``DTYPES``.
        shape: their shape, for the place in a message.
        where: what the place begins with.
        finite: whether an infinity among the elements is refused.

    Raises:
        UnprocessableError: an element is of another type or out of range; the message names it.
    """
    kind = DTYPES[dtype]
    found = set(map(type, flat))
    if not found <= kind.kinds:
        flat = _coerced(flat, kind, shape, where)
    if dtype == "string":
        return _unicode(flat, shape, where)
    try:
        data = _packed(flat, kind)
    except (OverflowError, ValueError):
        raise _out_of_range(flat, kind, shape, where) from None
    if kind.kinds is REAL and any(map(isinf, _reals(data, kind))):
        _look_for_infinity(flat, kind, shape, where, finite)
    return memoryview(data).cast("B")


def place(index: int, shape: Shape, where: str = "") -> str:
    """Write the place of a flat ``index`` in ``shape`` as a path.

    >>> place(5, (2, 4), "instances")
    'instances[1][1]'
    """
    places: list[int] = []
    for length in reversed(shape):
        index, rest = divmod(index, length or 1)
        places.insert(0, rest)
    return where + "".join(f"[{p}]" for p in places)


def json_name(value: Any) -> str:
    """Name the type of a value as JSON does.

    >>> json_name(None), json_name({})
    ('null', 'object')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    names = {int: "whole number", float: "number", str: "string", list: "list", dict: "object"}
    return names.get(type(value), type(value).__name__)


def cut(text: str, limit: int = 80) -> str:
    """Return a text that came from outside, cut to what a message can hold.

    >>> cut("a" * 100, 8)
    'aaaaaaaa…'
    """
    return text if len(text) <= limit else f"{text[:limit]}…"


def widened(dtype: str, data: memoryview) -> list[float]:
    """Return the floats that the bytes of float16 or bfloat16 elements stand for."""
    if dtype == "float16":
        from struct import unpack

        return list(unpack(f"{len(data) // 2}e", data))
    wide = array("I", [bits << 16 for bits in data.cast("H")])
    return list(memoryview(wide).cast("B").cast("f"))


def _packed(flat: list[Any], kind: DType) -> array[Any] | bytes:
    if kind.name == "bool":
        return bytes(flat)
    if kind.name == "float16":
        from struct import pack as packed

        return packed(f"{len(flat)}e", *map(float, flat))
    if kind.name == "bfloat16":
        wide = array("I", array("f", flat).tobytes())
        return array("H", [_rounded(bits) for bits in wide])
    return array(kind.format, flat)


def _reals(data: array[Any] | bytes, kind: DType) -> Iterable[float]:
    """Return what packed elements stand for."""
    if kind.name in ("float16", "bfloat16"):
        return widened(kind.name, memoryview(data).cast("B"))
    return data


def _coerced(flat: list[Any], kind: DType, shape: Shape, where: str) -> list[Any]:
    """Return elements of other types as the dtype has them, where nothing is lost by that."""
    if any(hasattr(found, "item") for found in set(map(type, flat))):  # numpy's scalars
        flat = [item.item() if hasattr(item, "item") else item for item in flat]
    found = set(map(type, flat))
    if kind.kinds is REAL and found <= _NUMBER_OR_NULL:
        return [float("nan") if item is None else item for item in flat]
    if kind.kinds is WHOLE and found <= REAL and all(x == x // 1 for x in flat):
        return list(map(int, flat))
    if not found <= kind.kinds:
        raise _mistyped(flat, kind, shape, where)
    return flat


def _rounded(bits: int) -> int:
    """Round a float32's bits to the nearest bfloat16's, ties to even; a NaN stays one."""
    if bits & 0x7FFFFFFF > 0x7F800000:
        return bits >> 16 | 0x40
    return (bits + 0x7FFF + (bits >> 16 & 1)) >> 16


def _unicode(flat: list[str], shape: Shape, where: str) -> list[str]:
    """Return ``flat`` if each can be UTF-8, as ONNX strings are; JSON can carry lone surrogates."""
    try:
        "\0".join(flat).encode()
    except UnicodeEncodeError:
        index = next(i for i, s in enumerate(flat) if any("\ud800" <= c <= "\udfff" for c in s))
        message = "a lone surrogate is not Unicode text"
        raise UnprocessableError(message, place(index, shape, where)) from None
    return flat


def _mistyped(flat: list[Any], kind: DType, shape: Shape, where: str) -> UnprocessableError:
    kinds = _NUMBER_OR_NULL if kind.kinds is REAL else kind.kinds
    wrong = (i for i, item in enumerate(flat) if type(item) not in kinds)
    index = next(wrong)
    if kind.kinds is WHOLE:  # 3.0 is none of those that are wrong
        whole = (float, *WHOLE)
        index = next(i for i, x in enumerate(flat) if type(x) not in whole or x != x // 1)
    found = json_name(flat[index])
    if kind.kinds is WHOLE and found == "number":
        found = f"{flat[index]!r}, which is not a whole number"
    return UnprocessableError(f"expected {kind.name}, found {found}", place(index, shape, where))


def _look_for_infinity(
    flat: list[Any], kind: DType, shape: Shape, where: str, finite: bool
) -> None:
    """Raise if an element became infinite, or was and may not be."""
    for index, item in enumerate(flat):
        if (isinf(item) and finite) or (isfinite(item) and _overflows(item, kind)):
            raise _at_out_of_range(item, kind, index, shape, where)


def _out_of_range(flat: list[Any], kind: DType, shape: Shape, where: str) -> UnprocessableError:
    index = next(i for i, item in enumerate(flat) if _overflows(item, kind))
    return _at_out_of_range(flat[index], kind, index, shape, where)


def _at_out_of_range(
    item: float | int, kind: DType, index: int, shape: Shape, where: str
) -> UnprocessableError:
    shown = str(item) if not isinstance(item, int) or item.bit_length() < 80 else "a huge number"
    message = f"{shown} is out of the range of {kind.name}"
    return UnprocessableError(message, place(index, shape, where))


def _overflows(item: float, kind: DType) -> bool:
    try:
        data = _packed([item], kind)
    except (OverflowError, ValueError):
        return True
    return kind.kinds is REAL and any(map(isinf, _reals(data, kind)))


def _ragged(level: list[Any], shape: Shape, where: str) -> UnprocessableError:
    like = _like(level[0])
    index = next(i for i, item in enumerate(level) if _like(item) != like)
    message = f"expected {like} like its neighbours, found {_like(level[index])}"
    return UnprocessableError(message, place(index, shape, where))


def _like(item: Any) -> str:
    return f"a list of {len(item)}" if type(item) in _LISTS else json_name(item)
