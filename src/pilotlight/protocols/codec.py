"""Strict JSON, with the parser that is worth its import.

The standard library's parser is loaded already when a function starts; ``orjson`` takes as long to
import as the standard parser needs for about 256 KB. So the standard one works until it has seen
that much, in one body or in many, and orjson from then on: never more than twice the best.

NaN and the infinities are not JSON: they are refused where they come in, and go out as null.
"""

from __future__ import annotations

import json
from math import isfinite

from ..errors import MalformedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

REPAYS = (
    262_144  # bytes that the standard parser reads and writes in the time orjson's import takes
)

_encode = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode
_orjson: Any = None
_seen = 0


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON; write null for a missing number")


_decode = json.JSONDecoder(parse_constant=_refuse).decode


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
        return _decode(body.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise MalformedError(f"the body is not UTF-8: byte {error.start} is wrong") from None
    except ValueError as error:
        raise MalformedError(f"the body is not JSON: {error}") from None
    except RecursionError:
        raise MalformedError("the body is nested too deeply") from None


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
    """Write a value as JSON in UTF-8; NaN and the infinities become null."""
    if _orjson is not None:
        try:
            written: bytes = _orjson.dumps(value)
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
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    return value
