"""Strict JSON: whichever parser works, the same texts mean the same and the same are refused."""

from __future__ import annotations

import datetime as dt
import enum
import importlib.util
import json
import sys
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pilotlight import Tensor
from pilotlight.errors import MalformedError
from pilotlight.protocols import codec as loaded

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    Python = Callable[..., str]


def _fresh() -> ModuleType:
    """Return the codec as a new process has it: which parser works depends on what it has seen."""
    assert loaded.__spec__ is not None
    assert loaded.__spec__.origin is not None
    name = "pilotlight.protocols.fresh_codec"
    spec = importlib.util.spec_from_file_location(name, loaded.__spec__.origin)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=["standard", "orjson"])
def codec(request: pytest.FixtureRequest) -> ModuleType:
    """Give the codec with either parser at work; orjson is brought on by a large body."""
    fresh = _fresh()
    if request.param == "orjson":
        fresh.loads(b" " * fresh.REPAYS + b"1")
    assert (fresh._orjson is not None) is (request.param == "orjson")
    return fresh


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        (" \t\r\n[ ] ", []),
        ("[0.1, -0.0, 1e3, 1E-7]", [0.1, -0.0, 1000.0, 1e-7]),
        ("9007199254740993", 9007199254740993),
        ("-9223372036854775808", -(2**63)),
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", 2.0**64),
        ("-9223372036854775809", -(2.0**63)),
        ("1e400", float("inf")),
        ("-1e400", float("-inf")),
        ("1e-400", 0.0),
        ('{"a": 1, "a": 2}', {"a": 2}),
        (r'"\u0000\ud83d\udd25\""', '\0🔥"'),
        (r'"\ud83d"', "\ud83d"),
        ('"🔥 ü"', "🔥 ü"),
        ("\ufeff[1]", [1]),
        ("[true, false, null]", [True, False, None]),
        ("[" * 500 + "]" * 500, None),
    ],
)
def test_a_text_means_the_same_to_either_parser(codec: ModuleType, text: str, value: Any) -> None:
    found = codec.loads(text.encode())
    if value is None:
        value = json.loads(text)
    assert (found, repr(found)) == (value, repr(value))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the body is not JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"\xff", "the body is not UTF-8: byte 0 is wrong"),
        (b'"\xed\xa0\x80"', "the body is not UTF-8: byte 1 is wrong"),
        (b"[1 2]", "the body is not JSON: Expecting ',' delimiter: line 1 column 4 (char 3)"),
        (b"01", "the body is not JSON: Extra data: line 1 column 2 (char 1)"),
        (b"+1", "the body is not JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"0x1", "the body is not JSON: Extra data: line 1 column 2 (char 1)"),
        (b"'a'", "the body is not JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"// 1\n1", "the body is not JSON: Expecting value: line 1 column 1 (char 0)"),
        (b'"\x01"', "the body is not JSON: Invalid control character at: line 1 column 2 (char 1)"),
        (b"True", "the body is not JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"1\0", "the body is not JSON: Extra data: line 1 column 2 (char 1)"),
        (b"[NaN]", "the body is not JSON: NaN is not JSON; write null for a missing number"),
        (
            b"Infinity",
            "the body is not JSON: Infinity is not JSON; write null for a missing number",
        ),
        (
            b"-Infinity",
            "the body is not JSON: -Infinity is not JSON; write null for a missing number",
        ),
        (b"[" * 1_000_000, "the body is nested too deeply"),
        (b'{"a":' * 1_000_000, "the body is nested too deeply"),
    ],
    ids=lambda value: repr(value[:12]),
)
def test_what_is_not_json_is_refused_alike(codec: ModuleType, body: bytes, message: str) -> None:
    with pytest.raises(MalformedError) as raised:
        codec.loads(body)
    assert str(raised.value) == message


def test_a_number_of_5000_digits_is_infinite_and_quickly_so(codec: ModuleType) -> None:
    assert codec.loads(b"1" * 5000) == float("inf")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"predictions": [1, 1.5, "ü🔥", None, True]}, '{"predictions":[1,1.5,"ü🔥",null,true]}'),
        ([float("nan"), [float("inf")], {"a": float("-inf")}], '[null,[null],{"a":null}]'),
        ((1, (2.0,)), "[1,[2.0]]"),
        ({2: "a", 2.5: "b", True: "c", None: "d"}, '{"2":"a","2.5":"b","true":"c","null":"d"}'),
        ({1: float("nan")}, '{"1":null}'),
        (2**64, "18446744073709551616"),
        ([2**70, float("nan")], "[1180591620717411303424,null]"),
        ("\0\x1f\x7f\u2028", '"\\u0000\\u001f\x7f\u2028"'),
        ("a\ud800b", '"a?b"'),
    ],
)
def test_a_value_is_written_alike(codec: ModuleType, value: Any, text: str) -> None:
    assert codec.dumps(value).decode() == text


@dataclass
class Point:
    """Be what orjson knows and the standard library does not."""

    x: int


class Colour(enum.Enum):
    """Be that too."""

    RED = 1


@pytest.mark.parametrize("value", [object(), b"bytes", {1, 2}, {("a",): 1}], ids=repr)
def test_what_is_not_json_is_not_written_by_either(codec: ModuleType, value: Any) -> None:
    """An answer must not begin to work, or stop, when a function has seen 256 KB."""
    with pytest.raises(TypeError):
        codec.dumps(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Point(1), b'{"x":1}'),
        (Colour.RED, b"1"),
        (dt.date(2026, 11, 22), b'"2026-11-22"'),
        (uuid.UUID(int=1), b'"00000000-0000-0000-0000-000000000001"'),
        (np.float32(0.5), b"0.5"),
        (np.array([[1, 2]]), b"[[1,2]]"),
        (Tensor.of([1.0, float("nan")], "float32"), b"[1.0,null]"),
    ],
    ids=repr,
)
def test_what_encode_may_return_beside_json_is_written_alike(
    codec: ModuleType, value: Any, text: bytes
) -> None:
    assert codec.dumps([value]) == b"[" + text + b"]"


def test_orjson_comes_when_it_repays_its_import(python: Python) -> None:
    program = """
import sys
from pilotlight.protocols import codec
codec.loads(b" " * (codec.REPAYS - 2) + b"1")
first = "orjson" in sys.modules
codec.loads(b"1")
print(first, "orjson" in sys.modules)
"""
    assert python(program) == "False True\n"


def test_finite_leaves_what_is_finite() -> None:
    value = {"a": [1, 0.5, "x", None, True, (1.0,)], "b": float("nan")}
    assert loaded.finite(value) == {"a": [1, 0.5, "x", None, True, [1.0]], "b": None}


def test_the_fresh_codec_is_not_the_processs() -> None:
    assert "pilotlight.protocols.fresh_codec" not in sys.modules
