"""Fixtures of the builder's tests: a fitted estimator in, the service of its bundle out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import onnx
import pytest

from pilotlight import Model, Service
from pilotlight.tools.builder import Built, build

Make = Callable[[Any], Built]
Serve = Callable[[Any], Service]
Write = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Give the bundle of a fitted estimator."""

    def made(model: Any) -> Built:
        joblib.dump(model, tmp_path / "m.joblib")
        return build(tmp_path / "m.joblib", tmp_path / "bundle", "m", trust_pickle=True)

    return made


@pytest.fixture
def serve(make: Make) -> Serve:
    """Give the service of a fitted estimator's bundle."""
    return lambda model: Service(Model(make(model).bundle.path))


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write an ONNX model of these nodes, inputs, outputs and weights."""

    def written(
        nodes: list[Any], inputs: list[Any], outputs: list[Any], weights: Any = (), opset: int = 17
    ) -> Path:
        graph = onnx.helper.make_graph(nodes, "g", inputs, outputs, list(weights))
        opsets = [onnx.helper.make_opsetid("", opset)]
        version = 10 if opset > 17 else 8
        proto = onnx.helper.make_model(graph, opset_imports=opsets, ir_version=version)
        file = tmp_path / "m.onnx"
        file.write_bytes(proto.SerializeToString())
        return file

    return written
