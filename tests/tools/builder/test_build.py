"""build: ONNX and scikit-learn files become bundles that answer alike, or nothing is written."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
import onnx
import pytest
from onnx.external_data_helper import set_external_data
from pandas import DataFrame
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from pilotlight import Model, Service, Spec
from pilotlight.errors import BuildError
from pilotlight.tools.builder import build

if TYPE_CHECKING:
    from collections.abc import Callable

    Named = Callable[[str], Path]


def _weighty(file: Path, *, outside: str = "") -> Path:
    """Write a model with 4 KB of weights: inline, or in a file of that name."""
    weights = np.arange(1024, dtype="float32").reshape(1024, 1) / 1024
    tensor = onnx.numpy_helper.from_array(weights, "W")
    if outside:
        (file.parent / outside).write_bytes(tensor.raw_data)
        set_external_data(tensor, outside, 0, 4096)
        tensor.ClearField("raw_data")
    one = onnx.helper.make_tensor_value_info("X", onnx.TensorProto.FLOAT, ["N", 1024])
    two = onnx.helper.make_tensor_value_info("Y", onnx.TensorProto.FLOAT, ["N", 1])
    node = onnx.helper.make_node("MatMul", ["X", "W"], ["Y"])
    graph = onnx.helper.make_graph([node], "weighty", [one], [two], [tensor])
    opsets = [onnx.helper.make_opsetid("", 17)]
    proto = onnx.helper.make_model(graph, opset_imports=opsets, ir_version=8)
    file.write_bytes(proto.SerializeToString())
    return file


def _predict(folder: Path, instances: list[Any]) -> list[Any]:
    return Service(Model(folder)).predict(instances)


def _dump(model: Any, file: Path) -> Path:
    joblib.dump(model, file)
    return file


def test_an_onnx_file_becomes_a_bundle(models: Named, tmp_path: Path) -> None:
    steps: list[str] = []
    file = models("linear")
    built = build(file, tmp_path / "models" / "l", "l", say=steps.append)
    assert built.source == "by hand 1: 2 nodes, ai.onnx 17, ai.onnx.ml 3"
    assert (built.checked, built.difference) == (32, 0.0)
    assert steps[0] == f"read {file}"
    manifest = json.loads((tmp_path / "models" / "l" / "model.json").read_text("utf-8"))
    assert manifest["made_from"]["file"] == "linear.onnx"
    assert manifest["inputs"] == [{"name": "X", "dtype": "float32", "shape": ["N", 3]}]
    assert sorted(path.name for path in (tmp_path / "models" / "l").iterdir()) == [
        "model.json",
        "model.onnx",
    ]
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["l"]


@pytest.mark.parametrize("outside", ["", "given.bin"])
def test_weights_go_into_a_file_of_their_own(tmp_path: Path, outside: str) -> None:
    folder = tmp_path / "bundle"
    build(_weighty(tmp_path / "m.onnx", outside=outside), folder, "m")
    assert sorted(path.name for path in folder.iterdir()) == [
        "model.json",
        "model.onnx",
        "weights.bin",
    ]
    assert (folder / "weights.bin").stat().st_size == 4096
    assert (folder / "model.onnx").stat().st_size < 1024
    (tmp_path / "m.onnx").unlink()
    (tmp_path / "given.bin").unlink(missing_ok=True)
    assert _predict(folder, [[1] * 1024]) == [[511.5]]


@pytest.mark.parametrize("place", ["../secret.bin", "{root}/secret.bin", "link.bin", "none.bin"])
def test_external_weights_elsewhere_are_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "secret.bin").write_bytes(bytes(4096))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link.bin").symlink_to(tmp_path / "secret.bin")
    file = _weighty(tmp_path / "in" / "m.onnx", outside="good.bin")
    proto = onnx.load(file, load_external_data=False)
    proto.graph.initializer[0].external_data[0].value = place.format(root=tmp_path)
    file.write_bytes(proto.SerializeToString())
    with pytest.raises(BuildError, match=r"m\.onnx is not a valid ONNX model: "):
        build(file, tmp_path / "bundle", "m")
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("m.onnx", b"", "m.onnx is not a"),
        ("m.onnx", b"PK\3\4", "m.onnx is not an ONNX model: "),
        ("m.onnx", b"\x08\x08", "m.onnx is not a valid ONNX model: "),
        (
            "m.h5",
            b"",
            "m.h5: expected .onnx, or a scikit-learn model as .joblib or .pkl; found '.h5'",
        ),
        ("m", b"", "m: expected .onnx, or a scikit-learn model as .joblib or .pkl; found ''"),
        ("m.joblib", b"", "m.joblib is a pickle: loading it runs whatever code is in it."),
        ("m.pkl", b"", "m.pkl is a pickle: loading it runs whatever code is in it."),
    ],
)
def test_what_is_no_model_is_refused_and_nothing_is_left(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BuildError) as raised:
        build(tmp_path / name, tmp_path / "models" / "m", "m")
    assert str(raised.value).startswith(f"{tmp_path}/{message}")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="there is no such file"):
        build(tmp_path / "none.onnx", tmp_path / "bundle", "m")


class Trap:
    """Write a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (self.path,)


def test_a_pickle_runs_only_if_it_is_trusted(tmp_path: Path) -> None:
    file = tmp_path / "trap.pkl"
    file.write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    with pytest.raises(BuildError, match="add --trust-pickle"):
        build(file, tmp_path / "bundle", "m")
    assert not (tmp_path / "sprung").exists()
    with pytest.raises(BuildError, match=r"expected an estimator with predict\(\), found NoneType"):
        build(file, tmp_path / "bundle", "m", trust_pickle=True)
    assert (tmp_path / "sprung").exists()


def test_a_broken_pickle_is_told(tmp_path: Path) -> None:
    file = tmp_path / "m.joblib"
    file.write_bytes(b"not a pickle")
    with pytest.raises(BuildError, match=r"m\.joblib cannot be loaded: "):
        build(file, tmp_path / "bundle", "m", trust_pickle=True)


def test_a_classifier_keeps_its_features_and_classes(tmp_path: Path) -> None:
    rows = np.arange(20.0).reshape(10, 2)
    table = DataFrame(rows, columns=["width", "height"])
    model = RandomForestClassifier(3, random_state=0).fit(table, [2, 3] * 5)
    built = build(_dump(model, tmp_path / "m.joblib"), tmp_path / "m", "m", trust_pickle=True)
    assert built.bundle.inputs == (Spec("X", "float32", (None, 2), ("width", "height")),)
    assert [(spec.name, spec.names) for spec in built.bundle.outputs] == [
        ("label", None),
        ("probabilities", (2, 3)),
    ]
    assert built.source.endswith(": RandomForestClassifier")
    [answer] = _predict(tmp_path / "m", [{"height": 1, "width": 0}])
    assert answer["label"] == model.predict(table[:1])[0]
    assert answer["probabilities"] == pytest.approx(model.predict_proba(table[:1])[0])


@pytest.mark.parametrize("named", [True, False])
def test_a_regressor_becomes_a_bundle(tmp_path: Path, named: bool) -> None:
    rows: Any = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    if named:
        rows = DataFrame(rows, columns=["width", "height"])
    model = make_pipeline(StandardScaler(), LinearRegression()).fit(rows, [0.5, 1.5, 10.5])
    build(_dump(model, tmp_path / "m.pkl"), tmp_path / "m", "m", trust_pickle=True)
    [answer] = _predict(tmp_path / "m", [[2, 3]])
    assert answer == pytest.approx([32.5], abs=1e-4)


def test_columns_of_text_and_numbers_are_inputs_of_their_own(tmp_path: Path) -> None:
    table = DataFrame({"city": ["Bern", "Zürich", "Bern", "Chur"], "age": [20, 30, 40, 50.0]})
    encode = ColumnTransformer(
        [
            ("text", OneHotEncoder(handle_unknown="ignore"), ["city"]),
            ("rest", "passthrough", ["age"]),
        ]
    )
    model = make_pipeline(encode, LogisticRegression()).fit(table, ["no", "yes", "no", "yes"])
    built = build(_dump(model, tmp_path / "m.joblib"), tmp_path / "m", "m", trust_pickle=True)
    assert built.bundle.inputs == (
        Spec("city", "string", (None, 1)),
        Spec("age", "float32", (None, 1)),
    )
    answers = _predict(tmp_path / "m", [{"city": "Zürich", "age": 30}, {"age": 20, "city": "?"}])
    other = DataFrame({"city": ["Zürich", "?"], "age": [30, 20.0]})
    assert [answer["label"] for answer in answers] == model.predict(other).tolist()


def test_a_sequence_of_tensors_can_be_compared(models: Named, tmp_path: Path) -> None:
    build(models("sequence"), tmp_path / "m", "m")
    assert (tmp_path / "m" / "model.json").is_file()


def test_two_builds_are_the_same_bytes(tmp_path: Path) -> None:
    file = _weighty(tmp_path / "m.onnx")
    one, two = (build(file, tmp_path / name, "m").bundle for name in ("one", "two"))
    assert one.version == two.version
    for name in one.paths():
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_bundle_is_replaced_and_another_folder_is_not(models: Named, tmp_path: Path) -> None:
    build(models("linear"), tmp_path / "m", "m")
    build(models("strings"), tmp_path / "m", "m")
    assert _predict(tmp_path / "m", ["x"]) == ["x"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years", "ascii")
    with pytest.raises(BuildError, match="is not empty and not a bundle"):
        build(models("linear"), tmp_path / "mine", "m")
    assert (tmp_path / "mine" / "thesis.txt").read_text("ascii") == "years"


def test_a_failed_build_leaves_the_bundle_that_was_there(models: Named, tmp_path: Path) -> None:
    build(models("linear"), tmp_path / "m", "m")
    (tmp_path / "bad.onnx").write_bytes(b"PK\3\4")
    with pytest.raises(BuildError):
        build(tmp_path / "bad.onnx", tmp_path / "m", "m")
    assert _predict(tmp_path / "m", [[1, 2, 3]]) == [321.0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.onnx", "m"]
