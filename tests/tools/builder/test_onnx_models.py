"""ONNX models of unusual kinds: each becomes a bundle, or is refused in a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from pilotlight import Model, Service
from pilotlight.errors import BuildError
from pilotlight.tools.builder import build

from .conftest import Write

FLOAT = TensorProto.FLOAT
CHANCE = np.random.default_rng(0)
tensor, node = helper.make_tensor_value_info, helper.make_node


def _weights(rows: int, columns: int) -> Any:
    return CHANCE.standard_normal((rows, columns)).astype("float32")


def test_a_sum_whose_terms_cancel_may_differ_as_its_terms_do(write: Write, tmp_path: Path) -> None:
    """Of 2,000 products a few hundred add up to nearly nothing, in one order or another."""
    file = write(
        [node("MatMul", ["X", "W"], ["Y"])],
        [tensor("X", FLOAT, ["n", 2000])],
        [tensor("Y", FLOAT, ["n", 600])],
        [numpy_helper.from_array(_weights(2000, 600), "W")],
    )
    assert build(file, tmp_path / "m", "m").difference < 0.01


def test_weights_of_4_bits_are_compared_without_shortcuts(write: Write, tmp_path: Path) -> None:
    """With its defaults ONNX Runtime multiplies such weights with inputs cut to 8 bits."""
    whole = CHANCE.integers(-8, 7, 64 * 128).tolist()
    file = write(
        [
            node("DequantizeLinear", ["W", "scale"], ["w"]),
            node("MatMul", ["X", "w"], ["Y"]),
        ],
        [tensor("X", FLOAT, ["n", 64])],
        [tensor("Y", FLOAT, ["n", 128])],
        [
            helper.make_tensor("W", TensorProto.INT4, [64, 128], whole),
            numpy_helper.from_array(np.float32(0.1), "scale"),
        ],
        opset=21,
    )
    assert build(file, tmp_path / "m", "m").difference < 1e-4


def test_a_model_that_answers_differently_each_time_is_told_so(
    write: Write, tmp_path: Path
) -> None:
    ends = [tensor("X", FLOAT, ["n", 3])], [tensor("Y", FLOAT, ["n", 3])]
    file = write([node("RandomNormalLike", ["X"], ["Y"])], *ends)
    with pytest.raises(BuildError, match="answers the same inputs differently each time"):
        build(file, tmp_path / "m", "m")


@pytest.mark.parametrize("kind", ["sequence", "optional"])
def test_inputs_that_are_no_tensors_are_named(kind: str, write: Write, tmp_path: Path) -> None:
    inner = helper.make_tensor_type_proto(FLOAT, [2] if kind == "optional" else None)
    if kind == "sequence":
        operator = node("ConcatFromSequence", ["S"], ["Y"], axis=0)
        given = helper.make_sequence_type_proto(inner)
    else:
        operator = node("OptionalGetElement", ["S"], ["Y"])
        given = helper.make_optional_type_proto(inner)
    ends = [helper.make_value_info("S", given)], [tensor("Y", FLOAT, None)]
    with pytest.raises(BuildError) as raised:
        build(write([operator], *ends, opset=18), tmp_path / "m", "m")
    assert str(raised.value) == (
        f"{tmp_path}/m.onnx: the input 'S' is {kind}(float32); inputs must be tensors. Export the "
        "model with a tensor for each"
    )


def test_an_output_may_come_without_a_shape(write: Write, tmp_path: Path) -> None:
    ends = [tensor("X", FLOAT, ["n", 2])], [tensor("Y", FLOAT, None)]
    build(write([node("Relu", ["X"], ["Y"])], *ends), tmp_path / "m", "m")
    assert Service(Model(tmp_path / "m")).predict([[-1, 2]]) == [[0.0, 2.0]]


def test_what_else_is_wrong_with_a_model_without_shapes_is_told(
    write: Write, tmp_path: Path
) -> None:
    ends = [tensor("X", FLOAT, ["n", 2])], [tensor("Y", FLOAT, None)]
    with pytest.raises(BuildError, match=r"m\.onnx is not a valid ONNX model: "):
        build(write([node("Relu", ["elsewhere"], ["Y"])], *ends), tmp_path / "m", "m")


def test_bfloat16_which_numpy_lacks_is_compared_by_our_own_engine(
    write: Write, tmp_path: Path
) -> None:
    ends = [tensor("X", TensorProto.BFLOAT16, ["n", 3])], [tensor("Y", FLOAT, ["n", 3])]
    built = build(write([node("Cast", ["X"], ["Y"], to=FLOAT)], *ends), tmp_path / "m", "m")
    assert (built.checked, built.difference) == (32, 0.0)
    assert Service(Model(tmp_path / "m")).predict([[1, 2, 3]]) == [[1.0, 2.0, 3.0]]


def test_large_constants_go_outside_the_graph(write: Write, tmp_path: Path) -> None:
    """Of 4 KB: at the top, and in a branch; a small one and the shape of a Reshape stay."""
    large, ones = _weights(32, 32), np.ones((1, 32), dtype="float32")

    def branch(name: str) -> Any:
        inner = [
            node("Constant", [], [f"{name}_W"], value=numpy_helper.from_array(large * 2)),
            node("MatMul", ["a", f"{name}_W"], [name]),
        ]
        return helper.make_graph(inner, name, [], [tensor(name, FLOAT, None)])

    file = write(
        [
            node("Constant", [], ["W"], value=numpy_helper.from_array(large)),
            node("Constant", [], ["one"], value=numpy_helper.from_array(ones)),
            node("Constant", [], ["yes"], value=numpy_helper.from_array(np.array(True))),
            node("MatMul", ["X", "W"], ["a"]),
            node("If", ["yes"], ["b"], then_branch=branch("t"), else_branch=branch("e")),
            node("Add", ["b", "one"], ["Y"]),
        ],
        [tensor("X", FLOAT, ["n", 32])],
        [tensor("Y", FLOAT, ["n", 32])],
    )
    build(file, tmp_path / "m", "m")
    assert (tmp_path / "m" / "weights.bin").stat().st_size == 3 * 4096
    written = onnx.load(tmp_path / "m" / "model.onnx", load_external_data=False)
    kinds = [operator.op_type for operator in written.graph.node]
    assert kinds == ["Constant", "Constant", "MatMul", "If", "Add"]
    onnx.checker.check_model(str(tmp_path / "m" / "model.onnx"))
    [answer] = Service(Model(tmp_path / "m")).predict([[1] * 32])
    wanted = np.ones(32, dtype="float32") @ large @ (large * 2) + 1
    assert answer == pytest.approx(wanted.tolist(), rel=1e-3, abs=1e-3)


def test_an_axis_that_two_share_is_no_batch(
    write: Write, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """And finding that out prints nothing."""
    inputs = [tensor("A", FLOAT, ["n", "n"]), tensor("B", FLOAT, ["n", "m"])]
    file = write([node("MatMul", ["A", "B"], ["Y"])], inputs, [tensor("Y", FLOAT, ["n", "m"])])
    assert not build(file, tmp_path / "m", "m").bundle.stacks
    assert capfd.readouterr() == ("", "")
