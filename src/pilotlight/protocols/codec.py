"""Strict JSON, with the parser that is worth its import.

The standard library's parser is loaded already when a function starts; ``orjson`` takes as long to
import as the standard parser needs for about 256 KB. So the standard one works until it has seen
that much, in one body or in many, and orjson from then on: never more than twice the best.

NaN and the infinities are not JSON: they are refused where they come in, and go out as null.
"""

from __future__ import annotations

import json
import re
from math import isfinite

from ..errors import MalformedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Bytes that the standard parser reads and writes in the time that orjson's import takes
REPAYS = 262_144


def _other(value: Any) -> Any:
    """Return what JSON has for a value of another library: arrays, tensors, dates, enums."""
    if hasattr(value, "tolist"):
        return value.tolist()
    import orjson

    return orjson.loads(orjson.dumps(value))


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON; write null for a missing number")


def _int64(text: str) -> float:
    value = int(text) if len(text) < 24 else float(text)
    return value if -(1 << 63) <= value < 1 << 64 else float(value)


_orjson: Any = None
_seen = 0
_encode = json.JSONEncoder(
    allow_nan=False, ensure_ascii=False, separators=(",", ":"), default=_other
).encode
_decode = json.JSONDecoder(parse_constant=_refuse).decode
# orjson reads whole numbers over 64 bits as floats; so does this one, for bodies that have any
_decode_long = json.JSONDecoder(parse_constant=_refuse, parse_int=_int64).decode
_BOM = b"\xef\xbb\xbf"
_LONG = re.compile(rb"\d{19}")


def loads(body: bytes) -> Any:
    """Parse a JSON text in UTF-8.

    Raises:
        MalformedError: it is not JSON, or nested too deeply; the message says where it stopped.
    """
    if _orjson is not None or _repaid(len(body)):
        try:
            return _orjson.loads(body)
        except ValueError:
            pass  # the standard parser says better why, and lets through what is refused by place
    try:
        decode = _decode_long if _LONG.search(body) else _decode
        return decode(body.removeprefix(_BOM).decode())
    except UnicodeDecodeError as error:
        raise MalformedError(f"the body is not UTF-8: byte {error.start} is wrong") from None
    except ValueError as error:
        raise MalformedError(f"the body is not JSON: {error}") from None
    except RecursionError:
        raise MalformedError("the body is nested too deeply") from None


def _listed(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a {type(value).__name__} cannot be written as JSON")


def _repaid(size: int) -> bool:
    """Count bytes, and import orjson once they would have repaid it."""
    global _orjson, _seen  # noqa: PLW0603  # a process has one parser
    _seen += size
    if _seen < REPAYS:
        return False
    import orjson

    _orjson = orjson
    return True


def dumps(value: Any) -> bytes:
    """Write a value as JSON in UTF-8; NaN and the infinities become null.

    Arrays and tensors become lists; dates, UUIDs, enums and dataclasses what orjson makes of them.

    Raises:
        TypeError: a value is of a type that JSON has nothing for.
    """
    if _orjson is not None:
        try:
            written: bytes = _orjson.dumps(value, default=_listed)
        except TypeError:  # a number over 64 bits, a lone surrogate: the standard library copes
            pass
        else:
            return written
    try:
        text = _encode(value)
    except ValueError:
        text = _encode(finite(value))
    return text.encode(errors="replace")


def finite(value: Any) -> Any:
    """Return a value with null for NaN and the infinities, at any depth."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    return value
