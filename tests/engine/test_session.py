"""Session: what models take and give, and typed errors for what they cannot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pilotlight import Spec, Tensor
from pilotlight.dtypes import DTYPES
from pilotlight.engine import Session
from pilotlight.errors import EngineError, UnprocessableError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable

    Named = Callable[[str], Path]
    Opened = Callable[[str], Session]

# names as ONNX's text format has them, where they are not numpy's
_ONNX = {"float32": "float", "float64": "double"}
VALUES: dict[str, list[Any]] = {
    "bool": [True, False, True, True],
    "string": ["", "a\0b", "🔥", "ü" * 1000],
    "int8": [-128, 127, 0, 1],
    "uint8": [0, 255, 1, 2],
    "int16": [-(2**15), 2**15 - 1, 0, 1],
    "uint16": [0, 2**16 - 1, 1, 2],
    "int32": [-(2**31), 2**31 - 1, 0, 1],
    "uint32": [0, 2**32 - 1, 1, 2],
    "int64": [-(2**63), 2**63 - 1, 0, 1],
    "uint64": [0, 2**64 - 1, 1, 2],
    "float16": [-65504.0, 65504.0, 0.5, 2.0**-24],
    "bfloat16": [-1.0, 3.3895313892515355e38, 0.5, 2.0**-126],
    "float32": [-1.0, 3.4028234663852886e38, 0.5, 2.0**-149],
    "float64": [-1.0, 1.7976931348623157e308, 0.1, 5e-324],
}


def _identity(dtype: str, shape: str) -> str:
    kind = f"{_ONNX.get(dtype, dtype)}{shape}"
    return f"same ({kind} X) => ({kind} Y) {{ Y = Identity(X) }}"


def test_every_dtype_is_tried() -> None:
    assert set(VALUES) == set(DTYPES)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_goes_through(session: Opened, dtype: str) -> None:
    opened = session(_identity(dtype, "[A,B]"))
    assert opened.inputs == (Spec("X", dtype, ("A", "B")),)
    assert opened.outputs == (Spec("Y", dtype, ("A", "B")),)
    values = VALUES[dtype]
    for shape in ((2, 2), (1, 4)):
        found = opened.run({"X": Tensor.of(values, dtype, shape)})["Y"]
        assert isinstance(found, Tensor)
        assert (found.dtype, found.shape) == (dtype, shape)
        assert [item for row in found.tolist() for item in row] == values


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_nothing_of_every_dtype_goes_through(
    session: Opened, dtype: str, shape: tuple[int, int]
) -> None:
    given: Any = [[] for _ in range(shape[0])] if shape[1] == 0 else []
    found = session(_identity(dtype, "[A,B]")).run({"X": Tensor.of(given, dtype, shape)})["Y"]
    assert isinstance(found, Tensor)
    assert (found.dtype, found.shape, found.tolist()) == (dtype, shape, given)


@pytest.mark.parametrize("dtype", DTYPES)
def test_scalars_of_every_dtype_go_through(session: Opened, dtype: str) -> None:
    opened = session(_identity(dtype, ""))
    assert opened.inputs == (Spec("X", dtype, ()),)
    for value in VALUES[dtype]:
        found = opened.run({"X": Tensor.of(value, dtype)})["Y"]
        assert isinstance(found, Tensor)
        assert (found.shape, found.tolist()) == ((), value)


def test_not_a_number_and_infinity_go_through(session: Opened) -> None:
    given = Tensor.of([float("nan"), float("inf"), float("-inf"), -0.0], "float32")
    found = session(_identity("float32", "[A]")).run({"X": given})["Y"]
    assert isinstance(found, Tensor)
    assert found.view().tobytes() == given.view().tobytes()


def test_ten_dimensions_go_through(session: Opened) -> None:
    given = Tensor.of([1.0, 2.0], "float32", (1,) * 9 + (2,))
    found = session(_identity("float32", "[A,B,C,D,E,F,G,H,I,J]")).run({"X": given})["Y"]
    assert isinstance(found, Tensor)
    assert found.shape == (1,) * 9 + (2,)


def test_an_input_of_any_rank_takes_any_rank(session: Opened) -> None:
    opened = session(_identity("float32", "[]"))
    for value in (1.0, [1.0], [[1.0, 2.0]]):
        found = opened.run({"X": Tensor.of(value, "float32")})["Y"]
        assert isinstance(found, Tensor)
        assert found.tolist() == value


def test_a_signature_has_fixed_named_and_unnamed_dimensions(session: Opened) -> None:
    opened = session(
        "f (float[batch,3,?] X, string[] s) => (float[batch,3,?] Y, string[] t) "
        "{ Y = Identity(X) t = Identity(s) }"
    )
    assert opened.inputs[0] == Spec("X", "float32", ("batch", 3, None))
    assert opened.outputs[0] == Spec("Y", "float32", ("batch", 3, None))
    assert repr(opened.inputs[0]) == "X: float32[batch,3,?]"


def test_sequences_and_maps_are_lists_and_dicts(models: Named) -> None:
    rows = Tensor.of([[0.25, 0.75], [1, 0]], "float32")
    ints = Session(models("zipmap"))
    assert [(spec.name, spec.dtype, spec.shape) for spec in ints.outputs] == [
        ("label", "int64", ("N",)),
        ("scores", "sequence(map(int64,float32))", ()),
    ]
    assert ints.run({"X": rows}, ["scores"]) == {"scores": [{0: 0.25, 1: 0.75}, {0: 1.0, 1: 0.0}]}
    texts = Session(models("zipmap_strings"))
    assert texts.outputs == (Spec("scores", "sequence(map(string,float32))", ()),)
    assert texts.run({"X": rows}) == {
        "scores": [{"no": 0.25, "yes ✓": 0.75}, {"no": 1.0, "yes ✓": 0.0}]
    }
    parts = Session(models("sequence")).run({"X": rows})["parts"]
    assert isinstance(parts, list)
    assert [part.tolist() for part in parts if isinstance(part, Tensor)] == [
        [[0.25], [1.0]],
        [[0.75], [0.0]],
    ]


def test_outputs_are_given_as_asked_for(models: Named) -> None:
    opened = Session(models("both"))
    feeds = {"X": Tensor.of([[1, 2, 3]], "float32")}
    assert list(opened.run(feeds)) == ["same", "mean"]
    assert list(opened.run(feeds, ["mean", "same"])) == ["mean", "same"]
    assert list(opened.run(feeds, ["mean"])) == ["mean"]


@pytest.mark.parametrize(
    ("feeds", "message"),
    [
        ({}, "missing age, city, rooms. The model takes age, city, rooms"),
        ({"age": "f"}, "missing city, rooms. The model takes age, city, rooms"),
        (
            {"age": "f", "city": "s", "room": "i"},
            "missing rooms; unknown room. The model takes age, city, rooms",
        ),
        (
            {"age": "f", "city": "s", "rooms": "i", "x": "f"},
            "unknown x. The model takes age, city, rooms",
        ),
        ({"age": "i", "city": "s", "rooms": "i"}, "age: expected float32, found int64"),
        (
            {"age": "f", "city": "s", "rooms": "flat"},
            "rooms: expected shape [N,1], found shape [1]",
        ),
        (
            {"age": "wide", "city": "s", "rooms": "i"},
            "age: expected shape [N,1], found shape [1,2]",
        ),
    ],
)
def test_wrong_feeds_are_named(models: Named, feeds: dict[str, str], message: str) -> None:
    kinds = {
        "f": Tensor.of([[1]], "float32"),
        "s": Tensor.of([["a"]]),
        "i": Tensor.of([[1]], "int64"),
        "flat": Tensor.of([1], "int64"),
        "wide": Tensor.of([[1, 2]], "float32"),
    }
    with pytest.raises(UnprocessableError) as raised:
        Session(models("table")).run({name: kinds[kind] for name, kind in feeds.items()})
    assert str(raised.value).replace("found [", "found shape [") == message


def test_an_unknown_output_is_named(models: Named) -> None:
    feeds = {"X": Tensor.of([[1, 2, 3]], "float32")}
    with pytest.raises(UnprocessableError, match="no output 'Z'; there are same, mean"):
        Session(models("both")).run(feeds, ["same", "Z"])
    with pytest.raises(EngineError):
        Session(models("both")).run(feeds, [])


def test_what_the_graph_refuses_is_the_engines_error(models: Named) -> None:
    opened = Session(models("lookup"))
    with pytest.raises(EngineError, match="out of data bounds") as raised:
        opened.run({"index": Tensor.of([7], "int64")})
    assert raised.value.code == 2
    found = opened.run({"index": Tensor.of([2], "int64")})["value"]
    assert isinstance(found, Tensor)
    assert found.tolist() == [2.5]


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", 2), (b"\0" * 1000, 7), (b"not a model", 7), (None, 3)],
    ids=["empty", "zeros", "text", "missing"],
)
def test_a_file_that_is_no_model_is_an_error_with_its_path(
    tmp_path: Path, content: bytes | None, code: int
) -> None:
    file = tmp_path / "broken.onnx"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(EngineError) as raised:
        Session(file)
    assert str(raised.value).startswith(f"{file}: ONNX Runtime 1.")
    assert raised.value.code == code


def test_a_torn_model_is_an_error(models: Named, tmp_path: Path) -> None:
    whole = models("linear").read_bytes()
    for length in range(1, len(whole), 7):
        (tmp_path / "torn.onnx").write_bytes(whole[:length])
        with pytest.raises(EngineError):
            Session(tmp_path / "torn.onnx")


def test_an_element_type_that_is_not_known_is_named(session: Opened) -> None:
    with pytest.raises(UnsupportedError, match=r"^output 'Y': the element type with ONNX code 21"):
        session("f (float[A] X) => (uint4[A] Y) { Y = Cast<to=21>(X) }")


def test_an_optional_output_is_its_tensor(session: Opened) -> None:
    opened = session("f (float[A] X) => (optional(float[A]) Y) { Y = Optional(X) }")
    found = opened.run({"X": Tensor.of([1, 2], "float32")})["Y"]
    assert isinstance(found, Tensor)
    assert found.tolist() == [1.0, 2.0]
